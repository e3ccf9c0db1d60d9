"""What blinded studies hold of a participant, for consent and withdrawal."""

from collections.abc import Iterator

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

import audit.services as audit
from accounts.models import User
from cohorts.holdings import HeldFile, Holding
from cohorts.models import Participant
from cohorts.vocabulary import Scope
from deid.holding import touched_renditions
from deid.models import Rendition
from ratings.models import LastEncode, PracticeCase, Presentation, Rating, ShownFile, Study, StudyRendition
from ratings.sixface_holding import plan_trials, trial_files, trials_without_consent, void_trials


class RatingsHolding(Holding):
    def plan(self, participant: Participant) -> list[tuple[str, int]]:
        own = Q(recording__participant=participant)
        kept = Presentation.objects.filter(own, excluded_at__isnull=True)
        return [
            (_("Files made for studies that are destroyed with their keys"), _made(participant).count()),
            (_("Presentations to raters that are closed"), kept.filter(completed_at__isnull=True).count()),
            (
                _("Ratings that are kept under a pseudonym and excluded from every result"),
                Rating.objects.filter(presentation__in=kept).count(),
            ),
            *plan_trials(participant),
        ]

    def files(self, participant: Participant) -> Iterator[HeldFile]:
        """Their shown files, and those of others whose rendition wore their face: all versions of a recording."""
        touched = _shown_with(participant).order_by("recording_id", "storage_name")
        for recording, name in touched.values_list("recording_id", "storage_name").distinct():
            yield HeldFile("shown", recording, name)
        for case in _practised_with(participant).order_by("pk"):
            yield HeldFile("practice", case.recording_id, case.storage_name)
        for made in _made(participant).order_by("pk"):
            yield HeldFile("encoded", made.pk, made.storage_name, made.sha256, made.n_bytes)
        yield from trial_files(participant)

    def void(self, participant: Participant, actor: User) -> None:
        """All versions of a recording go together: one that stayed alone would tell which it is."""
        _exclude(_shown_with(participant), "presentation.excluded", actor)
        _exclude(_practised_with(participant), "practice.excluded", actor)
        void_trials(participant, actor)
        touched = touched_renditions(participant).values("recording")
        _stop(LastEncode.objects.filter(recording__in=touched))

    def consent_ended(self, participant: Participant, scope: Scope, actor: User | None) -> None:
        """What was rated while the consent held stays; what is open closes."""
        trials_without_consent(participant, scope, actor)
        if scope in (Scope.RATING, Scope.RESEARCH):
            own = Presentation.objects.filter(recording__participant=participant)
            _exclude(own.filter(study__state=Study.State.OPEN), "presentation.excluded", actor)
            practice = _practised_with(participant).filter(recording__participant=participant)
            _exclude(practice.filter(study__state=Study.State.OPEN), "practice.excluded", actor)
            _stop(LastEncode.objects.filter(recording__participant=participant))


def _made(participant: Participant) -> QuerySet[ShownFile]:
    return ShownFile.objects.filter(rendition__in=touched_renditions(participant))


def _stop(encodes: QuerySet[LastEncode]) -> None:
    """A worker in the middle of one finds its lease gone and leaves nothing."""
    encodes.filter(state__in=LastEncode.OPEN).update(
        state=LastEncode.State.CANCELLED, lease=None, lease_until=None, finished_at=timezone.now()
    )


def _shown_with(participant: Participant) -> QuerySet[Presentation]:
    """Presentations of recordings of theirs, and of recordings of which a shown rendition is destroyed."""
    destroyed = StudyRendition.objects.filter(
        study=OuterRef("study"), recording=OuterRef("recording"), rendition__state=Rendition.State.VOID
    )
    return Presentation.objects.filter(Q(recording__participant=participant) | Exists(destroyed))


def _practised_with(participant: Participant) -> QuerySet[PracticeCase]:
    """Practice cases that show them or wear their face."""
    worn = Q(rendition__in=touched_renditions(participant)) | Q(rendition__state=Rendition.State.VOID)
    return PracticeCase.objects.filter(Q(recording__participant=participant) | worn, rendition__isnull=False)


def _exclude(rows: QuerySet[Presentation] | QuerySet[PracticeCase], verb: str, actor: User | None) -> None:
    """Show these to nobody any more; each is an event."""
    fresh = list(rows.filter(excluded_at__isnull=True).order_by("pk").values_list("pk", flat=True))
    for row in rows.model._default_manager.filter(pk__in=fresh).select_for_update(of=("self",), no_key=True):
        row.excluded_at = timezone.now()
        row.save(update_fields=["excluded_at"])
        audit.record(actor=actor, verb=verb, target=row)
