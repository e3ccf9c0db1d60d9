"""Large studies, written past the services: a study of the usual size, whose rows are then many."""

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count

from django.db import connection

from accounts.models import Role, User
from cohorts.models import Recording
from deid.algorithms.registry import ORIGINAL
from ratings import key
from ratings.models import Presentation, Study, StudyRater
from tests.ratings.build import draft_study

BEGIN = datetime(2026, 1, 5, 9, tzinfo=UTC)


def bulk_study(
    *, n_raters: int, n_recordings: int, items: list[str], answered: float = 1.0, coordinator: User | None = None
) -> Study:
    """A study in which every rater saw both versions of every recording, and gave a share of all answers."""
    study = draft_study(1, coordinator=coordinator, name="Large")
    Study.objects.filter(pk=study.pk).update(state=Study.State.OPEN, opened_at=BEGIN)
    recordings = _recordings(study, n_recordings)
    for place in _places(study, n_raters):
        presentations = _presentations(study, place, recordings, answered)
        arms = [ORIGINAL, study.method]
        versions = [(p.pk, key.Version(1, arms[n % 2], repeat=False)) for n, p in enumerate(presentations)]
        key.seal(study=study.pk, rater=place.rater_id, part=0, seed="00", versions=versions)
        _rate(presentations, items)
        analyse()
    study.refresh_from_db()
    return study


def analyse() -> None:
    """What autovacuum does as a study grows: triggers keep the plans that they made for empty tables otherwise."""
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE ratings_presentation, ratings_rating")


def _recordings(study: Study, n: int) -> list[Recording]:
    first = study.cohort.recordings.get()
    more = [
        Recording(**_fields(first) | {"storage_name": name, "sha256": 2 * name})
        for name in (uuid.uuid4().hex for _ in range(n - 1))
    ]
    return [first, *Recording.objects.bulk_create(more)]


def _fields(row: Recording) -> dict[str, object]:
    return {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields if not field.primary_key}


def _places(study: Study, n: int) -> list[StudyRater]:
    raters = User.objects.bulk_create(
        User(username=f"rater-of-many-{number}", role=Role.RATER, password="!") for number in range(n - 1)
    )
    StudyRater.objects.bulk_create(
        StudyRater(study=study, rater=rater, number=number) for number, rater in enumerate(raters, start=2)
    )
    return list(study.places.order_by("number"))


def _presentations(study: Study, place: StudyRater, recordings: list[Recording], answered: float) -> list[Presentation]:
    n_completed = round(2 * len(recordings) * answered)
    showings = zip(count(1), [recording for recording in recordings for _ in range(2)], strict=False)
    return Presentation.objects.bulk_create(
        Presentation(
            study=study, rater_id=place.rater_id, recording=recording, position=position, storage_name="x",
            shown_bytes=1, started_at=BEGIN if position <= n_completed else None,
            completed_at=BEGIN + timedelta(minutes=position) if position <= n_completed else None,
        )
        for position, recording in showings
    )  # fmt: skip


def _rate(presentations: list[Presentation], items: list[str]) -> None:
    statement = "COPY ratings_rating (presentation_id, item, score, not_sure, client_id, saved_at) FROM STDIN"
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        for row in _answers(presentations, items):
            copy.write_row(row)


def _answers(presentations: list[Presentation], items: list[str]) -> Iterator[tuple]:
    for presentation in presentations:
        if presentation.completed_at is None:
            continue
        for number, item in enumerate(items):
            score = (presentation.position + number) % 5
            yield presentation.pk, item, score, False, uuid.uuid4(), presentation.completed_at
