"""Who may stand beside a participant."""

import pytest

from ratings.algorithms.ordering import Infeasible
from ratings.algorithms.sixface.controls import Likeness, Matching, Person, pool

PEOPLE = [
    Person(number, "fm"[number % 2], 20 + 2 * (number % 20), (0.5 * number, 0.0)) for number in range(1, 41)
]  # fmt: skip


def test_random_controls_are_everybody_else():
    assert pool(PEOPLE[0], PEOPLE, Matching.RANDOM) == tuple(range(2, 41))


def test_matched_controls_share_sex_and_age_band_and_are_the_nearest():
    target = PEOPLE[10]
    found = pool(target, PEOPLE, Matching.MATCHED, Likeness(years=10, nearest=6, least=4))
    chosen = [PEOPLE[number - 1] for number in found]
    assert all(person.sex == target.sex and abs(person.age - target.age) <= 10 for person in chosen)
    alike = [p for p in PEOPLE if p.sex == target.sex and abs(p.age - target.age) <= 10 and p != target]
    nearest = sorted(abs(p.descriptor[0] - target.descriptor[0]) for p in alike)
    assert sorted(abs(p.descriptor[0] - target.descriptor[0]) for p in chosen) == nearest[: len(chosen)]


def test_a_person_entered_twice_is_no_control_of_himself():
    twice = Person(99, "m", 22, (0.6, 0.0))
    assert 99 not in pool(PEOPLE[0], [*PEOPLE, twice], Matching.MATCHED)


@pytest.mark.parametrize("lacking", [Person(1, "", 22, (0.0,)), Person(1, "f", None, (0.0,)), Person(1, "f", 22)])
def test_matching_says_what_is_unknown_of_the_target(lacking):
    with pytest.raises(Infeasible) as refused:
        pool(lacking, PEOPLE, Matching.MATCHED)
    assert refused.value.rule == "unknown"


def test_fewer_than_four_are_refused():
    with pytest.raises(Infeasible) as refused:
        pool(PEOPLE[0], PEOPLE[:4], Matching.RANDOM)
    assert (refused.value.rule, refused.value.facts["n"]) == ("pool", 3)
