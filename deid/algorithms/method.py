"""What a method is: a function that prepares a clip, and a renderer that treats its frames one by one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from deid.algorithms.donors import DonorFolder
from deid.algorithms.plan import Face, Plan
from faces.protocol import FaceBox
from videoio.frames import Frame
from videoio.probe import MediaInfo


class Watcher(Protocol):
    """Sees the clip while the survey looks for faces, so that a method need not read it once more."""

    def __call__(self, frame: Frame, boxes: Sequence[FaceBox]) -> None:
        """One frame and its faces, in order; the planes may not be changed. Exceptions end the work."""
        ...

    def close(self) -> None: ...


@dataclass(frozen=True, slots=True)
class ClipTracks:
    """What is known of a clip before rendering: the file, what it holds, and where heads are in it."""

    source: Path
    info: MediaInfo
    times: tuple[float, ...]  # display time of each frame, seconds
    plan: Plan
    donors: DonorFolder | None = None  # those that methods may put in place; None for the shipped ones
    watched: Watcher | None = None  # what the method's `watch` saw, where it has one

    @property
    def size(self) -> tuple[int, int]:
        """Width and height, pixels."""
        return self.info.width, self.info.height


class Renderer(Protocol):
    """Treats the frames of one clip, in order; frames that are masked whole are left out."""

    def render(self, frame: Frame, faces: tuple[Face, ...]) -> Frame:
        """The frame with all `faces` treated.

        The planes may be painted in place. An exception makes the engine mask the whole frame; it is never shown as
        it came in.
        """
        ...


@runtime_checkable
class Reports(Protocol):
    """A renderer that tells the certificate what it did."""

    def report(self) -> dict[str, Any]:
        """Plain lists, dicts, numbers and strings; asked for after the last frame."""
        ...


Prepare = Callable[[ClipTracks, Mapping[str, Any]], Renderer]
