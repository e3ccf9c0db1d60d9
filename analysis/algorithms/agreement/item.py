"""Everything that is told of one item and one method: statistics with intervals, tests, and what figures need."""

from dataclasses import dataclass
from itertools import chain

import numpy as np

from analysis.algorithms.agreement.between import ARMS, apart, between
from analysis.algorithms.agreement.equivalence import Equivalence, Limits, equivalence, limits_of_agreement
from analysis.algorithms.agreement.order import (
    by_fifth,
    crossover,
    drift,
    first_exposure,
    repeats,
    retest_comparison,
    sequences,
)
from analysis.algorithms.agreement.ordinal import MixedModel, ordinal_mixed
from analysis.algorithms.agreement.paired import confusion, mean_of_patients, paired, patient_means
from analysis.algorithms.agreement.scores import Floats
from analysis.algorithms.agreement.tables import AGAIN, DEIDENTIFIED, FIRST, ORIGINAL, Draw, Found, Tables
from analysis.algorithms.agreement.unsure import unsure, worst_cases
from analysis.algorithms.deviation import DEVIATIONS, MISSING, NOT_SURE

SIGN = "with the sign"


@dataclass(frozen=True, slots=True)
class Distribution:
    """Answers of one rater, or of all, to one version."""

    arm: str
    rater: str  # empty: all
    counts: tuple[int, ...]  # of each score
    n_not_sure: int
    n_missing: int


@dataclass(frozen=True, slots=True)
class Pairs:
    """Pairs of one rater, or of all: how often each two scores stand together, and each deviation."""

    rater: str
    confusion: tuple[tuple[int, ...], ...]  # rows: original, columns: de-identified
    deviations: tuple[int, ...]  # of -4 ... 4


@dataclass(frozen=True, slots=True)
class Point:
    """One patient, by place among the tables' patients."""

    patient: int
    middle: float  # mean score of both versions, points
    deviation: float  # original minus de-identified, points
    n: int  # pairs


@dataclass(frozen=True, slots=True)
class Gap:
    """What could not be computed: a name of it, and the rater where one is meant."""

    what: str
    rater: str = ""


@dataclass(frozen=True, slots=True)
class ItemAgreement:
    """What one item and one method give, and what could not be computed."""

    rows: list[Found]
    distributions: list[Distribution]
    pairs: list[Pairs]
    points: list[Point]
    limits: Limits
    equivalence: Equivalence
    worst: tuple[Equivalence, Equivalence]  # every “not sure” as bad as can be, down and up
    mixed: MixedModel
    retest: dict[str, object]
    sequences: tuple[int, int]
    fifths: list[list[tuple[float | None, int]]]
    gaps: list[Gap]


def item_agreement(tables: Tables, *, margin: float, alpha: float, draw: Draw) -> ItemAgreement:
    """Agreement of one item by one method.

    Parameters
    ----------
    margin : of equivalence, points; alpha : of each of its two tests
    """
    means, middles, n = patient_means(tables)
    compared, retest = retest_comparison(tables, draw)
    down, up = worst_cases(tables)
    rows = [
        *paired(tables, draw),
        *mean_of_patients(means, draw),
        *chain.from_iterable(
            paired(tables.of_raters([place]), draw, rater=name) for place, name in enumerate(tables.raters)
        ),
        *_with_the_sign(tables, draw),
        *between(tables, draw),
        *apart(tables, draw),
        *unsure(tables, draw),
        *mean_of_patients(down, draw, name="worst_down"),
        *mean_of_patients(up, draw, name="worst_up"),
        *crossover(tables, draw),
        *first_exposure(tables, draw),
        *repeats(tables, draw),
        *compared,
        *drift(tables, draw),
    ]
    mixed = _mixed(tables)
    return ItemAgreement(
        rows=rows,
        distributions=[*_distributions(tables)],
        pairs=[_pairs(tables, ""), *(_pairs(tables.of_raters([at]), name) for at, name in enumerate(tables.raters))],
        points=[Point(at, float(middles[at]), float(means[at]), int(n[at])) for at in np.flatnonzero(n)],
        limits=limits_of_agreement(means),
        equivalence=equivalence(means, margin, alpha),
        worst=(equivalence(down, margin, alpha), equivalence(up, margin, alpha)),
        mixed=mixed,
        retest=retest,
        sequences=sequences(tables),
        fifths=by_fifth(tables),
        gaps=[*_gaps(tables, mixed)],
    )


def _with_the_sign(tables: Tables, draw: Draw) -> list[Found]:
    some = tables.of_recordings(tables.with_the_sign())
    if not len(some.patients):
        return []
    return [
        *paired(some, draw, group=SIGN),
        *mean_of_patients(patient_means(some)[0], draw, group=SIGN),
        *between(some, draw, group=SIGN),
    ]


def _distributions(tables: Tables) -> list[Distribution]:
    found = []
    for version, arm in ARMS.items():
        for place, rater in [(slice(None), ""), *enumerate(tables.raters)]:
            codes = tables.codes[version, FIRST][:, place]
            counts = tuple(int((codes == score).sum()) for score in range(tables.levels))
            found.append(
                Distribution(arm, rater, counts, int((codes == NOT_SURE).sum()), int((codes == MISSING).sum()))
            )
    return found


def _pairs(tables: Tables, rater: str) -> Pairs:
    valid = tables.pairs()
    first, second = tables.codes[ORIGINAL, FIRST], tables.codes[DEIDENTIFIED, FIRST]
    together = confusion(first, second, valid, tables.levels).sum(axis=0).astype(int)
    deviation = tables.deviation()[valid]
    return Pairs(
        rater, tuple(tuple(int(one) for one in row) for row in together),
        tuple(int((deviation == value).sum()) for value in DEVIATIONS),
    )  # fmt: skip


def _mixed(tables: Tables) -> MixedModel:
    """Every score of a first showing; the first column is the version, the others the raters."""
    scores: Floats = np.stack([tables.scores(version) for version in ARMS])
    arm, recording, rater = np.nonzero(~np.isnan(scores))
    own = [rater == place for place in np.unique(rater)[1:]]
    design = np.column_stack([arm, *own]).astype(np.float64)
    return ordinal_mixed(scores[arm, recording, rater].astype(int), design, tables.patients[recording])


def _gaps(tables: Tables, mixed: MixedModel) -> list[Gap]:
    codes, gaps = tables.codes[:, FIRST], []
    if not (codes >= 0).any():
        gaps.append(Gap("all_not_sure" if (codes == NOT_SURE).any() else "no_answer"))
    elif not tables.pairs().any():
        gaps.append(Gap("no_pair"))
    silent = [name for place, name in enumerate(tables.raters) if not (codes[..., place] >= 0).any()]
    gaps += [Gap("silent_rater", name) for name in silent]
    if len(tables.raters) - len(silent) == 1:
        gaps.append(Gap("one_rater"))
    if not (tables.codes[:, AGAIN] >= 0).any():
        gaps.append(Gap("no_repeat"))
    if mixed.why:
        gaps.append(Gap(mixed.why))
    return gaps
