"""In which frames the mesh is trusted, and what happens in the others."""

import numpy as np
import pytest

from deid.algorithms.methods.motionmesh import trust
from deid.algorithms.methods.motionmesh.prepare import MeshRenderer
from deid.algorithms.methods.motionmesh.swap import Swap
from deid.algorithms.methods.motionmesh.topology import N_FACE
from deid.algorithms.plan import Face
from deid.algorithms.regions import head_region
from faces.protocol import FaceBox
from tests.deid.motionmesh.making import BOX, SIZE, donor, followed, frame, mesh, times


def judged(meshes, **limits):
    return trust.judge(followed(meshes), times(len(meshes)), **{"min_face": 40, "max_turn": 35, **limits})


def renderer(meshes, tracks=(0,)) -> MeshRenderer:
    swap = Swap(donor(seed=1), mesh()[:N_FACE], None, frame().colour, 1.0, 0.0)
    return MeshRenderer(frozenset(tracks), judged(meshes), swap)


def test_a_steady_mesh_is_trusted():
    assert judged([mesh()] * 5).reasons == ("",) * 5


def test_a_loss_of_one_frame_is_filled_in():
    result = judged([mesh((118, 100)), None, mesh((122, 100))])
    assert result.reasons == ("", "", "")
    assert np.abs(result.meshes[1] - mesh((120, 100))).max() < 1e-3


def test_a_longer_loss_is_masked():
    assert judged([mesh()] * 8 + [None] * 3 + [mesh()] * 8).reasons[8:11] == (trust.LOST,) * 3


def test_a_jump_of_one_frame_is_not_shown_where_it_jumped_to():
    result = judged([mesh(), mesh(), mesh((130, 100)), mesh(), mesh()])
    assert np.abs(result.meshes[2] - mesh()).max() < 1e-3


@pytest.mark.parametrize(
    ("seen", "why"),
    [
        (mesh((190, 100)), trust.ELSEWHERE),
        (mesh(scale=2.5), trust.ELSEWHERE),
        (mesh(turn=50), trust.TURNED),
    ],
)
def test_a_mesh_that_cannot_be_right_is_masked(seen, why):
    assert judged([seen] * 4).reasons == (why,) * 4


def test_a_small_face_is_masked():
    assert judged([mesh()] * 3, min_face=150).reasons == (trust.SMALL,) * 3


def test_a_face_that_turns_to_and_fro_at_the_limit_does_not_flicker():
    turns = [20, 36, 34, 36, 34, 36, 34, 29, 20]
    reasons = judged([mesh(turn=turn) for turn in turns]).reasons
    assert set(reasons[1:7]) == {trust.TURNED}
    assert (reasons[0], reasons[-1]) == ("", "")


def test_a_hand_masks_from_the_last_look_without_it_to_the_next_one_without():
    clip = followed([mesh()] * 40)
    clip.hands.update({0: False, 8: True, 16: True, 24: False, 32: True})
    reasons = trust.judge(clip, times(40), min_face=40, max_turn=35).reasons
    assert reasons == ("",) + (trust.COVERED,) * 23 + ("",) * 16


def test_a_brief_sight_between_two_masks_is_masked():
    reasons = judged([None] * 5 + [mesh()] * 3 + [None] * 5).reasons
    assert reasons[5:8] == (trust.BRIEF,) * 3


def test_a_lost_mesh_masks_the_head():
    shown = renderer([None]).render(frame(0), (Face(0, BOX),))
    region = head_region(BOX, SIZE)
    assert (shown.planes[0][region.top : region.bottom, region.left : region.right] == 16).all()


def test_another_face_is_masked_and_the_own_one_swapped():
    other = FaceBox(200, 150, 30, 40)
    treated = renderer([mesh()])
    shown = treated.render(frame(0), (Face(1, other), Face(0, BOX)))
    region = head_region(other, SIZE)
    assert (shown.planes[0][region.top : region.bottom, region.left : region.right] == 16).all()
    assert shown.planes[0][60:100, 100:140].min() > 16
    assert treated.report()["swapped"] == [[0, 0]]


def test_the_mask_of_a_face_below_does_not_take_the_swapped_face_with_it():
    """A face printed on a shirt: its head would reach to the patient's brows."""
    printed = FaceBox(95, 165, 50, 30)
    shown = renderer([mesh()]).render(frame(0), (Face(0, BOX), Face(1, printed)))
    assert shown.planes[0][90:140, 100:140].min() > 16
    assert shown.planes[0][166:194, 96:144].max() == 16


def test_a_second_box_on_the_same_face_masks_nothing():
    double = FaceBox(BOX.x + 4, BOX.y + 3, BOX.width, BOX.height)
    shown = renderer([mesh()]).render(frame(0), (Face(0, BOX), Face(1, double)))
    assert shown.planes[0].min() > 16


def test_the_report_tells_swapped_from_masked():
    treated = renderer([mesh()] * 3 + [None] * 3 + [mesh()] * 3)
    for index in range(9):
        treated.render(frame(index), (Face(0, BOX),))
    assert treated.report() == {
        "donor": None, "trial": None, "swapped": [[0, 2], [6, 8]], "masked": [[3, 5, trust.LOST]],
    }  # fmt: skip


def test_without_a_face_to_learn_from_all_is_masked():
    treated = MeshRenderer(frozenset({0}), judged([None]), None)
    shown = treated.render(frame(0), (Face(0, BOX),))
    assert shown.planes[0][60:100, 100:140].max() == 16


def test_frames_that_were_begun_ahead_are_the_same_and_what_came_is_not_touched():
    at_once, ahead = renderer([mesh()] * 5), renderer([mesh()] * 5)
    came, faces = [frame(index, seed=index) for index in range(5)], (Face(0, BOX),)
    for each in came:
        ahead.coming(each, faces)
    for index, each in enumerate(came):
        assert all(np.array_equal(*planes) for planes in zip(each.planes, frame(index, seed=index).planes, strict=True))
        shown, expected = ahead.render(each, faces), at_once.render(frame(index, seed=index), faces)
        assert all(np.array_equal(*planes) for planes in zip(shown.planes, expected.planes, strict=True))
        assert (shown.index, shown.pts) == (index, index)


def test_a_swap_that_fails_in_a_thread_of_its_own_fails_the_frame_when_it_is_rendered():
    def broken(_frame, _mesh):
        raise RuntimeError("no triangle left")

    treated = MeshRenderer(frozenset({0}), judged([mesh()]), broken)
    treated.coming(frame(0), (Face(0, BOX),))
    with pytest.raises(RuntimeError, match="no triangle left"):
        treated.render(frame(0), (Face(0, BOX),))
