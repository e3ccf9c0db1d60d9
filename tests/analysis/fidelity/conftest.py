"""One phantom recording, encoded, decoded and measured once: what is planted in it must be found again."""

from dataclasses import dataclass

import numpy as np
import pytest

from deid.algorithms.phantom.record import write_phantom
from deid.algorithms.phantom.truth import Truth
from tests.analysis.fidelity.measuring import cheek_colours, points68, ratios68
from tests.deid.phantom.measuring import pictures, tracked
from tests.phantoms import make_phantom

UNDER_LIP, CHIN = 18, 152  # of the mesh: spots with enough texture to follow


@dataclass(frozen=True, slots=True)
class Recorded:
    """Measured in the decoded video: 68 points and eye aspect ratio by dlib, lip and chin by optical flow, skin."""

    truth: Truth
    points: np.ndarray
    ear: np.ndarray
    lip: np.ndarray
    chin: np.ndarray
    skin: np.ndarray


@pytest.fixture(scope="session")
def recorded(tmp_path_factory):
    path = tmp_path_factory.mktemp("phantom") / "a.mp4"
    truth = write_phantom(
        make_phantom(size=384, seconds=10, tremor_hz=5.2, tremor_amplitude=0.01, pulse_bpm=83, seed=3,
                     blink_times=(0.8, 2.31, 4.0, 6.45, 8.9)),
        path,
    )  # fmt: skip
    frames = pictures(path)
    points = points68(frames)
    lip, chin = (tracked(frames, truth.points[0, place], 8)[:, 1] for place in (UNDER_LIP, CHIN))
    return Recorded(truth, points, ratios68(points), lip, chin, cheek_colours(frames, points[0]))
