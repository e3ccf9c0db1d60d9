"""What can be set, checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from deid.algorithms.errors import BadParameters


@dataclass(frozen=True, slots=True)
class Settings:
    """Parameters of the method.

    `donor` is a name, or None for the engine to choose by `sex` and `age`. `strength` is the share of the donor's
    geometry; `detail` the share of the patient's expression wrinkles; `min_face` the width in pixels under which a
    face is masked; `max_turn` the degrees of turn to the side from which on it is masked.
    """

    donor: str | None = None
    strength: float = 1.0
    detail: float = 1.0
    sex: Literal["f", "m"] | None = None
    age: float | None = None
    min_face: float = 40
    max_turn: float = 35

    @classmethod
    def of(cls, parameters: Mapping[str, Any]) -> "Settings":
        """Checked settings.

        Raises
        ------
        BadParameters : a value is out of its range
        """
        _check_text("donor", parameters["donor"])
        if parameters["sex"] not in (None, "f", "m"):
            raise BadParameters(f"sex must be 'f', 'm' or left out, was {parameters['sex']!r}: it chooses a donor.")
        for name, (low, high) in RANGES.items():
            _check_number(name, parameters[name], low, high)
        return cls(**parameters)


RANGES = {"strength": (0.5, 1.5), "detail": (0, 1), "age": (1, 120), "min_face": (24, 400), "max_turn": (15, 60)}


def _check_text(name: str, value: object) -> None:
    if value is not None and not isinstance(value, str):
        raise BadParameters(f"{name} must be a name or left out, was {value!r}.")


def _check_number(name: str, value: object, low: float, high: float) -> None:
    if name == "age" and value is None:
        return
    if isinstance(value, bool) or not isinstance(value, int | float) or not low <= value <= high:
        raise BadParameters(f"{name} must be a number from {low:g} to {high:g}, was {value!r}.")
