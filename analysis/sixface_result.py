"""The result of a closed six-face experiment: people and machines in one table, bound, primary test, attention."""

from dataclasses import dataclass
from typing import Any

from analysis.algorithms.sixface.attention import Attention, Rule, attention, kept
from analysis.algorithms.sixface.headline import Guessing, Primary, guessing, headline, in_words, primary
from analysis.algorithms.sixface.outcomes import Outcome, Row, by, table, tests
from analysis.models import MachineJudging
from analysis.sixface_answers import Judged, answers_of, judged, machine_answers
from ratings.algorithms.sixface.bounds import Interval
from ratings.models import Experiment

PEOPLE = "people"


@dataclass(frozen=True, slots=True)
class Result:
    """Everything that the page, the export and the API show. `tables` has one for people, then one for each recogniser;
    people are those whom the exclusion rule keeps."""

    tables: dict[str, tuple[Row, ...]]
    by_judge: dict[int | str, tuple[Row, ...]]
    attention: tuple[Attention, ...]
    bound: Interval
    words: str
    primary: Primary
    guessing: Guessing
    n_trials: int
    n_missing: int
    n_participants: int
    n_judges: int

    @property
    def excluded(self) -> list[Attention]:
        return [one for one in self.attention if one.excluded]


def result_of(experiment: Experiment) -> Result:
    """`Sealed` before the experiment is closed."""
    rows, design = judged(experiment), experiment.design
    given = answers_of(experiment, rows)
    looked = attention(given, Rule(design.least_right, design.most_false))
    counted = kept(given, looked)
    bound = headline(counted, seed=experiment.seed % 2**32)
    asked = tests(counted)
    n_judges, n_people = len({one.judge for one in asked}), len({one.participant for one in asked})
    return Result(
        tables={PEOPLE: table(counted)} | _machines(experiment, rows),
        by_judge=by(given, lambda one: one.judge),
        attention=looked,
        bound=bound,
        words=in_words(bound, judges=n_judges, participants=n_people),
        primary=primary(counted, margin=design.margin),
        guessing=guessing(counted),
        n_trials=len(asked),
        n_missing=sum(row.given is None for row in rows),
        n_participants=n_people,
        n_judges=n_judges,
    )


def _machines(experiment: Experiment, rows: list[Judged]) -> dict[str, tuple[Row, ...]]:
    """The table of each recogniser that has answered."""
    found = MachineJudging.objects.filter(experiment=experiment, state=MachineJudging.State.DONE).first()
    told: dict[str, dict[str, Any]] = found.answers if found else {}
    return {name: table(list(machine_answers(experiment, rows, pairs))) for name, pairs in sorted(told.items())}


@dataclass(frozen=True, slots=True)
class Line:
    """One outcome beside itself: of people and of each recogniser."""

    outcome: Outcome
    chance: float
    cells: list[Row]


def lines(result: Result) -> list[Line]:
    """The tables side by side."""
    columns = list(result.tables.values())
    return [Line(rows[0].outcome, rows[0].chance, list(rows)) for rows in zip(*columns, strict=True)]
