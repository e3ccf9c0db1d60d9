"""Training Faceswap: each of two people is given back by his own decoder from a warped picture of himself."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from deid.algorithms.networks.faceswap_autoencoder import FaceswapAutoencoder, FaceswapConfig, Person
from deid.algorithms.networks.faceswap_losses import reconstruction_loss
from deid.algorithms.training.config import fixed, to_table
from deid.algorithms.training.errors import BadTrainingSet
from deid.algorithms.training.faceswap_config import FaceswapTraining
from deid.algorithms.training.hardware import Hardware, hardware_of
from deid.algorithms.training.looking import described, nearness
from deid.algorithms.training.sheets import sheet
from deid.algorithms.training.trainer import Session
from deid.algorithms.trainingset.reading import Ids, TrainingSet
from modelstore.store import Store
from videoio.frames import RGB

SIDE = 64  # as published
HELD_OUT = 0.2  # of each one's faces, the last ones: those of a video come after what is learned from
FEWEST = 20  # faces of each
SHOWN, JUDGED = 8, 32  # faces on a sheet, faces that are evaluated
GRID = 5  # points a side that the warp moves
PEOPLE: tuple[Person, Person] = ("a", "b")

Batch = dict[Person, tuple[Tensor, Tensor]]  # what goes in, warped, and what is to come out


class FaceswapTrainer:
    """The patient is a, the donor b."""

    losses = ("patient", "donor")

    def __init__(self, config: FaceswapTraining, data: TrainingSet, hardware: Hardware) -> None:
        torch.manual_seed(config.run.seed)
        self._config, self._data, self._hardware = config, data, hardware
        self.images = 2 * config.run.batch
        self._network = FaceswapAutoencoder(FaceswapConfig(config.model.width, config.model.dense, SIDE))
        self._network.to(hardware.device)
        self._optimiser = torch.optim.Adam(self._network.parameters(), config.rate, betas=(0.5, 0.999))
        parts = [_divided(data, name) for name in (config.patient, config.donor)]
        self._learned: dict[Person, Ids] = {person: part[0] for person, part in zip(PEOPLE, parts, strict=True)}
        self._kept: dict[Person, Ids] = {person: part[1] for person, part in zip(PEOPLE, parts, strict=True)}

    def modules(self) -> Mapping[str, nn.Module]:
        return {"faceswap": self._network}

    def optimisers(self) -> Mapping[str, torch.optim.Optimizer]:
        return {"faceswap": self._optimiser}

    def batch(self, step: int, rng: np.random.Generator) -> Batch:
        made: Batch = {}
        for person, numbers in self._learned.items():
            wanted = self._levels(rng.choice(numbers, self._config.run.batch))
            made[person] = (warped(wanted, self._config.warp), wanted)
        return made

    def step(self, batch: Batch) -> Mapping[str, Tensor]:
        self._network.train()
        self._optimiser.zero_grad(set_to_none=True)
        with self._hardware.autocast():
            patient, donor = (
                reconstruction_loss(wanted, self._network(given, person)) for person, (given, wanted) in batch.items()
            )
        (patient + donor).backward()
        self._optimiser.step()
        return {"patient": patient, "donor": donor}

    def sample(self) -> RGB:
        """Held-out faces of the patient, given back, and as the donor; then the same of the donor."""
        rows = []
        for person, other in (PEOPLE, PEOPLE[::-1]):
            numbers = _spread(self._kept[person], SHOWN)
            rows += [self._data.levels(numbers), self._made(numbers, person), self._made(numbers, other)]
        return sheet(rows)

    def evaluate(self) -> Mapping[str, float]:
        """On held-out faces: the error of what is given back, and where dlib sees the patient's swapped face."""
        patient, donor = (_spread(self._kept[person], JUDGED) for person in PEOPLE)
        errors = [
            float(np.abs(self._made(numbers, person) - self._data.levels(numbers)).mean())
            for person, numbers in zip(PEOPLE, (patient, donor), strict=True)
        ]
        points = self._data.points[patient]
        swapped = described(self._made(patient, "b"), points)
        here = described(self._data.levels(patient), points)
        there = described(self._data.levels(donor), self._data.points[donor])
        return {"patient": errors[0], "donor": errors[1], **nearness(swapped, here, there)}

    def weights(self) -> Mapping[str, Mapping[str, Tensor]]:
        return {"faceswap": self._network.state_dict()}

    def _levels(self, numbers: Ids) -> Tensor:
        return torch.from_numpy(self._data.levels(numbers)).to(self._hardware.device)

    def _made(self, numbers: Ids, person: Person) -> NDArray[np.float32]:
        self._network.eval()
        with torch.inference_mode(), self._hardware.autocast():
            made: NDArray[np.float32] = self._network(self._levels(numbers), person).float().cpu().numpy()
        return made


def open_session(config: FaceswapTraining, store: Store) -> Session:
    """Read the set and build the network.

    Raises
    ------
    BadTrainingSet : there is no such set or identity, too few faces, or pictures of another size than 64
    TrainingError : the device is not there
    """
    hardware = hardware_of(config.run)
    data = TrainingSet.open(Path(config.data))
    data.check_side(SIDE)
    trainer = FaceswapTrainer(config, data, hardware)
    about: dict[str, Any] = {"licences": data.told["licences"], "device": hardware.device}
    return Session("faceswap", config.run, trainer, to_table(config), fixed(config), {"set": data.digest}, about)


def warped(pictures: Tensor, amount: float) -> Tensor:
    """(b, 3, h, w) pictures whose points are moved by a smooth random field; torch's generator draws it.

    Parameters
    ----------
    amount : standard deviation of the shift at the field's 5 x 5 points, as a share of the side

    References
    ----------
    The Faceswap program's random warp: a 5 x 5 grid moved by normal noise and stretched over the picture.
    """
    b, _, h, w = pictures.shape
    shift = 2 * amount * torch.randn(b, 2, GRID, GRID)  # the picture is 2 wide
    field = F.interpolate(shift, (h, w), mode="bicubic", align_corners=True).permute(0, 2, 3, 1)
    still = F.affine_grid(torch.eye(2, 3).expand(b, 2, 3), [b, 3, h, w], align_corners=False)
    place = (still + field).to(pictures.device)
    return F.grid_sample(pictures, place, mode="bilinear", padding_mode="border", align_corners=False)


def _divided(data: TrainingSet, name: str) -> tuple[Ids, Ids]:
    """The faces of an identity to learn from, and the held-out ones."""
    if name not in data.names:
        raise BadTrainingSet(f"the set has no identity {name!r}; it has: {', '.join(data.names[:20])}.")
    numbers = data.of(np.array([data.names.index(name)]))
    if len(numbers) < FEWEST:
        raise BadTrainingSet(
            f"the set has {len(numbers)} faces of {name}, at least {FEWEST} are needed: give a longer video, or a "
            "smaller --every, to build_training_set."
        )
    kept = max(round(HELD_OUT * len(numbers)), 2)
    return numbers[:-kept], numbers[-kept:]


def _spread(numbers: Ids, most: int) -> Ids:
    return numbers[np.linspace(0, len(numbers) - 1, min(most, len(numbers))).astype(int)]
