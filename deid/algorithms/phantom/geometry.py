"""Forward and backward: where a phantom's points go, and where each pixel of a frame comes from."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deid.algorithms.phantom.fields import BASES, LOWER_LIP, UPPER_LIP, Anatomy, FaceFrame, fields
from deid.algorithms.phantom.lids import Lids
from deid.algorithms.phantom.pixels import Values, enlarged, sampled

Array = NDArray[np.float64]

GRID = 2  # the fields are smooth: they are inverted on every second pixel
ROUNDS = 6  # fixed-point steps of the inversion; what is left is the interpolation on the grid, for 99% under 0.03 px
JAW = BASES.index("jaw")


@dataclass(frozen=True)
class FaceGeometry:
    """A mesh (478, 2) in pixels of the final picture, and all that is derived from it."""

    mesh: Array
    frame: FaceFrame
    anatomy: Anatomy
    lids: tuple[Lids, Lids]

    @classmethod
    def of(cls, mesh: Array) -> "FaceGeometry":
        frame = FaceFrame.of(mesh)
        points = frame.to_face(mesh[:, :2])
        anatomy = Anatomy.of(points)
        return cls(mesh[:, :2], frame, anatomy, (Lids.of(points, anatomy, 0), Lids.of(points, anatomy, 1)))

    def points(self, coefficients: Array, closure: Array) -> Array:
        """The mesh in every frame.

        Parameters
        ----------
        coefficients : (n, n_bases)
        closure : (n, 2)

        Returns
        -------
        (n, 478, 2) pixels
        """
        rest = self.frame.to_face(self.mesh)
        lower = self._lower(rest)
        still = self.frame.vectors(fields(self.anatomy, rest, lower))
        placed: Array = self.mesh + np.tensordot(coefficients, still, axes=1)
        for number in np.flatnonzero(closure.max(axis=1) > 0):
            moved = rest
            for lids, shut in zip(self.lids, closure[number], strict=True):
                moved = lids.forward(moved, float(shut))
            at = np.flatnonzero(np.any(moved != rest, axis=1))
            bent = self.frame.vectors(fields(self.anatomy, moved[at], lower[at]))
            placed[number, at] = self.frame.to_picture(moved[at]) + np.tensordot(coefficients[number], bent, axes=1)
        return placed

    def _lower(self, points: Array) -> NDArray[np.bool_]:
        """(478,) which points go with the lower lip."""
        lower = self.anatomy.below(points) > 0
        lower[list(LOWER_LIP)] = True
        lower[list(UPPER_LIP)] = False
        found: NDArray[np.bool_] = lower
        return found


class Inverter:
    """Finds, for the pixels of a frame, where they lie in the still picture; for both sides of the lips' line."""

    def __init__(self, face: FaceGeometry, size: int) -> None:
        axis = np.arange(0, size, GRID) + (GRID - 1) / 2
        x, y = np.meshgrid(axis, axis)
        self._grid = np.stack([x, y], axis=-1).astype(np.float32)
        at = face.frame.to_face(self._grid.astype(np.float64))
        upper = fields(face.anatomy, at, False)
        self._fields = face.frame.vectors(upper).astype(np.float32)
        lower_jaw = fields(face.anatomy, at, True)[JAW]
        self._cut = face.frame.vectors(lower_jaw - upper[JAW]).astype(np.float32)

    def displacement(self, coefficients: Array) -> Values:
        """(rows, columns, 2) pixels on the grid, as above the lips' line."""
        moved: Values = np.tensordot(coefficients.astype(np.float32), self._fields, axes=1)
        return moved

    def upper(self, displacement: Values) -> Values:
        """(size, size, 2) x and y in the still picture, as above the lips' line."""
        return self._inverse(displacement, 0, self._grid.shape[0], 0, self._grid.shape[1])

    def lower(self, displacement: Values, jaw: float, box: tuple[slice, slice]) -> Values:
        """The same for the pixels of a box (rows, columns), as below the line."""
        rows, columns = box
        edges = []
        for side, n_grid in zip((rows, columns), self._grid.shape, strict=False):  # one grid line more on each side
            edges += [max(0, side.start // GRID - 1), min(n_grid, -(-side.stop // GRID) + 1)]
        found = self._inverse(displacement + np.float32(jaw) * self._cut, *edges)
        top, left = rows.start - GRID * edges[0], columns.start - GRID * edges[2]
        return found[top : top + rows.stop - rows.start, left : left + columns.stop - columns.start]

    def _inverse(self, moved: Values, top: int, bottom: int, left: int, right: int) -> Values:
        """Solve p = q - moved(p) on a part of the grid by iteration; every pixel of that part, (rows, columns, 2)."""
        grid = self._grid[top:bottom, left:right]
        back = -moved[top:bottom, left:right]
        for _ in range(ROUNDS):
            back = -sampled(moved, (grid + back - (GRID - 1) / 2) / GRID)
        whole: Values = enlarged(back, GRID)
        whole[..., 0] += np.arange(GRID * left, GRID * right, dtype=np.float32)
        whole[..., 1] += np.arange(GRID * top, GRID * bottom, dtype=np.float32)[:, None]
        return whole
