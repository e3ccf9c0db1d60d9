"""What this application itself holds of a participant: recordings, uploads, description, consents."""

from collections.abc import Iterator

from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.models import User
from cohorts.consent import current_consents
from cohorts.holdings import HeldFile, Holding
from cohorts.models import ClinicalState, ConsentEvent, Participant, Recording, Upload


class CohortsHolding(Holding):
    def plan(self, participant: Participant) -> list[tuple[str, int]]:
        return [
            (_("Recordings whose files and keys are destroyed"), participant.recordings.count()),
            (_("Uploads in quarantine that are removed"), self._waiting(participant).count()),
            (_("Recordings whose age and clinical state are erased"), self._described(participant)),
            (
                _("Copies of these files in other cohorts, which stay: have them withdrawn there too"),
                self._twins(participant),
            ),
        ]

    def _twins(self, participant: Participant) -> int:
        """The same file may belong to two cohorts, and the same person with it."""
        own = participant.recordings.values("sha256")
        others = Recording.objects.exclude(participant=participant).exclude(participant__withdrawn_at__isnull=False)
        return others.filter(sha256__in=own).count()

    def _described(self, participant: Participant) -> int:
        return participant.recordings.exclude(age__isnull=True, clinical__isnull=True).count()

    def _uploads(self, participant: Participant) -> QuerySet[Upload]:
        return Upload.objects.filter(cohort=participant.cohort_id, code=participant.code)

    def _waiting(self, participant: Participant) -> QuerySet[Upload]:
        return self._uploads(participant).filter(state__in=[Upload.State.RECEIVING, Upload.State.CHECKING])

    def files(self, participant: Participant) -> Iterator[HeldFile]:
        for recording in participant.recordings.order_by("pk"):
            yield HeldFile("recording", recording.pk, recording.storage_name, recording.sha256, recording.n_bytes)
        for upload in self._uploads(participant).exclude(storage_name="").order_by("pk"):
            yield HeldFile("upload", upload.pk, upload.storage_name)

    def void(self, participant: Participant, actor: User) -> None:
        told = _("The participant has withdrawn.")
        self._waiting(participant).update(state=Upload.State.REFUSED, message=told, expires_at=None)
        ClinicalState.objects.filter(recording__participant=participant).delete()
        participant.recordings.update(age=None)
        today = timezone.localdate()
        for scope, event in current_consents(participant).items():
            if event.given:
                ended = ConsentEvent(
                    participant=participant,
                    scope=scope,
                    given=False,
                    on=today,
                    version=event.version,
                    recorded_by=actor,
                )
                ended.full_clean()
                ended.save()
