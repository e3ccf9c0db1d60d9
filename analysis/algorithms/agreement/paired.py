"""The same rater on both versions: deviation, kappa, AC2, equivalence of patients' means."""

import numpy as np

from analysis.algorithms.agreement.chance import ac2_of, kappa_of
from analysis.algorithms.agreement.scores import UNDEFINED, Floats, quadratic
from analysis.algorithms.agreement.tables import (
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

PAIRED = ("mean_deviation", "mean_distance", "identical", "within_one", "kappa", "ac2")
N_SUMS = 5


def paired(tables: Tables, draw: Draw, *, rater: str = "", group: str = "all") -> list[Found]:
    """Statistics of pairs: one rater, one recording, scored in both versions."""
    valid = tables.pairs()
    first, second = tables.codes[ORIGINAL, FIRST], tables.codes[DEIDENTIFIED, FIRST]
    sums = tables.by_patient(pair_sums(first, second, valid, tables.levels))
    return measured(PAIRED, paired_of, sums, draw, n=int(valid.sum()), rater=rater, group=group)


def pair_sums(first: Whole, second: Whole, valid: Flags, levels: int) -> Floats:
    """(v, 5 + levels²) of each recording: pairs, sums of the deviation and its size, identical, within one, and how
    often each two scores stand together."""
    deviation = np.where(valid, first - second, 0)
    together = confusion(first, second, valid, levels)
    columns = [valid, deviation, abs(deviation), valid & (deviation == 0), valid & (abs(deviation) <= 1)]
    return np.column_stack([*(column.sum(axis=1) for column in columns), together.reshape(len(together), -1)])


def confusion(first: Whole, second: Whole, valid: Flags, levels: int) -> Floats:
    """(v, levels, levels) how often the first score stands with the second."""
    one = (first[..., None] == np.arange(levels)) & valid[..., None]
    two = (second[..., None] == np.arange(levels)) & valid[..., None]
    return np.einsum("vri,vrj->vij", one.astype(float), two.astype(float))


def paired_of(sums: Floats) -> Floats:
    n, rest = sums[..., :1], sums[..., N_SUMS:]
    levels = round(rest.shape[-1] ** 0.5)
    together = rest.reshape(*rest.shape[:-1], levels, levels)
    return np.concatenate(
        [over(sums[..., 1:N_SUMS], n), kappa_of(together)[..., None], ac2_of_pairs(together)[..., None]], axis=-1
    )


def ac2_of_pairs(together: Floats) -> Floats:
    """AC2 of (..., levels, levels) how often each two scores stand together."""
    n = together.sum(axis=(-2, -1))
    agreed = (together * quadratic(together.shape[-1])).sum(axis=(-2, -1))
    shares = (together.sum(axis=-1) + together.sum(axis=-2)) / 2
    return ac2_of(np.concatenate([np.stack([n, agreed, n], axis=-1), shares], axis=-1))


def patient_means(tables: Tables, deviation: Floats | None = None) -> tuple[Floats, Floats, Whole]:
    """(p,) mean deviation of each patient, mean of both versions' scores, and pairs; NaN without any pair.

    Parameters
    ----------
    deviation : (v, r) in place of the pairs' own, NaN where it is none
    """
    if deviation is None:
        deviation = np.where(tables.pairs(), tables.deviation(), UNDEFINED)
    known = np.isfinite(deviation)
    middle = np.where(known, tables.codes[:, FIRST].mean(axis=0), 0)
    n = tables.by_patient(known.sum(axis=1))
    means = over(tables.by_patient(np.where(known, deviation, 0).sum(axis=1)), n)
    return means, over(tables.by_patient(middle.sum(axis=1)), n), n.astype(int)


def mean_of_patients(means: Floats, draw: Draw, *, name: str = "mean_of_patients", group: str = "all") -> list[Found]:
    """Of the patients that have a mean, each counted once."""
    known = means[np.isfinite(means)]
    sums = np.column_stack([np.ones(len(known)), known])
    return measured(
        (name,), lambda sums: over(sums[..., 1:], sums[..., :1]), sums, draw, n=len(known), group=group
    )  # fmt: skip
