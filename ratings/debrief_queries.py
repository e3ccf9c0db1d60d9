"""Reads of the debrief: whether a rater may begin, and what comes next."""

from dataclasses import dataclass

from accounts.models import User
from ratings.models import DebriefShowing, Presentation, Study, StudyRater


@dataclass(frozen=True, slots=True)
class Debrief:
    """Where a rater stands after their ratings."""

    study: Study
    wanted: bool  # the protocol asks for one
    n_rated: int
    n_unrated: int  # videos that are rated first
    n_drawn: int
    following: DebriefShowing | None

    @property
    def begun(self) -> bool:
        return self.n_drawn > 0

    @property
    def ready(self) -> bool:
        return self.wanted and not self.begun and self.n_rated > 0 and self.n_unrated == 0

    @property
    def done(self) -> bool:
        return self.begun and self.following is None


def debrief_of(place: StudyRater) -> Debrief:
    shown = place.debrief.filter(presentation__excluded_at__isnull=True)
    own = Presentation.objects.filter(study=place.study_id, rater=place.rater_id, excluded_at__isnull=True)
    return Debrief(
        study=place.study,
        wanted=place.study.design.debrief_videos > 0,
        n_rated=own.filter(completed_at__isnull=False).count(),
        n_unrated=own.filter(completed_at__isnull=True).count(),
        n_drawn=place.debrief.count(),
        following=shown.filter(guess__isnull=True).order_by("position").first(),
    )


def open_debriefs(rater: User) -> list[Debrief]:
    """Debriefs that a rater may begin or has not finished."""
    places = StudyRater.objects.filter(rater=rater, study__state=Study.State.OPEN).select_related("study")
    asking = [place for place in places if place.study.design.debrief_videos]
    return [one for one in map(debrief_of, asking) if one.ready or one.following]
