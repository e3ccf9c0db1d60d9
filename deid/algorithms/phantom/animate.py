"""Phantoms: a synthetic identity that moves by a script, with the exact truth of its motion and pulse."""

from collections.abc import Iterator
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deid.algorithms.donors import Donor
from deid.algorithms.phantom.fields import BASES
from deid.algorithms.phantom.geometry import JAW, FaceGeometry, Inverter
from deid.algorithms.phantom.mouth import interior
from deid.algorithms.phantom.noise import Noise
from deid.algorithms.phantom.pixels import Values, blurred, resized, sampled
from deid.algorithms.phantom.script import Script, write_script
from deid.algorithms.phantom.skin import PULSE_COLOUR, Shading, light_of, skin_mask
from deid.algorithms.phantom.spec import BadPhantom, PhantomSpec
from deid.algorithms.phantom.truth import Truth, assemble
from faces.mesh import LEFT_EAR, RIGHT_EAR

Array = NDArray[np.float64]
Picture = NDArray[np.uint8]
Box = tuple[slice, slice]

SMILES = BASES.index("smile_right"), BASES.index("smile_left")
LID_SKIN = 0.8  # how much of the closing lid is bare skin, without the lashes and shadows of the open eye
FACE_IN_LID = 0.6  # share of the face's mean tone in it: the skin under the brow alone may lie in shadow
LASH_SHADE, LASH_WIDTH = 0.55, 0.006  # darkening of the line where the lids meet, and half its width, face heights
TEXTURE = 4 / 3  # the still is kept finer than the frames by this, if it is large enough: moves then blur it less


class Phantom:
    """A person of nobody's, animated.

    Parameters
    ----------
    spec : what is wished
    identity : the face; a square picture with its mesh
    script : in place of the one that follows from the specification

    Raises
    ------
    BadPhantom : the identity's picture is not square
    """

    def __init__(self, spec: PhantomSpec, identity: Donor, script: Script | None = None) -> None:
        height, width = identity.picture.shape[:2]
        if height != width:
            raise BadPhantom(f"the picture of {identity.name!r} is {width} x {height}: a phantom needs a square one.")
        self.spec, self.identity = spec, identity
        self.script = script or write_script(spec)
        mesh = (identity.mesh[:, :2] + 0.5) * (spec.size / width) - 0.5
        self.face = FaceGeometry.of(mesh)

    def with_amplitude(self, factor: float) -> "Phantom":
        """The same person with jaw, mouth and brow movements `factor` times as large; blinks, head and pulse stay."""
        return Phantom(self.spec, self.identity, self.script.with_amplitude(factor))

    @cached_property
    def truth(self) -> Truth:
        points = self.face.points(self.script.coefficients(), self.script.closure)
        return assemble(
            self.spec, self.identity.name, self.face.frame.height, self.script, points, _aspect_ratios(points)
        )

    def frames(self) -> Iterator[Picture]:
        """(size, size, 3) uint8 RGB pictures, made one at a time."""
        painter = Painter(self.face, self.identity.picture, self.spec)
        coefficients, points = self.script.coefficients(), self.truth.points
        for index in range(len(coefficients)):
            yield painter.paint(
                index, coefficients[index], self.script.closure[index], points[index], float(self.script.pulse[index])
            )


