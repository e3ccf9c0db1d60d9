"""Whether a rendition still tells who somebody is: distances of descriptors, verification, rank among strangers."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from analysis.algorithms.fidelity.errors import Unavailable

Floats = NDArray[np.float64]

TAIL = 0.05  # share of the strangers that makes a rank near or far


@dataclass(frozen=True, slots=True)
class Recogniser:
    """A recogniser and its own threshold. `chooses` says that it picks donors: it cannot judge what it chose.
    `kind` names its descriptors in tracks and galleries."""

    name: str
    kind: str
    threshold: float  # distance at or under which two pictures count as one person
    cosine: bool = False  # distance is 1 - cosine, else Euclidean
    chooses: bool = False


# dlib keeps donor and patient apart (deid: motionmesh, choose), so its distances are what was aimed at.
DLIB = Recogniser("dlib", "descriptors", 0.6, chooses=True)
ARCFACE = Recogniser("arcface", "arcface", 1 - 0.34, cosine=True)  # FMP: cosine 0.34, an angle of 70 degrees


@dataclass(frozen=True, slots=True)
class Spread:
    """Distances of n comparisons."""

    n: int
    mean: float
    sd: float
    lowest: float
    within: float  # share at or under the recogniser's threshold


@dataclass(frozen=True, slots=True)
class Verification:
    """A threshold swept over two sets of distances. The last three are the corners of the ROC, from none
    accepted (where `threshold` stands for anything less) to all."""

    auc: float
    eer: float
    eer_threshold: float
    false_accept: Floats
    true_accept: Floats
    threshold: Floats


@dataclass(frozen=True, slots=True)
class GalleryRank:
    """The original's place among strangers, seen from the rendition: 1 is nearest.

    `position` is the share of strangers nearer than the original: 0.5 is nobody's face, near 0 it is found, near 1 it
    is suspiciously far, which tells as much. `near` and `far` are shares of frames in either 5% tail; chance: 0.05.
    """

    n_strangers: int
    pooled_rank: int
    pooled_position: float
    first: float  # share of frames in which the original is nearest of all
    position: float  # mean over frames
    near: float
    far: float


def distances(one: Floats, two: Floats, recogniser: Recogniser = DLIB) -> Floats:
    """(n, m) distances of (n, d) and (m, d) descriptors."""
    if recogniser.cosine:
        similar: Floats = _unit(one) @ _unit(two).T
        return 1 - similar
    square = (one**2).sum(axis=1)[:, None] + (two**2).sum(axis=1) - 2 * one @ two.T
    near: Floats = np.sqrt(np.maximum(square, 0.0))
    return near


def paired(one: Floats, two: Floats, recogniser: Recogniser = DLIB) -> Floats:
    """(n,) distances of rows that belong together."""
    if recogniser.cosine:
        similar: Floats = (_unit(one) * _unit(two)).sum(axis=1)
        return 1 - similar
    return np.asarray(np.linalg.norm(one - two, axis=1))


def known(descriptors: Floats, whose: str) -> Floats:
    """Rows that hold a descriptor.

    Raises
    ------
    Unavailable : there are none
    """
    rows: Floats = descriptors[np.isfinite(descriptors).all(axis=1)].astype(np.float64)
    if not len(rows):
        raise Unavailable(f"no face in the {whose}: none of its {len(descriptors)} frames gave a descriptor.")
    return rows


def spread(values: Floats, recogniser: Recogniser = DLIB) -> Spread:
    """Mean, sd and share within the threshold. Frames of one person are not independent: no test over them is given."""
    if not values.size:
        raise Unavailable("no distances: nothing was compared.")
    within = float((values <= recogniser.threshold).mean())
    return Spread(values.size, float(values.mean()), float(values.std()), float(values.min()), within)


def frame_distances(original: Floats, rendition: Floats, recogniser: Recogniser = DLIB) -> Floats:
    """(k,) distances of each frame of the rendition to the same frame of the original, where both have a descriptor.

    Raises
    ------
    Unavailable : numbers of frames differ, or no frame has both
    """
    if len(original) != len(rendition):
        raise Unavailable(
            f"different frame counts: the original has {len(original)} frames, the other {len(rendition)}."
        )
    both = np.isfinite(original).all(axis=1) & np.isfinite(rendition).all(axis=1)
    if not both.any():
        known(original, "original")
        known(rendition, "rendition")
        raise Unavailable("no common frame: original and rendition never show a face in the same described frame.")
    one, two = (each[both].astype(np.float64) for each in (original, rendition))
    return paired(one, two, recogniser)


def verification(genuine: Floats, impostor: Floats) -> Verification:
    """ROC, area under it and equal error rate of telling two sets of distances apart by a threshold.

    Parameters
    ----------
    genuine, impostor : distances that should be accepted (small), and that should not. AIES: to the target, to the
        original; here also: rendition to original, rendition to strangers

    Notes
    -----
    The area is the share of pairs in which the genuine distance is smaller, ties half (Mann-Whitney), so 0.5 is chance.
    The equal error rate lies where the line between two corners of the ROC crosses false accept = false reject.
    """
    if not genuine.size or not impostor.size:
        raise Unavailable(f"verification needs both kinds of distances, got {genuine.size} and {impostor.size}.")
    values = np.unique(np.concatenate([genuine, impostor]))
    true_accept = np.r_[0.0, np.searchsorted(np.sort(genuine), values, side="right") / genuine.size]
    false_accept = np.r_[0.0, np.searchsorted(np.sort(impostor), values, side="right") / impostor.size]
    area = float(
        np.trapezoid(true_accept, false_accept) if hasattr(np, "trapezoid") else np.trapz(true_accept, false_accept)
    )
    miss = 1 - true_accept - false_accept  # falls; 0 where both errors are equal
    after = int(np.argmax(miss <= 0))
    share = miss[after - 1] / (miss[after - 1] - miss[after]) if miss[after] < 0 else 1.0
    eer = float(false_accept[after - 1] + share * (false_accept[after] - false_accept[after - 1]))
    return Verification(area, eer, float(values[after - 1]), false_accept, true_accept, np.r_[values[0], values])


def thinned(found: Verification, corners: int = 200) -> Verification:
    """The same with at most so many corners of the ROC, to draw and to write down; the numbers stay as they were."""
    chosen = np.unique(np.linspace(0, len(found.threshold) - 1, corners).round().astype(int))
    roc = {name: getattr(found, name)[chosen] for name in ("false_accept", "true_accept", "threshold")}
    return replace(found, **roc)


def gallery_rank(original: Floats, rendition: Floats, strangers: Floats, recogniser: Recogniser = DLIB) -> GalleryRank:
    """Where the original stands in a gallery of strangers when the rendition is looked up.

    Parameters
    ----------
    original, rendition : (n, d) and (m, d) descriptors of frames, NaN rows left out; the original enters the gallery
        once, by its mean, as every stranger by one picture
    strangers : (s, d), best matched in sex, age and ancestry: against an unlike gallery the original always looks near

    Raises
    ------
    Unavailable : no descriptors on one side, or fewer than 20 strangers
    """
    if len(strangers) < 20:
        raise Unavailable(f"a gallery needs 20 strangers, got {len(strangers)}: name a folder of portraits.")
    person = known(original, "original").mean(axis=0, keepdims=True)
    frames = known(rendition, "rendition")
    own = distances(frames, person, recogniser)
    nearer = (distances(frames, strangers, recogniser) < own).sum(axis=1)
    pooled = frames.mean(axis=0, keepdims=True)
    pooled_nearer = int((distances(pooled, strangers, recogniser) < distances(pooled, person, recogniser)).sum())
    position = nearer / len(strangers)
    return GalleryRank(
        n_strangers=len(strangers),
        pooled_rank=pooled_nearer + 1,
        pooled_position=pooled_nearer / len(strangers),
        first=float((nearer == 0).mean()),
        position=float(position.mean()),
        near=float((position <= TAIL).mean()),
        far=float((position >= 1 - TAIL).mean()),
    )


def matched(original: Floats, strangers: Floats, share: float = 0.25, recogniser: Recogniser = DLIB) -> Floats:
    """The strangers most like the original, a stand-in for matching by sex, age and ancestry where those are unknown.

    Descriptors order people by just these; but the strangers nearest to the original are also the hardest to tell from
    it, so shares of matched strangers within the threshold are on the careful side.
    """
    person = known(original, "original").mean(axis=0, keepdims=True)
    order = distances(person, strangers, recogniser)[0].argsort()
    return strangers[order[: max(1, round(share * len(strangers)))]]


def _unit(rows: Floats) -> Floats:
    unit: Floats = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return unit
