"""Black rectangle over the face."""

from collections.abc import Mapping
from typing import Any

from deid.algorithms.method import ClipTracks
from deid.algorithms.painting import black_out
from deid.algorithms.plan import Face
from deid.algorithms.regions import face_region
from videoio.frames import Frame


class MaskRenderer:
    """The control of AIES 2020 and FMP 2024: a black mask over the face."""

    def render(self, frame: Frame, faces: tuple[Face, ...]) -> Frame:
        for face in faces:
            black_out(frame, face_region(face.box, (frame.width, frame.height)))
        return frame


def prepare(clip: ClipTracks, parameters: Mapping[str, Any]) -> MaskRenderer:
    """No state: every frame is treated alike."""
    return MaskRenderer()
