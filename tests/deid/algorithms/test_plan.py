"""No frame is shown without a positive decision, and no detected box is ever left out."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deid.algorithms.plan import FrameState, build_plan, counts, runs
from deid.algorithms.tracks import MAX_GAP_S
from faces.protocol import FaceBox
from tests.deid.algorithms.making import FPS, SIZE, still, times

FACE = FaceBox(50, 40, 30, 30, 0.9)
OTHER = FaceBox(110, 60, 30, 30, 0.9)
COVERED, HELD, WITHHELD = FrameState.COVERED, FrameState.HELD, FrameState.WITHHELD
NO_FACE, KEPT = FrameState.NO_FACE, FrameState.KEPT_MASKED

boxes = st.builds(
    FaceBox,
    x=st.floats(-20, 150), y=st.floats(-20, 110), width=st.floats(4, 80), height=st.floats(4, 80),
    score=st.floats(0.5, 1),
)  # fmt: skip
detections = st.lists(st.one_of(st.none(), st.lists(boxes, max_size=3)), min_size=2, max_size=70)
words = st.sampled_from(["no_face", "keep_masked"])


def planned(frames, **options):
    return build_plan(frames, times(len(frames)), SIZE, **options)


@given(detections, st.sets(st.integers(1, 69)), st.data())
@settings(max_examples=150, deadline=None)
def test_every_detected_box_is_treated_and_nothing_undecided_is_shown(frames, cuts, data):
    n_frames = len(frames)
    spans = data.draw(
        st.lists(st.tuples(st.integers(0, n_frames - 1), st.integers(0, n_frames - 1), words), max_size=3)
    )
    decisions = [(min(a, b), max(a, b), word) for a, b, word in spans]
    plan = planned(frames, cuts={cut for cut in cuts if cut < n_frames}, decisions=decisions)
    assert len(plan.frames) == n_frames
    for index, (found, frame) in enumerate(zip(frames, plan.frames, strict=True)):
        treated = [face.box for face in frame.faces]
        assert all(box in treated for box in found or ())
        decided = {word for first, last, word in decisions if first <= index <= last}
        if not found and not frame.state.masked:  # shown without a box of its own
            assert frame.state is NO_FACE or frame.heads
        if found is None:
            assert frame.state.masked or "no_face" in decided
        if frame.state is NO_FACE:
            assert decided == {"no_face"}
        if frame.state is KEPT:
            assert "keep_masked" in decided
        assert (frame.state is HELD) <= bool(frame.heads)


@given(detections)
@settings(max_examples=100, deadline=None)
def test_a_frame_is_shown_only_near_boxes(frames):
    """Without a reviewer a shown frame has a box of its own, or boxes at most half a second before and after."""
    plan, reach = planned(frames), round(MAX_GAP_S * FPS)
    for index, frame in enumerate(plan.frames):
        if not frame.state.masked and not frames[index]:
            assert any(frames[max(index - reach, 0) : index])
            assert any(frames[index + 1 : index + 1 + reach])


@given(detections)
@settings(max_examples=50, deadline=None)
def test_deciding_never_changes_frames_that_were_shown(frames):
    before = planned(frames)
    after = planned(frames, decisions=[(0, len(frames) - 1, "keep_masked")])
    for one, two in zip(before.frames, after.frames, strict=True):
        assert two.state is (KEPT if one.state is WITHHELD else one.state)


def test_a_face_on_every_frame_is_covered():
    assert set(planned(still(40, FACE)).states) == {COVERED}


def test_no_face_at_all_is_withheld():
    assert set(planned([[] for _ in range(40)]).states) == {WITHHELD}


def test_a_short_gap_is_held_with_a_head_between_its_sides():
    frames = [[FACE.shifted(index, 0)] if not 20 <= index < 30 else [] for index in range(60)]
    plan = planned(frames)
    assert runs(plan.states) == [(0, 19, "covered"), (20, 29, "held"), (30, 59, "covered")]
    assert plan.frames[25].heads[0].x == pytest.approx(75)


def test_a_long_gap_is_withheld():
    frames = [[FACE] if not 20 <= index < 50 else [] for index in range(80)]
    assert runs(planned(frames).states) == [(0, 19, "covered"), (20, 49, "withheld"), (50, 79, "covered")]


def test_a_gap_with_a_jump_is_not_bridged():
    frames = still(20, FACE) + [[]] * 5 + still(20, FACE.shifted(70, 20))
    assert set(planned(frames).states[20:25]) == {WITHHELD}


def test_a_gap_with_a_cut_is_not_bridged():
    frames = still(20, FACE) + [[]] * 5 + still(20, FACE)
    assert set(planned(frames, cuts={22}).states[20:25]) == {WITHHELD}


def test_leading_and_trailing_frames_without_a_face_are_withheld():
    plan = planned([[]] * 10 + still(30, FACE) + [[]] * 10)
    assert runs(plan.states) == [(0, 9, "withheld"), (10, 39, "covered"), (40, 49, "withheld")]


def test_a_second_face_lost_inside_the_picture_is_held_then_withholds():
    """Half a second is 15 frames at 30 per second."""
    frames = [[FACE, OTHER] if index < 40 else [FACE] for index in range(90)]
    plan = planned(frames)
    assert runs(plan.states) == [(0, 39, "covered"), (40, 54, "held"), (55, 89, "withheld")]
    assert plan.frames[45].heads == (OTHER,)


def test_a_second_face_that_appears_inside_the_picture_withholds_backwards():
    frames = [[FACE] if index < 50 else [FACE, OTHER] for index in range(90)]
    assert runs(planned(frames).states) == [(0, 34, "withheld"), (35, 49, "held"), (50, 89, "covered")]


def test_a_second_face_found_again_elsewhere_ends_the_withholding():
    moved = OTHER.shifted(-100, 30)
    frames = [[FACE, *([OTHER] if index < 30 else [moved] if index >= 80 else [])] for index in range(120)]
    expected = [(0, 29, "covered"), (30, 44, "held"), (45, 64, "withheld"), (65, 79, "held"), (80, 119, "covered")]
    assert runs(planned(frames).states) == expected


def test_one_who_walks_out_of_the_picture_withholds_nothing():
    walker = [FaceBox(100 + 4 * index, 60, 30, 30, 0.9) for index in range(14)]  # centre from x = 115 to 167 of 160
    frames = [[FACE, *walker[index : index + 1]] for index in range(60)]
    assert WITHHELD not in planned(frames).states


def test_a_printed_face_is_treated_and_held_a_little_and_withholds_nothing():
    """A shirt's print, found for a few frames with a poor score; 0.2 s is 6 frames."""
    print_ = FaceBox(100, 80, 30, 30, 0.55)
    frames = [[FACE, print_] if 30 <= index < 35 else [FACE] for index in range(60)]
    plan = planned(frames)
    assert set(plan.states) == {COVERED}
    assert [index for index, frame in enumerate(plan.frames) if len(frame.faces) == 2] == list(range(24, 41))
    assert [face.found for face in plan.frames[26].faces] == [True, False]


