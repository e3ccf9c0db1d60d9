"""Which exports of ratings hold a participant, so that they can be called back."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from analysis.queries import participant_pseudonyms
from analysis.services import RESULTS_READ
from audit.models import Event
from cohorts.holdings import Export, Holding
from cohorts.models import Participant
from ratings.models import Presentation, Study


class AnalysisHolding(Holding):
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
