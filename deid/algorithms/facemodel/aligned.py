"""Portraits in the common frame: every face carried onto the mean shape, its forehead freed of hair."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deid.algorithms import meshwarp
from deid.algorithms.facemodel import layout, outline
from deid.algorithms.facemodel.layout import SIZE, Points
from deid.algorithms.facemodel.opencv import cv2
from deid.algorithms.facemodel.portrait import Image, before_backdrop

BOX = (0, 0, SIZE, SIZE)


@dataclass(frozen=True, slots=True)
class Placed:
    """A portrait in the common frame, not warped yet. `shape` (468 + N_OUTLINE, 2) mesh and outline; `transform` (2, 3)
    from the portrait's pixels; `body` (SIZE, SIZE) the person before the backdrop; `untidy` see outline.untidiness."""

    rgb: Image
    body: NDArray[np.bool_]
    transform: NDArray[np.float64]
    shape: Points
    untidy: float


def place(rgb: Image, mesh: Points, mean: Points) -> Placed:
    """Bring a portrait into the common frame by a similarity and find the head's outline there."""
    flat = mesh[: layout.N_MESH, :2]
    transform = layout.similarity(flat, mean)
    shape = layout.moved(flat, transform)
    rgb, whole = before_backdrop(rgb)
    person = cv2.warpAffine(whole, transform, (SIZE, SIZE), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)
    body = outline.solid(person, float(shape[layout.CHIN, 1] + 0.2 * layout.FACE_WIDTH * SIZE))
    points = outline.outline_points(body, shape)
    untidy = outline.untidiness(person, body, shape) + outline.shoulders_lost(points)
    return Placed(rgb, body, transform, np.vstack([shape, points]), untidy)


def with_border(shape: Points) -> Points:
    """A shape and the fixed points of the frame's edge."""
    return np.vstack([shape, layout.border()])


def to_mean(placed: Placed, mean: Points, triangles: NDArray[np.int32]) -> tuple[Image, Image]:
    """(SIZE, SIZE, 3) the portrait with its points on the mean's, resampled once, from its own pixels; and its body,
    (SIZE, SIZE) 0-255."""
    inverse = cv2.invertAffineTransform(placed.transform)
    source = layout.moved(with_border(placed.shape), inverse)
    reduction = float(np.hypot(*placed.transform[:, 0]))
    rgb = placed.rgb
    if reduction < 0.8:  # a plain remap would alias
        rgb = cv2.GaussianBlur(rgb, (0, 0), 0.35 / reduction)
    warp = meshwarp.warp_map(triangles, source, with_border(mean), BOX)
    picture: Image = warp.apply(rgb, cv2.INTER_LINEAR).astype(np.uint8)
    inside = meshwarp.warp_map(triangles, with_border(placed.shape), with_border(mean), BOX)
    body: Image = inside.apply(placed.body.astype(np.uint8) * 255).astype(np.uint8)
    return picture, body
