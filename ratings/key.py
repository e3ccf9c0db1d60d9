"""The key: which version each presentation shows, and which face stands where in a trial of six.

The only module that touches the schema `sealed`. The app role may add rows there and read none; they are read by a role
of their own, through the connection that `KEY_DATABASE` names. COPY keeps what is added out of the texts of
statements, which a role sees of its other sessions.
"""

import uuid
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby

from django.conf import settings
from django.db import DatabaseError, connection, connections, transaction
from django.utils.translation import gettext as _

ARM, SEED = "sealed.arm", "sealed.seed"
ARM_COLUMNS = "presentation, study, rendition, arm, repeat"
FACE, TRIAL_SEED = "sealed.face", "sealed.trial_seed"
ORIGINAL_ARM = "original"


class KeyClosed(Exception):
    """The key cannot be read here; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Version:
    """What a presentation shows."""

    rendition: int
    arm: str  # "original", or the method
    repeat: bool

    @property
    def is_original(self) -> bool:
        return self.arm == ORIGINAL_ARM


@dataclass(frozen=True, slots=True)
class Face:
    """One of the six of a trial: the person is who is seen, the source what the picture was made from."""

    position: int  # 1-6
    role: str
    person: str
    source: str
    sha256: str


@dataclass(frozen=True, slots=True)
class SealedTrial:
    """A trial as the key knows it; its faces in the order of their positions."""

    kind: str
    faces: tuple[Face, ...]

    @property
    def roles(self) -> tuple[str, ...]:
        return tuple(face.role for face in self.faces)


def seal(*, study: int, rater: int, part: int, seed: str, versions: Iterable[tuple[uuid.UUID, Version]]) -> None:
    """Put a rater's part of the key away, in the transaction that writes the presentations."""
    arms = [(pk, study, version.rendition, version.arm, version.repeat) for pk, version in versions]
    _add(ARM, ARM_COLUMNS, arms)
    _add(SEED, "study, rater, part, seed", [(study, rater, part, seed)])


def _add(table: str, columns: str, rows: Iterable[tuple]) -> None:
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({columns}) FROM STDIN") as copy:
        for row in rows:
            copy.write_row(row)


def versions_of(study: int, presentations: Collection[uuid.UUID] | None = None) -> dict[uuid.UUID, Version]:
    """The key of a study, the whole or that of some presentations: a large study is read piece by piece.

    Who asks has made sure that the study is locked, or that the code is being broken.
    """
    statement = f"SELECT presentation, rendition, arm, repeat FROM {ARM} WHERE study = %s"  # noqa: S608
    if presentations is None:
        rows = _read(statement, [study])
    else:
        rows = _read(f"{statement} AND presentation = ANY(%s)", [study, list(presentations)])
    return {pk: Version(rendition, arm, repeat) for pk, rendition, arm, repeat in rows}


def showings_of_one_version(study: int) -> list[list[uuid.UUID]]:
    """Presentations that show the same version of the same recording, hidden repeats left out, in no order.

    The server groups them: which version a group shows does not come out. Who asks has made sure that the raters have
    answered: before that it could tell them what they rate twice.
    """
    rows = _read(
        f"SELECT array_agg(presentation ORDER BY random()) FROM {ARM} "  # noqa: S608
        "WHERE study = %s AND NOT repeat GROUP BY rendition ORDER BY random()",
        [study],
    )
    return [presentations for (presentations,) in rows]


def seal_like(*, study: int, alike: Mapping[uuid.UUID, uuid.UUID]) -> None:
    """Put away what new presentations show: the same as others, which `alike` names. Nothing of it comes out."""
    known = versions_of(study)
    shown = ((new, known[like]) for new, like in alike.items())
    _add(ARM, ARM_COLUMNS, [(new, study, one.rendition, one.arm, False) for new, one in shown])


def seeds_of(study: int) -> dict[tuple[int, int], str]:
    """The seed of each rater and part: with it the orders can be made again and compared with their hashes."""
    rows = _read(f"SELECT rater, part, seed FROM {SEED} WHERE study = %s", [study])  # noqa: S608
    return {(rater, part): seed for rater, part, seed in rows}


def seal_trials(*, experiment: int, seed: str, trials: Iterable[tuple[uuid.UUID, SealedTrial]]) -> None:
    """Put away which face stands where, in the transaction that writes the trials."""
    rows = [
        (pk, face.position, experiment, trial.kind, face.role, face.person, face.source, face.sha256)
        for pk, trial in trials
        for face in trial.faces
    ]
    _add(FACE, "trial, position, experiment, kind, role, person, source, sha256", rows)
    _add(TRIAL_SEED, "experiment, seed", [(experiment, seed)])


def trials_of(experiment: int) -> dict[uuid.UUID, SealedTrial]:
    """The whole key of an experiment, those of earlier builds too. Who asks has made sure that it is closed."""
    rows = _read(
        f"SELECT trial, kind, position, role, person, source, sha256 FROM {FACE} WHERE experiment = %s"  # noqa: S608
        " ORDER BY trial, position",
        [experiment],
    )
    return {
        pk: SealedTrial(kind, tuple(Face(*row[2:]) for row in faces))
        for (pk, kind), faces in groupby(rows, key=lambda row: (row[0], row[1]))
    }


def _read(statement: str, parameters: list) -> list[tuple]:
    try:
        with transaction.atomic(using=settings.KEY_DATABASE), connections[settings.KEY_DATABASE].cursor() as cursor:
            cursor.execute(statement, parameters)
            rows: list[tuple] = cursor.fetchall()
            return rows
    except DatabaseError as error:
        raise KeyClosed(
            _(
                "The key could not be read: set DATABASE_KEY_URL to the role that may read the schema “sealed”. "
                "(%(error)s)"
            )
            % {"error": str(error).splitlines()[0]}
        ) from error
