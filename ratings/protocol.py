"""What a study fixes before it opens: plain values that are checked, written as JSON, and hashed."""

import hashlib
import json
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from django.utils.translation import gettext_noop

from ratings.algorithms.allocation import Rules
from ratings.items import ITEMS, Item, custom_item

ESTIMAND = (
    "Mean, over participants, of the difference between the original and the de-identified version in a participant's "
    "score (points of the 0-4 scale, mean over raters and recordings), among pairs that the same rater scored in both "
    "versions. Ratings after a code-break count as missing."
)
MULTIPLICITY = {
    "holm": gettext_noop("Holm over all items"),
    "primary": gettext_noop("The primary item alone decides; the others are described"),
    "none": gettext_noop("No correction: every item is described, none decides"),
}
VIEWING_TOOLS = {
    "loop": gettext_noop("Play again and again"),
    "speed": gettext_noop("Half and quarter speed"),
    "frames": gettext_noop("Step by frames"),
}


@dataclass(frozen=True, slots=True)
class Protocol:
    """Everything of a study's design that is not a row of its own (raters, exclusions, recordings)."""

    items: tuple[str, ...] = tuple(ITEMS)
    custom_items: tuple[dict[str, Any], ...] = ()
    with_sound: tuple[str, ...] = tuple(code for code, item in ITEMS.items() if item.needs_sound)
    anchors: dict[str, list[str]] = field(default_factory=dict)
    anchors_licence: str = ""
    sessions: int = 1
    gap_days: int = 14
    repeats_percent: int = 0
    participant_distance: int = 1
    donor_distance: int = 0
    donor_cap: int = 0
    break_after: int = 20
    estimand: str = ESTIMAND
    primary_item: str = ""
    margin: float = 0.5
    margin_reason: str = ""
    alpha: float = 0.05
    multiplicity: str = "holm"
    n_planned: int = 0
    # As before there was a choice: a protocol that was frozen without these stays what it was.
    equipment_check: bool = False
    break_minutes: int = 0
    viewing_tools: tuple[str, ...] = ()
    scale_percent: int = 0
    calibration_days: int = 0  # 0: none is required
    debrief_videos: int = 0  # 0: raters are asked nothing afterwards
    simulation: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def from_json(cls, told: dict[str, Any]) -> "Protocol":
        """From what a study keeps; what it does not name is as by default."""
        known = {one.name for one in fields(cls)} & set(told)
        values: dict[str, Any] = {
            name: tuple(told[name]) if isinstance(told[name], list) else told[name] for name in known
        }
        return cls(**values)

    def to_json(self) -> dict[str, Any]:
        told: dict[str, Any] = json.loads(json.dumps(asdict(self)))
        return told

    def asked(self) -> dict[str, Item]:
        """The items of the study by code, with the sound and the anchor texts that it chose."""
        custom = {one["code"]: custom_item(**one) for one in self.custom_items}
        known = {code: ITEMS[code] for code in self.items if code in ITEMS} | custom
        return {
            code: item.heard(code in self.with_sound or item.needs_sound).anchored(self.anchors.get(code, []))
            for code, item in known.items()
        }

    def viewing(self) -> dict[str, Any]:
        """What raters may do with a video, and how it is shown; empty where the protocol says nothing of it."""
        said = {name: getattr(self, name) for name in VIEWING}
        return {name: list(value) if isinstance(value, tuple) else value for name, value in said.items() if value}

    def rules(self, n_versions: int) -> Rules:
        return Rules(
            versions=n_versions,
            sessions=self.sessions,
            repeats=self.repeats_percent / 100,
            participant_distance=self.participant_distance,
            donor_distance=self.donor_distance,
            donor_cap=self.donor_cap,
        )


VIEWING = ("equipment_check", "break_minutes", "viewing_tools", "scale_percent")


def canonical_json(content: Any) -> bytes:
    """One spelling for one content: sorted keys, no spaces, UTF-8."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
