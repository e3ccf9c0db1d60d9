"""The residual network that ArcFace's recognisers are: here for small ones that are trained where no others are."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

from torch import Tensor, nn

from deid.algorithms.networks.loading import length

SIDE, EMBEDDING = 112, 512
DROPOUT = 0.1


@dataclass(frozen=True, slots=True)
class IResNetConfig:
    """`width` channels of the first convolution, doubled at each later stage; `blocks` of each of the four stages.

    `stride` of the first convolution: 1 as published; 2 costs a quarter.
    """

    width: int = 64
    blocks: tuple[int, int, int, int] = (3, 4, 14, 3)
    stride: int = 1


class IResNet(nn.Module):
    """A face by 512 numbers.

    References
    ----------
    Deng et al. 2019, "ArcFace": improved residual units, 112 pixels halved by every stage; the default is its r50.
    """

    def __init__(self, config: IResNetConfig | None = None) -> None:
        super().__init__()
        c = config or IResNetConfig()
        widths = [c.width, *(c.width * factor for factor in (1, 2, 4, 8))]
        self.first = nn.Sequential(
            nn.Conv2d(3, c.width, 3, c.stride, 1, bias=False), nn.BatchNorm2d(c.width), nn.PReLU(c.width)
        )
        self.stages = nn.Sequential(
            *(_stage(a, b, n) for (a, b), n in zip(pairwise(widths), c.blocks, strict=True))  # 56, 28, 14, 7 pixels
        )
        flat = widths[-1] * _last_side(c.stride) ** 2
        self.last = nn.Sequential(
            nn.BatchNorm2d(widths[-1]), nn.Dropout(DROPOUT), nn.Flatten(), nn.Linear(flat, EMBEDDING),
            nn.BatchNorm1d(EMBEDDING),
        )  # fmt: skip

    def forward(self, picture: Tensor) -> Tensor:
        """(b, 512), of any length, from (b, 3, 112, 112) levels -1 to 1."""
        result: Tensor = self.last(self.stages(self.first(picture)))
        return result


class Block(nn.Module):
    """Norm, convolution, norm, PReLU, convolution, norm; added to what came in."""

    def __init__(self, channels: int, to: int, stride: int) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.BatchNorm2d(channels), nn.Conv2d(channels, to, 3, padding=1, bias=False), nn.BatchNorm2d(to),
            nn.PReLU(to), nn.Conv2d(to, to, 3, stride, padding=1, bias=False), nn.BatchNorm2d(to),
        )  # fmt: skip
        changes = stride != 1 or channels != to
        self.beside = (
            nn.Sequential(nn.Conv2d(channels, to, 1, stride, bias=False), nn.BatchNorm2d(to))
            if changes
            else nn.Identity()
        )

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = self.body(x) + self.beside(x)
        return result


def _stage(channels: int, to: int, blocks: int) -> nn.Sequential:
    return nn.Sequential(Block(channels, to, 2), *(Block(to, to, 1) for _ in range(blocks - 1)))


def _last_side(stride: int) -> int:
    """7 pixels, or 4."""
    return -(-SIDE // (16 * stride))


def build(tensors: Mapping[str, Tensor]) -> IResNet:
    """A network as wide and deep as weights by name say."""
    width = length(tensors, "first.0.weight", 0, IResNetConfig().width)
    stages = [key.split(".")[1:3] for key in tensors if key.startswith("stages.")]
    blocks = [len({block for stage, block in stages if stage == str(number)}) or 1 for number in range(4)]
    flat = length(tensors, "last.3.weight", 1, 0)
    stride = 2 if flat == 8 * width * _last_side(2) ** 2 else 1
    return IResNet(IResNetConfig(width, (blocks[0], blocks[1], blocks[2], blocks[3]), stride))
