"""The signs' part of the report: a copy is perfect, everything has a value or a reason, and it is quick and small."""

import shutil
import time
import tracemalloc
from dataclasses import replace

import numpy as np
import pytest

from analysis.algorithms.fidelity.landmarks import Follower68
from analysis.algorithms.fidelity.report import UNAVAILABLE, Pair, value_of
from analysis.algorithms.fidelity.sign_metrics import METRICS, WITHOUT_CEILING
from deid.algorithms.phantom.record import write_phantom
from tests.analysis.fidelity.faces68 import tracks
from tests.analysis.fidelity.measuring import ratios68
from tests.deid.phantom.measuring import pictures
from tests.phantoms import make_phantom


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """A phantom's recording and a byte for byte copy of it, with the tracks that the true points make."""
    folder = tmp_path_factory.mktemp("copy")
    truth = write_phantom(
        make_phantom(size=192, seconds=10.5, seed=3, tremor_amplitude=0.01, blink_times=(1.0, 5.0)), folder / "a.mp4"
    )
    shutil.copy(folder / "a.mp4", folder / "b.mp4")
    follower = Follower68()
    points = np.array([follower.look(frame) for frame in pictures(folder / "a.mp4")])
    mesh = np.dstack([truth.points, np.zeros(truth.points.shape[:2])]).astype(np.float32)
    pose = np.ones((len(points), 33, 3)) * np.arange(33)[:, None]
    skin = np.repeat((150 + 100 * truth.pulse)[:, None, None] * [1.0, 1.02, 0.99], 4, axis=1)
    measured = tracks(points, ear=ratios68(points), mesh=mesh, pose=pose, skin=skin)
    return Pair(measured, measured, original_path=folder / "a.mp4", rendition_path=folder / "b.mp4")


def _values(pair):
    return {name: value_of(lambda metric=metric: metric(pair)) for name, metric in (*METRICS, *WITHOUT_CEILING)}


def test_a_copy_is_perfect_in_every_sign(pair):
    values = _values(pair)
    assert {name for name, value in values.items() if UNAVAILABLE in value} == {
        "leak", "leak_heads", "pulse_chrom_30s", "pulse_pos_30s", "pulse_green_30s",
    }  # fmt: skip
    assert "no certificate" in values["leak"][UNAVAILABLE]
    assert "needs 30 s" in values["pulse_pos_30s"][UNAVAILABLE]
    for name in ("lips", "aperture", "asymmetry"):
        added = [each for each in values[name]["added"].values() if not isinstance(each, dict)]
        assert added == pytest.approx([0] * len(added))
        assert added
    assert set(values["furrows"]["kept"].values()) == {1.0}
    assert values["blinks"]["personal"]["recall"] == values["blinks"]["personal"]["precision"] == 1
    assert values["blinks"]["original"]["count"] == 2
    for track in values["tremor"].values():
        assert track["transfer"]["gain"] == pytest.approx(1)
        assert track["original"]["frequency"] == pytest.approx(5, abs=0.1)
    assert values["body_coco"]["oks"] == values["body_openpose"]["precision"]["ap"] == 1
    assert values["pulse_pos_10s"]["agreement"]["mae"] == 0
    assert values["picture"]["inside"]["ssim"] == pytest.approx(1, abs=1e-7)
    assert values["picture"]["whole"]["squared_error"] == values["picture"]["flicker_added"] == 0


def test_a_video_without_a_face_gives_reasons_and_no_numbers(pair):
    empty = tracks(np.full_like(pair.original.points, np.nan))
    faceless = Pair(pair.original, empty, original_path=pair.original_path, rendition_path=pair.rendition_path)
    values = _values(faceless)
    numbers = {name for name, value in values.items() if UNAVAILABLE not in value}
    assert numbers == {"body_coco", "body_openpose", "picture"}  # a person who is missed; the original's face
    assert values["body_coco"]["oks"] == 0
    assert "no face in the rendition" in values["tremor"][UNAVAILABLE]
    assert "no face in the rendition" in values["blinks"][UNAVAILABLE]


def test_videos_of_different_length_are_told(pair):
    shorter = tracks(pair.original.points[:-3])
    values = _values(Pair(pair.original, shorter, original_path=pair.original_path, rendition_path=pair.rendition_path))
    for name in ("lips", "blinks", "tremor", "pulse_pos_10s", "body_coco"):
        assert "different frame counts" in values[name][UNAVAILABLE]


def test_frames_that_the_certificate_calls_masked_are_looked_into(pair):
    """The copy shows everything: each frame that should be masked leaks."""
    states = ("covered",) * 300 + ("withheld",) * 10 + ("keep_masked",) * 5
    masked = replace(pair, states=states)
    value = value_of(lambda: dict(WITHOUT_CEILING)["leak"](masked))
    assert value["frames"] == list(range(300, 315))
    assert value["share"] == 1
    assert value["n_masked"] == 15


def test_all_of_it_takes_less_time_than_the_video_lasts(pair):
    """At 192 pixels; the processor's time, so that a busy machine does not count."""
    start = time.process_time()
    _values(pair)
    assert time.process_time() - start < 10.5


def test_pictures_are_streamed(pair):
    """The two videos hold 70 MB of pixels."""
    masked = replace(pair, states=("withheld",) * 315)
    tracemalloc.start()
    for name in ("furrows", "picture", "leak"):
        assert UNAVAILABLE not in value_of(lambda name=name: dict((*METRICS, *WITHOUT_CEILING))[name](masked))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 10 * 2**20
