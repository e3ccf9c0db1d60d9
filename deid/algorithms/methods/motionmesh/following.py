"""Following the patient's mesh through a clip: landmarks are kept, pictures are not, but for a few samples."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from deid.algorithms.methods.motionmesh.topology import N_FACE
from deid.algorithms.plan import Plan
from deid.algorithms.regions import Region
from deid.algorithms.tracks import Track, believed
from faces.hands import covers
from faces.mesh import N_POINTS
from faces.protocol import FaceBox
from videoio.ahead import ahead
from videoio.frames import RGB, Frame
from videoio.probe import Limits
from videoio.read import read_frames

WINDOW = 2.4  # side of the window the mesh is looked for in, in face sizes
WINDOW_MARGIN = 0.3  # the window is moved when the face comes nearer to its edge, in face sizes
WINDOW_RESIZED = 1.5  # and when the face grows or shrinks by this factor
WINDOW_SIDE = 512  # pixels; larger windows are scaled down
SETTLE = 3  # times a moved window is shown: a mesh needs as many pictures to settle
SAMPLES_MAX = 32
HANDS_EVERY_S = 0.25
NO_TRACK = -1  # of samples taken before tracks are known
Hand = Callable[[RGB], Sequence[NDArray[np.float64]]]
Mesh = Callable[[RGB], NDArray[np.float64] | None]


@dataclass(frozen=True, slots=True)
class Sample:
    """A picture kept for later: the part of a frame around the face, and the mesh in its pixels."""

    index: int
    track: int
    frame: Frame
    mesh: NDArray[np.float64]


@dataclass(slots=True)
class Followed:
    """The patient's face in every frame.

    `meshes` (n_frames, 478, 3) float32, NaN where none was found; `colours` (n_frames, 468, 3) uint8 Y, U, V at the
    mesh's points; `boxes` by frame; `tracks` their track numbers; `samples` evenly spaced over the clip;
    `hands` whether a hand lies before the face, of the frames that were looked at for one.
    """

    meshes: NDArray[np.float32]
    colours: NDArray[np.uint8]
    boxes: Mapping[int, FaceBox]
    tracks: Mapping[int, int]
    samples: list[Sample] = field(default_factory=list)
    hands: dict[int, bool] = field(default_factory=dict)


def main_tracks(plan: Plan, times: Sequence[float]) -> list[Track]:
    """The believed track with the largest face for the longest time, and those that may go on with the same face.

    Those never share a frame with a track already chosen; whether they are one person is for the caller to find out.
    """
    sure = [track for track in plan.tracks if believed(track, times)]
    chosen: list[Track] = []
    for track in sorted(sure, key=_weight, reverse=True):
        if all(track.last < other.first or other.last < track.first for other in chosen):
            chosen.append(track)
    return chosen


def _weight(track: Track) -> float:
    """Face size times frames; the shorter side counts, because faces cut by the picture's edge have long boxes."""
    return sum(min(box.width, box.height) * box.score for box in track.boxes.values())


