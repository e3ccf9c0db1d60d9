"""Boxes linked to heads."""

import pytest

from deid.algorithms.tracks import believed, enters, leaves, link, real_cuts
from faces.protocol import FaceBox
from tests.deid.algorithms.making import SIZE, still, times

FACE = FaceBox(50, 40, 30, 30, 0.9)


def test_a_still_face_is_one_track():
    tracks = link(still(20, FACE), times(20))
    assert len(tracks) == 1
    assert (tracks[0].first, tracks[0].last) == (0, 19)


def test_two_faces_stay_apart_when_they_pass_each_other():
    boxes = [[FACE.shifted(index, 0), FaceBox(120 - index, 80, 30, 30, 0.8)] for index in range(20)]
    tracks = link(boxes, times(20))
    assert [len(track.boxes) for track in tracks] == [20, 20]
    assert {round(box.y) for box in tracks[0].boxes.values()} == {40}


def test_a_gap_of_half_a_second_is_bridged_and_a_longer_one_is_not():
    short = [[FACE] if not 10 <= index < 24 else [] for index in range(40)]
    assert len(link(short, times(40))) == 1
    long = [[FACE] if not 10 <= index < 26 else [] for index in range(40)]
    assert len(link(long, times(40))) == 2


def test_a_jump_is_another_track():
    boxes = still(10, FACE) + still(10, FACE.shifted(60, 0))
    assert len(link(boxes, times(20))) == 2


def test_nothing_is_joined_across_a_cut():
    assert len(link(still(20, FACE), times(20), cuts={10})) == 2


def test_a_lamp_is_no_cut_when_the_face_stays():
    assert real_cuts(still(20, FACE), {10}) == set()
    assert real_cuts(still(10, FACE) + still(10, FACE.shifted(60, 0)), {10}) == {10}


@pytest.mark.parametrize(("found", "score", "expected"), [(12, 0.9, True), (11, 0.9, False), (30, 0.55, False)])
def test_a_head_is_believed_after_0_4_s_with_a_fair_score(found, score, expected):
    boxes = [[FaceBox(50, 40, 30, 30, score)] if index < found else [] for index in range(60)]
    assert believed(link(boxes, times(60))[0], times(60)) is expected


def test_walking_over_the_edge_is_leaving_and_vanishing_inside_is_not():
    outwards = [[FACE.shifted(3 * index, 0)] for index in range(32)]  # centre from x = 65 to 158 of 160
    assert leaves(link(outwards, times(32))[0], times(32), SIZE)
    assert not leaves(link(outwards[:10], times(10))[0], times(10), SIZE)
    assert enters(link(outwards[::-1], times(32))[0], times(32), SIZE)


def test_a_face_standing_at_the_edge_does_not_leave():
    at_edge = still(30, FaceBox(145, 40, 15, 30, 0.9))
    assert not leaves(link(at_edge, times(30))[0], times(30), SIZE)
