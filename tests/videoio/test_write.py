"""The written file: every time kept, sound in its place, no metadata, complete or not there."""

from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from tests.data_files import data_video
from tests.videoio.making import decoded, make_video, sound, times
from videoio.errors import MediaError
from videoio.inspect import timestamps
from videoio.probe import probe
from videoio.read import read_frames
from videoio.write import EncodeSettings, VideoFormat, VideoWriter

QUICK = EncodeSettings(preset="ultrafast")


def copy(source: Path, target: Path, **options: Any) -> Path:
    options.setdefault("encode", QUICK)
    with VideoWriter(target, VideoFormat.of(probe(source)), sound=source, **options) as writer:
        for frame in read_frames(source):
            writer.write(frame)
    return target


@pytest.mark.parametrize("preset", ["ultrafast", "medium"])  # without and with B-frames
def test_times_of_a_variable_rate_are_kept(tmp_path, preset):
    ticks = [0, 512, 1400, 1801, 3000, 3512, 4024, 9000, 9001, 9700]
    source = make_video(tmp_path / "v.mp4", ticks=ticks)
    target = copy(source, tmp_path / "out.mp4", encode=EncodeSettings(preset=preset))
    assert times(target) == pytest.approx([tick / 15360 for tick in ticks], abs=1e-9)
    assert timestamps(target) == pytest.approx(times(target))


def test_a_start_after_zero_is_kept(tmp_path):
    source = make_video(tmp_path / "s.mkv", ticks=range(1033, 2033, 33), time_base=Fraction(1, 1000))
    target = copy(source, tmp_path / "out.mp4")
    assert times(target)[0] == pytest.approx(1.033, abs=1e-9)
    assert times(target) == pytest.approx(times(source), abs=1e-9)


def test_a_start_of_many_hours_is_moved_to_zero_with_its_sound(tmp_path):
    """The clock of a broadcast stream: players would wait in front of a black picture for hours."""
    ticks = range(36_000_000, 36_001_000, 33)
    source = make_video(tmp_path / "s.mkv", ticks=ticks, time_base=Fraction(1, 1000), sound=("aac", 36_000.25, 0.5))
    target = copy(source, tmp_path / "out.mp4")
    assert times(target)[0] == 0
    assert np.diff(times(target)) == pytest.approx(np.diff(times(source)), abs=1e-9)
    assert sound(target)[0] == pytest.approx(sound(source)[0] - times(source)[0], abs=0.03)


def test_the_untouched_picture_survives(tmp_path):
    source = make_video(tmp_path / "a.mp4")
    target = copy(source, tmp_path / "out.mp4", encode=EncodeSettings())
    for one, two in zip(decoded(source), decoded(target), strict=True):
        assert np.abs(one.to_ndarray().astype(int) - two.to_ndarray()).mean() < 1.5


def test_colour_tags_are_carried_over(tmp_path):
    """Limited range, BT.709 primaries, sRGB transfer, BT.601 matrix: no two tags alike."""
    source = make_video(tmp_path / "c.mp4", colour=(1, 1, 13, 6))
    info = probe(copy(source, tmp_path / "out.mp4"))
    assert (info.colour.primaries, info.colour.transfer, info.colour.matrix) == (1, 13, 6)


def test_full_range_stays_full_range(tmp_path):
    source = make_video(tmp_path / "full.mp4", pixel_format="yuvj420p", colour=(2, 1, 1, 1))
    target = copy(source, tmp_path / "out.mp4", encode=EncodeSettings(crf=5))
    assert probe(target).colour.full_range
    one, two = (decoded(path)[0].to_ndarray(format="rgb24").astype(int) for path in (source, target))
    assert np.abs(one - two).mean() < 2


def test_odd_sides_become_even_and_keep_the_picture(tmp_path):
    source = make_video(tmp_path / "odd.mkv", size=(95, 63), pixel_format="yuv444p", codec="ffv1")
    target = copy(source, tmp_path / "out.mp4", encode=EncodeSettings(crf=5))
    info = probe(target)
    assert (info.width, info.height) == (96, 64)
    one, two = decoded(source)[0].to_ndarray(format="rgb24"), decoded(target)[0].to_ndarray(format="rgb24")
    assert np.abs(one.astype(int) - two[:63, :95]).mean() < 5


def test_a_turned_phone_video_comes_out_upright(tmp_path):
    target = copy(make_video(tmp_path / "r.mp4", rotation=-90), tmp_path / "out.mp4")
    info = probe(target)
    assert (info.width, info.height, info.rotation) == (64, 96, 0)


@pytest.mark.parametrize("codec", ["aac", "libmp3lame", "libopus", "flac"])
def test_sound_that_mp4_holds_is_copied(tmp_path, codec):
    source = make_video(tmp_path / "a.mkv", time_base=Fraction(1, 1000), ticks=range(0, 990, 33), sound=(codec, 0, 1))
    target = copy(source, tmp_path / "out.mp4")
    with av.open(str(source)) as one, av.open(str(target)) as two:
        bytes_of = [[bytes(p) for p in each.demux(audio=0) if p.size] for each in (one, two)]
    assert bytes_of[0] == bytes_of[1]


