"""Foreheads freed of hair: strands of many fringes would show as streaks in every identity of the model."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from deid.algorithms.facemodel import layout
from deid.algorithms.facemodel.layout import SIZE, Points
from deid.algorithms.facemodel.opencv import cv2
from deid.algorithms.facemodel.portrait import Image
from faces.mesh import LEFT_EYE, RIGHT_EYE

BROWS = (70, 63, 105, 66, 107, 55, 65, 52, 53, 46, 336, 296, 334, 293, 300, 276, 283, 282, 295, 285)
_DARK = 0.72  # of the person's own cheek, in luminance: hair, whatever the skin's tone
_BRIGHT = 1.3  # the backdrop beside the temples
_DARKER = 0.80  # of what bare foreheads show at this place
INNER = 0.1  # face widths from the oval's edge on in which a natural hair line may run
_FEWEST_BARE = 4  # bare foreheads needed to know what skin looks like at a place

Zone = NDArray[np.bool_]
Pixels = NDArray[np.float32]


def face_mask(mean: Points, grown: int = 0) -> Zone:
    """(SIZE, SIZE) inside the mean's oval, grown by so many pixels."""
    mask = np.zeros((SIZE, SIZE), np.uint8)
    cv2.fillPoly(mask, [np.round(layout.oval(mean)).astype(np.int32)], 1)
    if grown > 0:
        mask = cv2.dilate(mask, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * grown + 1,) * 2))
    if grown < 0:
        mask = cv2.erode(mask, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (1 - 2 * grown,) * 2))
    return mask > 0


def face_part(mean: Points, margin: int = 8) -> tuple[slice, slice]:
    """Rows and columns of the common frame that hold the mean's oval."""
    left, top = np.floor(layout.oval(mean).min(axis=0)).astype(int) - margin
    right, bottom = np.ceil(layout.oval(mean).max(axis=0)).astype(int) + margin
    return slice(max(int(top), 0), int(bottom)), slice(max(int(left), 0), int(right))


def forehead_zone(mean: Points, grown: int = 8) -> Zone:
    """(SIZE, SIZE) the oval's part above the eyes' outer corners, without brows."""
    zone = face_mask(mean, grown)
    zone[int(mean[[33, 263], 1].mean()) :] = False  # lower, ears and backdrop mix
    keep = np.zeros((SIZE, SIZE), np.uint8)
    for points in (BROWS[:10] + RIGHT_EYE, BROWS[10:] + LEFT_EYE):
        hull = cv2.convexHull(np.round(mean[list(points)]).astype(np.int32))
        cv2.fillConvexPoly(keep, hull, 1)
    margin = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (19, 19))
    bare: Zone = zone & (cv2.dilate(keep, margin) == 0)
    return bare


def forehead_middle(mean: Points) -> Zone:
    """(SIZE, SIZE) the part just above the brows that fringes leave free longest, and nothing shades."""
    mask = np.zeros((SIZE, SIZE), np.uint8)
    cv2.fillPoly(mask, [np.round(mean[[109, 69, 66, 9, 296, 299, 338, 10]]).astype(np.int32)], 1)
    return mask > 0


def cheek_colour(texture: NDArray[Any], mean: Points) -> Pixels:
    """(3,) median RGB of the cheeks, 0-255."""
    mask = np.zeros((SIZE, SIZE), np.uint8)
    for point in mean[list(layout.CHEEKS)]:
        cv2.circle(mask, tuple(int(v) for v in np.round(point)), 12, 1, -1)
    return np.median(texture[mask > 0], axis=0).astype(np.float32)


