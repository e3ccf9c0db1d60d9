"""Every write to practice: its cases while the study is a draft, their files at opening, raters' answers."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Unpack

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

import audit.services as audit
from accounts.models import User
from cohorts.models import Recording
from deid.algorithms.registry import METHODS, ORIGINAL
from ratings import answer_services, practice_queries, queries
from ratings.answer_services import Given
from ratings.models import PracticeAnswer, PracticeCase, Presentation, Study, StudyRater
from ratings.shown_files import copies_of
from ratings.validators import validate_given, validate_score_of, validate_shown, validate_state


@transaction.atomic
def add_case(
    *, study: Study, recording: Recording, version: str, reference: Mapping[str, int], explanation: str, actor: User
) -> PracticeCase:
    """Name a recording as practice, with the score of each of its items; from now on the study does not show it."""
    study = _drafted(study)
    if not practice_queries.possible_recordings(study, actor).filter(pk=recording.pk).exists():
        raise ValidationError(
            _("This recording has no released rendition, is of a cohort that is not yours, or is practice already."),
            code="recording",
        )
    _validate_version(study, version)
    _validate_reference(study, recording, reference)
    validate_explanation(explanation)
    last = study.practice_cases.aggregate(last=Max("position"))["last"] or 0
    case = PracticeCase(study=study, recording=recording, version=version, position=last + 1,
                        reference=dict(reference), explanation=explanation.strip())  # fmt: skip
    case.full_clean()
    case.save(force_insert=True)
    audit.record(actor=actor, verb="study.practice_added", target=study, note=f"recording {recording.pk}")
    return case


def _drafted(study: Study) -> Study:
    """Held: the study must not open meanwhile."""
    study = Study.objects.select_for_update(of=("self",), no_key=True).get(pk=study.pk)
    validate_state(study, Study.State.DRAFT)
    return study


def _validate_version(study: Study, version: str) -> None:
    known = (ORIGINAL, *study.methods)
    if version not in known:
        raise ValidationError(
            _("A practice case shows one of the study's versions: %(known)s; it was %(given)s.")
            % {"known": ", ".join(known), "given": version[:40]},
            code="version",
        )


def _validate_reference(study: Study, recording: Recording, reference: Mapping[str, int]) -> None:
    asked = queries.Scoring(study).items_for(recording)
    for code, score in reference.items():
        validate_score_of(asked, code, score)
    lacking = [str(item) for item in asked if item.code not in reference]
    if lacking or not asked:
        raise ValidationError(
            _("Give a reference score for each item of this recording; missing: %(items)s.")
            % {"items": ", ".join(lacking) or _("no item is asked of it")},
            code="reference",
        )


def validate_explanation(explanation: str) -> None:
    """Raters read it before they rate: it must not teach them to know the versions."""
    for method in METHODS.values():
        if method.name in explanation.casefold():
            raise ValidationError(
                _("Raters read the explanation, and “%(word)s” would tell them what to look for. Say it otherwise.")
                % {"word": method.name},
                code="explanation_tells",
            )


@transaction.atomic
def remove_case(*, case: PracticeCase, actor: User) -> None:
    """Take a case back, while the study is a draft: the study shows its recording again."""
    study = _drafted(case.study)
    audit.record(actor=actor, verb="study.practice_removed", target=study, note=f"recording {case.recording_id}")
    case.delete()


def copy_cases(*, study: Study, copy: Study, actor: User) -> None:
    """The cases whose recordings the actor may use, for the copy of a study."""
    usable = practice_queries.possible_recordings(copy, actor).values("pk")
    PracticeCase.objects.bulk_create(
        PracticeCase(study=copy, recording_id=case.recording_id, version=case.version, position=case.position,
                     reference=case.reference, explanation=case.explanation)
        for case in study.practice_cases.filter(recording__in=usable)
    )  # fmt: skip


@contextmanager
def fixed_cases(study: Study) -> Iterator[None]:
    """At opening: each case gets its version for good, in a copy; all are removed again when the block fails."""
    versions = {
        (pair.recording.pk, version.method): version
        for pair in practice_queries.pairs(study)
        for version in pair.versions
    }
    cases = list(study.practice_cases.all())
    shown = [versions[case.recording_id, case.version] for case in cases]
    with copies_of(study, shown) as copies:
        for case, version in zip(cases, shown, strict=True):
            copy = copies[version.pk]
            case.rendition, case.storage_name, case.shown_bytes = version, copy.storage_name, copy.n_bytes
            case.full_clean()
            case.save(update_fields=["rendition", "storage_name", "shown_bytes"])
        yield


@transaction.atomic
def save_answer(*, case: PracticeCase, rater: User, **given: Unpack[Given]) -> tuple[PracticeAnswer, bool]:
    """Keep an answer; True beside it when it is new. The same delivery twice is one row.

    Raises
    ------
    ValidationError : with a code of `api.CONFLICTS` when it conflicts with what is already there
    """
    validate_given(given)
    case = PracticeCase.objects.select_for_update(of=("self",), no_key=True).select_related("study").get(pk=case.pk)
    place = StudyRater.objects.get(study=case.study_id, rater=rater)
    asked = [item for code, item in case.study.design.asked().items() if code in case.reference]
    validate_score_of(asked, given["item"], given["score"])

    def check() -> None:
        validate_state(case.study, Study.State.OPEN)
        validate_shown(case, code="practice_closed")

    return answer_services.keep(
        PracticeAnswer(case=case, place=place),
        given,
        ("case_id", "place_id"),
        check=check,
        current=lambda: practice_queries.current_answers(case, place).get(given["item"]),
    )


def validate_practised(presentation: Presentation) -> None:
    """The first presentation waits until all practice is answered."""
    if practice_queries.unfinished(presentation.study, presentation.rater):
        raise ValidationError(_("Practice comes first: choose Leave, then Continue."), code="practice_first")
