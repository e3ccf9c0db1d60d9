"""What a six-face experiment fixes before it opens: plain values, written as JSON, and hashed."""

import json
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from django.utils.translation import gettext_noop

CONTROLS = {
    "matched": gettext_noop("Matched: nearest in sex, age band and descriptor"),
    "random": gettext_noop("Random, as published"),
}
# Least and most of each number.
LIMITS = {
    "trials_each": (1, 400),
    "catch_each": (0, 60),
    "practice": (0, 12),
    "control_cap": (1, 20),
    "donor_cap": (0, 50),
    "break_after": (0, 400),
    "margin": (0.01, 0.5),
    "alpha": (0.001, 0.2),
    "upper_bound": (0.005, 0.5),
    "least_right": (0.0, 1.0),
    "most_false": (0.0, 1.0),
}


@dataclass(frozen=True, slots=True)
class SixFaceProtocol:
    """Everything of an experiment's design that is no row of its own (judges, participants)."""

    trials_each: int = 20
    controls: str = "matched"
    catch_each: int = 4
    practice: int = 2
    control_cap: int = 4  # how often a judge meets an identity as a control
    donor_cap: int = 4  # and a donor; 0 for any number
    break_after: int = 30
    margin: float = 0.1  # over 1/4, of the primary test
    margin_reason: str = ""
    alpha: float = 0.05
    upper_bound: float = 0.05  # of re-identification, that the experiment is to show
    least_right: float = 0.5  # of the pairs of photographs, that a judge must find to count
    most_false: float = 0.75  # of the trials with six strangers, in which such a judge may name a pair
    simulation: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def from_json(cls, told: dict[str, Any]) -> "SixFaceProtocol":
        """From what an experiment keeps; what it does not name is as by default."""
        return cls(**{one.name: told[one.name] for one in fields(cls) if one.name in told})

    def to_json(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return told
