"""The head around the face: hair, ears, neck and shoulders of a few tidy contributors, before a plain backdrop.

Hair and clothes of many people average to a ghost. So hair and ears come from three contributors of like skin, whose
outlines lie on one another, neck and clothes from one of them; the skin takes the sampled face's tone.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deid.algorithms.facemodel import layout
from deid.algorithms.facemodel.forehead import face_mask
from deid.algorithms.facemodel.layout import SIZE, Points
from deid.algorithms.facemodel.model import FaceModel, Group
from deid.algorithms.facemodel.opencv import cv2
from deid.algorithms.facemodel.portrait import Image

Pixels = NDArray[np.float32]
N_HEADS = 3
_TIDY_SHARE = 0.45  # of a group: whose hair may be seen
_MOST_TIDY = 14
_COARSER = 4  # tones change slowly: they are spread on a coarser grid


@dataclass(frozen=True, slots=True)
class Head:
    """What surrounds a face, on the mean shape: `texture` (SIZE, SIZE, 3), `alpha` (SIZE, SIZE) 0-1 before the
    backdrop, `outline` (N_OUTLINE, 2) points, `face` (468, 2) mean mesh of those it comes from, `lenders` their
    indices, the first of whom lends neck and clothes."""

    texture: Pixels
    alpha: Pixels
    outline: Points
    face: Points
    lenders: tuple[int, ...]


def tidy_members(model: FaceModel, group: Group) -> NDArray[np.int64]:
    """The members of a group whose hair is short, tied back or close to the head."""
    order = group.members[np.argsort(model.untidy[group.members])]
    count = min(max(N_HEADS + 2, round(_TIDY_SHARE * len(order))), _MOST_TIDY, len(order))
    chosen: NDArray[np.int64] = order[:count]
    return chosen


def choose_lenders(model: FaceModel, group: Group, cheek: Pixels, rng: np.random.Generator) -> tuple[int, ...]:
    """Three tidy members, drawn among those whose skin is nearest to a cheek colour, RGB."""
    tidy = tidy_members(model, group)
    away = np.linalg.norm(np.log(model.cheeks[tidy] + 8) - np.log(cheek + 8), axis=1)
    near = tidy[np.argsort(away)[: 2 * N_HEADS]]
    return tuple(int(n) for n in rng.permutation(near)[:N_HEADS])


def head_of(model: FaceModel, lenders: tuple[int, ...], share: NDArray[np.float64], face: Pixels) -> Head:
    """Hair and ears by `share` (n_lenders,) of each lender, neck and clothes of the first; skin in the tone of `face`
    (SIZE, SIZE, 3), which need only be known within the oval."""
    below = _below_nose(model.mean)[..., None]
    picked = list(lenders)
    tones = [toned(model.textures[number], face, model.mean) for number in picked]
    mixed = sum((weight * tone for weight, tone in zip(share, tones, strict=True)), np.zeros_like(tones[0]))
    texture = (mixed * (1 - below) + tones[0] * below).astype(np.float32)
    body = np.tensordot(share, model.bodies[picked].astype(np.float32) / 255, 1)
    body = body * (1 - below[..., 0]) + model.bodies[lenders[0]] / 255 * below[..., 0]
    body *= np.maximum(_within_outline(model.mean), below[..., 0])
    alpha = cv2.GaussianBlur(np.clip(2.2 * body - 0.6, 0, 1).astype(np.float32), (0, 0), 1.5)
    shape = np.tensordot(share, model.shapes[picked], 1)
    outline = shape[layout.N_MESH :].copy()
    first = len(layout.RAYS)
    outline[first:] = model.shapes[lenders[0]][layout.N_MESH + first :]
    return Head(texture, alpha, outline, shape[: layout.N_MESH], lenders)


def _below_nose(mean: Points) -> Pixels:
    """(SIZE, SIZE) 0 above the nose, 1 from the mouth downwards: there, necks and what hangs beside them differ."""
    width = layout.FACE_WIDTH * SIZE
    start = mean[2, 1] + 0.02 * width
    rows = np.clip((np.arange(SIZE) - start) / (0.12 * width), 0, 1)
    ramp = (rows * rows * (3 - 2 * rows)).astype(np.float32)
    return np.repeat(ramp[:, None], SIZE, axis=1)


def _within_outline(mean: Points) -> Pixels:
    """(SIZE, SIZE) 1 on the mean's head and down to the picture's edge, 0 where only loose tufts reach."""
    head = mean[layout.N_MESH : layout.N_MESH + len(layout.RAYS)]
    closed = np.vstack([head, [(SIZE, SIZE), (0, SIZE)]])
    mask = np.zeros((SIZE, SIZE), np.uint8)
    cv2.fillPoly(mask, [np.round(closed).astype(np.int32)], 1)
    grown = cv2.dilate(mask, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (19, 19)))
    return cv2.GaussianBlur(grown.astype(np.float32), (0, 0), 3)


def blend_mask(mean: Points) -> Pixels:
    """(SIZE, SIZE) 1 where the sampled face shows, falling to 0 at the oval's edge; narrow at the jaw."""
    width = layout.FACE_WIDTH * SIZE
    inside = face_mask(mean).astype(np.uint8)
    depth = cv2.distanceTransform(inside, cv2.DIST_L2, 5)
    soft: Pixels = np.clip((depth - 2) / (0.075 * width), 0, 1).astype(np.float32)
    return soft * soft * (3 - 2 * soft)


