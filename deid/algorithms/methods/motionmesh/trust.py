"""In which frames the mesh can be trusted; all others are masked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from deid.algorithms.methods.motionmesh.following import Followed
from deid.algorithms.methods.motionmesh.shape import turn_degrees
from faces.mesh import OVAL
from faces.protocol import FaceBox

LOST, ELSEWHERE, SMALL, TURNED, JUMP, COVERED, BRIEF = (
    "mesh lost", "mesh beside the face", "face too small", "turned away", "mesh jumps",
    "hand before the face", "too brief",
)  # fmt: skip
OFF_CENTRE = 0.45  # distance of the mesh's centre from the box's, in box sizes
SIZE_LOW, SIZE_HIGH = 0.6, 1.9  # the mesh's size in the box's
JUMP_SHARE = 0.06  # of the face's width: median distance of points from the middle of their neighbours in time
TURN_BACK = 5.0  # degrees less than the limit at which a face that had turned away is shown again
BRIDGED = 2  # frames; a mesh lost for no longer is filled in between its neighbours
BRIDGE_SHARE = 0.08  # of the face's width: how far the points may have moved over the bridge
BRIEF_S = 0.2  # shown runs shorter than this between masked ones are masked too: they would flicker


@dataclass(frozen=True, slots=True)
class Trust:
    """Meshes to use (short losses filled in), and per frame "" or why the face is masked."""

    meshes: NDArray[np.float32]
    reasons: tuple[str, ...]


def judge(followed: Followed, times: Sequence[float], *, min_face: float, max_turn: float) -> Trust:
    """Decide for every frame whether the face may be swapped.

    Parameters
    ----------
    times : (n_frames,) display times, seconds
    min_face : width of the mesh's outline in pixels under which a face is masked
    max_turn : degrees to the side from which on a face is masked
    """
    meshes = followed.meshes.copy()
    reasons = [LOST] * len(meshes)
    for index, box in followed.boxes.items():
        reasons[index] = _of_frame(meshes[index], box, min_face)
    for index in _jumps(meshes, reasons):
        reasons[index] = JUMP
    _bridge(meshes, reasons, followed)
    _behind_hands(followed.hands, reasons)
    _turned_away(meshes, reasons, max_turn)
    _no_flicker(reasons, times)
    return Trust(meshes, tuple(reasons))


def face_width(mesh: NDArray[np.floating]) -> float:
    """Width of the outline, pixels."""
    return float(np.ptp(mesh[list(OVAL), 0]))


def _of_frame(mesh: NDArray[np.float32], box: FaceBox, min_face: float) -> str:
    if np.isnan(mesh).any():
        return LOST
    low, high = mesh[:, :2].min(axis=0), mesh[:, :2].max(axis=0)
    off = np.linalg.norm((low + high) / 2 - box.centre) / box.size
    if off > OFF_CENTRE or not SIZE_LOW <= float((high - low).mean()) / box.size <= SIZE_HIGH:
        return ELSEWHERE
    return SMALL if max(high - low) < min_face else ""


def _jumps(meshes: NDArray[np.float32], reasons: Sequence[str]) -> list[int]:
    """Frames whose mesh lies far from the middle of the one before and the one after."""
    found = []
    for index in range(1, len(meshes) - 1):
        if any(reasons[index + at] for at in (-1, 0, 1)):
            continue
        middle = (meshes[index - 1, :, :2] + meshes[index + 1, :, :2]) / 2
        off = float(np.median(np.linalg.norm(meshes[index, :, :2] - middle, axis=1)))
        if off > JUMP_SHARE * float(np.ptp(meshes[index, :, 1])):
            found.append(index)
    return found


def _bridge(meshes: NDArray[np.float32], reasons: list[str], followed: Followed) -> None:
    """Fill a loss of one or two frames linearly where the face hardly moved; the detector saw it all the while."""
    index = 0
    for why, group in groupby(list(reasons)):
        first, after = index, index + len(list(group))
        index = after
        if why not in (LOST, ELSEWHERE, JUMP) or after - first > BRIDGED or first == 0 or after == len(reasons):
            continue
        one, two = meshes[first - 1], meshes[after]
        if reasons[first - 1] or reasons[after] or any(at not in followed.boxes for at in range(first, after)):
            continue
        if float(np.median(np.linalg.norm((two - one)[:, :2], axis=1))) > BRIDGE_SHARE * face_width(one):
            continue
        for at in range(first, after):
            share = (at - first + 1) / (after - first + 1)
            meshes[at], reasons[at] = (1 - share) * one + share * two, ""


def _behind_hands(hands: Mapping[int, bool], reasons: list[str]) -> None:
    """Mask from the last look without a hand to the next one without; a hand seen only once was none."""
    looks = [-1, *sorted(hands), len(reasons)]
    seen = [False, *(hands[look] for look in looks[1:-1]), False]
    for at in range(1, len(looks) - 1):
        if seen[at] and (seen[at - 1] or seen[at + 1]):
            for index in range(looks[at - 1] + 1, looks[at + 1]):
                reasons[index] = reasons[index] or COVERED


def _turned_away(meshes: NDArray[np.float32], reasons: list[str], max_turn: float) -> None:
    """Mask from `max_turn` on until the face has turned back by 5 degrees more."""
    away = False
    for index, why in enumerate(reasons):
        if why:
            continue
        turn = float(turn_degrees(meshes[index].astype(np.float64)))
        away = turn > max_turn - (TURN_BACK if away else 0)
        if away:
            reasons[index] = TURNED


def _no_flicker(reasons: list[str], times: Sequence[float]) -> None:
    """Mask shown runs that are too brief; runs at the ends of the clip and clips that short stay."""
    index = 0
    for shown, group in groupby([not why for why in reasons]):
        first, after = index, index + len(list(group))
        index = after
        if shown and first > 0 and after < len(reasons) and times[after] - times[first] < BRIEF_S:
            reasons[first:after] = [BRIEF] * (after - first)
