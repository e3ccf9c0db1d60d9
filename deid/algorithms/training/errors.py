"""What training refuses or ends with, each as a sentence that says what to do."""

from deid.algorithms.errors import EngineError


class TrainingError(EngineError):
    """Training cannot start, or cannot go on; the last checkpoint stays."""


class BadConfig(TrainingError):
    """A key of a config is unknown, missing or out of range."""


class BadTrainingSet(TrainingError):
    """Nothing can be learned from these data."""


class BadCheckpoint(TrainingError):
    """A checkpoint cannot be read, or belongs to another training."""


class DiskFull(TrainingError):
    """There is no room for a file; the one before it stays."""


class Diverged(TrainingError):
    """A loss is no number any more."""
