"""Real clips through the whole method, with small networks of random weights in the places of insightface's."""

import os
import subprocess
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from deid.algorithms.certificate import Certificate
from tests.data_files import data_video
from tests.deid.apart import deidentified
from tests.faces.networks import insightface_store, random_swapper, reddish_detector
from videoio.frames import Frame
from videoio.inspect import timestamps
from videoio.read import read_frames

CLIP = os.environ.get("INSWAPPER_CLIP", "C_grid_bbaf2n.mpg")
SKIN = 0.1  # so much redder than green is skin: the stand-in detector sees faces there


def rendered(folder: Path, **networks) -> tuple[Path, Path, Certificate]:
    """The clip, what became of it, and its certificate."""
    models = folder / "models"
    models.mkdir()
    insightface_store(models, **networks)
    source, target = data_video(CLIP), folder / "out.mp4"
    return source, target, deidentified(source, target, models, "inswapper")


@pytest.fixture(scope="module")
def swapped(tmp_path_factory):
    return rendered(tmp_path_factory.mktemp("swapped"), det_10g=partial(reddish_detector, redness=SKIN))


def luma_around(frame: Frame, of: Frame) -> float:
    """Share of samples that differ by more than the encoder makes them."""
    return float((np.abs(frame.planes[0].astype(int) - of.planes[0]) > 30).mean())


def test_random_weights_give_all_frames_at_their_times_and_a_certificate_that_is_not_passed(swapped):
    source, target, done = swapped
    assert done.n_frames == len(timestamps(source)) == len(timestamps(target))
    assert np.diff(timestamps(target)) == pytest.approx(np.diff(timestamps(source)), abs=1e-5)
    assert sum(last - first + 1 for first, last in done.method_report["swapped"]) == done.n_frames
    assert done.counts["covered"] == done.n_frames
    assert done.method_report["trial"]["passed"] is False
    assert set(done.method_report["weights"]) == {"det_10g", "2d106det", "w600k_r50", "inswapper_128"}


def test_the_face_is_another_and_the_rest_of_the_picture_is_the_same(swapped):
    source, target, _ = swapped
    pairs = list(zip(read_frames(source), read_frames(target), strict=True))
    for one, two in pairs[:: len(pairs) // 4]:
        assert 0.01 < luma_around(two, one) < 0.25
        edge = np.abs(one.planes[0][:, :20].astype(int) - two.planes[0][:, :20])
        assert np.percentile(edge, 99) < 30


def test_where_the_points_are_not_found_the_head_is_masked_in_every_frame(tmp_path):
    """A detector that sees no face at all: nothing of the patient's is shown, and the certificate says why."""
    source, target, done = rendered(tmp_path, det_10g=partial(reddish_detector, redness=0.9))
    assert done.method_report["swapped"] == []
    assert done.method_report["trial"] is None
    assert [why for _, _, why in done.method_report["masked"]] == ["no face to learn from"]
    assert done.n_frames == len(timestamps(source))
    for _first, _last, boxes in done.masks:
        assert all(width > 40 and height > 40 for _x, _y, width, height in boxes)
    frame = next(frame for frame in read_frames(target) if frame.index == 20)
    x, y, width, height = next(boxes for first, last, boxes in done.masks if first <= 20 <= last)[0]
    assert frame.planes[0][y + 8 : y + height - 8, x + 8 : x + width - 8].max() < 40


def test_weights_that_give_no_numbers_end_the_work_and_leave_no_file(tmp_path):
    broken = partial(random_swapper, matrix=np.full((512, 512), np.inf, np.float32))
    with pytest.raises(subprocess.CalledProcessError) as failed:
        rendered(tmp_path, det_10g=partial(reddish_detector, redness=SKIN), inswapper_128=broken)
    assert "inswapper_128" in failed.value.stderr.splitlines()[-1]
    assert not (tmp_path / "out.mp4").exists()
