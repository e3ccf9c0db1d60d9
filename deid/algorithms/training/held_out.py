"""Dividing sets into what is learned from and what is held out, by identities."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from deid.algorithms.training.errors import BadTrainingSet
from deid.algorithms.trainingset.reading import Ids, TrainingSet


@dataclass(frozen=True, eq=False)
class Divided:
    """`learned` identities of `source`, whose faces are `faces`; `tested` identities of `test`."""

    source: TrainingSet
    test: TrainingSet
    learned: Ids
    tested: Ids
    faces: Mapping[int, Ids]

    @property
    def digests(self) -> dict[str, str]:
        """For the records."""
        return {"set": self.source.digest} | ({"test": self.test.digest} if self.test is not self.source else {})


def divided(folder: Path, test: str, held_out: int, seed: int) -> Divided:
    """A set and what is held out of it, or another set to test on.

    Raises
    ------
    BadTrainingSet : it cannot be divided so, or the sets share an identity
    """
    source = TrainingSet.open(folder)
    if test:
        other = TrainingSet.open(Path(test))
        if shared := sorted(set(source.names) & set(other.names)):
            raise BadTrainingSet(f"{folder} and {test} share the identity {shared[0]}: it would be tested on itself.")
        learned, tested = np.arange(len(source.names)), np.arange(len(other.names))
    else:
        other = source
        learned, tested = source.split(held_out, seed)
    faces = {int(each): source.of(np.array([each])) for each in learned}
    return Divided(source, other, learned, tested, faces)
