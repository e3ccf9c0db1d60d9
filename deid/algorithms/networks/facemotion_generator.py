"""The generator of FaceMotionPreserve: SimSwap's, an encoder, an identity put in by AdaIN, a decoder."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from torch import Tensor, nn

from deid.algorithms.networks.loading import length

EPSILON = 1e-8


@dataclass(frozen=True, slots=True)
class GeneratorConfig:
    """`width` channels of the first convolution; `blocks` put the identity in; `identity` its length."""

    width: int = 64
    blocks: int = 9
    identity: int = 512


class Generator(nn.Module):
    """A face with another identity: same pose, expression and light.

    References
    ----------
    Chen et al. 2020, "SimSwap"; Zhu et al. 2024, "FaceMotionPreserve" (224x224 aligned crops, 55,051,779 parameters).
    """

    def __init__(self, config: GeneratorConfig | None = None) -> None:
        super().__init__()
        c = config or GeneratorConfig()
        widths = [c.width * factor for factor in (1, 2, 4, 8)]
        self.first = nn.Sequential(nn.ReflectionPad2d(3), *_unit(3, widths[0], kernel=7))
        self.down = nn.Sequential(*(nn.Sequential(*_unit(a, b, stride=2, padding=1)) for a, b in pairwise(widths)))
        self.blocks = nn.ModuleList(IdBlock(widths[-1], c.identity) for _ in range(c.blocks))
        self.up = nn.Sequential(
            *(Up(a, b) for a, b in zip(widths[::-1], widths[-2::-1], strict=False))
        )  # no skips: what the encoder did not keep cannot leak
        self.last = nn.Sequential(nn.ReflectionPad2d(3), nn.Conv2d(widths[0], 3, 7), nn.Tanh())

    def forward(self, picture: Tensor, identity: Tensor) -> Tensor:
        """Levels 0-1 from levels 0-1 and an L2-normalised identity; height and width are multiples of 8."""
        x = self.first(picture)  # (b, 3, h, w) -> (b, 64, h, w)
        x = self.down(x)  # (b, 512, h/8, w/8)
        for block in self.blocks:
            x = block(x, identity)
        x = self.up(x)  # (b, 64, h, w)
        result: Tensor = (self.last(x) + 1) / 2  # (b, 3, h, w)
        return result


class AdaIN(nn.Module):
    """Scale and shift of normalised channels, told by an identity."""

    def __init__(self, channels: int, identity: int) -> None:
        super().__init__()
        self.linear = nn.Linear(identity, 2 * channels)

    def forward(self, x: Tensor, identity: Tensor) -> Tensor:  # (b, c, h, w), (b, identity)
        gamma, beta = self.linear(identity)[:, :, None, None].chunk(2, dim=1)
        result: Tensor = x * (gamma + 1) + beta
        return result


class IdBlock(nn.Module):
    """Residual block that puts an identity in, twice."""

    def __init__(self, channels: int, identity: int) -> None:
        super().__init__()
        self.conv1 = nn.Sequential(nn.ReflectionPad2d(1), nn.Conv2d(channels, channels, 3))
        self.conv2 = nn.Sequential(nn.ReflectionPad2d(1), nn.Conv2d(channels, channels, 3))
        self.style1, self.style2 = AdaIN(channels, identity), AdaIN(channels, identity)

    def forward(self, x: Tensor, identity: Tensor) -> Tensor:
        y = self.style1(_normalised(self.conv1(x)), identity).relu()
        y = self.style2(_normalised(self.conv2(y)), identity)
        return x + y  # no ReLU after the sum


class Up(nn.Module):
    """Twice the side, fewer channels."""

    def __init__(self, channels: int, fewer: int) -> None:
        super().__init__()
        self.conv = nn.Sequential(
            nn.Upsample(scale_factor=2, mode="bilinear"), *_unit(channels, fewer, padding=1)
        )  # (b, c, h, w) -> (b, c/2, 2h, 2w)

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.conv(x)
        return result


def _unit(channels: int, to: int, kernel: int = 3, stride: int = 1, padding: int = 0) -> list[nn.Module]:
    return [nn.Conv2d(channels, to, kernel, stride, padding), nn.BatchNorm2d(to), nn.ReLU()]


def _normalised(x: Tensor) -> Tensor:
    """Instance norm without parameters, in float32: its epsilon is no number of half precision."""
    x = x.float()
    variance, mean = x.var((2, 3), correction=0, keepdim=True), x.mean((2, 3), keepdim=True)
    return (x - mean) * (variance + EPSILON).rsqrt()


def build(tensors: Mapping[str, Tensor]) -> Generator:
    """A generator as wide and deep as weights by name say."""
    published = GeneratorConfig()
    blocks = {key.split(".")[1] for key in tensors if key.startswith("blocks.")}
    width = length(tensors, "first.1.weight", 0, published.width)
    return Generator(GeneratorConfig(width, len(blocks) or published.blocks))
