"""Warping pictures by a triangle mesh: triangles are rasterised once, each source then costs one dense map."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.spatial import Delaunay

Points = NDArray[np.float64]
Box = tuple[int, int, int, int]  # left, top, width, height
Maps = tuple[NDArray[np.float32], NDArray[np.float32]]
_OVER = 1e-6  # samples by which triangles are larger than they are, so that rounding leaves no gap between two
_FLAT = 0.2  # twice the area of a triangle, square pixels, under which it counts as flat: its map would run wild


@dataclass(frozen=True, slots=True)
class WarpMap:
    """Where each pixel of `box` comes from: `x`, `y` (h, w) float32 for cv2.remap; `covered` (h, w) bool."""

    box: Box
    x: NDArray[np.float32]
    y: NDArray[np.float32]
    covered: NDArray[np.bool_]

    def apply(self, picture: NDArray[Any], interpolation: int = cv2.INTER_LINEAR) -> NDArray[np.generic]:
        """The warped picture in the box; pixels that no triangle covers are undefined."""
        warped: NDArray[np.generic] = cv2.remap(picture, self.x, self.y, interpolation, borderMode=cv2.BORDER_REPLICATE)
        return warped


class Raster:
    """Which triangle each sample of a box belongs to, for maps from any number of sources.

    Parameters
    ----------
    triangles : (n_triangles, 3) indices of points; later ones lie on top
    target : (n, 2 or more) points in pixels of the target frame
    box : part of the target frame to fill
    step : pixels between samples; sample (i, j) lies at the centre of its step x step pixels, so that with step 2 it is
        a sample of 4:2:0 chroma
    """

    def __init__(self, triangles: NDArray[np.int32], target: Points, box: Box, step: int = 1) -> None:
        self._triangles, self._target, self._box, self._step = triangles, target, box, step
        left, top, width, height = box
        first = np.array((left, top)) + (step - 1) / 2  # where the first sample lies
        placed = (target[:, :2] - first) / step
        numbers = fill(placed[triangles], (-(-width // step), -(-height // step)))
        self.covered: NDArray[np.bool_] = numbers < len(triangles)
        self._numbers = numbers
        rows, columns = numbers.shape
        self._x = (first[0] + step * np.arange(columns)).astype(np.float32)[None, :]
        self._y = (first[1] + step * np.arange(rows)).astype(np.float32)[:, None]
        self._inverse = _inverse(target[:, :2][triangles])

    def samples(self, source: Points, outside: tuple[float, float] | None = None) -> Maps:
        """(h, w) x and y in the source of every sample.

        Parameters
        ----------
        source : (n, 2 or more) points in pixels of the source picture
        outside : what samples that no triangle covers get; None leaves them where they are
        """
        x, y = self._between(source[:, :2], outside)
        return x, y

    def values(self, points: NDArray[np.float64], outside: float = 0.0) -> NDArray[np.float32]:
        """(h, w) what (n,) values of the points are between them."""
        return self._between(points[:, None], (outside,))[0]

    def _between(self, points: NDArray[np.float64], outside: tuple[float, ...] | None) -> list[NDArray[np.float32]]:
        """(h, w) for each of the k columns of (n, k) points, at most two where `outside` is None."""
        corners = points[self._triangles]
        # (n_triangles, 2, k) change per target pixel, along x and y
        slope = self._inverse.transpose(0, 2, 1) @ (corners[:, 1:] - corners[:, :1])
        first = self._target[:, :2][self._triangles[:, 0]]
        constant = corners[:, 0] - (first[:, :1] * slope[:, 0] + first[:, 1:] * slope[:, 1])
        table = np.stack([slope[:, 0], slope[:, 1], constant]).astype(np.float32)
        found = []
        for column in range(points.shape[1]):
            last = (column == 0, column == 1, 0.0) if outside is None else (0.0, 0.0, outside[column])
            found.append(self._affine(np.column_stack([table[:, :, column], last]).astype(np.float32)))
        return found

    def _affine(self, table: NDArray[np.float32]) -> NDArray[np.float32]:
        """(h, w) by each sample's column of slope along x, slope along y and constant."""
        # No index lies outside the table; with "clip" numpy does not look for one, which takes a third of the time.
        along_x, along_y, constant = (row.take(self._numbers, mode="clip") for row in table)
        along_x *= self._x
        along_y *= self._y
        along_x += along_y
        along_x += constant
        held: NDArray[np.float32] = along_x
        return held

    def map(self, source: Points) -> WarpMap:
        """The map of every pixel from a source's mesh; `step` must be 1."""
        if self._step != 1:
            raise ValueError(f"maps of all pixels need a raster of step 1, was {self._step}: use `samples`")
        x, y = self.samples(source, outside=(0.0, 0.0))
        return WarpMap(self._box, x, y, self.covered)


