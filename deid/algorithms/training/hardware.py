"""Where a training runs, in which precision, and from which seeds."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass

import numpy as np
import torch

from deid.algorithms.training.config import Precision, RunConfig
from deid.algorithms.training.errors import TrainingError


@dataclass(frozen=True, slots=True)
class Hardware:
    """`device` "cpu" or "cuda"; `precision` of forward passes."""

    device: str = "cpu"
    precision: Precision = "float32"

    def autocast(self) -> AbstractContextManager[object]:
        """Run forward passes within it; sums and weights stay in float32."""
        if self.precision == "float32":
            return nullcontext()
        autocast: AbstractContextManager[object] = torch.autocast(self.device, dtype=torch.bfloat16)
        return autocast


def hardware_of(run: RunConfig) -> Hardware:
    """What a run asks for.

    Raises
    ------
    TrainingError : CUDA, or its bfloat16, is asked for and not there
    """
    present = torch.cuda.is_available()
    if run.device == "cuda" and not present:
        raise TrainingError("run.device asks for cuda, but torch sees no CUDA device: set it to auto or cpu.")
    device = "cuda" if present and run.device != "cpu" else "cpu"
    if device == "cuda" and run.precision == "bfloat16" and not torch.cuda.is_bf16_supported():
        raise TrainingError("run.precision is bfloat16, which this CUDA device cannot do: set it to float32.")
    return Hardware(device, run.precision)


def seeded(seed: int, step: int) -> np.random.Generator:
    """Seed torch for a step, and a generator for what numpy draws in it.

    No state of generators has to be kept: a step draws the same whatever ran before it.
    """
    states = np.random.SeedSequence([seed, step]).generate_state(2)
    torch.manual_seed(int(states[0]))
    return np.random.default_rng(int(states[1]))


@contextmanager
def repeatable(threads: int) -> Iterator[None]:
    """The same numbers in every run, as far as the device's kernels allow; what was set before is put back."""
    before, strict = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    benchmark = torch.backends.cudnn.benchmark
    torch.use_deterministic_algorithms(True, warn_only=True)
    torch.backends.cudnn.benchmark = False
    if threads:
        torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_num_threads(before)
        torch.use_deterministic_algorithms(strict)
        torch.backends.cudnn.benchmark = benchmark
