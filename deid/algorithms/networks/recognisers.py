"""Five small recognisers of a closed circle of people. They differ in how they look, so that what deceives one need not
deceive another."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from deid.algorithms.networks.loading import length

SIDE = 32  # pixels at least; larger pictures are multiples of it


@dataclass(frozen=True, slots=True)
class RecogniserConfig:
    """`persons` it tells apart; `width` channels of the first layer."""

    persons: int
    width: int = 16


class Recogniser(nn.Module):
    """(n, 3, h, w) levels 0-1 -> (n, persons) before softmax; h and w are multiples of 32."""

    def __init__(self, trunk: nn.Sequential, channels: int, persons: int) -> None:
        super().__init__()
        self.trunk = trunk  # (n, 3, h, w) -> (n, channels, h', w')
        self.last = nn.Linear(2 * channels, persons)

    @property
    def persons(self) -> int:
        return int(self.last.out_features)

    def forward(self, picture: Tensor) -> Tensor:
        x = self.trunk(2 * picture - 1)
        result: Tensor = self.last(torch.cat([x.mean((2, 3)), x.amax((2, 3))], dim=1))
        return result


class Residual(nn.Module):
    """Two convolutions whose result is added to what came in."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.layers = nn.Sequential(*_conv(channels, channels), nn.Conv2d(channels, channels, 3, padding=1))

    def forward(self, x: Tensor) -> Tensor:
        result: Tensor = (x + self.layers(x)).relu()
        return result


class Mixer(nn.Module):
    """Patches look at one another, then each at itself.

    References
    ----------
    Tolstikhin et al. 2021, "MLP-Mixer"; over places by a convolution as wide as it goes, so that any size fits.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.places = nn.Sequential(
            nn.BatchNorm2d(channels), nn.Conv2d(channels, channels, 7, padding=3, groups=channels), nn.GELU()
        )
        self.channels = nn.Sequential(
            nn.BatchNorm2d(channels),
            nn.Conv2d(channels, 2 * channels, 1),
            nn.GELU(),
            nn.Conv2d(2 * channels, channels, 1),
        )

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.places(x)
        result: Tensor = x + self.channels(x)
        return result


def plain(config: RecogniserConfig) -> Recogniser:
    """Convolutions and pooling, as VGG."""
    w = config.width
    layers = [*_conv(3, w), nn.MaxPool2d(2), *_conv(w, 2 * w), nn.MaxPool2d(2), *_conv(2 * w, 4 * w), nn.MaxPool2d(2)]
    return Recogniser(nn.Sequential(*layers, *_conv(4 * w, 4 * w)), 4 * w, config.persons)


def residual(config: RecogniserConfig) -> Recogniser:
    """Residual blocks, halved by strides, as ResNet."""
    w = config.width
    layers = [*_conv(3, w, stride=2), Residual(w), *_conv(w, 2 * w, stride=2), Residual(2 * w)]
    return Recogniser(nn.Sequential(*layers, *_conv(2 * w, 4 * w, stride=2), Residual(4 * w)), 4 * w, config.persons)


def separable(config: RecogniserConfig) -> Recogniser:
    """Convolutions split into places and channels, as MobileNet."""
    w = config.width
    layers = [
        *_conv(3, w, stride=2),
        *_separable(w, 2 * w),
        *_separable(2 * w, 4 * w, stride=2),
        *_separable(4 * w, 4 * w),
    ]
    return Recogniser(nn.Sequential(*layers), 4 * w, config.persons)


def mixer(config: RecogniserConfig) -> Recogniser:
    """Patches of 4 x 4 pixels that are mixed, as MLP-Mixer."""
    w = 4 * config.width
    return Recogniser(nn.Sequential(nn.Conv2d(3, w, 4, stride=4), Mixer(w), Mixer(w), Mixer(w)), w, config.persons)


def wide(config: RecogniserConfig) -> Recogniser:
    """Few layers with large kernels, as AlexNet."""
    w = config.width
    layers = [*_conv(3, 2 * w, 9, stride=2), nn.AvgPool2d(2), *_conv(2 * w, 4 * w, 5), nn.AvgPool2d(2)]
    return Recogniser(nn.Sequential(*layers, *_conv(4 * w, 4 * w, 5)), 4 * w, config.persons)


ARCHITECTURES = {"plain": plain, "residual": residual, "separable": separable, "mixer": mixer, "wide": wide}


def build(architecture: str, tensors: Mapping[str, Tensor]) -> Recogniser:
    """A recogniser of a known kind, as wide and for as many persons as weights by name say."""
    persons = length(tensors, "last.weight", 0, 2)
    channels = length(tensors, "last.weight", 1, 8 * RecogniserConfig(persons).width) // 2
    return ARCHITECTURES[architecture](RecogniserConfig(persons, channels // 4))


def _conv(channels: int, to: int, kernel: int = 3, stride: int = 1) -> list[nn.Module]:
    conv = nn.Conv2d(channels, to, kernel, stride=stride, padding=kernel // 2, bias=False)
    return [conv, nn.BatchNorm2d(to), nn.ReLU()]


def _separable(channels: int, to: int, stride: int = 1) -> list[nn.Module]:
    places = nn.Conv2d(channels, channels, 3, stride=stride, padding=1, groups=channels, bias=False)
    return [places, nn.BatchNorm2d(channels), nn.ReLU(), *_conv(channels, to, 1)]
