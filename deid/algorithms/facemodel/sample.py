"""Identities of nobody: every contributor with a small random weight, in shape and in texture together."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from deid.algorithms import meshwarp
from deid.algorithms.facemodel import aligned, folds, heads, layout
from deid.algorithms.facemodel.ageing import AgeAxis
from deid.algorithms.facemodel.forehead import face_part
from deid.algorithms.facemodel.layout import PICTURE, SIZE, Points
from deid.algorithms.facemodel.model import FaceModel, Group
from deid.algorithms.facemodel.opencv import cv2
from deid.algorithms.facemodel.portrait import Image
from faces.mesh import LEFT_EYE, RIGHT_EYE

Pixels = NDArray[np.float32]
MANY = 20  # members of a group whose mean is nobody; that of fewer is like each of them, so it is mixed
_OTHERS, _WIDER = (0.15, 0.5), 1.25  # with the mean of the others of the sex, and varied more
_OTHER_EYES = 0.4  # of the variation, in such groups: eyes have the group's colours
_RANGE = (3.0, 97.0)  # percentiles of people of the sex, in one tone, that a sampled texture stays between
_GAIN = (0.3, 3.0)  # of a contributor's skin towards the tone
_BLUSH = 0.55  # share that is taken off the sampled face's broad deviations in hue: they read as stains
_BROAD = 22.0  # pixels of the model: standard deviation of what is broad
_OTHER_TONE = 0.4  # how far at most the tone goes from the lender's to another's: the less, the less is toned


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that an identity is made of.

    `weights` (n_kin,) a_i of the contributors of its sex; `others` share of the mean of the other groups of its sex in
    the mean that it varies about; `tone` (3,) RGB of the cheeks; `age` years; `lender` index of who lends hair, ears,
    neck and clothes; `relief` (n_old,) weights of the older contributors' wrinkles; `folds` seed of those drawn.
    """

    group: str
    weights: NDArray[np.float64]
    others: float
    tone: NDArray[np.float64]
    age: float
    lender: int
    relief: NDArray[np.float64]
    folds: int


@dataclass(frozen=True, slots=True)
class Limits:
    """What textures of a group lie between, in the `part` of the frame that holds the face: `low`, `high` of skin in
    the tone _GREY, `low_eyes`, `high_eyes` of eyes as they are; `eyes` (h, w, 1) 0-1 where those are."""

    low: Pixels
    high: Pixels
    low_eyes: Pixels
    high_eyes: Pixels
    eyes: Pixels

    def kept(self, face: Pixels, tone: NDArray[np.float64]) -> Pixels:
        """A face (h, w, 3) in a tone, RGB, within the limits."""
        gain = (tone / _GREY).astype(np.float32)
        skin, eyes = np.clip(face, self.low * gain, self.high * gain), np.clip(face, self.low_eyes, self.high_eyes)
        kept: Pixels = skin * (1 - self.eyes) + eyes * self.eyes
        return kept


