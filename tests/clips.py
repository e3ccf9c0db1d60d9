"""A moving face for tests: one public-domain portrait (NASA's Eileen Collins, shipped by scikit-image), animated.

The head sways, the eyes blink, the mouth opens by smooth warps of the still: quick to make and easily found.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

FPS, SIZE, SAMPLE_RATE = 25, 384, 16000
# Where things are in the 512 x 512 still, found by looking: (x, y) in pixels.
LEFT_EYE, RIGHT_EYE, MOUTH, HEAD = (203.0, 109.0), (250.0, 109.0), (222.0, 159.0), (222.0, 130.0)


@dataclass(frozen=True, slots=True)
class Clip:
    """One recording to make. `flip` and `warmth` make participants differ a little."""

    file: str
    participant: str
    task: str
    seconds: float = 4.0
    seed: int = 0
    flip: bool = False
    warmth: float = 1.0
    speaks: bool = False


CLIPS = (
    Clip("expression-1.mp4", "DEMO-001", "facial_expression", seed=1),
    Clip("speech-1.mp4", "DEMO-001", "speech", seed=2, speaks=True),
    Clip("expression-2.mp4", "DEMO-002", "facial_expression", seed=3, flip=True, warmth=0.92),
    Clip("speech-2.mp4", "DEMO-002", "speech", seed=4, flip=True, warmth=0.92, speaks=True),
)


def write_clip(clip: Clip, path: Path) -> None:
    """Make the recording as H.264 with AAC audio when it speaks."""
    import av

    with av.open(str(path), "w") as out:
        video = out.add_stream("libx264", rate=FPS, options={"crf": "18", "preset": "veryfast"})
        video.width = video.height = SIZE
        video.pix_fmt = "yuv420p"
        audio = out.add_stream("aac", rate=SAMPLE_RATE, layout="mono") if clip.speaks else None
        for picture in frames(clip):
            out.mux(video.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        out.mux(video.encode(None))
        if audio is not None:
            sound = av.AudioFrame.from_ndarray(voice(clip)[None], format="s16", layout="mono")
            sound.sample_rate, sound.time_base, sound.pts = SAMPLE_RATE, Fraction(1, SAMPLE_RATE), 0
            out.mux(audio.encode(sound))
            out.mux(audio.encode(None))


def frames(clip: Clip) -> Iterator[NDArray[np.uint8]]:
    """(SIZE, SIZE, 3) RGB pictures."""
    import cv2
    from skimage.data import astronaut

    still = astronaut()
    shade = np.clip(still * np.array([clip.warmth**-0.5, 1.0, clip.warmth]), 0, 255).astype(np.uint8)
    rng = np.random.default_rng(clip.seed)
    phase = rng.uniform(0, 2 * np.pi, 4)
    n_frames = round(clip.seconds * FPS)
    for index in range(n_frames):
        map_x, map_y = _warp(index / FPS, phase, clip.speaks)
        picture = cv2.remap(shade, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        yield np.ascontiguousarray(picture[:, ::-1] if clip.flip else picture)


def _warp(t: float, phase: NDArray[np.float64], speaks: bool) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Where each output pixel comes from in the still: a slow sway and the local movements of lids and mouth."""
    angle = 0.05 * np.sin(2 * np.pi * 0.23 * t + phase[0])
    zoom = 1.9 + 0.05 * np.sin(2 * np.pi * 0.17 * t + phase[1])
    y, x = np.mgrid[:SIZE, :SIZE].astype(np.float64) - SIZE / 2
    shift = 5 * np.sin(2 * np.pi * 0.31 * t + phase[2])
    map_x = HEAD[0] + shift + (x * np.cos(angle) - y * np.sin(angle)) / zoom
    map_y = HEAD[1] + 18 + (x * np.sin(angle) + y * np.cos(angle)) / zoom
    blink = max(0.0, 1 - abs(((t + phase[3]) % 2.3) - 0.12) / 0.12)
    for eye in (LEFT_EYE, RIGHT_EYE):
        map_y = map_y - 6 * blink * _bump(map_x, map_y, (eye[0], eye[1] - 3), 11, 6)
    tremor = 0.9 * np.sin(2 * np.pi * 5 * t)
    opening = 3.2 * abs(np.sin(2 * np.pi * 2.1 * t) * np.sin(2 * np.pi * 0.6 * t + phase[1])) if speaks else 0.0
    map_y = map_y - (opening + tremor) * _bump(map_x, map_y, (MOUTH[0], MOUTH[1] + 7), 20, 10)
    return map_x.astype(np.float32), map_y.astype(np.float32)


def _bump(
    x: NDArray[np.float64], y: NDArray[np.float64], centre: tuple[float, float], width: float, height: float
) -> NDArray[np.float64]:
    bump: NDArray[np.float64] = np.exp(-(((x - centre[0]) / width) ** 2) - ((y - centre[1]) / height) ** 2)
    return bump


def voice(clip: Clip) -> NDArray[np.int16]:
    """A buzz with the rhythm of syllables: speech-like loudness, no words. (n_samples,) at SAMPLE_RATE."""
    t = np.arange(round(clip.seconds * SAMPLE_RATE)) / SAMPLE_RATE
    pitch = 180 + 20 * np.sin(2 * np.pi * 0.5 * t + clip.seed)
    buzz = sum(np.sin(2 * np.pi * np.cumsum(k * pitch) / SAMPLE_RATE) / k for k in range(1, 9))
    syllables = np.abs(np.sin(2 * np.pi * 2.1 * t)) ** 1.5
    return (6000 * syllables * buzz / 2).astype(np.int16)
