"""Configs of trainings: frozen dataclasses from TOML or JSON, fields with ranges. No torch: pages read it too."""

import json
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, asdict, dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, Literal, TypeVar, get_type_hints

from deid.algorithms.training.errors import BadConfig

Config = TypeVar("Config")
Precision = Literal["float32", "bfloat16"]
LONGEST = 4096  # characters of a text


def number(default: float | None, low: float, high: float) -> Any:
    """A field for a number from `low` to `high`; whole where the field's type is int. None: it must be given."""
    return field(default=MISSING if default is None else default, metadata={"low": low, "high": high})


def choice(default: str, *choices: str) -> Any:
    """A field for one of some words."""
    return field(default=default, metadata={"choices": choices})


def switch(default: bool) -> Any:
    """A field that is true or false."""
    return field(default=default, metadata={"switch": True})


def text(default: str | None = None) -> Any:
    """A field for words or a path. None: it must be given."""
    return field(default=MISSING if default is None else default, metadata={"text": True})


def texts(default: tuple[str, ...] | None = None) -> Any:
    """A field for a list of them."""
    return field(default=MISSING if default is None else default, metadata={"texts": True})


def part(of: Callable[..., Any], **defaults: object) -> Any:
    """A field for a table of its own, whose fields all have defaults; `defaults` stand over some of them."""
    return field(default_factory=lambda: of(**defaults), metadata={"part": of, "defaults": defaults})


@dataclass(frozen=True, slots=True)
class RunConfig:
    """What every training has.

    Parameters
    ----------
    minutes : of training, over all starts; it ends there, even before `steps`. 0: no such end
    checkpoint_every, sample_every, evaluate_every : steps; all are done at the end too
    precision : of forward passes; bfloat16 has float32's range, so that no loss has to be scaled
    threads : of torch; sums depend on it in their last digits. 0: as many as torch takes by itself
    """

    seed: int = number(1, 0, 2**32 - 1)
    steps: int = number(1000, 1, 10**8)
    minutes: float = number(0.0, 0.0, 100_000.0)
    batch: int = number(32, 1, 1024)
    checkpoint_every: int = number(500, 1, 10**8)
    sample_every: int = number(500, 1, 10**8)
    evaluate_every: int = number(500, 1, 10**8)
    precision: Precision = choice("float32", "float32", "bfloat16")
    device: Literal["auto", "cpu", "cuda"] = choice("auto", "auto", "cpu", "cuda")
    threads: int = number(0, 0, 256)


# What may differ between two starts of one training: it moves ends and reports, not the curve.
FREE = ("steps", "minutes", "checkpoint_every", "sample_every", "evaluate_every", "device", "threads")


def read(kind: type[Config], path: Path) -> Config:
    """A config from a file.

    Raises
    ------
    BadConfig : it cannot be read, or a key is unknown, missing or out of range
    """
    return from_table(kind, read_table(path))


def read_table(path: Path) -> dict[str, Any]:
    """What a config's file says; BadConfig where it cannot be read."""
    try:
        content = path.read_text(encoding="utf-8")
        told = json.loads(content) if path.suffix == ".json" else tomllib.loads(content)
    except (OSError, ValueError) as error:
        raise BadConfig(f"{path} is no config in TOML, or JSON where it ends in .json: {error}.") from error
    if not isinstance(told, dict):
        raise BadConfig(f"{path} must hold a table of keys and values.")
    return told


def from_table(kind: type[Config], told: object, where: str = "") -> Config:
    """A config from a table by name; `where` are the names of the tables around it.

    Raises
    ------
    BadConfig : a key is unknown, missing or out of range; it says which, what was given and what is allowed
    """
    if not isinstance(told, Mapping):
        raise BadConfig(f"{where or 'a config'} must be a table of keys and values, was {told!r}.")
    assert is_dataclass(kind)  # noqa: S101 - callers pass classes, not input
    known = {each.name: each for each in fields(kind)}
    if odd := sorted(set(map(str, told)) - set(known)):
        raise BadConfig(f"the config has the key {_key(where, odd[0])}, which nobody reads; known: {', '.join(known)}.")
    types = get_type_hints(kind)
    values = {}
    for name, each in known.items():
        if name in told:
            values[name] = _checked(each, types[name], told[name], _key(where, name))
        elif each.default is MISSING and each.default_factory is MISSING:
            raise BadConfig(f"the config lacks {_key(where, name)}: {_allowed(each, types[name])}.")
    return kind(**values)


def to_table(config: Any) -> dict[str, Any]:
    """The inverse of `from_table`, as JSON can hold it."""
    table: dict[str, Any] = json.loads(json.dumps(asdict(config)))
    return table


def fixed(config: Any) -> dict[str, Any]:
    """What of a config has to be the same when a training is resumed."""
    table = to_table(config)
    return {**table, "run": {key: value for key, value in table["run"].items() if key not in FREE}}


def _checked(each: "Field[Any]", kind: Any, value: Any, key: str) -> Any:
    rules = each.metadata
    if "part" in rules:
        return from_table(rules["part"], {**rules["defaults"], **value} if isinstance(value, Mapping) else value, key)
    if "low" in rules and isinstance(value, int | float) and not isinstance(value, bool):
        whole = kind is not int or float(value).is_integer()
        if whole and rules["low"] <= value <= rules["high"]:
            return kind(value)
    fits = (
        ("choices" in rules and value in rules["choices"])
        or ("switch" in rules and isinstance(value, bool))
        or ("text" in rules and (_is_text(value) or value == each.default))
    )
    if fits:
        return value
    if "texts" in rules and isinstance(value, list | tuple) and value and all(map(_is_text, value)):
        return tuple(value)
    raise BadConfig(f"{key} must be {_allowed(each, kind)}, was {value!r}.")


def _is_text(value: object) -> bool:
    return isinstance(value, str) and bool(value.strip()) and len(value) <= LONGEST


def _allowed(each: "Field[Any]", kind: Any) -> str:
    rules = each.metadata
    if "low" in rules:
        return f"a {'whole ' if kind is int else ''}number from {rules['low']:,} to {rules['high']:,}"
    if "choices" in rules:
        return f"one of {', '.join(rules['choices'])}"
    if "switch" in rules:
        return "true or false"
    return "a list of texts, at least one" if "texts" in rules else f"a text of 1 to {LONGEST} characters"


def _key(where: str, name: str) -> str:
    return f"{where}.{name}" if where else name
