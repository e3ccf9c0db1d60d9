"""A small network that tells where the 68 points of an aligned face are."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from deid.algorithms.networks.loading import length

N_POINTS = 68
INSIDE = 96  # pixels at which a crop is looked at
UNIT = 224  # points are told in pixels of a crop of this side, whatever the crop's own


@dataclass(frozen=True, slots=True)
class LandmarksConfig:
    """`width` channels of the first convolution, doubled at each of four more."""

    width: int = 24


class Landmarks68(nn.Module):
    """Convolutions that halve the side, then a dense layer: how far the points are from their usual places."""

    usual: Tensor

    def __init__(self, config: LandmarksConfig | None = None) -> None:
        super().__init__()
        width = (config or LandmarksConfig()).width
        widths = [3, *(width * factor for factor in (1, 2, 4, 8, 8))]
        self.convolutions = nn.Sequential(*(_unit(a, b) for a, b in pairwise(widths)))  # 48, 24, 12, 6, 3 pixels
        self.dense = nn.Linear(widths[-1] * (INSIDE // 32) ** 2, 2 * N_POINTS)
        self.register_buffer("usual", torch.zeros(N_POINTS, 2))
        nn.init.zeros_(self.dense.bias)

    def forward(self, picture: Tensor) -> Tensor:
        """(b, 68, 2) pixels of a crop of 224, from (b, 3, h, w) levels 0-1 of any side."""
        small = F.interpolate(picture, (INSIDE, INSIDE), mode="bilinear", antialias=True)
        away = self.dense(self.convolutions(2 * small - 1).flatten(1)).float()
        result: Tensor = self.usual + UNIT * 0.1 * away.unflatten(1, (N_POINTS, 2))
        return result


def _unit(channels: int, to: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(channels, to, 3, 2, 1, bias=False), nn.BatchNorm2d(to), nn.PReLU(to),
        nn.Conv2d(to, to, 3, 1, 1, bias=False), nn.BatchNorm2d(to), nn.PReLU(to),
    )  # fmt: skip


def build(tensors: Mapping[str, Tensor]) -> Landmarks68:
    """A network as wide as weights by name say."""
    return Landmarks68(LandmarksConfig(length(tensors, "convolutions.0.0.weight", 0, LandmarksConfig().width)))
