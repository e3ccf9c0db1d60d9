"""The whole way on synthetic clips with scripted detectors: nothing raw ever comes out."""

import hashlib
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from deid.algorithms import engine, registry
from deid.algorithms.engine import deidentify
from deid.algorithms.errors import BadParameters, EngineError, UnknownMethod, Withheld
from deid.algorithms.plan import FrameState
from deid.algorithms.regions import face_region
from faces.protocol import FaceBox
from tests.deid.algorithms.making import SIZE, ScriptedDetector, noise, noise_video
from tests.videoio.making import decoded, make_video, times
from videoio.errors import MediaError
from videoio.write import EncodeSettings

FACE = FaceBox(60, 40, 30, 30, 0.9)
QUICK = EncodeSettings(preset="ultrafast", crf=5)


@pytest.fixture
def clip(tmp_path):
    return noise_video(tmp_path / "clip.mp4", options={"crf": "5"})


@pytest.fixture
def target(tmp_path):
    return tmp_path / "out.mp4"


def always(index):
    return [FACE]


def render(clip, target, script=always, **options):
    options = {"method": "mask", "encode": QUICK, **options}
    return deidentify(clip, target, detector=ScriptedDetector(script), **options)


def likeness(picture, index, box=FACE):
    """Correlation with the raw picture inside the face's region: near 1 when it came through."""
    region = face_region(box, SIZE)
    area = np.s_[region.top : region.bottom, region.left : region.right]
    shown, raw = picture[area].astype(float).ravel(), noise(index)[area].astype(float).ravel()
    return 0.0 if shown.std() < 3 else float(np.corrcoef(shown, raw)[0, 1])


def pictures(path):
    return [frame.to_ndarray(format="rgb24") for frame in decoded(path)]


def test_the_likeness_used_here_tells_raw_from_treated(clip):
    assert likeness(pictures(clip)[3], 3) > 0.95


@pytest.mark.parametrize("method", ["mask", "blur", "pixelate"])
def test_every_frame_is_treated_and_every_time_kept(clip, target, method):
    certificate = render(clip, target, method=method)
    assert certificate.n_frames == 45
    assert certificate.runs == [(0, 44, "covered")]
    assert times(target) == pytest.approx(times(clip), abs=1e-9)
    shown = pictures(target)
    assert max(likeness(picture, index) for index, picture in enumerate(shown)) < 0.75
    outside = np.s_[100:, :]
    assert np.abs(shown[10][outside].astype(int) - pictures(clip)[10][outside]).mean() < 4


def test_the_certificate_names_both_files_by_their_hashes(clip, target):
    certificate = render(clip, target)
    assert certificate.source_sha256 == hashlib.sha256(clip.read_bytes()).hexdigest()
    assert certificate.output_sha256 == hashlib.sha256(target.read_bytes()).hexdigest()
    assert (certificate.width, certificate.height) == SIZE
    assert (certificate.detector, certificate.detector_version) == ("scripted", "1")
    assert certificate.faces_per_frame == {"1": 45}
    assert certificate.encoding == QUICK.fingerprint()


def test_a_detector_that_crashes_never_lets_a_raw_head_through(clip, target):
    def script(index):
        if index % 7 == 3:
            raise RuntimeError("out of memory")
        return [FACE]

    certificate = render(clip, target, script)
    crashed = [index for index in range(45) if index % 7 == 3]
    assert [failure[0] for failure in certificate.failures] == crashed
    assert certificate.failures[0][1:] == ("detector", "RuntimeError: out of memory")
    assert certificate.counts["withheld"] == len(crashed)
    shown = pictures(target)
    assert len(shown) == 45
    for index, picture in enumerate(shown):
        assert likeness(picture, index) < 0.5
        if index in crashed:
            assert picture.max() < 12  # black, give or take the encoder


@pytest.mark.parametrize("first", [0, 30])
def test_a_detector_that_cannot_run_at_all_fails_the_job(clip, target, first):
    def script(index):
        raise RuntimeError("no model")

    with pytest.raises(EngineError, match="no model"):
        render(clip, target, script)
    assert not target.exists()


class Misbehaving:
    """A method that does one wrong thing on frames divisible by 5, and masks nothing itself otherwise but inverts."""

    def __init__(self, deed):
        self.deed = deed

    def render(self, frame, faces):
        if frame.index % 5 == 0:
            return self.deed(frame)
        for plane in frame.planes:
            plane[:] = 255 - plane
        return frame


def half_painted_then_crash(frame):
    frame.planes[0][:50] = 99
    raise ValueError("lost the landmarks")


DEEDS = {
    "raises": half_painted_then_crash,
    "leaves the face": lambda frame: frame,
    "gives nothing": lambda frame: None,
    "gives another frame": lambda frame: replace(frame, pts=frame.pts + 1),
}


