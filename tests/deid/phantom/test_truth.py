"""The exact truth, and that the pictures follow it."""

import tracemalloc

import numpy as np
import pytest

from deid.algorithms.donors import Donor
from deid.algorithms.phantom.animate import Phantom
from deid.algorithms.phantom.fields import fields
from deid.algorithms.phantom.geometry import Inverter
from deid.algorithms.phantom.spec import BadPhantom, PhantomSpec
from tests.deid.phantom.measuring import tracked
from tests.phantoms import identity, make_phantom, phantom

STILL = {"sway": 0, "blinks_per_minute": 0, "pulse_amplitude": 0}
UPPER_LIP, LOWER_LIP, RIGHT_CORNER, LEFT_CORNER, BROW_ROOT = 13, 14, 61, 291, 9


def test_the_same_seed_gives_the_same_frames_and_truth_bit_for_bit():
    wishes = {"seed": 5, "task": "speech", "tremor_amplitude": 0.01, "blink_times": (0.5,), "seconds": 1.0}
    (one, truth), (two, again) = phantom(**wishes), phantom(**wishes)
    assert np.array_equal(one, two)
    assert truth.to_dict() == again.to_dict()
    other, _ = phantom(**{**wishes, "seed": 6, "identity": truth.identity})
    assert not np.array_equal(one, other)


def test_without_motion_landmarks_stand_still_and_frames_differ_by_noise_alone():
    frames, truth = phantom(**STILL, noise=2.0, seconds=1.0)
    assert np.ptp(truth.points, axis=0).max() == 0
    spread = frames.astype(float).std(axis=0)
    unclipped = (frames.min(axis=0) > 5) & (frames.max(axis=0) < 250)
    expected = np.hypot(2.0, np.sqrt(1 / 6))  # the noise, the dither and the rounding
    assert np.sqrt((spread[unclipped] ** 2).mean()) == pytest.approx(expected, rel=0.05)


@pytest.mark.parametrize("gap", [0.02, 0.05])
def test_parted_lips_open_by_the_said_amount(gap):
    closed, parted = (make_phantom(**STILL, parted_lips=g).truth for g in (0.0, gap))
    gaps = [truth.points[0, LOWER_LIP, 1] - truth.points[0, UPPER_LIP, 1] for truth in (closed, parted)]
    assert gaps[1] - gaps[0] == pytest.approx(gap * parted.face_height, rel=0.01)


def test_hypomimia_scales_the_way_of_the_corners_by_its_factor():
    ways = []
    for grade in (0, 2):
        points = make_phantom(**STILL, task="facial_expression", hypomimia=grade, seconds=4).truth.points
        ways.append(points[:, RIGHT_CORNER] - points[0, RIGHT_CORNER])
    assert np.abs(ways[0]).max() > 2
    np.testing.assert_allclose(ways[1], 0.55 * ways[0], atol=1e-9)


def test_weakness_is_one_sided():
    """-1: the subject's right, which is on the left of the picture."""
    healthy, weak = (make_phantom(**STILL, task="facial_expression", weakness=w, seconds=4).truth for w in (0.0, -0.9))
    way = {
        (who, corner): float(np.ptp(truth.points[:, corner, 0]))
        for who, truth in (("healthy", healthy), ("weak", weak)) for corner in (RIGHT_CORNER, LEFT_CORNER)
    }  # fmt: skip
    assert way["weak", RIGHT_CORNER] < 0.2 * way["healthy", RIGHT_CORNER]
    assert way["weak", LEFT_CORNER] == pytest.approx(way["healthy", LEFT_CORNER], rel=0.05)
    assert weak.points[0, RIGHT_CORNER, 1] > healthy.points[0, RIGHT_CORNER, 1] + 0.5  # it hangs
    np.testing.assert_array_equal(weak.brow, healthy.brow)


def test_closed_lids_meet_and_the_iris_stays():
    truth = make_phantom(**STILL | {"blink_times": (1.0,)}).truth
    shut, open_ = truth.closure[:, 0].argmax(), 0
    assert truth.closure[shut].min() > 0.95
    assert truth.ear[shut].max() < 0.35 * truth.ear[open_].min()
    np.testing.assert_allclose(truth.points[shut, 468], truth.points[open_, 468])


def test_the_map_back_undoes_the_way_there():
    """Truth goes forward by formula, pictures backward by iteration: their round trip is under a tenth of a pixel."""
    made = make_phantom(task="speech", size=256, sway=2, parted_lips=0.03)
    at = int(made.script.jaw.argmax())
    coefficients = made.script.coefficients()[at]
    inverter = Inverter(made.face, 256)
    back = inverter.upper(inverter.displacement(coefficients)).astype(float)
    where = made.face.frame.to_face(back)
    there = back + np.tensordot(coefficients, made.face.frame.vectors(fields(made.face.anatomy, where)), axes=1)
    y, x = np.mgrid[:256, :256]
    error = np.hypot(there[..., 0] - x, there[..., 1] - y)[4:-4, 4:-4]
    assert np.quantile(error, 0.99) < 0.1
    assert np.median(error) < 0.005


def test_a_tracked_brow_root_follows_the_truth():
    frames, truth = phantom(sway=1, blinks_per_minute=0, size=256)
    found = tracked(frames, truth.points[0, BROW_ROOT])
    assert np.ptp(truth.points[:, BROW_ROOT], axis=0).max() > 2
    assert np.abs(found - truth.points[:, BROW_ROOT]).max() < 0.3


def test_half_the_amplitude_halves_the_mouth_and_keeps_the_head():
    made = make_phantom(task="speech", blinks_per_minute=0)
    half = made.with_amplitude(0.5)
    assert half.truth.jaw == pytest.approx(0.5 * made.truth.jaw)
    np.testing.assert_array_equal(half.truth.sway["yaw"], made.truth.sway["yaw"])


def test_memory_stays_flat_however_long_the_clip():
    peaks = []
    for seconds in (0.5, 3.0):
        made = make_phantom(seconds=seconds, size=128)
        _ = made.truth
        tracemalloc.start()
        for _ in made.frames():
            pass
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 2**20


def test_an_oblong_identity_is_refused():
    face = identity()
    oblong = Donor("tall", face.sex, face.age, face.skin, face.picture[:, 10:], face.mesh, face.descriptor)
    with pytest.raises(BadPhantom, match="the picture of 'tall' is 502 x 512: a phantom needs a square one"):
        Phantom(PhantomSpec(), oblong)
