"""Reads of what raters took the videos for, by arm, once the study is closed."""

from dataclasses import dataclass
from statistics import fmean

from analysis.algorithms.blinding import BlindingIndex, bang_index
from analysis.queries import Sealed
from ratings import key
from ratings.models import Guess, Study


@dataclass(frozen=True, slots=True)
class ArmGuesses:
    """One arm: what its videos were taken for, how well it was told, and how sure raters were."""

    arm: str  # “original”, or the method
    n_raters: int
    index: BlindingIndex
    sure_right: float | None  # mean confidence of correct guesses, 1-5
    sure_wrong: float | None


def guesses_by_arm(study: Study) -> list[ArmGuesses]:
    """The original first, then the methods; arms without an answer are left out.

    Raises
    ------
    Sealed : the study is not closed
    """
    if study.state != Study.State.CLOSED:
        raise Sealed(f"study {study.pk} is {study.state}")
    given = Guess.objects.filter(showing__place__study=study, showing__presentation__excluded_at__isnull=True)
    # Who was told by a code-break before did not guess.
    told = [
        guess
        for guess in given.select_related("showing__presentation")
        if (broken := guess.showing.presentation.broken_at) is None or guess.given_at < broken
    ]
    if not told:
        return []
    versions = key.versions_of(study.pk)
    by_arm: dict[str, list[Guess]] = {arm: [] for arm in (key.ORIGINAL_ARM, *study.methods)}
    for guess in told:
        by_arm[versions[guess.showing.presentation_id].arm].append(guess)
    return [_arm(arm, own) for arm, own in by_arm.items() if own]


def _arm(arm: str, given: list[Guess]) -> ArmGuesses:
    true = Guess.Taken.FILMED if arm == key.ORIGINAL_ARM else Guess.Taken.CHANGED
    right = [guess for guess in given if guess.taken_for == true]
    unknown = [guess for guess in given if guess.taken_for == Guess.Taken.UNKNOWN]
    wrong = [guess for guess in given if guess.taken_for not in (true, Guess.Taken.UNKNOWN)]
    return ArmGuesses(
        arm=arm,
        n_raters=len({guess.showing.place_id for guess in given}),
        index=bang_index(correct=len(right), wrong=len(wrong), unknown=len(unknown)),
        sure_right=_mean_confidence(right),
        sure_wrong=_mean_confidence(wrong),
    )


def _mean_confidence(given: list[Guess]) -> float | None:
    sure = [guess.confidence for guess in given if guess.confidence is not None]
    return fmean(sure) if sure else None
