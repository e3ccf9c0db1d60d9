"""Building a training set from files."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deid.algorithms.training.errors import BadTrainingSet
from deid.algorithms.trainingset.collecting import Collected, Wish, of_picture, of_video
from deid.algorithms.trainingset.faces import Face
from deid.algorithms.trainingset.identities import Joined, joined, of_another
from deid.algorithms.trainingset.reading import INDEX
from deid.algorithms.trainingset.sources import Source, find
from deid.algorithms.trainingset.writing import Draft, Origin
from faces.mesh import FaceMesh

FEWEST = 2  # identities: every training compares two
Report = Callable[[int, int, str], None]


@dataclass(slots=True)
class _People:
    """What is known of identities while files are read."""

    descriptors: dict[str, list[NDArray[np.float64]]] = field(default_factory=dict)
    left_out: Counter[str] = field(default_factory=Counter)
    used: list[Source] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Built:
    """What became of it."""

    n_faces: int
    n_identities: int
    n_blinks: int
    joined: tuple[Joined, ...]
    left_out: dict[str, int]


def build(
    given: Sequence[Path], out: Path, wish: Wish, origin: Origin, report: Report = lambda done, total, name: None
) -> Built:
    """Read all sources and write the set.

    Raises
    ------
    BadTrainingSet : there is nothing to learn from: an empty folder, faces all too small, one identity alone, no blink
        frames where some are wanted; or the folder holds something already. Nothing is left there
    DiskFull : there is no room
    """
    if out.exists() and any(out.iterdir()):
        raise BadTrainingSet(f"{out} is not empty: name a new folder.")
    sources, people = find(given), _People()
    with Draft(out, wish.side) as draft, FaceMesh(static=True, n_faces=2) as tracker:
        for number, source in enumerate(sources):
            report(number, len(sources), source.told)
            rng = np.random.default_rng([wish.seed, number])
            one = of_video(source.path, wish) if source.is_video else of_picture(source.path, wish, tracker, rng)
            for face in _accepted(one, source, people):
                draft.add(face, source.identity)
        pairs = joined(people.descriptors)
        _check(draft, people.left_out, wish, origin, len(pairs))
        draft.join({pair.name: pair.into for pair in pairs})
        draft.finish(wish, origin, people.used, pairs, dict(people.left_out))
    report(len(sources), len(sources), INDEX)
    return Built(len(draft.faces), draft.n_identities, draft.n_blinks, tuple(pairs), dict(people.left_out))


def _accepted(one: Collected, source: Source, people: _People) -> Sequence[Face]:
    """The faces of a file, unless dlib takes them for another person's than the other files of that name."""
    people.left_out += one.left_out
    if not one.faces:
        return ()
    known = people.descriptors.setdefault(source.identity, [])
    if known and one.descriptors and len(of_another([*known, *one.descriptors])) > len(one.descriptors) / 2:
        people.left_out[f"another person than the rest of {source.identity}, to dlib"] += 1
        return ()
    known += one.descriptors
    people.used.append(source)
    return one.faces


def _check(draft: Draft, left_out: Counter[str], wish: Wish, origin: Origin, n_joined: int) -> None:
    why = "; ".join(f"{number} x {reason}" for reason, number in left_out.most_common(4))
    if not draft.faces:
        raise BadTrainingSet(
            f"no face of the sources can be used: {why}. Give larger, sharp, frontal pictures, or a smaller --size."
        )
    if draft.n_identities - n_joined < FEWEST:
        raise BadTrainingSet(
            f"the sources show {draft.n_identities - n_joined} identity; at least {FEWEST} are needed"
            f"{f' ({why})' if why else ''}. Add a folder, or a video, of another person."
        )
    if origin.blink_share and not draft.n_blinks:
        raise BadTrainingSet(
            "the sources hold no blink frames: a network would learn to keep eyes open. Give videos in which people "
            f"blink, or portraits with --made 4 or more (was {wish.made}); --blinks 0 for a set that needs none."
        )
