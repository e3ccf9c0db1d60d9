"""Reads of sessions: what is complete, what is signed, and what a signature covers."""

import hashlib
import json
from dataclasses import dataclass

from django.db.models import Count

from accounts.models import User
from ratings.models import Acquaintance, Presentation, Rating, SessionSignature, Study, StudyRater


@dataclass(frozen=True, slots=True)
class Session:
    """One sitting of a rater. `number` counts from 0, as in rows; people count from 1."""

    study: Study
    number: int
    n_presentations: int
    n_completed: int
    signature: SessionSignature | None

    @property
    def ordinal(self) -> int:
        return self.number + 1

    @property
    def is_complete(self) -> bool:
        return self.n_completed == self.n_presentations


@dataclass(frozen=True, slots=True)
class Content:
    """What a signature covers."""

    sha256: str
    n_answers: int


def sessions_of(rater: User) -> list[Session]:
    """The rater's sessions in open studies, in their order."""
    studies = {study.pk: study for study in Study.objects.filter(state=Study.State.OPEN, places__rater=rater)}
    own = Presentation.objects.filter(study__in=studies, rater=rater, excluded_at__isnull=True)
    counted = own.values_list("study", "session").annotate(n=Count("pk"), n_completed=Count("completed_at"))
    valid = SessionSignature.objects.filter(
        place__study__in=studies, place__rater=rater, voided_at__isnull=True
    ).select_related("place")
    signed = {(one.place.study_id, one.session): one for one in valid}
    return [
        Session(studies[study], number, n, n_completed, signed.get((study, number)))
        for study, number, n, n_completed in counted.order_by("study", "session")
    ]


def n_unsigned(study: Study) -> int:
    """Sessions of all raters that nobody signed, complete or not."""
    shown = study.presentations.filter(excluded_at__isnull=True).order_by()
    signed = SessionSignature.objects.filter(place__study=study, voided_at__isnull=True)
    return len(
        set(shown.values_list("rater", "session").distinct()) - set(signed.values_list("place__rater", "session"))
    )


def signatures(study: Study) -> list[SessionSignature]:
    """All of a study's, the void ones too."""
    every = SessionSignature.objects.filter(place__study=study).select_related("place__rater", "voided_by")
    return list(every.order_by("place__number", "session", "id"))


def signed_content(place: StudyRater, session: int) -> Content:
    """The current answers of a session, those to videos that were taken out among them, and their SHA-256."""
    shown = Presentation.objects.filter(study=place.study_id, rater=place.rater_id, session=session)
    current = Rating.objects.filter(presentation__in=shown, replaced_by__isnull=True)
    said = current.order_by("presentation__position", "item").values_list(
        "presentation_id", "item", "score", "not_sure", "reason", "comment", "hash"
    )
    met = Acquaintance.objects.filter(presentation__in=shown).order_by("presentation_id", "-id")
    met = met.distinct("presentation_id")
    lines = [list(answer) for answer in said]
    told = {"answers": lines, "seen_before": list(met.values_list("presentation_id", "seen_before"))}
    text = json.dumps(told, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
    return Content(hashlib.sha256(text.encode()).hexdigest(), len(lines))
