"""Training a small ArcFace where the model store has none: who a face is, by portraits and their synthesised views."""

from collections.abc import Mapping
from itertools import combinations
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor, nn

from deid.algorithms.networks.arcface_loss import arcface_loss
from deid.algorithms.networks.frozen import IdentityModule
from deid.algorithms.networks.iresnet import EMBEDDING, SIDE, IResNet, IResNetConfig
from deid.algorithms.training.augmenting import moved, relit
from deid.algorithms.training.config import fixed, to_table
from deid.algorithms.training.hardware import Hardware, hardware_of
from deid.algorithms.training.held_out import Divided, divided
from deid.algorithms.training.judges_config import IdentityConfig
from deid.algorithms.training.sheets import sheet
from deid.algorithms.training.trainer import Session
from deid.algorithms.training.verification import verification
from modelstore.store import Store
from videoio.frames import RGB

SHOWN, AT_ONCE = 8, 64
Batch = tuple[int, Tensor, Tensor]  # step, pictures, who


class Centres(nn.Module):
    """Where the identities that are learned lie."""

    def __init__(self, n: int) -> None:
        super().__init__()
        self.at = nn.Parameter(0.01 * torch.randn(n, EMBEDDING))


class IdentityTrainer:
    """An embedding, and the centres of the identities it is taught."""

    losses = ("arcface",)

    def __init__(self, config: IdentityConfig, data: Divided, hardware: Hardware) -> None:
        torch.manual_seed(config.run.seed)
        self._config, self._data, self._hardware = config, data, hardware
        self.images = config.run.batch
        self._network = IResNet(IResNetConfig(config.width, (1, 1, 1, 1), stride=2)).to(hardware.device)
        self._centres = Centres(len(data.learned)).to(hardware.device)
        self._optimiser = torch.optim.AdamW([*self._network.parameters(), *self._centres.parameters()], config.rate)

    def modules(self) -> Mapping[str, nn.Module]:
        return {"network": self._network, "centres": self._centres}

    def optimisers(self) -> Mapping[str, torch.optim.Optimizer]:
        return {"adam": self._optimiser}

    def batch(self, step: int, rng: np.random.Generator) -> Batch:
        """As many pictures of each identity in the long run: those with few must not be forgotten."""
        learned, source = self._data.learned, self._data.source
        who = rng.integers(len(learned), size=self.images)
        numbers = np.array([rng.choice(self._data.faces[learned[each]]) for each in who])
        pictures = torch.from_numpy(source.levels(numbers))
        mirrored = torch.where(torch.rand(self.images, 1, 1, 1) < 0.5, pictures.flip(3), pictures)
        made, _ = moved(mirrored)
        return step, relit(made), torch.from_numpy(who)

    def step(self, batch: Batch) -> Mapping[str, Tensor]:
        step, pictures, who = batch
        device, config = self._hardware.device, self._config
        self._network.train()
        for group in self._optimiser.param_groups:
            group["lr"] = config.rate * 0.5 ** (step / config.half_life)
        self._optimiser.zero_grad(set_to_none=True)
        with self._hardware.autocast():
            small = F.interpolate(pictures.to(device), (SIDE, SIDE), mode="bilinear", antialias=True)
            found = self._network(2 * small - 1)
        loss = arcface_loss(found.float(), self._centres.at, who.to(device), config.margin, config.scale)
        loss.backward()
        self._optimiser.step()
        return {"arcface": loss}

    def sample(self) -> RGB:
        """Held-out faces; under each the three other held-out faces that it takes for most like it."""
        numbers, _ = self._tested()
        found = self._described(numbers)
        shown = np.linspace(0, len(numbers) - 1, min(SHOWN, len(numbers))).astype(int)
        nearest = np.argsort(-(found[shown] @ found.T), axis=1)[:, 1:4]
        return sheet([self._data.test.levels(numbers[row]) for row in (shown, *nearest.T)])

    def evaluate(self) -> Mapping[str, float]:
        """Verification on pictures of held-out people, none of them synthesised; then with the second picture of every
        pair moved and in another light: two pictures of one sitting are alike to any network, by colours alone."""
        numbers, who = self._tested()
        pairs = np.array(list(combinations(range(len(numbers)), 2)))
        same = who[pairs[:, 0]] == who[pairs[:, 1]]
        found, altered = self._described(numbers), self._described(numbers, altered=True)
        told: dict[str, float] = {}
        for name, other in (("", found), ("altered_", altered)):
            cosines = (found[pairs[:, 0]] * other[pairs[:, 1]]).sum(axis=1)
            told |= {f"{name}{key}": value for key, value in verification(cosines, same).items()}
        return told

    def weights(self) -> Mapping[str, Mapping[str, Tensor]]:
        return {"identity_small": self._network.state_dict()}

    def _tested(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        test = self._data.test
        numbers = test.of(self._data.tested)
        real = numbers[~test.made[numbers]]
        used = real if len(np.unique(test.identity[real])) < len(real) else numbers  # no one has two: made ones too
        return used, test.identity[used]

    def _described(self, numbers: NDArray[np.int64], altered: bool = False) -> NDArray[np.float64]:
        judge, parts = IdentityModule(self._network), []
        torch.manual_seed(self._config.run.seed)  # the same alterations at every evaluation
        with torch.inference_mode():
            for at in range(0, len(numbers), AT_ONCE):
                pictures = torch.from_numpy(self._data.test.levels(numbers[at : at + AT_ONCE]))
                shown = relit(moved(pictures)[0]) if altered else pictures
                parts.append(judge(shown.to(self._hardware.device)))
        self._network.requires_grad_(True)
        return torch.cat(parts).double().cpu().numpy()


def open_session(config: IdentityConfig, store: Store) -> Session:
    """Read the sets and build the network.

    Raises
    ------
    BadTrainingSet : there is no such set, or it has too few identities
    TrainingError : the device is not there
    """
    hardware = hardware_of(config.run)
    data = divided(Path(config.data), config.test, config.held_out, config.run.seed)
    trainer = IdentityTrainer(config, data, hardware)
    about = {"licences": data.source.told["licences"], "identities": len(data.learned), "device": hardware.device}
    return Session("identity", config.run, trainer, to_table(config), fixed(config), data.digests, about)
