"""Portraits in the common frame: every face carried onto the mean shape, its forehead freed of hair."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deid.algorithms import meshwarp
from deid.algorithms.facemodel import layout, outline
from deid.algorithms.facemodel.layout import SIZE, Points
from deid.algorithms.facemodel.opencv import cv2
from deid.algorithms.facemodel.portrait import Image, backdrop_of

BOX = (0, 0, SIZE, SIZE)


@dataclass(frozen=True, slots=True)
class Placed:
    """A portrait in the common frame, not warped yet. `shape` (468 + N_OUTLINE, 2) mesh and outline; `transform` (2, 3)
    from the portrait's pixels; `body` (SIZE, SIZE) the person before the backdrop."""

    rgb: Image
    body: NDArray[np.bool_]
    transform: NDArray[np.float64]
    shape: Points


def place(rgb: Image, mesh: Points, mean: Points) -> Placed:
    """Bring a portrait into the common frame by a similarity and find the head's outline there."""
    flat = mesh[: layout.N_MESH, :2]
    transform = layout.similarity(flat, mean)
    shape = layout.moved(flat, transform)
    whole, ratio = backdrop_of(rgb)
    person = cv2.warpAffine(whole, transform, (SIZE, SIZE), flags=cv2.INTER_AREA, borderMode=cv2.BORDER_REPLICATE)
    body = outline.solid(person, float(shape[layout.CHIN, 1] + 0.2 * layout.FACE_WIDTH * SIZE))
    points = outline.outline_points(body, shape)
    # The backdrop shows through loose hair as well.
    through = (person < 0.4) & body & ~_face_zone(shape)
    through = cv2.morphologyEx(through.astype(np.uint8), cv2.MORPH_OPEN, np.ones((3, 3), np.uint8)) > 0
    toned = _before_backdrop(rgb, ratio, body & ~through, transform)
    return Placed(toned, body, transform, np.vstack([shape, points]))


def _face_zone(shape: Points) -> NDArray[np.bool_]:
    """(SIZE, SIZE) the face and a little around it."""
    mask = np.zeros((SIZE, SIZE), np.uint8)
    cv2.fillPoly(mask, [np.round(layout.oval(shape)).astype(np.int32)], 1)
    zone: NDArray[np.bool_] = cv2.dilate(mask, np.ones((9, 9), np.uint8)) > 0
    return zone


def _before_backdrop(
    rgb: Image, ratio: NDArray[np.float32], body: NDArray[np.bool_], transform: NDArray[np.float64]
) -> Image:
    """The portrait with our backdrop around the body. Strands of hair, and what else lies beyond the body's edge, stay
    as they are before it: cutting them out would leave a fringe."""
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    soft = cv2.GaussianBlur(body.astype(np.float32), (0, 0), 2)
    # White clothes may pass for the backdrop: down there it keeps its own shade, so that no seam runs through them.
    start = layout.EYES_AT * SIZE + 0.3 * layout.FACE_WIDTH * SIZE
    own = np.clip((np.arange(SIZE) - start) / (0.9 * layout.FACE_WIDTH * SIZE), 0, 1).astype(np.float32)
    soft = np.maximum(soft, own[:, None])
    size = (rgb.shape[1], rgb.shape[0])
    inside = cv2.warpAffine(soft, transform, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    toned = rgb * (1 + (ratio - 1) * (1 - inside[..., None]))
    return np.clip(toned, 0, 255).astype(np.uint8)


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
