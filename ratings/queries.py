"""Reads. Nothing here returns ratings to coordinators: they see how far rating is, not what was rated."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, F, Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.access import has_role
from accounts.models import Role, User
from cohorts.consent import consenting
from cohorts.models import Recording
from cohorts.vocabulary import Scope
from deid.algorithms.registry import ORIGINAL
from deid.models import Job, Rendition
from deid.queries import released_renditions
from ratings.access import shown_presentations, studies_for
from ratings.items import items_for
from ratings.models import Presentation, Rating, Study

FREE_BOX = 8  # bytes of the smallest MP4 box that can fill a file up
PAGE = 4096


@dataclass(frozen=True, slots=True)
class Pair:
    """Both versions of one recording."""

    original: Rendition
    deidentified: Rendition

    @property
    def recording(self) -> Recording:
        return self.deidentified.recording

    @property
    def shown_bytes(self) -> int:
        """One size for both: the larger file with room for the box that fills it up, in whole pages."""
        least = max(self.original.n_bytes, self.deidentified.n_bytes) + FREE_BOX
        return -(-least // PAGE) * PAGE


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a rater is. `pseudonym` stands for the rater in results."""

    pseudonym: str
    name: str
    n_presentations: int
    n_completed: int


def study_list(user: User) -> QuerySet[Study]:
    return with_progress(studies_for(user))


def with_progress(studies: QuerySet[Study]) -> QuerySet[Study]:
    """Adds n_raters, n_presentations and n_completed; newest first (a grouped query drops the model's order)."""
    kept = Q(presentations__excluded_at__isnull=True)
    return studies.annotate(
        n_raters=Count("places", distinct=True),
        n_presentations=Count("presentations", filter=kept, distinct=True),
        n_completed=Count("presentations", filter=kept & Q(presentations__completed_at__isnull=False), distinct=True),
    ).order_by("-id")


def rater_progress(study: Study) -> list[Progress]:
    """How far each rater of the study is."""
    own = Q(study__presentations__rater=F("rater"), study__presentations__excluded_at__isnull=True)
    done = Q(study__presentations__completed_at__isnull=False)
    places = study.places.select_related("rater").annotate(
        n_presentations=Count("study__presentations", filter=own),
        n_completed=Count("study__presentations", filter=own & done),
    )
    return [Progress(str(p), p.rater.display_name, p.n_presentations, p.n_completed) for p in places.order_by("number")]


def _released(study: Study) -> list[Rendition]:
    """Released renditions of participants who agree to research and to being rated by experts outside."""
    released = released_renditions(study.cohort, study.method).select_related("recording__participant")
    return list(released.filter(_agreed()))


def codes_without_consent(study: Study) -> list[str]:
    """Participants whose released renditions are not shown for want of consent."""
    released = released_renditions(study.cohort, study.method).select_related("recording__participant")
    return sorted({rendition.recording.participant.code for rendition in released.filter(~_agreed())})


def _agreed() -> Q:
    research, rating = consenting(Scope.RESEARCH), consenting(Scope.RATING)
    return Q(recording__participant__in=research) & Q(recording__participant__in=rating)


def shown_renditions(study: Study) -> list[Rendition]:
    """The newest released rendition of each recording from which something can be scored."""
    return [rendition for rendition in _released(study) if items_for(rendition.recording)]


def n_left_out(study: Study) -> int:
    """Recordings with a released rendition from which nothing can be scored, such as speech without sound."""
    return sum(not items_for(rendition.recording) for rendition in _released(study))


def originals(recordings: Iterable[Recording]) -> dict[int, Rendition]:
    """The newest re-encoded original of each recording that has one, by recording."""
    made = Rendition.objects.filter(recording__in=list(recordings), method=ORIGINAL, state=Rendition.State.STUDY_ONLY)
    return {r.recording_id: r for r in made.order_by("recording_id", "-id").distinct("recording_id")}


def pairs(study: Study) -> list[Pair]:
    """What the study will show; complete once `study_readiness` has nothing to say."""
    released = shown_renditions(study)
    made = originals(rendition.recording for rendition in released)
    return [Pair(made[r.recording_id], r) for r in released if r.recording_id in made]


def study_readiness(study: Study) -> list[str]:
    """Why the study cannot open yet, in sentences; empty when it can."""
    released = shown_renditions(study)
    if not released:
        return [*_rater_obstacles(study), nothing_to_show(study)]
    recordings = [rendition.recording for rendition in released]
    made = originals(recordings)
    missing = [recording for recording in recordings if recording.pk not in made]
    return [*_rater_obstacles(study), *_missing_originals(missing, len(recordings)), *_unequal(pairs(study))]


