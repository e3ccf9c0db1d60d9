"""Properties of the raters' orders, over studies of any shape.

`ALLOCATION_STUDIES=10000` proves them on as many studies; a few hundred otherwise.
"""

import os
from collections import Counter, defaultdict
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from ratings.algorithms.allocation import Infeasible, Rules, Slot, allocate, canonical, fingerprint

N_STUDIES = int(os.environ.get("ALLOCATION_STUDIES", "150"))
SEEDS = st.integers(0, 2**63 - 1).map(str)
many = settings(max_examples=N_STUDIES, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)


@st.composite
def studies(draw: st.DrawFn) -> tuple[list[Slot], Rules, list[int], str]:
    """2-200 recordings, 1-4 methods, and the numbers of 1-20 raters; some studies ask for more than can be kept."""
    n = draw(st.one_of(st.integers(2, 12), st.integers(2, 200)))
    per_person, n_methods = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    n_donors = draw(st.sampled_from([0, 1, 5, 40]))
    slots = []
    for pk in range(n):
        person = pk // per_person
        worn = f"donor-{person % n_donors}" if n_donors else ""
        slots.append(Slot(pk, person, ("speech", "rest", "gait")[(pk * 7 + n) % 3], (worn,) * n_methods))
    rules = Rules(
        versions=n_methods + 1,
        sessions=draw(st.integers(1, 4)),
        repeats=draw(st.sampled_from([0, 0, 0.1, 0.2, 1.0])),
        participant_distance=draw(st.integers(0, 4)),
        donor_distance=draw(st.integers(0, 2)),
        donor_cap=draw(st.sampled_from([0, 0, 4, 10])),
    )
    raters = sorted(draw(st.sets(st.integers(1, 20), min_size=1, max_size=20)))
    return slots, rules, raters, draw(SEEDS)


def too_near(order, key, distance):
    """Whether two showings in one session are alike and have fewer than `distance` others between them."""
    last = {}
    for place, showing in enumerate(order):
        alike = key(showing)
        if alike and (before := last.get((showing.session, alike))) is not None and place - before - 1 < distance:
            return True
        last[showing.session, alike] = place
    return False


def check_rater(slots, rules, order):
    """Every rule, worded anew."""
    assert [s.session for s in order] == sorted(s.session for s in order)
    shown = defaultdict(list)
    for showing in order:
        shown[showing.slot].append(showing)
    assert set(shown) == set(slots)
    n_repeats = Counter()
    for showings in shown.values():
        first_times = [s.version for s in showings if not s.repeat]
        assert sorted(first_times) == list(range(rules.versions))
        lags = {b.session - a.session for a, b in pairwise(showings)}
        assert lags == {rules.sessions}, "versions and repeats come at one lag, never in one sitting"
        for earlier, later in pairwise(showings):
            assert later.repeat == (earlier.version == later.version)
            n_repeats[later.version] += later.repeat
    assert len({n_repeats[version] for version in range(rules.versions)}) == 1, "as many repeats of each version"
    wanted = len(slots) * rules.repeats
    assert abs(sum(n_repeats.values()) - wanted) <= rules.versions
    assert not too_near(order, lambda s: f"p{s.slot.participant}", rules.participant_distance)
    assert not too_near(order, lambda s: s.slot.donor(s.version), rules.donor_distance)
    if rules.donor_cap:
        worn = Counter((s.session, s.slot.donor(s.version)) for s in order if s.slot.donor(s.version))
        assert max(worn.values(), default=0) <= rules.donor_cap


