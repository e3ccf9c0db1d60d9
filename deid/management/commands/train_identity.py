"""Train a small network that tells who a face is, where the model store has no ArcFace."""

from deid.management.training import TrainingCommand


class Command(TrainingCommand):
    help = "Train a small ArcFace. Exit status: 0 ended or stopped, 2 the config, the data or the device do not do."
    kind = "identity"
