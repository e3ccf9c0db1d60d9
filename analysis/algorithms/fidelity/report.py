"""Every metric of a rendition against its original, with its ceiling; a reason in place of what cannot be computed.

To add a metric: a function of a `Pair`, and one line of `METRICS`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, is_dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.algorithms.fidelity import coordinates, identity, nulls
from analysis.algorithms.fidelity.align import FIRST_INNER, aligned, common
from analysis.algorithms.fidelity.dynamics import Dynamics, dynamics, pair_motion
from analysis.algorithms.fidelity.errors import Unavailable
from analysis.algorithms.fidelity.head import head_motion
from analysis.algorithms.fidelity.tracks import FaceTracks

Floats = NDArray[np.float64]
UNAVAILABLE = "unavailable"  # the key that holds a reason
UNDEFINED = "undefined: nothing varies here, or there is nothing to compute it from."


@dataclass(frozen=True, slots=True)
class Pair:
    """What metrics are computed from.

    Attributes
    ----------
    original, rendition : tracks; reencoded : of the original through the encoder alone, None where there is none
    original_path, rendition_path, reencoded_path : the videos, for metrics of pictures
    strangers : by kind of descriptor ("descriptors", "periocular", "head"), (s, 128) of other people
    others : tracks of other people's videos
    donor : (128,) descriptor of the face that was put in place, None where there is none
    states : of each frame, from the certificate ("masked", "withheld", ...); empty where there is none
    """

    original: FaceTracks
    rendition: FaceTracks
    reencoded: FaceTracks | None = None
    original_path: Path | None = None
    rendition_path: Path | None = None
    reencoded_path: Path | None = None
    strangers: Mapping[str, Floats] = field(default_factory=dict)
    others: tuple[FaceTracks, ...] = ()
    donor: Floats | None = None
    states: tuple[str, ...] = ()

    @property
    def floor_aligned(self) -> Floats | None:
        """(1275, 2) motion that re-encoding alone makes, pixels of the aligned crop."""
        return None if self.reencoded is None else _floor(aligned(self.original.points), aligned(self.reencoded.points))

    @property
    def floor(self) -> Floats | None:
        """(1275, 2) the same in pixels of the full frame."""
        return None if self.reencoded is None else _floor(self.original.points, self.reencoded.points)

    def as_ceiling(self) -> "Pair":
        """The re-encoded original in the rendition's place: as good as any rendition can be.

        Raises
        ------
        Unavailable : there is none
        """
        if self.reencoded is None:
            raise Unavailable("no ceiling: the original was not re-encoded.")
        return replace(self, rendition=self.reencoded, rendition_path=self.reencoded_path, donor=None, states=())


def _floor(original: Floats, reencoded: Floats) -> Floats | None:
    try:
        known = common(original, reencoded)
    except Unavailable:
        return None
    return pair_motion(original[known, FIRST_INNER:], reencoded[known, FIRST_INNER:]).difference_sd


def found(pair: Pair) -> dict[str, float]:
    """Share of frames with landmarks on each side, and on both: what all other numbers rest on."""
    if pair.original.n_frames != pair.rendition.n_frames:
        raise Unavailable(
            f"different frame counts: the original has {pair.original.n_frames} frames, the other "
            f"{pair.rendition.n_frames}; give two versions of one recording."
        )
    one, two = (np.isfinite(each.points).all(axis=(1, 2)) for each in (pair.original, pair.rendition))
    mesh = np.isfinite(pair.rendition.mesh).all(axis=(1, 2))
    return {
        "n_frames": pair.original.n_frames, "original": float(one.mean()), "rendition": float(two.mean()),
        "both": float((one & two).mean()), "rendition_mesh": float(mesh.mean()),
    }  # fmt: skip


def in_crops(pair: Pair) -> Dynamics:
    """FMP's dynamics, in aligned crops."""
    return dynamics(aligned(pair.original.points), aligned(pair.rendition.points), pair.floor_aligned)


def of_pairs(pair: Pair) -> dict[str, Floats]:
    """r of x, r of y and r CCA of all 1275 pairs in aligned crops, still ones too: FMP's heat map."""
    known = common(pair.original.points, pair.rendition.points)
    one, two = (aligned(each.points[known])[:, FIRST_INNER:] for each in (pair.original, pair.rendition))
    motion = pair_motion(one, two)
    return {
        "r_x": motion.r[:, 0].round(4),
        "r_y": motion.r[:, 1].round(4),
        "r_cca": motion.r_cca.round(4),
    }


def in_frame(pair: Pair) -> Dynamics:
    """The same in the full frame, where motion of the head raises every correlation: for comparison only."""
    return dynamics(pair.original.points, pair.rendition.points, pair.floor)


def by_shift(pair: Pair) -> nulls.Null:
    one, two = aligned(pair.original.points), aligned(pair.rendition.points)
    return nulls.shift_null(one, two, pair.original.fps, pair.floor_aligned)


def by_strangers(pair: Pair) -> nulls.Null:
    others = (aligned(other.points) for other in pair.others)
    return nulls.stranger_null(aligned(pair.original.points), others, pair.floor_aligned)


def to_original(pair: Pair) -> identity.Spread:
    """Distance of each described frame to the same frame of the original."""
    return identity.spread(identity.frame_distances(pair.original.descriptors, pair.rendition.descriptors))


def to_donor(pair: Pair) -> identity.Spread:
    if pair.donor is None:
        raise Unavailable("no donor: no face was put in place, or its name was not given.")
    frames = identity.known(pair.rendition.descriptors, "rendition")
    return identity.spread(identity.distances(frames, pair.donor[None])[:, 0])


