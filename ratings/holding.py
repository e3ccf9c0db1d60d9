"""What blinded studies hold of a participant, for consent and withdrawal."""

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

import audit.services as audit
from accounts.models import User
from cohorts.holdings import Holding
from cohorts.models import Participant
from cohorts.vocabulary import Scope
from deid.models import Rendition
from ratings.models import Presentation, Rating, Study


class RatingsHolding(Holding):
    def plan(self, participant: Participant) -> list[tuple[str, int]]:
        own = Q(rendition__recording__participant=participant)
        kept = Presentation.objects.filter(own, excluded_at__isnull=True)
        return [
            (_("Presentations to raters that are closed"), kept.filter(completed_at__isnull=True).count()),
            (
                _("Ratings that are kept under a pseudonym and excluded from every result"),
                Rating.objects.filter(presentation__in=kept).count(),
            ),
        ]

    def void(self, participant: Participant, actor: User) -> None:
        """Both versions of a recording go together: one that stayed alone would tell which it is."""
        destroyed = Presentation.objects.filter(
            study=OuterRef("study"), rendition__recording=OuterRef("rendition__recording"),
            rendition__state=Rendition.State.VOID,
        )  # fmt: skip
        _exclude(Presentation.objects.filter(Exists(destroyed)), actor)

    def consent_ended(self, participant: Participant, scope: Scope, actor: User | None) -> None:
        """What was rated while the consent held stays; what is open closes."""
        if scope in (Scope.RATING, Scope.RESEARCH):
            own = Presentation.objects.filter(rendition__recording__participant=participant)
            _exclude(own.filter(study__state=Study.State.OPEN), actor)


def _exclude(presentations: QuerySet[Presentation], actor: User | None) -> None:
    fresh = presentations.filter(excluded_at__isnull=True).order_by("pk")
    for presentation in Presentation.objects.filter(pk__in=list(fresh.values_list("pk", flat=True))).select_for_update(
        of=("self",), no_key=True
    ):
        presentation.excluded_at = timezone.now()
        presentation.save(update_fields=["excluded_at"])
        audit.record(actor=actor, verb="presentation.excluded", target=presentation)
