"""Whether judges look: catch trials, sensitivity, and the rule by which a judge is left out, fixed beforehand."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import scipy

from analysis.algorithms.sixface.outcomes import Answer
from ratings.algorithms.sixface.roles import Kind, Role


@dataclass(frozen=True, slots=True)
class Rule:
    """A judge stays who finds the right pair in at least this share of the same-person trials, and names a pair in at
    most that share of the trials with six strangers. Without catch trials of a kind its half does not speak."""

    least_right: float = 0.5
    most_false: float = 0.75


@dataclass(frozen=True, slots=True)
class Attention:
    """One judge's catch trials.

    Attributes
    ----------
    right, n_same : same-person trials in which the right pair was named, of so many; yes : in which any was
    false, n_strangers : trials with six strangers in which a pair was named, of so many
    d_prime : of telling trials with a pair from those without; None without either kind
    excluded : why the judge is left out; empty when not
    """

    judge: int
    right: int
    yes: int
    n_same: int
    false: int
    n_strangers: int
    d_prime: float | None
    excluded: str


def attention(answers: Iterable[Answer], rule: Rule | None = None) -> tuple[Attention, ...]:
    """Every judge who answered anything, in order."""
    answers = list(answers)
    judges = sorted({answer.judge for answer in answers})
    return tuple(_of_judge(judge, [one for one in answers if one.judge == judge], rule or Rule()) for judge in judges)


def kept(answers: Sequence[Answer], judged: Iterable[Attention]) -> list[Answer]:
    """The answers of judges who are not left out."""
    out = {one.judge for one in judged if one.excluded}
    return [answer for answer in answers if answer.judge not in out]


def d_prime(hits: int, n_signal: int, false_alarms: int, n_noise: int) -> float | None:
    """z(hits) - z(false alarms), with half a trial added to each cell so that 0% and 100% stay finite.

    References
    ----------
    Green & Swets 1966; the correction: Hautus 1995 (log-linear).
    """
    if not n_signal or not n_noise:
        return None
    hit, false = (hits + 0.5) / (n_signal + 1), (false_alarms + 0.5) / (n_noise + 1)
    return float(scipy.stats.norm.ppf(hit) - scipy.stats.norm.ppf(false))


def _of_judge(judge: int, answers: Sequence[Answer], rule: Rule) -> Attention:
    same = [answer for answer in answers if answer.kind == Kind.SAME]
    strangers = [answer for answer in answers if answer.kind == Kind.STRANGERS]
    right, yes = sum(map(_right, same)), sum(answer.pair is not None for answer in same)
    false = sum(answer.pair is not None for answer in strangers)
    why = []
    if same and right < rule.least_right * len(same):
        why.append(
            f"found {right} of {len(same)} pairs of photographs, at least {100 * rule.least_right:g}% are needed"
        )
    if strangers and false > rule.most_false * len(strangers):
        why.append(f"paired strangers in {false} of {len(strangers)} trials, at most {100 * rule.most_false:g}% may be")
    d = d_prime(yes, len(same), false, len(strangers))
    return Attention(judge, right, yes, len(same), false, len(strangers), d, "; ".join(why))


def _right(answer: Answer) -> bool:
    return answer.pair is not None and all(answer.roles[place] == Role.TWIN for place in answer.pair)
