"""Telling a caller how far the work is, now and then."""

import time
from collections.abc import Callable

Report = Callable[[float, str], None]
EVERY_S = 0.2


class Progress:
    """Passes on a fraction and a stage at most five times a second; what the callback raises ends the work."""

    def __init__(self, report: Report | None) -> None:
        self._report = report
        self._last = float("-inf")
        self._stage = ""

    def __call__(self, fraction: float, stage: str) -> None:
        now = time.monotonic()
        often = stage == self._stage and now - self._last < EVERY_S
        if self._report is None or (often and fraction < 1):
            return
        self._last, self._stage = now, stage
        self._report(min(max(fraction, 0.0), 1.0), stage)

    def part(self, start: float, end: float, stage: str, n_frames: int) -> Callable[[int], None]:
        """A function of the frame index that reports between `start` and `end`."""
        return lambda index: self(start + (end - start) * (index + 1) / max(n_frames, 1), stage)
