"""Mesh warps: what is known of affine maps."""

import numpy as np
import pytest

from deid.algorithms.meshwarp import Raster, fill, triangulate, warp_map

SQUARE = np.array([[0, 0], [40, 0], [0, 40], [40, 40], [17, 23]], dtype=float)


def test_equal_meshes_leave_the_picture_as_it_is():
    picture = np.random.default_rng(0).integers(0, 255, (41, 41, 3), dtype=np.uint8)
    warp = warp_map(triangulate(SQUARE), SQUARE, SQUARE, (0, 0, 41, 41))
    assert warp.covered.all()
    assert np.abs(warp.apply(picture).astype(int) - picture).max() <= 1


def test_a_shift_moves_pixels_by_it():
    warp = warp_map(triangulate(SQUARE), SQUARE, SQUARE + np.array((5, 3)), (5, 3, 41, 41))
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


def test_a_raster_at_half_resolution_samples_the_same_map():
    """Its samples lie at the centres of 2x2 pixels, where those of 4:2:0 chroma do."""
    target = SQUARE * 1.5 + np.array((4, 2))
    whole = warp_map(triangulate(SQUARE), SQUARE, target, (0, 0, 64, 64))
    x, y = Raster(triangulate(SQUARE), target, (0, 0, 64, 64), step=2).samples(SQUARE, outside=(-1, -1))
    assert x.shape == y.shape == (32, 32)
    mean = (whole.x[10:50:2, 10:50:2] + whole.x[10:50:2, 11:50:2]) / 2
    assert np.abs(x[5:25, 5:25] - mean).max() < 0.01


def test_samples_outside_the_mesh_stay_where_they_are_unless_told_otherwise():
    raster = Raster(triangulate(SQUARE), SQUARE, (-20, -20, 20, 20))
    x, y = raster.samples(SQUARE + 7)
    assert (x[3, 4], y[3, 4]) == (-16, -17)
    assert (raster.samples(SQUARE, outside=(-5, -6))[1][:5, :5] == -6).all()


def test_neighbouring_triangles_leave_no_gap_and_later_ones_lie_on_top():
    """Each sample inside a random mesh is in the triangle that half-plane tests say, the last where there are two."""
    rng = np.random.default_rng(3)
    points = np.vstack([rng.uniform(0, 39, (60, 2)), [(-3, -3), (43, -3), (-3, 43), (43, 43)]])
    triangles = np.vstack([triangulate(points), [[0, 1, 2], [3, 4, 5]]])
    numbers = fill(points[triangles], (40, 40))
    rows, columns = np.mgrid[0:40, 0:40]
    expected = np.full((40, 40), len(triangles))
    for number, (one, two, three) in enumerate(points[triangles]):
        sides = np.stack([
            (to[0] - at[0]) * (rows - at[1]) - (to[1] - at[1]) * (columns - at[0])
            for at, to in ((one, two), (two, three), (three, one))
        ])  # fmt: skip
        expected[(sides >= 0).all(axis=0) | (sides <= 0).all(axis=0)] = number
    assert (numbers == expected).mean() > 0.999  # a sample on an edge may go to either side
    assert (numbers < len(triangles)).all()


def test_triangles_beyond_the_samples_fill_nothing():
    beyond = np.array([[[-9, -9], [-5, -9], [-9, -5]], [[50, 2], [60, 2], [55, 9]], [[3, 80], [9, 80], [6, 90]]], float)
    assert (fill(beyond, (40, 40)) == 3).all()
