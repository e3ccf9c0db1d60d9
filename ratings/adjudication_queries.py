"""Reads of adjudication: on what the raters of one version differ, and how far the adjudicators are."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from ratings import key
from ratings.algorithms.differences import who_differ
from ratings.models import Adjudication, Presentation, Rating, Study


@dataclass(frozen=True, slots=True)
class Dispute:
    """One version of a recording on which raters differ. `like` is one of its presentations."""

    like: Presentation
    items: tuple[str, ...]
    raters: frozenset[int]  # who differ, by user


@dataclass(frozen=True, slots=True)
class AdjudicationState:
    """What a coordinator may know: how much was shown again and how much of it is answered."""

    n_shown: int
    n_completed: int


def n_unrated(study: Study) -> int:
    """Presentations that raters have not completed; adjudications are not among them."""
    waiting = study.presentations.filter(adjudicates=False, excluded_at__isnull=True, completed_at__isnull=True)
    return waiting.count()


def state(study: Study) -> AdjudicationState:
    shown = study.presentations.filter(adjudicates=True, excluded_at__isnull=True)
    return AdjudicationState(shown.count(), shown.filter(completed_at__isnull=False).count())


def disputes(study: Study) -> list[Dispute]:
    """Versions on which raters differ in an item that nobody adjudicates yet, in no order.

    The key groups the presentations; what they show stays in it. A code that is broken is left out: somebody knows it.
    """
    shown = study.presentations.filter(excluded_at__isnull=True, broken_at__isnull=True)
    presentations = {one.pk: one for one in shown.select_related("recording")}
    scores = _scores(study)
    settled = _settled(study)
    found = []
    for group in key.showings_of_one_version(study.pk):
        known = [presentations[pk] for pk in group if pk in presentations]
        if (dispute := _dispute(known, scores, settled)) is not None:
            found.append(dispute)
    return found


def _dispute(
    group: Iterable[Presentation], scores: dict[UUID, dict[str, int]], settled: dict[UUID, set[str]]
) -> Dispute | None:
    by_item: dict[str, dict[int, int]] = defaultdict(dict)
    like, done = None, set()
    for one in group:
        if one.adjudicates:
            done |= settled[one.pk]
            continue
        like = one
        for item, score in scores[one.pk].items():
            by_item[item][one.rater_id] = score
    differing = {item: who for item, given in by_item.items() if item not in done and (who := who_differ(given))}
    if like is None or not differing:
        return None
    return Dispute(like, tuple(sorted(differing)), frozenset[int]().union(*differing.values()))


def _scores(study: Study) -> dict[UUID, dict[str, int]]:
    """The current score of each presentation and item that has one."""
    newest = Rating.objects.filter(presentation__study=study).order_by("presentation_id", "item", "-id")
    found: dict[UUID, dict[str, int]] = defaultdict(dict)
    for rating in newest.distinct("presentation_id", "item"):
        if rating.score is not None:
            found[rating.presentation_id][rating.item] = rating.score
    return found


def _settled(study: Study) -> dict[UUID, set[str]]:
    found: dict[UUID, set[str]] = defaultdict(set)
    for one in Adjudication.objects.filter(presentation__study=study):
        found[one.presentation_id].add(one.item)
    return found
