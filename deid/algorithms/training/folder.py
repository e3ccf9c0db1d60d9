"""What a training leaves in its folder, and writing it so that a full disk or a kill costs nothing that was there."""

import errno
import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

from deid.algorithms.training.errors import BadCheckpoint, DiskFull

STATE = "training.json"  # state, config, hashes of the data, steps, losses: what a person or a page wants to know
CHECKPOINT = "checkpoint.pt"
CURVE = "curve.csv"  # a row a step
EVALUATION = "evaluation.csv"  # on held-out data
SAMPLES = "samples"  # step_00000500.png
WEIGHTS = "weights"  # NAME.safetensors, for `manage.py models add`
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def replace_file(path: Path, write: Callable[[IO[bytes]], object]) -> None:
    """Write a file beside the one it replaces, then put it there at once.

    Raises
    ------
    DiskFull : there is no room; the old file stays
    """
    draft = path.with_name(f".{path.name}.draft")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with draft.open("wb") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        raise full(path, error) if error.errno in FULL else error from error
    finally:
        draft.unlink(missing_ok=True)


def full(path: Path, error: OSError) -> DiskFull:
    """The sentence for a file that found no room."""
    return DiskFull(
        f"there is no room for {path.name} in {path.parent} ({error.strerror}): the last checkpoint is as it was. Make "
        "room, then resume."
    )


def write_json(path: Path, told: Mapping[str, Any]) -> None:
    """A JSON file, whole or not at all; DiskFull as `replace_file`."""
    content = json.dumps(told, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
    replace_file(path, lambda file: file.write(content.encode()))


def read_state(folder: Path) -> dict[str, Any] | None:
    """What `training.json` says; None where nothing was trained here.

    Raises
    ------
    BadCheckpoint : it cannot be read
    """
    try:
        told: dict[str, Any] = json.loads((folder / STATE).read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise BadCheckpoint(f"{folder / STATE} cannot be read ({error}): name another folder.") from error
    return told
