"""A training set as trainers see it."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deid.algorithms.training.errors import BadTrainingSet
from modelstore.hashing import sha256

INDEX, PICTURES, FACES = "set.json", "pictures.u8", "faces.npz"
DO = "build it anew with manage.py build_training_set"
Ids = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class TrainingSet:
    """n aligned faces.

    Attributes
    ----------
    told : the datasheet
    digest : SHA-256 of the datasheet, which holds those of the arrays
    pictures : (n, side, side, 3), read from the disk when asked for
    points : (n, 68, 2) pixels of the crops
    identity : (n,) index into `names`
    closed, made : (n,) blink frames; synthesised faces
    """

    told: dict[str, Any]
    digest: str
    names: tuple[str, ...]
    pictures: NDArray[np.uint8]
    points: NDArray[np.float32]
    identity: Ids
    closed: NDArray[np.bool_]
    made: NDArray[np.bool_]

    @classmethod
    def open(cls, folder: Path) -> "TrainingSet":
        """Read a set, and compare its hashes.

        Raises
        ------
        BadTrainingSet : it is none, or its files are not those the datasheet tells of
        """
        try:
            told = json.loads((folder / INDEX).read_text(encoding="utf-8"))
            for name in (PICTURES, FACES):
                if sha256(folder / name) != told["files"][name]:
                    raise BadTrainingSet(f"{folder / name} is not the file that {INDEX} tells of: {DO}.")
            side, n, names = told["side"], told["n"], tuple(told["identities"])
            pictures = np.memmap(folder / PICTURES, np.uint8, "r", shape=(n, side, side, 3))
            with np.load(folder / FACES) as arrays:
                columns = [arrays[name] for name in ("points", "identity", "closed", "made")]
        except (OSError, ValueError, KeyError, TypeError) as error:
            raise BadTrainingSet(f"{folder} is no training set ({error}): {DO}.") from error
        return cls(told, sha256(folder / INDEX), names, pictures, *columns)

    @property
    def side(self) -> int:
        return int(self.pictures.shape[1])

    @property
    def blink_share(self) -> float:
        """How many of the drawn faces are to be blink frames."""
        return float(self.told["blink_share"])

    def check_side(self, side: int) -> None:
        """Refuse a network of another size; BadTrainingSet."""
        if side != self.side:
            raise BadTrainingSet(
                f"the set's pictures have {self.side} pixels, the network takes {side}: build a set with --size "
                f"{side}, or set model.side where the config has it."
            )

    def levels(self, numbers: Ids) -> NDArray[np.float32]:
        """(k, 3, side, side) levels 0-1."""
        return np.ascontiguousarray(np.moveaxis(self.pictures[numbers], -1, 1), dtype=np.float32) / 255

    def of(self, identities: Ids) -> Ids:
        """Which faces are of some identities."""
        return np.flatnonzero(np.isin(self.identity, identities))

    def split(self, held_out: int, seed: int, least: int = 2) -> tuple[Ids, Ids]:
        """Identities to learn from and identities that are held out, drawn by a seed.

        Raises
        ------
        BadTrainingSet : fewer than `least` would be left to learn from
        """
        if len(self.names) < held_out + least:
            raise BadTrainingSet(
                f"the set has {len(self.names)} identities: with {held_out} held out, at least {held_out + least} are "
                "needed. Add sources to the set, or hold fewer out."
            )
        drawn = np.random.default_rng([seed, 1]).permutation(len(self.names))
        return np.sort(drawn[held_out:]), np.sort(drawn[:held_out])
