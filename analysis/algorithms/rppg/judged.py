"""What recognisers and pulse predictors make of one version of a stretch, and means over people."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from analysis.algorithms.fidelity.errors import Unavailable
from analysis.algorithms.fidelity.identity import verification
from analysis.algorithms.fidelity.pulse import BAND, agreement, heart_rate
from deid.algorithms.networks.chrom import Chrom
from deid.algorithms.networks.rppg_losses import similarity
from deid.algorithms.training.rppg.predictor import likeness, long_pulse
from deid.algorithms.training.rppg.recogniser import EVERY
from deid.algorithms.training.rppg.stretches import FPS, Stretch, chrom_pulse

Floats = NDArray[np.float64]
UNKNOWN = float("nan")


@dataclass(frozen=True, slots=True)
class Pulse:
    """Of one stretch: beats a minute as a predictor tells them (a still signal: the band's lower end) and as they were
    put in; Pearson's r of the signal with the one put in, and with what the predictor tells of the original."""

    told: float
    true: float
    r_true: float
    r_original: float


@dataclass(frozen=True, slots=True)
class Seen:
    """One version of one stretch. `scores` (frames, persons) probabilities by recogniser; `pulses` by predictor."""

    person: int
    scores: Mapping[str, Floats]
    pulses: Mapping[str, Pulse]
    psnr: float
    ssim: float


def seen(
    original: Stretch, version: NDArray[np.uint8], recognisers: Mapping[str, nn.Module],
    predictors: Mapping[str, Callable[[Tensor], Tensor]], device: str = "cpu",
) -> Seen:  # fmt: skip
    """Judge a version, pictures as those of the stretch that it was made of."""
    made = replace(original, pictures=version)
    one, two = (_levels(each.pictures[::EVERY]) for each in (original, made))
    with torch.inference_mode():
        scores = {name: each(two.to(device)).softmax(1).double().cpu().numpy() for name, each in recognisers.items()}
    wrong = float((one - two).square().mean())
    return Seen(
        original.person, scores, {name: _pulse(original, made, each, device) for name, each in predictors.items()},
        psnr=float(-10 * np.log10(wrong)) if wrong else float("inf"), ssim=float(similarity(one, two)),
    )  # fmt: skip


def accuracy(people: Sequence[Seen], recogniser: str) -> float:
    """Share of frames in which the right person is named, mean over people."""
    return float(np.mean([(each.scores[recogniser].argmax(axis=1) == each.person).mean() for each in people]))


def equal_error(people: Sequence[Seen], recogniser: str) -> float:
    """Equal error rate of "is it this person?", asked of each frame and person."""
    genuine = np.concatenate([each.scores[recogniser][:, each.person] for each in people])
    others = [np.delete(each.scores[recogniser], each.person, axis=1).ravel() for each in people]
    return verification(1 - genuine, 1 - np.concatenate(others)).eer


@dataclass(frozen=True, slots=True)
class PulseMeans:
    """Over `n` people: heart rates against those that were put in, and mean r of signals; NaN where there is none."""

    n: int
    mae: float
    rmse: float
    r_rates: float
    r_true: float
    r_original: float


def pulse_means(people: Sequence[Seen], predictor: str) -> PulseMeans:
    """Means over the people whose pulse is known."""
    found = [each.pulses[predictor] for each in people if np.isfinite(each.pulses[predictor].true)]
    if not found:
        return PulseMeans(0, *[UNKNOWN] * 5)
    true, told = (np.array([getattr(each, name) for each in found]) for name in ("true", "told"))
    rates = agreement(true, told)
    means = [float(np.mean([getattr(each, name) for each in found])) for name in ("r_true", "r_original")]
    return PulseMeans(rates.n, rates.mae, rates.rmse, rates.r, *means)


def _pulse(original: Stretch, made: Stretch, predictor: Callable[[Tensor], Tensor], device: str) -> Pulse:
    before, after = (_signal(predictor, each, device) for each in (original, made))
    try:
        told = heart_rate(after, FPS).bpm
    except Unavailable:
        told = 60 * BAND[0]
    return Pulse(told, original.bpm, likeness(original.pulse, after), likeness(before, after))


def _signal(predictor: Callable[[Tensor], Tensor], stretch: Stretch, device: str) -> Floats:
    """(n,) pulse of a whole stretch. CHROM has windows of its own and takes it at once."""
    if not isinstance(predictor, Chrom):
        return long_pulse(predictor, stretch, device)
    return chrom_pulse(stretch.pictures).astype(np.float64)


def _levels(pictures: NDArray[np.uint8]) -> Tensor:
    return torch.from_numpy(pictures.copy()).permute(0, 3, 1, 2).float() / 255
