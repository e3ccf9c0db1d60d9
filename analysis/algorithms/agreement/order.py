"""What the order of showings does: period, sequence, first exposure, hidden repeats, and drift of a rater."""

import numpy as np

from analysis.algorithms.agreement.paired import PAIRED, pair_sums, paired_of
from analysis.algorithms.agreement.scores import UNDEFINED, Floats
from analysis.algorithms.agreement.tables import (
    AGAIN,
    DEIDENTIFIED,
    FIRST,
    ORIGINAL,
    Draw,
    Flags,
    Found,
    Tables,
    Whole,
    measured,
    over,
)

CROSSOVER = ("adjusted_deviation", "period_effect", "sequence_effect")
RETEST = ("retest_distance", "version_distance", "excess_distance")
FIFTHS = 5
PER = 100.0  # showings, for slopes


def original_first(tables: Tables) -> Flags:
    """(v, r) whether the rater saw the original before the other version; true too where it was shown alone."""
    first, second = np.nan_to_num(tables.places[:, FIRST], nan=np.inf)
    return first < second


def crossover(tables: Tables, draw: Draw) -> list[Found]:
    """Deviation without the period's effect; mean of first minus second showing; and how far the pairs' mean scores
    differ between both sequences (half the sum, original first minus the other), which a carry-over would move.

    References
    ----------
    Jones & Kenward 2014, Design and Analysis of Cross-Over Trials, 3rd ed., ch. 2, with ratings in place of subjects
    and intervals over patients.
    """
    valid, leads = tables.pairs(), original_first(tables)
    deviation, whole = tables.deviation(), tables.codes[:, FIRST].sum(axis=0)
    parts = [
        np.where(chosen, values, 0).sum(axis=1)
        for chosen in (valid & leads, valid & ~leads)
        for values in (np.ones_like(whole), deviation, whole)
    ]
    return measured(
        CROSSOVER, _crossover_of, tables.by_patient(np.column_stack(parts)), draw, n=int(valid.sum())
    )  # fmt: skip


def _crossover_of(sums: Floats) -> Floats:
    first, second = over(sums[..., 1:3], sums[..., :1]), over(sums[..., 4:6], sums[..., 3:4])
    return np.stack(
        [(first[..., 0] + second[..., 0]) / 2, (first[..., 0] - second[..., 0]) / 2,
         (first[..., 1] - second[..., 1]) / 2], axis=-1,
    )  # fmt: skip


def sequences(tables: Tables) -> tuple[int, int]:
    """Pairs with the original first, and with the other version first."""
    valid, leads = tables.pairs(), original_first(tables)
    return int((valid & leads).sum()), int((valid & ~leads).sum())


def first_exposure(tables: Tables, draw: Draw) -> list[Found]:
    """Each rater's mean of originals that were seen first minus that of other versions that were, mean over raters.

    Nobody had seen the recording before: memory plays no part. It compares different recordings, so it is wide.
    """
    leads = original_first(tables)
    shown = ~np.isnan(tables.places[:, FIRST])
    parts = []
    for version, own in ((ORIGINAL, leads & shown[ORIGINAL]), (DEIDENTIFIED, ~leads & shown[DEIDENTIFIED])):
        scores = tables.scores(version)
        known = own & ~np.isnan(scores)
        parts += [known.astype(float), np.where(known, scores, 0)]
    sums = tables.by_patient(np.stack(parts, axis=-1).reshape(len(leads), -1))
    return measured(("first_exposure",), _first_of, sums, draw, n=int((parts[0] + parts[2]).sum()))


def _first_of(sums: Floats) -> Floats:
    by_rater = sums.reshape(*sums.shape[:-1], -1, 4)
    differences = over(by_rater[..., 1], by_rater[..., 0]) - over(by_rater[..., 3], by_rater[..., 2])
    known = np.isfinite(differences)
    return over(np.where(known, differences, 0).sum(axis=-1), known.sum(axis=-1))[..., None]


def repeats(tables: Tables, draw: Draw) -> list[Found]:
    """Hidden repeats: first showing minus repeat of one version, each version for itself and both together."""
    found, both = [], []
    for version, arm in ((ORIGINAL, "original"), (DEIDENTIFIED, "de-identified")):
        first, again = tables.codes[version]
        valid = (first >= 0) & (again >= 0)
        both.append((pair_sums(first, again, valid, tables.levels), int(valid.sum())))
        found.append((arm, *both[-1]))
    found.append(("", both[0][0] + both[1][0], both[0][1] + both[1][1]))
    names = [f"retest_{name}" for name in PAIRED]
    return [
        one for arm, sums, n in found for one in measured(names, paired_of, tables.by_patient(sums), draw, n=n, arm=arm)
    ]


