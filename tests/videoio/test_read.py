"""Decoding: every frame, upright, at its time."""

import gc
import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from tests.data_files import data_video
from tests.videoio.making import decoded, make_video, picture, times
from videoio.errors import MediaError
from videoio.frames import Frame
from videoio.probe import probe
from videoio.read import read_frames


def test_frames_come_in_order_with_their_times(tmp_path):
    path = make_video(tmp_path / "a.mp4")
    frames = list(read_frames(path))
    assert [frame.index for frame in frames] == list(range(30))
    assert [frame.time for frame in frames] == pytest.approx(times(path))


def test_untouched_planes_are_as_decoded(tmp_path):
    path = make_video(tmp_path / "a.mp4")
    for frame, raw in zip(read_frames(path), decoded(path), strict=True):
        assert np.array_equal(np.concatenate([plane.ravel() for plane in frame.planes]), raw.to_ndarray().ravel())


def test_rgb_is_near_what_was_drawn(tmp_path):
    """The picture survives H.264 and 4:2:0 within a few levels."""
    path = make_video(tmp_path / "a.mp4", options={"crf": "5"})
    frame = next(iter(read_frames(path)))
    assert frame.rgb.shape == (64, 96, 3)
    assert frame.rgb.flags.c_contiguous
    assert np.abs(frame.rgb.astype(int) - picture(0)).mean() < 4


@pytest.mark.parametrize(("rotation", "turns"), [(90, 1), (180, 2), (-90, 3)])
def test_rotation_is_applied(tmp_path, rotation, turns):
    """set_display_rotation counts counterclockwise, as numpy's rot90 does."""
    path = make_video(tmp_path / "r.mp4", rotation=rotation, options={"crf": "5"})
    frame = next(iter(read_frames(path)))
    expected = np.rot90(picture(0), turns)
    assert frame.rgb.shape == expected.shape
    assert np.abs(frame.rgb.astype(int) - expected).mean() < 4


def test_pictures_are_let_go_of_without_the_collector(tmp_path):
    """libav's pictures that refer to themselves pile up between its rounds: of 4K video, gigabytes."""
    path = make_video(tmp_path / "a.mp4", ticks=range(0, 60 * 512, 512), options={"g": "10"})
    gc.collect()
    gc.disable()
    try:
        assert sum(1 for _ in read_frames(path)) == 60
        held = sum(type(each) is av.VideoFrame for each in gc.get_objects())  # isinstance asks lazy objects
    finally:
        gc.enable()
    assert held <= 1  # the first, whose orientation was read


def test_full_range_is_kept():
    frame = next(iter(read_frames(data_video("A_intel_asl_yes.mkv"))))
    assert frame.colour.full_range


def test_ten_bits_become_eight(tmp_path):
    path = make_video(
        tmp_path / "ten.mp4", codec="libx265", pixel_format="yuv420p10le",
        options={"x265-params": "log-level=none", "crf": "5"},
    )  # fmt: skip
    frame = next(iter(read_frames(path)))
    assert frame.planes[0].dtype == np.uint8
    assert np.abs(frame.rgb.astype(int) - picture(0)).mean() < 5


def test_odd_sides_are_padded_by_repeating(tmp_path):
    path = make_video(tmp_path / "odd.mp4", size=(95, 63), pixel_format="yuv444p")
    frame = next(iter(read_frames(path)))
    assert (frame.width, frame.height) == (95, 63)
    assert frame.planes[0].shape == (64, 96)
    assert np.array_equal(frame.planes[0][:, 94], frame.planes[0][:, 95])
    assert frame.rgb.shape == (63, 95, 3)


def test_a_damaged_middle_is_an_error_and_never_a_missing_frame(tmp_path):
    path = make_video(tmp_path / "d.mp4", ticks=range(0, 60 * 512, 512), options={"crf": "5"})
    data = bytearray(path.read_bytes())
    start = data.index(b"mdat") + 8
    length = data.index(b"moov") - start
    data[start + length // 2 : start + length * 3 // 4] = b"\xff" * (length * 3 // 4 - length // 2)
    path.write_bytes(data)
    with pytest.raises(MediaError, match="damaged"):
        list(read_frames(path))


def test_a_box_goes_to_rgb_and_back_without_touching_the_rest(tmp_path):
    frame = next(iter(read_frames(make_video(tmp_path / "a.mp4"))))
    before = [plane.copy() for plane in frame.planes]
    frame.paste_rgb(10, 20, np.full((16, 24, 3), (200, 30, 30), np.uint8))
    changed = frame.planes[0] != before[0]
    assert changed[20:36, 10:34].mean() > 0.9
    changed[20:36, 10:34] = False
    assert not changed.any()
    assert frame.crop_rgb(10, 20, 24, 16).mean(axis=(0, 1)) == pytest.approx((200, 30, 30), abs=3)
    with pytest.raises(ValueError, match="even pixels"):
        frame.crop_rgb(11, 20, 24, 16)


def test_a_frame_can_be_made_from_rgb():
    frame = Frame.from_rgb(0, picture(3), 0, Fraction(1, 25))
    assert np.abs(frame.rgb.astype(int) - picture(3)).mean() < 3


def test_real_clips_give_every_frame():
    """Counts from decoding with PyAV alone."""
    for name, expected in (("B_pyfeat_no_face.mp4", 95), ("C_grid_bbaf2n.mpg", 75), ("A_intel_asl_yes.mkv", 65)):
        path = data_video(name)
        assert sum(1 for _ in read_frames(path)) == expected == probe(path).n_frames


_PEAK = """
import sys
from videoio.read import read_frames
from videoio.probe import probe
from videoio.write import VideoWriter, VideoFormat, EncodeSettings
path, target = sys.argv[1:]
with VideoWriter(target, VideoFormat.of(probe(path)), sound=path, encode=EncodeSettings(preset="ultrafast")) as writer:
    for frame in read_frames(path):
        writer.write(frame)
print(open("/proc/self/status").read().split("VmHWM:")[1].split()[0])  # rusage would tell the parent's
"""


def test_memory_does_not_grow_with_length(tmp_path):
    """300 frames against 1500, with sound, in processes of their own."""
    peaks = []
    for n_frames in (300, 1500):
        path = make_video(
            tmp_path / f"{n_frames}.mp4", ticks=range(0, n_frames * 512, 512), size=(320, 240),
            sound=("aac", 0.0, n_frames / 30), options={"preset": "ultrafast"},
        )  # fmt: skip
        root = Path(__file__).parents[2]
        done = subprocess.run(
            [sys.executable, "-c", _PEAK, str(path), str(tmp_path / "out.mp4")], capture_output=True, text=True,
            check=True, cwd=root, env={"PYTHONPATH": f"{root}:{root / 'platform'}", "PATH": ""},
        )  # fmt: skip
        peaks.append(int(done.stdout))
    assert peaks[1] < 1.15 * peaks[0], f"peak KiB {peaks}"
