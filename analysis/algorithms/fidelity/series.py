"""What the figures of one rendition draw, frame by frame: courses of both versions, spectrograms, distances, the plane.

They are biometric data and are kept like the video. Each version has its own times: two that do not have equally many
frames are still drawn, though nothing can be computed of them.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.algorithms.fidelity import body, coordinates, identity, tremor
from analysis.algorithms.fidelity.align import crops
from analysis.algorithms.fidelity.blinks import find_blinks, mean_ear
from analysis.algorithms.fidelity.errors import Unavailable
from analysis.algorithms.fidelity.face_metrics import described, of_frames
from analysis.algorithms.fidelity.headframe import LOWER_LIP
from analysis.algorithms.fidelity.pair import Pair
from analysis.algorithms.fidelity.report import value_of
from analysis.algorithms.fidelity.series_format import VERSION, Series
from analysis.algorithms.fidelity.tracks import FaceTracks, Rates, openpose18

Floats = NDArray[np.float64]

DIGITS = 4
HIGHEST_HZ = 12.0  # of spectrograms; tremor lies at 4-6 Hz


def series(pair: Pair) -> Series:
    """Plain values for JSON by name; {"unavailable": reason} where there is nothing to draw, null in gaps."""
    makers: Mapping[str, Callable[[], Any]] = {
        "lids": partial(_of_both, pair, _lids),
        "lip": partial(_of_both, pair, _lip),
        "tremor": partial(_of_both, pair, _spectrogram),
        "body": partial(_body, pair),
        "identity": partial(_identity, pair),
        "pca": partial(_plane, pair, "pca"),
        "tsne": partial(_plane, pair, "tsne"),
        "roc": partial(_roc, pair),
    }
    found: Series = {"version": VERSION} | {name: _without_nan(value_of(make)) for name, make in makers.items()}
    return found


def _of_both(pair: Pair, make: Callable[[FaceTracks], Any]) -> dict[str, Any]:
    """By side; what one side lacks is told there, and the other is drawn."""
    sides = {"original": pair.original, "rendition": pair.rendition}
    return {name: value_of(partial(make, tracks)) for name, tracks in sides.items()}


def _lids(tracks: FaceTracks) -> dict[str, Any]:
    """Eye aspect ratio, and the blinks in it at the personal threshold."""
    ratio = mean_ear(tracks.ear)
    found = find_blinks(ratio, tracks.times)
    return {
        "times": _rounded(tracks.times), "values": _rounded(ratio), "threshold": round(found.threshold, DIGITS),
        "blinks": _rounded(np.stack([found.start, found.end], axis=1)),
    }  # fmt: skip


def _lip(tracks: FaceTracks) -> dict[str, Any]:
    """Height of the lower lip in aligned crops about its median, pixels; larger is lower."""
    height = crops(tracks.points).only(LOWER_LIP)[:, 0, 1]
    if not np.isfinite(height).any():
        raise Unavailable(f"no face: landmarks were found in none of {tracks.n_frames} frames.")
    return {"times": _rounded(tracks.times), "values": _rounded(height - np.nanmedian(height))}


def _spectrogram(tracks: FaceTracks) -> dict[str, Any]:
    """Of the lower lip in the head's frame, decibels over 1 pixel^2/Hz."""
    track = tremor.tremor_tracks(tracks.points).lip_in_head
    rates, times, power = tremor.fine_spectrogram(track, tracks.times)
    kept = rates <= HIGHEST_HZ
    return {
        "times": _rounded(times), "rates": _rounded(rates[kept]),
        "power": np.round(10 * np.log10(np.maximum(power[kept], 1e-9)), 1),
    }  # fmt: skip


def _body(pair: Pair) -> dict[str, Any]:
    found = body.body_fidelity(
        openpose18(pair.original.pose), openpose18(pair.rendition.pose), body.OPENPOSE_SIGMAS
    ).frame_oks
    looked = np.isfinite(found)
    return {"times": _rounded(pair.original.times[looked]), "values": _rounded(found[looked])}


def _identity(pair: Pair) -> dict[str, Any]:
    """Distance of each described frame to the same frame of the original, and to the donor."""
    of_frames(pair)  # says why where the two cannot be compared
    one, two = (each.descriptors.astype(np.float64) for each in (pair.original, pair.rendition))
    times = pair.rendition.times[:: Rates().descriptors]
    found = {"times": _rounded(times), "to_original": _rounded(identity.paired(one, two))}
    if pair.donor is not None:
        found["to_donor"] = _rounded(identity.paired(two, np.broadcast_to(pair.donor, two.shape)))
    return found


def _plane(pair: Pair, kind: Any) -> dict[str, Any]:
    """Where the descriptors lie, by whose they are."""
    rows, groups = described(pair.original, pair.rendition)
    parts = {"original": rows[groups == 0], "rendition": rows[groups == 1]}
    if "descriptors" in pair.strangers:
        parts["strangers"] = pair.strangers["descriptors"]
    if pair.donor is not None:
        parts["donor"] = pair.donor[None]
    placed = coordinates.plane(np.concatenate(list(parts.values())), kind)
    ends = np.cumsum([len(each) for each in parts.values()])[:-1]
    return {name: _rounded(each) for name, each in zip(parts, np.split(placed, ends), strict=True)}


def _roc(pair: Pair) -> dict[str, Any]:
    if "descriptors" not in pair.strangers:
        raise Unavailable("no strangers: name a folder of portraits of other people.")
    frames = identity.known(pair.rendition.descriptors, "rendition")
    impostor = identity.distances(frames, pair.strangers["descriptors"]).ravel()
    found = identity.thinned(identity.verification(of_frames(pair), impostor))
    return {
        "auc": found.auc, "false_accept": _rounded(found.false_accept), "true_accept": _rounded(found.true_accept),
        "n_strangers": len(pair.strangers["descriptors"]),
    }  # fmt: skip


def _rounded(values: Floats) -> Floats:
    return np.asarray(values, np.float64).round(DIGITS)


def _without_nan(value: Any) -> Any:
    """Gaps in courses are gaps, no reasons: `plain` has put one for each."""
    if isinstance(value, list):
        return [None if isinstance(each, dict) else _without_nan(each) for each in value]
    if isinstance(value, dict):
        return {name: _without_nan(each) for name, each in value.items()}
    return value
