"""Train what the pulse-preserving autoencoder needs, and the autoencoder: the config's `stage` says which."""

from pathlib import Path

from deid.algorithms.training.config import read_table
from deid.algorithms.training.errors import BadConfig
from deid.algorithms.training.registry import Kind, get_kind
from deid.management.training import TrainingCommand

STAGES = ("recogniser", "predictor", "autoencoder")


class Command(TrainingCommand):
    help = (
        "Train a recogniser, a pulse predictor or the autoencoder, as the config's stage says. Exit status: 0 ended or "
        "stopped, 2 the config, the data or the device do not do."
    )

    def kind_of(self, config: Path) -> Kind:
        stage = read_table(config).get("stage")
        if stage not in STAGES:
            raise BadConfig(f"{config}: stage must be one of {', '.join(STAGES)}, was {stage!r}.")
        return get_kind(f"rppg_{stage}")
