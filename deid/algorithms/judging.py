"""Judging on a few pictures what a network made of a face, before the clip is rendered: by a recogniser and a detector
that took no part in it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from faces.dlib_backend import descriptor_in, face_boxes
from faces.protocol import FaceBox
from videoio.frames import RGB

# Distances to the original that end the search. Frames that were not tried come nearer: 0.70 and 0.60 are what counts.
PASS_MEAN, PASS_EACH = 0.72, 0.62
ENLARGED_UNDER = 160  # pixels of a face; the judging detector sees none under 80
SAME_PLACE = 0.3  # overlap of its box with the face's
Floats = NDArray[np.float64]
Worn = TypeVar("Worn")


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A picture and the square from the brows to the chin of the face that it shows, or showed."""

    rgb: RGB
    box: FaceBox

    def described(self) -> Floats:
        """(128,) descriptor."""
        return descriptor_in(self.rgb, self.box)

    def shows_a_face(self) -> bool:
        """Whether the detector sees one there."""
        boxes = face_boxes(self.rgb, enlarge=int(self.box.size < ENLARGED_UNDER))
        return any(box.iou(self.box) >= SAME_PLACE for box in boxes)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was seen of the tried pictures. A network that was trained badly leaves no face: then nothing is passed,
    however far a recogniser is from knowing the patient.

    `faces` of `tried` pictures still show one; `mean` and `least` distance to the original, `to_donor` the mean one to
    who is worn, where somebody is (dlib, Euclidean).
    """

    tried: int
    faces: int
    mean: float
    least: float
    to_donor: float | None = None

    @property
    def passed(self) -> bool:
        """Far from the patient, nearer to the donor, and a face at all: noise is far from everybody."""
        far = self.mean >= PASS_MEAN and self.least >= PASS_EACH
        nearer = self.to_donor is None or self.to_donor < self.mean
        return far and nearer and self.faces == self.tried > 0

    @property
    def rank(self) -> tuple[int, float]:
        """The better one is larger."""
        return self.faces, min(self.mean - PASS_MEAN, self.least - PASS_EACH)

    def told(self) -> dict[str, Any]:
        """For the certificate. Another recogniser has to judge the result."""
        donor = {} if self.to_donor is None else {"to_donor": round(self.to_donor, 3)}
        return {
            "tried": self.tried, "faces": self.faces, "mean": round(self.mean, 3), "least": round(self.least, 3),
            **donor, "passed": self.passed,
        }  # fmt: skip


def described(views: Iterable[View]) -> Floats:
    """(n, 128) descriptors."""
    return np.array([view.described() for view in views])


def judged(originals: Floats, treated: Sequence[View], donor: Floats | None = None) -> Verdict:
    """How far treated pictures are from the originals, and whether they show faces.

    Parameters
    ----------
    originals : (n, 128) descriptors of the same pictures as they were, at least one
    donor : (128,) descriptor of who is worn
    """
    rows = described(treated)
    away = np.linalg.norm(rows - originals, axis=1)
    to_donor = None if donor is None else float(np.linalg.norm(rows - donor, axis=1).mean())
    faces = sum(view.shows_a_face() for view in treated)
    return Verdict(len(treated), faces, float(away.mean()), float(away.min()), to_donor)


def first_that_passes(
    names: Iterable[str], attempt: Callable[[str], tuple[Verdict, Worn]]
) -> tuple[str, Verdict, Worn]:
    """The first of at least one donor that passes, else the one who came nearest to it, with what is worn of him."""
    done: list[tuple[str, Verdict, Worn]] = []
    for name in names:
        done.append((name, *attempt(name)))
        if done[-1][1].passed:
            return done[-1]
    return max(done, key=lambda each: each[1].rank)
