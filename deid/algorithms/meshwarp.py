"""Warping pictures by a triangle mesh: one dense map, one remap."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import Delaunay

Points = NDArray[np.float64]
Box = tuple[int, int, int, int]  # left, top, width, height
_SHIFT = 4  # triangles are filled with 1/16 pixel precision


@dataclass(frozen=True, slots=True)
class WarpMap:
    """Where each pixel of `box` comes from: `x`, `y` (h, w) float32 for cv2.remap; `covered` (h, w) bool."""

    box: Box
    x: NDArray[np.float32]
    y: NDArray[np.float32]
    covered: NDArray[np.bool_]

    def apply(self, picture: NDArray[Any], interpolation: int = cv2.INTER_LINEAR) -> NDArray[Any]:
        """The warped picture in the box; pixels that no triangle covers are undefined."""
        return cv2.remap(picture, self.x, self.y, interpolation, borderMode=cv2.BORDER_REPLICATE)


def triangulate(points: Points) -> NDArray[np.int32]:
    """(n_triangles, 3) indices of a Delaunay triangulation of (n, 2) or (n, 3) points, by x and y."""
    triangles: NDArray[np.int32] = Delaunay(points[:, :2]).simplices.astype(np.int32)
    return triangles


def warp_map(triangles: NDArray[np.int32], source: Points, target: Points, box: Box) -> WarpMap:
    """The map that carries a picture from the source's mesh to the target's.

    Parameters
    ----------
    triangles : (n_triangles, 3) indices into both point sets
    source, target : (n, 2 or more) points in pixels of the source picture and of the target frame
    box : part of the target frame to fill
    """
    left, top, width, height = box
    numbers = np.full((height, width), -1, np.int32)
    corners = np.round((target[:, :2] - (left, top))[triangles] * (1 << _SHIFT)).astype(np.int32)
    for number, triangle in enumerate(corners):
        cv2.fillConvexPoly(numbers, triangle, [number], shift=_SHIFT)
    affine = _affine(triangles, source, target)
    covered = numbers >= 0
    each = affine[numbers[covered]]
    rows, columns = np.nonzero(covered)
    place = np.stack([columns + left, rows + top, np.ones_like(rows)], axis=1).astype(np.float32)
    x, y = (np.zeros((height, width), np.float32) for _ in range(2))
    x[covered] = np.einsum("ij,ij->i", each[:, 0], place)
    y[covered] = np.einsum("ij,ij->i", each[:, 1], place)
    return WarpMap(box, x, y, covered)


def _affine(triangles: NDArray[np.int32], source: Points, target: Points) -> NDArray[np.float32]:
    """(n_triangles, 2, 3): target pixel to source pixel, for each triangle; a flat one maps to its first corner."""
    corners = target[triangles][:, :, :2]
    ones = np.ones((*corners.shape[:2], 1))
    system = np.concatenate([corners, ones], axis=2)
    flat = np.abs(np.linalg.det(system)) < 1e-6
    system[flat] = np.eye(3)
    solved = np.linalg.solve(system, source[triangles][:, :, :2])
    solved[flat] = 0
    solved[flat, 2] = source[triangles[flat, 0], :2]
    return solved.transpose(0, 2, 1).astype(np.float32)
