"""The rows of an export's tables (`export_tables`), in their order, under pseudonyms."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from django.db.models import Exists, F, OuterRef, Q

from analysis.answers import ARMS, PIECE, RATED, LockedStudy, adjudicated_of, answers_of, in_order, showings_of
from analysis.pseudonyms import numbered
from deid.algorithms.registry import ORIGINAL
from frontend.told import kept_in_english
from ratings import viewing_queries
from ratings.models import AllocationSeal, DebriefShowing, EquipmentCheck, PracticeAnswer, Rating, SessionSignature

Row = Iterable[Any]


def ratings(locked: LockedStudy) -> Iterator[Row]:
    for answer in answers_of(locked):
        yield answer._replace(comment=locked.pseudonyms.clean(answer.comment)) if answer.comment else answer


def earlier(locked: LockedStudy) -> Iterator[Row]:
    newer = Rating.objects.filter(presentation=OuterRef("presentation"), item=OuterRef("item"), pk__gt=OuterRef("pk"))
    own = Rating.objects.filter(
        presentation__study=locked.study, presentation__excluded_at__isnull=True, presentation__adjudicates=False
    )
    rows = in_order(own.filter(Exists(newer)), rater="presentation__rater", study="presentation__study")
    rows = rows.select_related("presentation").annotate(why_changed=F("replaced_by__change_reason"))
    names = locked.pseudonyms
    for one in rows.order_by("number", "presentation__position", "id").iterator():
        yield (
            names.raters[one.presentation.rater_id], one.presentation.position, one.item, one.score, one.not_sure,
            one.reason, names.clean(one.comment), one.saved_at, one.why_changed,
        )  # fmt: skip


def adjudications(locked: LockedStudy) -> Iterator[Row]:
    names = locked.pseudonyms
    for one in adjudicated_of(locked):
        yield (
            one.rater, one.position, one.participant, one.recording, one.item, one.arm, one.method, one.unblinded,
            one.score, one.not_sure, one.reason, names.clean(one.comment), one.changes, one.saved_at,
        )  # fmt: skip


def guesses(locked: LockedStudy) -> Iterator[Row]:
    shown = showings_of(locked, RATED & Q(debrief__isnull=False))
    while piece := list(islice(shown, PIECE)):
        asked = DebriefShowing.objects.filter(presentation__in=[presentation.pk for presentation, _ in piece])
        drawn = {one.presentation_id: one for one in asked.select_related("guess")}
        for presentation, showing in piece:
            one, broken = drawn[presentation.pk], presentation.broken_at
            guess = getattr(one, "guess", None)  # none where the study was closed before
            yield (
                showing.rater, one.position, showing.position, showing.participant, showing.recording, showing.arm,
                showing.method, showing.repeat, bool(guess and broken and guess.given_at >= broken),
                *((guess.taken_for, guess.confidence, guess.given_at) if guess else ("", None, None)),
            )  # fmt: skip


def seals(locked: LockedStudy) -> Iterator[Row]:
    seals = in_order(AllocationSeal.objects.filter(study=locked.study)).order_by("number", "part")
    for seal in seals:
        yield (
            locked.pseudonyms.raters[seal.rater_id],
            seal.part,
            seal.algorithm,
            seal.n_presentations,
            locked.seeds.get((seal.rater_id, seal.part)),
            seal.sha256,
            seal.sealed_at,
        )


def signatures(locked: LockedStudy) -> Iterator[Row]:
    signed = SessionSignature.objects.filter(place__study=locked.study).order_by("place__number", "id")
    for one in signed.select_related("place"):
        yield (
            str(one.place), one.session, locked.pseudonyms.clean(one.meaning), one.second_factor, one.n_answers,
            one.sha256, one.signed_at, one.voided_at, locked.pseudonyms.clean(one.void_reason),
        )  # fmt: skip


def viewing(locked: LockedStudy) -> Iterator[Row]:
    shown = showings_of(locked)
    while piece := list(islice(shown, PIECE)):
        seen = viewing_queries.of_presentations([presentation.pk for presentation, _ in piece])
        for presentation, showing in piece:
            one = seen.get(presentation.pk, viewing_queries.Seen())
            yield (
                showing.rater, showing.position, one.share, one.sent, one.plays, one.loops, one.seconds, one.slowest,
                one.stalls, one.stalled_seconds, one.frames, one.dropped, one.hidden_seconds, one.silent_seconds,
                one.full_screen_seconds, *one.window, _parts(one), "; ".join(one.flags),
            )  # fmt: skip


def _parts(seen: viewing_queries.Seen) -> str:
    return "; ".join(f"{start:.3f}-{stop:.3f} x{speed:g}" for start, stop, speed in seen.parts)


def equipment(locked: LockedStudy) -> Iterator[Row]:
    checks = in_order(EquipmentCheck.objects.filter(study=locked.study)).order_by("number", "session")
    for one in checks:
        yield (
            locked.pseudonyms.raters[one.rater_id], one.session, one.sound, one.dark_steps, one.light_steps,
            one.plays_video, one.window_width, one.window_height, locked.pseudonyms.clean(one.problem), one.checked_at,
        )  # fmt: skip


def items(locked: LockedStudy) -> Iterator[Row]:
    design = locked.study.design
    asked = {item.code for items in locked.asked.values() for item in items}
    with kept_in_english():
        rows = [
            (item.code, str(item), item.code == design.primary_item, "; ".join(
                f"{score} {word}" for score, word in enumerate(item.levels)))
            for item in design.asked().values()
            if item.code in asked
        ]  # fmt: skip
    yield from rows


def methods(locked: LockedStudy) -> Iterator[Row]:
    for place, method in enumerate(locked.study.methods):
        yield (method, place == 0)


def raters(locked: LockedStudy) -> Iterator[Row]:
    for place in locked.study.places.order_by("number"):
        yield str(place), locked.pseudonyms.clean(place.calibration)


def exclusions(locked: LockedStudy) -> Iterator[Row]:
    """Recordings that were never shown are numbered for themselves: the others keep their numbers."""
    names, exclusions = locked.pseudonyms, list(locked.study.exclusions.all())
    never = {one.recording_id for one in exclusions} - set(names.recordings)
    known = names.recordings | numbered("left-out", locked.study.seed, never)
    yield from sorted((known[one.recording_id], one.item, names.clean(one.reason), one.made_at) for one in exclusions)


def practice(locked: LockedStudy) -> Iterator[Row]:
    answers = PracticeAnswer.objects.filter(case__study=locked.study, case__excluded_at__isnull=True)
    rows = answers.select_related("case", "place").order_by("place__number", "case__position", "id")
    for one in rows.iterator():
        arm = ARMS[0] if one.case.version == ORIGINAL else ARMS[1]
        reference = one.case.reference.get(one.item)
        yield str(one.place), one.case.position, arm, one.item, one.score, one.not_sure, reference, one.saved_at


def code_breaks(locked: LockedStudy) -> Iterator[Row]:
    breaks = locked.study.code_breaks.annotate(asker=F("asked_by__role"), doer=F("done_by__role")).order_by("id")
    shown = locked.study.presentations.filter(excluded_at__isnull=True).values("recording__participant")
    for one in breaks.filter(participant__in=shown):
        participant = locked.pseudonyms.participants[one.participant_id]
        yield (
            participant, locked.pseudonyms.clean(one.reason), one.emergency, one.asker, one.asked_at, one.doer,
            one.done_at,
        )  # fmt: skip


def protocols(locked: LockedStudy) -> Iterator[Row]:
    for one in locked.study.versions.all():
        yield one.number, one.sha256, locked.pseudonyms.clean(one.reason), one.made_at


def allocation(locked: LockedStudy) -> Iterator[Row]:
    for _, showing in showings_of(locked):
        yield showing
