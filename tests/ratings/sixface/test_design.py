"""Whom each judge sees, where and in which order: over thousands of simulated trials every rule is kept."""

import os
from collections import Counter
from dataclasses import dataclass, field, replace
from itertools import count
from random import Random

import pytest
from scipy import stats

from ratings.algorithms.sixface.design import Infeasible, Rules, Target, allocate, fingerprint
from ratings.algorithms.sixface.filling import Exposures, fill
from ratings.algorithms.sixface.roles import Kind, Role, pairs

N_SIMULATED = int(os.environ.get("SIXFACE_TRIALS", "2000"))
RULES = Rules(trials=12, donor_cap=4)


def targets(n=24, *, donors=6, versions=1, pools=None):
    everybody = range(1, n + 1)
    return [
        Target(
            who,
            tuple(
                (10 * who + version, f"d{(who + version) % donors}" if donors else "") for version in range(versions)
            ),
            tuple(other for other in (pools or {}).get(who, everybody) if other != who),
        )
        for who in everybody
    ]


def simulated(rules=RULES, *, judges=4, of=None, n=N_SIMULATED):
    """Trials of judges of one experiment after the other, until there are n."""
    there = of or targets()
    found = 0
    for seed in count():
        for trials in allocate(there, rules, judges=judges, seed=f"s{seed}"):
            yield trials
            found += len(trials)
        if found >= n:
            return


def met_beside(trials):
    """How often each participant is met without being the target."""
    met = Counter()
    for trial in trials:
        met.update(trial.participants - ({trial.target.participant} if trial.target else set()))
    return met


def test_every_trial_shows_six_faces_of_the_right_people():
    known = {target.participant: target for target in targets()}
    for trials in simulated():
        for trial in trials:
            people = [face.participant for face in trial.faces if face.role in (Role.ORIGINAL, Role.CONTROL)]
            assert len(trial.faces) == 6
            assert len(people) == len(set(people))
            if trial.kind == Kind.TEST:
                target = trial.target
                assert target.participant == next(f.participant for f in trial.faces if f.role == Role.ORIGINAL)
                assert {face.participant for face in trial.faces if face.role == Role.CONTROL} <= set(
                    known[target.participant].controls
                )
                assert trial.roles.count(Role.CONTROL) == (3 if trial.has_source else 4)
                assert all(face.donor == target.donor for face in trial.faces if face.role == Role.SOURCE)


def test_caps_are_kept_and_half_of_the_trials_show_no_source():
    for trials in simulated():
        tests = [trial for trial in trials if trial.kind == Kind.TEST]
        assert Counter(trial.kind for trial in trials if not trial.practice) == {
            Kind.TEST: 12, Kind.SAME: 2, Kind.STRANGERS: 2
        }  # fmt: skip
        assert max(Counter(trial.target.participant for trial in tests).values()) == 1
        assert max(met_beside(trials).values()) <= 4
        assert max(Counter(trial.target.donor for trial in tests).values()) <= 4
        assert sum(trial.has_source for trial in tests) == 6


def test_each_identity_is_a_target_equally_often_and_its_source_shown_to_every_other_judge():
    judges = allocate(targets(), replace(RULES, trials=24, control_cap=0, donor_cap=0), judges=4, seed="a")
    shown = Counter(
        (trial.target.participant, trial.has_source) for trials in judges for trial in trials if trial.target
    )
    assert set(shown.values()) == {2}


def test_versions_take_turns_over_judges():
    rules = replace(RULES, trials=24, control_cap=0, donor_cap=0)
    judges = allocate(targets(versions=2), rules, judges=4, seed="a")
    shown = Counter(trial.target.version for trials in judges for trial in trials if trial.target)
    assert set(shown.values()) == {2}


def test_controls_are_spread_evenly():
    met = Counter()
    for trials in allocate(targets(), RULES, judges=20, seed="even"):
        met.update(met_beside(trials))
    assert max(met.values()) - min(met.values()) <= 0.15 * max(met.values())


def test_places_and_orders_are_uniform():
    """Chi-square of where the de-identified face stands, where the pair stands, and when a participant comes."""
    place, pair, when = Counter(), Counter(), Counter()
    for trials in simulated():
        tests = [trial for trial in trials if trial.kind == Kind.TEST]
        for number, trial in enumerate(tests):
            place[trial.roles.index(Role.DEIDENTIFIED)] += 1
            pair[trial.true_pair()] += 1
            when[number if trial.target.participant == 7 else None] += 1
    del when[None]
    assert set(pair) == set(pairs())
    for counts in (place, pair, when):
        assert stats.chisquare(list(counts.values())).pvalue > 0.001
    assert len(when) == 12


def test_trials_depend_on_the_seed_alone_and_more_judges_change_nothing():
    few, many = (allocate(targets(), RULES, judges=n, seed="a") for n in (3, 8))
    assert few == many[:3]
    assert few == allocate(list(reversed(targets())), RULES, judges=3, seed="a")
    assert few != allocate(targets(), RULES, judges=3, seed="b")


def test_a_fingerprint_tells_every_change():
    (trials,) = allocate(targets(), RULES, judges=1, seed="a")
    told = fingerprint(trials, seed="a", judge=0)
    swapped = [replace(trials[0], faces=trials[0].faces[::-1]), *trials[1:]]
    others = (fingerprint(swapped, seed="a", judge=0), fingerprint(trials, seed="b", judge=0),
              fingerprint(trials, seed="a", judge=1))  # fmt: skip
    assert told == fingerprint(trials, seed="a", judge=0)
    assert told not in others


def test_methods_without_a_donor_have_four_controls_always():
    for trials in simulated(of=targets(donors=0), n=100):
        assert not any(trial.has_source for trial in trials)


@pytest.mark.parametrize(
    ("rule", "rules", "n"),
    [
        ("targets", Rules(trials=25), 24),
        ("controls", Rules(trials=20, control_cap=2), 24),
        ("donor_cap", Rules(trials=12, donor_cap=1), 24),
        ("catch", Rules(trials=3, control_cap=0, same=5, strangers=5), 8),
    ],
)
def test_what_cannot_be_done_is_refused_with_the_rule(rule, rules, n):
    with pytest.raises(Infeasible) as refused:
        allocate(targets(n), rules, judges=1, seed="a")
    assert refused.value.rule == rule


@dataclass
class Wanting:
    among: tuple[int, ...]
    need: int
    strangers: list[int] = field(default_factory=list)


@pytest.mark.parametrize("seed", range(20))
def test_strangers_are_moved_over_when_only_one_choice_keeps_the_cap(seed):
    """With each person once, only 1+2 for the first, 3+4 for the second and 5 for the third is left."""
    trials = [Wanting((1, 2), 2), Wanting((1, 2, 3, 4), 2), Wanting((3, 4, 5), 1)]
    fill(trials, Exposures(cap=1), Exposures(), Random(seed))  # noqa: S311 - reproducible
    assert [set(trial.strangers) for trial in trials] == [{1, 2}, {3, 4}, {5}]
