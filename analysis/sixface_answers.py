"""Answers of a closed six-face experiment with what the key says of their trials. The one place that joins the two."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Prefetch

from analysis.algorithms.sixface.outcomes import Answer
from analysis.pseudonyms import numbered
from analysis.queries import Sealed
from ratings import key
from ratings.algorithms.sixface.roles import Kind, Role
from ratings.models import Experiment, Trial, TrialAnswer


@dataclass(frozen=True, slots=True)
class Judged:
    """A trial that counts, what the key says of it, and the judge's answer, if there is one."""

    trial: Trial
    sealed: key.SealedTrial
    given: TrialAnswer | None

    @property
    def target(self) -> int:
        """Whose de-identified face is shown; 0 in a catch trial."""
        return next((int(face.person) for face in self.sealed.faces if face.role == Role.DEIDENTIFIED), 0)

    def answered(self, judge: int, pair: tuple[int, int] | None, method: str) -> Answer:
        """As the algorithms want it: places from 0."""
        roles = tuple(Role(role) for role in self.sealed.roles)
        return Answer(judge, self.target, roles, pair, Kind(self.sealed.kind), method)

    @property
    def pair(self) -> tuple[int, int] | None:
        """What the judge named, places from 0."""
        if self.given is None or self.given.first is None or self.given.second is None:
            return None
        return self.given.first - 1, self.given.second - 1


def judged(experiment: Experiment) -> list[Judged]:
    """Every trial that counts: no practice, nobody in it withdrew.

    Raises
    ------
    Sealed : the experiment is not closed
    """
    if experiment.state != Experiment.State.CLOSED:
        raise Sealed(f"experiment {experiment.pk} is {experiment.state}")
    sealed = key.trials_of(experiment.pk)
    trials = experiment.trials.filter(practice=False, void=False).select_related("judge")
    given = {answer.trial_id: answer for answer in TrialAnswer.objects.filter(trial__in=trials)}
    ordered = trials.prefetch_related(Prefetch("faces")).order_by("judge__number", "position")
    return [Judged(trial, sealed[trial.pk], given.get(trial.pk)) for trial in ordered]


def answers_of(experiment: Experiment, rows: list[Judged]) -> list[Answer]:
    """What people answered."""
    return [row.answered(row.trial.judge.number, row.pair, experiment.method) for row in rows if row.given is not None]


def machine_answers(experiment: Experiment, rows: list[Judged], told: dict[str, list[int] | None]) -> Iterator[Answer]:
    """What a recogniser answered to the trials that count; `told` is its pair for each trial, places from 0."""
    for row in rows:
        if str(row.trial.pk) in told:
            pair = told[str(row.trial.pk)]
            yield row.answered(0, (pair[0], pair[1]) if pair else None, experiment.method)


def pseudonyms(experiment: Experiment) -> dict[str, str]:
    """What stands for each person in the key, participants and donors: numbers by lot, the same at every look. All
    that were ever dealt are numbered, so that a withdrawal leaves the others' as they are."""
    faces = [face for trial in key.trials_of(experiment.pk).values() for face in trial.faces]
    named: dict[str, str] = {}
    for kind, donor in (("participant", False), ("donor", True)):
        people = (face.person for face in faces if (face.role == Role.SOURCE) == donor)
        named |= numbered(kind, experiment.seed, people)
    return named