def fill(corners: NDArray[np.float64], size: tuple[int, int]) -> NDArray[np.intp]:
    """(height, width) number of the last triangle over each sample; the number of triangles where there is none.

    All triangles are cut into rows at once, and the rows into samples: a call of a drawing function for each of the
    thousand triangles of a face takes three times as long.

    Parameters
    ----------
    corners : (n_triangles, 3, 2) x and y of corners, in samples; the first sample lies at (0, 0)
    size : width and height, samples
    """
    width, height = size
    numbers = np.full(width * height, len(corners), np.intp)
    triangle, row = _rows(corners, height)
    left, right = _span(corners[triangle], row)
    first = np.clip(np.ceil(left - _OVER), 0, width).astype(np.intp)
    length = np.maximum(np.clip(np.floor(right + _OVER) + 1, 0, width).astype(np.intp) - first, 0)
    # Later triangles come later here, and where an index comes twice, numpy keeps what comes last.
    numbers[_counted(row * width + first, length)] = triangle.repeat(length)
    return numbers.reshape(height, width)


def _rows(corners: NDArray[np.float64], height: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Each triangle's number once for every row of samples it crosses, and those rows."""
    low, high = corners[:, :, 1].min(axis=1), corners[:, :, 1].max(axis=1)
    top = np.clip(np.ceil(low - _OVER), 0, height).astype(np.intp)
    count = np.maximum(np.clip(np.floor(high + _OVER) + 1, 0, height).astype(np.intp) - top, 0)
    return np.arange(len(corners)).repeat(count), _counted(top, count)


def _span(corners: NDArray[np.float64], row: NDArray[np.intp]) -> tuple[Points, Points]:
    """Left and right end of each row's cut through its triangle."""
    left, right = np.full(len(row), np.inf), np.full(len(row), -np.inf)
    for one, two in ((0, 1), (1, 2), (2, 0)):
        (x, y), (to_x, to_y) = corners[:, one].T, corners[:, two].T
        rise = to_y - y
        share = np.clip((row - y) / np.where(rise == 0, 1.0, rise), 0, 1)
        # An edge that the row misses gives one of its ends, which only counts as far as the row just misses it.
        at = x + share * (to_x - x)
        missed = np.abs(y + share * rise - row) > _OVER
        left = np.minimum(left, np.where(missed, np.inf, at))
        right = np.maximum(right, np.where(missed, -np.inf, at))
    return left, right


def _counted(start: NDArray[np.intp], length: NDArray[np.intp]) -> NDArray[np.intp]:
    """start[0], start[0] + 1, ... `length[0]` of them, then those of the next."""
    before = length.cumsum() - length
    return np.arange(int(length.sum()), dtype=np.intp) + np.repeat(start - before, length)


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
    return Raster(triangles, target, box).map(source)


def _inverse(corners: Points) -> Points:
    """(n, 2, 2) inverses of the edge vectors of (n, 3, 2) triangles, zero for flat ones: they map to one point."""
    one, two = corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    area = one[:, 0] * two[:, 1] - one[:, 1] * two[:, 0]
    flat = np.abs(area) < _FLAT
    scale = np.where(flat, 0.0, 1 / np.where(flat, 1.0, area))
    # Rows: barycentric coordinates of corners 1 and 2 per target pixel along x and y.
    inverse = np.stack([np.stack([two[:, 1], -two[:, 0]], 1), np.stack([-one[:, 1], one[:, 0]], 1)], 1)
    result: Points = inverse * scale[:, None, None]
    return result
