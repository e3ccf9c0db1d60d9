"""What a training of Faceswap can be told. No torch: pages read it too."""

from dataclasses import dataclass

from deid.algorithms.training.config import RunConfig, number, part, text


@dataclass(frozen=True, slots=True)
class FaceswapModel:
    """As published. `width` channels of the first convolution, `dense` length of the code."""

    width: int = number(128, 4, 512)
    dense: int = number(1024, 8, 8192)


@dataclass(frozen=True, slots=True)
class FaceswapTraining:
    """A training on two identities of a set that `manage.py build_training_set` made.

    Parameters
    ----------
    data : folder of the set
    patient, donor : names of identities in it: a face of the first is to become one of the second
    rate : of learning, of Adam with betas 0.5 and 0.999
    warp : how far a point of the picture that goes in is moved at random, as a share of its side

    References
    ----------
    Zhu et al. 2020, "Deepfakes for Medical Video De-Identification": mean absolute error, Adam 5e-5 with beta1 0.5,
    batch 64, the picture that goes in warped at random.
    """

    data: str = text()
    patient: str = text()
    donor: str = text()
    rate: float = number(5e-5, 1e-7, 0.1)
    warp: float = number(0.04, 0.0, 0.2)
    model: FaceswapModel = part(FaceswapModel)
    run: RunConfig = part(RunConfig, batch=64)