def bare_foreheads(textures: Image, mean: Points) -> tuple[Image, NDArray[np.float64]]:
    """Textures without hair in the forehead, and the share of the forehead's inner part that was hair.

    Parameters
    ----------
    textures : (n, SIZE, SIZE, 3) uint8 on the mean shape
    mean : the mean shape

    Hair is what is much darker than the person's own cheek or than the bare foreheads of the others at this place, both
    as ratios to the cheek, so that skin of every tone is judged alike. It is replaced by what bare foreheads show
    there, in the tone of the person's own bare skin around.
    """
    zone = forehead_zone(mean)
    cheeks = np.stack([cheek_colour(texture, mean) for texture in textures])
    ratios = [_luminance(texture) / _luminance(cheek) for texture, cheek in zip(textures, cheeks, strict=True)]
    unskinned = [_grown((ratio < _DARK) & zone) | _grown(ratio > _BRIGHT) for ratio in ratios]
    skin = _bare_skin(textures, cheeks, unskinned, zone)
    usual = _luminance(skin)
    middle = forehead_middle(mean)
    inner = zone & face_mask(mean, -round(INNER * layout.FACE_WIDTH * SIZE))
    cleaned, shares = textures.copy(), np.zeros(len(textures))
    for number, (texture, cheek, ratio) in enumerate(zip(textures, cheeks, ratios, strict=True)):
        own = float(np.clip(np.median((ratio / np.maximum(usual, 1e-2))[middle]), 0.8, 1.2))
        hair = _grown(zone & ((ratio < _DARK * min(own, 1)) | (ratio < _DARKER * own * usual)))
        shares[number] = hair[inner].mean()
        cleaned[number] = _filled(texture, skin * cheek, hair, zone)
    return cleaned, shares


def _luminance(rgb: NDArray[np.generic]) -> Pixels:
    result: Pixels = (rgb.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)) + 1e-3
    return result


def _grown(mask: Zone) -> Zone:
    """A mask without specks, grown over the soft edges of strands."""
    specks = cv2.morphologyEx(mask.astype(np.uint8), cv2.MORPH_OPEN, np.ones((2, 2), np.uint8))
    return cv2.dilate(specks, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (17, 17))) > 0


def _bare_skin(textures: Image, cheeks: Pixels, hair: list[Zone], zone: Zone) -> Pixels:
    """(SIZE, SIZE, 3) mean of bare skin relative to the cheek; where too few are bare, the nearest that is known."""
    total, count = np.zeros((SIZE, SIZE, 3), np.float32), np.zeros((SIZE, SIZE), np.float32)
    for texture, cheek, masked in zip(textures, cheeks, hair, strict=True):
        bare = zone & ~masked
        total[bare] += texture[bare] / cheek
        count += bare
    skin = total / np.maximum(count, 1)[..., None]
    known = (zone & (count >= min(_FEWEST_BARE, len(textures)))).astype(np.float32)
    spread = _spread(skin, known)
    unknown = zone & (known == 0)
    skin[unknown] = spread[unknown]
    return skin


def _spread(values: Pixels, known: Pixels, sigma: float = 12) -> Pixels:
    """Values where `known` is 1, carried smoothly to everywhere else (normalised convolution)."""
    weight = cv2.GaussianBlur(known, (0, 0), sigma) + 1e-6
    far = cv2.GaussianBlur(known, (0, 0), 5 * sigma) + 1e-9
    nearby = cv2.GaussianBlur(values * known[..., None], (0, 0), sigma) / weight[..., None]
    wide = cv2.GaussianBlur(values * known[..., None], (0, 0), 5 * sigma) / far[..., None]
    trust = np.clip(weight / 0.02, 0, 1)[..., None]
    spread: Pixels = nearby * trust + wide * (1 - trust)
    return spread


def _filled(texture: Image, fill: Pixels, hair: Zone, zone: Zone) -> Image:
    bare = (zone & ~hair).astype(np.float32)
    gain = np.where(bare[..., None] > 0, texture / np.maximum(fill, 1), 0).astype(np.float32)
    weight = cv2.GaussianBlur(bare, (0, 0), 25) + 0.01
    smooth = (cv2.GaussianBlur(gain, (0, 0), 25) + 0.01) / weight[..., None]
    inner = cv2.GaussianBlur(zone.astype(np.float32), (0, 0), 9)
    soft = (cv2.GaussianBlur(hair.astype(np.float32), (0, 0), 4) * np.clip(2 * inner - 1, 0, 1))[..., None]
    mixed = texture * (1 - soft) + fill * smooth * soft
    return np.clip(mixed, 0, 255).astype(np.uint8)
