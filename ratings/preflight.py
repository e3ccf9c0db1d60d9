"""Why a study cannot open yet. Each check yields sentences; a study opens when all of them have nothing to say."""

from collections.abc import Callable, Iterable, Iterator

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.access import has_role
from accounts.models import Role
from cohorts.models import Participant, Recording
from deid.algorithms.registry import ORIGINAL
from deid.models import Job
from frontend.told import told
from ratings import calibration_queries, equal_arms, practice_queries, queries
from ratings.algorithms.allocation import Infeasible, allocate
from ratings.models import Study
from ratings.protocol import MULTIPLICITY

Check = Callable[[Study], Iterator[str]]
_checks: list[Check] = []


def check(function: Check) -> Check:
    """Decorator: one more check before opening."""
    _checks.append(function)
    return function


def reasons(study: Study) -> list[str]:
    """Why the study cannot open yet, in sentences; empty when it can."""
    return [sentence for one in _checks for sentence in one(study)]


@check
def raters_are_there(study: Study) -> Iterator[str]:
    for place in study.places.select_related("rater"):
        if not has_role(place.rater, Role.RATER):
            yield _("%(name)s no longer has an active account with the role Rater.") % {
                "name": place.rater.display_name
            }


@check
def raters_are_calibrated(study: Study) -> Iterator[str]:
    """Where the protocol wants it: each rater has answered reference cases, and not long ago."""
    days = study.design.calibration_days
    if not days:
        return
    for drift in calibration_queries.drifts(study.places.select_related("rater")):
        names = {"name": drift.place.rater.display_name, "days": days}
        if drift.newest is None:
            yield (
                _("%(name)s has answered no reference cases: let them do the practice of another study first.") % names
            )
        elif (timezone.localdate() - drift.newest.on).days > days:
            yield (
                _(
                    "%(name)s answered reference cases last on %(on)s, more than %(days)d days ago: let them do the "
                    "practice of another study again."
                )
                % (names | {"on": drift.newest.on})
            )


@check
def something_is_shown(study: Study) -> Iterator[str]:
    if not queries.shown_renditions(study):
        yield nothing_to_show(study)


def nothing_to_show(study: Study) -> str:
    """Why a study has no recordings, and what to do."""
    if codes := queries.codes_without_consent(study):
        return _(
            "No released rendition may be shown: consent to research or to rating by experts outside is missing for "
            "%(codes)s. Record it on the participants' pages."
        ) % {"codes": ", ".join(codes)}
    return _("No rendition by “%(method)s” is released in this cohort: review and release some first.") % {
        "method": study.method
    }


@check
def originals_are_made(study: Study) -> Iterator[str]:
    practice = practice_queries.renditions(study, study.method).values()
    recordings = [rendition.recording for rendition in [*queries.shown_renditions(study), *practice]]
    made = queries.originals(recordings)
    missing = [recording for recording in recordings if recording.pk not in made]
    newest = Job.objects.filter(recording__in=missing, method=ORIGINAL).order_by("recording_id", "-id")
    jobs = {job.recording_id: job for job in newest.distinct("recording_id")}
    waiting = [r for r in missing if (job := jobs.get(r.pk)) is not None and job.is_open]
    if waiting:
        sentence = ngettext(
            "The original of %(n)d of %(all)d recordings is still being re-encoded.",
            "The originals of %(n)d of %(all)d recordings are still being re-encoded.",
            len(waiting),
        )
        yield sentence % {"n": len(waiting), "all": len(recordings)}
    for recording in missing:
        if recording not in waiting:
            yield _no_original(recording, jobs.get(recording.pk))


def _no_original(recording: Recording, job: Job | None) -> str:
    if job is not None and job.error:
        return _("The original of %(recording)s could not be re-encoded: %(error)s") % {
            "recording": recording, "error": told(job.error),
        }  # fmt: skip
    return _("The original of %(recording)s has not been asked for.") % {"recording": recording}


@check
def further_methods_are_released(study: Study) -> Iterator[str]:
    shown = queries.shown_renditions(study)
    for method in study.more_methods:
        there = queries.newest_released(study, method)
        lacking = sum(rendition.recording_id not in there for rendition in shown)
        if lacking:
            sentence = ngettext(
                "%(n)d recording has no released rendition by “%(method)s”: release one, or exclude the recording.",
                "%(n)d recordings have no released rendition by “%(method)s”: release them, or exclude the recordings.",
                lacking,
            )
            yield sentence % {"n": lacking, "method": method}


