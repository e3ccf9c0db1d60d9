"""Stretches of aligned faces with their pulse: what recognisers, predictors and the autoencoder learn from."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from zipfile import BadZipFile

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from deid.algorithms.networks.chrom import Chrom
from deid.algorithms.training.errors import BadTrainingSet
from deid.algorithms.training.folder import replace_file

FPS, FRAMES = 30.0, 64  # of the clips that networks see
PARTS: tuple["Part", ...] = ("train", "test")
Part = Literal["train", "test"]


@dataclass(frozen=True, slots=True)
class Stretch:
    """One face over some time, 30 frames a second.

    `pictures` (n, side, side, 3) uint8, red first; `pulse` (n,) without a unit; `bpm` beats a minute, NaN where nobody
    knows; `source` whose face it is.
    """

    person: int
    source: str
    pictures: NDArray[np.uint8]
    pulse: NDArray[np.float32]
    bpm: float

    def clip(self, start: int, frames: int = FRAMES) -> tuple[Tensor, Tensor]:
        """(3, t, side, side) levels 0-1 and (t,) pulse from a frame on."""
        pictures = torch.from_numpy(self.pictures[start : start + frames])
        return pictures.permute(3, 0, 1, 2).float() / 255, torch.from_numpy(self.pulse[start : start + frames].copy())


@dataclass(frozen=True, slots=True)
class Stretches:
    """All stretches: every person is in both parts, with other times in each."""

    train: tuple[Stretch, ...]
    test: tuple[Stretch, ...]

    @property
    def n_persons(self) -> int:
        return len({each.person for each in self.train})

    def sha256(self) -> str:
        """Of all pictures and pulses, in order."""
        digest = hashlib.sha256()
        for part in PARTS:
            for each in getattr(self, part):
                digest.update(f"{part} {each.person} {each.source} {each.pictures.shape} {each.bpm:.6f}".encode())
                digest.update(each.pictures.tobytes() + each.pulse.tobytes())
        return digest.hexdigest()

    def save(self, path: Path) -> None:
        """A file of plain arrays; DiskFull where it does not fit."""
        arrays: dict[str, Any] = {}
        for part in PARTS:
            for number, each in enumerate(getattr(self, part)):
                key = f"{part}-{number:05d}"
                arrays |= {f"{key}-pictures": each.pictures, f"{key}-pulse": each.pulse}
                arrays[f"{key}-about"] = np.array([str(each.person), each.source, repr(each.bpm)])
        replace_file(path, lambda file: np.savez(file, **arrays))

    @classmethod
    def load(cls, path: Path) -> "Stretches":
        """
        Raises
        ------
        BadTrainingSet : the file cannot be read
        """
        try:
            with np.load(path, allow_pickle=False) as arrays:
                return cls(*(tuple(_of_part(arrays, part)) for part in PARTS))
        except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
            raise BadTrainingSet(f"{path} cannot be read ({error}): take it away, it will be made anew.") from error


def _of_part(arrays: Any, part: Part) -> Iterator[Stretch]:
    for key in sorted({name.rsplit("-", 1)[0] for name in arrays.files if name.startswith(part)}):
        person, source, bpm = arrays[f"{key}-about"].tolist()
        yield Stretch(int(person), source, arrays[f"{key}-pictures"], arrays[f"{key}-pulse"], float(bpm))


def chrom_pulse(pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(n,) CHROM's pulse of (n, side, side, 3) pictures, at least 1.6 s.

    Its sign is turned round: 3R - 2G falls where green rises, and the pulse of phantoms is that of green.
    """
    means = torch.from_numpy(pictures.mean(axis=(1, 2), dtype=np.float32).T / 255)  # (3, n)
    pulse: NDArray[np.float32] = -Chrom()(means[None, :, :, None, None])[0].numpy()
    return pulse


def drawn_clips(
    stretches: Sequence[Stretch], number: int, rng: np.random.Generator, frames: int = FRAMES
) -> tuple[Tensor, Tensor, Tensor]:
    """(b, 3, t, side, side) clips, their (b, t) pulse and (b,) persons, from random places of random stretches."""
    clips = []
    for which in rng.integers(len(stretches), size=number):
        stretch = stretches[int(which)]
        start = int(rng.integers(len(stretch.pictures) - frames + 1))
        clips.append((*stretch.clip(start, frames), torch.tensor(stretch.person)))
    pictures, pulses, persons = zip(*clips, strict=True)
    return torch.stack(pictures), torch.stack(pulses), torch.stack(persons)


def drawn_faces(stretches: Sequence[Stretch], number: int, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    """(b, 3, side, side) levels of single frames and (b,) persons."""
    faces, _, persons = drawn_clips(stretches, number, rng, frames=1)
    return faces[:, :, 0], persons
