"""The discriminators of FaceMotionPreserve: a PatchGAN at full resolution and one at half."""

from dataclasses import dataclass

from torch import Tensor, nn

SLOPE = 0.2


@dataclass(frozen=True, slots=True)
class DiscriminatorConfig:
    """`width` channels of the first convolution; `scales` discriminators, each at half the side of the one before."""

    width: int = 64
    scales: int = 2


class PatchDiscriminator(nn.Module):
    """Says of overlapping patches whether they are real; 6,962,369 parameters.

    References
    ----------
    Isola et al. 2017, "pix2pix"; Zhu et al. 2024, "FaceMotionPreserve".
    """

    def __init__(self, config: DiscriminatorConfig | None = None) -> None:
        super().__init__()
        width = (config or DiscriminatorConfig()).width
        channels = [3, width, 2 * width, 4 * width, 8 * width, 8 * width]
        strides = [2, 2, 2, 2, 1]
        self.layers = nn.ModuleList(
            _layer(a, b, stride, normed=number > 0)
            for number, (a, b, stride) in enumerate(zip(channels, channels[1:], strides, strict=False))
        )
        self.last = nn.Conv2d(channels[-1], 1, 4, padding=1)

    def forward(self, picture: Tensor) -> list[Tensor]:
        """(b, c, h, w) features of every layer, the (b, 1, h, w) verdicts last; over 0 where a patch seems real."""
        found = [picture]
        for layer in self.layers:
            found.append(layer(found[-1]))  # 224 -> 112, 56, 28, 14, 13
        return [*found[1:], self.last(found[-1])]  # 12


class TwoScales(nn.Module):
    """The same discriminator, with weights of its own, for each scale."""

    def __init__(self, config: DiscriminatorConfig | None = None) -> None:
        super().__init__()
        config = config or DiscriminatorConfig()
        self.scales = nn.ModuleList(PatchDiscriminator(config) for _ in range(config.scales))
        self.smaller = nn.AvgPool2d(3, stride=2, padding=1, count_include_pad=False)

    def forward(self, picture: Tensor) -> list[list[Tensor]]:
        """What each scale says, the finest first."""
        told = []
        for discriminator in self.scales:
            told.append(discriminator(picture))
            picture = self.smaller(picture)
        return told


def _layer(channels: int, to: int, stride: int, normed: bool) -> nn.Sequential:
    norm = [nn.BatchNorm2d(to)] if normed else []
    return nn.Sequential(nn.Conv2d(channels, to, 4, stride, padding=1), *norm, nn.LeakyReLU(SLOPE))
