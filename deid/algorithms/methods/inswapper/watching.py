"""Keeping a few pictures of the patient while the survey looks for faces, so that the clip need not be read again."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from deid.algorithms.judging import View
from deid.algorithms.painting import patches
from deid.algorithms.plan import Plan
from deid.algorithms.regions import head_region
from faces.protocol import FaceBox
from videoio.frames import RGB, Frame

SAMPLES_MAX = 12


@dataclass(frozen=True, slots=True)
class Sample:
    """The part of a frame around a face. `box` is the face's in that part, `seen` the one in the whole frame."""

    frame: Frame
    box: FaceBox
    seen: FaceBox

    @property
    def view(self) -> View:
        """The part as the recogniser looks at it."""
        return View(self.frame.rgb, self.box)

    def copied(self) -> "Sample":
        """The part again, to be painted on."""
        luma, blue, red = (plane.copy() for plane in self.frame.planes)
        return replace(self, frame=replace(self.frame, planes=(luma, blue, red)))


class Watch:
    """Keeps the largest face of evenly spaced frames."""

    def __init__(self) -> None:
        self._stride = 1
        self._samples: list[Sample] = []

    def __call__(self, frame: Frame, boxes: Sequence[FaceBox], picture: RGB | None = None) -> None:
        """Look at one frame; frames come in order. Too many samples: every second is dropped, the stride doubled."""
        if not boxes or frame.index % self._stride:
            return
        self._samples.append(_cut(frame, max(boxes, key=lambda box: min(box.width, box.height))))
        if len(self._samples) >= 2 * SAMPLES_MAX:
            self._stride *= 2
            self._samples = [each for each in self._samples if each.frame.index % self._stride == 0]

    def by_track(self, plan: Plan) -> dict[int, list[Sample]]:
        """The samples by the track that their face belongs to."""
        found: dict[int, list[Sample]] = {}
        for sample in self._samples:
            for face in plan.frames[sample.frame.index].faces:
                if face.found and face.box == sample.seen:
                    found.setdefault(face.track, []).append(sample)
        return found

    def close(self) -> None:
        """Nothing is held that has to be freed."""


def _cut(frame: Frame, box: FaceBox) -> Sample:
    region = head_region(box, (frame.width, frame.height))
    luma, blue, red = (patch.copy() for patch in patches(frame, region))
    part = replace(frame, planes=(luma, blue, red), width=region.width, height=region.height)
    return Sample(part, box.shifted(-region.left, -region.top), box)
