"""Training FaceMotionPreserve: a generator and a two-scale discriminator against frozen judges."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor, nn

from deid.algorithms.networks.facemotion_generator import Generator, GeneratorConfig
from deid.algorithms.networks.facemotion_losses import (
    GeneratorLosses,
    Weights,
    discriminator_hinge,
    generator_hinge,
    gradient_penalty,
    identity_loss,
    landmark_loss,
    picture_loss,
    weak_feature_loss,
)  # fmt: skip
from deid.algorithms.networks.frozen import IdentityModule, LandmarkModule
from deid.algorithms.networks.patch_discriminator import DiscriminatorConfig, TwoScales
from deid.algorithms.training.config import fixed, to_table
from deid.algorithms.training.errors import BadConfig
from deid.algorithms.training.facemotion_config import FacemotionConfig
from deid.algorithms.training.facemotion_held_out import HeldOut
from deid.algorithms.training.hardware import Hardware, hardware_of
from deid.algorithms.training.judges import identity_judge, landmark_judge
from deid.algorithms.training.pairs import Pairs
from deid.algorithms.training.trainer import Session
from deid.algorithms.trainingset.reading import TrainingSet
from modelstore.store import Store
from videoio.frames import RGB


class Judges(NamedTuple):
    """Frozen."""

    identity: IdentityModule
    landmarks: LandmarkModule


class Batch(NamedTuple):
    """(b, 3, s, s) faces whose motion is kept, and faces whose identity they get; `same` in all or none.

    `warming` : only the picture counts
    """

    original: Tensor
    source: Tensor
    same: bool
    warming: bool = False


class FacemotionTrainer:
    """Steps with one identity on both sides and steps with two take turns."""

    losses = ("identity", "landmarks", "adversarial", "picture", "features", "generator", "discriminator", "penalty")

    def __init__(
        self, config: FacemotionConfig, data: TrainingSet, pairs: Pairs, held_out: HeldOut, judges: Judges,
        hardware: Hardware,
    ) -> None:  # fmt: skip
        torch.manual_seed(config.run.seed)
        self._data, self._pairs, self._held_out, self._judges = data, pairs, held_out, judges
        self._hardware, self.images, self._warm_up = hardware, config.run.batch, config.warm_up
        self._weights = Weights() if config.landmarks else Weights(landmarks=0.0)
        self._generator = Generator(GeneratorConfig(config.model.width, config.model.blocks)).to(hardware.device)
        self._discriminator = TwoScales(DiscriminatorConfig(config.model.discriminator)).to(hardware.device)
        self._optimisers = {
            name: torch.optim.Adam(module.parameters(), config.rate, betas=(0.0, 0.990))
            for name, module in self.modules().items()
        }

    def modules(self) -> Mapping[str, nn.Module]:
        return {"generator": self._generator, "discriminator": self._discriminator}

    def optimisers(self) -> Mapping[str, torch.optim.Optimizer]:
        return self._optimisers

    def batch(self, step: int, rng: np.random.Generator) -> Batch:
        warming = step <= self._warm_up
        same = warming or step % 2 == 1
        original, source = self._pairs.draw(rng, self.images, same)
        return Batch(self._levels(original), self._levels(source), same, warming)

    def step(self, batch: Batch) -> Mapping[str, Tensor]:
        self._generator.train()
        self._discriminator.train()
        with self._hardware.autocast():
            wanted = self._judges.identity(batch.source).detach()
            made = self._generator(batch.original, wanted)
        if batch.warming:
            return self._given_back(batch, made.float())
        losses = self._generator_losses(batch, made.float(), wanted)
        total = losses.total(self._weights)
        self._learn("generator", total)
        hinge, penalty = self._discriminator_losses(batch.original, made.detach().float())
        self._learn("discriminator", hinge + self._weights.penalty * penalty)
        told = {name: getattr(losses, name) for name in self.losses[:5]}
        return {**told, "generator": total, "discriminator": hinge, "penalty": penalty}

    def _given_back(self, batch: Batch, made: Tensor) -> Mapping[str, Tensor]:
        """A step of the warm-up; the discriminator rests, and the other losses are not asked for."""
        picture = picture_loss(batch.original, made, torch.ones(len(made), dtype=torch.bool, device=made.device))
        total = self._weights.picture * picture
        self._learn("generator", total)
        return {"picture": picture, "generator": total}

    def sample(self) -> RGB:
        return self._held_out.sheet(self._generator)

    def evaluate(self) -> Mapping[str, float]:
        return self._held_out.evaluate(self._generator, self._judges.landmarks)

    def weights(self) -> Mapping[str, Mapping[str, Tensor]]:
        return {"facemotionpreserve": self._generator.state_dict()}

    def _generator_losses(self, batch: Batch, made: Tensor, wanted: Tensor) -> GeneratorLosses:
        with self._hardware.autocast():
            told = self._discriminator(made)
            with torch.no_grad():
                real = self._discriminator(batch.original)
            who = self._judges.identity(made)
        with torch.set_grad_enabled(self._weights.landmarks > 0):  # float32: a bfloat16 pixel is half a pixel wide
            moved = landmark_loss(self._judges.landmarks(batch.original), self._judges.landmarks(made))
        same = torch.full((len(made),), batch.same, device=made.device)
        return GeneratorLosses(
            identity_loss(who.float(), wanted.float()), moved, generator_hinge(told).float(),
            picture_loss(batch.original, made, same), weak_feature_loss(real, told).float(),
        )  # fmt: skip

    def _discriminator_losses(self, original: Tensor, made: Tensor) -> tuple[Tensor, Tensor]:
        with self._hardware.autocast():
            hinge = discriminator_hinge(self._discriminator(original), self._discriminator(made))
        share = torch.rand(len(made), 1, 1, 1).to(made.device)
        return hinge.float(), gradient_penalty(self._discriminator, original, made, share)

    def _learn(self, name: str, loss: Tensor) -> None:
        optimiser = self._optimisers[name]
        optimiser.zero_grad(set_to_none=True)
        loss.backward(inputs=list(self.modules()[name].parameters()))  # the other's are not wanted here
        optimiser.step()

    def _levels(self, numbers: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Tensor:
        return torch.from_numpy(self._data.levels(numbers)).to(self._hardware.device)


def open_session(config: FacemotionConfig, store: Store) -> Session:
    """Read the set and the judges, and build the networks.

    Raises
    ------
    BadTrainingSet : there is no such set, or it has too few identities, no blink frames, or pictures of another size
    BadWeights : a judge is missing, or another network
    BadConfig, TrainingError : a side that the networks cannot have; the device is not there
    """
    if config.model.side % 8:
        raise BadConfig(f"model.side must be a multiple of 8, was {config.model.side}.")
    hardware = hardware_of(config.run)
    data = TrainingSet.open(Path(config.data))
    data.check_side(config.model.side)
    learned, held = data.split(config.held_out, config.run.seed)
    pairs = Pairs.of(data, learned, data.blink_share if config.blinks else 0.0)
    identity, who = identity_judge(store, config.identity, hardware.device)
    points, where = landmark_judge(store, config.points, hardware.device)
    held_out = HeldOut.of(data, held, hardware, identity, config.run.seed)
    trainer = FacemotionTrainer(config, data, pairs, held_out, Judges(identity, points), hardware)
    digests = {"set": data.digest, "identity": who, "points": where}
    about = {
        "licences": data.told["licences"], "learned": [data.names[each] for each in learned],
        "held_out": [data.names[each] for each in held], "device": hardware.device,
    }  # fmt: skip
    return Session("facemotion", config.run, trainer, to_table(config), fixed(config), digests, about)
