"""What a method is: a function that prepares a clip, and a renderer that treats its frames one by one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from deid.algorithms.donors import DonorFolder
from deid.algorithms.plan import Face, Plan
from deid.algorithms.regions import Region
from faces.protocol import FaceBox
from modelstore.store import Store
from videoio.frames import RGB, Frame
from videoio.probe import MediaInfo


class Watcher(Protocol):
    """Sees the clip while the survey looks for faces, so that a method need not read it once more."""

    def __call__(self, frame: Frame, boxes: Sequence[FaceBox], picture: RGB | None = None) -> None:
        """One frame and its faces, in order, with its RGB where that is at hand; nothing of it may be changed.
        Exceptions end the work.
        """
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
    weights: Store | None = None  # where the method's networks lie, where it needs any

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
class LooksAhead(Protocol):
    """A renderer that works on many frames at once: each comes by `reach` frames before it is to be rendered."""

    @property
    def reach(self) -> int: ...

    def coming(self, frame: Frame, faces: tuple[Face, ...]) -> None:
        """See a frame that will be rendered; nothing of it may be changed. After an exception it is masked whole."""
        ...


@runtime_checkable
class Masks(Protocol):
    """A renderer that paints places over so that nothing of the frame is left in them."""

    def masked(self) -> Sequence[Region]:
        """Those places of the frame that was rendered last."""
        ...


@runtime_checkable
class Reports(Protocol):
    """A renderer that tells the certificate what it did."""

    def report(self) -> dict[str, Any]:
        """Plain lists, dicts, numbers and strings; asked for after the last frame."""
        ...


Prepare = Callable[[ClipTracks, Mapping[str, Any]], Renderer]
