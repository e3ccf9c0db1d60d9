"""Properties of the raters' orders, over studies of any shape."""

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ratings.algorithms.allocation import Showing, Slot, allocate, least_distance

SEEDS = st.integers(0, 2**63 - 1)


@st.composite
def recordings(draw: st.DrawFn) -> list[Slot]:
    """Up to 30 recordings of participants who have up to three each."""
    shares = draw(st.lists(st.integers(1, 3), min_size=1, max_size=12))
    people = [person for person, share in enumerate(shares) for _ in range(share)]
    return [Slot(pk, person, draw(st.sampled_from(["speech", "rest"]))) for pk, person in enumerate(people, start=1)]


def blocks(order: list[Showing]) -> tuple[list[Showing], list[Showing]]:
    return order[: len(order) // 2], order[len(order) // 2 :]


@given(recordings(), SEEDS)
def test_each_block_shows_one_version_of_every_recording_and_both_blocks_show_all(slots, seed):
    for order in allocate(slots, n_raters=2, seed=seed):
        first, second = blocks(order)
        assert Counter(s.slot for s in first) == Counter(s.slot for s in second) == Counter(slots)
        assert {(s.slot, s.original) for s in order} == {(slot, arm) for slot in slots for arm in (True, False)}


@given(recordings(), SEEDS)
def test_half_of_the_recordings_of_each_task_begin_with_the_original(slots, seed):
    for order in allocate(slots, n_raters=3, seed=seed):
        first, _second = blocks(order)
        for stratum in {slot.stratum for slot in slots}:
            begins = [s.original for s in first if s.slot.stratum == stratum]
            assert abs(2 * sum(begins) - len(begins)) <= 1


@given(recordings(), SEEDS)
def test_what_begins_with_the_original_for_one_rater_does_not_for_the_next(slots, seed):
    begins = [{s.slot: s.original for s in blocks(order)[0]} for order in allocate(slots, n_raters=4, seed=seed)]
    for one, other in pairwise(begins):
        assert all(one[slot] != other[slot] for slot in slots)


@given(recordings(), SEEDS)
def test_both_versions_of_a_recording_are_never_near_one_another(slots, seed):
    for order in allocate(slots, n_raters=2, seed=seed):
        places: dict[Slot, list[int]] = {}
        for place, showing in enumerate(order):
            places.setdefault(showing.slot, []).append(place)
        assert all(later - earlier >= least_distance(len(slots)) for earlier, later in places.values())


@given(st.integers(2, 30), SEEDS)
def test_no_participant_follows_himself_when_each_has_one_recording(n, seed):
    order = allocate([Slot(pk, pk) for pk in range(n)], n_raters=1, seed=seed)[0]
    assert all(a.slot.participant != b.slot.participant for a, b in pairwise(order))


@given(st.integers(4, 15), SEEDS)
def test_no_participant_follows_himself_when_each_has_two_recordings(n, seed):
    order = allocate([Slot(pk, pk // 2) for pk in range(2 * n)], n_raters=1, seed=seed)[0]
    assert all(a.slot.participant != b.slot.participant for a, b in pairwise(order))


@given(recordings(), SEEDS)
def test_the_same_seed_gives_the_same_orders(slots, seed):
    assert allocate(slots, n_raters=2, seed=seed) == allocate(slots, n_raters=2, seed=seed)


def test_raters_and_seeds_have_orders_of_their_own():
    slots = [Slot(pk, pk) for pk in range(20)]
    one, other = allocate(slots, n_raters=2, seed=1)
    assert [s.slot for s in one] != [s.slot for s in other]
    assert one != allocate(slots, n_raters=1, seed=2)[0]


def test_a_study_of_published_size_is_allocated_at_once():
    """76 + 75 recordings of 76 patients, three raters (Zhu et al. 2024, cohort I)."""
    slots = [Slot(pk, pk % 76, "speech" if pk >= 76 else "facial_expression") for pk in range(151)]
    for order in allocate(slots, n_raters=3, seed=3):
        assert all(a.slot.participant != b.slot.participant for a, b in pairwise(order))


def test_a_recording_named_twice_is_refused():
    with pytest.raises(ValueError, match="named twice"):
        allocate([Slot(1, 1), Slot(1, 1)], n_raters=1, seed=0)


def test_nothing_to_show_gives_empty_orders():
    assert allocate([], n_raters=2, seed=0) == [[], []]
