"""Training sets of synthetic identities, made in a second or two: no detector runs, their meshes are known."""

from collections import Counter
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

import numpy as np

from deid.algorithms.donors import DonorFolder
from deid.algorithms.trainingset.collecting import Wish
from deid.algorithms.trainingset.synthesis import variants
from deid.algorithms.trainingset.writing import Draft, Origin


def made_set(out, side, n_people, made, closed=True):
    """A set of the first shipped donors; `closed` False leaves blink frames out."""
    donors = DonorFolder.open()
    rng = np.random.default_rng(5)
    with Draft(out, side) as draft:
        for name in donors.names[:n_people]:
            donor = donors.load(name)
            for face in variants(donor.picture, donor.mesh, side, made, rng):
                if closed or not face.closed:
                    draft.add(face, name)
        draft.finish(Wish(side, made, 1, 5), Origin(("none",), 0.08), [], [], dict(Counter()))
    return out


@cache
def shared_set(side, n_people, made):
    """The same for all tests of a process; do not write to it."""
    return made_set(Path(mkdtemp()) / "set", side, n_people, made)
