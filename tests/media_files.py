"""Small media made on the spot."""

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
