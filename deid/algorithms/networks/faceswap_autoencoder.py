"""Faceswap's "original" model: one encoder for two people, a decoder for each."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from torch import Tensor, nn

from deid.algorithms.networks.loading import length

SLOPE = 0.1
Person = Literal["a", "b"]


@dataclass(frozen=True, slots=True)
class FaceswapConfig:
    """`width` channels of the first convolution; `dense` length of the code; `side` pixels, a multiple of 16."""

    width: int = 128
    dense: int = 1024
    side: int = 64


class FaceswapAutoencoder(nn.Module):
    """Trained to give a and b back each by its own decoder; a face of a through the decoder of b is the swap.

    References
    ----------
    Zhu et al. 2020, "Deepfakes for Medical Video De-Identification"; the "original" model of the Faceswap program at
    64x64: 82,062,470 parameters.
    """

    def __init__(self, config: FaceswapConfig | None = None) -> None:
        super().__init__()
        config = config or FaceswapConfig()
        self.encoder = Encoder(config)
        self.decoders = nn.ModuleDict({"a": _decoder(config), "b": _decoder(config)})

    def forward(self, picture: Tensor, person: Person) -> Tensor:
        """(b, 3, 64, 64) levels 0-1, as the person would show what the picture shows."""
        code = self.encoder(picture)  # (b, 512, 8, 8)
        result: Tensor = self.decoders[person](code)  # (b, 3, 64, 64)
        return result


class Encoder(nn.Module):
    """69,662,976 parameters, most of them in the dense layers that keep no place."""

    def __init__(self, config: FaceswapConfig) -> None:
        super().__init__()
        widths = [3, *(config.width * factor for factor in (1, 2, 4, 8))]
        self._small = config.side // 16
        self._channels = widths[-1]
        flat = self._channels * self._small**2
        self.convolutions = nn.Sequential(
            *(nn.Sequential(nn.Conv2d(a, b, 5, stride=2, padding=2), nn.LeakyReLU(SLOPE)) for a, b in pairwise(widths))
        )
        self.dense = nn.Sequential(nn.Linear(flat, config.dense), nn.Linear(config.dense, flat))
        self.up = _up(self._channels, self._channels // 2)

    def forward(self, picture: Tensor) -> Tensor:
        x = self.convolutions(picture).flatten(1)  # (b, 3, 64, 64) -> (b, 1024, 4, 4) -> (b, 16384)
        x = self.dense(x).unflatten(1, (self._channels, self._small, self._small))  # (b, 1024, 4, 4)
        result: Tensor = self.up(x)  # (b, 512, 8, 8)
        return result


def _decoder(config: FaceswapConfig) -> nn.Sequential:
    """6,199,747 parameters."""
    widths = [config.width * factor for factor in (4, 2, 1)]
    ups = [_up(a, b) for a, b in zip(widths, [*widths[1:], config.width // 2], strict=True)]  # 16, 32, 64 pixels
    return nn.Sequential(*ups, nn.Conv2d(config.width // 2, 3, 5, padding=2), nn.Sigmoid())


def _up(channels: int, to: int) -> nn.Sequential:
    """(b, c, h, w) -> (b, to, 2h, 2w)"""
    return nn.Sequential(nn.Conv2d(channels, 4 * to, 3, padding=1), nn.LeakyReLU(SLOPE), nn.PixelShuffle(2))


def build(tensors: Mapping[str, Tensor]) -> FaceswapAutoencoder:
    """An autoencoder as wide as weights by name say."""
    published = FaceswapConfig()
    width = length(tensors, "encoder.convolutions.0.0.weight", 0, published.width)
    return FaceswapAutoencoder(FaceswapConfig(width, length(tensors, "encoder.dense.0.weight", 0, published.dense)))
