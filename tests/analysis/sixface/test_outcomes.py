"""What judges answered: classes, published shares, chance lines, the primary test, attention."""

import os
from dataclasses import replace

import numpy as np
import pytest
from scipy import stats

from analysis.algorithms.sixface.attention import Rule, attention, d_prime, kept
from analysis.algorithms.sixface.headline import guessing, guessing_of, headline, in_words, primary
from analysis.algorithms.sixface.outcomes import (
    PUBLISHED,
    Answer,
    Group,
    Outcome,
    by,
    grouped,
    outcome_of,
    shares,
    table,
)
from ratings.algorithms.sixface.roles import Kind, Role, pairs

N_SIMULATED = int(os.environ.get("SIXFACE_TRIALS", "2000"))
D, O, S, C, T = Role.DEIDENTIFIED, Role.ORIGINAL, Role.SOURCE, Role.CONTROL, Role.TWIN  # noqa: E741
WITH, WITHOUT = (D, O, S, C, C, C), (D, O, C, C, C, C)
PAIRS = list(pairs())


def published():
    """FMP's 532 answers: its groups, by pairs of roles; 76 participants, 7 judges."""
    pair = {Group.NONE: None, Group.SOURCE: (0, 2), Group.CONTROL: (1, 3), Group.ORIGINAL: (0, 1)}
    given = [pair[group] for group, n in PUBLISHED.items() for _ in range(n)]
    return [Answer(number % 7, 1 + number // 7, WITH, one) for number, one in enumerate(given)]


def guesses(n, rate=0.0, seed=0):
    """A judge who names any pair or none blindly; in a share `rate` of the trials the right one."""
    random = np.random.default_rng(seed)
    made = []
    for number in range(n):
        roles = tuple(random.permutation(WITH if number % 2 else WITHOUT))
        roles = tuple(Role(role) for role in roles)
        pair = None if random.random() < 0.4 else PAIRS[random.integers(15)]
        if random.random() < rate:
            pair = tuple(sorted((roles.index(D), roles.index(O))))
        made.append(Answer(number % 10, 1 + number // 10 % 50, roles, pair))
    return made


def test_the_published_counts_give_the_published_shares_and_intervals():
    """FMP prints 59.0, 22.6, 16.7 and 1.7%; intervals by Clopper-Pearson, checked against scipy's binomtest."""
    counts = grouped(table(published()))
    assert counts == {**PUBLISHED, Group.UNNAMED: 0}
    found = shares(counts)
    assert [round(100 * found[group].share, 1) for group in PUBLISHED] == [59.0, 22.6, 16.7, 1.7]
    for group, count in PUBLISHED.items():
        exact = stats.binomtest(count, 532).proportion_ci(method="exact")
        assert (found[group].low, found[group].high) == pytest.approx((exact.low, exact.high))
    assert guessing_of(9, 218).p == pytest.approx(0.08, abs=0.005)  # of the named pairs, against 1/15


def test_every_pair_of_roles_is_a_class_of_its_own():
    assert outcome_of(WITH, None) == Outcome.NONE
    found = {outcome_of(WITH, pair) for pair in PAIRS}
    assert found == set(Outcome) - {Outcome.NONE}
    with pytest.raises(ValueError, match="two different places"):
        Answer(1, 1, WITH, (2, 2))


def test_a_guessing_judge_lies_on_the_chance_lines():
    answers = guesses(N_SIMULATED)
    rows = {row.outcome: row for row in table(answers)}
    named = sum(answer.pair is not None for answer in answers)
    for outcome in set(Outcome) - {Outcome.NONE}:
        row = rows[outcome]
        assert stats.binomtest(row.count, named, row.chance).pvalue > 0.001, outcome
    assert rows[Outcome.DEIDENTIFIED_ORIGINAL].chance == pytest.approx(1 / 15)
    found = primary(answers, margin=0.15)
    assert found.chance == pytest.approx((1 / 4 + 1 / 5) / 2, abs=0.02)
    assert found.p_recognised > 0.001
    assert found.shown(0.05)
    assert guessing(answers).n == named


def test_a_planted_recognition_is_found_and_lies_within_the_headline_interval():
    answers = guesses(N_SIMULATED, rate=0.2, seed=1)
    true = 0.2 + 0.8 * 0.6 / 15
    found = headline(answers)
    assert found.low < true < found.high
    assert primary(answers, margin=0.1).p_recognised < 1e-6
    assert not primary(answers, margin=0.1).shown(0.05)


def test_the_primary_test_is_the_binomial_where_all_trials_are_alike():
    answers = [replace(answer, pair=(0, 1 if number < 3 else 4)) for number, answer in enumerate(published()[:40])]
    found = primary(answers, margin=0.1)
    assert (found.events, found.n, found.chance) == (3, 40, 0.25)
    assert found.p == pytest.approx(stats.binomtest(3, 40, 0.35, alternative="less").pvalue)
    with pytest.raises(ValueError, match="margin"):
        primary(answers, margin=0)


def test_the_bound_is_said_in_words_with_no_events_too():
    none = headline([replace(answer, pair=None) for answer in published()])
    assert none.n == 76
    said = in_words(none, judges=7, participants=76)
    assert "does not show that it cannot happen" in said
    assert "4.7%" in said  # 1 - 0.025 ** (1 / 76)
    assert "1.7% of trials" in in_words(headline(published()), judges=7, participants=76)
    assert "nothing can be said" in in_words(headline([]), judges=0, participants=0)


def test_tables_by_judge_add_up():
    each = by(published(), lambda answer: answer.judge)
    assert len(each) == 7
    assert sum(row.count for rows in each.values() for row in rows) == 532


def test_d_prime_is_that_of_the_textbook():
    """Macmillan & Creelman: 0.84 hits and 0.16 false alarms give 2 z(0.84); with half a trial added to each cell."""
    assert d_prime(84, 100, 16, 100) == pytest.approx(2 * stats.norm.ppf(84.5 / 101))
    assert np.isfinite(d_prime(10, 10, 0, 10))
    assert d_prime(1, 1, 0, 0) is None


def test_who_does_not_look_is_left_out_by_the_rule():
    same, strangers = (T, T, C, C, C, C), (C,) * 6
    looks = [Answer(1, 0, same, (0, 1), Kind.SAME)] * 4 + [Answer(1, 0, strangers, None, Kind.STRANGERS)] * 4
    asleep = [Answer(2, 0, same, (2, 3), Kind.SAME)] * 4 + [Answer(2, 0, strangers, (0, 1), Kind.STRANGERS)] * 4
    judged = attention([*looks, *asleep], Rule())
    assert [bool(one.excluded) for one in judged] == [False, True]
    assert judged[0].d_prime > 1.5
    assert judged[1].d_prime == pytest.approx(0)
    assert "0 of 4 pairs" in judged[1].excluded
    assert {answer.judge for answer in kept([*looks, *asleep], judged)} == {1}
