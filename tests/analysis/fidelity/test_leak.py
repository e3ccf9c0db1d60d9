"""Leaks: what the engine masked holds nothing of the original after encoding; one raw block is found."""

from dataclasses import replace

import numpy as np
import pytest

from analysis.algorithms.fidelity.errors import Unavailable
from analysis.algorithms.fidelity.leak import find_leaks
from analysis.algorithms.fidelity.pair import Pair
from analysis.algorithms.fidelity.sign_metrics import head_leaks
from analysis.fidelity_runs import frame_states, masked_places
from deid.algorithms.engine import deidentify
from deid.algorithms.plan import FrameState
from deid.algorithms.regions import head_region
from faces.protocol import FaceBox
from tests.analysis.fidelity.faces68 import tracks, walk
from tests.deid.algorithms.making import SIZE, ScriptedDetector, noise, noise_video
from tests.deid.phantom.measuring import pictures
from tests.videoio.making import make_video

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


@pytest.fixture(scope="module")
def certified(tmp_path_factory):
    """Two heads; the second is lost for frames 20 to 24, and its place is masked. As a pair with its certificate."""
    folder = tmp_path_factory.mktemp("certified")
    source = noise_video(folder / "a.mp4", 45)
    other = FaceBox(10, 60, 24, 28)
    detector = ScriptedDetector(lambda index: [other] if 20 <= index < 25 else [BOX, other])
    record = deidentify(source, folder / "b.mp4", method="mask", detector=detector).to_dict()
    nothing = tracks(walk(45, 0))
    return Pair(
        nothing, nothing, original_path=source, rendition_path=folder / "b.mp4", states=frame_states(record),
        masks=masked_places(record),
    ), record  # fmt: skip


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


def test_the_certificate_says_where_every_mask_lies(certified):
    pair, record = certified
    held = next(list(boxes) for first, last, boxes in record["masks"] if first <= 22 <= last)
    assert list(HELD.astype(int)) in held
    assert {len(boxes) for boxes in pair.masks} == {2}
    found = head_leaks(pair)
    assert (found.n_masked, found.n_equal) == (45, 0)
    assert found.n_pixels > 30_000


@pytest.mark.parametrize("frame", [10, 22])
def test_one_raw_block_under_the_mask_of_a_single_head_is_found(certified, tmp_path, frame):
    """In a frame where the face was found, and in one where its place is masked; encoded with the block in it."""
    pair, _ = certified
    spoiled = pictures(pair.rendition_path)
    spoiled[frame, 60:70, 70:80] = pictures(pair.original_path)[frame, 60:70, 70:80]
    made = make_video(
        tmp_path / "c.mp4", ticks=range(0, 512 * 45, 512), size=SIZE, pictures=list(spoiled), options={"crf": "12"}
    )
    found = head_leaks(replace(pair, rendition_path=made))
    assert found.frames == (frame,)
    assert 0 < found.n_equal <= 100  # of 100 raw ones: encoding twice moves many by more than 4 levels


def test_an_old_certificate_is_no_proof_and_says_so(certified):
    pair, record = certified
    old = {name: value for name, value in record.items() if name != "masks"}
    with pytest.raises(Unavailable, match="from before it said where masks lie"):
        head_leaks(replace(pair, masks=masked_places(old)))
    bare = {**record, "masks": []}
    with pytest.raises(Unavailable, match="no single head is masked in any of 45 frames"):
        head_leaks(replace(pair, masks=masked_places(bare)))


def test_boxes_that_overlap_count_each_pixel_once():
    picture = noise(0)
    boxes = [np.array([[20.0, 20, 60, 60], [40.0, 20, 60, 60]])]
    found = find_leaks([picture], [picture], np.array([True]), boxes)
    assert found.n_pixels == found.n_equal == (92 - 28) * (72 - 28)


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
