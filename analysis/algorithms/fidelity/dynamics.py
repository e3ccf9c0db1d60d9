"""How facial motion passes from original to rendition: correlation, and amplitude, which correlation cannot see."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.algorithms.fidelity.align import Chosen, Track, blocks, common
from analysis.algorithms.fidelity.errors import Unavailable

Floats = NDArray[np.float64]

N_POINTS = 51
ONE, TWO = np.triu_indices(N_POINTS, k=1)  # the 1275 pairs
REGIONS: Mapping[str, slice] = {
    "brows": slice(0, 10),
    "nose": slice(10, 19),
    "eyes": slice(19, 31),
    "mouth": slice(31, 51),
}
STILL = 1e-9  # square pixels; less is rounding in the sums, far under what any landmarker sees
SINGULAR = 1e-12  # of the larger eigenvalue; a smaller one means that a pair moves on a line


@dataclass(frozen=True, slots=True)
class PairMotion:
    """Motion of pairs of points, original against rendition; (n_pairs,) each, columns of (n_pairs, 2) are x and y.

    `slope` is the regression of the rendition on the original (1 kept, 0.5 halved), `sd_ratio` rendition over original,
    `concordance` Lin's about each side's own mean: where the means lie is identity, not motion. NaN for what is still.
    """

    r: Floats
    r_cca: Floats
    slope: Floats
    sd_ratio: Floats
    concordance: Floats
    sd: Floats  # (n_pairs, 2) of the original, pixels
    difference_sd: Floats  # (n_pairs, 2) of rendition minus original, pixels


@dataclass(frozen=True, slots=True)
class Dynamics:
    """Means over moving pairs. FMP's three are `r_x`, `r_y` and `r_cca`; `slope` and `sd_ratio` are of both axes,
    weighted by motion, so that pairs that hardly move do not decide."""

    n_frames: int
    n_moving: int  # of 1275 pairs; the others move less than re-encoding alone moves them
    n_frozen: int  # of those, pairs that the rendition holds still: they have no correlation and enter no mean of it
    r_x: float
    r_y: float
    r_cca: float
    slope: float
    sd_ratio: float
    concordance: float
    regions: Mapping[str, Mapping[str, float]]  # of pairs within each region; the same five


def pair_motion(original: Track, rendition: Track) -> PairMotion:
    """All pairs at once, in closed form from one covariance matrix of all coordinates.

    The covariance of two differences is a sum of four covariances of points, so the 1275 time series are never made.

    Parameters
    ----------
    original, rendition : (n, 51, 2) pixels, n > 2, no NaN; of more points the last 51, which is iBUG's without the jaw

    References
    ----------
    Zhu et al. 2024 (FMP): difference vectors of all pairs of 51 landmarks, Pearson's r of their x and y, canonical
    correlation of their 2-D courses (the first). Lin 1989, Biometrics 45: concordance.
    """
    spread = _covariance(original, rendition).reshape(2, N_POINTS, 2, 2, N_POINTS, 2)
    # (side, point, axis, side, point, axis) -> of pairs: (pair, axis, axis) for each two sides
    within = [_of_pairs(spread[side, :, :, side]) for side in (0, 1)]
    across = _of_pairs(spread[0, :, :, 1])
    variance = [np.diagonal(each, axis1=1, axis2=2) for each in within]
    variance = [np.where(each > STILL, each, 0.0) for each in variance]
    together = np.diagonal(across, axis1=1, axis2=2)
    with np.errstate(invalid="ignore", divide="ignore"):
        return PairMotion(
            r=together / np.sqrt(variance[0] * variance[1]),
            r_cca=canonical(within[0], within[1], across),
            slope=together / variance[0],
            sd_ratio=np.sqrt(variance[1] / variance[0]),
            concordance=2 * together / (variance[0] + variance[1]),
            sd=np.sqrt(variance[0]),
            difference_sd=np.sqrt(np.maximum(variance[0] + variance[1] - 2 * together, 0.0)),
        )


def _covariance(original: Track, rendition: Track) -> Floats:
    """(204, 204) of all coordinates of both sides; block by block, so that a long video is never copied."""
    n_frames = len(original)
    middle = sum(_rows(original, rendition, some).sum(axis=0) for some in blocks(n_frames)) / n_frames
    total = np.zeros((len(middle), len(middle)))
    for some in blocks(n_frames):
        block = _rows(original, rendition, some) - middle
        total += block.T @ block
    return total / (n_frames - 1)


def _rows(original: Track, rendition: Track, some: slice) -> Floats:
    """(k, 204) coordinates of both sides in some frames."""
    sides = [side[some][:, -N_POINTS:] for side in (original, rendition)]
    return np.concatenate([side.reshape(len(side), -1) for side in sides], axis=1)


def _of_pairs(spread: Floats) -> Floats:
    """(1275, 2, 2) covariances of differences of points i - j, from (51, 2, 51, 2) of points."""
    points = spread.transpose(0, 2, 1, 3)
    found: Floats = points[ONE, ONE] - points[ONE, TWO] - points[TWO, ONE] + points[TWO, TWO]
    return found


def canonical(first: Floats, second: Floats, across: Floats) -> Floats:
    """(n,) first canonical correlations of n pairs of 2-D variables.

    Parameters
    ----------
    first, second : (n, 2, 2) covariances of each side; across : (n, 2, 2) first with second

    Notes
    -----
    Largest singular value of S1^-1/2 S12 S2^-1/2, by closed forms of 2 x 2 matrices. A variable that moves on a line
    counts as the one number it is; one that does not move gives NaN.
    """
    whitened = _root_of_inverse(first) @ across @ _root_of_inverse(second)
    square = (whitened**2).sum(axis=(1, 2))
    det = whitened[:, 0, 0] * whitened[:, 1, 1] - whitened[:, 0, 1] * whitened[:, 1, 0]
    # Singular values s, t: s + t = sqrt(|W|^2 + 2 |det|), s - t = sqrt(|W|^2 - 2 |det|); no cancellation where s = t.
    largest = (np.sqrt(square + 2 * np.abs(det)) + np.sqrt(np.maximum(square - 2 * np.abs(det), 0.0))) / 2
    largest[(_trace(first) <= STILL) | (_trace(second) <= STILL)] = np.nan
    return np.minimum(largest, 1.0)


def _trace(matrices: Floats) -> Floats:
    return matrices[:, 0, 0] + matrices[:, 1, 1]


def _root_of_inverse(matrices: Floats) -> Floats:
    """(n, 2, 2) pseudo-inverse square roots of symmetric matrices."""
    values, vectors = np.linalg.eigh(matrices)
    kept = values > SINGULAR * np.maximum(values[:, 1:], np.finfo(float).tiny)
    roots = np.where(kept, 1 / np.sqrt(np.where(kept, values, 1.0)), 0.0)
    root: Floats = (vectors * roots[:, None, :]) @ vectors.transpose(0, 2, 1)
    return root


def dynamics(original: Track, rendition: Track, floor: Floats | None = None) -> Dynamics:
    """Summary of `pair_motion` of two tracks.

    Parameters
    ----------
    original, rendition : (n, 68, 2) iBUG points, pixels, NaN where not found; aligned crops or the full frame
    floor : (1275, 2) by how much re-encoding alone moves each pair, pixels (`pair_motion(...).difference_sd` of the
        original and its own re-encoding); pairs whose motion is not larger are set apart. None keeps all that move

    Raises
    ------
    Unavailable : numbers of frames differ, a side has no face, fewer than 20 common frames, or nothing moves
    """
    known = np.flatnonzero(common(original, rendition))
    return of_known(Chosen(original, known), Chosen(rendition, known), floor)


def of_known(original: Track, rendition: Track, floor: Floats | None) -> Dynamics:
    """`dynamics` of two tracks that have a face in each of their frames."""
    motion = pair_motion(original, rendition)
    moving = motion.sd > (0.0 if floor is None else floor)
    both = moving.any(axis=1)
    if not both.any():
        raise Unavailable(
            f"still: none of {len(moving)} pairs of landmarks moves more than re-encoding alone moves it; show a face "
            "that moves."
        )
    frozen = both & ~np.isfinite(motion.r_cca)
    if frozen.sum() == both.sum():
        raise Unavailable(
            f"still: the rendition moves none of the {both.sum()} pairs of landmarks that the original moves."
        )
    inside = {name: _summary(motion, moving & within(part)[:, None]) for name, part in REGIONS.items()}
    n_frames, n_moving, n_frozen = len(original), int(both.sum()), int(frozen.sum())
    return Dynamics(n_frames, n_moving, n_frozen, **_summary(motion, moving), regions=inside)


def within(region: slice) -> NDArray[np.bool_]:
    """(1275,) whether both points of a pair lie in a region."""
    members = np.zeros(N_POINTS, bool)
    members[region] = True
    return members[ONE] & members[TWO]


def _summary(motion: PairMotion, moving: NDArray[np.bool_]) -> dict[str, float]:
    """Means over the moving; NaN where nothing is."""
    weight = np.where(moving, motion.sd**2, 0.0)
    with np.errstate(invalid="ignore"):  # of what is still, which is not taken
        rendered = np.where(moving, motion.slope * motion.sd**2, 0.0)
        spread = np.where(moving, (motion.sd_ratio * motion.sd) ** 2, 0.0)
    either = moving.any(axis=1)
    total = weight.sum()
    return {
        "r_x": _mean(motion.r[moving[:, 0], 0]),
        "r_y": _mean(motion.r[moving[:, 1], 1]),
        "r_cca": _mean(motion.r_cca[either]),
        "slope": float(rendered.sum() / total) if total else float("nan"),
        "sd_ratio": float(np.sqrt(spread.sum() / total)) if total else float("nan"),
        "concordance": _mean(motion.concordance[moving]),
    }


def _mean(values: Floats) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if known.size else float("nan")


def lins_concordance(one: Floats, two: Floats) -> float:
    """Lin's concordance correlation of two series with their means: 2 cov / (var + var + difference of means squared).

    References
    ----------
    Lin 1989, Biometrics 45:255, with n in the denominators.
    """
    together = float(((one - one.mean()) * (two - two.mean())).mean())
    return 2 * together / float(one.var() + two.var() + (one.mean() - two.mean()) ** 2)
