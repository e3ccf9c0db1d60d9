"""What a phantom is asked to be, and the limits of every wish."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Literal, get_args

Task = Literal["rest", "facial_expression", "speech"]

# Lowest and highest value, unit. A face height is the distance from the top of the forehead to the chin.
LIMITS: dict[str, tuple[float, float, str]] = {
    "seed": (0, 2**32 - 1, ""),
    "seconds": (0.2, 600, "seconds"),
    "fps": (8, 120, "frames per second"),
    "size": (96, 1080, "pixels"),
    "tremor_hz": (2, 12, "Hz"),
    "tremor_amplitude": (0, 0.04, "of the face height"),
    "blinks_per_minute": (0, 60, "per minute"),
    "pulse_bpm": (30, 200, "beats per minute"),
    "pulse_amplitude": (0, 0.05, "of the green level"),
    "hypomimia": (0, 4, ""),
    "parted_lips": (0, 0.1, "of the face height"),
    "weakness": (-1, 1, ""),
    "sway": (0, 3, "times a person at rest"),
    "noise": (0, 10, "levels of 255"),
}
BLINK_GAP = 0.35  # s between the middles of two blinks, the longest blink and a little more


class BadPhantom(ValueError):
    """A phantom that cannot be made; the message says what was wrong, given and allowed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PhantomSpec:
    """A phantom's person, signs and recording.

    Parameters
    ----------
    identity : name of a synthetic identity; None takes one by the seed
    seed : of every random choice; the same seed and wishes give the same frames and truth, bit for bit
    task : what is done: nothing (rest), smiles and raised brows, or speech
    seconds, fps, size : length, frame rate, and side of the square picture in pixels (even)
    tremor_hz, tremor_amplitude : of jaw and lower lip; amplitude from the middle to the peak, in face heights. The jaw
        trembles about a position one amplitude below its rest, so that the lips part and never pass each other
    blinks_per_minute : mean rate; the times are drawn
    blink_times : middles of the blinks in seconds, in place of drawn ones
    pulse_bpm, pulse_amplitude : of skin colour; amplitude of the green channel, middle to peak, share of its level
    hypomimia : 0 normal to 4 masked; expression and speech movements are 1 - 0.225 * hypomimia as large
    parted_lips : gap of the inner lips at rest, in face heights
    weakness : of one lower half of the face, -1 the subject's right is still to 1 the subject's left is; the weak
        corner of the mouth hangs and moves 1 - |weakness| as much. Brow and lids are spared (central pattern)
    sway : of the head; 1 is a seated person at rest, 0 none
    noise : standard deviation of the sensor's noise, in levels of 255; 0 leaves the dither of rounding
    audio : a voice with the mouth's rhythm
    """

    identity: str | None = None
    seed: int = 0
    task: Task = "rest"
    seconds: float = 5.0
    fps: float = 30.0
    size: int = 384
    tremor_hz: float = 5.0
    tremor_amplitude: float = 0.0
    blinks_per_minute: float = 15.0
    blink_times: Sequence[float] | None = None
    pulse_bpm: float = 70.0
    pulse_amplitude: float = 0.008
    hypomimia: float = 0.0
    parted_lips: float = 0.0
    weakness: float = 0.0
    sway: float = 1.0
    noise: float = 1.0
    audio: bool = False

    def __post_init__(self) -> None:
        if self.task not in get_args(Task):
            raise BadPhantom(f"a phantom's task was {self.task!r}: use one of {', '.join(get_args(Task))}.")
        for each in fields(self):
            if each.name in LIMITS:
                check_limit(each.name, getattr(self, each.name))
        if self.size % 2:
            raise BadPhantom(f"size must be even, was {self.size}: use {self.size + 1}.")
        if self.tremor_amplitude and self.tremor_hz * 2 >= self.fps:
            raise BadPhantom(
                f"tremor_hz was {self.tremor_hz:g} at {self.fps:g} frames per second: it must stay under half of the "
                f"frame rate, {self.fps / 2:g} Hz."
            )
        if self.blink_times is not None:
            _check_blinks(self.blink_times, self.seconds)

    @property
    def n_frames(self) -> int:
        return max(1, round(self.seconds * self.fps))

    @property
    def expressiveness(self) -> float:
        """Size of expression and speech movements, 1 normal to 0.1 masked."""
        return 1 - 0.225 * self.hypomimia


def check_limit(name: str, value: float) -> None:
    """Refuse a value outside of its limits.

    Raises
    ------
    BadPhantom : with the value and what is allowed
    """
    low, high, unit = LIMITS[name]
    if not (math.isfinite(value) and low <= value <= high):
        raise BadPhantom(f"{name} was {value:.10g}: use {low:.10g} to {high:.10g}{' ' + unit if unit else ''}.")


def _check_blinks(times: Sequence[float], seconds: float) -> None:
    for time in times:
        if not (math.isfinite(time) and 0 <= time <= seconds):
            raise BadPhantom(f"blink_times holds {time:g}: use times within the clip, 0 to {seconds:g} seconds.")
    for first, second in pairwise(times):
        if second - first < BLINK_GAP:
            raise BadPhantom(
                f"blink_times holds {first:g} and {second:g}: blinks must follow each other by {BLINK_GAP} seconds "
                "or more."
            )
