"""Training the pulse-preserving autoencoder against frozen recognisers, beside a frozen pulse predictor."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn
from torch.optim import AdamW, Optimizer

from deid.algorithms.networks.rppg_autoencoder import RppgAutoencoder, RppgConfig
from deid.algorithms.networks.rppg_losses import (
    Weights,
    chance_loss,
    identity_loss,
    pulse_loss,
    reconstruction_loss,
    similarity,
    some_frames,
)  # fmt: skip
from deid.algorithms.training.config import fixed, to_table
from deid.algorithms.training.hardware import Hardware, hardware_of
from deid.algorithms.training.rppg.config import AutoencoderTraining
from deid.algorithms.training.rppg.data import open_set, sources
from deid.algorithms.training.rppg.judges import Judge, file_of, label, load_predictor, load_recognisers
from deid.algorithms.training.rppg.stretches import FRAMES, Stretch, Stretches, drawn_clips
from deid.algorithms.training.sheets import sheet
from deid.algorithms.training.trainer import Session
from modelstore.hashing import sha256
from modelstore.store import Store
from videoio.frames import RGB

NAME = "rppg_autoencoder"
PUSHES = {"published": identity_loss, "chance": chance_loss}
SHOWN, LOUDER = 8, 4  # people of a sheet; how much their change is made clearer
BETAS, SHARE = (0.9, 0.99), 0.1  # of AdamW; of the regulariser, as published


@dataclass(frozen=True, slots=True)
class Judges:
    """`trained` recognisers are to be deceived, `unseen` ones are asked; all by the names of their weights."""

    trained: Mapping[str, nn.Module]
    unseen: Mapping[str, nn.Module]
    predictor: nn.Module


class AutoencoderTrainer:
    """The three losses, each with its switch or weight."""

    losses = ("reconstruction", "identity", "pulse")

    def __init__(self, config: AutoencoderTraining, found: Stretches, judges: Judges, hardware: Hardware) -> None:
        self._config, self._found, self._judges, self._hardware = config, found, judges, hardware
        torch.manual_seed(config.run.seed)
        self.network = RppgAutoencoder(RppgConfig(config.width)).to(hardware.device)
        self.optimiser = AdamW(self.network.parameters(), config.rate, BETAS, weight_decay=config.decay)
        self.images = config.run.batch * FRAMES
        self._weights = Weights(config.reconstruction, config.identity, config.pulse if config.pulse_loss else 0.0)

    def modules(self) -> Mapping[str, nn.Module]:
        return {"autoencoder": self.network}

    def optimisers(self) -> Mapping[str, Optimizer]:
        return {"autoencoder": self.optimiser}

    def batch(self, step: int, rng: np.random.Generator) -> tuple[Tensor, Tensor, float]:
        """Clips, persons, and how much the losses beside the picture's count by now."""
        clips, _, persons = drawn_clips(self._found.train, self._config.run.batch, rng)
        warm = self._config.warm_up
        share = min(max((step - warm) / warm, 0.0), 1.0) if warm else 1.0
        return clips.to(self._hardware.device), persons.to(self._hardware.device), share

    def step(self, batch: tuple[Tensor, Tensor, float]) -> Mapping[str, Tensor]:
        clips, persons, share = batch
        with self._hardware.autocast():
            made = self.network.train()(clips)
        made = made.float()  # similarity and pulse are small differences of large numbers
        losses = (
            reconstruction_loss(clips, made), self._unknown(made, persons),
            pulse_loss(self._judges.predictor(clips), self._judges.predictor(made)),
        )  # fmt: skip
        self.optimiser.zero_grad()
        self._weights.total(losses[0], share * losses[1], share * losses[2]).backward()
        self.optimiser.step()
        return {name: loss.detach() for name, loss in zip(self.losses, losses, strict=True)}

    def _unknown(self, made: Tensor, persons: Tensor) -> Tensor:
        """The identity loss, mean over recognisers, on a few frames of each clip."""
        frames = some_frames(made, self._config.frames)
        true = persons.repeat_interleave(len(frames) // len(persons))
        share = SHARE if self._config.regulariser else 0.0
        loss = PUSHES[self._config.push]
        return torch.stack([loss(each(frames), true, share) for each in self._judges.trained.values()]).mean()

    def sample(self) -> RGB:
        """Faces of the test, what becomes of them, and the change four times as large."""
        clips = torch.stack([stretch.clip(0)[0] for stretch in self._found.test[:SHOWN]])
        made = self._made(clips)
        before, after = clips[:, :, FRAMES // 2], made[:, :, FRAMES // 2]
        return sheet([each.numpy() for each in (before, after, 0.5 + LOUDER * (after - before))])

    def evaluate(self) -> Mapping[str, float]:
        """Means over one clip from the middle of each person's test."""
        found = [self._judged(stretch) for stretch in self._found.test]
        means = {name: float(np.mean([each[name] for each in found])) for name in found[0]}
        return {**means, "chance": 1 / self._found.n_persons}

    def weights(self) -> Mapping[str, Mapping[str, Tensor]]:
        return {NAME: self.network.state_dict()}

    def _judged(self, stretch: Stretch) -> dict[str, float]:
        start = (len(stretch.pictures) - FRAMES) // 2
        clip = stretch.clip(start)[0][None]
        made = self._made(clip)
        with torch.inference_mode():
            pulses = [self._judges.predictor(each.to(self._hardware.device)).cpu() for each in (clip, made)]
        frames, before = some_frames(made, FRAMES), some_frames(clip, FRAMES)
        named = {**self._judges.trained, **self._judges.unseen}
        return {
            **{f"{name} knows": self._share(each, frames, stretch.person) for name, each in named.items()},
            **{f"{name} knew": self._share(each, before, stretch.person) for name, each in named.items()},
            "pulse r": 1 - float(pulse_loss(*pulses)),
            "psnr": -10 * float(torch.log10((made - clip).square().mean().clamp_min(1e-10))),
            "ssim": float(similarity(before, frames)),
        }

    def _share(self, recogniser: nn.Module, frames: Tensor, person: int) -> float:
        with torch.inference_mode():
            return float((recogniser(frames.to(self._hardware.device)).argmax(1) == person).float().mean())

    def _made(self, clips: Tensor) -> Tensor:
        """Clips as they come out of a picture's levels 0-1."""
        with torch.inference_mode():
            parts = [self.network.eval()(clip[None].to(self._hardware.device)).cpu() for clip in clips]
        return torch.cat(parts).clamp(0, 1)


def open_session(config: AutoencoderTraining, store: Store) -> Session:
    """
    Raises
    ------
    BadTrainingSet, BadConfig, TrainingError : it cannot start
    BadWeights : weights of a judge are not in the store, or cannot be used
    """
    found, hardware = open_set(config.data), hardware_of(config.run)
    weights, persons = str(getattr(config, config.predictor, "")), found.n_persons
    trained, unseen = (
        {name: Judge(each).to(hardware.device) for name, each in load_recognisers(store, named, persons).items()}
        for named in (config.recognisers, config.unseen)
    )
    predictor = Judge(load_predictor(store, config.predictor, weights)).to(hardware.device)
    judges = Judges(trained, unseen, predictor)
    needed = (*config.recognisers, *config.unseen, *([weights] if weights else []))
    return Session(
        "rppg_autoencoder", config.run, AutoencoderTrainer(config, found, judges, hardware), to_table(config),
        fixed(config),
        {"stretches": found.sha256(), **{label(each): sha256(file_of(store, each)) for each in needed}},
        sources(found),
    )  # fmt: skip
