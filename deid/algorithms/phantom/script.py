"""The time courses of a phantom: what lids, jaw, mouth, brows, head and pulse do at every frame."""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from deid.algorithms.phantom.fields import BASES
from deid.algorithms.phantom.spec import BLINK_GAP, PhantomSpec

Array = NDArray[np.float64]

SMILE, SMILE_OPENING, BROW = 1.0, 0.016, 0.035  # full expression: coefficient, jaw and brow in face heights
SYLLABLE_OPENING = 0.045  # face heights, a loud vowel
DROOP = -0.35  # coefficient of a smile: how far a paralysed corner of the mouth hangs
SWAY = {"shift_x": 0.012, "shift_y": 0.008, "turn": 0.018, "scale": 0.008, "yaw": 0.018, "pitch": 0.01}  # at sway 1


@dataclass(frozen=True, slots=True)
class Blink:
    """Start, middle and end in seconds: the lids leave, are closed furthest, and are back."""

    start: float
    middle: float
    end: float


@dataclass(frozen=True, slots=True)
class Syllable:
    """Start and end in seconds, size 0-1, and which vowel (index into the table of formants)."""

    start: float
    end: float
    size: float
    vowel: int


@dataclass(frozen=True, slots=True)
class Script:
    """Everything that moves, per frame; (n,) or, by eye or side, (n, 2) with the subject's right first.

    `closure` 0 open to 1 closed; `jaw` drop of the lower lip in face heights, all causes, of which `speech`, `tremor`
    (middle to peak, about its own middle) and the rest; `smile`, `pucker` coefficients of their fields; `brow` in face
    heights; `sway` coefficients by name (shifts, yaw and pitch in face heights, turn in radians, scale as a share);
    phases in radians; `pulse` relative change of green.
    """

    time: Array
    closure: Array
    jaw: Array
    speech: Array
    tremor: Array
    tremor_phase: Array
    smile: Array
    pucker: Array
    brow: Array
    sway: dict[str, Array]
    pulse: Array
    pulse_phase: Array
    blinks: tuple[Blink, ...]
    syllables: tuple[Syllable, ...]

    def coefficients(self) -> Array:
        """(n, n_bases) in the order of `fields.BASES`."""
        named = {
            "jaw": self.jaw, "smile_right": self.smile[:, 0], "smile_left": self.smile[:, 1], "pucker": self.pucker,
            "brow_right": self.brow[:, 0], "brow_left": self.brow[:, 1], **self.sway,
        }  # fmt: skip
        return np.stack([named[name] for name in BASES], axis=1)

    def with_amplitude(self, factor: float) -> "Script":
        """The same script with jaw, mouth and brow movements `factor` times as large; lids, head and pulse stay."""
        scaled = ("jaw", "speech", "tremor", "smile", "pucker", "brow")
        return replace(self, **{name: factor * getattr(self, name) for name in scaled})


def write_script(spec: PhantomSpec) -> Script:
    """The script of a specification. Each aspect has its own random numbers, so that changing one leaves the others."""
    time = np.arange(spec.n_frames) / spec.fps
    blinks = _blinks(spec)
    closure = np.zeros_like(time)
    for blink in blinks:
        closure = np.maximum(closure, blink_profile(time, blink))
    phase = 2 * np.pi * spec.tremor_hz * time + _random(spec, 1).uniform(0, 2 * np.pi)
    tremor = spec.tremor_amplitude * np.sin(phase)
    smile, brow = _expression(spec, time)
    syllables = _syllables(spec)
    speech, pucker = _speech(spec, time, syllables)
    pulse, pulse_phase = _pulse(spec, time)
    sides = side_factors(spec.weakness)
    opening = SMILE_OPENING * np.abs(smile)
    hanging = DROOP * (1 - sides)  # a static sign: hypomimia does not lessen it
    return Script(
        time=time, closure=np.stack([closure, closure], axis=1),
        jaw=spec.parted_lips + speech + opening + tremor + spec.tremor_amplitude, speech=speech,
        tremor=tremor, tremor_phase=phase % (2 * np.pi), smile=smile[:, None] * sides + hanging, pucker=pucker,
        brow=brow[:, None] * np.ones(2), sway=_sway(spec, time), pulse=pulse, pulse_phase=pulse_phase,
        blinks=blinks, syllables=syllables,
    )  # fmt: skip


def side_factors(weakness: float) -> Array:
    """(2,) how much the subject's right and left corner of the mouth move."""
    return np.array([1 + min(weakness, 0.0), 1 - max(weakness, 0.0)])


def blink_profile(time: Array, blink: Blink) -> Array:
    """(n,) lid closure of one blink, 0-1: the lids close about twice as fast as they open.

    References
    ----------
    VanderWerf et al. 2003, "Eyelid movements: behavioral studies of blinking in humans" (down phase 80-100 ms, up phase
    longer, both bell-shaped in velocity).
    """
    down = (time - blink.start) / (blink.middle - blink.start)
    up = (blink.end - time) / (blink.end - blink.middle)
    return _smooth(np.clip(1.15 * np.minimum(down, up), 0, 1))  # stays closed for a moment


