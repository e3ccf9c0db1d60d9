"""Detail of faces, from pores to creases, made alike: what is crisper than the others is known by it. Uses OpenCV."""

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

# Pixels, sd of the blurs between which detail is measured: pores, lashes, creases. Made alike in all of them, or a
# portrait is known by its skin among stills of videos; in nothing wider, or the face would change.
DETAIL = (1.0, 2.0, 4.0)
PASSES = 3  # bands overlap: what is taken from one leaves another a little
OUTSIDE = 1e-4  # weight of what is outside of the face when the inside is blurred: it fills what has no neighbours
NOTHING = 1e-4  # levels; detail of a flat picture

Floats = NDArray[np.float32]
Mask = NDArray[np.bool_]
Face = tuple[Floats, Mask]  # (h, w, 3) L*a*b* and (h, w) where the face is shown


def bands(lab: Floats, inside: Mask) -> list[Floats]:
    """(h, w, 3) detail between the blurs of DETAIL, finest first; nothing from outside of the face leaks in."""
    weight = (inside + OUTSIDE).astype(np.float32)[..., None]
    found, left = [], lab
    for sd in DETAIL:
        soft: Floats = cv2.GaussianBlur(lab * weight, (0, 0), sd) / cv2.GaussianBlur(weight, (0, 0), sd)[..., None]
        found.append(left - soft)
        left = soft
    return found


def sizes(found: Sequence[Floats], inside: Mask) -> NDArray[np.float64]:
    """(bands, channels) mean sizes; not of the squares, which edges of eyes and brows would rule: skin counts."""
    means = np.stack([np.abs(band[inside]).mean(axis=0, dtype=np.float64) for band in found])
    return np.maximum(means, NOTHING)


def least_share(faces: Sequence[Face]) -> float:
    """Detail of light of the least sharp face, as a share of the median of all, in the band where it has least."""
    light = np.stack([sizes(bands(*face), face[1])[:, 0] for face in faces])  # (faces, bands)
    return float((light.min(axis=0) / np.median(light, axis=0)).min())


def made_alike(faces: Sequence[Face]) -> list[Floats]:
    """L*a*b* of each face with as much of each band and channel as the one that has least."""
    labs, insides = [lab for lab, _ in faces], [inside for _, inside in faces]
    for _ in range(PASSES):
        split = [bands(lab, inside) for lab, inside in zip(labs, insides, strict=True)]
        found = [sizes(each, inside) for each, inside in zip(split, insides, strict=True)]
        least = np.min(found, axis=0)
        labs = [lab - _surplus(each, 1 - least / size) for lab, each, size in zip(labs, split, found, strict=True)]
    return labs


def _surplus(split: Sequence[Floats], shares: NDArray[np.float64]) -> Floats:
    """(h, w, 3) the given (bands, channels) shares of each band, together."""
    taken: Floats = np.sum([share * band for share, band in zip(shares.astype(np.float32), split, strict=True)], axis=0)
    return taken
