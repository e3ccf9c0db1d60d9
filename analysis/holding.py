"""What analysis holds of a participant: tracks of the face, and exports of ratings that have to be called back."""

from collections.abc import Iterator

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from accounts.models import User
from analysis.machine_services import forget_machines
from analysis.measurement_services import forget_measurements
from analysis.models import Series, Tracks
from analysis.pseudonyms import Pseudonyms
from analysis.run_services import void_runs
from analysis.services import EXPORTS, RESULTS_READ
from analysis.sixface_services import experiment_exports
from audit.models import Event
from cohorts.holdings import Export, HeldFile, Holding
from cohorts.models import Participant
from cohorts.vocabulary import Scope
from ratings.models import Study


class AnalysisHolding(Holding):
    def plan(self, participant: Participant) -> list[tuple[str, int]]:
        return [
            (_("Measurements of the face that are destroyed"), Tracks.objects.filter(participant=participant).count()),
            (_("Courses of the face over time that are destroyed"), _series(participant).count()),
        ]

    def files(self, participant: Participant) -> Iterator[HeldFile]:
        for tracks in Tracks.objects.filter(participant=participant).order_by("pk"):
            yield HeldFile("tracks", tracks.pk, tracks.storage_name)
        for series in _series(participant).order_by("pk"):
            yield HeldFile("series", series.pk, series.storage_name)

    def exports(self, participant: Participant) -> Iterator[Export]:
        own = Study.objects.filter(presentations__recording__participant=participant).distinct()
        for study in own.order_by("pk"):
            what = _("Ratings of study “%(study)s” as CSV: remove the rows of %(pseudonym)s") % {
                "study": study.name, "pseudonym": Pseudonyms(study).participants[participant.pk],
            }  # fmt: skip
            taken = Event.objects.filter(
                verb=RESULTS_READ, note__in=EXPORTS, target_id=str(study.pk), target_type="ratings.Study"
            )
            for event in taken.select_related("actor").order_by("id"):
                yield Export.of(what, event)

        yield from experiment_exports(participant)

    def void(self, participant: Participant, actor: User) -> None:
        """Reports are numbers of this face: they go with it."""
        forget_measurements(participant=participant, only_open=False)
        forget_machines(participant)
        void_runs(participant=participant, actor=actor)

    def consent_ended(self, participant: Participant, scope: Scope, actor: User | None) -> None:
        if scope == Scope.RESEARCH:
            forget_measurements(participant=participant, only_open=True)


def _series(participant: Participant) -> QuerySet[Series]:
    return Series.objects.filter(rendition__recording__participant=participant)