def _smooth(x: Array) -> Array:
    return x * x * (3 - 2 * x)


def _random(spec: PhantomSpec, aspect: int) -> np.random.Generator:
    return np.random.default_rng([spec.seed, aspect])


def _blinks(spec: PhantomSpec) -> tuple[Blink, ...]:
    rng = _random(spec, 2)
    middles = spec.blink_times if spec.blink_times is not None else _drawn_times(spec, rng)
    blinks = []
    for middle in middles:
        length = rng.uniform(0.2, 0.3)
        blinks.append(Blink(middle - 0.38 * length, float(middle), middle + 0.62 * length))
    return tuple(blinks)


def _drawn_times(spec: PhantomSpec, rng: np.random.Generator) -> list[float]:
    """Irregular blinks at the wanted mean rate, none cut off by an end of the clip."""
    number = round(spec.blinks_per_minute * spec.seconds / 60)
    room = spec.seconds - 0.4 - BLINK_GAP * max(0, number - 1)
    if room <= 0:
        return []
    return [float(0.15 + at + BLINK_GAP * k) for k, at in enumerate(np.sort(rng.uniform(0, room, number)))]


def _expression(spec: PhantomSpec, time: Array) -> tuple[Array, Array]:
    """Smiles and raised brows in turn, each about 1.5 s with a soft start and end; (n,) and (n,)."""
    smile, brow = np.zeros_like(time), np.zeros_like(time)
    if spec.task != "facial_expression":
        return smile, brow
    rng = _random(spec, 3)
    at, smiling = rng.uniform(0.2, 0.5), bool(rng.integers(2))
    while at < spec.seconds:
        length = rng.uniform(1.2, 1.8)
        rise = np.clip(np.minimum(time - at, at + length - time) / 0.4, 0, 1)
        course = _smooth(rise) * rng.uniform(0.8, 1.0) * spec.expressiveness
        if smiling:
            smile += SMILE * course
        else:
            brow += BROW * course
        at, smiling = at + length + rng.uniform(0.2, 0.5), not smiling
    return smile, brow


def _syllables(spec: PhantomSpec) -> tuple[Syllable, ...]:
    """Three to five syllables a second in phrases, with pauses for breath."""
    if spec.task != "speech":
        return ()
    rng = _random(spec, 4)
    said: list[Syllable] = []
    at, left = 0.25, int(rng.integers(5, 10))
    while at < spec.seconds - 0.3:
        length = rng.uniform(0.18, 0.32)
        said.append(Syllable(at, min(at + length, spec.seconds), rng.uniform(0.35, 1.0), int(rng.integers(5))))
        at, left = at + length * rng.uniform(0.75, 1.0), left - 1
        if left == 0:
            at, left = at + rng.uniform(0.35, 0.6), int(rng.integers(5, 10))
    return tuple(said)


def _speech(spec: PhantomSpec, time: Array, syllables: tuple[Syllable, ...]) -> tuple[Array, Array]:
    """Opening in face heights, and rounding of the lips: u and o round, e and i spread; (n,) and (n,)."""
    rounding = (0.1, -0.12, -0.25, 0.5, 0.6)  # a e i o u
    opening, pucker = np.zeros_like(time), np.zeros_like(time)
    for each in syllables:
        course = _smooth(1 - np.clip(np.abs(2 * (time - each.start) / (each.end - each.start) - 1), 0, 1))
        opening = np.maximum(opening, SYLLABLE_OPENING * each.size * course)
        pucker += rounding[each.vowel] * each.size * course
    return opening * spec.expressiveness, pucker * spec.expressiveness


def _sway(spec: PhantomSpec, time: Array) -> dict[str, Array]:
    """Three slow waves for each way to move."""
    rng = _random(spec, 5)
    courses = {}
    for name, size in SWAY.items():
        rates, starts = rng.uniform((0.08, 0.18, 0.3), (0.15, 0.28, 0.45)), rng.uniform(0, 2 * np.pi, 3)
        waves = np.sin(2 * np.pi * rates * time[:, None] + starts) @ np.array([0.7, 0.4, 0.2])
        courses[name] = spec.sway * size * waves
    return courses


def _pulse(spec: PhantomSpec, time: Array) -> tuple[Array, Array]:
    """A beat with its overtone, scaled so that its fundamental has the wanted amplitude."""
    phase = 2 * np.pi * spec.pulse_bpm / 60 * time + _random(spec, 6).uniform(0, 2 * np.pi)
    return spec.pulse_amplitude * (np.sin(phase) + 0.25 * np.sin(2 * phase + 0.6)), phase % (2 * np.pi)
