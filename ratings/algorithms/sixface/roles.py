"""The words of a six-face trial. Nothing heavy is imported here: the web process reads it."""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

N_FACES, N_COLUMNS = 6, 3  # three columns, two rows


class Role(StrEnum):
    """Whose face a picture shows. `TWIN` is one of the two photographs of one person in a catch trial."""

    DEIDENTIFIED = "deidentified"
    ORIGINAL = "original"
    SOURCE = "source"
    CONTROL = "control"
    TWIN = "twin"


class Kind(StrEnum):
    """What a trial asks: the experiment's own question, or one whose answer is known (catch trials and practice)."""

    TEST = "test"
    SAME = "same"  # two photographs of one person among four strangers: there is a pair
    STRANGERS = "strangers"  # six strangers: there is none


@dataclass(frozen=True, slots=True)
class Face:
    """One picture of a trial.

    Attributes
    ----------
    participant : who is seen; of a de-identified face, whose recording it is; 0 for a source
    donor : whose face is seen of a source, or worn by a de-identified face; else empty
    moment : 0 or 1, which of the participant's two moments the picture is of
    version : of a de-identified face the rendition; else 0
    """

    role: Role
    participant: int = 0
    donor: str = ""
    moment: int = 0
    version: int = 0


@dataclass(frozen=True, slots=True)
class Trial:
    """Six faces at once, row by row from the top left, as one judge sees them."""

    kind: Kind
    faces: tuple[Face, ...]
    practice: bool = False

    @property
    def roles(self) -> tuple[Role, ...]:
        return tuple(face.role for face in self.faces)

    @property
    def participants(self) -> frozenset[int]:
        """Everybody seen or, of the de-identified face, hidden."""
        return frozenset(face.participant for face in self.faces if face.participant)

    @property
    def target(self) -> Face | None:
        """The de-identified face; None in a catch trial."""
        return next((face for face in self.faces if face.role == Role.DEIDENTIFIED), None)

    @property
    def has_source(self) -> bool:
        return Role.SOURCE in self.roles

    def true_pair(self) -> tuple[int, int] | None:
        """Places of the two faces that are one person; None where there are none (six strangers)."""
        wanted = {Role.TWIN, Role.ORIGINAL, Role.DEIDENTIFIED}
        places = [place for place, role in enumerate(self.roles) if role in wanted]
        return (places[0], places[1]) if len(places) == 2 else None


def pairs() -> Iterator[tuple[int, int]]:
    """The fifteen pairs of places, the lower first."""
    yield from combinations(range(N_FACES), 2)
