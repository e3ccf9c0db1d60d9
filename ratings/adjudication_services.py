"""Every write to adjudication: who is named, and what is laid before them."""

import random
import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

import audit.services as audit
from accounts.models import Role, User
from ratings import adjudication_queries as queries
from ratings import key
from ratings.models import Adjudication, Adjudicator, Presentation, Study, StudyRater
from ratings.services import locked, new_place
from ratings.validators import validate_raters, validate_state

_lot = random.SystemRandom()


@dataclass(frozen=True, slots=True)
class Asked:
    """How many videos are shown again, and for how many nobody is left who may be asked."""

    n_shown: int
    n_without: int


@transaction.atomic
def name_adjudicator(*, study: Study, user: User, actor: User | None) -> Adjudicator:
    """Let a rater decide where others differ. They may rate in the study too."""
    study = locked(study)
    validate_not_closed(study)
    validate_raters([user])
    adjudicator = Adjudicator(study=study, user=user, named_by=actor)
    adjudicator.full_clean()
    adjudicator.save()
    if not StudyRater.seats.filter(study=study, rater=user).exists():
        new_place(study=study, rater=user, rates=False)
    audit.record(actor=actor, verb="study.adjudicator_named", target=study, note=f"user {user.pk}")
    return adjudicator


@transaction.atomic
def dismiss_adjudicator(*, adjudicator: Adjudicator, actor: User) -> None:
    """Ask somebody else instead. Who has been shown something stays."""
    study = locked(adjudicator.study)
    validate_not_closed(study)
    if study.presentations.filter(adjudicates=True, rater=adjudicator.user_id).exists():
        raise ValidationError(
            _("%(name)s has been shown videos already: what they answer is kept under their name.")
            % {"name": adjudicator.user.display_name},
            code="shown",
        )
    removed, _by_model = Adjudicator.objects.filter(pk=adjudicator.pk).delete()
    StudyRater.seats.filter(study=study, rater=adjudicator.user_id, rates=False).delete()
    if removed:
        note = f"user {adjudicator.user_id}"
        audit.record(actor=actor, verb="study.adjudicator_dismissed", target=study, note=note)


def validate_not_closed(study: Study) -> None:
    if study.state == Study.State.CLOSED:
        raise ValidationError(_("The study is closed: nothing is shown in it any more."), code="study_closed")


@transaction.atomic
def request_adjudication(*, study: Study, actor: User | None) -> Asked:
    """Show what raters differ on to the adjudicators, once all raters are done.

    Raises
    ------
    ValidationError : the study is not open, somebody still rates, or no adjudicator is named
    """
    study = locked(study)
    validate_state(study, Study.State.OPEN)
    validate_rated(study)
    pool = _pool(study)
    if not pool:
        raise ValidationError(
            _("Name an adjudicator first, who has not begun the questions after the ratings."), code="no_adjudicator"
        )
    drawn, without = _drawn(study, pool, queries.disputes(study))
    for user, disputes in drawn.items():
        _show(study, user, disputes)
    asked = Asked(sum(map(len, drawn.values())), without)
    note = f"{asked.n_shown} shown again, {asked.n_without} without anybody to ask"
    audit.record(actor=actor, verb="study.adjudication_requested", target=study, note=note)
    return asked


def _pool(study: Study) -> list[int]:
    """Who may be asked. Whoever was asked what they took the videos for looks at them with other eyes."""
    named = study.adjudicators.filter(user__is_active=True, user__role=Role.RATER)
    return list(
        named.exclude(user__in=study.places.filter(debrief__isnull=False).values("rater")).values_list(
            "user_id", flat=True
        )
    )


def validate_rated(study: Study) -> None:
    """Before that a difference could tell the coordinator what somebody answered who has not finished."""
    if n := queries.n_unrated(study):
        raise ValidationError(
            ngettext(
                "%(n)d presentation is not rated yet: adjudication comes after all ratings.",
                "%(n)d presentations are not rated yet: adjudication comes after all ratings.",
                n,
            )
            % {"n": n},
            code="not_rated",
        )


def _drawn(
    study: Study, pool: Sequence[int], disputes: Iterable[queries.Dispute]
) -> tuple[dict[int, list[queries.Dispute]], int]:
    """Who decides what: by lot among those with the fewest, never who differed. And how many nobody may decide."""
    load = Counter(study.presentations.filter(adjudicates=True).values_list("rater_id", flat=True))
    drawn: dict[int, list[queries.Dispute]] = {}
    without = 0
    for dispute in disputes:
        free = [user for user in pool if user not in dispute.raters]
        if not free:
            without += 1
            continue
        fewest = min(load[user] for user in free)
        user = _lot.choice([user for user in free if load[user] == fewest])
        load[user] += 1
        drawn.setdefault(user, []).append(dispute)
    return drawn, without


def _show(study: Study, user: int, disputes: list[queries.Dispute]) -> None:
    """As a session of their own behind everything they were shown, in an order by lot."""
    _lot.shuffle(disputes)
    last = Presentation.objects.filter(study=study, rater=user).order_by("-position").first()
    position, session = (last.position, last.session + 1) if last else (0, 0)
    shown, items, alike = [], [], {}
    for number, dispute in enumerate(disputes, start=1):
        like = dispute.like
        presentation = Presentation(
            id=uuid.uuid4(), study=study, rater_id=user, recording=like.recording, position=position + number,
            session=session, after_session=last.session if last else None, storage_name=like.storage_name,
            shown_bytes=like.shown_bytes, file_bytes=like.file_bytes, adjudicates=True,
        )  # fmt: skip
        shown.append(presentation)
        items += [Adjudication(presentation=presentation, item=item) for item in dispute.items]
        alike[presentation.pk] = like.pk
    Presentation.objects.bulk_create(shown)
    Adjudication.objects.bulk_create(items)
    key.seal_like(study=study.pk, alike=alike)
