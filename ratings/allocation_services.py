"""What every rater sees and in which order: drawn, sealed, and written as presentations."""

import secrets
import uuid
from collections.abc import Iterable, Sequence

from django.core.exceptions import ValidationError

from ratings import key, preflight
from ratings.algorithms.allocation import ALGORITHM, Infeasible, Rules, Showing, allocate, fingerprint
from ratings.models import AllocationSeal, Presentation, ShownFile, Study, StudyRater, StudyRendition
from ratings.queries import Pair, slots
from ratings.shown_files import shown_copies

SEEDS = 20  # an order is sought from so many seeds: a search that found none may find one from the next


def present(*, study: Study, pairs: Sequence[Pair], places: Iterable[StudyRater]) -> None:
    """Opening: copies of all files, and an order for each rater."""
    _note_shown(study, pairs)
    with shown_copies(study, pairs) as copies:
        for place in places:
            _present_to(study, place, pairs, copies, part=0)


def present_late(*, study: Study, pairs: Sequence[Pair]) -> None:
    """Recordings that came after the opening: behind everything that was there, whose order stays."""
    _note_shown(study, pairs)
    part = study.seals.order_by("-part").values_list("part", flat=True)[0] + 1
    with shown_copies(study, pairs) as copies:
        for place in study.places.order_by("number"):
            _present_to(study, place, pairs, copies, part=part)


def present_to_late_rater(*, study: Study, place: StudyRater, pairs: Sequence[Pair]) -> None:
    """A rater who came after the opening, in an order of their own, with copies of their own: which of the copies that
    are there shows what is in the key, and stays there.
    """
    with shown_copies(study, pairs) as copies:
        _present_to(study, place, pairs, copies, part=0)


def _note_shown(study: Study, pairs: Sequence[Pair]) -> None:
    StudyRendition.objects.bulk_create(
        StudyRendition(study=study, recording=pair.recording, rendition=version)
        for pair in pairs
        for version in pair.versions
    )


def _present_to(
    study: Study, place: StudyRater, pairs: Sequence[Pair], copies: dict[int, ShownFile], *, part: int
) -> None:
    """One rater's part: presentations in the open, versions and seed in the sealed key, its hash beside them."""
    own = Presentation.objects.filter(study=study, rater=place.rater_id)
    last = own.order_by("-position").first()
    position, session = (last.position, last.session + 1) if last else (0, 0)
    rules = study.design.rules(len(study.methods) + 1)
    if part:
        rules = Rules(versions=rules.versions, sessions=1, participant_distance=0, donor_distance=0)
    seed, order = _drawn(pairs, rules, place.number, session)
    by_recording = {pair.recording.pk: pair for pair in pairs}
    presentations, sealed = [], []
    for number, showing in enumerate(order, start=1):
        version = by_recording[showing.slot.recording].versions[showing.version]
        presentation = Presentation(
            id=uuid.uuid4(),
            study=study,
            rater_id=place.rater_id,
            recording_id=showing.slot.recording,
            position=position + number,
            session=showing.session,
            after_session=_after(showing, session, rules),
            storage_name=copies[version.pk].storage_name,
            shown_bytes=copies[version.pk].n_bytes,
        )
        presentations.append(presentation)
        sealed.append((presentation.pk, key.Version(version.pk, version.method, showing.repeat)))
    Presentation.objects.bulk_create(presentations)
    key.seal(study=study.pk, rater=place.rater_id, part=part, seed=seed, versions=sealed)
    AllocationSeal.objects.create(
        study=study, rater_id=place.rater_id, part=part, algorithm=ALGORITHM, n_presentations=len(order),
        sha256=fingerprint(order, seed=seed, rater=place.number),
    )  # fmt: skip


def _after(showing: Showing, first: int, rules: Rules) -> int | None:
    """The session one block before, which must lie the gap back; none in the first block."""
    before = showing.session - rules.sessions
    return before if before >= first else None


def _drawn(pairs: Sequence[Pair], rules: Rules, number: int, session: int) -> tuple[str, list[Showing]]:
    """A secret seed and the order from it. With the seed known, everybody could compute the versions."""
    for attempt in range(SEEDS):
        seed = secrets.token_hex(16)
        try:
            return seed, allocate(slots(pairs), rules, rater=number, seed=seed, first_session=session)
        except Infeasible as refusal:
            if refusal.rule != "order" or attempt == SEEDS - 1:
                raise ValidationError(preflight.infeasible(refusal), code="not_ready") from refusal
    raise AssertionError("every attempt returns or raises")
