"""Topology, pose and shape: what is known of them."""

from collections import Counter
from itertools import combinations

import numpy as np
import pytest

from deid.algorithms.methods.motionmesh.shape import (
    fit_head,
    fit_pose,
    identity_offset,
    neutral_shape,
    turn_degrees,
)
from deid.algorithms.methods.motionmesh.topology import N_FACE, painting_order, triangles, with_ring
from faces.mesh import INNER_LIPS, LEFT_EYE, OVAL, RIGHT_EYE, eye_aspect_ratio
from tests.deid.motionmesh.making import mesh


def test_the_triangles_close_the_face_and_only_the_ring_has_an_edge():
    """MediaPipe's tessellation has 2556 / 3 = 852 triangles and leaves eyes and mouth open."""
    every = triangles()
    assert len(every) == 72 + 46 + 852
    used = Counter(tuple(sorted(edge)) for part in every.tolist() for edge in combinations(part, 2))
    assert sorted(used.values())[-1] == 2
    assert sum(number == 1 for number in used.values()) == len(OVAL)


def test_near_triangles_are_painted_after_far_ones():
    points = with_ring(mesh(turn=30))
    depth = points[:, 2][painting_order(points)[72 + 46 :]].sum(axis=1)
    assert (np.diff(depth) <= 0).all()


def test_a_similarity_is_found_again():
    shape = mesh()[:N_FACE]
    seen = mesh(centre=(40, 70), scale=1.7, turn=20)[:N_FACE]
    pose = fit_pose(shape, seen)
    assert pose.scale == pytest.approx(1.7)
    assert np.abs(pose.project(shape) - seen).max() < 1e-9
    assert np.abs(pose.undo(seen) - shape).max() < 1e-9


@pytest.mark.parametrize("degrees", [-35, 0, 12])
def test_the_turn_of_a_head_is_measured(degrees):
    assert turn_degrees(mesh(turn=degrees)) == pytest.approx(abs(degrees), abs=0.1)


def test_an_expression_of_less_than_half_of_the_frames_is_not_in_the_neutral_shape():
    smiling = mesh()
    smiling[61, 1] -= 6
    neutral = neutral_shape([mesh()] * 6 + [smiling] * 4)
    assert np.abs(neutral - mesh()[:N_FACE]).max() < 1e-9


def test_eyes_and_lips_are_moved_as_a_whole():
    """Apertures and asymmetries are the patient's: every point of an outline gets the same offset."""
    other = mesh()
    other[:, :2] += np.random.default_rng(0).normal(0, 1.5, (len(other), 2))
    offset = identity_offset(mesh()[:N_FACE], other, 1.0)
    for hole in (RIGHT_EYE, LEFT_EYE, INNER_LIPS):
        assert np.ptp(offset[list(hole)], axis=0).max() < 1e-9


def test_strength_scales_the_offset_and_an_equal_donor_has_none():
    wider = mesh()
    wider[:, 0] = 120 + (wider[:, 0] - 120) * 1.2
    half, whole = (identity_offset(mesh()[:N_FACE], wider, strength) for strength in (0.5, 1.0))
    assert np.abs(whole).max() > 1
    assert np.abs(2 * half - whole).max() < 1e-9
    assert np.abs(identity_offset(mesh()[:N_FACE], mesh(centre=(0, 0), scale=3), 1.0)).max() < 1e-9


def test_the_head_pose_is_blind_to_lips_and_lids():
    speaking = mesh()
    speaking[list(INNER_LIPS), 1] += 9
    pose = fit_head(mesh()[:N_FACE], speaking[:N_FACE])
    assert pose.scale == pytest.approx(1)
    assert eye_aspect_ratio(pose.project(mesh()[:N_FACE]))[0] == pytest.approx(eye_aspect_ratio(mesh())[0])
