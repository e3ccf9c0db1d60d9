"""The head around the face: hair, ears, neck, clothes and backdrop of one contributor's portrait.

Hair and clothes of several people average to a ghost, and cutting them out leaves a fringe. So all that surrounds the
face comes from one portrait as it is; its skin takes the sampled face's tone.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from deid.algorithms.facemodel import forehead, layout
from deid.algorithms.facemodel.forehead import face_mask
from deid.algorithms.facemodel.layout import SIZE, Points
from deid.algorithms.facemodel.model import FaceModel, Group
from deid.algorithms.facemodel.opencv import cv2

Pixels = NDArray[np.float32]
FEWEST_LENDERS = 5  # a group has at least so many, the best there are
_FRINGE = 0.08  # of the forehead's inner part: more hair would lie on the face
_TOP = 0.012  # of the frame, free above the hair
_LOCAL = 0.2  # logarithm, how far the tone may change from place to place
_COARSER = 4  # tones change slowly: they are spread on a coarser grid


@dataclass(frozen=True, slots=True)
class Head:
    """What surrounds a face, on the mean shape: `texture` (SIZE, SIZE, 3), `shows` (SIZE, SIZE) 0-1 where it is seen
    and not the face; `hair`, `skin` (SIZE, SIZE) 0-1; `outline` (N_OUTLINE, 2) points, `face` (468, 2) the lender's
    mesh."""

    texture: Pixels
    shows: Pixels
    hair: Pixels
    skin: Pixels
    outline: Points
    face: Points


def lenders(model: FaceModel, group: Group) -> NDArray[np.int64]:
    """The members of a group whose forehead is bare and whose hair the picture does not cut off."""
    top = model.shapes[group.members, layout.N_MESH : layout.N_MESH + len(layout.RAYS), 1].min(axis=1)
    faults = np.maximum(model.fringes[group.members] - _FRINGE, 0) + (top < _TOP * SIZE)
    order = np.argsort(faults, kind="stable")
    chosen: NDArray[np.int64] = group.members[order[: max(FEWEST_LENDERS, int((faults == 0).sum()))]]
    return chosen


def head_of(model: FaceModel, lender: int) -> Head:
    """The head of a contributor as it is."""
    hair = hair_of(model, lender)
    outer = 1 - _within(model.mean, forehead.INNER)
    shows = np.maximum(1 - _within(model.mean, 0.075), outer * hair)
    shape, texture = model.shapes[lender], model.portraits[lender].astype(np.float32)
    return Head(texture, shows, hair, skin_of(model, lender), shape[layout.N_MESH :], shape[: layout.N_MESH])


def hair_of(model: FaceModel, lender: int) -> Pixels:
    """(SIZE, SIZE) 0-1 where the head hair of a portrait is: darker than skin or of another hue, within the body, and
    neither in the middle of the face nor on the neck."""
    mean, portrait = model.mean, model.portraits[lender].astype(np.float32)
    width = layout.FACE_WIDTH * SIZE
    body = cv2.erode(model.bodies[lender], np.ones((3, 3), np.uint8)).astype(np.float32) / 255
    hair = (1 - skin_likeness(portrait, mean)) * body * (1 - _within(mean, forehead.INNER))
    light = cv2.cvtColor(portrait, cv2.COLOR_RGB2GRAY)
    cheek = float(forehead.cheek_colour(light[..., None], mean)[0])
    hair *= 1 - _ramp((light / cheek - 1.2) / 0.3)  # shine on the forehead
    hair *= light < _CLOTHES
    middle, chin, mouth = mean[layout.CHIN, 0], mean[layout.CHIN, 1], mean[13, 1]
    rows, columns = np.mgrid[0:SIZE, 0:SIZE].astype(np.float32)
    # Beards and the neck's shadow are no head hair: the neck is nearly as wide as the jaw, hair hangs beside it.
    jaw = _ramp((rows - mouth) / (0.2 * width)) * (1 - _ramp((np.abs(columns - middle) / width - 0.40) / 0.12))
    shoulders = _ramp((rows - chin) / (0.5 * width))
    return cv2.GaussianBlur((hair * (1 - jaw) * (1 - shoulders)).astype(np.float32), (0, 0), 1.5)


_CLOTHES = 200.0  # grey value; white shirts are lighter, hair is darker


def _ramp(t: Pixels) -> Pixels:
    inside = np.clip(t, 0, 1)
    smooth: Pixels = (inside * inside * (3 - 2 * inside)).astype(np.float32)
    return smooth


def _within(mean: Points, width: float) -> Pixels:
    """(SIZE, SIZE) 0 at the oval's edge, rising to 1 in so many face widths."""
    depth = cv2.distanceTransform(face_mask(mean).astype(np.uint8), cv2.DIST_L2, 5)
    return _ramp((depth - 2) / (width * layout.FACE_WIDTH * SIZE))


