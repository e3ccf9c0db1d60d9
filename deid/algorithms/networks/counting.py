"""Sizes of networks, told without the memory for them."""

from collections.abc import Callable

import torch
from torch import nn


def n_parameters(make: Callable[[], nn.Module]) -> int:
    """Trainable numbers of a network."""
    with torch.device("meta"):
        return sum(each.numel() for each in make().parameters())
