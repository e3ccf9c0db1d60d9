"""Motion and identity of a rendition against its original, for the report: functions of a `Pair`."""

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.algorithms.fidelity import coordinates, identity, nulls
from analysis.algorithms.fidelity.align import Chosen, common, crops, known
from analysis.algorithms.fidelity.dynamics import Dynamics, dynamics, pair_motion
from analysis.algorithms.fidelity.errors import Unavailable
from analysis.algorithms.fidelity.head import head_motion
from analysis.algorithms.fidelity.identity import ARCFACE, DLIB, Recogniser
from analysis.algorithms.fidelity.pair import Pair
from analysis.algorithms.fidelity.sound import SoundKept, compare_sound
from analysis.algorithms.fidelity.tracks import FaceTracks
from videoio.loudness import WINDOW_S, loudness

Floats = NDArray[np.float64]


def found(pair: Pair) -> dict[str, float]:
    """Share of frames with landmarks on each side, and on both: what all other numbers rest on."""
    _same_frames(pair)
    one, two, mesh = known(pair.original.points), known(pair.rendition.points), known(pair.rendition.mesh)
    return {
        "n_frames": pair.original.n_frames, "original": float(one.mean()), "rendition": float(two.mean()),
        "both": float((one & two).mean()), "rendition_mesh": float(mesh.mean()),
    }  # fmt: skip


def _same_frames(pair: Pair) -> None:
    if pair.original.n_frames != pair.rendition.n_frames:
        raise Unavailable(
            f"different frame counts: the original has {pair.original.n_frames} frames, the other "
            f"{pair.rendition.n_frames}; give two versions of one recording."
        )


def in_crops(pair: Pair) -> Dynamics:
    """FMP's dynamics, in aligned crops."""
    return dynamics(crops(pair.original.points), crops(pair.rendition.points), pair.floor_aligned)


def of_pairs(pair: Pair) -> dict[str, Floats]:
    """r of x, r of y and r CCA of all 1275 pairs in aligned crops, still ones too: FMP's heat map."""
    both = np.flatnonzero(common(pair.original.points, pair.rendition.points))
    motion = pair_motion(*(Chosen(crops(each.points), both) for each in (pair.original, pair.rendition)))
    return {
        "r_x": motion.r[:, 0].round(4),
        "r_y": motion.r[:, 1].round(4),
        "r_cca": motion.r_cca.round(4),
    }


def in_frame(pair: Pair) -> Dynamics:
    """The same in the full frame, where motion of the head raises every correlation: for comparison only."""
    return dynamics(pair.original.points, pair.rendition.points, pair.floor)


def by_shift(pair: Pair) -> nulls.Null:
    one, two = crops(pair.original.points), crops(pair.rendition.points)
    return nulls.shift_null(one, two, pair.original.fps, pair.floor_aligned)


def by_strangers(pair: Pair) -> nulls.Null:
    others = (crops(other.points) for other in pair.others)
    return nulls.stranger_null(crops(pair.original.points), others, pair.floor_aligned)


def to_original(pair: Pair, judge: Recogniser = DLIB) -> identity.Spread:
    """Distance of each described frame to the same frame of the original."""
    return identity.spread(of_frames(pair, judge), judge)


def of_frames(pair: Pair, judge: Recogniser = DLIB) -> Floats:
    """(k,) distances of described frames to the same frames of the original."""
    _same_frames(pair)
    one, two = (descriptors_of(each, judge.kind) for each in (pair.original, pair.rendition))
    return identity.frame_distances(one, two, judge)


def to_donor(pair: Pair) -> identity.Spread:
    frames = identity.known(pair.rendition.descriptors, "rendition")
    return identity.spread(identity.distances(frames, _worn(pair))[:, 0])


def to_strangers(pair: Pair, judge: Recogniser = DLIB) -> identity.Spread:
    """The share within the threshold that chance gives: rendition against the strangers most like the original."""
    one, two = (descriptors_of(each, judge.kind) for each in (pair.original, pair.rendition))
    like = identity.matched(one, _strangers(pair, judge.kind), recogniser=judge)
    return identity.spread(identity.distances(identity.known(two, "rendition"), like, judge).ravel(), judge)


