"""The axis of age: what older contributors have and younger ones of their group have not.

Only a few contributors are older than 40, so the axis is kept to what so few can tell: a smooth shape change, a smooth
change of colour, and the fine relief of the older faces, whose amount (not place) is taken beyond the oldest of them.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deid.algorithms.facemodel import forehead
from deid.algorithms.facemodel.layout import BETWEEN_EYES, LEFT_SIDE, N_MESH, RIGHT_SIDE, SIZE, Points
from deid.algorithms.facemodel.model import FaceModel
from deid.algorithms.facemodel.opencv import cv2
from faces.mesh import LEFT_EYE, OUTER_LIPS, RIGHT_EYE

Pixels = NDArray[np.float32]
OLD = 36.0  # years; contributors from here on lend their skin's relief
_NOSTRILS = (98, 97, 2, 326, 327, 294, 278, 1, 48, 64)
_BROWS = (forehead.BROWS[:10], forehead.BROWS[10:])
_BEARD = (2, 203, 207, 192, 138, 172, 136, 150, 149, 176, 148, 152, 377, 400, 378, 379, 365, 397, 367, 416, 427, 423)
_FINE, _COARSE = 1.6, 6.0  # pixels of the model: wrinkles lie between


# What the literature describes (Farkas et al. 2013, "Science of anthropometry ... aging face"; Mendelson & Wong 2012):
# mesh point -> (outwards, downwards) in face widths at 75. Neighbours follow within SPREAD.
_SAG = {
    61: (0.002, 0.006), 291: (0.002, 0.006),  # corners of the mouth
    136: (0.010, 0.014), 365: (0.010, 0.014), 150: (0.006, 0.014), 379: (0.006, 0.014),  # jowls
    205: (0.0, 0.012), 425: (0.0, 0.012), 4: (0.0, 0.014), 1: (0.0, 0.012),  # cheeks, tip of the nose
    105: (0.0, 0.005), 334: (0.0, 0.005), 70: (0.0, 0.007), 300: (0.0, 0.007),  # brows, most at their ends
    159: (0.0, 0.007), 386: (0.0, 0.007), 246: (0.0, 0.006), 466: (0.0, 0.006),  # upper lids
    0: (0.0, 0.008), 17: (0.0, -0.003), 13: (0.0, 0.003), 14: (0.0, 0.003),  # thinner lips
}  # fmt: skip
_SPREAD = 0.055  # face widths


@dataclass(frozen=True, slots=True)
class AgeAxis:
    """Per year: `shape` (n_points, 2) pixels, `colour` (SIZE, SIZE, 3) grey values of low spatial frequency.
    `relief` (n_old, SIZE, SIZE) logarithm of wrinkle luminance of the older contributors `old`, less their group's;
    `skin`, `brows`, `lips`, `beard` (SIZE, SIZE) 0-1 where there are, or may be, such."""

    shape: NDArray[np.float64]
    colour: Pixels
    relief: Pixels
    old: NDArray[np.int64]
    skin: Pixels
    brows: Pixels
    lips: Pixels
    beard: Pixels

    def aged_texture(
        self, face: Pixels, years: float, age: float, mixture: NDArray[np.float64], drawn: Pixels,
        part: tuple[slice, slice],
    ) -> Pixels:  # fmt: skip
        """A face (h, w, 3), the `part` of the common frame, taken `years` along the axis to `age`, with the wrinkles of
        the old in a `mixture` (n_old,) and those `drawn` (SIZE, SIZE), see folds.relief."""
        changed = face + self.colour[part] * float(np.clip(years, -8, 16))
        # An even mixture washes wrinkles out; dividing by its length gives them back the depth of one person's.
        length = max(float(np.sqrt((mixture**2).sum())), 1e-6)
        relief = np.tensordot(mixture, self.relief[:, *part], 1) / length * mixture.sum()
        amount = float(np.clip(years, 0, 45)) / 34
        # Folds are darker than skin, the skin between them hardly lighter: bright amplified specks look like grease.
        relief = np.clip(amount * relief, -0.3, 0.08) + drawn[part] * self.skin[part]
        paler = max(age - 50, 0) / 200
        grey = cv2.cvtColor(changed := changed.astype(np.float32), cv2.COLOR_RGB2GRAY)[..., None]
        changed = changed + paler * (grey - changed) * self.skin[part][..., None]
        changed = self._greyer_brows(changed, age, part)
        changed = self._paler_mouth(changed, age, part)
        aged: Pixels = np.clip((changed + 8) * np.exp(relief)[..., None] - 8, 0, 255).astype(np.float32)
        return aged

    def _greyer_brows(self, face: Pixels, age: float, part: tuple[slice, slice]) -> Pixels:
        amount = float(np.clip((age - 50) / 25, 0, 1)) * 0.45
        skin = cv2.GaussianBlur(face, (0, 0), 14)
        grey = cv2.cvtColor(skin, cv2.COLOR_RGB2GRAY)[..., None] * 0.85
        mixed: Pixels = face + amount * self.brows[part][..., None] * (grey - face)
        return mixed

    def _paler_mouth(self, face: Pixels, age: float, part: tuple[slice, slice]) -> Pixels:
        """Lips lose their red, beards their darkness."""
        amount = float(np.clip((age - 48) / 27, 0, 1))
        lips, beard = self.lips[part][..., None], self.beard[part][..., None]
        smooth = cv2.GaussianBlur(face, (0, 0), 8)
        cheek = np.median(face[self.skin[part] > 0.9], axis=0)
        dark = np.maximum(0.97 * cheek - smooth, 0) * beard
        grey = cv2.cvtColor(face, cv2.COLOR_RGB2GRAY)[..., None]
        lighter = face + 0.5 * amount * dark + np.minimum(0.02 * amount * dark, 0.6 * amount) * (grey - face)
        skin_like = cheek * (grey / max(float(cheek @ (0.299, 0.587, 0.114)), 1.0))
        paler: Pixels = (lighter + 0.5 * amount * lips * (skin_like - lighter)).astype(np.float32)
        return paler

    def aged_shape(self, shape: Points, years: float, age: float) -> Points:
        """A shape (n_points, 2) taken along the axis; from 45 on with what the few old contributors cannot tell."""
        aged: Points = shape + self.shape * float(np.clip(years, -8, 22))
        aged[:N_MESH] += sag(aged[:N_MESH]) * max(age - 45, 0) / 30
        return aged


def learn(model: FaceModel) -> AgeAxis:
    """Regress shape and smooth colour on age within groups; collect the older faces' relief."""
    centred = np.zeros(len(model.keys))
    shapes = np.zeros_like(model.shapes)
    means: dict[str, Pixels] = {}
    for group in model.groups:
        members = group.members
        centred[members] = model.ages[members] - model.ages[members].mean()
        shapes[members] = model.shapes[members] - model.shapes[members].mean(axis=0)
        means[group.name] = model.textures[members].mean(axis=0, dtype=np.float32)
    steady = np.clip(centred, -8, 14)  # the few oldest would otherwise be the axis
    norm = float((steady * centred).sum())
    shape = np.tensordot(steady, shapes, 1) / norm
    colour = np.zeros_like(next(iter(means.values())))
    for group in model.groups:
        for member in group.members:
            colour += steady[member] * (model.textures[member] - means[group.name])
    old = np.flatnonzero(model.ages >= OLD)
    skin = skin_mask(model.mean)
    relief = np.stack([_relief(model.textures[n]) - _relief(means[model.group_of(n).name]) for n in old]) * skin
    smooth = cv2.GaussianBlur(colour / norm, (0, 0), _COARSE)
    brows, lips, beard = (_soft(model.mean, *parts) for parts in (_BROWS, (OUTER_LIPS,), (_BEARD,)))
    return AgeAxis(shape, smooth, relief, old, skin, brows, lips, beard * skin)


