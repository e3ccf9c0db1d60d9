"""What the training loop asks of a trainer, and what it tells while it runs."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeVar

import numpy as np
from torch import Tensor, nn
from torch.optim import Optimizer

from deid.algorithms.training.config import RunConfig
from videoio.frames import RGB

Batch = TypeVar("Batch")
Why = Literal["steps", "time", "stopped"]


class Trainer(Protocol[Batch]):
    """One network's, or one group of networks', training. See the package for how to add one."""

    @property
    def losses(self) -> tuple[str, ...]:
        """Columns of the curve, in their order."""
        ...

    @property
    def images(self) -> int:
        """That one step sees."""
        ...

    def modules(self) -> Mapping[str, nn.Module]:
        """All whose weights or statistics change."""
        ...

    def optimisers(self) -> Mapping[str, Optimizer]: ...

    def batch(self, step: int, rng: np.random.Generator) -> Batch:
        """What step number `step`, from 1, learns from."""
        ...

    def step(self, batch: Batch) -> Mapping[str, Tensor]:
        """Learn; the losses, each a (,) tensor. One that this step has not is left out."""
        ...

    def sample(self) -> RGB:
        """A sheet of pictures on which one sees what was learned; `sheets.sheet` lays them out."""
        ...

    def evaluate(self) -> Mapping[str, float]:
        """How well it does on data that no step sees; the same keys each time."""
        ...

    def weights(self) -> Mapping[str, Mapping[str, Tensor]]:
        """Tensors of each network that is wanted, by the name it has in the model store."""
        ...


@dataclass(frozen=True, slots=True)
class Session:
    """A training that is ready to start.

    Parameters
    ----------
    kind : name in `registry.py`
    config : as it was read, for the records
    fixed : what of it must be the same in a resume
    data : SHA-256 by name of what is learned from
    about : of the data and modules, for whoever gets the weights: licences, identities, what was left out
    """

    kind: str
    run: RunConfig
    trainer: Trainer[Any]
    config: Mapping[str, Any]
    fixed: Mapping[str, Any]
    data: Mapping[str, str]
    about: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Progress:
    """Told after every step; `left` seconds, as far as one can say."""

    step: int
    total: int
    images: int
    losses: Mapping[str, float]
    seconds: float
    left: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a training ended, and what `training.json` says of it."""

    why: Why
    step: int
    images: int
    seconds: float
    losses: Mapping[str, float]
    evaluation: Mapping[str, float]
