"""Folds and spots that skin gets with the years, drawn: the contributors are too young to have them.

Where they lie and when they come follows what is described of ageing faces (Lemperle et al. 2001, "A classification of
facial wrinkles"; Mendelson & Wong 2012): lines of forehead and glabella, crow's feet, creases under the eyes, the fold
from nose to mouth, the line below the corner of the mouth, lines of the upper lip.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deid.algorithms.facemodel import layout
from deid.algorithms.facemodel.layout import SIZE, Points
from deid.algorithms.facemodel.opencv import cv2

Pixels = NDArray[np.float32]
_DEPTH = 2.1
_FULL = 80.0  # years at which a fold has its depth


@dataclass(frozen=True, slots=True)
class Fold:
    """`line` (n, 2) points in the common frame; `depth` in logarithm of luminance at the age _FULL; `width` standard
    deviation in pixels; `onset` years."""

    line: Points
    depth: float
    width: float
    onset: float


def relief(mean: Points, age: float, seed: int) -> Pixels:
    """(SIZE, SIZE) change of the logarithm of luminance by one person's folds and spots at an age."""
    rng = np.random.default_rng(seed)
    total = np.zeros((SIZE, SIZE), np.float32)
    for number, fold in enumerate((*folds(mean), *_of_neck(mean))):
        # Every person has each of them, deeper or shallower; drawn for all ages alike, so that a face only deepens.
        depth, drawn = _DEPTH * fold.depth * rng.uniform(0.55, 1.2), _wavering(fold.line, rng)
        share = float(np.clip((age - fold.onset) / (_FULL - fold.onset), 0, 1)) ** 0.8
        if share > 0:
            _carve(total, drawn, fold.width, depth * share, np.random.default_rng([seed, number]))
    spots = _spots(mean, rng)
    return total - float(np.clip((age - 50) / 30, 0, 1)) * spots


def folds(mean: Points) -> list[Fold]:
    """The folds of both halves of the mean face."""
    right = [*_of_mouth(mean), *_of_eye(mean)]
    middle = float(mean[layout.BETWEEN_EYES, 0])
    left = [Fold(each.line * (-1, 1) + (2 * middle, 0), each.depth, each.width, each.onset) for each in right]
    return [*right, *left, *_of_forehead(mean, middle)]


def _of_mouth(mean: Points) -> list[Fold]:
    nasolabial = _between(mean, (129, 129), (203, 165), (206, 92), (216, 186), (212, 57))
    corner = _between(mean, (61, 43), (43, 43), (202, 204), (210, 211))
    found = [
        Fold(nasolabial, 0.24, 2.0, 28), Fold(nasolabial, 0.13, 6.0, 32), Fold(corner, 0.20, 2.0, 42),
        Fold(corner, 0.12, 6.0, 48), Fold(_between(mean, (187, 207), (192, 214), (135, 210)), 0.10, 7.0, 50),
    ]  # fmt: skip
    for at in (0.15, 0.45, 0.75):
        top = mean[164] + at * (mean[92] - mean[164])
        end = mean[37] + at * (mean[40] - mean[37])
        found.append(Fold(np.array([0.55 * top + 0.45 * end, end]), 0.10, 1.2, 55))
    return found


def _of_eye(mean: Points) -> list[Fold]:
    found = [
        Fold(mean[[232, 231, 230, 229, 228]], 0.12, 1.5, 34), Fold(mean[[121, 120, 119, 118]], 0.13, 3.5, 42),
        Fold(mean[[121, 120, 119]], 0.08, 8.0, 45),
    ]  # fmt: skip
    for at in (0.0, 0.3, 0.55, 0.8, 1.0):
        start = mean[226] + 0.25 * (mean[35] - mean[226]) + (0, (at - 0.5) * 8)
        end = mean[124] + at * (mean[111] - mean[124])
        found.append(Fold(np.array([start, (start + end) / 2, end]), 0.17, 1.3, 38))
    return found


def _of_forehead(mean: Points, middle: float) -> list[Fold]:
    low, high = mean[[105, 66, 107, 9]], mean[[103, 67, 109, 10]]
    found = []
    for level, depth in ((0.27, 0.13), (0.45, 0.16), (0.63, 0.13), (0.8, 0.08)):
        half = low + level * (high - low)
        other = half[:-1][::-1] * (-1, 1) + (2 * middle, 0)
        found.append(Fold(np.vstack([half, other]), depth, 1.7, 40))
    for side in (1, -1):
        line = _between(mean, (107, 9), (55, 8)) * (side, 1) + (middle - side * middle, 0)
        found.append(Fold(line, 0.18, 1.8, 42))
    return found


