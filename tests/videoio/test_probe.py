"""What a file holds, and what is refused."""

import struct
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from tests.data_files import data_video
from tests.videoio.making import TICK, make_video, write_tone
from videoio.errors import MediaError
from videoio.probe import Limits, probe


def refused(path: Path, limits: Limits | None = None) -> MediaError:
    with pytest.raises(MediaError) as caught:
        probe(path, limits)
    return caught.value


def test_a_plain_clip_is_described(tmp_path):
    info = probe(make_video(tmp_path / "a.mp4", sound=("aac", 0.0, 1.0)))
    assert (info.width, info.height, info.n_frames, info.codec, info.rotation) == (96, 64, 30, "h264", 0)
    assert info.duration_s == pytest.approx(1.0)
    assert info.frame_rate == pytest.approx(30)
    assert not info.variable_rate
    assert info.time_base == TICK
    assert info.audio_codec == "aac"


def test_a_variable_rate_is_noticed(tmp_path):
    ticks = [0, 512, 1400, 1800, 3000, 3512, 4024]
    assert probe(make_video(tmp_path / "v.mp4", ticks=ticks)).variable_rate


def test_milliseconds_of_matroska_are_no_variable_rate(tmp_path):
    """33, 34, 33 ms is 30 frames per second on a clock of milliseconds."""
    ticks = [round(index * 1000 / 30) for index in range(30)]
    assert not probe(make_video(tmp_path / "m.mkv", ticks=ticks, time_base=Fraction(1, 1000))).variable_rate


def test_rotation_swaps_width_and_height(tmp_path):
    info = probe(make_video(tmp_path / "r.mp4", rotation=90))
    assert (info.width, info.height, info.rotation) == (64, 96, 270)


def test_a_missing_file_is_refused(tmp_path):
    error = refused(tmp_path / "no.mp4")
    assert error.code == "missing"
    assert "there is no file" in str(error)


def test_an_empty_file_is_refused(tmp_path):
    (tmp_path / "e.mp4").touch()
    error = refused(tmp_path / "e.mp4")
    assert error.code == "empty"
    assert "0 bytes" in str(error)


def test_text_named_mp4_is_refused(tmp_path):
    (tmp_path / "t.mp4").write_text("Dear colleague, the video follows.\n" * 20)
    error = refused(tmp_path / "t.mp4")
    assert error.code == "not_a_video"
    assert "convert it to MP4" in str(error)


def test_a_recording_cut_off_before_its_index_is_refused(tmp_path):
    whole = make_video(tmp_path / "w.mp4").read_bytes()
    (tmp_path / "cut.mp4").write_bytes(whole[: whole.index(b"moov") - 10])
    error = refused(tmp_path / "cut.mp4")
    assert error.code == "truncated"
    assert "moov" in str(error)


@pytest.mark.parametrize("kept", [0.35, 0.7, 0.95])
def test_an_index_that_names_more_than_the_file_holds_is_refused(tmp_path, kept):
    whole = make_video(tmp_path / "w.mp4", options={"crf": "5"}, ticks=range(0, 90 * 512, 512))
    from videoio.inspect import timestamps

    fast = tmp_path / "fast.mp4"
    with av.open(str(whole)) as source, av.open(str(fast), "w", options={"movflags": "faststart"}) as output:
        stream = output.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.size:
                packet.stream = stream
                output.mux(packet)
    assert len(timestamps(fast)) == 90
    data = fast.read_bytes()
    index_end = data.index(b"mdat")
    fast.write_bytes(data[: index_end + round((len(data) - index_end) * kept)])
    assert refused(fast).code in {"damaged", "truncated"}


def test_sound_alone_is_refused(tmp_path):
    with av.open(str(tmp_path / "s.mp4"), "w") as output:
        write_tone(output, output.add_stream("aac", rate=44100, layout="mono"), start=0, seconds=1)
    error = refused(tmp_path / "s.mp4")
    assert error.code == "no_video"
    assert "only sound" in str(error)


def test_a_still_image_is_refused(tmp_path):
    av.VideoFrame.from_ndarray(np.zeros((64, 96, 3), np.uint8)).save(str(tmp_path / "p.png"))
    (tmp_path / "p.mp4").write_bytes((tmp_path / "p.png").read_bytes())
    for name in ("p.png", "p.mp4"):
        error = refused(tmp_path / name)
        assert error.code == "still_image"
        assert "still image" in str(error)


