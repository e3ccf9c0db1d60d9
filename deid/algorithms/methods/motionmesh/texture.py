"""The donor's texture, and what of the patient's light, skin and wrinkles goes onto it."""

from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from deid.algorithms.donors import Donor
from deid.algorithms.meshwarp import Raster
from deid.algorithms.methods.motionmesh.topology import HOLES, triangles, with_ring
from deid.algorithms.painting import NEUTRAL
from faces.mesh import OVAL
from videoio.frames import Colour, Frame, Plane, from_rgb

Points = NDArray[np.float64]
Map = NDArray[Any]  # float32; what cv2 gives back does not say so
WIDTH = 160  # of the face in the canonical picture, pixels
MARGIN = 8  # pixels around the face there
LIGHT = 1 / 6  # standard deviation of the low-pass that separates light from texture, in face widths
WRINKLE_FINE = 1.0  # pixels of the canonical picture: finer detail is noise
WRINKLE_RANGE = (0.5, 1.12)  # folds darken; bright spots come from light that moves over a turning head
GAIN_RANGE = (0.3, 3.0)
BANDS = (0.006, 0.025, 0.125)  # standard deviations, in face widths, of the low-passes between the bands of a texture
TINT_CONTRAST = 0.6  # of the donor's colour detail: full, it shows as blotches under other lamps
CONTRAST_RANGE = (0.3, 1.1)  # how much the contrast of a band of the donor's texture may be changed
PLAIN_SKIN = (  # outlines of cheeks, forehead and chin on the mesh
    (50, 101, 36, 205, 187, 147, 123, 116, 117, 118), (280, 330, 266, 425, 411, 376, 352, 345, 346, 347),
    (104, 69, 108, 151, 337, 299, 333, 297, 338, 10, 109, 67), (83, 18, 313, 421, 428, 199, 208, 201),
)  # fmt: skip
PLAIN_EDGE = 0.03  # of the face's width: standard deviation of its soft edge
EVEN = 0.03  # standard deviation of the coarse band there, in shares of the light; donors have 0.07 to 0.16
EDGE = 0.035  # of the face's width: half the breadth of the mask's soft edge
_FLOOR = 8.0  # grey levels added to both sides of a ratio, so that dark places do not run wild


