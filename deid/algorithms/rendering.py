"""Rendering one frame by its plan, so that no failure of a method ever shows a face."""

from collections.abc import Collection

import numpy as np

from deid.algorithms.errors import EngineError
from deid.algorithms.method import Renderer
from deid.algorithms.painting import black_out, withhold
from deid.algorithms.plan import HELD_FACTOR, Face, FramePlan, FrameState, Plan
from deid.algorithms.regions import head_region
from videoio.frames import Frame, Plane


class FrameRenderer:
    """Applies a plan frame by frame; records the state each frame ended in and every failure of the method."""

    def __init__(self, method: Renderer, plan: Plan, kept_masked: Collection[int] = ()) -> None:
        self.states: list[FrameState] = []
        self.failures: list[tuple[int, str, str]] = []
        self._method, self._plan, self._kept_masked = method, plan, kept_masked

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
        state, shown = planned.state, withhold(frame)
        if not state.masked:
            try:
                shown = self._treated(frame, planned)
            except Exception as error:  # whatever it was: the whole frame is masked and the certificate says why
                self.failures.append((frame.index, "method", f"{type(error).__name__}: {error}"[:200]))
                kept = frame.index in self._kept_masked
                state = FrameState.KEPT_MASKED if kept else FrameState.WITHHELD
        self.states.append(state)
        return shown

    def _treated(self, frame: Frame, planned: FramePlan) -> Frame:
        size, identity = (frame.width, frame.height), (frame.index, frame.pts, frame.width, frame.height)
        before = [(face, _luma(frame, face).copy()) for face in planned.faces]
        shown = self._method.render(frame, planned.faces) if planned.faces else frame
        if (shown.index, shown.pts, shown.width, shown.height) != identity:
            raise EngineError("the method returned another frame than the one it was given")
        for face, raw in before:
            if raw.size and np.array_equal(raw, _luma(shown, face)) and raw.min() != raw.max():
                raise EngineError("the method left a face as it was")
        for box in planned.heads:
            black_out(shown, head_region(box, size, HELD_FACTOR))
        return shown


def _luma(frame: Frame, face: Face) -> Plane:
    """The luma of a face's box."""
    left, top = max(int(face.box.x), 0), max(int(face.box.y), 0)
    right, bottom = int(face.box.x + face.box.width) + 1, int(face.box.y + face.box.height) + 1
    return frame.planes[0][top : max(bottom, 0), left : max(right, 0)]
