"""Leaks: what the engine masked holds nothing of the original after encoding; one raw block is found."""

import numpy as np
import pytest

from analysis.algorithms.fidelity.errors import Unavailable
from analysis.algorithms.fidelity.leak import find_leaks
from deid.algorithms.engine import deidentify
from deid.algorithms.plan import FrameState
from deid.algorithms.regions import head_region
from faces.protocol import FaceBox
from tests.deid.algorithms.making import SIZE, ScriptedDetector, noise, noise_video
from tests.deid.phantom.measuring import pictures

BOX = FaceBox(60, 40, 30, 34)
WHERE = head_region(BOX, SIZE, 1.4)
HELD = np.array([WHERE.left, WHERE.top, WHERE.width, WHERE.height], dtype=float)
MASKED = (FrameState.WITHHELD, FrameState.KEPT_MASKED)


def _states(record):
    return [FrameState(state) for first, last, state in record.runs for _ in range(first, last + 1)]


@pytest.fixture(scope="module")
def rendered(tmp_path_factory):
    """The head is found in frames 0 to 44 of 60 but for 25 to 29, which are held; then it is lost: withheld."""
    folder = tmp_path_factory.mktemp("leak")
    source = noise_video(folder / "a.mp4", 60)
    detector = ScriptedDetector(lambda index: [BOX] if index < 25 or 30 <= index < 45 else [])
    record = deidentify(source, folder / "b.mp4", method="mask", detector=detector)
    deidentify(source, folder / "raw.mp4", method="original")
    states = _states(record)
    return pictures(source), pictures(folder / "b.mp4"), pictures(folder / "raw.mp4"), states


def _masked(states):
    return np.array([state in (*MASKED, FrameState.HELD) for state in states])


def _boxes(states):
    nowhere = np.full(4, np.nan)
    return np.array([HELD if state is FrameState.HELD else nowhere for state in states])


def test_nothing_shows_in_what_the_engine_masked(rendered):
    original, rendition, _, states = rendered
    assert {FrameState.HELD, FrameState.WITHHELD} <= set(states)
    found = find_leaks(original, rendition, _masked(states), _boxes(states))
    assert found.n_masked == sum(_masked(states)) >= 20
    assert found.n_pixels > 100_000
    assert not found.found
    assert (found.n_equal, found.share, found.frames) == (0, 0, ())


def test_a_frame_let_through_raw_is_found_though_it_was_encoded_anew(rendered):
    original, rendition, raw, states = rendered
    let_through = rendition.copy()
    let_through[50] = raw[50]
    found = find_leaks(original, let_through, _masked(states), _boxes(states))
    assert found.found
    assert found.frames == (50,)
    assert found.n_equal > 0.3 * original[50].shape[0] * original[50].shape[1]


def test_a_raw_block_in_a_held_heads_mask_is_found(rendered):
    original, rendition, raw, states = rendered
    held = states.index(FrameState.HELD)
    spoiled = rendition.copy()
    spoiled[held, 60:68, 72:80] = raw[held, 60:68, 72:80]
    found = find_leaks(original, spoiled, _masked(states), _boxes(states))
    assert found.frames == (held,)
    assert 0 < found.n_equal <= 64


def test_pixels_by_hand():
    """A masked frame of 10 x 10: 3 pixels are equal, 1 within 4 levels, 1 five off; 20 of the original are black."""
    original = np.full((10, 10, 3), 90, np.uint8)
    original[8:] = 5
    rendition = np.zeros_like(original)
    rendition[0, :3] = 90
    rendition[1, 0] = (94, 86, 90)
    rendition[1, 1] = (95, 90, 90)
    rendition[9, 0] = 5
    found = find_leaks([original], [rendition], np.array([True]))
    assert (found.n_pixels, found.n_equal, found.frames) == (80, 4, (0,))
    assert found.share == 4 / 80


def test_frames_and_places_that_are_not_masked_are_not_judged():
    picture = noise(0)
    masked = np.array([False, True])
    box = np.array([[np.nan] * 4, [40.0, 30, 60, 60]])
    covered = picture.copy()
    covered[30:90, 40:100] = 0
    assert not find_leaks([picture] * 2, [picture, covered], masked, box).found
    assert find_leaks([picture] * 2, [picture, covered], masked).found


def test_what_cannot_be_judged_is_said():
    picture = noise(0)
    with pytest.raises(Unavailable, match="none of 2 frames is masked"):
        find_leaks([picture] * 2, [picture] * 2, np.zeros(2, bool))
    with pytest.raises(Unavailable, match="2 frames, the record tells of 3"):
        find_leaks([picture] * 2, [picture] * 2, np.ones(3, bool))
    with pytest.raises(Unavailable, match="the original ends after 1 frames"):
        find_leaks([picture], [picture] * 2, np.ones(2, bool))