def test_a_printed_face_alone_shows_no_frame():
    frames = [[FaceBox(100, 80, 30, 30, 0.55)] if 30 <= index < 50 else [] for index in range(60)]
    assert set(planned(frames).states) == {WITHHELD}


def test_a_frame_on_which_the_detector_failed_is_withheld_even_inside_a_track():
    frames: list = still(40, FACE)
    frames[20] = None
    assert runs(planned(frames).states) == [(0, 19, "covered"), (20, 20, "withheld"), (21, 39, "covered")]


def test_a_cut_excuses_a_face_that_is_gone():
    frames = [[OTHER, FACE]] * 30 + [[FACE.shifted(-45, -35)]] * 30
    assert set(planned(frames, cuts={30}).states) == {COVERED}


def test_decisions_apply_to_withheld_frames_alone():
    frames = still(20, FACE) + [[]] * 20
    plan = planned(frames, decisions=[(0, 29, "no_face"), (30, 39, "keep_masked")])
    assert runs(plan.states) == [(0, 19, "covered"), (20, 29, "no_face"), (30, 39, "keep_masked")]


def test_when_decisions_disagree_the_mask_stays():
    for order in (1, -1):
        decisions = [(0, 9, "no_face"), (5, 9, "keep_masked")][::order]
        assert runs(planned([[]] * 10, decisions=decisions).states) == [(0, 4, "no_face"), (5, 9, "keep_masked")]


@pytest.mark.parametrize("decision", [(0, 3, "show"), (0, 40, "no_face"), (-1, 3, "no_face"), (5, 3, "no_face")])
def test_impossible_decisions_are_refused(decision):
    with pytest.raises(ValueError, match="a decision must"):
        planned([[]] * 10, decisions=[decision])


def test_counts_name_all_states():
    assert counts([COVERED, COVERED, WITHHELD]) == {
        "covered": 2, "held": 0, "withheld": 1, "no_face": 0, "keep_masked": 0,
    }  # fmt: skip
