"""Batches that fit, windows that leave no seam, and outputs that are no picture."""

import numpy as np
import pytest
import torch

from deid.algorithms.errors import EngineError
from deid.algorithms.methods.learned.making import Batches, Windows
from deid.algorithms.methods.learned.running import Runner, levels_of, pictures_of


def narrow_memory(at_most):
    """A real layer that runs out of memory with more than `at_most` pictures at once, and tells what it was given."""
    layer, sizes = torch.nn.Identity(), []

    def full(module, given, made):
        sizes.append(len(made))
        if len(made) > at_most:
            raise torch.OutOfMemoryError("no room for so many")

    layer.register_forward_hook(full)
    return layer, sizes


def crops(number, side=4):
    rng = np.random.default_rng(0)
    return rng.integers(0, 256, (number, side, side, 3), dtype=np.uint8)


def test_a_batch_that_does_not_fit_is_halved_until_it_does_and_nothing_is_lost():
    layer, sizes = narrow_memory(at_most=3)
    runner = Runner(layer, "cpu", batch=16)
    levels = levels_of(crops(20))
    assert np.array_equal(runner(levels), levels)
    assert sizes[:4] == [16, 8, 4, 2]
    assert sum(size for size in sizes[3:]) == 20
    assert runner.batch == 2
    runner(levels[:5])
    assert sizes[-3:] == [2, 2, 1]  # it is not tried larger again


def test_one_picture_that_does_not_fit_ends_with_a_reason():
    layer, _ = narrow_memory(at_most=0)
    with pytest.raises(EngineError, match="not even one picture fits into memory"):
        Runner(layer, "cpu", batch=4)(levels_of(crops(3)))


@pytest.mark.parametrize("wrong", [lambda x: x * float("nan"), lambda x: x[:, :, :2]])
def test_what_is_no_picture_is_refused(wrong):
    with pytest.raises(EngineError, match="the network gave"):
        Runner(wrong, "cpu", batch=4)(levels_of(crops(2)))


def test_levels_and_pictures_are_one_anothers_inverse_and_are_clipped():
    pictures = crops(3)
    assert np.array_equal(pictures_of(levels_of(pictures)), pictures)
    assert pictures_of(np.array([[[[-1.0]], [[0.5]], [[2.0]]]], np.float32)).ravel().tolist() == [0, 128, 255]


def test_batches_run_as_many_as_have_come_and_give_each_frame_its_own():
    given = []

    def darker(levels):
        given.append(len(levels))
        return levels / 2

    batches, pictures = Batches(darker, batch=4), crops(6)
    for index in range(4):
        batches.coming(10 + index, pictures[index])
    for index in range(6):
        made = batches.made(10 + index)
        assert np.abs(made.astype(int) - pictures[index] / 2).max() <= 1
        if index + 4 < 6:
            batches.coming(14 + index, pictures[4 + index])
    assert given == [4, 2]


def test_a_batch_that_fails_gives_no_frame_at_all_and_every_frame_the_reason():
    def failing(levels):
        raise EngineError("broken")

    batches = Batches(failing, batch=2)
    batches.coming(0, crops(1)[0])
    batches.coming(1, crops(1)[0])
    for index in (0, 1):
        with pytest.raises(EngineError, match="broken"):
            batches.made(index)
    with pytest.raises(KeyError):
        batches.made(2)


def through_windows(run, indices, pictures, window=8, hop=4):
    """Frames of a clip through windows, fed and asked for as the engine does it."""
    windows, made, waiting = Windows(run, window, hop), {}, []
    for index, picture in zip(indices, pictures, strict=True):
        windows.coming(index, picture)
        waiting.append(index)
        while index - waiting[0] >= windows.reach:
            first = waiting.pop(0)
            made[first] = windows.made(first)
    made |= {index: windows.made(index) for index in waiting}
    return np.array([made[index] for index in indices])


@pytest.mark.parametrize("number", [1, 3, 8, 9, 12, 30])
def test_windows_of_a_network_that_changes_nothing_change_nothing(number):
    pictures = crops(number)
    assert np.abs(through_windows(lambda x: x, range(number), pictures).astype(int) - pictures).max() <= 1


def test_a_clip_that_stays_the_same_stays_the_same_after_every_window():
    still = np.repeat(crops(1), 30, axis=0)
    made = through_windows(lambda x: 0.5 * x + 0.1, range(30), still)
    assert np.ptp(made.astype(int), axis=0).max() <= 1
    assert np.abs(made[0] - (0.5 * still[0] + 25.5)).max() <= 1


def test_windows_are_linear():
    """Twice as light in, twice as light out, for a network that mixes neighbours in time."""

    def mixing(levels):
        return (levels + np.roll(levels, 1, axis=2) + np.roll(levels, -1, axis=2)) / 3

    dark = crops(25) // 2
    one, two = (through_windows(mixing, range(25), each).astype(int) for each in (dark, 2 * dark))
    assert np.abs(two - 2 * one).max() <= 2


def test_where_windows_disagree_one_fades_into_the_next():
    """Each window is as bright as its number says: neighbours in time differ by a share of the step, never by all."""
    number = iter(range(100))
    made = through_windows(lambda x: np.full_like(x, next(number) / 10), range(40), crops(40), window=16, hop=8)
    steps = np.diff(made[:, 0, 0, 0].astype(int))
    assert (steps >= 0).all()
    assert steps.max() < 0.35 * 25.5
    assert made[-1, 0, 0, 0] > made[0, 0, 0, 0] + 3 * 25


def test_a_frame_without_a_face_parts_the_windows():
    """What is mixed over neighbours never reaches over the gap."""

    def brightest(levels):
        return np.broadcast_to(levels.max(axis=2, keepdims=True), levels.shape).copy()

    indices = [*range(5), *range(7, 12)]
    pictures = np.full((10, 2, 2, 3), 50, np.uint8)
    pictures[5:] = 200
    made = through_windows(brightest, indices, pictures)
    assert set(np.unique(made[:5])) <= {50, 51}
    assert set(np.unique(made[5:])) <= {200, 201}


def test_a_window_that_was_seen_needs_no_crop_any_more():
    windows = Windows(lambda x: x, window=8, hop=4)
    for index in range(200):
        windows.coming(index, crops(1)[0])
        if index >= windows.reach:
            windows.made(index - windows.reach)
    assert len(windows._crops) <= 12
    assert len(windows._sums) <= 8
