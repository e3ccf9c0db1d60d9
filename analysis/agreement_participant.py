"""Behind a participant's point: every score of both versions, and which renditions were shown."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from accounts.models import User
from analysis import run_services
from analysis.agreement_tables import code_of
from analysis.algorithms.deviation import MISSING, NOT_SURE
from analysis.answers import ARMS, Answer, answers_of, locked_study
from analysis.run_models import Run
from deid.algorithms.registry import ORIGINAL
from deid.models import Rendition
from ratings.models import StudyRendition


@dataclass(slots=True)
class Scored:
    """One item of one recording: in each version the score of each rater, in words where there is none."""

    item: str
    arm: str
    method: str
    scores: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Shown:
    """One recording: its scores, and the renditions that its de-identified versions showed."""

    recording: str
    renditions: list[Rendition]
    rows: list[Scored]


def read_participant(*, run: Run, name: str, reader: User) -> list[Shown] | None:
    """The recordings of a pseudonym of the run's study; None where nobody has it."""
    if run.study is None:
        return None
    locked = locked_study(run.study)
    answers = [one for one in answers_of(locked) if one.participant == name and not one.repeat]
    if not answers:
        return None
    recordings = {told: pk for pk, told in locked.pseudonyms.recordings.items()}
    names = {code: str(item) for code, item in run.study.design.asked().items()}
    run_services.take_run(run=run, reader=reader, form="participant-scores")
    return [
        Shown(told, _renditions(run, recordings[told]), _rows(names, [one for one in answers if one.recording == told]))
        for told in sorted({one.recording for one in answers})
    ]


def _renditions(run: Run, recording: int) -> list[Rendition]:
    fixed = StudyRendition.objects.filter(study=run.study).values("rendition")
    shown = Rendition.objects.filter(pk__in=fixed, recording=recording).exclude(method=ORIGINAL)
    return list(shown.order_by("method", "pk"))


def _rows(names: Mapping[str, str], answers: Iterable[Answer]) -> list[Scored]:
    rows: dict[tuple[str, str, str], Scored] = {}
    for one in sorted(answers, key=lambda one: (one.item, ARMS.index(one.arm), one.method, one.rater)):
        row = rows.setdefault((one.item, one.arm, one.method), Scored(names[one.item], one.arm, one.method))
        code = code_of(one)
        word = {NOT_SURE: _("not sure"), MISSING: _("missing")}.get(code, str(code))
        row.scores.append(f"{one.rater}: {word}")
    return list(rows.values())
