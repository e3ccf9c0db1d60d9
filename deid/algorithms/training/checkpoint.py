"""Checkpoints: modules, optimisers, and how far the training was. Nothing in a file is run when it is read."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

import torch

from deid.algorithms.training.errors import BadCheckpoint
from deid.algorithms.training.folder import replace_file
from deid.algorithms.training.trainer import Trainer


@dataclass(frozen=True, slots=True)
class Position:
    """`step` steps were done in `seconds` of training, and `images` were seen."""

    step: int = 0
    images: int = 0
    seconds: float = 0.0


def save(path: Path, trainer: "Trainer[Any]", position: Position, fixed: Mapping[str, Any]) -> None:
    """Write a checkpoint in place of the last one.

    Parameters
    ----------
    fixed : config and hashes that must be the same where it is resumed, as JSON holds them

    Raises
    ------
    DiskFull : there is no room; the last checkpoint stays
    """
    told = {
        "modules": {name: module.state_dict() for name, module in trainer.modules().items()},
        "optimisers": {name: each.state_dict() for name, each in trainer.optimisers().items()},
        "position": asdict(position),
        "fixed": dict(fixed),
    }
    content = BytesIO()  # torch turns a full disk into an error of its own, which says nothing
    torch.save(told, content)
    replace_file(path, lambda file: file.write(content.getbuffer()))


def resume(path: Path, trainer: "Trainer[Any]", fixed: Mapping[str, Any]) -> Position:
    """Put a checkpoint into a trainer; returns where it stood.

    Raises
    ------
    BadCheckpoint : it cannot be read, or was made with another config or other data
    """
    try:
        told = torch.load(path, map_location="cpu", weights_only=True)
        was, position = told["fixed"], Position(**told["position"])
    except Exception as error:  # the library's own kinds for damaged archives are many and not public
        raise BadCheckpoint(
            f"{path} cannot be read ({error}): it was cut off or is no checkpoint. Start anew in another folder."
        ) from error
    if other := _different(was, dict(fixed)):
        raise BadCheckpoint(
            f"{path} was made with {other[0]} = {other[1]!r}, now it is {other[2]!r}: resume with what it was, or "
            "start anew in another folder."
        )
    try:
        for name, module in trainer.modules().items():
            module.load_state_dict(told["modules"][name])
        for name, each in trainer.optimisers().items():
            each.load_state_dict(told["optimisers"][name])
    except (KeyError, RuntimeError, ValueError) as error:
        raise BadCheckpoint(f"{path} holds other networks than this training's: {error}.") from error
    return position


def _different(was: Any, now: Any, where: str = "") -> tuple[str, Any, Any] | None:
    """The first key whose values differ, and both of them.

    A key that the version of the checkpoint did not know is no difference where it is off or 0: that is what it did.
    """
    if not (isinstance(was, dict) and isinstance(now, dict)):
        return None if was == now else (where, was, now)
    for key in sorted({*was, *(key for key in now if now[key])}):
        if other := _different(was.get(key), now.get(key), f"{where}.{key}" if where else key):
            return other
    return None
