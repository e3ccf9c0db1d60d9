"""Static signs: what phantoms plant comes back, by true points and by dlib's; what cannot be measured."""

from itertools import islice

import cv2
import numpy as np
import pytest

from analysis.algorithms.fidelity.errors import Unavailable
from analysis.algorithms.fidelity.headframe import eye_distance, head_relative
from analysis.algorithms.fidelity.signs import aperture, asymmetry, furrow_contrast, lip_parting
from faces.mesh import mesh_to_68
from tests.analysis.fidelity.measuring import points68
from tests.phantoms import make_phantom


def _true(**wishes):
    """Truth, its 68 points and the face height in eye distances."""
    truth = make_phantom(**{"size": 384, "seconds": 4.0, "seed": 3, **wishes}).truth
    points = mesh_to_68(truth.points)
    return truth, points, truth.face_height / eye_distance(head_relative(points))


@pytest.mark.parametrize("gap", [0.01, 0.02, 0.05])
def test_planted_parting_of_the_lips_comes_back(gap):
    """By true points to 4%; 0.02 face heights, 3.6 mm, and more count as parted, 0.01 does not."""
    closed, points, _ = _true()
    before = lip_parting(points, closed.time)
    truth, points, height = _true(parted_lips=gap)
    found = lip_parting(points, truth.time)
    assert found.gap - before.gap == pytest.approx(gap * height, rel=0.04)
    assert (before.share, before.seconds) == (0, 0)
    assert found.share == (1.0 if gap >= 0.02 else 0.0)
    assert found.seconds == pytest.approx(4.0 * found.share)


def test_lips_that_part_for_a_while_are_timed():
    """Lips that open and close again as a tremor's slow cousin: the share of frames over the threshold, by hand."""
    truth, points, _ = _true(parted_lips=0.03)
    _, closed, _ = _true()
    points[:60, 60:68] = closed[:60, 60:68]
    found = lip_parting(points, truth.time)
    assert found.seconds == pytest.approx(2.0, abs=0.04)
    assert found.share == pytest.approx(0.5, abs=0.01)


def test_parted_lips_are_seen_by_dlib_in_the_picture():
    """dlib's inner lips stick together: 0.05 face heights come back to a third, a closed mouth is closed."""
    gaps = {}
    for gap in (0.0, 0.05):
        made = make_phantom(size=384, seconds=0.8, seed=3, parted_lips=gap)
        points = points68(made.frames())
        gaps[gap] = lip_parting(points, made.truth.time)
        height = made.truth.face_height / eye_distance(head_relative(points))
    assert gaps[0.0].share == 0
    assert gaps[0.05].share == 1
    assert gaps[0.05].gap == pytest.approx(0.05 * height, rel=0.33)


@pytest.mark.parametrize("weakness", [-0.9, -0.5, 0.0, 0.6])
def test_planted_weakness_comes_back(weakness):
    """To 0.2 (brows 0.25): the jaw of a smile moves the weak corner too, and the head's turns are not all taken out."""
    truth, points, _ = _true(task="facial_expression", weakness=weakness, seconds=8)
    found = asymmetry(points, truth.time)
    assert found.mouth == pytest.approx(weakness, abs=0.2)
    assert found.brows == pytest.approx(0, abs=0.25)  # spared


def test_a_weak_corner_hangs_by_the_planted_way():
    truth, points, _ = _true(weakness=0.8, sway=0)
    healthy, straight, _ = _true(weakness=0.0, sway=0)
    unit = eye_distance(head_relative(points))
    told = (points[0, 54, 1] - straight[0, 54, 1]) / unit  # the left corner's, in the upright first frame
    found = asymmetry(points, truth.time).droop - asymmetry(straight, healthy.time).droop
    assert told > 0.01
    assert found == pytest.approx(told, rel=0.05)


def test_weakness_is_seen_by_dlib_with_the_right_side_and_at_a_third_or_more_of_its_size():
    """dlib fits whole faces and makes them too even: the reason to follow points by optical flow."""
    made = make_phantom(size=384, seconds=4, seed=4, task="facial_expression", weakness=-0.9)
    found = asymmetry(points68(made.frames()), made.truth.time)
    assert -0.95 < found.mouth < -0.3


def test_a_face_at_rest_shows_no_sides_to_compare():
    truth, points, _ = _true(sway=0, blinks_per_minute=0)
    found = asymmetry(points, truth.time)
    assert np.isnan((found.mouth, found.brows)).all()