def test_a_video_of_one_picture_is_refused(tmp_path):
    assert refused(make_video(tmp_path / "one.mp4", ticks=[0])).code == "still_image"


def test_a_long_video_is_refused(tmp_path):
    path = make_video(tmp_path / "l.mp4", ticks=range(0, 60 * 15360, 15360))
    error = refused(path, Limits(max_duration_s=30))
    assert error.code == "too_long"
    assert "lasts 60 s" in str(error)
    assert refused(path, Limits(max_frames=20)).code == "too_long"


def test_an_absurd_clock_is_refused(tmp_path):
    """Two pictures ten days apart: a duration a header can claim in a few bytes."""
    path = make_video(tmp_path / "d.mkv", ticks=[0, 10 * 86400 * 1000], time_base=Fraction(1, 1000))
    assert refused(path).code == "too_long"


def test_frame_rates_outside_1_to_240_are_refused(tmp_path):
    slow = make_video(tmp_path / "slow.mp4", ticks=range(0, 5 * 40000, 40000))
    assert refused(slow).code == "frame_rate"
    fast = make_video(tmp_path / "fast.mp4", ticks=range(0, 30 * 30, 30))
    assert "240" in str(refused(fast))


def test_an_8k_header_is_refused_before_anything_is_decoded(tmp_path):
    path = make_video(tmp_path / "big.mp4", size=(7680, 4320), ticks=[0, 512], options={"preset": "ultrafast"})
    error = refused(path)
    assert error.code == "dimensions"
    assert "7680x4320" in str(error)


def test_a_picture_larger_than_its_limits_is_refused(tmp_path):
    assert refused(make_video(tmp_path / "a.mp4"), Limits(max_side=80)).code == "dimensions"
    assert refused(make_video(tmp_path / "a.mp4"), Limits(max_bytes=100)).code == "too_large"


@pytest.mark.parametrize(("transfer", "name"), [(16, "PQ"), (18, "HLG")])
def test_hdr_is_refused_with_advice(tmp_path, transfer, name):
    path = make_video(
        tmp_path / "hdr.mp4", codec="libx265", pixel_format="yuv420p10le", colour=(1, 9, transfer, 9),
        options={"x265-params": "log-level=none"},
    )  # fmt: skip
    error = refused(path)
    assert error.code == "hdr"
    assert name in str(error)
    assert "convert it to SDR" in str(error)


def test_a_cover_picture_is_no_video(tmp_path):
    """MP3-like files with album art hold a "video" stream: sound with a picture stays sound."""
    path = tmp_path / "cover.mkv"
    jpeg = tmp_path / "cover.jpg"
    av.VideoFrame.from_ndarray(np.zeros((64, 96, 3), np.uint8)).save(str(jpeg))
    with av.open(str(path), "w") as output:
        audio = output.add_stream("aac", rate=44100, layout="mono")
        output.add_attachment("cover.jpg", "image/jpeg", jpeg.read_bytes())
        write_tone(output, audio, start=0, seconds=1)
    assert refused(path).code == "no_video"


def test_random_bytes_behind_an_mp4_header_are_refused_quickly(tmp_path):
    rng = np.random.default_rng(0)
    data = struct.pack(">I4s4sI4s", 20, b"ftyp", b"isom", 0, b"isom") + rng.bytes(200_000)
    (tmp_path / "x.mp4").write_bytes(data)
    assert refused(tmp_path / "x.mp4").code in {"truncated", "not_a_video"}


def test_a_late_sound_is_reported():
    """The audio of this clip starts at 2.43 s (data README)."""
    info = probe(data_video("B_pyfeat_face_noface.mov"))
    assert info.audio_start_s == pytest.approx(2.43, abs=0.01)
    assert info.variable_rate
    assert info.n_frames == 169


def test_frames_outside_the_edit_list_are_not_counted():
    """98 pictures are stored, 3 of them outside the edit list; players show 95."""
    assert probe(data_video("B_pyfeat_no_face.mp4")).n_frames == 95
