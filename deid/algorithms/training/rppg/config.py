"""What the trainings around the pulse-preserving autoencoder can be told. No torch: pages read it too."""

from dataclasses import dataclass
from typing import Literal

from deid.algorithms.training.config import RunConfig, choice, number, part, switch, text, texts

Architecture = Literal["plain", "residual", "separable", "mixer", "wide"]
Predictor = Literal["chrom", "physnet", "physformer"]
RECOGNISER = "recogniser_{}"  # name of weights, by architecture
NONE = "-"  # no folder, no weights


@dataclass(frozen=True, slots=True)
class PulseData:
    """Phantoms, whose pulse is known, and videos of real people.

    Parameters
    ----------
    identities : synthetic faces, each of them in training and in test
    side : pixels of a crop, a multiple of 32
    recordings, seconds : for training, of each identity
    test_seconds : of the one recording for the test of each identity
    videos : files of one face each; two thirds of each are trained on, the rest is tested. Their pulse is CHROM's
        estimate
    folder : where phantoms are kept for the next training; "-" keeps none
    """

    identities: int = number(12, 2, 42)
    side: int = number(128, 32, 256)
    recordings: int = number(4, 1, 100)
    seconds: float = number(10.0, 3.0, 120.0)
    test_seconds: float = number(30.0, 10.0, 120.0)
    seed: int = number(1, 0, 2**32 - 1)
    videos: tuple[str, ...] = texts(())
    folder: str = text(NONE)


@dataclass(frozen=True, slots=True)
class RecogniserTraining:
    """A recogniser of the people of the set, by single frames.

    Parameters
    ----------
    width : channels of its first layer
    smoothing : of labels. A recogniser that is quite sure gives whoever wants to deceive it no gradient to go by
    rate : of learning, of AdamW
    """

    stage: Literal["recogniser"] = choice("recogniser", "recogniser")
    architecture: Architecture = choice("plain", "plain", "residual", "separable", "mixer", "wide")
    width: int = number(16, 2, 256)
    smoothing: float = number(0.2, 0.0, 0.9)
    rate: float = number(2e-3, 1e-7, 0.1)
    data: PulseData = part(PulseData)
    run: RunConfig = part(RunConfig, batch=64, steps=300)


@dataclass(frozen=True, slots=True)
class PredictorTraining:
    """A network that tells the pulse of a clip.

    Parameters
    ----------
    width : channels of the first convolution of PhysNet
    dim, ff, layers : of PhysFormer: channels of a token, of its wide layer, and how many blocks
    rate : of learning, of AdamW
    """

    stage: Literal["predictor"] = choice("predictor", "predictor")
    network: Literal["physnet", "physformer"] = choice("physnet", "physnet", "physformer")
    width: int = number(16, 2, 256)
    dim: int = number(96, 8, 768)
    ff: int = number(144, 8, 3072)
    layers: int = number(12, 1, 24)
    rate: float = number(1e-3, 1e-7, 0.1)
    data: PulseData = part(PulseData)
    run: RunConfig = part(RunConfig, batch=4, steps=2000)


@dataclass(frozen=True, slots=True)
class AutoencoderTraining:
    """The autoencoder against frozen recognisers, beside a frozen predictor.

    Parameters
    ----------
    width : channels of its first convolution
    recognisers : recognisers of the same set that it is to deceive, each a name of the model store or a file
    unseen : others that are only asked how well they still know the faces
    predictor : whose pulse of input and output is to be the same
    physnet, physformer : the weights of these two, a name of the model store or a file
    regulariser : the switch that pulls a recogniser's answers towards "anybody"; off, only the truth is pushed down
    pulse_loss : the switch of the third loss
    push : against recognisers: the published loss, or ours that stops where they guess (`chance_loss`)
    reconstruction, identity, pulse : weights of the three losses
    frames : of each clip that recognisers look at in a step
    warm_up : steps at the start in which the picture alone counts; the two other losses then come in over as many
    rate, decay : of learning, of AdamW with betas 0.9 and 0.99

    References
    ----------
    Savic & Zhao 2023: 1.5, 0.3 and 0.1; AdamW 3e-4, decay 0.05, batch 8, 20 epochs; 8 frames of 64.
    """

    stage: Literal["autoencoder"] = choice("autoencoder", "autoencoder")
    width: int = number(32, 2, 256)
    recognisers: tuple[str, ...] = texts((RECOGNISER.format("plain"),))
    unseen: tuple[str, ...] = texts(())
    predictor: Predictor = choice("chrom", "chrom", "physnet", "physformer")
    physnet: str = text("physnet")
    physformer: str = text("physformer")
    regulariser: bool = switch(True)
    pulse_loss: bool = switch(True)
    push: Literal["published", "chance"] = choice("published", "published", "chance")
    reconstruction: float = number(1.5, 0.0, 100.0)
    identity: float = number(0.3, 0.0, 100.0)
    pulse: float = number(0.1, 0.0, 100.0)
    frames: int = number(8, 1, 64)
    warm_up: int = number(0, 0, 10**6)
    rate: float = number(3e-4, 1e-7, 0.1)
    decay: float = number(0.05, 0.0, 1.0)
    data: PulseData = part(PulseData)
    run: RunConfig = part(RunConfig, batch=8, steps=10_000)


@dataclass(frozen=True, slots=True)
class Trained:
    """Autoencoders, each a name of the model store or a file; "-" where there is none.

    `chrom`, `physnet`, `physformer` say which predictor each was trained with; the first is the full one of the table
    of recognisers, beside the two with a switch off.
    """

    without_regulariser: str = text(NONE)
    without_pulse_loss: str = text(NONE)
    chrom: str = text(NONE)
    physnet: str = text(NONE)
    physformer: str = text(NONE)


@dataclass(frozen=True, slots=True)
class RppgComparison:
    """What is compared: `seen` recognisers the autoencoders were trained against, `unseen` others; names or files."""

    seen: tuple[str, ...] = texts()
    unseen: tuple[str, ...] = texts(())
    physnet: str = text("physnet")
    physformer: str = text("physformer")
    threads: int = number(1, 1, 256)
    trained: Trained = part(Trained)
    data: PulseData = part(PulseData)
