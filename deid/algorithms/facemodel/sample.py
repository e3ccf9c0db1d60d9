"""Identities of nobody: every contributor with a small random weight, in shape and in texture together."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deid.algorithms import meshwarp
from deid.algorithms.facemodel import aligned, heads, layout
from deid.algorithms.facemodel.ageing import AgeAxis
from deid.algorithms.facemodel.forehead import face_mask, face_part
from deid.algorithms.facemodel.layout import PICTURE, Points
from deid.algorithms.facemodel.model import FaceModel, Group
from deid.algorithms.facemodel.opencv import cv2
from deid.algorithms.facemodel.portrait import BACKDROP, Image

Pixels = NDArray[np.float32]
_RANGE = (3.0, 97.0)  # percentiles of the group's members that a sampled texture stays between
_CLOTHES = 165.0  # grey value; white shirts are lighter, hair is darker
_GREY_FROM, _GREY_FULL = 42.0, 72.0  # years in which hair loses its colour


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that an identity is made of. `weights` (n_kin,) a_i of the contributors of its sex; `age` years;
    `lenders` indices of those whose hair, ears and neck surround the face, with `share`; `relief` (n_old,) weights of
    the older contributors' wrinkles."""

    group: str
    weights: NDArray[np.float64]
    age: float
    lenders: tuple[int, ...]
    share: NDArray[np.float64]
    relief: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SkinTones:
    """Which hues skin of a lightness has among the contributors: `fit` (3, 2) a* and b* as a quadratic of L*, `spread`
    (2,) standard deviation around it. Mixtures of dark and light people stray into grey and green without it."""

    fit: NDArray[np.float64]
    spread: NDArray[np.float64]

    def plausible(self, face: Pixels, mesh: Points) -> Pixels:
        """A face whose cheeks' hue lies within a spread of what people of its lightness have."""
        lab = cv2.cvtColor(face.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
        places = np.round(mesh[list(layout.CHEEKS)]).astype(int)
        own = np.median(lab[places[:, 1], places[:, 0]], axis=0)
        expected = _powers(own[:1])[0] @ self.fit
        away = own[1:] - expected
        lab[..., 1:] += (np.clip(away, -self.spread, self.spread) - away).astype(np.float32)
        result: Pixels = np.clip(cv2.cvtColor(lab, cv2.COLOR_LAB2RGB) * 255, 0, 255)
        return result


def skin_tones(cheeks: NDArray[np.float32]) -> SkinTones:
    """From the contributors' cheek colours, (n, 3) RGB 0-255."""
    lab = cv2.cvtColor(cheeks[None].astype(np.float32) / 255, cv2.COLOR_RGB2LAB)[0].astype(np.float64)
    fit, *_ = np.linalg.lstsq(_powers(lab[:, 0]), lab[:, 1:], rcond=None)
    return SkinTones(fit, (lab[:, 1:] - _powers(lab[:, 0]) @ fit).std(axis=0))


def _powers(light: NDArray[np.floating]) -> NDArray[np.float64]:
    scaled = np.asarray(light, dtype=np.float64) / 100
    return np.stack([np.ones_like(scaled), scaled, scaled**2], axis=1)


@dataclass(frozen=True, slots=True)
class Sampler:
    """Draws and renders identities. `low`, `high`: by group, the textures' range."""

    model: FaceModel
    axis: AgeAxis
    low: dict[str, Pixels]
    high: dict[str, Pixels]
    tones: SkinTones

    def draw(self, group: Group, age: float, rng: np.random.Generator, spread: float = 1.0) -> Recipe:
        """A new identity: a_i ~ N(0, spread^2 / n) over all contributors of the sex, centred within each group."""
        kin = self.model.kin(group)
        weights = rng.normal(size=len(kin)) * spread / np.sqrt(len(kin))
        for each in self.model.groups:
            own = np.isin(kin, each.members)
            weights[own] -= weights[own].mean() if own.any() else 0
        lenders = heads.choose_lenders(self.model, group, self._cheek(group, weights), rng)
        share = rng.dirichlet(np.full(len(lenders), 6.0))
        # Wrinkles lie where one or two older people have them: an even mixture would wash them out.
        own = np.array([self.model.group_of(int(n)).sex == group.sex for n in self.axis.old])
        relief = np.zeros(len(own))
        relief[own] = rng.dirichlet(np.ones(int(own.sum())))  # of the same sex: stubble is relief too
        return Recipe(group.name, weights, age, lenders, share, relief)

    def _cheek(self, group: Group, weights: NDArray[np.float64]) -> Pixels:
        cheeks = self.model.cheeks[group.members]
        colour = cheeks.mean(axis=0) + weights @ self.model.cheeks[self.model.kin(group)]
        return np.clip(colour, cheeks.min(axis=0), cheeks.max(axis=0)).astype(np.float32)

    def render(self, recipe: Recipe) -> Image:
        """(PICTURE, PICTURE, 3) portrait of the identity."""
        group = next(each for each in self.model.groups if each.name == recipe.group)
        face = self._face(group, recipe)
        head = heads.head_of(self.model, recipe.lenders, recipe.share, face)
        mask = heads.blend_mask(self.model.mean)[..., None]
        body = face * mask + self._aged_hair(head, recipe.age) * (1 - mask)
        alpha = head.alpha[..., None]
        texture = body * alpha + np.array(BACKDROP, np.float32) * (1 - alpha)
        shape = self._shape(group, recipe, head)
        source, target = (aligned.with_border(points) for points in (self.model.mean, shape))
        warp = meshwarp.warp_map(self.model.triangles, source, target, aligned.BOX)
        whole = warp.apply(np.clip(texture, 0, 255).astype(np.uint8), cv2.INTER_CUBIC)
        picture: Image = cv2.resize(whole, (PICTURE, PICTURE), interpolation=cv2.INTER_AREA)
        return picture

    def _years(self, group: Group, recipe: Recipe) -> float:
        """Years to go along the axis: from what the weights already make of the face."""
        ages = self.model.ages
        return recipe.age - float(ages[group.members].mean() + recipe.weights @ ages[self.model.kin(group)])

    def _persons(self, group: Group, recipe: Recipe) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Contributors and how much of each: the group's mean + sum of a_i (person_i - mean of person i's group), in
        which the means drop out because the a_i of each group sum to 0."""
        kin = self.model.kin(group)
        return kin, recipe.weights + np.isin(kin, group.members) / len(group.members)

    def _face(self, group: Group, recipe: Recipe) -> Pixels:
        """(SIZE, SIZE, 3) the sampled face; zero away from it."""
        part = face_part(self.model.mean)
        persons, share = self._persons(group, recipe)
        sampled = np.tensordot(share.astype(np.float32), self.model.textures[persons][:, *part], 1).astype(np.float32)
        sampled = np.clip(sampled, self.low[group.name][part], self.high[group.name][part])
        sampled = self.tones.plausible(sampled, self.model.mean - (part[1].start, part[0].start))
        face = np.zeros((*self.model.textures.shape[1:3], 3), np.float32)
        depth = 1.3 if group.sex == "f" else 1.0  # young women's skin is smoother: the same folds would look younger
        face[part] = self.axis.aged_texture(
            sampled, self._years(group, recipe), recipe.age, recipe.relief * depth, part
        )
        return face

    def _shape(self, group: Group, recipe: Recipe, head: heads.Head) -> Points:
        persons, share = self._persons(group, recipe)
        shape = np.tensordot(share, self.model.shapes[persons], 1)
        mesh = self.axis.aged_shape(shape, self._years(group, recipe), recipe.age)[: layout.N_MESH]
        # The head goes with the face: each outline point moves as the oval's points near it do.
        change = layout.oval(mesh) - layout.oval(head.face)
        apart = np.linalg.norm(head.outline[:, None] - layout.oval(head.face)[None], axis=2)
        near = 1 / (apart + 12) ** 2
        return np.vstack([mesh, head.outline + near @ change / near.sum(axis=1, keepdims=True)])

    def _aged_hair(self, head: heads.Head, age: float) -> Pixels:
        """Hair turns grey: what is neither skin nor clothes loses its colour and becomes lighter, in strands."""
        grey = float(np.clip((age - _GREY_FROM) / (_GREY_FULL - _GREY_FROM), 0, 1))
        if grey == 0:
            return head.texture
        mean = self.model.mean
        hair = (1 - heads.skin_likeness(head.texture, mean)) * ~face_mask(mean, -6) * head.alpha
        light = cv2.cvtColor(head.texture, cv2.COLOR_RGB2GRAY) + 4
        hair *= light < _CLOTHES
        smooth = cv2.GaussianBlur(light, (0, 0), 10)
        # At the outline the backdrop would make strands glow: the contrast is kept within a hair's.
        silver = np.minimum(np.clip(light / smooth, 0.6, 1.3) * (50 + 35 * grey + 0.85 * smooth), 185)
        part = (cv2.GaussianBlur(hair.astype(np.float32), (0, 0), 2) * np.sqrt(grey) * 0.9)[..., None]
        coloured = silver[..., None] * np.array([1.0, 0.99, 0.97], np.float32)
        result: Pixels = head.texture * (1 - part) + coloured * part
        return result


def sampler(model: FaceModel, axis: AgeAxis) -> Sampler:
    """A sampler with the range of every group's textures."""
    low, high = {}, {}
    for group in model.groups:
        bounds = np.percentile(model.textures[group.members], _RANGE, axis=0)
        low[group.name], high[group.name] = (cv2.GaussianBlur(b.astype(np.float32), (0, 0), 2) for b in bounds)
    return Sampler(model, axis, low, high, skin_tones(model.cheeks))
