"""Cutting the patient's face out of frames, and putting back what a network made of it."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deid.algorithms.crops import cut_out, paste
from deid.algorithms.judging import Verdict, judged
from deid.algorithms.methods.learned.making import Maker
from deid.algorithms.methods.learned.running import Runner
from deid.algorithms.methods.motionmesh.describing import copied, described, view_of
from deid.algorithms.methods.motionmesh.following import Sample
from deid.algorithms.methods.motionmesh.patient import PatientFace
from deid.algorithms.methods.motionmesh.prepare import MeshRenderer
from deid.algorithms.methods.motionmesh.trial import spread
from deid.algorithms.plan import Face
from faces.alignment import aligning
from faces.mesh import five_points_of
from videoio.frames import Frame

TRIED = 3  # pictures
Points = NDArray[np.float64]


class Worn:
    """A maker's faces on the frames they come from.

    Parameters
    ----------
    side : pixels of an aligned crop
    """

    def __init__(self, maker: Maker, side: int) -> None:
        self._maker, self._side = maker, side

    @property
    def reach(self) -> int:
        return self._maker.reach

    def coming(self, frame: Frame, mesh: Points) -> None:
        """Cut the face out, for later."""
        self._maker.coming(frame.index, cut_out(frame, self._matrix(mesh), self._side))

    def __call__(self, frame: Frame, mesh: Points) -> None:
        """Put back what became of it."""
        paste(frame, self._maker.made(frame.index), self._matrix(mesh))

    def tried(self, samples: Sequence[Sample], donor: Points | None = None) -> Verdict:
        """What becomes of a few frames, each without the others; `donor` the (128,) descriptor of who is worn."""
        treated = [copied(sample) for sample in samples]
        for sample in treated:
            matrix = self._matrix(sample.mesh)
            paste(sample.frame, self._maker.alone(cut_out(sample.frame, matrix, self._side)), matrix)
        return judged(described(samples), [view_of(sample) for sample in treated], donor)

    def _matrix(self, mesh: Points) -> Points:
        return aligning(five_points_of(mesh), self._side)


def tried_on(samples: Sequence[Sample]) -> list[Sample]:
    """Samples of the clip in which a detector of another make finds the face too."""
    seen = [sample for sample in spread(samples, 2 * TRIED) if view_of(sample).shows_a_face()]
    return seen[:TRIED] or spread(samples, TRIED)


class LearnedRenderer(MeshRenderer):
    """A network's face where the mesh can be trusted; every other face and frame gets its head masked.

    Parameters
    ----------
    worn : None where there was no face to learn from
    told : what the method says of itself in the certificate
    runner : whose batch may have been halved on the way
    """

    def __init__(
        self, patient: PatientFace, worn: Worn | None, told: dict[str, Any] | None = None, runner: Runner | None = None
    ) -> None:
        super().__init__(patient.tracks, patient.trust, worn)
        self._worn, self._told, self._runner = worn, told or {}, runner

    @property
    def reach(self) -> int:
        return self._worn.reach if self._worn is not None else 0

    def coming(self, frame: Frame, faces: tuple[Face, ...]) -> None:
        if self._worn is not None and self._wears(frame, faces):
            self._worn.coming(frame, self._trust.meshes[frame.index].astype(np.float64))

    def report(self) -> dict[str, Any]:
        batch = {"batch": self._runner.batch} if self._runner is not None else {}  # what was left of it at the end
        return {**super().report(), **self._told, **batch}
