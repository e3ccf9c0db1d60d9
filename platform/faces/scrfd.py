"""SCRFD: a face detector that gives five points with each face. Its weights lie in the model store."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from faces.protocol import FaceBox, joined
from modelstore.errors import BadWeights
from modelstore.loading import onnx_version, open_onnx
from modelstore.store import Store

WEIGHTS = "det_10g"
SIDES = (640, 128)  # longer sides at which a picture is looked at: large close-up faces are missed at one scale alone
STRIDES, ANCHORS, STEP = (8, 16, 32), 2, 32  # pixels a cell, boxes a cell; pictures are filled up to whole cells
MIDDLE, SPREAD = 127.5, 128.0
CONFIDENCE, SAME_IOU = 0.5, 0.4  # the makers' own

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """A face: its box, and (5, 2) eyes, tip of the nose and corners of the mouth, the subject's right ones first."""

    box: FaceBox
    points: Floats


class ScrfdDetector:
    """Finds faces at two scales by a network with nine outputs: scores, boxes and points at three strides.

    Boxes begin at the hairline, higher than those of other detectors: what is grown from them covers more.

    References
    ----------
    Guo et al. 2021, "Sample and Computation Redistribution for Efficient Face Detection".
    """

    name = "scrfd"

    def __init__(self, store: Store, confidence: float = CONFIDENCE) -> None:
        """Load the network.

        Raises
        ------
        BadWeights : its weights are missing, not what the manifest means, or another network's
        """
        rows = [(None, width) for width in (1, 4, 10) for _ in STRIDES]
        self._network = open_onnx(store, WEIGHTS, [(None, 3, None, None)], rows)
        self._input = self._network.get_inputs()[0].name
        self._confidence = confidence
        self.version = f"{onnx_version(store, WEIGHTS)} confidence={confidence:g}"

    def detect(self, rgb: NDArray[np.uint8]) -> list[FaceBox]:
        """Faces of an (h, w, 3) uint8 RGB picture in its pixels, by falling score."""
        return [face.box for face in self.faces(rgb)]

    def faces(self, rgb: NDArray[np.uint8], sides: Sequence[int] = SIDES) -> list[Found]:
        """The same with their points; each of `sides` is a scale to look at."""
        found = [face for side in sides for face in self._at(rgb, side)]
        kept = {id(box) for box in joined((face.box for face in found), SAME_IOU)}
        return sorted((face for face in found if id(face.box) in kept), key=lambda face: -face.box.score)

    def close(self) -> None:
        """Nothing is held that has to be freed."""

    def _at(self, rgb: NDArray[np.uint8], side: int) -> list[Found]:
        scale = side / max(rgb.shape[:2])
        picture = _fitted(rgb, scale)
        outputs = self._network.run(None, {self._input: picture})
        return [
            Found(face.box.scaled(1 / scale), face.points / scale)
            for face in decoded(outputs, picture.shape[2:], self._confidence)
        ]


def _fitted(rgb: NDArray[np.uint8], scale: float) -> NDArray[np.float32]:
    """(1, 3, h, w) levels, scaled, with black at the right and below up to whole cells."""
    height, width = (max(round(length * scale), 1) for length in rgb.shape[:2])
    small = cv2.resize(np.ascontiguousarray(rgb), (width, height), interpolation=cv2.INTER_LINEAR)
    whole = np.zeros((-(-height // STEP) * STEP, -(-width // STEP) * STEP, 3), np.float32)
    whole[:height, :width] = small
    levels: NDArray[np.float32] = ((whole - MIDDLE) / SPREAD).transpose(2, 0, 1)[None].astype(np.float32)
    return np.ascontiguousarray(levels)


def decoded(outputs: Sequence[NDArray[np.float32]], size: tuple[int, ...], confidence: float) -> list[Found]:
    """Faces of a picture of `size` = (height, width), before those of one face are joined.

    Parameters
    ----------
    outputs : for each stride (n, 1) scores; then (n, 4) distances of left, top, right and bottom edge from the cell's
        corner; then (n, 10) offsets of five points; both in cells, with two boxes a cell

    Raises
    ------
    BadWeights : there are not as many rows as cells
    """
    found = []
    for level, stride in enumerate(STRIDES):
        rows, columns = size[0] // stride, size[1] // stride
        y, x = np.mgrid[:rows, :columns] * float(stride)
        corners = np.stack([x, y], axis=-1).reshape(-1, 2).repeat(ANCHORS, axis=0)
        scores, edges, offsets = (outputs[level + len(STRIDES) * kind] for kind in range(3))
        if not len(scores) == len(edges) == len(offsets) == len(corners):
            raise BadWeights(f"{WEIGHTS} gives {len(scores)} boxes at stride {stride}, expected {len(corners)}.")
        for at in np.flatnonzero(scores[:, 0] >= confidence):
            box = _box(corners[at], edges[at] * stride, float(scores[at, 0]))
            if box is not None:
                found.append(Found(box, corners[at] + offsets[at].reshape(5, 2).astype(np.float64) * stride))
    return found


def _box(corner: Floats, edges: NDArray[np.float32], score: float) -> FaceBox | None:
    left, top = corner - edges[:2]
    right, bottom = corner + edges[2:]
    if not np.isfinite([left, top, right, bottom]).all() or right <= left or bottom <= top:
        return None
    return FaceBox(float(left), float(top), float(right - left), float(bottom - top), min(score, 1.0))


def shifted(face: Found, x: float, y: float) -> Found:
    """The face moved by (x, y) pixels."""
    return replace(face, box=face.box.shifted(x, y), points=face.points + np.array((x, y)))