def _of_neck(mean: Points) -> list[Fold]:
    width = layout.FACE_WIDTH * SIZE
    across = np.linspace(-0.24, 0.24, 7)
    return [
        Fold(mean[layout.CHIN] + width * np.stack([across, down - 0.6 * across**2], axis=1), depth, 2.5, 38)
        for down, depth in ((0.16, 0.10), (0.26, 0.12), (0.35, 0.08))
    ]


def _between(mean: Points, *pairs: tuple[int, int]) -> Points:
    return np.array([(mean[one] + mean[other]) / 2 for one, other in pairs])


def _wavering(line: Points, rng: np.random.Generator) -> Points:
    """(n, 2) a smooth line near the given one, a point per pixel, a little shorter or longer, nowhere straight."""
    steps = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(line, axis=0), axis=1))])
    count = max(int(steps[-1]), 4)
    at = np.linspace(rng.uniform(0, 0.1), rng.uniform(0.85, 1), count) * steps[-1]
    dense = np.stack([np.interp(at, steps, line[:, axis]) for axis in (0, 1)], axis=1)
    rough = np.pad(rng.normal(size=(count, 2)) * 7, ((20, 20), (0, 0)), mode="edge")
    shaken = cv2.GaussianBlur(rough.astype(np.float32), (1, 0), sigmaX=0.01, sigmaY=9)[20:-20]
    padded = np.pad(dense, ((12, 12), (0, 0)), mode="reflect", reflect_type="odd")
    smooth = cv2.GaussianBlur(padded.astype(np.float32), (1, 25), sigmaX=0.01, sigmaY=5)[12:-12]
    drawn: Points = (smooth + shaken).astype(np.float64)
    return drawn


def _carve(total: Pixels, line: Points, width: float, depth: float, rng: np.random.Generator) -> None:
    """Darken the middle of a line in place, less towards its ends; its shoulders become a little lighter."""
    margin = int(np.ceil(7 * width)) + 2
    left, top = np.maximum(np.floor(line.min(axis=0)).astype(int) - margin, 0)
    right, bottom = np.minimum(np.ceil(line.max(axis=0)).astype(int) + margin, SIZE)
    canvas = np.zeros((bottom - top, right - left), np.float32)
    along = np.linspace(0, 1, len(line))
    uneven = np.interp(along, np.linspace(0, 1, 6), rng.uniform(0.55, 1.0, 6))
    strength = np.sin(np.pi * np.clip(along * 0.9 + 0.07, 0, 1)) ** 0.8 * uneven
    points = np.round((line - (left, top)) * 16).astype(np.int32)
    for start, end, value in zip(points[:-1], points[1:], strength[1:], strict=True):
        cv2.line(canvas, tuple(map(int, start)), tuple(map(int, end)), float(value), 1, cv2.LINE_8, 4)
    fine, wide = (_spread_line(canvas, each) for each in (width, 2.4 * width))
    total[top:bottom, left:right] -= depth * (fine - 0.4 * wide)


def _spread_line(canvas: Pixels, width: float) -> Pixels:
    """A line one pixel wide, made so much wider and as strong in its middle."""
    spread: Pixels = cv2.GaussianBlur(canvas, (0, 0), width) * np.float32(width * np.sqrt(2 * np.pi))
    return spread


def _spots(mean: Points, rng: np.random.Generator) -> Pixels:
    """(SIZE, SIZE) darkening by uneven pigment and a few spots on temples and cheeks."""
    noise = rng.normal(size=(SIZE // 4, SIZE // 4)).astype(np.float32)
    mottled = cv2.resize(cv2.GaussianBlur(noise, (0, 0), 1.5), (SIZE, SIZE), interpolation=cv2.INTER_CUBIC)
    spots = np.zeros((SIZE, SIZE), np.float32)
    for place in mean[rng.choice([116, 123, 50, 117, 345, 352, 280, 346, 54, 284, 68, 298, 147, 376], 9)]:
        centre = np.round(place + rng.normal(size=2) * 10).astype(int)
        axes = rng.uniform(1.2, 3.2, 2)
        cv2.ellipse(spots, (int(centre[0]), int(centre[1])), (int(axes[0] + 1), int(axes[1] + 1)),
                    float(rng.uniform(0, 180)), 0, 360, float(rng.uniform(0.05, 0.22)), -1)  # fmt: skip
    total: Pixels = 0.10 * mottled + cv2.GaussianBlur(spots, (0, 0), 1.2)
    return total