class Follower:
    """Finds the mesh in frames given in order, and keeps what the method learns from."""

    def __init__(self, mesh: Mesh, hand: Hand) -> None:
        self._window, self._hand = _Window(mesh), hand
        self._stride, self._looked = 1, float("-inf")
        self._found: dict[int, tuple[NDArray[np.float32], NDArray[np.uint8]]] = {}
        self._samples: list[Sample] = []
        self._hands: dict[int, bool] = {}

    def look(self, frame: Frame, box: FaceBox, others: Sequence[FaceBox], picture: RGB | None = None) -> None:
        """Find the mesh of the face in `box`; `others` are hidden from the model. `picture` is the frame's RGB, where
        it was made already.
        """
        points = self._window.mesh(frame, box, others, picture)
        if points is None:
            return
        self._found[frame.index] = points.astype(np.float32), _colours(frame, points[:N_FACE])
        self._keep_sample(frame, points)
        if frame.time - self._looked >= HANDS_EVERY_S:
            self._looked = frame.time
            self._hands[frame.index] = any(covers(each, self._window.points) for each in self._hand(self._window.rgb))

    def followed(self, plan: Plan, tracks: Sequence[Track]) -> Followed:
        """What was found in the frames of `tracks`."""
        boxes, numbers = _by_frame(plan, tracks)
        n_frames = len(plan.frames)
        found = Followed(
            np.full((n_frames, N_POINTS, 3), np.nan, np.float32), np.zeros((n_frames, N_FACE, 3), np.uint8),
            boxes, numbers, [replace(each, track=numbers[each.index]) for each in self._samples if each.index in boxes],
            {index: seen for index, seen in self._hands.items() if index in boxes},
        )  # fmt: skip
        for index, (points, colours) in self._found.items():
            if index in boxes:
                found.meshes[index], found.colours[index] = points, colours
        return found

    def _keep_sample(self, frame: Frame, points: NDArray[np.float64]) -> None:
        """Keep every `stride`-th frame; when there are too many, drop every second and double the stride."""
        if frame.index % self._stride:
            return
        self._samples.append(_cut(frame, points))
        if len(self._samples) >= 2 * SAMPLES_MAX:
            self._stride *= 2
            self._samples = [sample for sample in self._samples if sample.index % self._stride == 0]


def follow(
    source: Path, plan: Plan, tracks: Sequence[Track], mesh: Mesh, hand: Hand, limits: Limits | None = None
) -> Followed:
    """Read the clip once and find the mesh in every frame that shows one of `tracks`.

    Parameters
    ----------
    mesh : finds the mesh in RGB around the face, given in sequence; None where there is none
    hand : finds hands there; asked four times a second
    """
    boxes, numbers = _by_frame(plan, tracks)
    follower = Follower(mesh, hand)
    for frame in ahead(read_frames(source, limits)):
        if frame.index in boxes:
            number = numbers[frame.index]
            others = [face.box for face in plan.frames[frame.index].faces if face.track != number]
            follower.look(frame, boxes[frame.index], others)
    return follower.followed(plan, tracks)


def _by_frame(plan: Plan, tracks: Sequence[Track]) -> tuple[dict[int, FaceBox], dict[int, int]]:
    chosen = {track.number for track in tracks}
    boxes, numbers = {}, {}
    for index, planned in enumerate(plan.frames):
        for face in planned.faces:
            if face.track in chosen and face.found:
                boxes[index], numbers[index] = face.box, face.track
    return boxes, numbers


class _Window:
    """The part of the picture the mesh is looked for in; it stays where it is as long as the face is well inside."""

    def __init__(self, mesh: Mesh) -> None:
        self._mesh = mesh
        self._region: Region | None = None
        self._size = 0.0  # of the face the window was made for
        self.rgb: RGB = np.zeros((2, 2, 3), np.uint8)  # what was looked at last, and the mesh in its pixels
        self.points: NDArray[np.float64] = np.zeros((N_POINTS, 3))

    def mesh(
        self, frame: Frame, box: FaceBox, others: Sequence[FaceBox], picture: RGB | None = None
    ) -> NDArray[np.float64] | None:
        """The mesh of the face in `box`, in the frame's pixels."""
        moved = not self._fits(frame, box)
        if moved:
            self._region, self._size = _window(frame, box), box.size
        region = self._region
        if region is None or region.width < 2 or region.height < 2:
            return None
        if picture is None or region.right > picture.shape[1] or region.bottom > picture.shape[0]:
            rgb = frame.crop_rgb(region.left, region.top, region.width, region.height)
        else:
            rgb = picture[region.top : region.bottom, region.left : region.right].copy()
        for other in others:
            _hide(rgb, other, box, region)
        scale = min(1.0, WINDOW_SIDE / max(region.width, region.height))
        if scale < 1:
            rgb = _smaller(rgb, scale)
        factor = (region.width / rgb.shape[1], region.height / rgb.shape[0], region.width / rgb.shape[1])
        for _ in range(SETTLE if moved else 1):
            points = self._mesh(rgb)
        if points is None:
            return None
        self.rgb, self.points = rgb, points
        placed: NDArray[np.float64] = points * factor + (region.left, region.top, 0)
        return placed

    def _fits(self, frame: Frame, box: FaceBox) -> bool:
        if self._region is None or not 1 / WINDOW_RESIZED < box.size / self._size < WINDOW_RESIZED:
            return False
        margin = WINDOW_MARGIN * box.size
        grown = FaceBox(box.x - margin, box.y - margin, box.width + 2 * margin, box.height + 2 * margin)
        return self._region.holds(grown, (frame.width, frame.height))


