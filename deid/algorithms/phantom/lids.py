"""Eyelids that close over an unmoved eyeball: the skin under the brow unrolls, the lash line travels as it is."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

from deid.algorithms.phantom.fields import Anatomy
from faces.mesh import LEFT_EYE, RIGHT_EYE

Array = NDArray[np.float64]

MEETING = 0.85  # the lids meet this far down the open eye: the upper one does most of the way
LASHES = 0.012  # face heights above the lid's edge that travel as they are
LOWER_REACH = 0.06  # face heights under the lower lid that follow it
UPPER_EDGE, LOWER_EDGE = 0.004, 0.008  # face heights from the edges of open lids: no eyeball in the still from there
BARE = 0.6, 0.25, 0.8  # shares of the reach: where bare skin is taken from, up to where and until where it is used
_EYES = {0: (RIGHT_EYE, (33, 133)), 1: (LEFT_EYE, (362, 263))}  # corners from left to right in the picture


@dataclass(frozen=True, slots=True)
class Closing:
    """Lids seen at n points: where upper and lower skin came from (n, 2), face coordinates; and how far the point is
    under the upper lid's edge and over the lower one's, (n,) face heights, negative on the lids.

    The upper lid's skin is rolled in while the eye is open. `bare` (n, 2) is where skin like it can be seen, and
    `rolled` (n,) 0-1 says how much of what is seen was rolled in.
    """

    upper: Array
    lower: Array
    bare: Array
    rolled: Array
    under_upper: Array
    over_lower: Array


@dataclass(frozen=True)
class Lids:
    """The lids of one eye. `origin` middle of its corners, `axis` along them, `half` half its width, face heights.

    In the eye's own coordinates s runs from -1 to 1 between the corners and t down, in face heights. `upper`, `lower`
    hold the edges of the open lids at the points `s_upper`, `s_lower`; `reach` is the height of skin that unrolls.
    """

    origin: Array
    axis: Array
    half: float
    s_upper: Array
    upper: Array
    s_lower: Array
    lower: Array
    reach: float

    @classmethod
    def of(cls, points: Array, anatomy: Anatomy, side: int) -> "Lids":
        """From the (478, 2) mesh in face coordinates; side 0 is the subject's right."""
        outline, (first, last) = _EYES[side]
        start, end = points[first], points[last]
        half = float(np.linalg.norm(end - start) / 2)
        origin, axis = (start + end) / 2, (end - start) / (2 * half)
        turned = [_own(points[list(part)], origin, axis, half) for part in (outline[8:] + outline[:1], outline[:9])]
        edges = [part[np.argsort(part[:, 0])] for part in turned]
        brow = _own(anatomy.brows[side], origin, axis, half)[1]
        reach = 0.75 * float(edges[0][:, 1].min() - brow)
        (s_upper, upper), (s_lower, lower) = (part.T for part in edges)
        return cls(origin, axis, half, s_upper, upper, s_lower, lower, max(reach, 0.03))

    @cached_property
    def _curves(self) -> tuple[PchipInterpolator, PchipInterpolator]:
        return PchipInterpolator(self.s_upper, self.upper), PchipInterpolator(self.s_lower, self.lower)

    def own(self, points: Array) -> Array:
        """(..., 2) face coordinates to the eye's s and t."""
        return _own(points, self.origin, self.axis, self.half)

    def face(self, own: Array) -> Array:
        """(..., 2) the eye's s and t to face coordinates."""
        normal = np.array([-self.axis[1], self.axis[0]])
        back: Array = self.origin + own[..., :1] * self.half * self.axis + own[..., 1:] * normal
        return back

    def edges(self, s: Array) -> tuple[Array, Array]:
        """Edges of the open lids at s; they meet at the corners and stay together beyond."""
        inside = np.clip(s, -1, 1)
        upper, lower = (np.asarray(curve(inside), np.float64) for curve in self._curves)
        return upper, np.maximum(lower, upper)

    def opening(self, points: Array) -> Array:
        """(n,) height of the open eye at points (n, 2), over its greatest; 0 at the corners and beyond."""
        upper, lower = self.edges(self.own(points)[:, 0])
        share: Array = (lower - upper) / float(self.lower.max() - self.upper.min())
        return share

    def forward(self, points: Array, closure: float) -> Array:
        """Where skin points (n, 2), in face coordinates, go when the lids close by `closure` 0-1.

        Points within the open eye (the irises) stay.
        """
        own = self.own(points)
        upper, lower = self.edges(own[:, 0])
        down, up = self._travel(upper, lower, closure)
        above, under = upper - own[:, 1], own[:, 1] - lower
        tiny = 1e-7
        moved = np.where(above >= -tiny, down * self._unroll(np.maximum(above, 0)), 0)
        moved = np.where(under >= -tiny, np.where(above >= -tiny, moved, -up * _follow(under)), moved)
        return self.face(own + np.stack([np.zeros_like(moved), moved], axis=1))

    def inverse(self, points: Array, closure: float) -> "Closing":
        """Where the skin seen at some points (n, 2), in face coordinates after the lids moved, came from."""
        own = self.own(points)
        upper, lower = self.edges(own[:, 0])
        down, up = self._travel(upper, lower, closure)
        above = self._unrolled_from(upper - own[:, 1], down)
        under = own[:, 1] - lower
        for _ in range(4):
            under = own[:, 1] - lower + up * _follow(under)
        places = upper - above, lower + np.maximum(under, LOWER_EDGE), upper - BARE[0] * self.reach
        from_upper, from_lower, bare = (self.face(np.stack([own[:, 0], t], axis=1)) for t in places)
        rolled = _fading((above / self.reach - BARE[1]) / (BARE[2] - BARE[1])) * (1 - _fading(above / LASHES - 0.5))
        return Closing(from_upper, from_lower, bare, rolled, own[:, 1] - (upper + down), (lower - up) - own[:, 1])

    def _travel(self, upper: Array, lower: Array, closure: float) -> tuple[Array, Array]:
        gap = lower - upper
        return closure * MEETING * gap, closure * (1 - MEETING) * gap

    def _unroll(self, above: Array) -> Array:
        """Share of the edge's travel at a height above it."""
        return _fading((above - LASHES) / (self.reach - LASHES))

    def _unrolled_from(self, above: Array, down: Array) -> Array:
        """Height above the open edge that lies at `above` (of the open edge, negative below) once it travelled."""
        low, high = np.full_like(above, UPPER_EDGE), np.maximum(above + down, self.reach)
        for _ in range(13):  # halving: the travel is monotone but bends both ways
            middle = (low + high) / 2
            further = middle - down * self._unroll(middle) < above
            low, high = np.where(further, middle, low), np.where(further, high, middle)
        source: Array = np.where(above >= self.reach, above, (low + high) / 2)
        return source


def _own(points: Array, origin: Array, axis: Array, half: float) -> Array:
    away = points - origin
    normal = np.array([-axis[1], axis[0]])
    own: Array = np.stack([away @ axis / half, away @ normal], axis=-1)
    return own


def _follow(under: Array) -> Array:
    return _fading(under / LOWER_REACH)


def _fading(t: Array) -> Array:
    inside: Array = np.asarray(np.clip(t, 0, 1), np.float64)
    return np.asarray(1 - inside * inside * (3 - 2 * inside), np.float64)