class Painter:
    """Paints frames of one face."""

    def __init__(self, face: FaceGeometry, picture: Picture, spec: PhantomSpec) -> None:
        size = spec.size
        side = min(picture.shape[0], round(size * TEXTURE))
        self._still = resized(picture, side)
        self._finer = side / size
        self._smooth = blurred(self._still, 0.012 * face.frame.height * self._finer)
        self._face = face
        mesh = (face.mesh + 0.5) * self._finer - 0.5
        self._skin = skin_mask(mesh, (side, side))
        self._light = light_of(self._still, self._skin)
        self._tone = 0.95 * self._still[self._skin > 0.9].mean(axis=0)
        self._shading = Shading(face, side, self._finer)
        self._inverter = Inverter(face, size)
        self._noise = Noise(spec.seed, spec.noise, size)
        self._pixel = 1 / face.frame.height  # face heights

    def paint(self, index: int, coefficients: Array, closure: Array, points: Array, pulse: float) -> Picture:
        """Frame `index`; `points` (478, 2) say where the parts of the face are in it."""
        displacement = self._inverter.displacement(coefficients)
        place = self._inverter.upper(displacement)
        frame = self._sample(self._still, place)
        for side, shut in enumerate(closure):
            if shut > 0:
                self._close_lids(frame, place, side, float(shut), points)
        if abs(coefficients[JAW]) > 1e-5:
            self._part_lips(frame, place, displacement, float(coefficients[JAW]), points)
        light = self._shading.at((float(coefficients[SMILES[0]]), float(coefficients[SMILES[1]])))
        if light is not None:
            frame *= self._sample(light, place)[..., None]
        beat = self._sample(self._skin, place)[..., None] * (pulse * PULSE_COLOUR).astype(np.float32)
        frame += frame * beat
        return self._noise.quantised(frame, index)

    def _sample(self, texture: NDArray[Any], place: Values) -> Values:
        return sampled(texture, (place + 0.5) * np.float32(self._finer) - 0.5)

    def _sample_face(self, texture: NDArray[Any], at: Array, shape: tuple[int, ...]) -> Values:
        """(*shape, 3) colours at face coordinates (n, 2)."""
        place = self._face.frame.to_picture(at).astype(np.float32).reshape(*shape, 2)
        return self._sample(texture, place)

    def _close_lids(self, frame: Values, place: Values, side: int, shut: float, points: Array) -> None:
        """Draw the skin of both lids over the eye; the eyeball that still shows lies in the lid's shadow."""
        lids = self._face.lids[side]
        around = points[list(RIGHT_EAR if side == 0 else LEFT_EAR)]
        half = lids.half * self._face.frame.height
        box = self._box(around, (1.5 * half, lids.reach / self._pixel + half, 1.5 * half, half))
        here = self._face.frame.to_face(place[box].reshape(-1, 2).astype(np.float64))
        seen, shape = lids.inverse(here, shut), place[box].shape[:2]
        under, over = (each.reshape(*shape, 1) / self._pixel for each in (seen.under_upper, seen.over_lower))
        shadow = 1 - 0.4 * shut * np.exp(-np.maximum(under, 0) / 2)
        mixed = _over(self._sample_face(self._still, seen.lower, shape), frame[box] * shadow, 0.5 - over)
        lid = self._sample_face(self._still, seen.upper, shape)
        bare = self._sample_face(self._smooth, seen.bare, shape)
        inside = lids.opening(here).reshape(*shape, 1)
        share = LID_SKIN * min(1.0, 2 * shut) * np.minimum(1.5 * inside, 1)
        lid = _over(bare + FACE_IN_LID * (self._tone - bare), lid, share * seen.rolled.reshape(*shape, 1))
        mixed = _over(lid, mixed, 0.5 - under)
        # Lashes shade the line where the lids meet.
        mixed = mixed * (1 - LASH_SHADE * shut * inside * np.exp(-((under * self._pixel / LASH_WIDTH) ** 2)))
        frame[box] = _over(mixed, frame[box], 10 * inside)  # beyond the corners nothing moves

    def _part_lips(self, frame: Values, place: Values, displacement: Values, jaw: float, points: Array) -> None:
        """Draw the lower lip, chin and neck from the lower side of the cut, and what shows between the lips."""
        anatomy, height = self._face.anatomy, self._face.frame.height
        box = self._box(points[[78, 308, 13, 14, 152]], (0.05 * height, 0.1 * height, 0.05 * height, 0.5 * height))
        lower_place = self._inverter.lower(displacement, jaw, box)
        shape = lower_place.shape[:2]
        upper, lower = (
            self._face.frame.to_face(each.reshape(-1, 2).astype(np.float64)) for each in (place[box], lower_place)
        )
        below = self._sample(self._still, lower_place)
        inside = interior(anatomy, upper, lower, self._light).reshape(*shape, 3)
        over = (-anatomy.below(lower)).reshape(*shape, 1) / self._pixel  # pixels above the lower lip's edge
        gap = anatomy.cut(upper).reshape(*shape, 1) * abs(jaw) * height  # pixels, none at the corners
        open_ = np.clip(over / 1.5 + 0.3, 0, 1) * np.clip(gap, 0, 1)
        mixed = below * (1 - open_) + inside * open_
        lip = np.clip(0.5 - anatomy.below(upper).reshape(*shape, 1) / self._pixel / 1.2, 0, 1)
        frame[box] = frame[box] * lip + mixed * (1 - lip)

    def _box(self, points: Array, margins: tuple[float, float, float, float]) -> Box:
        """Rows and columns around points, with margins left, above, right and below, within the picture."""
        size = self._noise.size
        left, top = np.floor(points.min(axis=0) - margins[:2]).astype(int)
        right, bottom = np.ceil(points.max(axis=0) + margins[2:]).astype(int) + 1
        rows = slice(int(np.clip(top, 0, size - 1)), int(np.clip(bottom, 1, size)))
        return rows, slice(int(np.clip(left, 0, size - 1)), int(np.clip(right, 1, size)))


def _over(top: NDArray[Any], base: NDArray[Any], share: Array) -> NDArray[Any]:
    mixed: NDArray[Any] = base + (top - base) * np.clip(share, 0, 1)
    return mixed


def _aspect_ratios(points: Array) -> Array:
    """(n, 2) eye aspect ratios of (n, 478, 2) points; see `faces.mesh.eye_aspect_ratio`."""
    ratios = []
    for eye in (RIGHT_EAR, LEFT_EAR):
        p = points[:, list(eye)]
        upright = np.linalg.norm(p[:, 1] - p[:, 5], axis=1) + np.linalg.norm(p[:, 2] - p[:, 4], axis=1)
        ratios.append(upright / (2 * np.linalg.norm(p[:, 0] - p[:, 3], axis=1)))
    return np.stack(ratios, axis=1)
