"""What a generator does on people whom no step has seen."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from deid.algorithms.networks.facemotion_losses import identity_loss, landmark_loss
from deid.algorithms.networks.frozen import LANDMARKS, IdentityModule, LandmarkModule
from deid.algorithms.networks.landmarks68 import UNIT
from deid.algorithms.training.hardware import Hardware
from deid.algorithms.training.looking import described, dlib_points
from deid.algorithms.training.sheets import sheet
from deid.algorithms.trainingset.reading import Ids, TrainingSet
from videoio.frames import RGB

JUDGED, LOOKED_AT, SHOWN = 48, 16, 8  # pairs by the networks, by dlib, on a sheet
AT_ONCE = 8


@dataclass(frozen=True, eq=False)
class HeldOut:
    """(n,) originals with sources of another identity, a quarter of them with eyes closed where there are such."""

    data: TrainingSet
    original: Ids
    source: Ids
    hardware: Hardware
    identity: IdentityModule

    @classmethod
    def of(cls, data: TrainingSet, held: Ids, hardware: Hardware, identity: IdentityModule, seed: int) -> "HeldOut":
        """Pairs drawn by a seed, the same for every evaluation and for every training on the set with it."""
        rng = np.random.default_rng([seed, 2])
        numbers = data.of(held)
        closed = numbers[data.closed[numbers]]
        original = rng.choice(numbers, min(JUDGED, len(numbers)))
        if len(closed):
            original[::4] = rng.choice(closed, len(original[::4]))
        source = [rng.choice(data.of(held[held != data.identity[each]])) for each in original]
        return cls(data, original, np.array(source), hardware, identity)

    def evaluate(self, generator: nn.Module, landmarks: LandmarkModule) -> Mapping[str, float]:
        """Mean losses by the judges that trained it, and what dlib says, which did not.

        `moved` is the landmark loss by dlib's points over its 435 pairs, pixels of a crop of 224; `to_original` and
        `to_source` are distances of descriptors.
        """
        original, source = self._levels(self.original), self._levels(self.source)
        made, given_back = self._made(generator, original, source), self._made(generator, original, original)
        with torch.inference_mode():
            told = {
                "identity": float(identity_loss(self.identity(made), self.identity(source))),
                "kept": float(identity_loss(self.identity(made), self.identity(original))),
                "landmarks": float(landmark_loss(landmarks(original), landmarks(made))),
                "picture": float((given_back - original).abs().mean()),
            }
        few = slice(0, LOOKED_AT)
        return told | self._by_dlib(made[few].cpu().numpy(), self.original[few], self.source[few])

    def sheet(self, generator: nn.Module) -> RGB:
        """Originals, sources, what is made of both, and the originals given back with their own identity."""
        original, source = self._levels(self.original[:SHOWN]), self._levels(self.source[:SHOWN])
        made, back = self._made(generator, original, source), self._made(generator, original, original)
        return sheet([each.cpu().numpy() for each in (original, source, made, back)])

    def _by_dlib(self, made: NDArray[np.float32], original: Ids, source: Ids) -> dict[str, float]:
        data = self.data
        who = described(made, data.points[original])
        away = [
            float(np.linalg.norm(who - described(data.levels(numbers), data.points[numbers]), axis=1).mean())
            for numbers in (original, source)
        ]
        before, after = (dlib_points(each)[:, list(LANDMARKS)] for each in (data.levels(original), made))
        seen = np.isfinite(before).all(axis=(1, 2)) & np.isfinite(after).all(axis=(1, 2))
        moved = float("nan")
        if seen.any():
            moved = float(landmark_loss(torch.from_numpy(before[seen]), torch.from_numpy(after[seen])))
        told = {"to_original": away[0], "to_source": away[1], "moved": moved * UNIT / data.side}
        return told | {"seen": float(seen.mean())}

    def _made(self, generator: nn.Module, original: Tensor, source: Tensor) -> Tensor:
        generator.eval()
        parts = []
        with torch.inference_mode(), self.hardware.autocast():
            for at in range(0, len(original), AT_ONCE):
                part = slice(at, at + AT_ONCE)
                parts.append(generator(original[part], self.identity(source[part])).float())
        return torch.cat(parts)

    def _levels(self, numbers: Ids) -> Tensor:
        return torch.from_numpy(self.data.levels(numbers)).to(self.hardware.device)
