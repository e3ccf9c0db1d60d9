"""A set of two people who are coloured noise, and a training of Faceswap on it that is small enough for tests."""

import json
from pathlib import Path

import numpy as np

from deid.algorithms.trainingset.reading import FACES, INDEX, PICTURES
from modelstore.hashing import sha256

SIDE, EACH, NAMES = 64, 24, ("ann", "bob")
CONFIG = """
data = "{{set}}"
patient = "ann"
donor = "bob"
[model]
width = 4
dense = 8
[run]
steps = {steps}
batch = 2
checkpoint_every = {every}
sample_every = 1000
evaluate_every = 1000
device = "cpu"
threads = 1
"""


def config(steps: int, every: int = 5) -> str:
    return CONFIG.format(steps=steps, every=every)


def write_two_people(folder: Path) -> Path:
    """The files of a set, as `build_training_set` lays them out."""
    rng, n = np.random.default_rng(1), 2 * EACH
    folder.mkdir(parents=True)
    identity = np.repeat([0, 1], EACH)
    colours = np.array([[200, 120, 90], [90, 120, 200]])[identity]
    pictures = colours[:, None, None] + rng.normal(0, 20, (n, SIDE, SIDE, 3))
    (folder / PICTURES).write_bytes(pictures.clip(0, 255).astype(np.uint8).tobytes())
    points = rng.uniform(16, 48, (n, 68, 2)).astype(np.float32)
    np.savez(folder / FACES, points=points, identity=identity, closed=np.zeros(n, bool), made=np.zeros(n, bool))
    told = {
        "side": SIDE, "n": n, "blink_share": 0.08, "licences": ["of nobody"],
        "identities": {name: {"faces": EACH, "blinks": 0, "made": 0} for name in NAMES},
        "files": {name: sha256(folder / name) for name in (PICTURES, FACES)},
    }  # fmt: skip
    (folder / INDEX).write_text(json.dumps(told))
    return folder