@dataclass(frozen=True, slots=True)
class Sampler:
    """Draws and renders identities. `limits` by group; `prepared` heads of lenders, as they are needed."""

    model: FaceModel
    axis: AgeAxis
    limits: dict[str, Limits]
    prepared: dict[int, heads.Head] = field(default_factory=dict)

    def draw(self, group: Group, age: float, lender: int, rng: np.random.Generator, spread: float = 1.0) -> Recipe:
        """A new identity: a_i ~ N(0, spread^2 / n) over all contributors of the sex, centred within each group; skin of
        a tone between that of the lender of the hair and that of another member."""
        kin = self.model.kin(group)
        few = len(group.members) < MANY < len(kin)
        others = rng.uniform(*_OTHERS) if few else 0.0
        weights = rng.normal(size=len(kin)) * spread * (_WIDER if few else 1) / np.sqrt(len(kin))
        for each in self.model.groups:
            own = np.isin(kin, each.members)
            weights[own] -= weights[own].mean() if own.any() else 0
        one, other = self.model.cheeks[[lender, rng.choice(group.members)]].astype(np.float64)
        tone = one + _OTHER_TONE * rng.random() * (other - one)
        # Wrinkles lie where one or two older people have them: an even mixture would wash them out.
        old = np.array([self.model.group_of(int(n)).sex == group.sex for n in self.axis.old])
        relief = np.zeros(len(old))
        relief[old] = rng.dirichlet(np.ones(int(old.sum())))  # of the same sex: stubble is relief too
        return Recipe(group.name, weights, others, tone, age, lender, relief, int(rng.integers(2**31)))

    def render(self, recipe: Recipe) -> Image:
        """(PICTURE, PICTURE, 3) portrait of the identity."""
        group = next(each for each in self.model.groups if each.name == recipe.group)
        # Dark skin shows folds less, and gets them later.
        depth = float(np.clip(recipe.tone.mean() / _GREY, 0.6, 1))
        drawn = depth * folds.relief(self.model.mean, recipe.age, recipe.folds)
        face = self._face(group, recipe, drawn)
        if recipe.lender not in self.prepared:
            self.prepared[recipe.lender] = heads.head_of(self.model, recipe.lender)
        head = heads.toned(self.prepared[recipe.lender], face, self.model.mean, drawn)
        shows = head.shows[..., None]
        texture = face * (1 - shows) + heads.greyed(head, recipe.age) * shows
        shape = self._shape(group, recipe, head)
        source, target = (aligned.with_border(points) for points in (self.model.mean, shape))
        warp = meshwarp.warp_map(self.model.triangles, source, target, aligned.BOX)
        whole = warp.apply(np.clip(texture, 0, 255).astype(np.uint8), cv2.INTER_CUBIC)
        picture: Image = cv2.resize(whole, (PICTURE, PICTURE), interpolation=cv2.INTER_AREA)
        return picture

    def _years(self, group: Group, recipe: Recipe) -> float:
        """Years to go along the axis: from what the weights already make of the face."""
        ages = self.model.ages
        persons, share = self._persons(group, recipe)
        return recipe.age - float(share @ ages[persons])

    def _base(self, group: Group, recipe: Recipe) -> NDArray[np.float64]:
        """(n_kin,) how much of each contributor is in the mean that the identity varies about."""
        own = np.isin(self.model.kin(group), group.members)
        base: NDArray[np.float64] = (1 - recipe.others) * own / own.sum()
        return base + recipe.others * ~own / max(int((~own).sum()), 1)

    def _persons(self, group: Group, recipe: Recipe) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Contributors and how much of each: the mean + sum of a_i (person_i - mean of person i's group), in which
        the groups' means drop out because the a_i of each group sum to 0."""
        return self.model.kin(group), recipe.weights + self._base(group, recipe)

    def _face(self, group: Group, recipe: Recipe, drawn: Pixels) -> Pixels:
        """(SIZE, SIZE, 3) the sampled face; zero away from it."""
        part = face_part(self.model.mean)
        persons, share = self._persons(group, recipe)
        own = np.isin(persons, group.members) / len(group.members)
        eyes = own + recipe.weights * (_OTHER_EYES if recipe.others else 1)
        skin = np.stack([self._base(group, recipe), share])
        usual, sampled = in_tone(self.model, persons, recipe.tone, part, skin, eyes)
        broad = cv2.GaussianBlur(sampled - usual, (0, 0), _BROAD)
        sampled -= _BLUSH * (broad - broad.mean(axis=2, keepdims=True))
        sampled = self.limits[group.name].kept(sampled, recipe.tone)
        face = np.zeros((SIZE, SIZE, 3), np.float32)
        face[part] = self.axis.aged_texture(sampled, self._years(group, recipe), recipe.age, recipe.relief, drawn, part)
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


_GREY = 128.0  # the tone in which textures of a sex are compared


def in_tone(
    model: FaceModel, persons: NDArray[np.int64], tone: NDArray[np.float64], part: tuple[slice, slice],
    skin: NDArray[np.float64], eyes: NDArray[np.float64],
) -> Pixels:  # fmt: skip
    """(n, h, w, 3) the `part` of mixtures of textures by `skin` (n, n_persons), each texture with its cheeks in one
    tone, RGB: mixing light and dark skin as it is leaves patches of either. Eyes are of no tone and are mixed by `eyes`
    (n_persons,) as they are."""
    gain = np.clip(tone / np.maximum(model.cheeks[persons], 1), *_GAIN).astype(np.float32)
    textures = model.textures[persons][:, *part]
    place = _eyes(model.mean)[part][..., None]
    plain = np.tensordot(eyes.astype(np.float32), textures, 1)
    mixed = [np.tensordot(skin.astype(np.float32) * gain[:, c], textures[..., c], 1) for c in range(3)]
    result: Pixels = (np.stack(mixed, axis=-1) * (1 - place) + plain * place).astype(np.float32)
    return result


def _eyes(mean: Points) -> Pixels:
    mask = np.zeros((SIZE, SIZE), np.uint8)
    for eye in (RIGHT_EYE, LEFT_EYE):
        cv2.fillPoly(mask, [np.round(mean[list(eye)]).astype(np.int32)], 1)
    return cv2.GaussianBlur(mask.astype(np.float32), (0, 0), 2)


def sampler(model: FaceModel, axis: AgeAxis) -> Sampler:
    """A sampler with the limits of each group's textures: skin varies as it does in all people of the sex, eyes as in
    the group's own."""
    limits: dict[str, Limits] = {}
    part = face_part(model.mean)
    eyes = _eyes(model.mean)[part][..., None]
    for sex in sorted({group.sex for group in model.groups}):
        groups = [group for group in model.groups if group.sex == sex]
        persons = np.concatenate([group.members for group in groups])
        gain = np.clip(_GREY / np.maximum(model.cheeks[persons], 1), *_GAIN)[:, None, None]
        toned = np.clip(model.textures[persons][:, *part] * gain.astype(np.float32), 0, 510).astype(np.uint16)
        skin = np.percentile(toned, _RANGE, axis=0)
        for group in groups:
            own = np.percentile(model.textures[group.members][:, *part], (0, 100), axis=0)
            smooth = [cv2.GaussianBlur(bound.astype(np.float32), (0, 0), 2) for bound in (*skin, *own)]
            limits[group.name] = Limits(smooth[0], smooth[1], smooth[2], smooth[3], eyes)
    return Sampler(model, axis, limits)