def retest_comparison(tables: Tables, draw: Draw) -> tuple[list[Found], dict[str, object]]:
    """Mean size of the deviation between versions beside that between repeats, at the same lag, and their difference.

    Above 0 the versions differ by more than the rater from himself. The lag is counted in sessions; pairs of versions
    enter at lags that repeats have. Returned with the numbers of pairs and median lags in showings.
    """
    repeat_lag = abs(tables.sessions[:, AGAIN] - tables.sessions[:, FIRST])
    again = np.stack([(codes >= 0).all(axis=0) for codes in tables.codes]) & np.isfinite(repeat_lag)
    lag = abs(tables.sessions[DEIDENTIFIED, FIRST] - tables.sessions[ORIGINAL, FIRST])
    same = tables.pairs() & np.isin(lag, np.unique(repeat_lag[again]))
    own = abs(tables.codes[:, FIRST] - tables.codes[:, AGAIN])
    parts = [again.sum(axis=(0, 2)), np.where(again, own, 0).sum(axis=(0, 2))]
    parts += [same.sum(axis=1), np.where(same, abs(tables.deviation()), 0).sum(axis=1)]

    def statistic(sums: Floats) -> Floats:
        rater, versions = over(sums[..., 1], sums[..., 0]), over(sums[..., 3], sums[..., 2])
        return np.stack([rater, versions, versions - rater], axis=-1)

    found = measured(RETEST, statistic, tables.by_patient(np.column_stack(parts)), draw, n=int(same.sum()))
    steps = abs(tables.places[:, AGAIN] - tables.places[:, FIRST])[again]
    between = abs(tables.places[DEIDENTIFIED, FIRST] - tables.places[ORIGINAL, FIRST])[same]
    told: dict[str, object] = {
        "n_repeats": int(again.sum()), "n_pairs": int(same.sum()),
        "lag_repeats": _median(steps), "lag_pairs": _median(between),
        "sessions": sorted({int(each) for each in repeat_lag[again]}),
    }  # fmt: skip
    return found, told


def _median(values: Floats) -> float | None:
    return float(np.median(values)) if values.size else None


def against_others(tables: Tables) -> tuple[Floats, Floats]:
    """(2, v, r) each score minus the mean of the other raters' of the same version, NaN where there is none; and its
    place in the rater's order."""
    scores = np.stack([tables.scores(version) for version in (ORIGINAL, DEIDENTIFIED)])
    known = ~np.isnan(scores)
    others = known.sum(axis=2, keepdims=True) - known
    total = np.nansum(scores, axis=2, keepdims=True) - np.nan_to_num(scores)
    return np.where(known, scores - over(total, others), UNDEFINED), tables.places[:, FIRST]


def drift(tables: Tables, draw: Draw) -> list[Found]:
    """Of each rater, how the score against the other raters' moves in a hundred showings: a line by least squares."""
    rest, places = against_others(tables)
    found = []
    for rater, name in enumerate(tables.raters):
        values, at = rest[..., rater], places[..., rater] / PER
        known = np.isfinite(values) & np.isfinite(at)
        x, y = np.where(known, at, 0), np.where(known, values, 0)
        sums = np.stack([each.sum(axis=0) for each in (known, x, y, x * y, x * x)], axis=-1)
        found += measured(("drift",), _slope_of, tables.by_patient(sums), draw, n=int(known.sum()), rater=name)
    return found


def _slope_of(sums: Floats) -> Floats:
    n, x, y, xy, xx = np.moveaxis(sums, -1, 0)
    below = n * xx - x * x
    return over(n * xy - x * y, np.where(below > 1e-9, below, 0))[..., None]


def by_fifth(tables: Tables) -> list[list[tuple[float | None, int]]]:
    """Of each rater, in each fifth of his order: mean score against the other raters', and n."""
    rest, places = against_others(tables)
    whole = []
    for rater in range(len(tables.raters)):
        values, at = rest[..., rater].ravel(), places[..., rater].ravel()
        shown = np.isfinite(at)
        last = float(at[shown].max()) if shown.any() else 1.0
        fifth: Whole = np.where(shown, np.minimum((np.nan_to_num(at) - 1) * FIFTHS // last, FIFTHS - 1), -1).astype(int)
        parts = [values[(fifth == each) & np.isfinite(values)] for each in range(FIFTHS)]
        whole.append([(float(part.mean()) if len(part) else None, len(part)) for part in parts])
    return whole
