"""What analysis holds of a participant: tracks of the face, and exports of ratings that have to be called back."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from analysis.models import Tracks
from analysis.queries import participant_pseudonyms
from analysis.services import RESULTS_READ
from audit.models import Event
from cohorts.holdings import Export, HeldFile, Holding
from cohorts.models import Participant
from ratings.models import Presentation, Study


class AnalysisHolding(Holding):
    def plan(self, participant: Participant) -> list[tuple[str, int]]:
        return [
            (_("Measurements of the face that are destroyed"), Tracks.objects.filter(participant=participant).count())
        ]

    def files(self, participant: Participant) -> Iterator[HeldFile]:
        for tracks in Tracks.objects.filter(participant=participant).order_by("pk"):
            yield HeldFile("tracks", tracks.pk, tracks.storage_name)

    def exports(self, participant: Participant) -> Iterator[Export]:
        own = Study.objects.filter(presentations__rendition__recording__participant=participant).distinct()
        for study in own.order_by("pk"):
            everybody = Presentation.objects.filter(study=study).values_list(
                "rendition__recording__participant_id", flat=True
            )
            what = _("Ratings of study “%(study)s” as CSV: remove the rows of %(pseudonym)s") % {
                "study": study.name, "pseudonym": participant_pseudonyms(study, everybody)[participant.pk],
            }  # fmt: skip
            taken = Event.objects.filter(
                verb=RESULTS_READ, note="csv", target_id=str(study.pk), target_type="ratings.Study"
            )
            for event in taken.select_related("actor").order_by("id"):
                yield Export.of(what, event)
