"""What jobs, renditions and donors hold of a participant, for consent and withdrawal."""

from collections.abc import Iterator

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

import audit.services as audit
from accounts.models import User
from audit.models import Event
from cohorts.holdings import Export, HeldFile, Holding
from cohorts.models import Participant
from cohorts.vocabulary import Scope
from deid.models import DonorAssignment, Job, OwnDonor, Rendition
from deid.services import EXPORTED


class DeidHolding(Holding):
    def plan(self, participant: Participant) -> list[tuple[str, int]]:
        names = _donor_names(participant)
        own = Q(recording__participant=participant)
        return [
            (_("Jobs that are stopped"), _open_jobs(participant).count()),
            (_("Renditions whose files and keys are destroyed"), _renditions(participant).filter(own).count()),
            (_("Donors made of this face that are erased"), len(names)),
            (
                _("Renditions of other participants that wear this face and are destroyed"),
                _renditions(participant).exclude(own).count(),
            ),
        ]

    def files(self, participant: Participant) -> Iterator[HeldFile]:
        for rendition in touched_renditions(participant).order_by("pk"):
            yield HeldFile("rendition", rendition.pk, rendition.storage_name, rendition.sha256, rendition.n_bytes)
        for donor in OwnDonor.objects.filter(participant=participant).exclude(storage_name="").order_by("pk"):
            yield HeldFile("donor", donor.pk, donor.storage_name)

    def exports(self, participant: Participant) -> Iterator[Export]:
        renditions = {str(r.pk): r for r in touched_renditions(participant)}
        events = Event.objects.filter(verb=EXPORTED, target_id__in=list(renditions)).select_related("actor")
        for event in events.order_by("id"):
            what = _("File of rendition %(pk)s, SHA-256 %(sha)s") % {
                "pk": event.target_id, "sha": renditions[event.target_id].sha256,
            }  # fmt: skip
            yield Export.of(what, event)

    def void(self, participant: Participant, actor: User) -> None:
        _cancel(_open_jobs(participant), actor)
        # After the jobs: a worker that finished in this moment has written its rendition by now.
        _renditions(participant).update(state=Rendition.State.VOID)
        _retire_donors(participant)
        OwnDonor.objects.filter(participant=participant).update(state=OwnDonor.State.WITHDRAWN, arrays={})
        DonorAssignment.objects.filter(participant=participant).delete()

    def consent_ended(self, participant: Participant, scope: Scope, actor: User | None) -> None:
        if scope == Scope.RESEARCH:
            _cancel(Job.objects.filter(recording__participant=participant, state__in=Job.OPEN), actor)
        if scope == Scope.DONOR:
            _cancel(_jobs_wearing(participant), actor)
            _retire_donors(participant)


def _donor_names(participant: Participant) -> list[str]:
    return list(OwnDonor.objects.filter(participant=participant).values_list("name", flat=True))


def _wearing(participant: Participant) -> Q:
    """Renditions that wear the face of a participant who was also a donor."""
    return Q(certificate__method_report__donor__in=_donor_names(participant))


def touched_renditions(participant: Participant) -> QuerySet[Rendition]:
    """Renditions that show the participant, or wear their face."""
    return Rendition.objects.filter(Q(recording__participant=participant) | _wearing(participant))


def _renditions(participant: Participant) -> QuerySet[Rendition]:
    return touched_renditions(participant).exclude(state=Rendition.State.VOID)


def _jobs_wearing(participant: Participant) -> QuerySet[Job]:
    """Open jobs that wear, or may come to wear, the participant's face."""
    names = _donor_names(participant)
    named = Q(parameters__donor__in=names)
    assigned = Q(recording__participant__donor_assignment__donor__in=names)
    return Job.objects.filter(named | assigned, state__in=Job.OPEN)


def _open_jobs(participant: Participant) -> QuerySet[Job]:
    own = Q(recording__participant=participant)
    return Job.objects.filter(own | Q(pk__in=_jobs_wearing(participant)), state__in=Job.OPEN)


def _cancel(jobs: QuerySet[Job], actor: User | None) -> None:
    """Stop jobs; a worker in the middle of one finds its lease gone and leaves nothing."""
    for job in Job.objects.filter(pk__in=list(jobs.values_list("pk", flat=True))).select_for_update(of=("self",)):
        if job.is_open:
            job.state, job.lease, job.lease_until = Job.State.CANCELLED, None, None
            job.finished_at, job.stage = timezone.now(), ""
            job.save()
            audit.record(actor=actor, verb="job.cancelled", target=job)


def _retire_donors(participant: Participant) -> None:
    """Nobody is to wear this face from now on; whoever was, gets another donor at the next job."""
    DonorAssignment.objects.filter(donor__in=_donor_names(participant)).delete()
