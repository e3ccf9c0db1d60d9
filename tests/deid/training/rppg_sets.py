"""A set of two phantoms for the trainings around the autoencoder: made once for all tests of a process, in seconds."""

from functools import cache
from pathlib import Path
from tempfile import mkdtemp

from deid.algorithms.training.rppg.config import PulseData
from deid.algorithms.training.rppg.data import open_set

SMALL = {"identities": 2, "side": 32, "recordings": 1, "seconds": 3, "test_seconds": 10}


@cache
def folder():
    """Where phantoms are kept between trainings."""
    return mkdtemp()


def told():
    """The table `data` of a config."""
    return SMALL | {"folder": folder()}


@cache
def stretches():
    return open_set(PulseData(**told()))


def named(out, name):
    """The file of weights that a training of the tests left."""
    return str(Path(out) / "out" / "weights" / f"{name}.safetensors")
