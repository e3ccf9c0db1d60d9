"""Some participants of a study, by what is known of them: a run of a group is a run of its own."""

from collections.abc import Mapping, Sequence
from statistics import fmean
from typing import Any

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from analysis.answers import Answer, LockedStudy
from cohorts.models import Participant
from ratings.models import Study

GROUPS = ("sex", "site", "severity")
SEVERITIES = ("mild", "more")
MILD = 1.0  # points: the mean of all scores, of both versions, of the primary item


def chosen(locked: LockedStudy, answers: Sequence[Answer], parameters: Mapping[str, Any]) -> list[Answer]:
    """The answers of the participants who are asked for.

    Raises
    ------
    ValidationError : nobody is
    """
    asked = {name: str(parameters[name]) for name in GROUPS if parameters.get(name)}
    people = {one.participant for one in answers}
    known = {name: value for name, value in asked.items() if name != "severity"}
    if known:
        found = Participant.objects.filter(pk__in=locked.participant_of.values(), **known)
        people &= {locked.pseudonyms.participants[pk] for pk in found.values_list("pk", flat=True)}
    if "severity" in asked:
        people &= _of_severity(answers, locked.study.design.primary_item, asked["severity"])
    if asked and not people:
        raise ValidationError(
            _("No participant of this study is in the group %(group)s: choose another.")
            % {"group": ", ".join(f"{name} = {value}" for name, value in asked.items())}
        )
    return [one for one in answers if one.participant in people]


def _of_severity(answers: Sequence[Answer], item: str, wanted: str) -> set[str]:
    """By the scores of both versions: the original's alone would let chance choose who deviates."""
    if wanted not in SEVERITIES:
        raise ValidationError(
            _("Severity is %(known)s, not %(told)s.") % {"known": ", ".join(SEVERITIES), "told": wanted[:20]}
        )
    scores: dict[str, list[int]] = {}
    for one in answers:
        if one.score is not None and not one.repeat and not one.unblinded and item in ("", one.item):
            scores.setdefault(one.participant, []).append(one.score)
    return {who for who, own in scores.items() if (fmean(own) <= MILD) == (wanted == SEVERITIES[0])}


def known_sites(study: Study) -> list[str]:
    """The sites of the study's participants, for the form that asks for a group."""
    own = Participant.objects.filter(recordings__presentations__study=study).exclude(site="")
    return sorted(set(own.values_list("site", flat=True)))
