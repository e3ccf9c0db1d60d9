"""What `bench` measures by name, and what it refuses."""

import io
import re

import pytest
from django.core.management import CommandError, call_command

from tests.videoio.making import make_video


def test_metrics_alone_are_measured_with_the_lengths_between_which_memory_grew(tmp_path):
    """Of a second without a face, repeated to a quarter of a minute and to a whole one."""
    video, said = make_video(tmp_path / "a.mp4"), io.StringIO()
    call_command("bench", video, "--methods", "metrics", stdout=said)
    told = re.search(
        r"all metrics of 1800 frames, tracks apart, in \d+ s; (\d+) MiB at most, (\d+) of 450 frames: (-?[\d.]+) KiB "
        r"more for each frame between the two, of which ([\d.]+) are its tracks",
        said.getvalue(),
    )
    assert told, said.getvalue()
    most, least, more, held = map(float, told.groups())
    assert more == pytest.approx((most - least) * 1024 / 1350, abs=1)  # MiB are told whole
    assert 2 < held < 3
    assert "baseline" not in said.getvalue()
    assert "a.mp4, measured once;" in said.getvalue()


def test_a_method_that_is_not_known_is_refused_with_those_that_are(tmp_path):
    with pytest.raises(CommandError, match=r"no method 'vague'; use some of: .*blur.*, metrics\."):
        call_command("bench", make_video(tmp_path / "a.mp4"), "--methods", "vague")


def test_a_video_without_tracks_is_refused_with_what_makes_them(tmp_path):
    with pytest.raises(CommandError, match="has no tracks beside it: use --methods metrics, which makes them"):
        call_command("bench", make_video(tmp_path / "a.mp4"), "--one", "metrics")
