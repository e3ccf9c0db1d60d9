"""What the store refuses, each as a sentence that says what to do. All are `BadWeights`."""


class BadWeights(ValueError):
    """Weights cannot be used; the message says what was found and what to do."""


class UnknownWeights(BadWeights):
    """No entry of the manifest has the name."""


class MissingWeights(BadWeights):
    """The file is not on this machine, or nobody has recorded its hash."""


class LicenceForbids(BadWeights):
    """The weights' licence does not allow what this deployment is for."""


class NoCuda(BadWeights):
    """CUDA was asked for and is not there."""
