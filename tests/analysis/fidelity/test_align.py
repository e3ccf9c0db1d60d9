"""Alignment and motion of the head."""

import cv2
import numpy as np
import pytest
from skimage.transform import SimilarityTransform

from analysis.algorithms.fidelity.align import crops
from analysis.algorithms.fidelity.errors import Unavailable
from analysis.algorithms.fidelity.head import head_courses, head_motion
from faces.alignment import TEMPLATE_112, five_points, similarities
from tests.analysis.fidelity.faces68 import phantom68, walk


def turned(points, degrees=0.0, scale=1.0, x=0.0, y=0.0):
    """Each frame turned clockwise, scaled and shifted about (192, 192); every value one number or one per frame."""
    z = points[..., 0] + 1j * points[..., 1] - (192 + 192j)
    factor = np.broadcast_to(np.multiply(scale, np.exp(1j * np.deg2rad(degrees))), len(points))
    shift = np.broadcast_to(np.add(x, np.multiply(1j, y)), len(points))
    z = z * factor[:, None] + shift[:, None] + (192 + 192j)
    return np.stack([z.real, z.imag], axis=-1)


def test_the_similarity_is_scikit_images():
    """Umeyama's method, an independent implementation."""
    source = np.random.default_rng(1).normal(size=(4, 5, 2)) * 30 + 100
    a, b = similarities(source, TEMPLATE_112)
    for frame in range(4):
        oracle = SimilarityTransform.from_estimate(source[frame], TEMPLATE_112)
        assert a[frame] == pytest.approx(oracle.params[0, 0] + 1j * oracle.params[1, 0], abs=1e-9)
        assert b[frame] == pytest.approx(oracle.params[0, 2] + 1j * oracle.params[1, 2], abs=1e-9)


def test_aligned_faces_lie_on_the_template_whatever_the_head_does():
    points = walk(50, 1)
    moved = turned(points, degrees=17, scale=1.3, x=31, y=-12)
    assert crops(moved)[:] == pytest.approx(crops(points)[:], abs=1e-9)
    assert five_points(crops(points)[:]).mean(axis=1) == pytest.approx(
        np.repeat(2 * TEMPLATE_112.mean(axis=0)[None], 50, axis=0), abs=1e-9
    )


def test_planted_motion_of_the_head_comes_back():
    """A still face carried around: shifts in pixels, roll in degrees, scale as a logarithm."""
    n = 100
    t = np.arange(n) / 30
    face = np.repeat(phantom68(seconds=0.5)[:1], n, axis=0)
    middle = head_courses(face)["x"][0], head_courses(face)["y"][0]
    face = face - middle + 192
    roll, scale, x = 5 * np.sin(3 * t), np.exp(0.1 * np.sin(2 * t)), 4 * np.cos(5 * t)
    found = head_courses(turned(face, roll, scale, x))
    assert found["roll"] - found["roll"][0] == pytest.approx(roll - roll[0], abs=1e-9)
    assert found["scale"] - found["scale"][0] == pytest.approx(np.log(scale / scale[0]), abs=1e-9)
    assert found["x"] - found["x"][0] == pytest.approx(x - x[0], abs=1e-9)
    assert np.ptp(found["yaw"]) < 1e-12


def test_a_head_that_moves_half_as_far_has_slope_one_half():
    face = np.repeat(phantom68(seconds=0.5)[:1], 90, axis=0)
    sway = 6 * np.sin(np.arange(90) / 9)
    found = head_motion(turned(face, x=sway), turned(face, x=0.5 * sway))
    assert set(found) == {"x"}
    assert found["x"].r == pytest.approx(1)
    assert found["x"].slope == pytest.approx(0.5)
    assert found["x"].rms_difference == pytest.approx(0.5 * sway.std())
    with pytest.raises(Unavailable, match="still: the original's head does not move"):
        head_motion(face, face)


def test_a_yaw_moves_the_nose_aside():
    """A turned plate with a nose before it: seen from the front the nose moves by sin(angle) times its height."""
    flat = phantom68(seconds=0.5)[0]
    solid = np.column_stack([flat - flat[30], np.zeros(68)])
    solid[30, 2] = -40
    courses = []
    for degrees in (-10, 0, 10):
        rotation = cv2.Rodrigues(np.array([0, np.deg2rad(degrees), 0]))[0]
        courses.append((solid @ rotation.T)[:, :2] + 192)
    yaw = head_courses(np.array(courses))["yaw"]
    assert yaw[0] > yaw[1] > yaw[2]
    assert yaw[0] - yaw[1] == pytest.approx(yaw[1] - yaw[2], rel=0.15)
