"""CHROM in torch: the pulse from mean colours, so that a loss can be led back to the pixels."""

from dataclasses import dataclass

import torch
from torch import Tensor, nn

LEAST = 1e-6


@dataclass(frozen=True, slots=True)
class ChromConfig:
    """`window` seconds, half of it overlaps; `band` Hz."""

    fps: float = 30.0
    window: float = 1.6
    band: tuple[float, float] = (0.7, 2.5)


class Chrom(nn.Module):
    """
    Notes
    -----
    The last window ends with the clip, so that no frame stays without; where windows overlap otherwise than by half
    their sum is divided by that of their Hann weights.

    References
    ----------
    De Haan & Jeanne 2013, "Robust pulse rate from chrominance-based rPPG"; windows and band as in Savic & Zhao 2023.
    """

    def __init__(self, config: ChromConfig | None = None) -> None:
        super().__init__()
        self._config = config or ChromConfig()

    def forward(self, clip: Tensor) -> Tensor:
        """(b, t) pulse, without a unit, of (b, 3, t, h, w) levels of skin; at least 1.6 s."""
        colours = clip.mean((3, 4))  # (b, 3, t)
        n_frames, length = colours.shape[2], self._length(colours.shape[2])
        starts = sorted({*range(0, n_frames - length, length // 2), n_frames - length})
        hann = torch.hann_window(length, dtype=clip.dtype, device=clip.device)
        pulse, weight = colours.new_zeros(colours.shape[0], n_frames), colours.new_zeros(n_frames)
        for start in starts:
            part = self._of_window(colours[:, :, start : start + length]) * hann
            pulse = pulse + nn.functional.pad(part, (start, n_frames - start - length))
            weight[start : start + length] += hann
        return pulse / weight.clamp_min(LEAST)

    def _length(self, n_frames: int) -> int:
        length = round(self._config.window * self._config.fps)
        if n_frames < length:
            raise ValueError(
                f"CHROM needs {self._config.window:g} s ({length} frames at {self._config.fps:g} fps), got {n_frames}."
            )
        return length

    def _of_window(self, colours: Tensor) -> Tensor:
        """(b, n) from (b, 3, n)."""
        red, green, blue = (colours / colours.mean(2, keepdim=True).clamp_min(LEAST)).unbind(1)
        x = self._filtered(3 * red - 2 * green)
        y = self._filtered(1.5 * red + green - 1.5 * blue)
        return x - _spread(x) / _spread(y) * y

    def _filtered(self, signal: Tensor) -> Tensor:
        """What lies in the band, by the Fourier transform: it has a gradient and shifts nothing."""
        frequencies = torch.fft.rfftfreq(signal.shape[1], 1 / self._config.fps, device=signal.device)
        low, high = self._config.band
        inside = (frequencies >= low) & (frequencies <= high)
        return torch.fft.irfft(torch.fft.rfft(signal) * inside, n=signal.shape[1])


def _spread(signal: Tensor) -> Tensor:
    """Standard deviation, never 0: its root would have no gradient there."""
    return (signal.var(1, correction=0, keepdim=True) + LEAST**2).sqrt()
