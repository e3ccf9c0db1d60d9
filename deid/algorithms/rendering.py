"""Rendering one frame by its plan, so that no failure of a method ever shows a face."""

from collections import deque
from collections.abc import Collection, Iterable, Iterator

import numpy as np

from deid.algorithms.errors import EngineError
from deid.algorithms.method import LooksAhead, Masks, Renderer
from deid.algorithms.painting import black_out, withhold
from deid.algorithms.plan import HELD_FACTOR, Face, FramePlan, FrameState, Plan
from deid.algorithms.regions import Region, head_region
from videoio.frames import Frame, Plane


class FrameRenderer:
    """Applies a plan frame by frame; records the state each frame ended in, every failure of the method, and the places
    of shown frames in which nothing of them is left."""

    def __init__(self, method: Renderer, plan: Plan, kept_masked: Collection[int] = ()) -> None:
        self.states: list[FrameState] = []
        self.failures: list[tuple[int, str, str]] = []
        self.masks: list[tuple[Region, ...]] = []
        self._method, self._plan, self._kept_masked = method, plan, kept_masked
        self._missed: dict[int, Exception] = {}  # frames that the method could not look at when they came

    def rendered(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """The frames as they may be shown, in order; a method that looks ahead sees them before."""
        reach = self._method.reach if isinstance(self._method, LooksAhead) else 0
        waiting: deque[Frame] = deque()
        for frame in frames:
            self._announce(frame)
            waiting.append(frame)
            if len(waiting) > reach:
                yield self.render(waiting.popleft())
        while waiting:
            yield self.render(waiting.popleft())

    def render(self, frame: Frame) -> Frame:
        """The frame as it may be shown.

        Raises
        ------
        EngineError : the second pass decodes more frames than the first
        """
        if frame.index >= len(self._plan.frames):
            raise EngineError(
                f"decoding the recording twice gave different numbers of frames ({len(self._plan.frames)}, then more): "
                "the file changed meanwhile or is damaged. Copy it again and repeat."
            )
        planned = self._plan.frames[frame.index]
        shown = None if planned.state.masked else self._shown(frame, planned)
        if shown is not None:
            self.states.append(planned.state)
            self.masks.append(shown[1])
            return shown[0]
        failed = FrameState.KEPT_MASKED if frame.index in self._kept_masked else FrameState.WITHHELD
        self.states.append(planned.state if planned.state.masked else failed)
        self.masks.append(())
        return withhold(frame)

    def _announce(self, frame: Frame) -> None:
        if not isinstance(self._method, LooksAhead) or frame.index >= len(self._plan.frames):
            return
        planned = self._plan.frames[frame.index]
        if planned.state.masked or not planned.faces:
            return
        try:
            self._method.coming(frame, planned.faces)
        except Exception as error:  # told when the frame's turn is
            self._missed[frame.index] = error

    def _shown(self, frame: Frame, planned: FramePlan) -> tuple[Frame, tuple[Region, ...]] | None:
        """The treated frame and its masks; None where the method failed, whatever it was: the certificate says why."""
        try:
            if (missed := self._missed.pop(frame.index, None)) is not None:
                raise missed
            return self._treated(frame, planned)
        except Exception as error:
            self.failures.append((frame.index, "method", f"{type(error).__name__}: {error}"[:200]))
            return None

    def _treated(self, frame: Frame, planned: FramePlan) -> tuple[Frame, tuple[Region, ...]]:
        size, identity = (frame.width, frame.height), (frame.index, frame.pts, frame.width, frame.height)
        before = [(face, _luma(frame, face).copy()) for face in planned.faces]
        shown = self._method.render(frame, planned.faces) if planned.faces else frame
        if (shown.index, shown.pts, shown.width, shown.height) != identity:
            raise EngineError("the method returned another frame than the one it was given")
        for face, raw in before:
            if raw.size and np.array_equal(raw, _luma(shown, face)) and raw.min() != raw.max():
                raise EngineError("the method left a face as it was")
        heads = [head_region(box, size, HELD_FACTOR) for box in planned.heads]
        for head in heads:
            black_out(shown, head)
        faces = self._method.masked() if planned.faces and isinstance(self._method, Masks) else ()
        return shown, (*faces, *heads)


def _luma(frame: Frame, face: Face) -> Plane:
    """The luma of a face's box."""
    left, top = max(int(face.box.x), 0), max(int(face.box.y), 0)
    right, bottom = int(face.box.x + face.box.width) + 1, int(face.box.y + face.box.height) + 1
    return frame.planes[0][top : max(bottom, 0), left : max(right, 0)]
