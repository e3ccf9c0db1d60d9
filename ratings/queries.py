"""Reads. Nothing here returns ratings to coordinators: they see how far rating is, not what was rated."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import OuterRef, Q, QuerySet

from accounts.models import User
from cohorts.consent import consenting
from cohorts.models import Recording
from cohorts.queries import counted
from cohorts.vocabulary import Scope
from deid.algorithms.registry import ORIGINAL
from deid.models import Rendition
from deid.queries import released_renditions
from ratings.access import studies_for
from ratings.algorithms.allocation import Slot
from ratings.items import Item, items_for
from ratings.models import Presentation, Rating, SessionSignature, Study, StudyRater


@dataclass(frozen=True, slots=True)
class Pair:
    """The versions of one recording: the original, the de-identified one, and those of further methods."""

    original: Rendition
    deidentified: Rendition
    more: tuple[Rendition, ...] = ()

    @property
    def versions(self) -> tuple[Rendition, ...]:
        return (self.original, self.deidentified, *self.more)

    @property
    def recording(self) -> Recording:
        return self.deidentified.recording


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
    """Adds n_raters, n_presentations and n_completed, each counted by itself: a join would multiply them."""
    shown = _shown(OuterRef("pk"))
    return studies.annotate(
        n_raters=counted(StudyRater.objects.filter(study=OuterRef("pk")), by="study"),
        n_presentations=counted(shown, by="study"),
        n_completed=counted(shown.filter(completed_at__isnull=False), by="study"),
    ).order_by("-id")


def _shown(study: OuterRef) -> QuerySet[Presentation]:
    return Presentation.objects.filter(study=study, excluded_at__isnull=True, adjudicates=False)


def rater_progress(study: Study) -> list[Progress]:
    """How far each rater of the study is."""
    own = _shown(OuterRef("study")).filter(rater=OuterRef("rater"))
    places = study.places.select_related("rater").annotate(
        n_presentations=counted(own, by="rater"),
        n_completed=counted(own.filter(completed_at__isnull=False), by="rater"),
    )
    return [Progress(str(p), p.rater.display_name, p.n_presentations, p.n_completed) for p in places.order_by("number")]


def _released(study: Study) -> list[Rendition]:
    """Released renditions of participants who agree to research and to being rated by experts outside."""
    released = released_renditions(study.cohort, study.method).select_related("recording__participant")
    practice = study.practice_cases.values("recording")
    return list(released.filter(agreed()).exclude(recording__in=practice))


def codes_without_consent(study: Study) -> list[str]:
    """Participants whose released renditions are not shown for want of consent."""
    released = released_renditions(study.cohort, study.method).select_related("recording__participant")
    return sorted({rendition.recording.participant.code for rendition in released.filter(~agreed())})


def agreed() -> Q:
    research, rating = consenting(Scope.RESEARCH), consenting(Scope.RATING)
    return Q(recording__participant__in=research) & Q(recording__participant__in=rating)


def newest_released(study: Study, method: str) -> dict[int, Rendition]:
    """The released rendition by a method of each recording that has one, by recording."""
    released = released_renditions(study.cohort, method).select_related("recording__participant")
    return {rendition.recording_id: rendition for rendition in released.filter(agreed())}


def exclusions(study: Study) -> dict[int, set[str]]:
    """Codes that are not asked of a recording; the empty one stands for all."""
    left_out: dict[int, set[str]] = {}
    for recording, item in study.exclusions.values_list("recording_id", "item"):
        left_out.setdefault(recording, set()).add(item)
    return left_out


class Scoring:
    """What a study asks of each recording."""

    def __init__(self, study: Study) -> None:
        self.items = study.design.asked()
        self._left_out = exclusions(study)

    def items_for(self, recording: Recording) -> list[Item]:
        return items_for(recording, self.items.values(), self._left_out.get(recording.pk, ()))


def shown_renditions(study: Study) -> list[Rendition]:
    """The newest released rendition of each recording from which something is scored."""
    scoring = Scoring(study)
    return [rendition for rendition in _released(study) if scoring.items_for(rendition.recording)]


def asked_items(study: Study) -> dict[str, Item]:
    """Items that are asked of at least one recording."""
    scoring = Scoring(study)
    asked = {item.code for rendition in _released(study) for item in scoring.items_for(rendition.recording)}
    return {code: item for code, item in scoring.items.items() if code in asked}


def n_left_out(study: Study) -> int:
    """Recordings with a released rendition from which nothing is scored, such as speech without sound."""
    return len(_released(study)) - len(shown_renditions(study))


def originals(recordings: Iterable[Recording]) -> dict[int, Rendition]:
    """The newest re-encoded original of each recording that has one, by recording."""
    made = Rendition.objects.filter(recording__in=list(recordings), method=ORIGINAL, state=Rendition.State.STUDY_ONLY)
    made = made.select_related("recording__participant")
    return {r.recording_id: r for r in made.order_by("recording_id", "-id").distinct("recording_id")}


def pairs(study: Study) -> list[Pair]:
    """What the study will show; complete once the pre-flight list is empty."""
    return whole_pairs(shown_renditions(study), [newest_released(study, method) for method in study.more_methods])


def whole_pairs(released: Sequence[Rendition], others: Sequence[dict[int, Rendition]]) -> list[Pair]:
    """Those of which the original and all further methods' versions are there."""
    made = originals(rendition.recording for rendition in released)
    return [
        Pair(made[r.recording_id], r, tuple(other[r.recording_id] for other in others))
        for r in released
        if r.recording_id in made and all(r.recording_id in other for other in others)
    ]


