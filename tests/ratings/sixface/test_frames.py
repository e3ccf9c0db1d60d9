"""Which frames of a video stand for a face."""

import numpy as np
import pytest

from deid.algorithms.phantom.record import write_phantom
from ratings.algorithms.sixface.frames import NoFrame, Wish, looks, moments, stills
from ratings.algorithms.sixface.shots import original_shot, rendition_shot
from tests.phantoms import make_phantom


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    path = tmp_path_factory.mktemp("frames") / "phantom.mp4"
    write_phantom(make_phantom(size=320, seconds=4, fps=15, seed=3, blink_times=(1.0, 3.0)), path)
    return path


@pytest.fixture(scope="module")
def seen(clip):
    return looks(clip)


def test_frames_with_closed_eyes_are_not_chosen_and_moments_lie_apart(seen):
    usual = np.median([look.eyes for look in seen])
    assert min(look.eyes for look in seen) < 0.6 * usual  # there are blinks to be avoided
    chosen = moments(seen, gap_s=1.5)
    assert chosen.gap_s >= 1.5
    assert min(chosen.first.eyes, chosen.second.eyes) > 0.85 * usual


def test_the_second_frame_is_one_that_the_rendition_shows(seen):
    shown = {look.index for look in seen if 2.0 < look.time < 2.6}
    assert moments(seen, second_among=shown).second.index in shown
    with pytest.raises(NoFrame, match="rendition"):
        moments(seen, second_among=())


def test_a_video_without_a_usable_frame_is_refused_with_what_was_missing(seen):
    with pytest.raises(NoFrame, match="pixels wide"):
        moments(seen, wish=Wish(side=900))
    with pytest.raises(NoFrame, match="30 s apart"):
        moments(seen, gap_s=30)
    with pytest.raises(NoFrame, match="no face"):
        moments([])


def test_stills_are_the_frames_that_were_measured(clip, seen):
    chosen = moments(seen)
    shot = original_shot(clip, chosen.first)
    again = rendition_shot(clip, chosen.first, obscured=False)
    assert np.array_equal(shot.rgb, again.rgb)
    assert np.abs(shot.mesh[:, :2] - again.mesh[:, :2]).mean() < 2
    with pytest.raises(NoFrame, match="no frame 9999"):
        stills(clip, [9999])
