"""Mesh warps: what is known of affine maps."""

import numpy as np
import pytest

from deid.algorithms.meshwarp import triangulate, warp_map

SQUARE = np.array([[0, 0], [40, 0], [0, 40], [40, 40], [17, 23]], dtype=float)


def test_equal_meshes_leave_the_picture_as_it_is():
    picture = np.random.default_rng(0).integers(0, 255, (41, 41, 3), dtype=np.uint8)
    warp = warp_map(triangulate(SQUARE), SQUARE, SQUARE, (0, 0, 41, 41))
    assert warp.covered.all()
    assert np.abs(warp.apply(picture).astype(int) - picture).max() <= 1


def test_a_shift_moves_pixels_by_it():
    warp = warp_map(triangulate(SQUARE), SQUARE, SQUARE + np.array([5, 3]), (5, 3, 41, 41))
    assert warp.x[10, 20] == pytest.approx(20, abs=0.01)
    assert warp.y[10, 20] == pytest.approx(10, abs=0.01)


def test_an_affine_map_is_one_map_over_all_triangles():
    matrix = np.array([[1.2, 0.3], [-0.1, 0.9]])
    target = SQUARE @ matrix.T + (30, 20)
    warp = warp_map(triangulate(SQUARE), SQUARE, target, (0, 0, 120, 80))
    rows, columns = np.nonzero(warp.covered)
    back = (np.stack([columns, rows], 1) - (30, 20)) @ np.linalg.inv(matrix).T
    assert np.abs(np.stack([warp.x, warp.y], 2)[warp.covered] - back).max() < 0.01


def test_outside_the_mesh_nothing_is_covered():
    warp = warp_map(triangulate(SQUARE), SQUARE, SQUARE, (-10, -10, 70, 70))
    assert not warp.covered[:9].any()
    assert not warp.covered[:, 52:].any()


def test_a_triangle_folded_flat_is_no_error():
    folded = SQUARE.copy()
    folded[4] = (0, 20)
    folded[2] = (0, 10)
    warp = warp_map(triangulate(SQUARE), SQUARE, folded, (0, 0, 41, 41))
    assert np.isfinite(warp.x).all()
