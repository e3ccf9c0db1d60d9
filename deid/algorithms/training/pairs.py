"""Which faces meet in a step: an original and a source of the same, or of another, identity; blinks at their share."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from deid.algorithms.training.errors import BadTrainingSet
from deid.algorithms.trainingset.reading import Ids, TrainingSet


@dataclass(frozen=True, eq=False)
class Pairs:
    """`open_` and `closed` faces to learn from, `faces` of each identity; `blinks` share of closed ones."""

    identity: Ids
    open_: Ids
    closed: Ids
    faces: Mapping[int, Ids]
    blinks: float

    @classmethod
    def of(cls, data: TrainingSet, learned: Ids, blinks: float) -> "Pairs":
        """Those of some identities.

        Raises
        ------
        BadTrainingSet : blinks are wanted and there are none
        """
        numbers = data.of(learned)
        closed = numbers[data.closed[numbers]]
        open_ = numbers[~data.closed[numbers]]
        if blinks and not len(closed):
            raise BadTrainingSet(
                "none of the identities to learn from has a blink frame: set blinks to false, or build the set with "
                "--made 4 or more, or from videos in which people blink."
            )
        used = np.concatenate([open_, closed]) if blinks else open_
        faces = {int(each): used[data.identity[used] == each] for each in learned}
        return cls(data.identity, open_, closed, faces, blinks)

    def draw(self, rng: np.random.Generator, n: int, same: bool) -> tuple[Ids, Ids]:
        """(n,) originals and (n,) sources."""
        original = np.where(
            rng.random(n) < self.blinks, rng.choice(self.closed if self.blinks else self.open_, n),
            rng.choice(self.open_, n),
        )  # fmt: skip
        names = np.array(list(self.faces))
        source = []
        for each in self.identity[original]:
            who = int(each) if same else int(rng.choice(names[names != each]))
            source.append(rng.choice(self.faces[who]))
        return original, np.array(source)
