"""A training that takes milliseconds, as one of the networks that can be trained: two lines (making.py)."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from deid.algorithms.training.config import RunConfig, fixed, number, part, text, to_table
from deid.algorithms.training.errors import BadTrainingSet
from deid.algorithms.training.registry import KINDS, Kind
from deid.algorithms.training.trainer import Session
from tests.deid.training.making import Lines

CONFIG = """
data = "{set}"
[run]
steps = 12
batch = 4
checkpoint_every = 5
sample_every = 6
evaluate_every = 6
threads = 1
"""


@dataclass(frozen=True, slots=True)
class LinesConfig:
    data: str = text()
    break_at: int = number(0, 0, 100)
    run: RunConfig = part(RunConfig)


def open_session(config, store):
    if not any(Path(config.data).iterdir()):
        raise BadTrainingSet(f"{config.data} is empty: put pictures there.")
    hashes = {"numbers": "0" * 64}
    return Session("lines", config.run, Lines(config.break_at), to_table(config), fixed(config), hashes)


def offer_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines can be trained in this test."""
    kind = Kind("lines", "Two lines", f"{__name__}:LinesConfig", f"{__name__}:open_session", ("lines",))
    monkeypatch.setitem(KINDS, "lines", kind)


def training_set(folder: Path, name: str = "numbers") -> Path:
    made = folder / "sets" / name
    made.mkdir(parents=True)
    (made / "0.txt").write_text("0")
    return made


def prepared(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A training folder with one set, an empty model store; the heartbeat's thread has nothing to say here."""
    settings.TRAINING_FOLDER, settings.MODEL_STORE = tmp_path / "training", tmp_path / "store"
    settings.JOB_LEASE_SECONDS = 600
    offer_lines(monkeypatch)
    training_set(settings.TRAINING_FOLDER)
    folder: Path = settings.TRAINING_FOLDER
    return folder
