"""The order in which donors are tried, with distances that are told instead of measured."""

from dataclasses import dataclass
from itertools import product

import numpy as np
import pytest

from deid.algorithms.judging import PASS_EACH, PASS_MEAN
from deid.algorithms.methods.motionmesh import describing, trial

FAR, NARROWLY, SHORT = PASS_MEAN + 0.01, PASS_MEAN - 0.03, PASS_EACH - 0.1


@dataclass(frozen=True)
class Worn:
    name: str
    strength: float
    detail: float


@pytest.fixture
def tried(monkeypatch):
    """`tried(distances, groups)`: what was chosen, and what was put on before; what is not told falls short by far."""

    def run(distances, groups, rest=(), at_once=1):
        worn = []
        monkeypatch.setattr(describing, "describe", lambda sample: np.zeros(128))
        monkeypatch.setattr(
            describing,
            "describe_worn",
            lambda swap, sample: np.eye(1, 128)[0] * distances.get((swap, sample), distances.get(swap, SHORT)),
        )

        def make(name, strength, detail):
            worn.append(Worn(name, strength, detail))
            return worn[-1]

        samples = ["one", "two", *rest]
        with describing.Distances(make, samples, np.zeros((2, 128)), at_once) as measured:
            found, swap = trial.first_that_passes(groups, measured, 2, len(rest), 1.0, 1.0)
        assert swap == Worn(found.donor, found.strength, found.detail)
        return found, worn

    return run


def test_the_first_who_passes_ends_the_search(tried):
    found, worn = tried({Worn("bea", 1.0, 1.0): FAR}, [["ann", "bea", "eve"]])
    assert (found.donor, found.passed) == ("bea", True)
    assert [each.name for each in worn] == ["ann", "bea"]


def test_who_falls_short_narrowly_gets_more_strength_before_the_next_one(tried):
    found, worn = tried({Worn("ann", 1.0, 1.0): NARROWLY, Worn("ann", 1.25, 1.0): FAR}, [["ann", "bea"]])
    assert (found.donor, found.strength) == ("ann", 1.25)
    assert len(worn) == 2


def test_those_who_are_alike_get_fewer_wrinkles_before_another_is_tried(tried):
    """Eve would pass as she is: she is not alike."""
    found, worn = tried({Worn("bea", 1.25, 0.6): FAR, Worn("eve", 1.0, 1.0): FAR}, [["ann", "bea"], ["eve"]])
    assert (found.donor, found.strength, found.detail) == ("bea", 1.25, 0.6)
    assert "eve" not in {each.name for each in worn}
    found, _ = tried({Worn("eve", 1.0, 1.0): FAR}, [["ann", "bea"], ["eve"]])
    assert found.donor == "eve"


def test_only_the_best_three_are_tried_harder_and_the_best_of_all_is_left(tried):
    near = {Worn(name, 1.0, 1.0): SHORT + add for name, add in zip("abcd", (0.03, 0.01, 0.02, 0.04), strict=True)}
    found, worn = tried(near | {Worn("d", 1.4, 0.4): SHORT + 0.05}, [["a", "b", "c", "d"]])
    assert {each.name for each in worn if each.strength > 1} == {"a", "c", "d"}
    assert (found.donor, found.strength, found.passed) == ("d", 1.4, False)
    assert len(worn) == len(set(worn)), "nothing is tried twice"


def test_who_passes_has_to_hold_on_the_rest_and_where_one_failed_the_next_is_tried_first(tried):
    ann, bea = Worn("ann", 1.0, 1.0), Worn("bea", 1.0, 1.0)
    found, worn = tried({ann: FAR, (ann, "four"): SHORT, bea: FAR}, [["ann", "bea"]], ["three", "four", "five"])
    assert (found.donor, found.passed, worn) == ("bea", True, [ann, bea])
    assert found.mean == pytest.approx(FAR)
    found, _ = tried({ann: FAR, (ann, "four"): SHORT}, [["ann"]], ["three", "four", "five"])
    assert (found.donor, found.passed, found.least) == ("ann", False, SHORT)


@pytest.mark.parametrize("seed", range(60))
def test_guessing_what_comes_next_changes_nothing(tried, seed):
    """Distances near the bounds, drawn anew: now one passes at once, now nobody does."""
    generator = np.random.default_rng(seed)
    names, rest = "abcdef", ["three", "four", "five"]
    levels = [(1.0, 1.0), *((1.0 + more, share) for share, more in trial.HARDER)]
    distances = {}
    for worn in (Worn(name, *level) for name, level in product(names, levels)):
        middle = PASS_MEAN + generator.uniform(-0.2, 0.05)
        distances |= {(worn, sample): middle + generator.uniform(-0.07, 0.07) for sample in ["one", "two", *rest]}
    alone, worn = tried(distances, [list(names[:4]), list(names[4:])], rest)
    ahead, more = tried(distances, [list(names[:4]), list(names[4:])], rest, at_once=2)
    assert ahead == alone
    assert set(worn) <= set(more), "guesses come on top"
    assert len(more) == len(set(more)), "nobody is dressed twice"
