"""Train FaceMotionPreserve on a training set."""

from deid.management.training import TrainingCommand


class Command(TrainingCommand):
    help = "Train FaceMotionPreserve. Exit status: 0 ended or stopped, 2 the config, the data or the device do not do."
    kind = "facemotion"
