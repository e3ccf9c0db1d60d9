"""The autoencoder of Savic & Zhao 2023: a clip that recognisers no longer know and whose pulse can still be read."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor, nn

from deid.algorithms.networks.loading import length

SLOPE = 0.01


@dataclass(frozen=True, slots=True)
class RppgConfig:
    """`width` channels of the first convolution."""

    width: int = 32


class RppgAutoencoder(nn.Module):
    """Five convolutions in space and time, 226,563 parameters.

    References
    ----------
    Savic & Zhao 2023, "De-identification of facial videos while preserving remote physiological utility" (64 frames of
    128x128 at 30 fps).
    """

    def __init__(self, config: RppgConfig | None = None) -> None:
        super().__init__()
        width = (config or RppgConfig()).width
        self.conv1, self.conv2 = _conv(3, width), _conv(width, 2 * width)
        self.conv3, self.conv4 = _conv(2 * width, 2 * width), _conv(2 * width, width)
        self.conv5 = _conv(width, 3)

    def forward(self, clip: Tensor) -> Tensor:
        """(b, 3, t, h, w) from levels 0-1 of the same shape; height and width are multiples of 4."""
        fine = F.leaky_relu(self.conv1(clip), SLOPE)  # (b, 32, t, h, w)
        middle = F.leaky_relu(self.conv2(_halved(fine)), SLOPE)  # (b, 64, t, h/2, w/2)
        x = F.leaky_relu(self.conv3(_halved(middle)), SLOPE)  # (b, 64, t, h/4, w/4)
        x = F.leaky_relu(self.conv4(_doubled(x) + middle), SLOPE)  # (b, 32, t, h/2, w/2)
        result: Tensor = self.conv5(_doubled(x) + fine).tanh()  # (b, 3, t, h, w)
        return result


def _conv(channels: int, to: int) -> nn.Conv3d:
    return nn.Conv3d(channels, to, 3, padding=1, padding_mode="replicate")


def _halved(x: Tensor) -> Tensor:
    return F.avg_pool3d(x, (1, 2, 2))


def _doubled(x: Tensor) -> Tensor:
    return F.interpolate(x, scale_factor=(1, 2, 2), mode="nearest")


def build(tensors: Mapping[str, Tensor]) -> RppgAutoencoder:
    """An autoencoder as wide as weights by name say."""
    return RppgAutoencoder(RppgConfig(length(tensors, "conv1.weight", 0, RppgConfig().width)))