def to_strangers(pair: Pair) -> identity.Spread:
    """The share within the threshold that chance gives: rendition against the strangers most like the original."""
    frames = identity.known(pair.rendition.descriptors, "rendition")
    like = identity.matched(pair.original.descriptors, _strangers(pair, "descriptors"))
    return identity.spread(identity.distances(frames, like).ravel())


def told_apart(pair: Pair) -> identity.Verification:
    """Whether the original is accepted before strangers are: area 0.5 and equal error 0.5 protect best."""
    frames = identity.known(pair.rendition.descriptors, "rendition")
    genuine = identity.frame_distances(pair.original.descriptors, pair.rendition.descriptors)
    return identity.verification(genuine, identity.distances(frames, _strangers(pair, "descriptors")).ravel())


def donor_or_original(pair: Pair) -> identity.Verification:
    """AIES: true accept is near the donor, false accept near the original; area 1 when the donor's face is worn."""
    if pair.donor is None:
        raise Unavailable("no donor: no face was put in place, or its name was not given.")
    frames = identity.known(pair.rendition.descriptors, "rendition")
    impostor = identity.frame_distances(pair.original.descriptors, pair.rendition.descriptors)
    return identity.verification(identity.distances(frames, pair.donor[None])[:, 0], impostor)


def ranked(kind: str) -> Callable[[Pair], identity.GalleryRank]:
    """The original's rank in a gallery, by one kind of descriptor."""

    def rank(pair: Pair) -> identity.GalleryRank:
        one, two = (descriptors_of(each, kind) for each in (pair.original, pair.rendition))
        return identity.gallery_rank(one, two, _strangers(pair, kind))

    return rank


def clusters(pair: Pair) -> coordinates.IntraInter:
    """Frames of original and of rendition as two groups: a ratio near 1 means that they are one cloud."""
    rows, groups = described(pair.original, pair.rendition)
    return coordinates.intra_inter(rows, groups)


def described(*tracks: FaceTracks) -> tuple[Floats, NDArray[np.int_]]:
    """All descriptors of several tracks, and from which each comes."""
    rows = [identity.known(each.descriptors, "video") for each in tracks]
    return np.concatenate(rows), np.repeat(np.arange(len(rows)), [len(each) for each in rows])


def descriptors_of(tracks: FaceTracks, kind: str) -> Floats:
    return tracks.descriptors if kind == "descriptors" else tracks.variants[kind]


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
    ("to_original", to_original),
    ("to_strangers", to_strangers),
    ("verification", told_apart),
    ("clusters", clusters),
    ("rank", ranked("descriptors")),
    ("rank_periocular", ranked("periocular")),
    ("rank_head", ranked("head")),
)
# Of a rendition alone: the re-encoded original has no such number.
WITHOUT_CEILING: tuple[Metric, ...] = (
    ("null_shift", by_shift),
    ("null_strangers", by_strangers),
    ("to_donor", to_donor),
    ("donor_or_original", donor_or_original),
)


def report(pair: Pair) -> dict[str, Any]:
    """All metrics as plain values for JSON: `metrics`, their `ceiling`, and correlations `between` chance and ceiling.

    Raises nothing for what cannot be computed: {"unavailable": reason} stands in its place.
    """
    values = {name: value_of(partial(metric, pair)) for name, metric in (*METRICS, *WITHOUT_CEILING)}
    try:
        best = pair.as_ceiling()
    except Unavailable as reason:
        ceiling: dict[str, Any] = {UNAVAILABLE: str(reason)}
    else:
        ceiling = {name: value_of(partial(metric, best)) for name, metric in METRICS}
    return {
        "metrics": values, "ceiling": ceiling, "between": _between(values, ceiling),
        "recogniser": {"name": identity.DLIB.name, "threshold": identity.DLIB.threshold, "judges": JUDGES},
        "models": pair.original.models,
    }  # fmt: skip


JUDGES = (
    "dlib chooses the donor, so it is no independent judge of renditions that wear one; ArcFace's weights are not "
    "part of this product. Motion itself identifies people too."
)


def value_of(metric: Callable[[], Any]) -> Any:
    """What a metric gives as plain values, or {"unavailable": reason}."""
    try:
        return plain(metric())
    except Unavailable as reason:
        return {UNAVAILABLE: str(reason)}


def _between(values: Mapping[str, Any], ceiling: Mapping[str, Any]) -> dict[str, Any]:
    """Each correlation between the null by shift and the ceiling."""
    return {name: value_of(partial(_one_between, values, ceiling, name)) for name in nulls.CORRELATIONS}


def _one_between(values: Mapping[str, Any], ceiling: Mapping[str, Any], name: str) -> float:
    places = (("dynamics", values), ("null_shift", values), ("dynamics", ceiling))
    for metric, where in places:
        reason = where.get(UNAVAILABLE) or where[metric].get(UNAVAILABLE)
        if reason:
            raise Unavailable(str(reason))
    three = values["dynamics"][name], values["null_shift"]["mean"][name], ceiling["dynamics"][name]
    for each in three:
        if isinstance(each, Mapping):
            raise Unavailable(UNDEFINED)
    return nulls.between(*three)


def plain(value: Any) -> Any:
    """Dataclasses, arrays and numbers as what JSON holds; what is not finite becomes a reason."""
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {str(name): plain(each) for name, each in value.items()}
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, float) and not np.isfinite(value):
        return {UNAVAILABLE: UNDEFINED}
    return value
