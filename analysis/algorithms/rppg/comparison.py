"""Every version of every person, judged by recognisers and pulse predictors."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial

import numpy as np
from numpy.typing import NDArray
from torch import nn

from analysis.algorithms.rppg.judged import Seen, seen
from analysis.algorithms.rppg.versions import blurred, converted, pixelated
from deid.algorithms.networks import rppg_autoencoder
from deid.algorithms.networks.loading import fill
from deid.algorithms.training.errors import BadConfig
from deid.algorithms.training.hardware import repeatable
from deid.algorithms.training.record import Record, record_of
from deid.algorithms.training.rppg.config import NONE, Predictor, RppgComparison
from deid.algorithms.training.rppg.data import open_set
from deid.algorithms.training.rppg.judges import file_of, label, load_predictor, load_recognisers
from deid.algorithms.training.rppg.stretches import Stretch
from modelstore.loading import tensors_of, torch_device
from modelstore.store import Store

Make = Callable[[NDArray[np.uint8]], NDArray[np.uint8]]
ORIGINAL, FULL = "original", "full"
PREDICTORS: tuple[Predictor, ...] = ("chrom", "physnet", "physformer")
# Versions by the key of `Trained`. The full one of the first table was trained with CHROM.
VERSIONS = {
    "without_regulariser": "without regulariser", "without_pulse_loss": "without pulse loss", "chrom": FULL,
    "physnet": "trained with physnet", "physformer": "trained with physformer",
}  # fmt: skip


@dataclass(slots=True)
class Compared:
    """All people under each version by name, the middle frame of each, and records of all weights: the autoencoders'
    by their version, those of recognisers and predictors, `judges`, by what they are called."""

    versions: dict[str, list[Seen]] = field(default_factory=dict)
    records: dict[str, Record | None] = field(default_factory=dict)
    judges: dict[str, Record | None] = field(default_factory=dict)
    pictures: dict[str, list[NDArray[np.uint8]]] = field(default_factory=dict)


def compare_versions(config: RppgComparison, store: Store, tell: Callable[[str], None]) -> Compared:
    """Every version of every person's test, judged by all recognisers and predictors.

    Raises
    ------
    BadWeights : weights are missing, or are another network's
    TrainingError : the set cannot be made, or the config names nothing to compare
    """
    if not _autoencoders(config):
        raise BadConfig("the config names no autoencoder: give at least trained.chrom.")
    people = open_set(config.data)
    judges = load_recognisers(store, (*config.seen, *config.unseen), people.n_persons)
    predictors: dict[str, nn.Module] = {
        each: load_predictor(store, each, str(getattr(config, each, ""))) for each in PREDICTORS
    }
    makers, found = _makers(config, store), Compared()
    found.records = {name: record_of(file_of(store, each)) for name, each in _autoencoders(config).items()}
    asked = (*config.seen, *config.unseen, config.physnet, config.physformer)
    found.judges = {label(each): record_of(file_of(store, each)) for each in asked}
    with repeatable(config.threads):
        _judge_all(people.test, makers, judges, predictors, found, tell)
    return found


def _judge_all(
    stretches: Sequence[Stretch], makers: Mapping[str, Make], judges: Mapping[str, nn.Module],
    predictors: Mapping[str, nn.Module], found: Compared, tell: Callable[[str], None],
) -> None:  # fmt: skip
    for done, stretch in enumerate(stretches, start=1):
        tell(f"{done} of {len(stretches)}: {stretch.source}")
        for name, make in makers.items():
            made = make(stretch.pictures)
            found.versions.setdefault(name, []).append(seen(stretch, made, judges, predictors))
            found.pictures.setdefault(name, []).append(made[len(made) // 2])


def _autoencoders(config: RppgComparison) -> dict[str, str]:
    """The name or file of each by its version's name, in the order of columns."""
    named = {each: str(getattr(config.trained, key)) for key, each in VERSIONS.items()}
    return {version: each for version, each in named.items() if each != NONE}


def _makers(config: RppgComparison, store: Store) -> dict[str, Make]:
    device = torch_device(store)
    made: dict[str, Make] = {ORIGINAL: lambda pictures: pictures, "pixelate": pixelated, "blur": blurred}
    for version, each in _autoencoders(config).items():
        tensors = tensors_of(file_of(store, each))
        network = rppg_autoencoder.build(tensors)
        fill(network, tensors, label(each))
        made[version] = partial(converted, network=network.eval().to(device), device=device)
    return made