@pytest.mark.parametrize("deed", DEEDS)
def test_a_method_that_fails_on_a_frame_never_lets_a_raw_head_through(clip, target, monkeypatch, deed):
    method = replace(registry.get_method("mask"), loader=f"{__name__}:unused")
    monkeypatch.setattr(registry.Method, "load", lambda self: lambda tracks, values: Misbehaving(DEEDS[deed]))
    monkeypatch.setattr(engine, "get_method", lambda name: method)
    certificate = render(clip, target)
    failed = list(range(0, 45, 5))
    assert [(frame, part) for frame, part, _ in certificate.failures] == [(frame, "method") for frame in failed]
    assert certificate.counts["withheld"] == len(failed)
    for index, picture in enumerate(pictures(target)):
        if index in failed:
            assert picture.max() < 12


def test_no_face_and_no_decision_gives_nothing_out(clip, target):
    with pytest.raises(Withheld, match="no face was found in any of the 45 frames"):
        render(clip, target, lambda index: [])
    assert not target.exists()


def test_a_reviewers_decisions_are_carried_out(clip, target):
    decisions = [(0, 9, "no_face"), (10, 19, "keep_masked")]
    certificate = render(clip, target, lambda index: [FACE] if index >= 30 else [], decisions=decisions)
    assert certificate.runs == [(0, 9, "no_face"), (10, 19, "keep_masked"), (20, 29, "withheld"), (30, 44, "covered")]
    shown = pictures(target)
    assert likeness(shown[5], 5) > 0.9
    assert all(shown[index].max() < 12 for index in range(10, 30))


def test_held_frames_mask_the_whole_head(clip, target):
    certificate = render(clip, target, lambda index: [FACE] if not 15 <= index < 25 else [])
    assert certificate.counts == {"covered": 35, "held": 10, "withheld": 0, "no_face": 0, "keep_masked": 0}
    middle = pictures(target)[20]
    assert middle[20:90, 50:100].max() < 25
    assert middle[100:, :20].max() > 60


def test_the_original_is_only_encoded_again(clip, target):
    detector = ScriptedDetector(always)
    certificate = deidentify(clip, target, method="original", detector=detector, encode=QUICK)
    assert detector.seen == 0
    assert (certificate.detector, certificate.runs, certificate.counts) == (None, [], {})
    assert certificate.encoding == render(clip, target.with_name("2.mp4")).encoding
    assert min(likeness(picture, index) for index, picture in enumerate(pictures(target))) > 0.9
    assert times(target) == pytest.approx(times(clip), abs=1e-9)


def test_progress_rises_and_names_its_stages(clip, target):
    told = []
    render(clip, target, progress=lambda fraction, stage: told.append((fraction, stage)))
    fractions = [fraction for fraction, _ in told]
    assert fractions == sorted(fractions)
    assert fractions[-1] == 1
    assert list(dict.fromkeys(stage for _, stage in told)) == [
        "looking for faces", "writing the video", "checking the result",
    ]  # fmt: skip


@pytest.mark.parametrize("stage", ["looking for faces", "writing the video", "checking the result"])
def test_cancelling_leaves_no_file(clip, target, stage):
    class Cancelled(Exception):
        pass

    def progress(fraction, now):
        if now == stage:
            raise Cancelled

    with pytest.raises(Cancelled):
        render(clip, target, progress=progress)
    assert [path.name for path in target.parent.iterdir()] == ["clip.mp4"]


def test_a_result_with_fewer_frames_is_thrown_away(clip, target, monkeypatch):
    monkeypatch.setattr(engine, "timestamps", lambda path: [0.0] * 44)
    with pytest.raises(EngineError, match="45 frames, the result 44"):
        render(clip, target)
    assert [path.name for path in target.parent.iterdir()] == ["clip.mp4"]


def test_a_result_with_other_times_is_thrown_away(clip, target, monkeypatch):
    monkeypatch.setattr(engine, "timestamps", lambda path: [index / 29 for index in range(45)])
    with pytest.raises(EngineError, match="ms off"):
        render(clip, target)


def test_wrong_arguments_are_refused_with_sentences(clip, target):
    with pytest.raises(UnknownMethod, match="no method 'magic'"):
        render(clip, target, method="magic")
    with pytest.raises(BadParameters, match="no parameter size"):
        render(clip, target, parameters={"size": 3})
    with pytest.raises(MediaError, match="overwrite the recording"):
        render(clip, clip)
    with pytest.raises(MediaError, match="does not exist"):
        render(clip, target.parent / "none" / "out.mp4")
    with pytest.raises(ValueError, match="within frames 0-44"):
        render(clip, target, decisions=[(0, 45, "no_face")])
    assert not target.exists()


def test_variable_rate_odd_size_and_sound_go_through(tmp_path, target):
    ticks = [0, 33, 93, 120, 200, 233, 266, 600, 601, 650]  # milliseconds
    source = make_video(
        tmp_path / "odd.mkv", ticks=ticks, time_base=Fraction(1, 1000), size=(95, 63), pixel_format="yuv444p",
        codec="ffv1", sound=("pcm_s16le", 0, 0.5),
    )  # fmt: skip
    certificate = render(source, target, lambda index: [FaceBox(20, 10, 20, 20, 0.9)])
    assert certificate.counts["covered"] == 10
    assert certificate.audio == "kept"
    assert times(target) == pytest.approx(times(source), abs=1e-9)


def test_the_states_of_a_certificate_are_those_of_the_plan():
    assert {state.value for state in FrameState} == {"covered", "held", "withheld", "no_face", "keep_masked"}
