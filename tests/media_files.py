"""Small media made on the spot."""

import random
from fractions import Fraction
from pathlib import Path

import av
import numpy as np


def write_video(
    path: Path, *, n_frames: int = 20, fps: int = 25, size: tuple[int, int] = (96, 64), seed: int = 0
) -> Path:
    """An H.264 clip of moving stripes."""
    width, height = size
    with av.open(str(path), "w") as out:
        stream = out.add_stream("libx264", rate=fps, options={"preset": "ultrafast"})
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        for index in range(n_frames):
            stripes = (np.arange(width) * 5 + index * 7 + seed * 31) % 256
            picture = np.broadcast_to(stripes[None, :, None], (height, width, 3)).astype(np.uint8)
            out.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), format="rgb24")))
        out.mux(stream.encode(None))
    return path


def write_sound(path: Path, *, seconds: float = 1.0, rate: int = 16000) -> Path:
    """A file with audio and no picture."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream("aac", rate=rate, layout="mono")
        tone = (3000 * np.sin(np.arange(round(seconds * rate)) / 8)).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(tone[None], format="s16", layout="mono")
        frame.sample_rate, frame.time_base, frame.pts = rate, Fraction(1, rate), 0
        out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
    return path


def pad_video(path: Path, *, n_bytes: int, seed: int = 0) -> Path:
    """Make an MP4 of exactly `n_bytes` of it: a `free` box (ISO 14496-12) at the end, which players skip.

    Its content never repeats, so that a piece in the wrong place changes the hash.
    """
    size = n_bytes - path.stat().st_size
    assert 8 + 16 <= size < 2**32
    block = random.Random(seed).randbytes(1 << 20)  # noqa: S311
    with path.open("ab") as file:
        file.write(size.to_bytes(4, "big") + b"free")
        for number in range(-(-(size - 8) // len(block))):
            file.write((number.to_bytes(8, "big") + block[8:])[: size - 8 - number * len(block)])
    assert path.stat().st_size == n_bytes
    return path
