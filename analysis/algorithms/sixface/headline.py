"""How often a de-identified face is known again, with an upper bound; the primary test; what guessing would give."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy

from analysis.algorithms.sixface.outcomes import N_PAIRS, Answer, Outcome, crossed_counts, outcome_of, tests
from ratings.algorithms.sixface.bounds import Interval, crossed
from ratings.algorithms.sixface.roles import Role

PAIRED = (Outcome.DEIDENTIFIED_ORIGINAL, Outcome.DEIDENTIFIED_CONTROL)


@dataclass(frozen=True, slots=True)
class Primary:
    """Among answers that pair the de-identified face with its original or a control, how many chose the original.

    Attributes
    ----------
    events, n : originals chosen, of so many
    chance : mean share of a blind choice: 1/4 beside three controls, 1/5 beside four
    margin : by which the share may lie over chance and privacy still be claimed, fixed beforehand
    p : of the one-sided exact test of "the share lies over chance by the margin or more"; None without such answers
    p_recognised : of the one-sided exact test of "the share is chance", against more
    """

    events: int
    n: int
    chance: float
    margin: float
    p: float | None
    p_recognised: float | None

    def shown(self, alpha: float) -> bool:
        """Whether the share is shown to lie under chance plus margin."""
        return self.p is not None and self.p < alpha


@dataclass(frozen=True, slots=True)
class Guessing:
    """Re-identifications among named pairs, against the 1/15 of somebody who names any pair blindly."""

    events: int
    n: int
    p: float | None  # one-sided, against fewer; exact


def headline(answers: Sequence[Answer], *, confidence: float = 0.95, seed: int = 0) -> Interval:
    """Share of trials in which the de-identified face was paired with its original; see `bounds.crossed`."""
    events, trials = crossed_counts(answers, _reidentified)
    return crossed(events, trials, confidence=confidence, seed=seed)


def primary(answers: Sequence[Answer], *, margin: float) -> Primary:
    """The primary test.

    Raises
    ------
    ValueError : the margin is not over 0 and under 0.75
    """
    if not 0 < margin < 0.75:
        raise ValueError(f"the margin is a share over 0 and under 0.75, got {margin:g}")
    chosen = [answer for answer in tests(answers) if outcome_of(answer.roles, answer.pair) in PAIRED]
    chances = np.array([1 / (1 + answer.roles.count(Role.CONTROL)) for answer in chosen])
    events = sum(_reidentified(answer) for answer in chosen)
    if not chosen:
        return Primary(0, 0, 0.25, margin, None, None)
    p = float(_sums(chances + margin)[: events + 1].sum())
    more = float(_sums(chances)[events:].sum())
    return Primary(events, len(chosen), float(chances.mean()), margin, min(p, 1.0), min(more, 1.0))


def guessing(answers: Sequence[Answer]) -> Guessing:
    """Against the 1/15 line. Colour, age and the donor make pairs unequal, so this is for comparison only."""
    named = [answer for answer in tests(answers) if answer.pair is not None]
    return guessing_of(sum(_reidentified(answer) for answer in named), len(named))


def guessing_of(events: int, n: int) -> Guessing:
    """The same from counts."""
    p = float(scipy.stats.binomtest(events, n, 1 / N_PAIRS, alternative="less").pvalue) if n else None
    return Guessing(events, n, p)


def in_words(found: Interval, *, judges: int, participants: int, confidence: float = 0.95) -> str:
    """The upper bound for people who have never seen one."""
    if found.share is None:
        return "Nobody has answered a trial yet, so nothing can be said."
    sure, most = f"{100 * confidence:g}%", f"{100 * found.high:.1f}%"
    seen = f"Judges: {judges}, participants: {participants}."
    if found.share == 0:
        return (
            f"{seen} No de-identified face was paired with its original. That does not show that it cannot happen: "
            f"with {sure} confidence it happens for at most {most} of participants like these."
        )
    return (
        f"{seen} In {100 * found.share:.1f}% of trials the de-identified face was paired with its original. "
        f"With {sure} confidence judges and participants like these would give at most {most}."
    )


def _reidentified(answer: Answer) -> bool:
    return outcome_of(answer.roles, answer.pair) == Outcome.DEIDENTIFIED_ORIGINAL


def _sums(chances: np.ndarray) -> np.ndarray:
    """(n + 1,) probabilities of 0 to n events of unlike probability (Poisson-binomial), by convolution."""
    found = np.ones(1)
    for chance in np.minimum(chances, 1.0):
        found = np.convolve(found, (1 - chance, chance))
    return found