def toned(texture: Image, face: Pixels, mean: Points) -> Pixels:
    """A lender's texture with its skin in the face's tone.

    The ratio of face to lender along the oval's edge is spread outwards and applied where the lender shows skin.
    """
    whole = texture.astype(np.float32)
    skin = skin_likeness(whole, mean)
    small = (SIZE // _COARSER, SIZE // _COARSER)
    little, target = (cv2.resize(each, small, interpolation=cv2.INTER_AREA) for each in (whole, face))
    ring = cv2.resize((face_mask(mean, -4) & ~face_mask(mean, -30)).astype(np.float32), small)
    weight = ring * cv2.resize(skin, small)
    ratio = np.clip(np.log((target + 8) / (little + 8)), -1, 1) * weight[..., None]
    sigma = 40 / _COARSER
    total = cv2.GaussianBlur(weight, (0, 0), sigma) + 1e-5
    near = np.clip(total / 0.03, 0, 1)[..., None]
    overall = ratio.sum(axis=(0, 1)) / max(float(weight.sum()), 1.0)
    change = cv2.GaussianBlur(ratio, (0, 0), sigma) / total[..., None] * near + overall * (1 - near)
    change = cv2.resize(change.astype(np.float32), (SIZE, SIZE), interpolation=cv2.INTER_LINEAR)
    tone: Pixels = ((whole + 8) * np.exp(change * skin[..., None]) - 8).astype(np.float32)
    return tone


def skin_likeness(texture: Pixels, mean: Points) -> Pixels:
    """(SIZE, SIZE) 0-1, how near a colour lies to the cheeks', more strictly in hue than in lightness."""
    lab = cv2.cvtColor(np.clip(texture, 0, 255).astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    places = np.round(mean[list(layout.CHEEKS)]).astype(int)
    own = np.median(lab[places[:, 1], places[:, 0]], axis=0)
    light = (lab[..., 0] - own[0]) / np.where(lab[..., 0] > own[0], 16, 26)
    hue = np.linalg.norm(lab[..., 1:] - own[1:], axis=-1) / 13
    near = np.exp(-0.5 * np.maximum(np.hypot(light, hue) - 0.7, 0) ** 2 / 0.6**2)
    return cv2.GaussianBlur(near.astype(np.float32), (0, 0), 3)
