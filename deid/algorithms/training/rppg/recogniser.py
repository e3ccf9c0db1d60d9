"""Training a recogniser of the people of a set, which the autoencoder then has to deceive."""

from collections.abc import Mapping

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim import AdamW, Optimizer

from deid.algorithms.networks.recognisers import ARCHITECTURES, RecogniserConfig
from deid.algorithms.training.config import fixed, to_table
from deid.algorithms.training.hardware import Hardware, hardware_of
from deid.algorithms.training.rppg.config import RECOGNISER, RecogniserTraining
from deid.algorithms.training.rppg.data import open_set, sources
from deid.algorithms.training.rppg.stretches import Stretch, Stretches, drawn_faces
from deid.algorithms.training.sheets import sheet
from deid.algorithms.training.trainer import Session
from modelstore.store import Store
from videoio.frames import RGB

EVERY, SHOWN = 15, 8  # frames of a test stretch, pictures of a sheet


class RecogniserTrainer:
    """Cross-entropy of single frames whose light, place, size and noise vary."""

    losses = ("cross_entropy",)

    def __init__(self, config: RecogniserTraining, found: Stretches, hardware: Hardware) -> None:
        self._config, self._found, self._hardware = config, found, hardware
        torch.manual_seed(config.run.seed)
        wish = RecogniserConfig(found.n_persons, config.width)
        self.network = ARCHITECTURES[config.architecture](wish).to(hardware.device)
        self.optimiser = AdamW(self.network.parameters(), config.rate)
        self.images = config.run.batch

    def modules(self) -> Mapping[str, nn.Module]:
        return {"recogniser": self.network}

    def optimisers(self) -> Mapping[str, Optimizer]:
        return {"recogniser": self.optimiser}

    def batch(self, step: int, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        faces, persons = drawn_faces(self._found.train, self._config.run.batch, rng)
        return varied(faces).to(self._hardware.device), persons.to(self._hardware.device)

    def step(self, batch: tuple[Tensor, Tensor]) -> Mapping[str, Tensor]:
        faces, persons = batch
        with self._hardware.autocast():
            logits = self.network.train()(faces).float()
        loss = F.cross_entropy(logits, persons, label_smoothing=self._config.smoothing)
        self.optimiser.zero_grad()
        loss.backward()
        self.optimiser.step()
        return {"cross_entropy": loss.detach()}

    def sample(self) -> RGB:
        """Faces of the training as they are varied, each with the test's face of whom the recogniser takes it for."""
        faces, _ = drawn_faces(self._found.train, SHOWN, np.random.default_rng(0))
        with torch.inference_mode():
            taken = self.network.eval()(faces.to(self._hardware.device)).argmax(1).tolist()
        first = {each.person: each.clip(0, 1)[0][:, 0] for each in self._found.test}
        return sheet([faces.numpy(), torch.stack([first[person] for person in taken]).numpy()])

    def evaluate(self) -> Mapping[str, float]:
        shares = [accuracy(self.network.eval(), each, self._hardware.device) for each in self._found.test]
        return {"accuracy": float(np.mean(shares)), "chance": 1 / self._found.n_persons}

    def weights(self) -> Mapping[str, Mapping[str, Tensor]]:
        return {RECOGNISER.format(self._config.architecture): self.network.state_dict()}


def accuracy(network: nn.Module, stretch: Stretch, device: str = "cpu") -> float:
    """Share of a stretch's frames, two a second, in which the network names the right person."""
    pictures = torch.from_numpy(stretch.pictures[::EVERY].copy()).permute(0, 3, 1, 2).to(device).float() / 255
    with torch.inference_mode():
        return float((network(pictures).argmax(1) == stretch.person).float().mean())


def varied(faces: Tensor) -> Tensor:
    """(b, 3, h, w) levels 0-1 with another light, tint, place, size and noise each, drawn by torch's generator."""
    b = len(faces)

    def drawn(reach: float, *shape: int) -> Tensor:
        return reach * (2 * torch.rand(b, *shape) - 1)

    lit = ((faces - 0.5) * (1 + drawn(0.3, 1, 1, 1)) + 0.5) * (1 + drawn(0.15, 3, 1, 1)) + drawn(0.05, 1, 1, 1)
    moves = torch.zeros(b, 2, 3)
    size = 1 + drawn(0.1)
    moves[:, 0, 0] = size * torch.where(torch.rand(b) < 0.5, -1.0, 1.0)
    moves[:, 1, 1], moves[:, :, 2] = size, drawn(0.1, 2)
    grid = F.affine_grid(moves, list(faces.shape), align_corners=False)
    moved = F.grid_sample(lit, grid, padding_mode="border", align_corners=False)
    return (moved + 0.03 * torch.rand(b, 1, 1, 1) * torch.randn_like(moved)).clamp(0, 1)


def open_session(config: RecogniserTraining, store: Store) -> Session:
    """Raises BadTrainingSet, BadConfig or TrainingError where it cannot start."""
    found, hardware = open_set(config.data), hardware_of(config.run)
    return Session(
        "rppg_recogniser", config.run, RecogniserTrainer(config, found, hardware), to_table(config), fixed(config),
        {"stretches": found.sha256()}, sources(found),
    )  # fmt: skip