def nothing_to_show(study: Study) -> str:
    """Why a study has no recordings, and what to do."""
    if codes := codes_without_consent(study):
        return _(
            "No released rendition may be shown: consent to research or to rating by experts outside is missing for "
            "%(codes)s. Record it on the participants' pages."
        ) % {"codes": ", ".join(codes)}
    return _("No rendition by “%(method)s” is released in this cohort: review and release some first.") % {
        "method": study.method
    }


def _rater_obstacles(study: Study) -> list[str]:
    gone = [rater.display_name for rater in study.raters.all() if not has_role(rater, Role.RATER)]
    return [_("%(name)s no longer has an active account with the role Rater.") % {"name": name} for name in gone]


def _missing_originals(missing: list[Recording], n_all: int) -> list[str]:
    newest = Job.objects.filter(recording__in=missing, method=ORIGINAL).order_by("recording_id", "-id")
    jobs = {job.recording_id: job for job in newest.distinct("recording_id")}
    n_waiting, sentences = 0, []
    for recording in missing:
        job = jobs.get(recording.pk)
        if job is not None and job.is_open:
            n_waiting += 1
        elif job is not None and job.error:
            sentences.append(
                _("The original of %(recording)s could not be re-encoded: %(error)s")
                % {"recording": recording, "error": job.error}
            )
        else:
            sentences.append(_("The original of %(recording)s has not been asked for.") % {"recording": recording})
    if n_waiting:
        waiting = ngettext(
            "The original of %(n)d of %(all)d recordings is still being re-encoded.",
            "The originals of %(n)d of %(all)d recordings are still being re-encoded.",
            n_waiting,
        )
        sentences.insert(0, waiting % {"n": n_waiting, "all": n_all})
    return sentences


def _unequal(pairs: list[Pair]) -> list[str]:
    """A version that is encoded in another way, or longer, could be told by its look."""
    sentences = []
    for pair in pairs:
        names = {"recording": pair.recording}
        if pair.original.encoding != pair.deidentified.encoding:
            sentences.append(
                _("The versions of %(recording)s are encoded with different settings: render it again.") % names
            )
        if pair.original.n_frames != pair.deidentified.n_frames:
            counts = {"original": pair.original.n_frames, "other": pair.deidentified.n_frames}
            sentences.append(
                _(
                    "The versions of %(recording)s differ in length (original %(original)d frames, "
                    "de-identified %(other)d): render it again."
                )
                % (names | counts)
            )
    return sentences


def desk_studies(rater: User) -> QuerySet[Study]:
    """Open studies of a rater with their own n_presentations and n_completed."""
    own = Q(presentations__rater=rater, presentations__excluded_at__isnull=True)
    return (
        Study.objects.filter(state=Study.State.OPEN, places__rater=rater)
        .annotate(
            n_presentations=Count("presentations", filter=own, distinct=True),
            n_completed=Count(
                "presentations", filter=own & Q(presentations__completed_at__isnull=False), distinct=True
            ),
        )
        .order_by("opened_at", "id")
    )


def _own_open(rater: User) -> QuerySet[Presentation]:
    return shown_presentations(rater)


def next_presentation(rater: User) -> Presentation | None:
    """The first one that is not completed."""
    return (
        _own_open(rater).filter(completed_at__isnull=True).order_by("study__opened_at", "study_id", "position").first()
    )


def last_presentation(rater: User) -> Presentation | None:
    """The one completed last."""
    return _own_open(rater).filter(completed_at__isnull=False).order_by("-completed_at").first()


def neighbours(presentation: Presentation) -> tuple[Presentation | None, int, int]:
    """The presentation before this one, its number, and how many there are: what was taken out leaves no gap."""
    own = Presentation.objects.filter(
        study=presentation.study_id, rater=presentation.rater_id, excluded_at__isnull=True
    )
    before = own.filter(position__lt=presentation.position).order_by("-position")
    return before.first(), before.count() + 1, own.count()


def current_answers(presentation: Presentation) -> dict[str, Rating]:
    """The current answer to each item that has one: its newest row."""
    newest = presentation.ratings.order_by("item", "-id").distinct("item")
    return {rating.item: rating for rating in newest}
