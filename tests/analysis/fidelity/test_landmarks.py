"""dlib's points made sub-pixel: what is planted in pictures comes back, at full size and in time."""

import cv2
import numpy as np
import pytest

from analysis.algorithms.fidelity.landmarks import LEAST_PULL, Follower68, flow, fused
from deid.algorithms.phantom.record import write_phantom
from faces.dlib_backend import landmarks68
from tests.clips import CLIPS, frames
from tests.deid.phantom.measuring import amplitude_at, pictures
from tests.phantoms import identity, make_phantom


@pytest.fixture(scope="module")
def still():
    """A photograph's face, 384 pixels; no animation."""
    picture = identity().picture
    return cv2.resize(picture, (384, 384), interpolation=cv2.INTER_AREA)


def shifted(picture, x, y):
    return cv2.warpAffine(
        picture, np.array([[1, 0, x], [0, 1, y]], float), (384, 384), flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REPLICATE,
    )  # fmt: skip


def test_planted_shifts_of_a_fraction_of_a_pixel_come_back(still):
    """A sway of 3 pixels at 1 Hz and a tremble of 0.3 pixels at 5 Hz: dlib alone is off by several tenths."""
    t = np.arange(45) / 30
    x, y = 3 * np.sin(2 * np.pi * t), 0.3 * np.sin(2 * np.pi * 5 * t)
    follower = Follower68()
    found = np.array([follower.look(shifted(still, *place)) for place in zip(x, y, strict=True)])
    course = found - found.mean(axis=0)
    truth = np.column_stack([x - x.mean(), y - y.mean()])
    error = course - truth[:, None]
    assert np.sqrt((error[:, 17:] ** 2).mean()) < 0.13  # without the jaw, along which no flow tells
    assert amplitude_at(found[:, 17:, 1].mean(axis=1), 30, 5) == pytest.approx(0.3, abs=0.03)
    alone = np.array([landmarks68(shifted(still, *place)) for place in zip(x, y, strict=True)])
    assert np.sqrt((alone - alone.mean(axis=0) - truth[:, None]).var()) > 2 * np.sqrt((error**2).mean())


def test_a_planted_tremor_passes_at_its_full_size_and_lids_close(tmp_path):
    """A phantom's jaw trembles at 5 Hz: no filter over time takes anything from it, and blinks stay blinks."""
    made = make_phantom(size=384, seconds=3, tremor_amplitude=0.008, blink_times=(1.5,), seed=2)
    truth = write_phantom(made, tmp_path / "a.mp4")
    follower = Follower68()
    found = np.array([follower.look(frame) for frame in pictures(tmp_path / "a.mp4")])
    for point, vertex in ((57, 17), (8, 152)):  # lower lip, chin
        planted = amplitude_at(truth.points[:, vertex, 1], 30, 5)
        assert amplitude_at(found[:, point, 1], 30, 5) == pytest.approx(planted, rel=0.05)
    height = found[:, [41, 40, 46, 47], 1].mean(axis=1) - found[:, [37, 38, 43, 44], 1].mean(axis=1)
    assert abs(int(height.argmin()) - 45) <= 1
    assert height.min() < 0.5 * np.median(height)


def test_a_frame_without_a_face_is_nan_and_the_face_is_found_again(still):
    follower = Follower68()
    black = np.zeros_like(still)
    sequence = [still, still, *[black] * 3, *[still] * 10]
    known = [bool(np.isfinite(follower.look(picture)).all()) for picture in sequence]
    assert known[:5] == [True, True, False, False, False]
    assert known[-1]
    assert known.index(True, 2) <= 2 + 10  # the whole picture is searched in every tenth frame


def test_a_covered_face_gives_no_points():
    """What a mask leaves is no face: nothing may be measured in it."""
    follower = Follower68()
    for picture in list(frames(CLIPS[0]))[:3]:
        masked = picture.copy()
        masked[40:344, 40:344] = 0
        assert np.isnan(follower.look(masked)).all()


def test_flow_and_dlib_are_joined_by_how_much_they_disagree():
    """By hand: agreement leaves the flow but for the least pull, a wide gap takes dlib, a lost flow always does."""
    carried, seen = np.zeros((68, 2)), np.zeros((68, 2))
    seen[:, 0] = 1e-3  # a thousandth of a pixel, face of 100 pixels
    home = np.ones(68, bool)
    assert fused(carried, seen, home, 100)[:, 0] == pytest.approx(1e-3 * LEAST_PULL, rel=1e-3)
    seen[:, 0] = 20
    assert fused(carried, seen, home, 100)[:, 0] == pytest.approx(np.full(68, 20.0), rel=1e-6)
    seen[:, 0] = 1e-3
    assert fused(carried, seen, ~home, 100)[:, 0] == pytest.approx(np.full(68, 1e-3))


def test_flow_that_does_not_come_home_is_not_believed(still):
    grey = cv2.cvtColor(still, cv2.COLOR_RGB2GRAY)
    points = np.array([[150.0, 150.0], [200.0, 210.0], [230.0, 160.0]])
    moved, home = flow(grey, cv2.cvtColor(shifted(still, 2.25, -1.5), cv2.COLOR_RGB2GRAY), points, 200)
    assert home.all()
    assert moved - points == pytest.approx(np.tile([2.25, -1.5], (3, 1)), abs=0.1)
    noise = np.random.default_rng(0).integers(0, 255, grey.shape, dtype=np.uint8)
    many = np.random.default_rng(1).uniform(100, 280, (200, 2))
    assert flow(grey, noise, many, 200)[1].mean() < 0.1
