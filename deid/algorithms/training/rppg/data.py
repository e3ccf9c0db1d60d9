"""The set that a config asks for: made, or as it was kept."""

import hashlib
import json
from dataclasses import asdict
from pathlib import Path

from deid.algorithms.training.errors import BadConfig, BadTrainingSet
from deid.algorithms.training.rppg.config import NONE, PulseData
from deid.algorithms.training.rppg.phantom_clips import phantom_stretches
from deid.algorithms.training.rppg.stretches import Stretches
from deid.algorithms.training.rppg.video_clips import video_stretches

MULTIPLE = 32  # of pixels: PhysFormer's smallest token covers so many
MADE = 1  # raised where phantoms are drawn anew: what was kept before is not taken


def open_set(wish: PulseData) -> Stretches:
    """Phantoms and videos.

    Raises
    ------
    BadConfig : the side is no multiple of 32
    BadTrainingSet : too few identities, a video without a face, a file that cannot be read
    """
    if wish.side % MULTIPLE:
        raise BadConfig(f"data.side must be a multiple of {MULTIPLE}, was {wish.side}.")
    if missing := [name for name in wish.videos if not Path(name).is_file()]:
        raise BadTrainingSet(f"there is no video {missing[0]}: check the name and the folder.")
    found = _phantoms(wish)
    pairs = [video_stretches(Path(name), wish.identities + n, wish.side) for n, name in enumerate(wish.videos)]
    train, test = (tuple(pair[part] for pair in pairs) for part in (0, 1))
    return Stretches(found.train + train, found.test + test)


def sources(found: Stretches) -> dict[str, str]:
    """Whose faces these are, for the record of the weights."""
    names = {each.person: each.source for each in found.train}
    return {
        "persons": " ".join(names[person] for person in sorted(names)),
        "protocol": "every person is in training and test, at other times",
        "pulse": "of phantoms known, of videos estimated by CHROM",
    }


def _phantoms(wish: PulseData) -> Stretches:
    if wish.folder == NONE:
        return _made(wish)
    told = {key: value for key, value in asdict(wish).items() if key not in ("folder", "videos")}
    name = hashlib.sha256(json.dumps([MADE, told], sort_keys=True).encode()).hexdigest()[:16]
    path = Path(wish.folder) / f"phantoms-{name}.npz"
    if path.is_file():
        return Stretches.load(path)
    made = _made(wish)
    made.save(path)
    return made


def _made(wish: PulseData) -> Stretches:
    return Stretches(tuple(phantom_stretches(wish, "train")), tuple(phantom_stretches(wish, "test")))
