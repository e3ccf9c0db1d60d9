"""The six losses of FaceMotionPreserve (Zhu et al. 2024) and how they add up."""

from collections.abc import Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from deid.algorithms.networks.patch_discriminator import TwoScales

Told = Sequence[Sequence[Tensor]]  # by scale, then by layer; verdicts last
LEAST_K = 1e-3  # the landmark loss would weigh without bound where the identity is met


@dataclass(frozen=True, slots=True)
class Weights:
    """As published."""

    identity: float = 10.0
    landmarks: float = 0.2
    adversarial: float = 1.0
    picture: float = 10.0
    features: float = 10.0
    penalty: float = 1e-5


@dataclass(frozen=True, slots=True)
class GeneratorLosses:
    """Each (,) but for what `total` makes of them."""

    identity: Tensor
    landmarks: Tensor
    adversarial: Tensor
    picture: Tensor
    features: Tensor

    def total(self, weights: Weights | None = None) -> Tensor:
        """The sum; the landmark loss is divided by k = 10 L_ID, through which no gradient passes.

        The text also calls that weight inversely proportional to the landmark loss; the formula has k alone, and is
        what is done here.
        """
        w = weights or Weights()
        k = (w.identity * self.identity).detach().clamp_min(LEAST_K)
        return (
            w.identity * self.identity
            + w.landmarks * self.landmarks / k
            + w.adversarial * self.adversarial
            + w.picture * self.picture  # delta is in it already
            + w.features * self.features
        )


def identity_loss(made: Tensor, wanted: Tensor) -> Tensor:
    """1 - cosine of (b, 512) identities, mean over the batch."""
    return (1 - F.cosine_similarity(made, wanted, dim=1)).mean()


def landmark_loss(original: Tensor, made: Tensor) -> Tensor:
    """Sum over pairs i < j of how far distances between (b, n, 2) landmarks changed, mean over the batch."""
    first, second = torch.triu_indices(original.shape[1], original.shape[1], offset=1, device=original.device)
    return (_lengths(original, first, second) - _lengths(made, first, second)).abs().sum(dim=1).mean()


def picture_loss(original: Tensor, made: Tensor, same: Tensor) -> Tensor:
    """Mean absolute difference of (b, 3, h, w) levels, counted only where delta is 1.

    Parameters
    ----------
    same : (b,) bool, whether original and source share the identity: then the picture must come back as it was
    """
    each = (original - made).abs().flatten(1).mean(dim=1)
    return (each * same.to(each.dtype)).mean()


def weak_feature_loss(original: Told, made: Told, last: int = 2) -> Tensor:
    """Mean absolute difference of the `last` feature maps of each scale, verdicts left out, summed over scales.

    Early layers would hold the pixels to the original's and so its identity.
    """
    parts = []
    for one, two in zip(original, made, strict=True):
        features = zip(one[:-1][-last:], two[:-1][-last:], strict=True)
        parts += [F.l1_loss(m, o.detach()) for o, m in features]
    return torch.stack(parts).sum() / last


def generator_hinge(made: Told) -> Tensor:
    """Minus the mean verdict, summed over scales."""
    return torch.stack([-scale[-1].mean() for scale in made]).sum()


def discriminator_hinge(real: Told, made: Told) -> Tensor:
    """Real patches are pushed over 1, made ones under -1; summed over scales."""
    parts = [(1 - r[-1]).relu().mean() + (1 + m[-1]).relu().mean() for r, m in zip(real, made, strict=True)]
    return torch.stack(parts).sum()


def gradient_penalty(discriminator: TwoScales, real: Tensor, made: Tensor, share: Tensor) -> Tensor:
    """How far the gradient's length is from 1 on mixtures, squared, mean over the batch (Gulrajani et al. 2017).

    Parameters
    ----------
    real, made : (b, 3, h, w) levels
    share : (b, 1, 1, 1) of the real picture in the mixture, drawn from 0 to 1
    """
    mixed = (share * real + (1 - share) * made).detach().requires_grad_()
    verdict = torch.stack([scale[-1].flatten(1).mean(dim=1) for scale in discriminator(mixed)]).sum()
    (gradient,) = torch.autograd.grad(verdict, mixed, create_graph=True)
    return (gradient.flatten(1).norm(dim=1) - 1).square().mean()


def _lengths(points: Tensor, first: Tensor, second: Tensor) -> Tensor:
    return (points[:, first] - points[:, second]).norm(dim=2)  # (b, n_pairs)
