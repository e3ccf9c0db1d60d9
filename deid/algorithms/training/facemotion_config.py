"""What a training of FaceMotionPreserve can be told. No torch: pages read it too."""

from dataclasses import dataclass

from deid.algorithms.training.config import RunConfig, number, part, switch, text


@dataclass(frozen=True, slots=True)
class FacemotionModel:
    """As published. `width` and `discriminator` channels of the first convolutions; `side` pixels, a multiple of 8."""

    width: int = number(64, 4, 256)
    blocks: int = number(9, 1, 32)
    discriminator: int = number(64, 4, 256)
    side: int = number(224, 96, 512)


@dataclass(frozen=True, slots=True)
class FacemotionConfig:
    """A training on a set that `manage.py build_training_set` made.

    Parameters
    ----------
    data : folder of the set
    identity, points : the judges, each a name of the model store or a file: who a face is, where its 68 points are
    landmarks : the switch l, whether the landmark loss counts
    blinks : the switch d, whether blink frames are among what is learned from
    held_out : identities that no step sees
    rate : of learning, of Adam with betas 0 and 0.990 as published
    warm_up : steps at the start that only give faces back as they are, with the picture loss alone; the paper has none,
        short trainings need it: a generator that draws no faces yet learns to please the judges with smears

    References
    ----------
    Zhu et al. 2024, "FaceMotionPreserve": batch 32, Adam 1e-4, 224 pixels, 500 epochs.
    """

    data: str = text()
    identity: str = text("w600k_r50")
    points: str = text("landmarks68")
    landmarks: bool = switch(True)
    blinks: bool = switch(True)
    held_out: int = number(8, 2, 1000)
    rate: float = number(1e-4, 1e-7, 0.1)
    warm_up: int = number(0, 0, 10**6)
    model: FacemotionModel = part(FacemotionModel)
    run: RunConfig = part(RunConfig)