@check
def versions_are_alike(study: Study) -> Iterator[str]:
    yield from unlike([*queries.pairs(study), *practice_queries.pairs(study)])


@check
def practice_is_whole(study: Study) -> Iterator[str]:
    yield from practice_queries.missing(study)


@check
def files_are_alike(study: Study) -> Iterator[str]:
    yield from equal_arms.reasons(study)


def unlike(pairs: Iterable[queries.Pair]) -> Iterator[str]:
    """A version that is encoded in another way, or longer, could be told by its look."""
    for pair in pairs:
        names = {"recording": pair.recording}
        for version in pair.versions[1:]:
            if pair.original.encoding != version.encoding:
                yield _("The versions of %(recording)s are encoded with different settings: render it again.") % names
            if pair.original.n_frames != version.n_frames:
                counts = {"original": pair.original.n_frames, "other": version.n_frames}
                yield (
                    _(
                        "The versions of %(recording)s differ in length (original %(original)d frames, "
                        "de-identified %(other)d): render it again."
                    )
                    % (names | counts)
                )


@check
def analysis_is_fixed(study: Study) -> Iterator[str]:
    """What a reader of the results would otherwise have to believe."""
    design, items = study.design, queries.asked_items(study)
    if not items:
        yield _("No item is asked of any recording: choose items in the protocol.")
        return
    if design.primary_item not in items:
        given = design.primary_item or _("none")
        yield _("The primary item must be one that is asked; it is “%(given)s”: choose one in the protocol.") % {
            "given": given
        }
    if not design.margin_reason.strip():
        yield _("The equivalence margin of %(margin)g points has no justification: give one in the protocol.") % {
            "margin": design.margin
        }
    if not design.estimand.strip():
        yield _("The estimand is not given: say in the protocol what is estimated.")
    if design.multiplicity not in MULTIPLICITY:
        yield _("How several items are corrected for is not given: choose it in the protocol.")


@check
def anchor_texts_are_licensed(study: Study) -> Iterator[str]:
    design, items = study.design, study.design.asked()
    if design.anchors and not design.anchors_licence.strip():
        yield _("Anchor texts are given without their licence: name it in the protocol, or remove the texts.")
    for code, texts in design.anchors.items():
        if code in items and len(texts) != len(items[code].levels):
            yield _("“%(item)s” has %(n)d levels and %(texts)d anchor texts: give one for each level.") % {
                "item": items[code], "n": len(items[code].levels), "texts": len(texts),
            }  # fmt: skip


@check
def enough_participants(study: Study) -> Iterator[str]:
    planned = study.design.n_planned
    there = len({rendition.recording.participant_id for rendition in queries.shown_renditions(study)})
    if planned and there < planned:
        yield _("%(n)d participants are planned, %(there)d are there: add some, or change the plan with its power.") % {
            "n": planned, "there": there,
        }  # fmt: skip


@check
def orders_exist(study: Study) -> Iterator[str]:
    """An order is tried for the first raters; opening makes all."""
    slots = queries.slots(queries.pairs(study))
    for place in study.places.order_by("number")[:2]:
        try:
            allocate(slots, study.design.rules(len(study.methods) + 1), rater=place.number, seed=str(study.seed))
        except Infeasible as refusal:
            yield infeasible(refusal)
            return


def infeasible(refusal: Infeasible) -> str:
    """Why no order keeps the protocol's rules, and what to change."""
    facts = dict(refusal.facts)
    if "participant" in facts:
        facts["participant"] = Participant.objects.get(pk=facts["participant"]).code
    sentences = {
        "repeats": _(
            "%(wanted)d of %(n)d recordings would be repeated: too few for one of each version. Raise the share so "
            "that at least %(needed)d are, or set it to 0."
        ),
        "participant": _(
            "%(participant)s has %(n)d of %(room)d showings of a session: with %(distance)d others between, %(needed)d "
            "would be needed. Plan more sessions, or a smaller distance."
        ),
        "donor": _(
            "The donor %(donor)s has %(n)d of %(room)d showings of a session: with %(distance)d others between, "
            "%(needed)d would be needed. Plan more sessions, or a smaller distance."
        ),
        "donor_cap": _(
            "The donor %(donor)s comes %(n)d times in a session, %(most)d are allowed: plan more sessions, allow more, "
            "or give participants other donors."
        ),
        "order": _(
            "No order of %(n)d showings was found that keeps participants %(distance)d and donors %(donor_distance)d "
            "others apart: plan more sessions, or smaller distances."
        ),
    }
    return sentences[refusal.rule] % facts
