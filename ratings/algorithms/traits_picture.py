"""What the pictures of two versions tell beside the face itself: grain, blocks, sharpness, colour, flicker, a seam.

Both versions are measured at the same places: where they differ (the face that the method changed) and elsewhere.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from videoio.frames import Frame, Plane
from videoio.read import read_frames

N_LOOKED_AT = 40  # pictures, each with the one after it
CHANGED = 4.0  # levels of 255, mean of a block: above what two encodes of the same picture differ by
BLOCK = 16
SEAM = 9  # pixels, width of the band along the border of what was changed
APART = (
    65  # pixels, twice the distance of the rest from there: soft edges, and blocks that are predicted from changed ones
)
LEAST = 256  # pixels of an area that is measured

Mask = NDArray[np.bool_]
FACE, REST, BORDER = "face", "rest", "seam"


@dataclass(frozen=True, slots=True)
class _Looks:
    """Two versions of one picture and of the one after it."""

    now: tuple[Frame, Frame]
    then: tuple[Frame, Frame]


def picture_traits(first: Path, second: Path) -> tuple[dict[str, float], dict[str, float]]:
    """Traits of both versions by name ("face noise"); nan where an area is too small to be measured.

    Parameters
    ----------
    first, second : versions of one recording with the same frames
    """
    found: tuple[dict[str, list[float]], dict[str, list[float]]] = ({}, {})
    for looks in _looks(first, second):
        areas = _areas(looks)
        for number in (0, 1):
            for name, value in _measured(looks.now[number], looks.then[number], areas).items():
                found[number].setdefault(name, []).append(value)
    means = tuple({name: _mean(values) for name, values in one.items()} for one in found)
    return means[0], means[1]


def _mean(values: list[float]) -> float:
    kept = np.array(values)[np.isfinite(values)]
    return float(kept.mean()) if kept.size else float("nan")


def _looks(first: Path, second: Path) -> Iterator[_Looks]:
    n_frames = sum(1 for _ in read_frames(first))
    wanted = set(np.unique(np.linspace(0, max(n_frames - 2, 0), N_LOOKED_AT).astype(int)))
    both = zip(read_frames(first), read_frames(second), strict=True)
    yield from (_Looks(now, then) for now, then in pairwise(both) if now[0].index in wanted)


def _areas(looks: _Looks) -> dict[str, Mask]:
    """Where the luma of two versions differs, now or in the next picture, where it does not, and the band between."""
    differences = [cv2.absdiff(one.planes[0], other.planes[0]) for one, other in (looks.now, looks.then)]
    blocks = cv2.blur(np.maximum(*differences).astype(np.float32), (BLOCK, BLOCK)) > CHANGED
    whole = cv2.morphologyEx(blocks.astype(np.uint8), cv2.MORPH_CLOSE, np.ones((33, 33), np.uint8))
    kernel = np.ones((SEAM, SEAM), np.uint8)
    inner, outer = cv2.erode(whole, kernel), cv2.dilate(whole, kernel)
    beside = cv2.dilate(whole, np.ones((APART, APART), np.uint8)) == 0
    return {FACE: inner > 0, REST: beside, BORDER: (outer > 0) & (inner == 0)}


def _measured(now: Frame, then: Frame, areas: dict[str, Mask]) -> dict[str, float]:
    luma = now.planes[0].astype(np.float32)
    change = then.planes[0].astype(np.float32) - luma
    found = {}
    for area in (FACE, REST):
        mask = areas[area]
        large = int(mask.sum()) >= LEAST
        for name, value in (
            ("sharpness", sharpness(luma, mask) if large else np.nan),
            ("noise", noise(luma, mask) if large else np.nan),
            ("blockiness", blockiness(luma, mask) if large else np.nan),
            ("brightness", float(luma[mask].mean()) if large else np.nan),
            ("saturation", saturation(now.planes[1], now.planes[2], mask) if large else np.nan),
            ("flicker", abs(float(change[mask].mean())) if large else np.nan),
        ):
            found[f"{area} {name}"] = float(value)
    band = areas[BORDER]
    found[f"{BORDER} energy"] = edge_energy(luma, band) if int(band.sum()) >= LEAST else float("nan")
    return found


def sharpness(luma: NDArray[np.float32], mask: Mask) -> float:
    """Mean squared Laplacian, natural logarithm."""
    return float(np.log(np.square(cv2.Laplacian(luma, cv2.CV_32F))[mask].mean() + 0.01))


def noise(luma: NDArray[np.float32], mask: Mask) -> float:
    """Standard deviation of the grain in levels, natural logarithm, by the method of Immerkaer (1996).

    Upright and level edges do not answer to its kernel; white noise s does with the mean size 6 s sqrt(2 / pi).
    """
    kernel = np.array([[1, -2, 1], [-2, 4, -2], [1, -2, 1]], np.float32)
    response = np.abs(cv2.filter2D(luma, cv2.CV_32F, kernel))[mask]
    return float(np.log(response.mean() * np.sqrt(np.pi / 2) / 6 + 0.01))


def blockiness(luma: NDArray[np.float32], mask: Mask) -> float:
    """Steps across the edges of 8x8 blocks over steps elsewhere; 1 without blocks."""
    across, elsewhere = [], []
    for axis in (0, 1):
        steps, both = np.abs(np.diff(luma, axis=axis)), np.logical_and(*_neighbours(mask, axis))
        on_grid = np.zeros(steps.shape[axis], bool)
        on_grid[7::8] = True
        across.append(np.compress(on_grid, steps, axis)[np.compress(on_grid, both, axis)])
        elsewhere.append(np.compress(~on_grid, steps, axis)[np.compress(~on_grid, both, axis)])
    on, off = np.concatenate(across), np.concatenate(elsewhere)
    return float((on.mean() + 0.01) / (off.mean() + 0.01)) if on.size and off.size else float("nan")


def _neighbours(mask: Mask, axis: int) -> tuple[Mask, Mask]:
    return (mask[:-1], mask[1:]) if axis == 0 else (mask[:, :-1], mask[:, 1:])


def saturation(blue: Plane, red: Plane, mask: Mask) -> float:
    """Mean distance from grey, levels of chroma."""
    half = mask[::2, ::2]
    return float(np.hypot(blue[half] - 128.0, red[half] - 128.0).mean())


def edge_energy(luma: NDArray[np.float32], mask: Mask) -> float:
    """Mean slope, levels per pixel."""
    across, down = cv2.Sobel(luma, cv2.CV_32F, 1, 0, scale=1 / 8), cv2.Sobel(luma, cv2.CV_32F, 0, 1, scale=1 / 8)
    return float(np.hypot(across, down)[mask].mean())
