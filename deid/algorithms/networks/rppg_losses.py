"""The three losses of Savic & Zhao 2023: the clip stays, its face is unknown, its pulse stays."""

import math
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

LEAST = 1e-8
K1, K2 = 0.01, 0.03  # Wang et al. 2004, "Image quality assessment", levels 0-1


@dataclass(frozen=True, slots=True)
class Weights:
    """As published."""

    reconstruction: float = 1.5
    identity: float = 0.3
    pulse: float = 0.1

    def total(self, reconstruction: Tensor, identity: Tensor, pulse: Tensor) -> Tensor:
        return self.reconstruction * reconstruction + self.identity * identity + self.pulse * pulse


def reconstruction_loss(original: Tensor, made: Tensor) -> Tensor:
    """Mean squared difference and 1 - SSIM of (b, 3, t, h, w) levels 0-1."""
    return F.mse_loss(made, original) + 1 - similarity(_pictures(original), _pictures(made))


def similarity(one: Tensor, two: Tensor, window: int = 7) -> Tensor:
    """SSIM of (n, c, h, w) levels 0-1, mean over all windows that lie inside, channels and pictures."""
    many = window**2 / (window**2 - 1)  # unbiased, as for samples

    def mean(x: Tensor) -> Tensor:
        return F.avg_pool2d(x, window, stride=1)

    m1, m2 = mean(one), mean(two)
    v1, v2 = many * (mean(one * one) - m1 * m1), many * (mean(two * two) - m2 * m2)
    both = many * (mean(one * two) - m1 * m2)
    alike = (2 * m1 * m2 + K1**2) * (2 * both + K2**2)
    return (alike / ((m1 * m1 + m2 * m2 + K1**2) * (v1 + v2 + K2**2))).mean()


def identity_loss(logits: Tensor, person: Tensor, share: float = 0.1) -> Tensor:
    """Push the true person's probability down, and all probabilities towards one another.

    Parameters
    ----------
    logits : (n, k) of a recogniser, before softmax
    person : (n,) who it truly is
    share : of the regulariser ||p - u|| / (||p|| + ||u||), u the uniform distribution
    """
    return -F.cross_entropy(logits, person) + share * _apart(logits)


def chance_loss(logits: Tensor, person: Tensor, share: float = 0.1) -> Tensor:
    """`identity_loss` that pulls as hard at a recogniser that is sure, and stops where it would have to guess.

    The published push fades where the true person's probability is near 1, and has no end: beyond chance it goes on to
    spoil the picture. This one is how far the log-odds of the true person lie above those of a guess, 0 below. Ours.
    """
    others = logits.scatter(1, person[:, None], -torch.inf).logsumexp(1)
    odds = logits.gather(1, person[:, None])[:, 0] - others
    return (odds + math.log(logits.shape[1] - 1)).relu().mean() + share * _apart(logits)


def _apart(logits: Tensor) -> Tensor:
    """How far the probabilities are from those of a guess, 0-1; mean of (n, k) logits."""
    p = logits.softmax(1)
    u = torch.full_like(p, 1 / p.shape[1])
    return ((p - u).norm(dim=1) / (p.norm(dim=1) + u.norm(dim=1))).mean()


def pulse_loss(original: Tensor, made: Tensor) -> Tensor:
    """1 - Pearson's r of (b, t) signals, mean over the batch."""
    one, two = (x - x.mean(1, keepdim=True) for x in (original, made))
    r = (one * two).sum(1) / (one.norm(dim=1) * two.norm(dim=1)).clamp_min(LEAST)
    return (1 - r).mean()


def some_frames(clip: Tensor, number: int = 8, generator: torch.Generator | None = None) -> Tensor:
    """(b * number, c, h, w) frames drawn without repetition from (b, c, t, h, w), the same ones of each clip."""
    drawn = torch.randperm(clip.shape[2], generator=generator)[:number].sort().values
    return _pictures(clip[:, :, drawn.to(clip.device)])


def _pictures(clip: Tensor) -> Tensor:
    """(b, c, t, h, w) -> (b * t, c, h, w)"""
    return clip.transpose(1, 2).flatten(0, 1)
