"""Black rectangle over the face."""

from collections.abc import Mapping, Sequence
from typing import Any

from deid.algorithms.method import ClipTracks
from deid.algorithms.painting import black_out
from deid.algorithms.plan import Face
from deid.algorithms.regions import Region, face_region
from videoio.frames import Frame


class MaskRenderer:
    """The control of AIES 2020 and FMP 2024: a black mask over the face."""

    def __init__(self) -> None:
        self._masked: list[Region] = []

    def render(self, frame: Frame, faces: tuple[Face, ...]) -> Frame:
        self._masked = [face_region(face.box, (frame.width, frame.height)) for face in faces]
        for region in self._masked:
            black_out(frame, region)
        return frame

    def masked(self) -> Sequence[Region]:
        return self._masked


def prepare(clip: ClipTracks, parameters: Mapping[str, Any]) -> MaskRenderer:
    """Nothing is learnt from the clip: every frame is treated alike."""
    return MaskRenderer()
