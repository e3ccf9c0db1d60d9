"""Where training sets and trainings lie. Web processes and the workers of the queue `gpu` share the folder."""

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.conf import settings

from deid.leases import LeaseLost
from deid.training_models import TrainingRun


def sets_folder() -> Path:
    """Each folder in it is one training set."""
    folder: Path = settings.TRAINING_FOLDER / "sets"
    return folder


@dataclass(frozen=True, slots=True)
class SetFacts:
    """What the datasheet of a training set says of it; nothing but the name where there is none."""

    name: str
    side: int = 0  # pixels
    n_faces: int = 0
    identities: tuple[str, ...] = ()
    licences: tuple[str, ...] = ()


def training_sets() -> list[SetFacts]:
    """The sets that are there, by name."""
    folder = sets_folder()
    found = folder.iterdir() if folder.is_dir() else ()
    return [_facts(path) for path in sorted(found) if path.is_dir() and not path.name.startswith(".")]


def _facts(folder: Path) -> SetFacts:
    """Read lightly: whether the set is whole and unchanged is looked at by the worker that learns from it."""
    try:
        told: dict[str, Any] = json.loads((folder / "set.json").read_text(encoding="utf-8"))
        return SetFacts(folder.name, told["side"], told["n"], tuple(told["identities"]), tuple(told["licences"]))
    except (OSError, ValueError, KeyError, TypeError):
        return SetFacts(folder.name)


def run_folder(run: TrainingRun) -> Path:
    """Where a training keeps its checkpoint, curves, sheets and weights."""
    folder: Path = settings.TRAINING_FOLDER / "runs" / str(run.pk)
    return folder


@contextmanager
def held_folder(run: TrainingRun) -> Iterator[Path]:
    """The folder of a run, for this process alone.

    A worker that lost its lease may not know it yet and still write there.

    Raises
    ------
    LeaseLost : another process works there; the sweeper rings again
    """
    folder = run_folder(run)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (folder / ".lock").open("ab") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise LeaseLost(f"another process still works on {run}") from None
        yield folder
