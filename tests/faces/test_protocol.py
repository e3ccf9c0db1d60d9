"""Boxes and their joining."""

import pytest

from faces.protocol import FaceBox, joined


def test_overlaps_are_counted_in_pixels():
    one, two = FaceBox(0, 0, 10, 10), FaceBox(5, 0, 10, 10)
    assert one.overlap(two) == 50
    assert one.iou(two) == pytest.approx(1 / 3)
    assert one.iou(FaceBox(20, 20, 5, 5)) == 0


def test_two_boxes_on_one_face_become_the_better_one():
    good, poor, other = FaceBox(0, 0, 10, 10, 0.9), FaceBox(1, 1, 10, 10, 0.6), FaceBox(50, 0, 10, 10, 0.5)
    assert joined([poor, other, good]) == [good, other]


def test_a_small_box_inside_a_large_one_is_the_same_face():
    assert len(joined([FaceBox(0, 0, 100, 100, 0.9), FaceBox(30, 30, 30, 30, 0.8)])) == 1


def test_clipping_keeps_what_is_in_the_picture():
    assert FaceBox(-5, 2, 10, 10, 0.7).clipped(100, 100) == FaceBox(0, 2, 5, 10, 0.7)
    assert FaceBox(-20, 0, 10, 10).clipped(100, 100) is None
