"""A voice with the rhythm of the mouth: vowels without words."""

from fractions import Fraction
from pathlib import Path
from typing import Literal

import av
import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from deid.algorithms.phantom.script import Syllable

Array = NDArray[np.float64]

SAMPLE_RATE = 16_000
PEAK = 0.5  # of full scale, the loudest syllable
# First three formants in Hz of a, e, i, o, u; Peterson & Barney 1952, "Control methods used in a study of the vowels",
# women's and men's means of the nearest vowels.
FORMANTS = {
    "f": ((850, 1220, 2810), (610, 2330, 2990), (310, 2790, 3310), (590, 920, 2710), (370, 950, 2670)),
    "m": ((730, 1090, 2440), (530, 1840, 2480), (270, 2290, 3010), (570, 840, 2410), (300, 870, 2240)),
}
WIDTHS = (80.0, 100.0, 140.0)  # Hz, of the formants
PITCH = {"f": 205.0, "m": 115.0}  # Hz


def voice(syllables: tuple[Syllable, ...], seconds: float, sex: Literal["f", "m"], seed: int) -> NDArray[np.int16]:
    """(n_samples,) 16-bit mono at `SAMPLE_RATE`; silent but for a breath of noise where nothing is said."""
    n_samples = round(seconds * SAMPLE_RATE)
    rng = np.random.default_rng([seed, 9])
    sound = np.zeros(n_samples)
    for syllable in syllables:
        start, end = (min(n_samples, round(at * SAMPLE_RATE)) for at in (syllable.start, syllable.end))
        if end - start > 8:
            sound[start:end] += _syllable(end - start, syllable, sex, rng)
    loudest = float(np.abs(sound).max(initial=0.0))
    sound = sound * (PEAK / loudest if loudest else 0.0) + 0.0008 * rng.standard_normal(n_samples)
    samples: NDArray[np.int16] = np.round(np.clip(sound, -1, 1) * 32767).astype(np.int16)
    return samples


def write_sound(samples: NDArray[np.int16], path: Path) -> None:
    """16-bit mono PCM in a Matroska file, which the video writer reads (it takes no WAV)."""
    with av.open(str(path), "w", format="matroska") as out:
        stream = out.add_stream("pcm_s16le", rate=SAMPLE_RATE, layout="mono")
        sound = av.AudioFrame.from_ndarray(samples[None], format="s16", layout="mono")
        sound.sample_rate, sound.time_base, sound.pts = SAMPLE_RATE, Fraction(1, SAMPLE_RATE), 0
        out.mux(stream.encode(sound))
        out.mux(stream.encode(None))


def _syllable(length: int, syllable: Syllable, sex: Literal["f", "m"], rng: np.random.Generator) -> Array:
    """Pulses of the glottis through three resonators, as loud as the mouth is open."""
    course = np.linspace(0, 1, length)
    pitch = PITCH[sex] * rng.uniform(0.92, 1.08) * (1.05 - 0.1 * course)
    phase = np.cumsum(pitch) / SAMPLE_RATE
    source = 2 * (phase % 1) - 1 + 0.04 * rng.standard_normal(length)
    for formant, width in zip(FORMANTS[sex][syllable.vowel], WIDTHS, strict=True):
        radius = np.exp(-np.pi * width / SAMPLE_RATE)
        turn = 2 * radius * np.cos(2 * np.pi * formant / SAMPLE_RATE)
        source = lfilter([1 - turn + radius**2], [1, -turn, radius**2], source)
    loudness = syllable.size * np.sin(np.pi * course) ** 1.2
    said: Array = source * loudness / (np.abs(source).max() + 1e-12)
    return said
