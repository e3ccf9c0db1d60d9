"""What trainings of the judges can be told: who a face is, where its points are. No torch: pages read it too."""

from dataclasses import dataclass

from deid.algorithms.training.config import RunConfig, number, part, text


@dataclass(frozen=True, slots=True)
class IdentityConfig:
    """A training of a small ArcFace.

    Parameters
    ----------
    data : folder of a set that `manage.py build_training_set` made
    test : of another, whose identities are not in the first; left out: some of the first's are held out
    held_out : how many
    rate : of learning, of AdamW; it halves every `half_life` steps
    width : channels of the first convolution, of stride 2; each stage has one block
    margin, scale : of ArcFace's loss, radians and factor; published: 0.5 and 64 for millions of pictures
    """

    data: str = text()
    test: str = text("")
    held_out: int = number(30, 2, 10_000)
    rate: float = number(1e-3, 1e-7, 0.1)
    half_life: int = number(400, 1, 10**8)
    width: int = number(16, 4, 64)
    margin: float = number(0.3, 0.0, 1.0)
    scale: float = number(24.0, 1.0, 128.0)
    run: RunConfig = part(RunConfig, batch=64)


@dataclass(frozen=True, slots=True)
class LandmarksTraining:
    """A training of the 68 points.

    Parameters
    ----------
    data, test, held_out, rate, half_life : as of `IdentityConfig`
    width : channels of the first convolution
    """

    data: str = text()
    test: str = text("")
    held_out: int = number(30, 2, 10_000)
    rate: float = number(1e-3, 1e-7, 0.1)
    half_life: int = number(400, 1, 10**8)
    width: int = number(24, 4, 64)
    run: RunConfig = part(RunConfig, batch=64)
