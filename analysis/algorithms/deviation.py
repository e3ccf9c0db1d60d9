"""How far a rater's score of the de-identified version lies from the same rater's score of the original."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

NOT_SURE, MISSING = -1, -2
DEVIATIONS = tuple(range(-4, 5))

Answers = npt.NDArray[np.int_]


@dataclass(frozen=True, slots=True)
class Arm:
    """Answers of one arm that enter no deviation."""

    n_not_sure: int
    n_missing: int


@dataclass(frozen=True, slots=True)
class PairedDeviation:
    """Original minus de-identified, over pairs scored on both sides. Without such pairs all shares are None."""

    n_pairs: int
    mean: float | None  # points of the 0-4 scale; negative when the de-identified version is scored worse
    identical: float | None  # share, 0-1
    within_one: float | None  # share of |deviation| <= 1, 0-1
    counts: tuple[int, ...]  # pairs with a deviation of -4, -3 ... 4
    original: Arm
    deidentified: Arm


def paired_deviation(original: Answers, deidentified: Answers) -> PairedDeviation:
    """Deviation of paired scores: the same rater, recording and item, original minus de-identified.

    Parameters
    ----------
    original, deidentified : (n,) integers, scores 0 to 4, NOT_SURE or MISSING; equal places belong together

    Returns
    -------
    PairedDeviation : over the places where both sides hold a score; `n_pairs` says how many

    Raises
    ------
    ValueError : the shapes differ, or a value is none of the above

    References
    ----------
    Zhu et al., Scientific Reports 2024 (FaceMotionPreserve): only pairs valid on both sides enter; mean of the paired
    deviation, share identical, share with a deviation of at most 1. Three fixed raters: no interval over raters.
    """
    _check(original, deidentified)
    valid = (original >= 0) & (deidentified >= 0)
    deviation = original[valid] - deidentified[valid]
    n = int(valid.sum())
    return PairedDeviation(
        n_pairs=n,
        mean=float(deviation.mean()) if n else None,
        identical=float((deviation == 0).mean()) if n else None,
        within_one=float((np.abs(deviation) <= 1).mean()) if n else None,
        counts=tuple(int((deviation == value).sum()) for value in DEVIATIONS),
        original=_arm(original),
        deidentified=_arm(deidentified),
    )


def _check(original: Answers, deidentified: Answers) -> None:
    if original.shape != deidentified.shape or original.ndim != 1:
        raise ValueError(f"pairs need two equally long lists, got shapes {original.shape} and {deidentified.shape}")
    values = np.concatenate([original, deidentified])
    wrong = values[~np.isin(values, [MISSING, NOT_SURE, 0, 1, 2, 3, 4])]
    if wrong.size:
        raise ValueError(f"scores are whole numbers from 0 to 4, NOT_SURE or MISSING; got {wrong[0]}")


def _arm(answers: Answers) -> Arm:
    return Arm(n_not_sure=int((answers == NOT_SURE).sum()), n_missing=int((answers == MISSING).sum()))
