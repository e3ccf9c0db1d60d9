"""A training that takes milliseconds: two straight lines, one of which learns in every second step."""

from dataclasses import replace

import numpy as np
import torch
from torch import nn

from deid.algorithms.training.config import RunConfig
from deid.algorithms.training.sheets import sheet
from deid.algorithms.training.trainer import Session

RUN = RunConfig(seed=7, steps=12, batch=4, checkpoint_every=5, sample_every=6, evaluate_every=6, threads=1)


class Lines:
    """Learns 3x + 1 twice, with dropout, a statistic that moves (batch norm) and Adam: all that a resume may lose."""

    losses, images = ("first", "second"), 4

    def __init__(self, break_at=0):
        torch.manual_seed(0)
        self.first = nn.Sequential(nn.Linear(1, 8), nn.BatchNorm1d(8), nn.Dropout(0.5), nn.Linear(8, 1))
        self.second = nn.Linear(1, 1)
        self._optimisers = {
            "first": torch.optim.Adam(self.first.parameters(), 0.01),
            "second": torch.optim.SGD(self.second.parameters(), 0.1, momentum=0.9),
        }
        self._break_at = break_at

    def modules(self):
        return {"first": self.first, "second": self.second}

    def optimisers(self):
        return self._optimisers

    def batch(self, step, rng):
        x = torch.from_numpy(rng.standard_normal((4, 1)).astype(np.float32))
        return step, x, 3 * x + 1 + (float("nan") if step == self._break_at else 0.0)

    def step(self, batch):
        step, x, y = batch
        names = ("first", "second") if step % 2 else ("first",)
        losses = {name: (self.modules()[name](x) - y).square().mean() for name in names}
        for name, loss in losses.items():
            self._optimisers[name].zero_grad()
            loss.backward()
            self._optimisers[name].step()
        return losses

    def sample(self):
        return sheet([np.full((2, 3, 8, 8), 0.5, np.float32)])

    def evaluate(self):
        return {"weight": self.second.weight.item()}

    def weights(self):
        return {"lines": self.second.state_dict()}


def session(break_at=0, trainer=None, **run):
    """A session of `Lines`; `run` are fields of its run config."""
    config = replace(RUN, **run)
    fixed = {"run": {"seed": config.seed, "batch": config.batch}}
    return Session("lines", config, trainer or Lines(break_at), {"about": "a test"}, fixed, {"numbers": "0" * 64})
