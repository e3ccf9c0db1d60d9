"""The loudness of a recording's sound over time; samples are streamed, only one number each 20 ms is kept."""

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from av.audio.resampler import AudioResampler
from numpy.typing import NDArray

from videoio.audio import audio_stream
from videoio.container import open_input, translated

RATE, WINDOW_S = 16_000, 0.02  # speech; its loudness changes with the syllables
WINDOW = round(RATE * WINDOW_S)


def loudness(path: Path) -> NDArray[np.float64] | None:
    """(k,) root mean squares of 20 ms each, full scale 1, both channels mixed; None for a video without sound.

    Raises
    ------
    MediaError : the sound cannot be decoded
    """
    levels: list[NDArray[np.float64]] = []
    left = np.empty(0, np.float32)
    with open_input(path) as container:
        if audio_stream(container) is None:
            return None
        for samples in _samples(container, path):
            left = np.concatenate([left, samples])
            whole = len(left) // WINDOW * WINDOW
            windows = left[:whole].reshape(-1, WINDOW).astype(np.float64)
            levels.append(np.sqrt((windows**2).mean(axis=1)))
            left = left[whole:]
    return np.concatenate(levels) if levels else np.empty(0)


def _samples(container: av.container.InputContainer, path: Path) -> Iterator[NDArray[np.float32]]:
    """Mono samples, as many at a time as the decoder gives."""
    resampler = AudioResampler(format="flt", layout="mono", rate=RATE)
    frames: Iterator[av.AudioFrame] = container.decode(audio_stream(container))  # type: ignore[assignment]
    while True:
        with translated(path, "read for its sound"):
            frame = next(frames, None)
            parts = resampler.resample(frame)
        for part in parts:
            yield part.to_ndarray()[0]
        if frame is None:
            return
