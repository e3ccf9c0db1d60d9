"""What weights that were trained here say of their training. It lies in their own file and goes where they go."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from modelstore.loading import training_in


@dataclass(frozen=True, slots=True)
class Record:
    """`kind` of training; `steps` done and `images` seen; SHA-256 of `data` by name; its whole `config`."""

    kind: str
    steps: int
    images: int
    data: Mapping[str, str] = field(default_factory=dict)
    config: Mapping[str, Any] = field(default_factory=dict)

    @property
    def sizes(self) -> dict[str, int]:
        """The whole numbers of its config by their path, such as "model.width"."""
        return dict(_whole_numbers(self.config))


def _whole_numbers(config: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, int]]:
    for key, value in config.items():
        if isinstance(value, Mapping):
            yield from _whole_numbers(value, f"{path}{key}.")
        elif isinstance(value, int) and not isinstance(value, bool):
            yield f"{path}{key}", value


def record_of(file: Path) -> Record | None:
    """The record in a file of weights; None where it has none, as others' weights.

    Raises
    ------
    BadWeights : the file cannot be read
    """
    told = training_in(file)
    try:
        return Record(
            str(told["kind"]), int(told["steps"]), int(told["images"]), told.get("data", {}), told.get("config", {})
        )
    except (KeyError, TypeError, ValueError):
        return None
