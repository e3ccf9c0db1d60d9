"""Networks that judge and are not trained: gradients pass through them, they themselves stay."""

from typing import Any, TypeVar

import torch.nn.functional as F
from torch import Tensor, nn

Network = TypeVar("Network", bound=nn.Module)
LANDMARKS = (*range(17, 27), *range(36, 48), *range(60, 68))  # of 68: brows, eyes, inner mouth
ARCFACE_SIDE = 112


class Frozen(nn.Module):
    """Holds a network whose weights get no gradient and whose statistics never move."""

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network.requires_grad_(False)
        self.network.eval()

    def train(self, mode: bool = True) -> Any:
        """A trainer's `train()` reaches all modules; this one stays as it is."""
        return super().train(False)


class IdentityModule(Frozen):
    """Who a face is: an ArcFace network behind one form.

    Parameters
    ----------
    network : (b, 3, 112, 112) levels -1 to 1 -> (b, 512)
    """

    def forward(self, picture: Tensor) -> Tensor:
        """(b, 512) of length 1 from (b, 3, h, w) aligned crops with levels 0-1."""
        small = F.interpolate(picture, (ARCFACE_SIDE, ARCFACE_SIDE), mode="bilinear", antialias=True)
        return F.normalize(self.network(2 * small - 1), dim=1)


class LandmarkModule(Frozen):
    """Where brows, eyes and inner mouth are: 30 of the 68 points of a detector.

    Parameters
    ----------
    network : (b, 3, h, w) levels 0-1 -> (b, 68, 2), in any unit
    """

    def forward(self, picture: Tensor) -> Tensor:
        """(b, 30, 2) in the detector's unit."""
        points: Tensor = self.network(picture)[:, list(LANDMARKS)]
        return points
