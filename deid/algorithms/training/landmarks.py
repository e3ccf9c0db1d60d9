"""Training the 68 points where the model store has none: what the face mesh says, put into a network with gradients."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from deid.algorithms.networks.frozen import LANDMARKS
from deid.algorithms.networks.landmarks68 import UNIT, Landmarks68, LandmarksConfig
from deid.algorithms.training.augmenting import moved, relit
from deid.algorithms.training.config import fixed, to_table
from deid.algorithms.training.hardware import Hardware, hardware_of
from deid.algorithms.training.held_out import Divided, divided
from deid.algorithms.training.judges_config import LandmarksTraining
from deid.algorithms.training.looking import dlib_points
from deid.algorithms.training.sheets import marked, sheet
from deid.algorithms.training.trainer import Session
from deid.algorithms.trainingset.reading import Ids, TrainingSet
from modelstore.store import Store
from videoio.frames import RGB

SHOWN, TESTED = 8, 256
OUTER_CORNERS = (36, 45)  # of the eyes
Batch = tuple[int, Tensor, Tensor]  # step, pictures, points in pixels of a crop of UNIT


class LandmarksTrainer:
    """The mesh's points are the truth."""

    losses = ("points",)

    def __init__(self, config: LandmarksTraining, data: Divided, hardware: Hardware) -> None:
        torch.manual_seed(config.run.seed)
        self._config, self._data, self._hardware = config, data, hardware
        self.images = config.run.batch
        self._faces = np.concatenate(list(data.faces.values()))
        self._network = Landmarks68(LandmarksConfig(config.width))
        self._network.usual.copy_(torch.from_numpy(_points(data.source, self._faces).mean(axis=0)))
        self._network.to(hardware.device)
        self._optimiser = torch.optim.AdamW(self._network.parameters(), config.rate)

    def modules(self) -> Mapping[str, nn.Module]:
        return {"network": self._network}

    def optimisers(self) -> Mapping[str, torch.optim.Optimizer]:
        return {"adam": self._optimiser}

    def batch(self, step: int, rng: np.random.Generator) -> Batch:
        numbers = rng.choice(self._faces, self.images)
        source = self._data.source
        made, points = moved(torch.from_numpy(source.levels(numbers)), torch.from_numpy(source.points[numbers]))
        assert points is not None  # noqa: S101 - they were given
        return step, relit(made), _in_unit(points, source.side)

    def step(self, batch: Batch) -> Mapping[str, Tensor]:
        step, pictures, points = batch
        self._network.train()
        for group in self._optimiser.param_groups:
            group["lr"] = self._config.rate * 0.5 ** (step / self._config.half_life)
        self._optimiser.zero_grad(set_to_none=True)
        with self._hardware.autocast():
            found = self._network(pictures.to(self._hardware.device))
        loss = F.l1_loss(found.float(), points.to(found.device))
        loss.backward()
        self._optimiser.step()
        return {"points": loss}

    def sample(self) -> RGB:
        """Held-out faces with the mesh's points (first row) and its own (second)."""
        numbers = self._tested(SHOWN)
        test = self._data.test
        shrunk = (self._found(numbers) + 0.5) * (test.side / UNIT) - 0.5
        return sheet([marked(test.levels(numbers), points) for points in (test.points[numbers], shrunk)])

    def evaluate(self) -> Mapping[str, float]:
        """On held-out people: distance to the mesh's points in pixels of a crop of 224, and in percent of the distance
        between the outer corners of the eyes; the same for the 30 points that the landmark loss uses, and for dlib."""
        numbers = self._tested(TESTED)
        truth, found = _points(self._data.test, numbers), self._found(numbers)
        between = np.linalg.norm(truth[:, OUTER_CORNERS[0]] - truth[:, OUTER_CORNERS[1]], axis=1)
        away = np.linalg.norm(found - truth, axis=2)
        used = away[:, list(LANDMARKS)]
        told = {
            "px": float(away.mean()), "percent": 100 * float((away.mean(axis=1) / between).mean()),
            "used_px": float(used.mean()), "used_percent": 100 * float((used.mean(axis=1) / between).mean()),
        }  # fmt: skip
        inner = slice(17, 68)  # the mesh has no jaw line of dlib's
        other = dlib_points(self._data.test.levels(numbers[:: max(1, len(numbers) // 32)]))
        seen = np.isfinite(other).all(axis=(1, 2))
        mine = [each[:: max(1, len(numbers) // 32)][seen][:, inner] for each in (found, truth)]
        at = (other[seen][:, inner] + 0.5) * (UNIT / self._data.test.side) - 0.5
        own, mesh = (float(np.linalg.norm(each - at, axis=2).mean()) if seen.any() else float("nan") for each in mine)
        return told | {"to_dlib_px": own, "mesh_to_dlib_px": mesh}

    def weights(self) -> Mapping[str, Mapping[str, Tensor]]:
        return {"landmarks68": self._network.state_dict()}

    def _tested(self, most: int) -> Ids:
        numbers = self._data.test.of(self._data.tested)
        return numbers[np.linspace(0, len(numbers) - 1, min(most, len(numbers))).astype(int)]

    def _found(self, numbers: Ids) -> NDArray[np.float64]:
        self._network.eval()
        with torch.inference_mode():
            found = self._network(torch.from_numpy(self._data.test.levels(numbers)).to(self._hardware.device))
        return found.double().cpu().numpy()


def open_session(config: LandmarksTraining, store: Store) -> Session:
    """As of the identity's training."""
    hardware = hardware_of(config.run)
    data = divided(Path(config.data), config.test, config.held_out, config.run.seed)
    trainer = LandmarksTrainer(config, data, hardware)
    about = {"licences": data.source.told["licences"], "identities": len(data.learned), "device": hardware.device}
    return Session("landmarks", config.run, trainer, to_table(config), fixed(config), data.digests, about)


def _points(data: TrainingSet, numbers: Ids) -> NDArray[np.float64]:
    return (data.points[numbers].astype(np.float64) + 0.5) * (UNIT / data.side) - 0.5


def _in_unit(points: Tensor, side: int) -> Tensor:
    return (points + 0.5) * (UNIT / side) - 0.5
