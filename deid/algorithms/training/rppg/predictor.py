"""Training a network that tells the pulse of a clip: PhysNet or PhysFormer, on phantoms whose pulse is known."""

from collections.abc import Callable, Mapping
from dataclasses import replace

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.optim import AdamW, Optimizer

from deid.algorithms.networks.physformer import PhysFormer, PhysFormerConfig
from deid.algorithms.networks.physnet import PhysNet, PhysNetConfig
from deid.algorithms.networks.rppg_losses import LEAST, pulse_loss
from deid.algorithms.training.config import fixed, to_table
from deid.algorithms.training.hardware import Hardware, hardware_of
from deid.algorithms.training.rppg.config import PredictorTraining
from deid.algorithms.training.rppg.data import open_set, sources
from deid.algorithms.training.rppg.stretches import FRAMES, Stretch, Stretches, drawn_clips
from deid.algorithms.training.trainer import Session
from modelstore.store import Store
from videoio.frames import RGB

ROW, WIDE = 60, 640  # pixels of a drawn signal
TRUE, FOUND = (150, 150, 150), (0, 114, 178)
DRAWN, TESTED = 6, 4 * FRAMES  # signals of a sheet; frames of a test that an evaluation looks at
LIGHT, PEDESTAL = 0.2, 0.03  # how far a clip's light is varied


class PredictorTrainer:
    """1 - Pearson's r of the predicted and the true pulse."""

    losses = ("pulse",)

    def __init__(self, config: PredictorTraining, found: Stretches, hardware: Hardware) -> None:
        self._config, self._found, self._hardware = config, found, hardware
        torch.manual_seed(config.run.seed)
        self.network = _network(config).to(hardware.device)
        self.optimiser = AdamW(self.network.parameters(), config.rate)
        self.images = config.run.batch * FRAMES

    def modules(self) -> Mapping[str, nn.Module]:
        return {"predictor": self.network}

    def optimisers(self) -> Mapping[str, Optimizer]:
        return {"predictor": self.optimiser}

    def batch(self, step: int, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        clips, pulses, _ = drawn_clips(self._found.train, self._config.run.batch, rng)
        return _lit(clips, rng).to(self._hardware.device), pulses.to(self._hardware.device)

    def step(self, batch: tuple[Tensor, Tensor]) -> Mapping[str, Tensor]:
        clips, pulses = batch
        with self._hardware.autocast():
            found = self.network.train()(clips)
        loss = pulse_loss(pulses, found.float())
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()
        return {"pulse": loss.detach()}

    def sample(self) -> RGB:
        """The pulse that is known, in grey, and what the network tells of it; one row for each of a few people."""
        rows = []
        for stretch in self._found.test[:DRAWN]:
            rows.append(drawn(*self._told(stretch)))
        return np.concatenate(rows)

    def evaluate(self) -> Mapping[str, float]:
        """Mean over people of r over the beginning of the test; a chance of 0."""
        found = [likeness(*self._told(each)) for each in self._found.test]
        return {"r": float(np.mean(found)), "lowest r": min(found)}

    def _told(self, stretch: Stretch) -> tuple[NDArray[np.float32], NDArray[np.float64]]:
        """The true pulse of a test's beginning, and what the network tells of it."""
        begun = replace(stretch, pictures=stretch.pictures[:TESTED], pulse=stretch.pulse[:TESTED])
        return begun.pulse, long_pulse(self.network.eval(), begun, self._hardware.device)

    def weights(self) -> Mapping[str, Mapping[str, Tensor]]:
        return {self._config.network: self.network.state_dict()}


def long_pulse(network: Callable[[Tensor], Tensor], stretch: Stretch, device: str = "cpu") -> NDArray[np.float64]:
    """(n,) pulse of a whole stretch: the mean, under Hann weights, of clips that overlap by half, brought to one size.

    Parameters
    ----------
    network : (b, 3, 64, h, w) levels -> (b, 64)
    """
    n_frames = len(stretch.pictures)
    pulse, weight, hann = np.zeros(n_frames), np.zeros(n_frames), np.hanning(FRAMES + 2)[1:-1]
    for start in sorted({*range(0, n_frames - FRAMES, FRAMES // 2), n_frames - FRAMES}):
        with torch.inference_mode():
            found = network(stretch.clip(start)[0][None].to(device))[0].double().cpu().numpy()
        pulse[start : start + FRAMES] += hann * (found - found.mean()) / max(float(found.std()), LEAST)
        weight[start : start + FRAMES] += hann
    return pulse / weight


def likeness(one: NDArray[np.floating], two: NDArray[np.floating]) -> float:
    """Pearson's r of two (n,) signals; 0 where one stands still."""
    return 1 - float(pulse_loss(*(torch.from_numpy(np.asarray(each, np.float64))[None] for each in (one, two))))


def drawn(truth: NDArray[np.floating], found: NDArray[np.floating]) -> RGB:
    """(60, 640, 3) two (n,) signals over one another."""
    picture = np.full((ROW, WIDE, 3), 255, np.uint8)
    for signal, colour in ((truth, TRUE), (found, FOUND)):
        level = (signal - signal.mean()) / max(float(signal.std()), LEAST)
        y = np.clip(ROW / 2 - level * ROW / 6, 0, ROW - 1)
        line = np.stack([np.linspace(0, WIDE - 1, len(signal)), y], axis=1).round().astype(np.int32)
        cv2.polylines(picture, [line[:, None]], False, colour, 1, cv2.LINE_AA)
    return picture


def _network(config: PredictorTraining) -> nn.Module:
    if config.network == "physnet":
        return PhysNet(PhysNetConfig(config.width))
    return PhysFormer(PhysFormerConfig(dim=config.dim, ff=config.ff, layers=config.layers))


def _lit(clips: Tensor, rng: np.random.Generator) -> Tensor:
    """(b, 3, t, h, w) under another light and tint each, the same in all frames of a clip; some mirrored."""
    shape = (len(clips), 3, 1, 1, 1)
    tint = torch.from_numpy(1 + rng.uniform(-LIGHT, LIGHT, shape).astype(np.float32))
    lift = torch.from_numpy(rng.uniform(-PEDESTAL, PEDESTAL, shape).astype(np.float32))
    mirrored = torch.from_numpy(rng.random((len(clips), 1, 1, 1, 1)) < 0.5)
    return (torch.where(mirrored, clips.flip(4), clips) * tint + lift).clamp(0, 1)


def open_session(config: PredictorTraining, store: Store) -> Session:
    """Raises BadTrainingSet, BadConfig or TrainingError where it cannot start."""
    found, hardware = open_set(config.data), hardware_of(config.run)
    return Session(
        "rppg_predictor", config.run, PredictorTrainer(config, found, hardware), to_table(config), fixed(config),
        {"stretches": found.sha256()}, sources(found),
    )  # fmt: skip
