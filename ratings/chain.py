"""The chains of ratings: one for each rater of a study. What verifies them, and the signatures under them."""

from collections.abc import Iterator, Sequence
from functools import partial
from itertools import groupby

from django.db import transaction
from django.db.models import F, Q

from audit.chain import Anchor, Verdict, verify
from audit.chained import row_digest
from ratings.models import Rating, SessionSignature, Study, StudyRater
from ratings.session_queries import signed_content
from ratings.triggers import HASHED

digest = partial(row_digest, fields=HASHED)


def name_of(place: StudyRater) -> str:
    return f"study-{place.study_id}/{place}"


def verdicts(anchors: Sequence[Anchor] = (), study: Study | None = None) -> list[tuple[str, Verdict]]:
    """What a walk along each chain found, by the chain's name; what is wrong besides comes last."""
    of_study = Q() if study is None else Q(place__study=study)
    seen = {anchor.chain for anchor in anchors if study is None or anchor.chain.startswith(f"study-{study.pk}/")}
    with transaction.atomic():
        places = {place.pk: name_of(place) for place in StudyRater.seats.all()}
        rows = Rating.objects.filter(of_study).order_by("place_id", "position", "id").iterator(chunk_size=2000)
        chains = groupby(rows, key=lambda row: places[row.place_id])
        found = [(name, verify(chain, _of(anchors, name), digest)) for name, chain in chains]
        gone = sorted(seen - {name for name, _verdict in found})
        found += [(name, verify((), _of(anchors, name), digest)) for name in gone]
        return [*found, *_misplaced(of_study), *_signatures(of_study)]


def _of(anchors: Sequence[Anchor], name: str) -> list[Anchor]:
    return [anchor for anchor in anchors if anchor.chain == name]


def _misplaced(of_study: Q) -> Iterator[tuple[str, Verdict]]:
    """Rows of which the presentation was given to another rater or study since."""
    own = Q(presentation__study=F("place__study"), presentation__rater=F("place__rater"))
    for row in Rating.objects.filter(of_study).exclude(own).select_related("place").order_by("id")[:1]:
        told = f"row {row.position} (id {row.pk}) answers a presentation that is not this rater's: one was moved"
        yield name_of(row.place), Verdict(0, None, told, row.position)


def _signatures(of_study: Q) -> Iterator[tuple[str, Verdict]]:
    """Valid signatures under something else than what stands."""
    valid = SessionSignature.objects.filter(of_study, voided_at__isnull=True).select_related("place")
    for signature in valid.order_by("place_id", "session"):
        content = signed_content(signature.place, signature.session)
        if (content.sha256, content.n_answers) != (signature.sha256, signature.n_answers):
            told = f"session {signature.session + 1} was signed with other answers than stand there now"
            yield name_of(signature.place), Verdict(0, None, told)
