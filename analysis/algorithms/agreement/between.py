"""Raters on the same version: alpha, AC2, intraclass correlation, and how far each two of them lie apart."""

from itertools import combinations

import numpy as np

from analysis.algorithms.agreement.chance import ac2_of, ac2_sums, alpha_of, coincidences
from analysis.algorithms.agreement.intraclass import intraclass_of, intraclass_sums
from analysis.algorithms.agreement.scores import Floats, tallies
from analysis.algorithms.agreement.tables import DEIDENTIFIED, ORIGINAL, Draw, Found, Tables, measured, over

ARMS = {ORIGINAL: "original", DEIDENTIFIED: "de-identified"}
BETWEEN = ("alpha", "ac2_raters", "icc_single", "icc_average")
APART = ("rater_difference", "rater_distance", "rater_identical")


def between(tables: Tables, draw: Draw, group: str = "all") -> list[Found]:
    """Agreement of raters on each version, and the de-identified one's minus the original's, of the same draws."""
    levels, k = tables.levels, len(tables.raters)
    own = [_sums(tables.scores(version), levels) for version in ARMS]
    width = own[0].shape[1]

    def statistic(sums: Floats) -> Floats:
        first, second = _between_of(sums[..., :width], levels, k), _between_of(sums[..., width:], levels, k)
        return np.concatenate([first, second, second - first], axis=-1)

    names = [*BETWEEN, *BETWEEN, *(f"{name}_difference" for name in BETWEEN)]
    found = measured(names, statistic, tables.by_patient(np.hstack(own)), draw, n=0, group=group)
    arms = [*ARMS.values(), ""]
    return [
        _told(one, tables, arms[place // len(BETWEEN)]) for place, one in enumerate(found)
    ]  # fmt: skip


def _sums(scores: Floats, levels: int) -> Floats:
    counts = tallies(scores, levels)
    pairs = coincidences(counts)
    return np.hstack([ac2_sums(counts), pairs.reshape(len(pairs), -1), intraclass_sums(scores)])


def _between_of(sums: Floats, levels: int, k: int) -> Floats:
    ends = np.cumsum([3 + levels, levels**2])
    agreed, pairs, classes = np.split(sums, ends, axis=-1)
    together = pairs.reshape(*pairs.shape[:-1], levels, levels)
    single, average = intraclass_of(classes) if k > 1 else (np.full(sums.shape[:-1], np.nan),) * 2
    return np.stack([alpha_of(together), ac2_of(agreed), single, average], axis=-1)


def _told(one: Found, tables: Tables, arm: str) -> Found:
    """With the recordings that it comes from: scored by several raters; by all for the intraclass correlation."""
    versions = [version for version, name in ARMS.items() if arm in ("", name)]
    scored = np.stack([(~np.isnan(tables.scores(version))).sum(axis=1) for version in versions])
    least = len(tables.raters) if one.statistic.startswith("icc") else 2
    enough = (scored >= max(least, 2)).all(axis=0)
    people = len(np.unique(tables.patients[enough]))
    return Found(
        one.statistic, one.value, one.low, one.high, int(enough.sum()), people, arm, "", one.group,
        n_undefined=one.n_undefined,
    )  # fmt: skip


def apart(tables: Tables, draw: Draw) -> list[Found]:
    """Each two raters on each version: mean of the first's score minus the second's, of its size, share identical."""
    found = []
    for version, arm in ARMS.items():
        scores = tables.scores(version)
        for one, two in combinations(range(len(tables.raters)), 2):
            difference = scores[:, one] - scores[:, two]
            known = ~np.isnan(difference)
            told = np.where(known, difference, 0)
            sums = tables.by_patient(np.column_stack([known, told, abs(told), known & (told == 0)]))
            found += measured(
                APART, lambda sums: over(sums[..., 1:], sums[..., :1]), sums, draw, n=int(known.sum()), arm=arm,
                rater=f"{tables.raters[one]} – {tables.raters[two]}",
            )  # fmt: skip
    return found