def skin_of(model: FaceModel, lender: int) -> Pixels:
    """(SIZE, SIZE) 0-1 where a portrait shows skin."""
    whole = model.portraits[lender].astype(np.float32)
    body = cv2.GaussianBlur(model.bodies[lender].astype(np.float32) / 255, (0, 0), 1.5)
    hue = _ramp((np.ptp(cv2.GaussianBlur(whole, (0, 0), 2), axis=2) - 8) / 16)  # white clothes have none
    skin: Pixels = skin_likeness(whole, model.mean) * body * hue
    return skin


def toned(head: Head, face: Pixels, mean: Points, drawn: Pixels) -> Head:
    """A head with its skin in the tone of a face (SIZE, SIZE, 3), which need only be known within the oval, and with
    the folds `drawn` (SIZE, SIZE) on it.

    The ratio of face to head along the oval's edge is spread outwards and applied where the head shows skin.
    """
    whole, skin = head.texture, head.skin
    small = (SIZE // _COARSER, SIZE // _COARSER)
    little, target = (cv2.resize(each, small, interpolation=cv2.INTER_AREA) for each in (whole, face))
    ring = cv2.resize((face_mask(mean, -4) & ~face_mask(mean, -30)).astype(np.float32), small)
    weight = ring * cv2.resize(skin * skin_likeness(face, mean), small)
    ratio = np.clip(np.log((target + 8) / (little + 8)), -1, 1) * weight[..., None]
    sigma = 40 / _COARSER
    total = cv2.GaussianBlur(weight, (0, 0), sigma) + 1e-5
    near = np.clip(total / 0.03, 0, 1)[..., None]
    overall = ratio.sum(axis=(0, 1)) / max(float(weight.sum()), 1.0)
    change = cv2.GaussianBlur(ratio, (0, 0), sigma) / total[..., None] * near + overall * (1 - near)
    # Where one has a beard and the other has none, skin is compared with hair: the neck would turn pale.
    change = overall + np.clip(change - overall, -_LOCAL, _LOCAL)
    change = cv2.resize(change.astype(np.float32), (SIZE, SIZE), interpolation=cv2.INTER_LINEAR)
    # Shine is the lamp's and becomes no lighter with the skin.
    shine = _ramp((whole.min(axis=2, keepdims=True) - 90) / 90)
    change = np.where(change > 0, change * (1 - shine), change) + drawn[..., None]
    tone = ((whole + 8) * np.exp(change * skin[..., None]) - 8).astype(np.float32)
    return replace(head, texture=tone)


def skin_likeness(texture: Pixels, mean: Points) -> Pixels:
    """(SIZE, SIZE) 0-1, how near a colour lies to the cheeks', more strictly in hue than in lightness."""
    lab = cv2.cvtColor(np.clip(texture, 0, 255).astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    places = np.round(mean[list(layout.CHEEKS)]).astype(int)
    own = np.median(lab[places[:, 1], places[:, 0]], axis=0)
    darker = min(26.0, 0.4 * float(own[0]))  # black hair is nearer to dark skin
    light = (lab[..., 0] - own[0]) / np.where(lab[..., 0] > own[0], 16, darker)
    hue = np.linalg.norm(lab[..., 1:] - own[1:], axis=-1) / 13
    near = np.exp(-0.5 * np.maximum(np.hypot(light, hue) - 0.7, 0) ** 2 / 0.6**2)
    return cv2.GaussianBlur(near.astype(np.float32), (0, 0), 3)


_GREY_FROM, _GREY_FULL = 42.0, 72.0  # years in which hair loses its colour
_SILVER = 70.0, 145.0  # grey value of hair that begins to turn grey, and of grey hair


def greyed(head: Head, age: float) -> Pixels:
    """Hair turns grey: it loses its colour, and becomes lighter where it is dark."""
    grey = float(np.clip((age - _GREY_FROM) / (_GREY_FULL - _GREY_FROM), 0, 1))
    if grey == 0:
        return head.texture
    light = cv2.cvtColor(np.clip(head.texture, 0, 255), cv2.COLOR_RGB2GRAY)
    sure = head.hair**3 + 1e-3  # the skin beside it is no measure of hair
    usual = cv2.GaussianBlur(light * sure, (0, 0), 20) / cv2.GaussianBlur(sure, (0, 0), 20)
    lift = np.maximum(_SILVER[0] + grey * (_SILVER[1] - _SILVER[0]) - usual, 0)
    # Lifting flattens strands: their contrast is given back, but to hair alone, or its edge to the skin would glow.
    contrast = (light - usual) * np.exp(-(((light - usual) / 60) ** 2))
    silver = light + lift * (np.clip(1.15 - light / 200, 0, 1) + 0.012 * contrast)
    strand = np.clip(light / (usual + 4) - 1, -0.4, 0.4)
    part = (head.hair**2 * np.clip(1.7 * grey - 0.2 + 0.5 * strand, 0, 1) * 0.92)[..., None]
    coloured = silver[..., None] * np.array([1.0, 0.99, 0.97], np.float32)
    result: Pixels = head.texture * (1 - part) + coloured * part
    return result
