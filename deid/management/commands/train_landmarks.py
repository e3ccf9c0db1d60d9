"""Train a small network that tells where the 68 points of a face are, through which gradients pass."""

from deid.management.training import TrainingCommand


class Command(TrainingCommand):
    help = "Train the 68 points. Exit status: 0 ended or stopped, 2 the config, the data or the device do not do."
    kind = "landmarks"