def _smaller(rgb: RGB, scale: float) -> RGB:
    smaller: Any = cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    result: RGB = smaller
    return result


def _window(frame: Frame, box: FaceBox) -> Region:
    """Even pixels around a face, cut at the edges of the picture."""
    (x, y), half = box.centre, WINDOW / 2 * max(box.width, box.height)
    high, wide = frame.planes[0].shape
    left, top = (max(int((at - half) // 2) * 2, 0) for at in (x, y))
    right, bottom = (min(int((at + half) // 2) * 2, limit) for at, limit in ((x, wide), (y, high)))
    return Region(left, top, max(left, right), max(top, bottom))


def _hide(rgb: RGB, other: FaceBox, own: FaceBox, region: Region) -> None:
    """Paint another face grey, as far as it does not reach into the own one's box."""
    left, top = max(int(other.x) - region.left, 0), max(int(other.y) - region.top, 0)
    right, bottom = int(other.x + other.width) - region.left, int(other.y + other.height) - region.top
    if other.overlap(own) == 0 and right > left and bottom > top:
        rgb[top:bottom, left:right] = 128


def _colours(frame: Frame, points: NDArray[np.float64]) -> NDArray[np.uint8]:
    """(n, 3) Y, U, V at points: averages over a tenth of the face, from planes scaled down."""
    left, top = np.maximum(points[:, :2].min(axis=0), 0).astype(int)
    right, bottom = np.ceil(points[:, :2].max(axis=0)).astype(int) + 1
    result = np.zeros((len(points), 3), np.uint8)
    for number, (plane, step) in enumerate(zip(frame.planes, (1, 2, 2), strict=True)):
        part = plane[top // step : bottom // step + 1, left // step : right // step + 1]
        if part.size == 0:
            continue
        small = cv2.resize(part, (40, 48), interpolation=cv2.INTER_AREA)
        at = (points[:, :2] / step - (left // step, top // step)) * (40 / part.shape[1], 48 / part.shape[0]) - 0.5
        column, row = np.clip(at.round().astype(int), 0, (39, 47)).T
        result[:, number] = small[row, column]
    return result


def _cut(frame: Frame, points: NDArray[np.float64]) -> Sample:
    box = FaceBox(*points[:, :2].min(axis=0), *np.ptp(points[:, :2], axis=0))
    region = _window(frame, FaceBox(box.x, box.y, box.width * 0.85, box.height * 0.85).shifted(
        0.075 * box.width, 0.075 * box.height))  # fmt: skip
    whole = np.s_[region.top : region.bottom, region.left : region.right]
    half = np.s_[region.top // 2 : region.bottom // 2, region.left // 2 : region.right // 2]
    luma, blue, red = frame.planes
    planes = (luma[whole].copy(), blue[half].copy(), red[half].copy())
    part = Frame(frame.index, planes, region.width, region.height, frame.pts, frame.time_base, frame.colour)
    return Sample(frame.index, NO_TRACK, part, points - (region.left, region.top, 0))
