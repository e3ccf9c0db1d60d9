"""A config to start from: every key of a training with its default, and what it may be beside it."""

import json
from collections.abc import Mapping
from dataclasses import MISSING, Field, fields
from typing import Any, get_type_hints


def starting_text(kind: type[Any], given: Mapping[str, str]) -> str:
    """TOML that `config.from_table` reads once the keys are filled in that have no default.

    Parameters
    ----------
    given : values of such keys that are known already
    """
    return "\n".join(_table(kind, None, given, "")) + "\n"


def _table(kind: type[Any], default: Any, given: Mapping[str, str], where: str) -> list[str]:
    """Plain keys first: in TOML whatever follows a table's heading belongs to the table."""
    types = get_type_hints(kind)
    lines = [_line(each, types[each.name], default, given) for each in fields(kind) if "part" not in each.metadata]
    for each in fields(kind):
        if "part" in each.metadata:
            name = f"{where}.{each.name}" if where else each.name
            part = each.default_factory() if callable(each.default_factory) else None
            lines += ["", f"[{name}]", *_table(each.metadata["part"], part, given, name)]
    return lines


def _line(each: "Field[Any]", kind: Any, default: Any, given: Mapping[str, str]) -> str:
    """`default` is the whole table where it is another than its class says."""
    value = each.default if default is None else getattr(default, each.name)
    if value is MISSING:
        value = given.get(each.name, [] if "texts" in each.metadata else "")
        return f"{each.name} = {_told(value)}" + ("" if value else "  # required")
    left_out = "# " if value in ("", ()) else ""  # an empty value is no value: the key is left out
    return f"{left_out}{each.name} = {_told(value)}{_beside(each, kind)}"


def _told(value: Any) -> str:
    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)


def _beside(each: "Field[Any]", kind: Any) -> str:
    rules = each.metadata
    if "low" in rules:
        return f"  # {'whole, ' if kind is int else ''}{rules['low']:,} to {rules['high']:,}"
    return f"  # {', '.join(rules['choices'])}" if "choices" in rules else ""
