"""Clips of moving boxes, scripted detectors and methods that misbehave."""

from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from faces.protocol import FaceBox
from tests.videoio.making import make_video
from videoio.frames import Frame

SIZE = (160, 120)
FPS = 30


def times(n_frames: int) -> list[float]:
    return [index / FPS for index in range(n_frames)]


def still(n_frames: int, box: FaceBox) -> list[list[FaceBox]]:
    """The same face on every frame."""
    return [[box] for _ in range(n_frames)]


def noise(index: int, size: tuple[int, int] = SIZE) -> np.ndarray:
    """A picture in which nothing is uniform, so that any raw patch can be recognised; (h, w, 3) uint8."""
    rng = np.random.default_rng(7)
    coarse = rng.integers(30, 220, (size[1] // 4, size[0] // 4, 3), dtype=np.uint8)
    return np.roll(coarse.repeat(4, 0).repeat(4, 1), 2 * index, axis=1)


def noise_video(path: Path, n_frames: int = 45, **options: Any) -> Path:
    pictures = [noise(index) for index in range(n_frames)]
    return make_video(path, ticks=range(0, 512 * n_frames, 512), size=SIZE, pictures=pictures, **options)


def noise_frame(index: int = 0) -> Frame:
    return Frame.from_rgb(index, noise(index), index, Fraction(1, FPS))


class ScriptedDetector:
    """Gives what a function of the frame number says; the function may raise."""

    name, version = "scripted", "1"

    def __init__(self, script: Callable[[int], list[FaceBox]]) -> None:
        self.script, self.seen, self.closed = script, 0, False

    def detect(self, rgb: np.ndarray) -> list[FaceBox]:
        self.seen += 1
        return self.script(self.seen - 1)

    def close(self) -> None:
        self.closed = True
