"""Pictures that are moved and lit a little differently each time; torch's generator draws how."""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

TURN, SCALE, SHIFT = math.radians(8), 0.08, 0.03  # standard deviations; the shift as a share of the side
LIGHT, CONTRAST, TINT = 0.12, 0.2, 0.05
COARSEST = 0.4  # of the side, at which every second picture is shown at the least


def moved(pictures: Tensor, points: Tensor | None = None) -> tuple[Tensor, Tensor | None]:
    """(b, 3, s, s) pictures and (b, n, 2) points in their pixels, each turned, scaled and shifted."""
    b, side = len(pictures), pictures.shape[-1]
    turn, scale = TURN * torch.randn(b), torch.exp(SCALE * torch.randn(b))
    shift = 2 * SHIFT * torch.randn(b, 2)  # in the grid's unit: the picture is 2 wide
    cosine, sine = torch.cos(turn) * scale, torch.sin(turn) * scale
    matrix = torch.stack([torch.stack([cosine, -sine], 1), torch.stack([sine, cosine], 1)], 1)  # (b, 2, 2) out to in
    theta = torch.cat([matrix, shift[:, :, None]], dim=2).to(pictures.device)
    grid = F.affine_grid(theta, list(pictures.shape), align_corners=False)
    made = F.grid_sample(pictures, grid, mode="bilinear", padding_mode="reflection", align_corners=False)
    if points is None:
        return made, None
    inside = (points + 0.5) * (2 / side) - 1 - shift[:, None].to(points.device)
    back = inside @ torch.linalg.inv(matrix).transpose(1, 2).to(points.device)
    return made, (back + 1) * (side / 2) - 0.5


def relit(pictures: Tensor) -> Tensor:
    """Brighter or darker, more or less contrast, another tint; half of them coarser."""
    b, device = len(pictures), pictures.device
    light, contrast = (amount * torch.randn(b, 1, 1, 1).to(device) for amount in (LIGHT, CONTRAST))
    tint = (TINT * torch.randn(b, 3, 1, 1)).to(device)
    made = (pictures - 0.5) * torch.exp(contrast) + 0.5 + light + tint
    side = int(pictures.shape[-1] * (COARSEST + (1 - COARSEST) * torch.rand(()).item()))
    coarse = F.interpolate(F.interpolate(made, (side, side), mode="area"), made.shape[-2:], mode="bilinear")
    return torch.where((torch.rand(b, 1, 1, 1) < 0.5).to(device), coarse, made).clamp(0, 1)
