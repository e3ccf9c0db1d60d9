"""Aligned crops of a frame: cutting one out, and putting it back with a soft edge, in its box only."""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from deid.algorithms.donors import Donor
from deid.algorithms.painting import blend, patches
from deid.algorithms.regions import Region
from faces.alignment import aligning
from faces.arcface import cut
from faces.mesh import five_points_of
from videoio.frames import RGB, Frame, from_rgb

EDGE = 2  # pixels around the crop, so that its edge is seen as one
Matrix = NDArray[np.float64]


def cut_out(frame: Frame, matrix: Matrix, side: int) -> RGB:
    """(side, side, 3) what a (2, 3) matrix brings into the crop; black where the picture ends."""
    region = _box(frame, np.asarray(cv2.invertAffineTransform(matrix), dtype=np.float64), side)
    if region is None:
        return np.zeros((side, side, 3), np.uint8)
    rgb = frame.crop_rgb(region.left, region.top, region.width, region.height)
    moved = np.column_stack([matrix[:, :2], matrix[:, 2] + matrix[:, :2] @ (region.left, region.top)])
    shrink = 2 * float(np.hypot(*matrix[:, 0]))
    if shrink < 1:  # bilinear lookups alone would skip pixels, and the crop would flicker
        wide, high = (max(round(length * shrink), 1) for length in (region.width, region.height))
        factor = np.array((region.width / wide, region.height / high))
        rgb = np.asarray(cv2.resize(rgb, (wide, high), interpolation=cv2.INTER_AREA), dtype=np.uint8)
        moved = np.column_stack([moved[:, :2] * factor, moved[:, 2] + moved[:, :2] @ (factor / 2 - 0.5)])
    return cut(rgb, moved, side)


def paste(frame: Frame, face: RGB, matrix: Matrix) -> None:
    """Blend a crop into the frame's planes; samples outside its box stay as they are.

    Parameters
    ----------
    face : (side, side, 3) what the crop is to show
    matrix : (2, 3) brings points of the frame to points of the crop

    References
    ----------
    insightface's inswapper: the white square of the crop is eroded by a tenth of its size and blurred over a tenth.
    """
    back = np.asarray(cv2.invertAffineTransform(matrix), dtype=np.float64)
    region = _box(frame, back, face.shape[0])
    if region is None:
        return
    back[:, 2] -= region.left, region.top
    size = (region.width, region.height)
    over = cv2.warpAffine(face, back, size, flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    share = soft_square(face.shape[0], back, size)
    half = cv2.resize(share, (size[0] // 2, size[1] // 2), interpolation=cv2.INTER_AREA)
    planes = from_rgb(over.astype(np.uint8, copy=False), frame.colour)
    for target, plane, mask in zip(patches(frame, region), planes, (share, half, half), strict=True):
        blend(target, target, plane.astype(np.float32), mask)


def portrait(donor: Donor, side: int) -> RGB:
    """(side, side, 3) the donor's aligned face."""
    return cut(donor.picture, aligning(five_points_of(donor.mesh), side), side)


def soft_square(side: int, back: Matrix, size: tuple[int, int]) -> NDArray[Any]:
    """(h, w) float32, 1 inside the crop's square and 0 at its edge and beyond, in a box of `size` = (width, height)."""
    white = cv2.warpAffine(np.full((side, side), 255, np.uint8), back, size, flags=cv2.INTER_LINEAR)
    white = np.where(white > 20, np.uint8(255), np.uint8(0))
    rows, columns = np.flatnonzero(white.any(axis=1)), np.flatnonzero(white.any(axis=0))
    if rows.size == 0:
        return np.zeros(white.shape, np.float32)
    extent = int(np.sqrt(float(np.ptp(rows)) * float(np.ptp(columns))))
    kernel, reach = max(extent // 10, 10), 2 * max(extent // 20, 5) + 1
    eroded = cv2.erode(white, np.ones((kernel, kernel), np.uint8))
    return cv2.GaussianBlur(eroded, (reach, reach), 0).astype(np.float32) / 255


def _box(frame: Frame, back: Matrix, side: int) -> Region | None:
    """Even pixels around the crop's square in the frame; None where it lies outside."""
    corners = np.array([(0, 0, 1), (side, 0, 1), (side, side, 1), (0, side, 1)]) @ back.T
    high, wide = frame.planes[0].shape
    left, top = (max(int((at - EDGE) // 2) * 2, 0) for at in corners.min(axis=0))
    right, bottom = (
        min(int((at + EDGE) // 2 + 1) * 2, limit) for at, limit in zip(corners.max(axis=0), (wide, high), strict=True)
    )
    return Region(left, top, right, bottom) if right > left and bottom > top else None
