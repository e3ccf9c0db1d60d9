"""Raters' agreement with reference scores over time.

The cases are the practice of studies. Only a rater's first answer counts: after it the reference was told.
"""

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils import timezone

from ratings.models import PracticeAnswer, StudyRater

WITHIN = 1  # point of the scale


@dataclass(frozen=True, slots=True)
class Agreement:
    """First answers of one rater to one study's cases. Points of the 0-4 scale, rater minus reference."""

    study: int
    study_name: str
    on: date  # of the last of them
    n: int  # answers with a score
    n_not_sure: int
    mean: float | None
    within_one: float | None  # share, 0-1

    def __str__(self) -> str:
        """As a calibration record says it."""
        if self.mean is None or self.within_one is None:
            return f"reference cases {self.on}: no score, {self.n_not_sure} not sure"
        share = f"{100 * self.within_one:.0f}% within 1"
        return f"reference cases {self.on}: n {self.n}, mean {self.mean:+.2f}, {share}, {self.n_not_sure} not sure"


@dataclass(frozen=True, slots=True)
class Drift:
    """A rater's agreements, oldest first, and how far the mean moved from the first to the last."""

    place: StudyRater
    agreements: list[Agreement]

    @property
    def newest(self) -> Agreement | None:
        return self.agreements[-1] if self.agreements else None

    @property
    def moved(self) -> float | None:
        means = [one.mean for one in self.agreements if one.mean is not None]
        return means[-1] - means[0] if len(means) > 1 else None


def drifts(places: Collection[StudyRater]) -> list[Drift]:
    """Of each rater, over all studies: one query however many there are."""
    found = agreements({place.rater_id for place in places})
    return [Drift(place, found[place.rater_id]) for place in places]


def agreements(raters: Collection[int]) -> dict[int, list[Agreement]]:
    """Agreements of each rater, oldest first. Cases of participants who withdrew are left out."""
    first = (
        PracticeAnswer.objects.filter(place__rater__in=raters, case__excluded_at__isnull=True)
        .order_by("place_id", "case_id", "item", "id")
        .distinct("place_id", "case_id", "item")
        .values_list(
            "place__rater", "place__study", "place__study__name", "item", "score", "saved_at", "case__reference"
        )
    )
    groups: dict[tuple[int, int, str], list[tuple[datetime, int | None]]] = defaultdict(list)
    for rater, study, name, item, score, at, reference in first:
        if item in reference:
            groups[rater, study, name].append((at, None if score is None else score - reference[item]))
    found: dict[int, list[Agreement]] = defaultdict(list)
    for (rater, study, name), answers in groups.items():
        found[rater].append(_agreement(study, name, answers))
    return defaultdict(list, {rater: sorted(own, key=lambda one: (one.on, one.study)) for rater, own in found.items()})


def _agreement(study: int, name: str, answers: list[tuple[datetime, int | None]]) -> Agreement:
    deviations: list[Any] = [deviation for _at, deviation in answers if deviation is not None]
    n = len(deviations)
    return Agreement(
        study=study,
        study_name=name,
        on=timezone.localdate(max(at for at, _deviation in answers)),
        n=n,
        n_not_sure=len(answers) - n,
        mean=sum(deviations) / n if n else None,
        within_one=sum(abs(one) <= WITHIN for one in deviations) / n if n else None,
    )
