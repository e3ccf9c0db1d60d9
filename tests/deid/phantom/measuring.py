"""Measurements that know nothing of how phantoms are made: decoding, tracking, dlib, spectra."""

from pathlib import Path

import cv2
import numpy as np

from faces.dlib_backend import landmarks68
from tests.videoio.making import decoded

RIGHT_EYE68, LEFT_EYE68 = slice(36, 42), slice(42, 48)


def pictures(path: Path) -> np.ndarray:
    """(n, h, w, 3) RGB of a written video."""
    return np.stack([frame.to_ndarray(format="rgb24") for frame in decoded(path)])


def tracked(frames: np.ndarray, start: np.ndarray, half: int = 10) -> np.ndarray:
    """(n, 2) place of the patch around `start` of frame 0, by Lucas-Kanade against frame 0 each time."""
    grey = [cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in frames]
    at = start.astype(np.float32).reshape(1, 1, 2)
    track = [start]
    for frame in grey[1:]:
        found, _, _ = cv2.calcOpticalFlowPyrLK(
            grey[0], frame, at, None, winSize=(2 * half + 1, 2 * half + 1), maxLevel=2,
            criteria=(cv2.TERM_CRITERIA_EPS | cv2.TERM_CRITERIA_COUNT, 50, 1e-4),
        )  # fmt: skip
        track.append(found.reshape(2))
    return np.array(track)


def peak_hz(signal: np.ndarray, fps: float, band: tuple[float, float]) -> float:
    """Frequency of the highest peak within a band, Hann window, parabola through the logarithm of three bins."""
    padded = 8 * len(signal)
    spectrum = np.abs(np.fft.rfft((signal - signal.mean()) * np.hanning(len(signal)), padded))
    rates = np.fft.rfftfreq(padded, 1 / fps)
    inside = (rates >= band[0]) & (rates <= band[1])
    top = int(np.flatnonzero(inside)[spectrum[inside].argmax()])
    left, middle, right = np.log(spectrum[top - 1 : top + 2] + 1e-12)
    return float(rates[top] + 0.5 * (left - right) / (left - 2 * middle + right) * (rates[1] - rates[0]))


def amplitude_at(signal: np.ndarray, fps: float, hz: float) -> float:
    """Amplitude of a sine of known rate, with slow drift taken out by a quartic."""
    time = np.arange(len(signal)) / fps
    slow = np.vander(time / time[-1], 5)
    model = np.column_stack([np.sin(2 * np.pi * hz * time), np.cos(2 * np.pi * hz * time), slow])
    fitted = np.linalg.lstsq(model, signal, rcond=None)[0]
    return float(np.hypot(*fitted[:2]))


def aspect_ratios68(frames: np.ndarray) -> np.ndarray:
    """(n,) mean eye aspect ratio of both eyes by dlib's 68 points, found anew in every frame."""
    ratios = []
    for frame in frames:
        points = landmarks68(frame)
        assert points is not None
        ratios.append(np.mean([_ratio(points[eye]) for eye in (RIGHT_EYE68, LEFT_EYE68)]))
    return np.array(ratios)


def _ratio(p: np.ndarray) -> float:
    return (np.linalg.norm(p[1] - p[5]) + np.linalg.norm(p[2] - p[4])) / (2 * np.linalg.norm(p[0] - p[3]))


def dips(signal: np.ndarray, number: int, gap: int) -> np.ndarray:
    """Sub-frame places of the `number` deepest dips that lie at least `gap` frames apart."""
    depth = np.median(signal) - signal
    places = []
    for _ in range(number):
        at = int(depth.argmax())
        around = np.arange(max(0, at - gap), min(len(depth), at + gap + 1))
        weight = np.maximum(depth[around] - 0.5 * depth[at], 0)
        places.append(float((around * weight).sum() / weight.sum()))
        depth[around] = -np.inf
    return np.sort(places)
