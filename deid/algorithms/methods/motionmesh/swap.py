"""Putting the donor's face in the place of one face of one frame, on the YUV planes of the face's box."""

from collections.abc import Sequence
from copy import copy
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from deid.algorithms.donors import Donor
from deid.algorithms.meshwarp import Raster
from deid.algorithms.methods.motionmesh.shape import Pose, fit_head, identity_offset, normals, turn_degrees
from deid.algorithms.methods.motionmesh.skin import PatientSkin
from deid.algorithms.methods.motionmesh.texture import Canvas, DonorTexture, Wrinkles, filled
from deid.algorithms.methods.motionmesh.topology import N_FACE, painting_order, triangles, with_ring
from deid.algorithms.painting import blend
from deid.algorithms.regions import Region
from faces.mesh import INNER_LIPS, LEFT_EYE, LEFT_LIDS, OVAL, RIGHT_EYE, RIGHT_LIDS
from videoio.frames import Colour, Frame, Plane

Points = NDArray[np.float64]
Map = NDArray[Any]  # float32; what cv2 gives back does not say so
HOLE_EDGE = 0.008  # standard deviation of the soft edge around eyes and mouth, in face widths
LID_SHARE = 0.5  # how far from the edge of the lids to their crease the patient's own skin is kept: it shows how far
# the lids close, where the mesh is at its least exact
FACING = (0.05, 0.35)  # cosine between a point's normal and the line of sight over which the donor comes in
FACING_DEG = (5.0, 20.0)  # turn over which that sets in; a head that looks into the camera has nothing to hide
KEPT = ((RIGHT_EYE, RIGHT_LIDS), (LEFT_EYE, LEFT_LIDS), (INNER_LIPS, INNER_LIPS))
_OUTSIDE = (-1e4, -1e4)  # maps to no pixel of any texture


@dataclass(frozen=True, slots=True)
class Placed:
    """Where things come from in a box of a frame; maps (h/2, w/2) at the chroma samples."""

    region: Region
    width: float  # of the face, pixels
    own: tuple[Map, Map]  # in the frame itself
    donor: tuple[Map, Map]  # in the donor's picture
    canvas: tuple[Map, Map]  # in the canonical picture
    raster: Raster
    share: Points | None  # (504,) 1 where the head faces the camera, 0 on its silhouette; None where all of it does
    holes: Map  # (h, w) 1 in eyes and mouth


