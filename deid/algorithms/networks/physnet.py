"""PhysNet: the pulse from a clip of a face by convolutions in space and time."""

from collections.abc import Mapping
from dataclasses import dataclass

from torch import Tensor, nn

from deid.algorithms.networks.loading import length


@dataclass(frozen=True, slots=True)
class PhysNetConfig:
    """`width` channels of the first convolution."""

    width: int = 16


class PhysNet(nn.Module):
    """768,577 parameters.

    References
    ----------
    Yu et al. 2019, "Remote photoplethysmograph signal measurement from facial videos"; layers as in Savic & Zhao 2023.
    """

    def __init__(self, config: PhysNetConfig | None = None) -> None:
        super().__init__()
        first = (config or PhysNetConfig()).width
        wide = 4 * first
        self.layers = nn.Sequential(  # (b, 3, t, h, w)
            *_unit(3, first, (1, 5, 5)), nn.MaxPool3d((1, 2, 2)),  # (b, 16, t, h/2, w/2)
            *_unit(first, 2 * first), *_unit(2 * first, wide), nn.MaxPool3d(2),  # (b, 64, t/2, h/4, w/4)
            *_unit(wide, wide), *_unit(wide, wide), nn.MaxPool3d(2),  # (b, 64, t/4, h/8, w/8)
            *_unit(wide, wide), *_unit(wide, wide), nn.MaxPool3d((1, 2, 2)),  # (b, 64, t/4, h/16, w/16)
            *_unit(wide, wide), *_unit(wide, wide),
        )  # fmt: skip
        self.up = nn.Sequential(*_up(wide), *_up(wide))  # (b, 64, t, h/16, w/16)
        self.last = nn.Conv3d(wide, 1, 1)

    def forward(self, clip: Tensor) -> Tensor:
        """(b, t) pulse, without a unit, of levels 0-1; t is a multiple of 4, height and width at least 16."""
        x = self.up(self.layers(clip)).mean((3, 4), keepdim=True)  # (b, 64, t, 1, 1)
        result: Tensor = self.last(x)[:, 0, :, 0, 0]  # (b, t)
        return result


def _unit(channels: int, to: int, kernel: tuple[int, int, int] = (3, 3, 3)) -> list[nn.Module]:
    padding = (kernel[0] // 2, kernel[1] // 2, kernel[2] // 2)
    return [nn.Conv3d(channels, to, kernel, padding=padding), nn.BatchNorm3d(to), nn.ReLU()]


def _up(channels: int) -> list[nn.Module]:
    """Twice the frames."""
    return [
        nn.ConvTranspose3d(channels, channels, (4, 1, 1), stride=(2, 1, 1), padding=(1, 0, 0)),
        nn.BatchNorm3d(channels),
        nn.ELU(),
    ]


def build(tensors: Mapping[str, Tensor]) -> PhysNet:
    """A network as wide as weights by name say."""
    return PhysNet(PhysNetConfig(length(tensors, "layers.0.weight", 0, PhysNetConfig().width)))