def test_apertures_come_back_by_hand_and_blinks_do_not_narrow_them():
    truth, points, _ = _true(blinks_per_minute=40, sway=0, seconds=6)
    unit = eye_distance(head_relative(points))
    first = [
        (points[0, [d, c], 1] - points[0, [a, b], 1]).mean() / unit
        for a, b, c, d in ((37, 38, 40, 41), (43, 44, 46, 47))
    ]
    found = aperture(points, truth.time)
    assert (found.right, found.left) == pytest.approx(first, rel=0.02)


def test_a_hanging_right_lid_is_told_by_its_side():
    """The right upper lid lowered by a quarter of the aperture: asymmetry 2 (0.75 - 1) / 1.75 about the earlier one."""
    truth, points, _ = _true(blinks_per_minute=0, sway=0)
    before = aperture(points, truth.time)
    height = (points[:, [41, 40], 1] - points[:, [37, 38], 1]).mean(axis=1)
    points[:, [37, 38], 1] += 0.25 * height[:, None]
    found = aperture(points, truth.time)
    assert found.right == pytest.approx(0.75 * before.right, rel=0.02)
    assert found.left == pytest.approx(before.left)
    assert found.asymmetry < before.asymmetry - 0.2


def _lined(strength):
    """Grey skin with level lines of 20 pixels' period (3.4 mm furrows) on the forehead; a face 384 pixels wide."""
    _, points, _ = _true(sway=0, blinks_per_minute=0, seconds=0.8)
    y = np.arange(384)[:, None, None]
    lines = 128 * (1 + strength * np.sin(2 * np.pi * y / 9.0)) + np.zeros((1, 384, 3))
    frame = np.round(lines).astype(np.uint8)
    return [frame] * len(points), points


def test_furrow_contrast_follows_planted_lines():
    """Contrast is linear in the lines' depth; a sine of depth s has rms s / sqrt(2), of which the band passes most."""
    deep, shallow, none = (furrow_contrast(*_lined(strength)) for strength in (0.2, 0.1, 0.0))
    assert shallow.forehead / deep.forehead == pytest.approx(0.5, abs=0.02)
    assert 0.6 < deep.forehead / (0.2 / np.sqrt(2)) < 1
    assert none.forehead == pytest.approx(0, abs=1e-6)


def test_furrow_contrast_takes_no_notice_of_light_and_skin_tone_and_is_lost_by_blur():
    frames, points = _lined(0.1)
    sharp = furrow_contrast(frames, points)
    dark = furrow_contrast([(frame * 0.6).astype(np.uint8) for frame in frames], points)
    blurred = furrow_contrast([cv2.GaussianBlur(frame, (0, 0), 6) for frame in frames], points)
    assert dark.forehead == pytest.approx(sharp.forehead, rel=0.03)
    assert blurred.forehead < 0.1 * sharp.forehead
    assert furrow_contrast(frames, points) == sharp  # a copy


def test_the_fold_beside_the_nose_deepens_on_the_side_that_smiles():
    """A face with plain skin: beside folds that are there at rest, what a smile adds is small."""
    smiles = {}
    for weakness in (0.0, -0.9):
        made = make_phantom(size=384, seconds=4, seed=2, task="facial_expression", weakness=weakness)
        smiles[weakness] = furrow_contrast(islice(made.frames(), 0, None, 6), mesh_to_68(made.truth.points)[::6])
    assert smiles[-0.9].right_fold < 0.95 * smiles[0.0].right_fold
    assert smiles[-0.9].left_fold == pytest.approx(smiles[0.0].left_fold, rel=0.03)
    assert smiles[-0.9].n_frames == 20


def test_what_cannot_be_measured_is_said():
    truth, points, _ = _true(seconds=1.0)
    hidden = np.full_like(points, np.nan)
    for measure in (lip_parting, aperture, asymmetry):
        with pytest.raises(Unavailable, match="a face is needed in 20 frames or more, it was found in 0"):
            measure(hidden, truth.time)
        with pytest.raises(Unavailable, match="30 times were given with a signal of 29 frames"):
            measure(points[1:], truth.time)
    with pytest.raises(Unavailable, match="no face was found in any of 30 frames"):
        furrow_contrast([np.zeros((9, 9, 3), np.uint8)] * 30, hidden)
    with pytest.raises(Unavailable, match="none of the 30 frames has a face"):
        head_relative(hidden)
