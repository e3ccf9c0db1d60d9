"""PhysFormer: the pulse from a clip of a face by a video transformer whose attention sees differences in time."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch.nn.functional as F
from torch import Tensor, nn

from deid.algorithms.networks.loading import length

SHARPNESS = 2.0  # of the attention, instead of the root of a head's width


@dataclass(frozen=True, slots=True)
class PhysFormerConfig:
    """`dim` channels of a token, `ff` of the wide layer; `patch` frames and pixels a token covers after the stem."""

    dim: int = 96
    ff: int = 144
    heads: int = 4
    layers: int = 12
    patch: int = 4
    theta: float = 0.7  # share of the central difference in time


class PhysFormer(nn.Module):
    """
    References
    ----------
    Yu et al. 2022, "PhysFormer: facial video-based physiological measurement with temporal difference transformer".
    """

    def __init__(self, config: PhysFormerConfig | None = None) -> None:
        super().__init__()
        c = config or PhysFormerConfig()
        self.stem = nn.Sequential(
            *_stem(3, c.dim // 4, (1, 5, 5)), *_stem(c.dim // 4, c.dim // 2), *_stem(c.dim // 2, c.dim)
        )
        self.patches = nn.Conv3d(c.dim, c.dim, c.patch, stride=c.patch)
        self.blocks = nn.Sequential(*(Block(c) for _ in range(c.layers)))
        self.up = nn.Sequential(*_up(c.dim, c.dim), *_up(c.dim, c.dim // 2))
        self.last = nn.Conv1d(c.dim // 2, 1, 1)

    def forward(self, clip: Tensor) -> Tensor:
        """(b, t) pulse, without a unit; t is a multiple of 4, height and width multiples of 32."""
        x = self.stem(clip)  # (b, 3, t, h, w) -> (b, 96, t, h/8, w/8)
        x = self.blocks(self.patches(x))  # (b, 96, t/4, h/32, w/32)
        x = self.up(x).mean((3, 4))  # (b, 48, t)
        result: Tensor = self.last(x)[:, 0]  # (b, t)
        return result


class Block(nn.Module):
    """Attention, then a feed-forward part that looks at neighbours; each added to what came in."""

    def __init__(self, config: PhysFormerConfig) -> None:
        super().__init__()
        self.norm1, self.norm2 = (nn.LayerNorm(config.dim, eps=1e-6) for _ in range(2))
        self.attention = Attention(config)
        self.mix = nn.Linear(config.dim, config.dim)
        self.feed = _feed_forward(config.dim, config.ff)

    def forward(self, x: Tensor) -> Tensor:  # (b, c, t, h, w)
        y = self.attention(_last(self.norm1(_first(x))))
        x = x + _last(self.mix(_first(y)))
        result: Tensor = x + self.feed(_last(self.norm2(_first(x))))
        return result


class Attention(nn.Module):
    """Every token looks at every other; queries and keys come from convolutions with differences in time."""

    def __init__(self, config: PhysFormerConfig) -> None:
        super().__init__()
        dim = config.dim
        self.query = nn.Sequential(TemporalDifference(dim, config.theta), nn.BatchNorm3d(dim))
        self.key = nn.Sequential(TemporalDifference(dim, config.theta), nn.BatchNorm3d(dim))
        self.value = nn.Conv3d(dim, dim, 1, bias=False)
        self._heads = config.heads

    def forward(self, x: Tensor) -> Tensor:
        query, key, value = (self._tokens(part(x)) for part in (self.query, self.key, self.value))
        seen = F.scaled_dot_product_attention(query, key, value, scale=1 / SHARPNESS)  # (b, heads, n, c/heads)
        return seen.transpose(2, 3).reshape(x.shape)

    def _tokens(self, x: Tensor) -> Tensor:
        """(b, c, t, h, w) -> (b, heads, t*h*w, c/heads)"""
        return x.flatten(2).unflatten(1, (self._heads, -1)).transpose(2, 3)


class TemporalDifference(nn.Module):
    """A 3x3x3 convolution less `theta` of what its frames before and after would see in the middle."""

    def __init__(self, channels: int, theta: float) -> None:
        super().__init__()
        self.conv = nn.Conv3d(channels, channels, 3, padding=1, bias=False)
        self._theta = theta

    def forward(self, x: Tensor) -> Tensor:
        neighbours = self.conv.weight[:, :, ::2].sum((2, 3, 4))[:, :, None, None, None]
        result: Tensor = self.conv(x) - self._theta * F.conv3d(x, neighbours)
        return result


def _stem(channels: int, to: int, kernel: tuple[int, int, int] = (3, 3, 3)) -> list[nn.Module]:
    padding = (kernel[0] // 2, kernel[1] // 2, kernel[2] // 2)
    return [
        nn.Conv3d(channels, to, kernel, padding=padding, bias=False), nn.BatchNorm3d(to), nn.ReLU(),
        nn.MaxPool3d((1, 2, 2)),
    ]  # fmt: skip


def _feed_forward(dim: int, ff: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv3d(dim, ff, 1, bias=False), nn.BatchNorm3d(ff), nn.ELU(),
        nn.Conv3d(ff, ff, 3, padding=1, groups=ff, bias=False), nn.BatchNorm3d(ff), nn.ELU(),
        nn.Conv3d(ff, dim, 1, bias=False), nn.BatchNorm3d(dim),
    )  # fmt: skip


def _up(channels: int, to: int) -> list[nn.Module]:
    """Twice the frames."""
    return [
        nn.Upsample(scale_factor=(2, 1, 1)), nn.Conv3d(channels, to, (3, 1, 1), padding=(1, 0, 0)),
        nn.BatchNorm3d(to), nn.ELU(),
    ]  # fmt: skip


def _first(x: Tensor) -> Tensor:
    """Channels last, for layers that work on tokens."""
    return x.movedim(1, -1)


def _last(x: Tensor) -> Tensor:
    return x.movedim(-1, 1)


def build(tensors: Mapping[str, Tensor]) -> PhysFormer:
    """A transformer of the sizes that weights by name say; the number of heads is the published one."""
    published = PhysFormerConfig()
    blocks = {key.split(".")[1] for key in tensors if key.startswith("blocks.")}
    dim = length(tensors, "patches.weight", 0, published.dim)
    ff = length(tensors, "blocks.0.feed.0.weight", 0, published.ff)
    return PhysFormer(PhysFormerConfig(dim=dim, ff=ff, layers=len(blocks) or published.layers))
