"""Train Faceswap on two identities of a training set."""

from deid.management.training import TrainingCommand


class Command(TrainingCommand):
    help = "Train Faceswap. Exit status: 0 ended or stopped, 2 the config, the data or the device do not do."
    kind = "faceswap"
