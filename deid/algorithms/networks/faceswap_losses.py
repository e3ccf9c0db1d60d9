"""The loss of Faceswap (Zhu et al. 2020)."""

from torch import Tensor


def reconstruction_loss(wanted: Tensor, made: Tensor) -> Tensor:
    """Mean absolute difference of levels."""
    return (wanted - made).abs().mean()
