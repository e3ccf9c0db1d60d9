"""Signs, body, pulse and pictures of a rendition against its original, for the report: functions of a `Pair`.

The report adds `METRICS` to its own, and `WITHOUT_CEILING` to what it computes of a rendition alone.
"""

from collections.abc import Callable, Iterator
from dataclasses import fields
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from analysis.algorithms.fidelity import blinks, body, leak, picture, pulse, signs, tremor
from analysis.algorithms.fidelity.align import common, index_of
from analysis.algorithms.fidelity.errors import Unavailable
from analysis.algorithms.fidelity.tracks import SKIN_REGIONS, FaceTracks, coco17, openpose18
from videoio.ahead import ahead
from videoio.read import read_frames

if TYPE_CHECKING:
    from analysis.algorithms.fidelity.report import Pair

FURROWS_EVERY = 5  # frames
MASKED = ("withheld", "keep_masked")  # states in which nothing of a frame may show
TREMOR_TRACKS = ("lip", "jaw", "lip_in_head", "jaw_in_head")

Compared = dict[str, dict[str, float]]


def lips(pair: "Pair") -> Compared:
    """Parted lips by dlib's points; dlib sees gaps from about 4 mm on, and a closed mouth as closed."""
    return _of_points(pair, signs.lip_parting)


def aperture(pair: "Pair") -> Compared:
    return _of_points(pair, signs.aperture)


def asymmetry(pair: "Pair") -> Compared:
    return _of_points(pair, signs.asymmetry)


def furrows(pair: "Pair") -> dict[str, Any]:
    """Contrast of furrows on both sides, and the rendition's share of the original's."""
    one, two = (_furrows(path, tracks) for path, tracks in _both(pair))
    names = ("forehead", "glabella", "right_fold", "left_fold")
    kept = {name: getattr(two, name) / getattr(one, name) for name in names if getattr(one, name) > 0}
    return {"original": one, "rendition": two, "kept": kept}


def blinking(pair: "Pair") -> blinks.BlinkFidelity:
    """By dlib's points, which know nothing of the mesh that moved the lids."""
    return blinks.compare_blinks(
        blinks.mean_ear(pair.original.ear), blinks.mean_ear(pair.rendition.ear), pair.original.times
    )


def trembling(pair: "Pair") -> dict[str, Any]:
    """Of lip and jaw, in the full frame and in the head's: the rhythm on both sides, and how it is passed on."""
    common(pair.original.points, pair.rendition.points)
    one, two = (tremor.tremor_tracks(each.points) for each in (pair.original, pair.rendition))
    times = pair.original.times
    return {name: _trembling(getattr(one, name), getattr(two, name), times) for name in TREMOR_TRACKS}


def keypoints(pair: "Pair", names: Callable[[NDArray], NDArray], sigmas: NDArray) -> body.BodyFidelity:
    return body.body_fidelity(names(pair.original.pose), names(pair.rendition.pose), sigmas)


def beating(pair: "Pair", estimator: str, seconds: float) -> pulse.PulseWindows:
    """The pulse of all skin."""
    region = SKIN_REGIONS.index("all")
    one, two = pair.original.skin[:, region], pair.rendition.skin[:, region]
    return pulse.compare_pulse(one, two, pair.original.times, estimator, seconds)


def likeness(pair: "Pair") -> picture.PictureFidelity:
    """Inside and outside of the original's face; methods that treat the whole head change both."""
    outlines = (outline.astype(np.float64) for outline in pair.original.outline)
    one, two = (_pictures(path) for path, _ in _both(pair))
    return picture.compare_pictures(one, two, outlines)


def leaks(pair: "Pair") -> leak.Leak:
    """In frames that are masked whole."""
    _certified(pair)
    one, two = (_pictures(path) for path, _ in _both(pair))
    return leak.find_leaks(one, two, np.array([state in MASKED for state in pair.states]))


def head_leaks(pair: "Pair") -> leak.Leak:
    """Under masks of single heads and faces, in frames that show the rest of the picture."""
    _certified(pair)
    if pair.masks is None:
        raise Unavailable(
            "the certificate is from before it said where masks lie: render the recording again to have them judged."
        )
    masked = np.array([len(boxes) > 0 for boxes in pair.masks])
    if not masked.any():
        raise Unavailable(f"no single head is masked in any of {len(masked)} frames: there is nothing to judge.")
    one, two = (_pictures(path) for path, _ in _both(pair))
    return leak.find_leaks(one, two, masked, pair.masks)


def _certified(pair: "Pair") -> None:
    if not pair.states:
        raise Unavailable("no certificate was given: it says which frames are masked.")


Metric = tuple[str, Callable[["Pair"], Any]]
METRICS: tuple[Metric, ...] = (
    ("lips", lips),
    ("aperture", aperture),
    ("asymmetry", asymmetry),
    ("furrows", furrows),
    ("blinks", blinking),
    ("tremor", trembling),
    ("body_coco", partial(keypoints, names=coco17, sigmas=body.SIGMAS)),
    ("body_openpose", partial(keypoints, names=openpose18, sigmas=body.OPENPOSE_SIGMAS)),
    *(
        (f"pulse_{estimator}_{seconds:g}s", partial(beating, estimator=estimator, seconds=seconds))
        for seconds in pulse.WINDOWS_S
        for estimator in pulse.ESTIMATORS
    ),
    ("picture", likeness),
)
WITHOUT_CEILING: tuple[Metric, ...] = (("leak", leaks), ("leak_heads", head_leaks))


def _of_points(pair: "Pair", measure: Callable[[NDArray, NDArray], Any]) -> Compared:
    """A measure of both sides, over common frames, and what the rendition adds."""
    both = index_of(common(pair.original.points, pair.rendition.points))
    one, two = (measure(each.points[both], each.times[both]) for each in (pair.original, pair.rendition))
    names = [each.name for each in fields(one) if isinstance(getattr(one, each.name), float)]
    sides = [{name: getattr(side, name) for name in names} for side in (one, two)]
    return {"original": sides[0], "rendition": sides[1], "added": {n: sides[1][n] - sides[0][n] for n in names}}


def _trembling(one: NDArray, two: NDArray, times: NDArray) -> dict[str, Any]:
    """The spectrograms stay out: they are large, and `tremor.tremor` makes them again from stored tracks."""
    found: dict[str, Any] = {}
    for side, track in (("original", one), ("rendition", two)):
        try:
            rhythm = tremor.tremor(track, times)
        except Unavailable as reason:
            found[side] = {"unavailable": str(reason)}
        else:
            found[side] = {
                name: getattr(rhythm, name)
                for name in ("frequency", "amplitude", "band_power", "band_share", "prominence")
            }
    try:
        found["transfer"] = tremor.tremor_transfer(one, two, times)
    except Unavailable as reason:
        found["transfer"] = {"unavailable": str(reason)}
    return found


def _furrows(path: Path, tracks: FaceTracks) -> signs.Furrows:
    looked_at = (frame.rgb for frame in islice(ahead(read_frames(path)), 0, None, FURROWS_EVERY))
    return signs.furrow_contrast(looked_at, tracks.points[::FURROWS_EVERY])


def _pictures(path: Path) -> Iterator[NDArray[np.uint8]]:
    return (frame.rgb for frame in ahead(read_frames(path)))


def _both(pair: "Pair") -> list[tuple[Path, FaceTracks]]:
    if pair.original_path is None or pair.rendition_path is None:
        raise Unavailable("the videos themselves are needed, only their tracks were given.")
    return [(pair.original_path, pair.original), (pair.rendition_path, pair.rendition)]
