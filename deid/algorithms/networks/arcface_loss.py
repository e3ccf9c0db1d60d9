"""The loss of ArcFace (Deng et al. 2019)."""

import torch
import torch.nn.functional as F
from torch import Tensor


def arcface_loss(found: Tensor, centres: Tensor, who: Tensor, margin: float, scale: float) -> Tensor:
    """Cross-entropy over cosines, the right one's angle made larger by a margin.

    Parameters
    ----------
    found : (b, d) embeddings of any length
    centres : (n, d) of the identities, of any length
    who : (b,) which is right
    margin : radians
    """
    cosines = F.normalize(found) @ F.normalize(centres).t()  # (b, n)
    angles = cosines.clamp(-1 + 1e-6, 1 - 1e-6).acos()
    right = F.one_hot(who, len(centres)).bool()
    moved = torch.where(right, (angles + margin).clamp_max(torch.pi).cos(), cosines)
    return F.cross_entropy(scale * moved, who)