def check_balance(slots, rules, order):
    """The first-shown version goes round in each task; each block holds the versions equally often."""
    first = {}
    for showing in order:
        first.setdefault(showing.slot, showing.version)
    slack = 2 if rules.repeats else 1
    for stratum in {slot.stratum for slot in slots}:
        begins = Counter(version for slot, version in first.items() if slot.stratum == stratum)
        counts = [begins[version] for version in range(rules.versions)]
        assert max(counts) - min(counts) <= slack
    n_strata = len({slot.stratum for slot in slots})
    for block in {showing.session // rules.sessions for showing in order}:
        held = Counter(s.version for s in order if s.session // rules.sessions == block)
        counts = [held[version] for version in range(rules.versions)]
        assert max(counts) - min(counts) <= 2 * rules.versions * n_strata


@many
@given(studies())
def test_every_rule_holds_or_the_study_is_refused_with_the_reason(study):
    slots, rules, raters, seed = study
    refused, orders = "", []
    try:
        orders = [allocate(slots, rules, rater=rater, seed=seed) for rater in raters]
    except Infeasible as refusal:
        refused = refusal.rule
    event(f"refused: {refused or 'no'}")
    assert refused in {"", "repeats", "donor_cap", "participant", "donor", "order"}
    # The search gives up at the edge only of what can be kept.
    assert refused != "order" or rules.participant_distance + rules.donor_distance >= 2
    for order in orders:
        check_rater(slots, rules, order)
        check_balance(slots, rules, order)


@many
@given(studies())
def test_the_same_seed_gives_the_same_bytes_and_the_order_of_entry_does_not_matter(study):
    slots, rules, raters, seed = study
    try:
        order = allocate(slots, rules, rater=raters[0], seed=seed)
    except Infeasible:
        return
    again = allocate(slots[::-1], rules, rater=raters[0], seed=seed)
    assert canonical(order, seed=seed, rater=raters[0]) == canonical(again, seed=seed, rater=raters[0])


def order_of(n, *, rater=1, seed="s", per_person=1, first_session=0, **rules):
    slots = [Slot(pk, pk // per_person) for pk in range(n)]
    return allocate(slots, Rules(**rules), rater=rater, seed=seed, first_session=first_session)


def test_what_begins_with_the_original_for_one_rater_does_not_for_the_next():
    begins = [
        {showing.slot: showing.version for showing in order_of(20, rater=rater) if showing.session == 0}
        for rater in range(4)
    ]
    for one, other in pairwise(begins):
        assert all(one[slot] != other[slot] for slot in one)


@pytest.mark.parametrize("repeats", [0, 0.2])
def test_an_arm_has_no_place_of_its_own(repeats):
    """Mean place in the whole order, over 400 orders: neither arm comes earlier (0.5 each; sd of the mean 0.003)."""
    places = defaultdict(list)
    for seed in range(400):
        order = order_of(24, rater=seed % 7, seed=str(seed), sessions=2, repeats=repeats)
        for place, showing in enumerate(order):
            places[showing.version].append(place / (len(order) - 1))
    means = [sum(found) / len(found) for found in places.values()]
    assert means == pytest.approx([0.5, 0.5], abs=0.012)


def test_another_rater_and_another_seed_give_another_order():
    pks = {tuple(s.slot.recording for s in order_of(20, rater=r, seed=s)) for r in (1, 2) for s in ("a", "b")}
    assert len(pks) == 4


def test_late_recordings_come_after_all_others_and_change_none():
    before = order_of(9, sessions=2, repeats=0.3)
    late = allocate([Slot(99, 99)], Rules(sessions=2), rater=1, seed="s/late 1", first_session=before[-1].session + 1)
    assert order_of(9, sessions=2, repeats=0.3) == before
    assert min(s.session for s in late) > max(s.session for s in before)


def test_a_study_of_published_size_is_allocated_at_once():
    """76 + 75 recordings of 76 patients, three raters (Zhu et al. 2024, cohort I), a tenth repeated, two sittings."""
    slots = [Slot(pk, pk % 76, "speech" if pk >= 76 else "facial_expression") for pk in range(151)]
    rules = Rules(sessions=2, repeats=0.1, participant_distance=10)
    for rater in (1, 2, 3):
        order = allocate(slots, rules, rater=rater, seed="3")
        check_rater(slots, rules, order)
        assert len(order) == 302 + 14  # 15.1 rounded down to as many of each arm


def test_repeats_that_are_too_few_for_every_arm_are_refused():
    with pytest.raises(Infeasible) as refusal:
        order_of(5, repeats=0.2)
    assert (refusal.value.rule, refusal.value.facts["needed"]) == ("repeats", 2)


def test_a_participant_who_fills_a_session_is_refused_by_name():
    with pytest.raises(Infeasible) as refusal:
        order_of(3, per_person=3, participant_distance=2)
    assert refusal.value.rule == "participant"
    assert refusal.value.facts == {"participant": 0, "n": 3, "room": 3, "needed": 7, "distance": 2}


def test_a_donor_that_comes_too_often_is_refused():
    slots = [Slot(pk, pk, donors=("one",)) for pk in range(12)]
    with pytest.raises(Infeasible) as refusal:
        allocate(slots, Rules(donor_cap=4), rater=1, seed="s")
    assert refusal.value.rule == "donor_cap"
    assert refusal.value.facts["donor"] == "one"


def test_the_hash_hides_what_it_holds():
    """With the seed unknown nobody finds the arms by trying: the same order under another seed has another hash."""
    order = order_of(2)
    assert fingerprint(order, seed="a", rater=1) != fingerprint(order, seed="b", rater=1)
    assert len(fingerprint(order, seed="a", rater=1)) == 64


def test_a_recording_named_twice_is_refused():
    with pytest.raises(ValueError, match="named twice"):
        allocate([Slot(1, 1), Slot(1, 1)], Rules(), rater=1, seed="s")


def test_nothing_to_show_gives_an_empty_order():
    assert order_of(0) == []