def pairs_of(study: Study) -> list[Pair]:
    """What the study shows: fixed once it was opened, what it would show before."""
    if study.state == Study.State.DRAFT:
        return pairs(study)
    shown: dict[int, dict[str, Rendition]] = {}
    rows = study.shown.exclude(rendition__state=Rendition.State.VOID).select_related(
        "rendition__recording__participant"
    )
    for row in rows:
        shown.setdefault(row.recording_id, {})[row.rendition.method] = row.rendition
    wanted = [ORIGINAL, *study.methods]
    whole = [versions for versions in shown.values() if set(versions) == set(wanted)]
    return [
        Pair(versions[ORIGINAL], versions[study.method], tuple(versions[name] for name in study.more_methods))
        for versions in whole
    ]


@dataclass(frozen=True, slots=True)
class ItemOverview:
    """An item of the study and how much there is to score."""

    item: Item
    n_recordings: int
    n_participants: int


def overview(study: Study, pairs: Iterable[Pair]) -> list[ItemOverview]:
    """What each item is asked of."""
    scoring = Scoring(study)
    recordings = [pair.recording for pair in pairs]
    asked = {code: [r for r in recordings if item in scoring.items_for(r)] for code, item in scoring.items.items()}
    return [
        ItemOverview(item, len(asked[code]), len({r.participant_id for r in asked[code]}))
        for code, item in scoring.items.items()
    ]


def donors(pairs: Iterable[Pair]) -> dict[str, int]:
    """How many faces are worn, and how often the most frequent: one that recurs gives the arm away."""
    worn = Counter(donor for pair in pairs for version in pair.versions if (donor := version.worn_donor))
    return {"n": len(worn), "most_frequent": max(worn.values(), default=0)}


def n_each(study: Study, pairs: Sequence[Pair]) -> int:
    """Showings to each rater: every version once, and the hidden repeats."""
    n_versions = len(study.methods) + 1
    repeats = round(len(pairs) * study.design.repeats_percent / 100) // n_versions * n_versions
    return len(pairs) * n_versions + repeats


def late_pairs(study: Study) -> list[Pair]:
    """What could be shown and was not there at the opening."""
    there = set(study.shown.values_list("recording_id", flat=True))
    return [pair for pair in pairs(study) if pair.recording.pk not in there]


def possible_recordings(study: Study) -> QuerySet[Recording]:
    """Recordings of which the study could show a rendition."""
    released = released_renditions(study.cohort, study.method).values("recording")
    return study.cohort.recordings.filter(pk__in=released).select_related("participant").order_by("participant__code")


def slots(pairs: Iterable[Pair]) -> list[Slot]:
    """Recordings as the allocation sees them."""
    return [
        Slot(
            recording=pair.recording.pk,
            participant=pair.recording.participant_id,
            stratum=pair.recording.task,
            donors=tuple(version.worn_donor for version in pair.versions[1:]),
        )
        for pair in pairs
    ]


def current_answers(presentation: Presentation) -> dict[str, Rating]:
    """The current answer to each item that has one: its newest row."""
    newest = presentation.ratings.order_by("item", "-id").distinct("item")
    return {rating.item: rating for rating in newest}


def is_locked(presentation: Presentation) -> bool:
    """Whether its session is signed."""
    signed = SessionSignature.objects.filter(session=presentation.session, voided_at__isnull=True)
    return signed.filter(place__study=presentation.study_id, place__rater=presentation.rater_id).exists()


def seen_before(presentation: Presentation) -> bool | None:
    """Whether the rater says to have seen this person before; None until they were asked."""
    return presentation.acquaintances.order_by("-id").values_list("seen_before", flat=True).first()
