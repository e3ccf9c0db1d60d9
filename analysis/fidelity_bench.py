"""How long metrics take: all of them on a long video, and all pairs of landmarks against a loop over them."""

import time
from collections.abc import Callable
from dataclasses import replace
from math import ceil
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from analysis.algorithms.fidelity.dynamics import N_POINTS, ONE, TWO, pair_motion

if TYPE_CHECKING:
    from analysis.algorithms.fidelity.tracks import FaceTracks

N_FRAMES = 1000
LOOPED = 51  # pairs that the loop takes; all would take seconds more for the same answer
N_STRANGERS = 200
COLUMNS = ("mesh", "points", "ear", "mesh_ear", "descriptors", "pose", "skin", "box")  # of tracks, a row for a frame


def time_of_pairs() -> tuple[float, float]:
    """Seconds for all 1275 pairs of 1,000 frames: in closed form (best of 10), and one by one with scikit-learn's CCA
    (estimated from every 25th pair)."""
    from sklearn.cross_decomposition import CCA

    rng = np.random.default_rng(0)
    original = rng.normal(size=(N_FRAMES, N_POINTS, 2)).cumsum(axis=0)
    rendition = 0.7 * original + rng.normal(size=original.shape).cumsum(axis=0)
    ours = []
    for _ in range(10):
        began = time.perf_counter()
        pair_motion(original, rendition)
        ours.append(time.perf_counter() - began)
    some = range(0, len(ONE), len(ONE) // LOOPED)
    began = time.perf_counter()
    for pair in some:
        one, two = (points[:, ONE[pair]] - points[:, TWO[pair]] for points in (original, rendition))
        CCA(1).fit_transform(one, two)
    return min(ours), (time.perf_counter() - began) * len(ONE) / len(some)


def looped_with_tracks(video: Path, folder: Path, seconds: float, loop: Callable[[Path, Path, int], None]) -> Path:
    """A video at least `seconds` long in a folder, with its tracks beside it: those of the clip, repeated."""
    from analysis.algorithms.fidelity import packing
    from analysis.algorithms.fidelity.tracks import measure_tracks
    from videoio.probe import probe

    times = ceil(seconds / probe(video).duration_s)
    target = folder / "looped.mp4"
    loop(video, target, times)
    once = measure_tracks(video)
    repeated = {name: np.concatenate([getattr(once, name)] * times) for name in COLUMNS}
    step = once.times[-1] - once.times[0] + 1 / once.fps
    clock = np.concatenate([once.times + number * step for number in range(times)])
    variants = {name: np.concatenate([values] * times) for name, values in once.variants.items()}
    long = replace(once, times=clock, variants=variants, **repeated)
    target.with_suffix(".npz").write_bytes(packing.pack(long))
    return target


def tracks_mib(video: Path) -> float:
    """What the tracks of `looped_with_tracks` take while metrics are computed from them."""
    tracks = _read(video)
    arrays = [getattr(tracks, name) for name in ("times", *COLUMNS)]
    return float(sum(each.nbytes for each in (*arrays, *tracks.variants.values())) / 2**20)


def _read(video: Path) -> "FaceTracks":
    from analysis.algorithms.fidelity import packing

    with video.with_suffix(".npz").open("rb") as file:
        return packing.unpack(file, whole_mesh=False)


def measure_metrics(video: Path, _target: Path) -> int:
    """All metrics of a video that is taken for its own rendition, without a ceiling; returns the number of frames."""
    from analysis.algorithms.fidelity.report import Pair, report

    tracks = _read(video)
    rng = np.random.default_rng(0)
    strangers = {name: rng.normal(0, 0.1, (N_STRANGERS, 128)) for name in ("descriptors", *tracks.variants)}
    pair = Pair(
        tracks, tracks, original_path=video, rendition_path=video, strangers=strangers, others=(tracks,),
        donor=strangers["descriptors"][0], states=("covered",) * tracks.n_frames,
    )  # fmt: skip
    report(pair)
    return tracks.n_frames