class Swap:
    """A patient's face with a donor's identity.

    Parameters
    ----------
    neutral : (468, 3) the patient's neutral shape
    skin : the patient's; without it the donor's texture and the patient's wrinkles stay as they are
    strength, detail : shares of the donor's geometry and of the patient's wrinkles
    """

    def __init__(
        self, donor: Donor, neutral: Points, skin: PatientSkin | None, colour: Colour, strength: float, detail: float
    ) -> None:
        self._neutral, self._donor = neutral, donor.mesh
        self._set(strength, detail)
        canvas = Canvas.of(donor.mesh)
        self._texture = DonorTexture(donor, canvas, colour, skin.strengths if skin else None)
        self._wrinkles = Wrinkles(canvas, skin.neutral_on(canvas), self._texture.black) if detail and skin else None

    def _set(self, strength: float, detail: float) -> None:
        self._detail = detail
        self._offset = identity_offset(self._neutral, self._donor, strength)
        self._normals = normals(with_ring(self._neutral + self._offset), triangles())[:N_FACE]

    def worn(self, strength: float, detail: float) -> "Swap":
        """The same donor otherwise worn: what was learnt of both skins, the dear part, is shared."""
        other = copy(self)
        other._set(strength, detail)
        return other

    def moved(self, mesh: Points) -> Points:
        """(468, 3) the mesh with the donor's identity: every point moved by a constant offset of the head.

        The silhouette of a turned head stays the patient's: it borders on what lies behind.
        """
        pose = fit_head(self._neutral, np.asarray(mesh[:N_FACE], dtype=np.float64))
        return self._moved(mesh, pose, self._facing(mesh, pose))

    def _moved(self, mesh: Points, pose: Pose, share: Points | None) -> Points:
        offset = self._offset if share is None else self._offset * share[:N_FACE, None]
        return np.asarray(mesh[:N_FACE], dtype=np.float64) + pose.turned(offset)

    def __call__(self, frame: Frame, mesh: Points) -> None:
        """Replace the face in the frame's planes; samples outside its box stay as they are."""
        placed = self._place(frame, mesh)
        if placed is None:
            return
        canvas = self._texture.canvas.unwrap(frame, mesh)
        fit: Map = self._texture.lit(canvas, self._seen(placed.share))
        if self._wrinkles is not None:
            fit[:, :, 0] *= self._wrinkles.ratio(canvas, self._detail)
        fit = cv2.remap(
            fit, placed.canvas[0], placed.canvas[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_CONSTANT, borderValue=(0,)
        )
        if placed.share is not None:
            fit[:, :, 1] = fit[:, :, 1] * _interpolated(placed.raster, placed.share)
        self._paint(frame, placed, fit)

    def _place(self, frame: Frame, mesh: Points) -> Placed | None:
        """Maps for the box that the face and its ring take up; None where it lies outside the picture."""
        own = with_ring(mesh)
        pose = fit_head(self._neutral, own[:N_FACE])
        share = self._facing(mesh, pose)
        new = np.vstack([self._moved(mesh, pose, share), own[N_FACE:]])
        region = _box(frame, new)
        if region is None:
            return None
        raster = Raster(painting_order(new), new, (region.left, region.top, region.width, region.height), step=2)
        donor = raster.samples(self._texture.points, _OUTSIDE)
        width = float(np.ptp(new[list(OVAL), 0]))
        return Placed(
            region, width, raster.samples(own), donor, self._texture.on_canvas(donor),
            raster, share, _holes(new, region, width),
        )  # fmt: skip

    def _facing(self, mesh: Points, pose: Pose) -> Points | None:
        """Which points of a turned head look at the camera; beyond, on its silhouette, the mesh is a guess."""
        turned = (float(turn_degrees(mesh)) - FACING_DEG[0]) / (FACING_DEG[1] - FACING_DEG[0])
        if turned <= 0:
            return None
        cosine = -(self._normals @ pose.rotation.T)[:, 2]
        low, high = FACING
        share = np.clip((cosine - low) / (high - low), 0, 1)
        return np.concatenate([1 - min(turned, 1.0) * (1 - share), np.zeros(len(OVAL))])

    def _seen(self, share: Points | None) -> Map | None:
        """The canonical picture's skin as far as it faces the camera."""
        if share is None:
            return None
        canvas = self._texture.canvas
        seen: Map = canvas.skin * (_enlarged(_interpolated(canvas.raster, share), canvas.size) + np.float32(0.01))
        return seen

    def _paint(self, frame: Frame, placed: Placed, fit: Map) -> None:
        region, black = placed.region, self._texture.black
        size = (region.width, region.height)
        planes, scale = self._texture.level(placed.width)
        gain, mask = (_enlarged(np.ascontiguousarray(fit[:, :, at]), size) for at in (0, 1))
        mask *= 1 - placed.holes
        small = cv2.resize(mask, (size[0] // 2, size[1] // 2), interpolation=cv2.INTER_AREA)
        own, donor = ([_enlarged_map(part, size) for part in maps] for maps in (placed.own, placed.donor))
        views = _views(frame, region)
        under = cv2.remap(frame.planes[0], own[0], own[1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        over = (_warped(planes[0], donor, scale, 1) - black) * gain + black
        blend(views[0], under, over, mask)
        for number in (1, 2):
            under = _warped(frame.planes[number], placed.own, 1.0, 2)
            over = _warped(planes[number], placed.donor, scale, 2) + fit[:, :, 1 + number]
            blend(views[number], under, over, small)


def _interpolated(raster: Raster, share: Points) -> Map:
    """(h, w) a value of the mesh's points between them."""
    found: Map = np.clip(raster.values(share), 0, 1)
    return found


def _box(frame: Frame, points: Points) -> Region | None:
    """Even pixels around the points, inside the planes."""
    high, wide = frame.planes[0].shape
    left, top = (max(int(side // 2) * 2, 0) for side in points[:, :2].min(axis=0))
    right, bottom = (
        min(int(side // 2 + 1) * 2, limit) for side, limit in zip(points[:, :2].max(axis=0), (wide, high), strict=True)
    )
    return Region(left, top, right, bottom) if right > left and bottom > top else None


def _holes(points: Points, region: Region, width: float) -> Map:
    """(h, w) 1 where the patient's own eyes, lids and mouth stay, with soft edges."""
    size, points = (region.width, region.height), points - (region.left, region.top, 0)
    deviation = max(HOLE_EDGE * width, 0.6)
    mask = np.zeros((size[1], size[0]), np.float32)
    for inner, outer in KEPT:
        outline = (1 - LID_SHARE) * points[list(inner)] + LID_SHARE * points[list(outer)]
        part = _around(outline, size, reach=3 * deviation)
        if part is not None:
            left, top, right, bottom = part
            drawn = filled(outline - np.array((left, top, 0.0)), (right - left, bottom - top))
            soft = cv2.GaussianBlur(drawn, (0, 0), deviation).astype(np.float32) / 255
            mask[top:bottom, left:right] = np.maximum(mask[top:bottom, left:right], soft)
    return mask


def _around(outline: Points, size: tuple[int, int], reach: float) -> tuple[int, int, int, int] | None:
    """Left, top, right and bottom of the part of a box that an outline and its soft edge take up."""
    left, top = (max(int(side - reach), 0) for side in outline[:, :2].min(axis=0))
    right, bottom = (
        min(int(side + reach) + 2, limit) for side, limit in zip(outline[:, :2].max(axis=0), size, strict=True)
    )
    return (left, top, right, bottom) if right > left and bottom > top else None


def _views(frame: Frame, region: Region) -> tuple[Plane, Plane, Plane]:
    luma, blue, red = frame.planes
    whole = np.s_[region.top : region.bottom, region.left : region.right]
    half = np.s_[region.top // 2 : region.bottom // 2, region.left // 2 : region.right // 2]
    return luma[whole], blue[half], red[half]


def _enlarged(half: Map, size: tuple[int, int]) -> Map:
    larger: Map = cv2.resize(half, size, interpolation=cv2.INTER_LINEAR)
    return larger


def _enlarged_map(half: Map, size: tuple[int, int]) -> Map:
    """The same for maps, whose outermost pixels go on with the slope inside instead of repeating the last sample."""
    larger = _enlarged(half, size)
    if min(size) >= 4:
        larger[0], larger[-1] = 2 * larger[1] - larger[2], 2 * larger[-2] - larger[-3]
        larger[:, 0], larger[:, -1] = 2 * larger[:, 1] - larger[:, 2], 2 * larger[:, -2] - larger[:, -3]
    return larger


def _warped(plane: Plane, at: Sequence[Map], scale: float, step: int) -> Map:
    """A plane of a picture that is `scale` times the size the map is made for, with 1 or 2 pixels a sample."""
    factor = np.float32(scale / step)
    shift = np.float32(0.5 * factor - 0.5)
    x, y = (part * factor + shift for part in at)
    warped: Map = cv2.remap(plane, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE).astype(np.float32)
    return warped
