"""Where raters of the same video are too far apart."""

from collections.abc import Mapping
from typing import TypeVar

Rater = TypeVar("Rater")
MOST = 1  # points; scores further apart go to an adjudicator


def who_differ(scores: Mapping[Rater, int], most: int = MOST) -> set[Rater]:
    """Raters whose score of one video lies more than `most` points from somebody else's; empty where none does.

    Parameters
    ----------
    scores : the score of each rater who gave one
    """
    if not scores:
        return set()
    low, high = min(scores.values()), max(scores.values())
    return {rater for rater, score in scores.items() if score - low > most or high - score > most}