@pytest.mark.parametrize(("codec", "name"), [("pcm_s16le", "a.mkv"), ("mp2", "a.mkv"), ("pcm_s16le", "a.avi")])
def test_other_sound_becomes_aac_at_the_same_level_and_time(tmp_path, codec, name):
    """Loudness is a sign: the RMS stays within 1%."""
    options: dict[str, Any] = {"time_base": Fraction(1, 1000), "ticks": range(0, 1980, 33)}
    start = 0.0 if name.endswith("avi") else 0.5
    if name.endswith("avi"):
        options = {"time_base": Fraction(1, 30), "ticks": range(60), "codec": "mpeg4"}
    source = make_video(tmp_path / name, sound=(codec, start, 1.5), **options)
    target = copy(source, tmp_path / "out.mp4")
    begin, rate, samples = sound(target)
    assert probe(target).audio_codec == "aac"
    assert (rate, begin) == (44100, pytest.approx(sound(source)[0], abs=0.03))
    middle = slice(11025, 44100)
    before, after = (np.sqrt(np.mean(each[middle] ** 2)) for each in (sound(source)[2], samples))
    assert after == pytest.approx(before, rel=0.01)


def test_sound_can_be_dropped(tmp_path):
    source = make_video(tmp_path / "a.mp4", sound=("aac", 0, 1))
    assert probe(copy(source, tmp_path / "out.mp4", audio="drop")).audio_codec is None


def test_a_late_sound_stays_late(tmp_path):
    source = make_video(tmp_path / "a.mp4", sound=("aac", 0.4, 0.5))
    target = copy(source, tmp_path / "out.mp4")
    assert sound(target)[0] == pytest.approx(sound(source)[0], abs=0.001)
    assert sound(source)[0] == pytest.approx(0.4, abs=0.03)


def test_metadata_chapters_and_tool_names_are_gone(tmp_path):
    secrets = {
        "title": "Jane Doe",
        "comment": "ward 7",
        "location": "+52.5200+013.4050/",
        "creation_time": "2020-01-01",
    }
    source = make_video(tmp_path / "a.mp4", metadata=secrets)
    with av.open(str(source)) as container:
        assert container.metadata["title"] == "Jane Doe"
    target = copy(source, tmp_path / "out.mp4")
    data = target.read_bytes()
    for word in (b"Jane", b"ward 7", b"52.52", b"2020", b"Lavf", b"Lavc", b"x264", b"\xa9too"):
        assert word not in data, word
    with av.open(str(target)) as container:
        assert set(container.metadata) <= {"major_brand", "minor_version", "compatible_brands"}
        assert container.chapters() == []


def test_the_index_comes_first(tmp_path):
    data = copy(make_video(tmp_path / "a.mp4"), tmp_path / "out.mp4").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def test_the_same_input_gives_the_same_bytes(tmp_path):
    source = make_video(tmp_path / "a.mp4", sound=("aac", 0, 1))
    assert copy(source, tmp_path / "1.mp4").read_bytes() == copy(source, tmp_path / "2.mp4").read_bytes()


def test_a_crash_leaves_no_file(tmp_path):
    source = make_video(tmp_path / "a.mp4")
    target = tmp_path / "out.mp4"
    frames = read_frames(source)

    def write_some() -> None:
        with VideoWriter(target, VideoFormat.of(probe(source)), encode=QUICK) as writer:
            for frame in frames:
                assert not target.exists()
                writer.write(frame)
                if frame.index == 20:
                    raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_some()
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]


def test_no_frames_is_an_error_and_no_file(tmp_path):
    info = probe(make_video(tmp_path / "a.mp4"))
    with pytest.raises(MediaError, match="no pictures"), VideoWriter(tmp_path / "out.mp4", VideoFormat.of(info)):
        pass
    assert not (tmp_path / "out.mp4").exists()


def test_times_must_rise(tmp_path):
    source = make_video(tmp_path / "a.mp4")
    first, second, *_ = read_frames(source)
    with VideoWriter(tmp_path / "out.mp4", VideoFormat.of(probe(source)), encode=QUICK) as writer:
        writer.write(second)
        with pytest.raises(MediaError, match="times must rise"):
            writer.write(first)


def test_a_missing_folder_is_named(tmp_path):
    info = probe(make_video(tmp_path / "a.mp4"))
    with (
        pytest.raises(MediaError, match="does not exist"),
        VideoWriter(tmp_path / "no" / "o.mp4", VideoFormat.of(info)),
    ):
        pass


def test_fingerprints_tell_settings_apart():
    assert EncodeSettings().fingerprint() == EncodeSettings().fingerprint()
    assert EncodeSettings(crf=23).fingerprint() != EncodeSettings().fingerprint()


def test_the_variable_clip_with_late_sound_keeps_both(tmp_path):
    """Audio of this clip starts at 2.43 s; its frames are 13 to 42 ms apart."""
    source = data_video("B_pyfeat_face_noface.mov")
    target = copy(source, tmp_path / "out.mp4")
    assert times(target) == pytest.approx(times(source), abs=1e-9)
    assert sound(target)[0] == pytest.approx(2.43, abs=0.01)


def test_mpeg_1_with_its_mp2_sound_becomes_playable(tmp_path):
    source = data_video("C_grid_bbaf2n.mpg")
    target = copy(source, tmp_path / "out.mp4")
    info = probe(target)
    assert (info.n_frames, info.codec, info.audio_codec) == (75, "h264", "aac")
    assert sound(target)[2].size / 44100 == pytest.approx(sound(source)[2].size / 44100, abs=0.05)