@dataclass(frozen=True, slots=True)
class Canvas:
    """A canonical picture: a neutral mesh, scaled to a face `WIDTH` pixels wide.

    `points` (504, 3) the mesh with its ring; `skin` (h, w) 1 on skin, 0 in eyes, mouth and outside; `soft` (h, w) the
    mask's outer edge, feathered.
    """

    points: Points
    size: tuple[int, int]  # width, height
    raster: Raster
    skin: Map
    soft: Map

    @classmethod
    def of(cls, mesh: Points) -> "Canvas":
        face = with_ring(mesh)
        outline = face[list(OVAL), :2]
        scale = WIDTH / np.ptp(outline[:, 0])
        points = (face - (*outline.min(axis=0), 0)) * scale + (MARGIN, MARGIN, 0)
        size = (WIDTH + 2 * MARGIN, int(np.ceil(np.ptp(outline[:, 1]) * scale / 2)) * 2 + 2 * MARGIN)
        inside = filled(points[list(OVAL)], size)
        skin = inside.copy()
        for hole in HOLES:
            skin[cv2.dilate(filled(points[list(hole)], size), np.ones((3, 3), np.uint8)) > 0] = 0
        return cls(points, size, Raster(triangles(), points, (0, 0, *size), step=2), _share(skin), _soft(inside))

    def smooth(self, picture: Map, deviation: float, skin: Map | None = None) -> Map:
        """A low-pass over the skin alone (or other weights), carried on beyond it."""
        skin = self.skin if skin is None else skin
        small = cv2.resize(skin, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
        size = (small.shape[1], small.shape[0])
        weighted = cv2.multiply(picture, _like(skin, picture))
        part = cv2.GaussianBlur(cv2.resize(weighted, size, interpolation=cv2.INTER_AREA), (0, 0), deviation / 4)
        weight = cv2.GaussianBlur(small, (0, 0), deviation / 4) + np.float32(1e-3)
        smoothed: Map = cv2.resize(cv2.divide(part, _like(weight, part)), self.size)
        return smoothed

    def places(self, ringed: Points) -> tuple[Map, Map]:
        """(h, w) x and y of every pixel on a (504, 3) ringed mesh somewhere else."""
        x, y = (cv2.resize(half, self.size) for half in self.raster.samples(ringed, outside=(-1.0, -1.0)))
        return x, y

    def unwrap(self, frame: Frame, mesh: Points) -> Map:
        """(h, w, 3) float32 Y, U, V of a face in the canonical picture."""
        x, y = self.places(with_ring(mesh))
        shrink = max(int(np.ptp(mesh[list(OVAL), 0]) / (1.5 * WIDTH)), 1)
        left, top = (max(int(side), 0) // 2 * 2 for side in mesh[:, :2].min(axis=0))
        right, bottom = (int(side) + 2 for side in mesh[:, :2].max(axis=0))
        result = np.empty((*x.shape, 3), np.float32)
        for number, (plane, step) in enumerate(zip(frame.planes, (1, 2, 2), strict=True)):
            part = plane[top // step : max(bottom // step, 1), left // step : max(right // step, 1)]
            result[:, :, number] = _sampled(part, x - left, y - top, step, max(shrink // step, 1))
        return result


def _sampled(part: Map, x: Map, y: Map, step: int, shrink: int) -> Map:
    if part.size == 0:
        return np.full(x.shape, NEUTRAL, np.float32)
    if shrink > 1:
        wide, high = max(part.shape[1] // shrink, 1), max(part.shape[0] // shrink, 1)
        part = cv2.resize(part[: high * shrink, : wide * shrink], (wide, high), interpolation=cv2.INTER_AREA)
    scale = np.float32(1 / (step * shrink))
    shift = np.float32(0.5 * scale - 0.5)
    return cv2.remap(part, x * scale + shift, y * scale + shift, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


class DonorTexture:
    """The donor's picture as YUV in the colours of a video, at several sizes, as sharp and contrasty as the video.

    Parameters
    ----------
    donor : picture and mesh
    colour : how the video's samples mean colours
    patient : `strengths` of the patient's skin; without them the texture stays as it is
    """

    def __init__(
        self, donor: Donor, canvas: Canvas, colour: Colour, patient: NDArray[np.float64] | None = None
    ) -> None:
        self.canvas, self.black = canvas, float(colour.black)
        picture, points = _cut_face(donor)
        self.points = points  # in pixels of the largest level
        self.levels = [from_rgb(picture, colour)]
        own = self._unwrapped()
        if patient is not None:
            factors = _contrast(strengths(canvas, own, self.black), patient)
            self.levels = [_rescaled(self.levels[0], factors, points, self.black)]
            own = self._unwrapped()
        while self.levels[-1][0].shape[1] > WIDTH:
            luma, blue, red = self.levels[-1]
            self.levels.append((_half(luma), _half(blue), _half(red)))
        self._light = self.canvas.smooth(np.maximum(own[:, :, 0] - self.black, 0), LIGHT * WIDTH)
        self._tint = cv2.split(self.canvas.smooth(own[:, :, 1:], LIGHT * WIDTH))

    def on_canvas(self, donor: tuple[Map, Map]) -> tuple[Map, Map]:
        """The same places in the canonical picture, which is the donor's, scaled and shifted."""
        one, two = (points[list(OVAL), :2] for points in (self.points, self.canvas.points))
        scale = WIDTH / _width(self.points)
        x, y = two[0] - scale * one[0]
        return donor[0] * np.float32(scale) + np.float32(x), donor[1] * np.float32(scale) + np.float32(y)

    def level(self, width: float) -> tuple[tuple[Plane, Plane, Plane], float]:
        """Planes for a face of that width in pixels, at most twice as fine, and their scale."""
        scale, number = _width(self.points) / max(width, 1.0), 0
        while scale > 2 and number + 1 < len(self.levels):
            scale, number = scale / 2, number + 1
        return self.levels[number], 0.5**number

    def lit(self, patient: Map, seen: Map | None = None) -> Map:
        """(h, w, 4) what makes the donor's texture fit: gain of Y, mask, shift of U, shift of V.

        Parameters
        ----------
        patient : (h, w, 3) `Canvas.unwrap` of the patient's frame
        seen : (h, w) weights of skin that a turned head shows; beyond its silhouette the frame holds the background
        """
        above = patient.copy()
        above[:, :, 0] = np.maximum(above[:, :, 0] - self.black, 0)
        light, blue, red = cv2.split(self.canvas.smooth(above, LIGHT * WIDTH, seen))
        gain = np.clip((light + 1) / (self._light + 1), *GAIN_RANGE)
        fit: Map = cv2.merge([gain.astype(np.float32), self.canvas.soft, blue - self._tint[0], red - self._tint[1]])
        return fit

    def _unwrapped(self) -> Map:
        frame = Frame(0, self.levels[0], self.levels[0][0].shape[1], self.levels[0][0].shape[0], 0, 1, Colour())  # type: ignore[arg-type]
        return self.canvas.unwrap(frame, self.points)


class Wrinkles:
    """The patient's expression wrinkles as the ratio of his current to his neutral mid-frequency luminance.

    Parameters
    ----------
    neutral : (h, w) `fine` of his neutral face

    References
    ----------
    Liu, Shan & Zhang 2001, "Expressive expression mapping with ratio images".
    """

    def __init__(self, canvas: Canvas, neutral: Map, black: float) -> None:
        self._canvas, self._neutral, self._black = canvas, neutral, black

    def ratio(self, patient: Map, detail: float) -> Map:
        """(h, w) factors around 1 of the patient's frame; 1 outside skin."""
        raw = fine(patient, self._black) / self._neutral
        ratio = np.clip(raw / np.maximum(self._canvas.smooth(raw, LIGHT * WIDTH), 0.2), *WRINKLE_RANGE)
        factors: Map = 1 + (ratio**detail - 1) * self._canvas.skin * self._canvas.soft
        return factors


def fine(unwrapped: Map, black: float) -> Map:
    """(h, w) luminance of a canonical picture in which wrinkles show and noise does not."""
    luma = np.maximum(unwrapped[:, :, 0] - black, 0)
    smooth: Map = cv2.GaussianBlur(luma, (0, 0), WRINKLE_FINE) + np.float32(_FLOOR)
    return smooth


def _like(weights: Map, picture: Map) -> Map:
    """Weights with as many channels as a picture has: OpenCV multiplies equals several times faster than numpy
    broadcasts."""
    if picture.ndim == 2:
        return weights
    repeated: Map = cv2.merge([weights] * picture.shape[2])
    return repeated


def filled(outline: Points, size: tuple[int, int]) -> NDArray[np.uint8]:
    """(height, width) 255 inside a polygon with 1/16 pixel precision."""
    mask = np.zeros((size[1], size[0]), np.uint8)
    cv2.fillPoly(mask, [np.round(outline[:, :2] * 16).astype(np.int32)], (255,), cv2.LINE_AA, shift=4)
    return mask


def _share(mask: NDArray[np.uint8]) -> Map:
    share: Map = mask.astype(np.float32) / 255
    return share


def _soft(inside: NDArray[np.uint8]) -> Map:
    """0 at the outline, 1 from twice `EDGE` inwards, with a smooth step between."""
    away = cv2.distanceTransform((inside > 127).astype(np.uint8), cv2.DIST_L2, 5) / (2 * EDGE * WIDTH)
    share = np.clip(away, 0, 1).astype(np.float32)
    soft: Map = share * share * (3 - 2 * share)
    return soft


def _cut_face(donor: Donor) -> tuple[NDArray[np.uint8], Points]:
    """The picture's part around the face with even sides, and the ringed mesh in its pixels."""
    face = with_ring(donor.mesh)
    high, wide = donor.picture.shape[:2]
    left, top = (max(int(side) - 4, 0) for side in face[:, :2].min(axis=0))
    right, bottom = (
        min(int(side) + 4, limit) for side, limit in zip(face[:, :2].max(axis=0), (wide, high), strict=True)
    )
    picture = donor.picture[top : bottom - (bottom - top) % 2, left : right - (right - left) % 2]
    return np.ascontiguousarray(picture), face - (left, top, 0)


def _width(points: Points) -> float:
    return float(np.ptp(points[list(OVAL), 0]))


def _contrast(donor: NDArray[np.float64], patient: NDArray[np.float64]) -> tuple[float, ...]:
    """How much weaker each band of the patient's skin is than the donor's: three of Y, fine to coarse, and colour."""
    return tuple(np.clip(patient / np.maximum(donor, 1e-6), *CONTRAST_RANGE).tolist())


def strengths(canvas: Canvas, unwrapped: Map, black: float) -> NDArray[np.float64]:
    """(4,) standard deviations over skin: bands of Y in shares of the light, and colour in grey levels."""
    inner = canvas.skin * canvas.soft > 0.5
    bands, _ = _bands(unwrapped[:, :, 0], WIDTH, black)
    tint = unwrapped[:, :, 1:] - canvas.smooth(unwrapped[:, :, 1:], LIGHT * WIDTH)
    return np.array([*(band[inner].std() for band in bands), tint[inner].std()])


def _bands(luma: NDArray[np.generic], width: float, black: float) -> tuple[list[Map], Map]:
    """Three bands of a picture as shares of its light, and the light."""
    above = np.maximum(luma.astype(np.float32) - black, 0)
    lows = [above, *(cv2.GaussianBlur(above, (0, 0), max(share * width, 0.3)) for share in BANDS)]
    light: Map = lows[-1] + 1
    return [(fine - coarse) / light for fine, coarse in pairwise(lows)], light


def _rescaled(
    planes: tuple[Plane, Plane, Plane], factors: tuple[float, ...], points: Points, black: float
) -> tuple[Plane, Plane, Plane]:
    """A picture with the contrast of its bands and of its colour changed, and its plain skin evened."""
    width = _width(points)
    (fine, middle, coarse), light = _bands(planes[0], width, black)
    coarse = coarse * (1 - _evening(coarse, points))
    luma = black - 1 + light * (1 + factors[0] * fine + factors[1] * middle + factors[2] * coarse)
    result = [np.clip(luma + 0.5, 0, 255).astype(np.uint8)]
    for plane in planes[1:]:
        smooth = cv2.GaussianBlur(plane.astype(np.float32), (0, 0), max(LIGHT * width / 2, 0.3))
        detail = TINT_CONTRAST * min(factors[-1], 1.0) * (plane - smooth)
        result.append(np.clip(smooth + detail + 0.5, 0, 255).astype(np.uint8))
    return result[0], result[1], result[2]


def _evening(coarse: Map, points: Points) -> Map:
    """(h, w) share of the coarse band to take back: cheeks, forehead and chin as far as they are blotchier than `EVEN`.

    Blotches, shine and stains say little about who it is, and look painted on under other lamps.
    """
    size, width = (coarse.shape[1], coarse.shape[0]), _width(points)
    plain = np.zeros(coarse.shape, np.uint8)
    for outline in PLAIN_SKIN:
        plain = np.maximum(plain, filled(points[list(outline)], size))
    inside = plain > 127
    if not inside.any():
        return np.zeros(coarse.shape, np.float32)
    share = 1 - min(EVEN / max(float(coarse[inside].std()), 1e-6), 1.0)
    soft: Map = cv2.GaussianBlur(plain, (0, 0), max(PLAIN_EDGE * width, 0.3)).astype(np.float32) * (share / 255)
    return soft


def _half(plane: Plane) -> Plane:
    high, wide = plane.shape
    smaller: Any = cv2.resize(plane, (max(wide // 2, 1), max(high // 2, 1)), interpolation=cv2.INTER_AREA)
    result: Plane = smaller
    return result