def sag(mesh: Points) -> Points:
    """(468, 2) displacement of a mesh at the age of 75, in its own unit."""
    width = float(np.linalg.norm(mesh[LEFT_SIDE] - mesh[RIGHT_SIDE]))
    outwards = np.sign(mesh[list(_SAG), 0] - mesh[BETWEEN_EYES, 0])
    moves = np.array(list(_SAG.values())) * width
    moves[:, 0] *= outwards
    apart = np.linalg.norm(mesh[:, None] - mesh[list(_SAG)][None], axis=2)
    weight = np.exp(-0.5 * (apart / (_SPREAD * width)) ** 2)
    near: Points = weight @ moves / np.maximum(weight.sum(axis=1, keepdims=True), 0.6)
    return near


def skin_mask(mean: Points) -> Pixels:
    """(SIZE, SIZE) 1 on skin, 0 on eyes, brows and lips: their edges differ from face to face and are no wrinkles."""
    keep = np.zeros((SIZE, SIZE), np.uint8)
    for points in (*_BROWS, RIGHT_EYE, LEFT_EYE, OUTER_LIPS, _NOSTRILS):
        cv2.fillConvexPoly(keep, cv2.convexHull(np.round(mean[list(points)]).astype(np.int32)), 1)
    keep = cv2.dilate(keep, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (9, 9)))
    return cv2.GaussianBlur((forehead.face_mask(mean) & (keep == 0)).astype(np.float32), (0, 0), 3)


def _soft(mean: Points, *parts: tuple[int, ...]) -> Pixels:
    """(SIZE, SIZE) 1 within the hulls of points, with soft edges."""
    mask = np.zeros((SIZE, SIZE), np.uint8)
    for points in parts:
        cv2.fillConvexPoly(mask, cv2.convexHull(np.round(mean[list(points)]).astype(np.int32)), 1)
    return cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 5)


def _relief(texture: NDArray[np.generic]) -> Pixels:
    """(SIZE, SIZE) logarithm of luminance between the wrinkles' frequencies."""
    grey = np.log(cv2.cvtColor(texture.astype(np.float32), cv2.COLOR_RGB2GRAY) + 8)
    band: Pixels = cv2.GaussianBlur(grey, (0, 0), _FINE) - cv2.GaussianBlur(grey, (0, 0), _COARSE)
    return band
