"""Small videos with known times, sizes and sounds, made with PyAV alone (not with the writer under test)."""

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

TICK = Fraction(1, 15360)


def picture(index: int, size: tuple[int, int] = (96, 64)) -> np.ndarray:
    """A grey ramp with a bright square that moves 2 pixels a frame; (h, w, 3) uint8."""
    width, height = size
    rgb = np.repeat(np.linspace(40, 160, width, dtype=np.uint8)[None, :, None], height, 0).repeat(3, 2).copy()
    left = 4 + 2 * index % (width - 20)
    rgb[8:20, left : left + 12] = (230, 200, 60)
    return rgb


def make_video(
    path: Path,
    *,
    ticks: Sequence[int] = tuple(range(0, 30 * 512, 512)),
    time_base: Fraction = TICK,
    size: tuple[int, int] = (96, 64),
    codec: str = "libx264",
    pixel_format: str = "yuv420p",
    rotation: int = 0,
    colour: tuple[int, int, int, int] | None = None,
    sound: tuple[str, float, float] | None = None,
    metadata: dict[str, str] | None = None,
    pictures: Sequence[np.ndarray] | None = None,
    options: dict[str, str] | None = None,
) -> Path:
    """Write a video; `sound` is codec, start and length in seconds; `colour` range, primaries, transfer, matrix."""
    with av.open(str(path), "w") as output:
        output.metadata.update(metadata or {})
        stream: Any = output.add_stream(codec, rate=30, options=options or {})
        stream.width, stream.height, stream.pix_fmt = size[0], size[1], pixel_format
        stream.codec_context.time_base = stream.time_base = time_base
        if rotation:
            stream.set_display_rotation(rotation)
        if colour:
            context = stream.codec_context
            context.color_range, context.color_primaries, context.color_trc, context.colorspace = colour
        rate = 48000 if sound and sound[0] == "libopus" else 44100  # Opus knows no 44.1 kHz
        audio: Any = output.add_stream(sound[0], rate=rate, layout="mono") if sound else None
        for index, tick in enumerate(ticks):
            rgb = picture(index, size) if pictures is None else pictures[index % len(pictures)]
            frame = av.VideoFrame.from_ndarray(rgb, format="rgb24").reformat(format=pixel_format)
            frame.pts, frame.time_base = tick, time_base
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
        if audio is not None and sound is not None:
            write_tone(output, audio, start=sound[1], seconds=sound[2])
    return path


def write_tone(output: av.container.OutputContainer, stream: av.AudioStream, *, start: float, seconds: float) -> None:
    """A 440 Hz tone at a tenth of full scale."""
    samples = (3277 * np.sin(2 * np.pi * 440 * np.arange(round(seconds * 44100)) / 44100)).astype(np.int16)
    rate = stream.codec_context.sample_rate
    resampler = av.AudioResampler(format=stream.codec_context.format, layout="mono", rate=rate)
    frame = av.AudioFrame.from_ndarray(samples[None], format="s16", layout="mono")
    frame.sample_rate, frame.time_base, frame.pts = 44100, Fraction(1, 44100), round(start * 44100)
    for part in resampler.resample(frame):
        output.mux(stream.encode(part))
    output.mux(stream.encode(None))


def decoded(path: Path) -> list[av.VideoFrame]:
    """All pictures of a file, by PyAV alone."""
    with av.open(str(path)) as source:
        return list(source.decode(video=0))


def times(path: Path) -> list[float]:
    """Display times of all pictures, by decoding with PyAV alone."""
    return [frame.time for frame in decoded(path)]


def sound(path: Path) -> tuple[float, int, np.ndarray]:
    """Start in seconds, sample rate and samples (first channel, float) of a file's audio track."""
    with av.open(str(path)) as source:
        stream = source.streams.audio[0]
        frames = list(source.decode(stream))
        samples = np.concatenate([frame.to_ndarray()[0].astype(np.float32) for frame in frames])
        if "s16" in frames[0].format.name:
            samples /= 32768
        return float(frames[0].time or 0.0), stream.codec_context.sample_rate, samples
