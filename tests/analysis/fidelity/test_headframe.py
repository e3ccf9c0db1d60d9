"""The head's frame, and even stretches of uneven signals."""

import numpy as np
import pytest

from analysis.algorithms.fidelity.errors import Unavailable
from analysis.algorithms.fidelity.headframe import RIGID, eye_distance, head_relative
from analysis.algorithms.fidelity.sampling import even_stretch
from faces.mesh import LEFT_EAR, MESH_OF_68, RIGHT_EAR, mesh_to_68
from tests.phantoms import make_phantom


def _moved(shape, rng, n=40):
    """(n, 68, 2) the same shape shifted, turned and scaled anew in each frame."""
    turns = rng.uniform(0.8, 1.2, n) * np.exp(1j * rng.uniform(-0.4, 0.4, n))
    shifts = rng.uniform(-50, 50, n) + 1j * rng.uniform(-50, 50, n)
    plane = (shape[:, 0] + 1j * shape[:, 1]) * turns[:, None] + shifts[:, None]
    return np.stack([plane.real, plane.imag], axis=-1)


def test_shift_turn_and_scale_of_the_head_are_taken_out_and_what_the_face_does_stays():
    rng = np.random.default_rng(2)
    shape = mesh_to_68(make_phantom(sway=0, seconds=0.2).truth.points)[0]
    course = np.sin(np.arange(40))
    points = _moved(shape, rng)
    still = head_relative(points)[:]
    assert np.ptp(still, axis=0).max() < 1e-9
    assert still[0, [36, 45]].mean(axis=0) == pytest.approx((0, 0), abs=1e-9)
    assert still[0, 36, 1] == pytest.approx(still[0, 45, 1], abs=1e-9)

    jaw = np.tile(shape, (40, 1, 1))
    jaw[:, 8, 1] += course
    shaken = head_relative(jaw)[:]
    assert np.linalg.norm(shaken[:, 8] - shaken[0, 8], axis=1) == pytest.approx(np.abs(course - course[0]), abs=1e-9)
    assert eye_distance(head_relative(jaw)) == pytest.approx(np.linalg.norm(shape[45] - shape[36]))


def test_frames_without_a_face_stay_empty():
    shape = mesh_to_68(make_phantom(seconds=1.0).truth.points)
    shape[3] = np.nan
    found = head_relative(shape)[:]
    assert np.isnan(found[3]).all()
    assert np.isfinite(np.delete(found, 3, axis=0)).all()


def test_the_meshs_points_of_the_68_are_those_of_the_eyes_elsewhere():
    assert MESH_OF_68[36:42] == RIGHT_EAR
    assert MESH_OF_68[42:48] == LEFT_EAR
    assert len(MESH_OF_68) == 68
    assert set(RIGID) < set(range(27, 48))
    mesh = np.random.default_rng(0).normal(size=(2, 478, 3))
    assert mesh_to_68(mesh)[:, 3] == pytest.approx((mesh[:, 132, :2] + mesh[:, 58, :2]) / 2)


def test_the_longest_stretch_without_a_long_gap_is_taken_and_short_holes_are_bridged():
    times = np.arange(300) / 30
    values = times.copy()
    values[[50, 51, 52]] = np.nan
    values[200:215] = np.nan
    found = even_stretch(times, values, seconds=5, what="this")
    assert (found.start, found.fps) == (0, pytest.approx(30))
    assert found.values[:, 0] == pytest.approx(times[:200])
    with pytest.raises(Unavailable, match=r"this needs 8 s .* the longest stretch is 6.67 s"):
        even_stretch(times, values, seconds=8, what="this")


def test_signals_are_cut_alike():
    times = np.arange(120) / 30
    one, two = np.ones(120), np.ones((120, 2))
    one[:30], two[100:] = np.nan, np.nan
    found = even_stretch(times, one, two, seconds=2, what="this")
    assert found.values.shape == (70, 3)
    assert (found.start, found.seconds) == (1, pytest.approx(70 / 30))


def test_uneven_times_are_made_even():
    rng = np.random.default_rng(1)
    times = np.arange(300) / 30 + rng.uniform(-0.01, 0.01, 300)
    found = even_stretch(times, np.sin(2 * np.pi * 2 * times), seconds=9, what="this")
    grid = found.start + np.arange(len(found.values)) / found.fps
    assert found.values[:, 0] == pytest.approx(np.sin(2 * np.pi * 2 * grid), abs=0.005)


def test_a_signal_that_is_nowhere_is_said():
    with pytest.raises(Unavailable, match="only 0 of 60 frames have any"):
        even_stretch(np.arange(60) / 30, np.full(60, np.nan), seconds=1, what="this")