def told_apart(pair: Pair, judge: Recogniser = DLIB) -> identity.Verification:
    """Whether the original is accepted before strangers are: area 0.5 and equal error 0.5 protect best."""
    genuine = of_frames(pair, judge)
    frames = identity.known(descriptors_of(pair.rendition, judge.kind), "rendition")
    impostor = identity.distances(frames, _strangers(pair, judge.kind), judge).ravel()
    return identity.thinned(identity.verification(genuine, impostor))


def donor_or_original(pair: Pair) -> identity.Verification:
    """AIES: true accept is near the donor, false accept near the original; area 1 when the donor's face is worn."""
    donor, frames = _worn(pair), identity.known(pair.rendition.descriptors, "rendition")
    impostor = of_frames(pair)
    return identity.thinned(identity.verification(identity.distances(frames, donor)[:, 0], impostor))


def _worn(pair: Pair) -> Floats:
    if pair.donor is None:
        raise Unavailable("no donor: no face was put in place, or its name was not given.")
    return pair.donor[None]


def ranked(kind: str, judge: Recogniser = DLIB) -> Callable[[Pair], identity.GalleryRank]:
    """The original's rank in a gallery, by one kind of descriptor."""

    def rank(pair: Pair) -> identity.GalleryRank:
        one, two = (descriptors_of(each, kind) for each in (pair.original, pair.rendition))
        return identity.gallery_rank(one, two, _strangers(pair, kind), judge)

    return rank


def clusters(pair: Pair) -> coordinates.IntraInter:
    """Frames of original and of rendition as two groups: a ratio near 1 means that they are one cloud."""
    rows, groups = described(pair.original, pair.rendition)
    return coordinates.intra_inter(rows, groups)


def sounding(pair: Pair) -> SoundKept:
    """Loudness of the sound over time."""
    if pair.original_path is None or pair.rendition_path is None:
        raise Unavailable("the videos themselves are needed, only their tracks were given.")
    return compare_sound(loudness(pair.original_path), loudness(pair.rendition_path), WINDOW_S)


def described(*tracks: FaceTracks) -> tuple[Floats, NDArray[np.int_]]:
    """All descriptors of several tracks, and from which each comes."""
    rows = [identity.known(each.descriptors, "video") for each in tracks]
    return np.concatenate(rows), np.repeat(np.arange(len(rows)), [len(each) for each in rows])


def descriptors_of(tracks: FaceTracks, kind: str) -> Floats:
    """Descriptors of one kind.

    Raises
    ------
    Unavailable : the recogniser's weights were not there when the video was measured
    """
    if kind == "descriptors":
        return tracks.descriptors
    if kind not in tracks.variants:
        raise Unavailable(
            f"no weights of {kind}: they are not part of this product. Add them with manage.py models add "
            f"{kind} FILE, and measure again."
        )
    return tracks.variants[kind]


def _strangers(pair: Pair, kind: str) -> Floats:
    if kind not in pair.strangers:
        raise Unavailable("no strangers: name a folder of portraits of other people.")
    return pair.strangers[kind]


Metric = tuple[str, Callable[[Pair], Any]]
METRICS: tuple[Metric, ...] = (
    ("found", found),
    ("dynamics", in_crops),
    ("dynamics_full_frame", in_frame),
    ("pairs", of_pairs),
    ("head", lambda pair: head_motion(pair.original.points, pair.rendition.points)),
    ("sound", sounding),
    ("to_original", to_original),
    ("to_strangers", to_strangers),
    ("verification", told_apart),
    ("clusters", clusters),
    ("rank", ranked("descriptors")),
    ("rank_periocular", ranked("periocular")),
    ("rank_head", ranked("head")),
    ("to_original_arcface", partial(to_original, judge=ARCFACE)),
    ("to_strangers_arcface", partial(to_strangers, judge=ARCFACE)),
    ("verification_arcface", partial(told_apart, judge=ARCFACE)),
    ("rank_arcface", ranked(ARCFACE.kind, ARCFACE)),
)
# Of a rendition alone: the re-encoded original has no such number.
WITHOUT_CEILING: tuple[Metric, ...] = (
    ("null_shift", by_shift),
    ("null_strangers", by_strangers),
    ("to_donor", to_donor),
    ("donor_or_original", donor_or_original),
)
