"""Expressions and blinks of a single portrait, made by the phantoms' motion of the mesh."""

from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

import cv2
import numpy as np
from numpy.typing import NDArray

from deid.algorithms.donors import Donor
from deid.algorithms.facemodel.portrait import MAX_LIP_GAP, lip_gap
from deid.algorithms.phantom.animate import Phantom
from deid.algorithms.phantom.script import BROW, SMILE, SYLLABLE_OPENING, Script
from deid.algorithms.phantom.spec import PhantomSpec
from deid.algorithms.trainingset.faces import CLOSED, Face, aligned
from faces.mesh import eye_aspect_ratio, mesh_box
from videoio.frames import RGB, Frame

Floats = NDArray[np.float64]

AROUND = 2.2  # face heights of the square picture that moves
BLINKS = 0.25  # share of the made pictures: what is drawn of them is chosen later
HALF_SHUT = 0.35  # most closure of lids that do not blink
YAW, PITCH, TURN = 0.05, 0.03, 0.06  # face heights of parallax; radians
RATE = 8.0  # frames per second: of no meaning, each picture stands for itself


def variants(rgb: RGB, mesh: Floats, side: int, count: int, rng: np.random.Generator) -> Iterator[Face]:
    """Made faces of a portrait, a quarter of them with eyes closed.

    Parameters
    ----------
    rgb, mesh : (h, w, 3) and the (478, 3) mesh of its one face
    side : pixels of the aligned crops
    """
    square, moved = _square(rgb, mesh, 2 * side)
    spec = PhantomSpec(
        size=2 * side, seconds=max(count / RATE, 0.2), fps=RATE, noise=1.0, seed=int(rng.integers(2**32))
    )
    donor = Donor("portrait", "f", 0.0, (0.0, 0.0, 0.0), square, moved, np.zeros(128))  # only picture and mesh count
    phantom = Phantom(spec, donor, _script(count, rng, speaks=lip_gap(mesh) < MAX_LIP_GAP))
    rest = float(np.mean(eye_aspect_ratio(moved)))
    for index, picture in enumerate(phantom.frames()):
        face = aligned(Frame.from_rgb(index, picture, index, Fraction(1, 8)), phantom.truth.points[index], side)
        yield replace(face, closed=face.ear < CLOSED * rest, made=True)


def _square(rgb: RGB, mesh: Floats, size: int) -> tuple[RGB, Floats]:
    """The head in a square of `size` pixels, mirrored where the portrait ends, and the mesh in it."""
    box = mesh_box(mesh)
    scale = size / (AROUND * max(box.width, box.height))
    shift = np.array((size / 2, size / 2)) - scale * np.array(box.centre)
    if scale < 0.5:  # a plain warp would skip pixels
        rgb = np.asarray(cv2.GaussianBlur(rgb, (0, 0), 0.4 / scale), np.uint8)
    matrix = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
    picture = cv2.warpAffine(rgb, matrix, (size, size), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REFLECT)
    moved = mesh * scale
    moved[:, :2] += shift
    return np.asarray(picture, np.uint8), moved


def _script(n: int, rng: np.random.Generator, speaks: bool) -> Script:
    """`n` pictures, each with an expression of its own; an open mouth is not opened further (`speaks` False)."""
    still = np.zeros(n)
    closure = rng.uniform(0, HALF_SHUT, n) * (rng.random(n) < 0.5)
    blinks = rng.permutation(n)[: max(1, round(BLINKS * n))]
    closure[blinks] = rng.uniform(0.75, 1.0, len(blinks))
    opening = SYLLABLE_OPENING * rng.uniform(0, 1.2, n) * (rng.random(n) < 0.6) * speaks
    smile = SMILE * rng.uniform(-0.2, 1.0, (n, 1)) * speaks * rng.uniform(0.8, 1.0, (n, 2))
    brow = BROW * rng.uniform(-0.4, 1.0, (n, 1)) * np.ones(2)
    sway = {
        "shift_x": still, "shift_y": still, "scale": still, "turn": rng.uniform(-TURN, TURN, n),
        "yaw": rng.uniform(-YAW, YAW, n), "pitch": rng.uniform(-PITCH, PITCH, n),
    }  # fmt: skip
    return Script(
        time=np.arange(n) / RATE, closure=np.stack([closure, closure], axis=1), jaw=opening, speech=opening,
        tremor=still, tremor_phase=still, smile=smile, pucker=rng.uniform(-0.25, 0.5, n) * speaks, brow=brow, sway=sway,
        pulse=still, pulse_phase=still, blinks=(), syllables=(),
    )  # fmt: skip
