"""Reading the summary of an agreement run: rows by what they are of, and numbers in words."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _

from deid.algorithms.registry import METHODS
from frontend.numbers import signed
from frontend.told import told
from ratings.items import ITEMS

Row = Mapping[str, Any]
NONE: Row = {"value": None, "low": None, "high": None, "n": 0, "n_participants": 0, "p": None}
ARMS = ("original", "de-identified")
SIGN = "with the sign"


@dataclass(frozen=True, slots=True)
class Reading:
    """One summary."""

    summary: Mapping[str, Any]
    _rows: dict[tuple[str, ...], Row] = field(default_factory=dict)

    def __post_init__(self) -> None:
        for row in self.summary.get("rows", ()):
            self._rows[_key(row)] = row

    @property
    def items(self) -> list[Mapping[str, Any]]:
        return list(self.summary.get("items", ()))

    @property
    def raters(self) -> list[str]:
        return list(self.summary.get("raters", ()))

    def label(self, item: Mapping[str, Any]) -> str:
        """The item, with the method where there are several."""
        name = str(ITEMS.get(item["item"], item["name"]))  # a study's own items have no other words
        return f"{name} · {method_word(item['method'])}" if len(self.summary["methods"]) > 1 else name

    def row(
        self, item: Mapping[str, Any], statistic: str, *, arm: str = "", rater: str = "", group: str = "all"
    ) -> Row:
        """A row of nothing where it was not computed."""
        return self._rows.get((item["item"], item["method"], statistic, arm, rater, group), NONE)

    def of(self, item: Mapping[str, Any], statistic: str) -> list[Row]:
        own = (item["item"], item["method"], statistic)
        return [row for key, row in self._rows.items() if key[:3] == own]


def _key(row: Row) -> tuple[str, ...]:
    return tuple(row[name] for name in ("item", "method", "statistic", "arm", "rater", "group"))


def method_word(name: str) -> str:
    """What people know a method by; one that is gone keeps the name it was stored with."""
    return told(METHODS[name].label) if name in METHODS else name


def level_words(item: Mapping[str, Any]) -> list[str]:
    """The levels of an item with their scores, in the present language: runs keep them in English."""
    return [f"{score} {told(word)}" for score, word in enumerate(item["levels"])]


def arm_word(arm: str) -> str:
    return {"original": _("original"), "de-identified": _("de-identified")}.get(arm, _("both versions"))


def number(value: float | None, digits: int = 2) -> str:
    return _("undefined") if value is None else f"{value:.{digits}f}".replace("-", "−")


def points(value: float | None) -> str:
    return _("undefined") if value is None else signed(value, 2)


def share(value: float | None) -> str:
    return _("undefined") if value is None else f"{100 * value:.1f}%".replace("-", "−")


def p_value(value: float | None) -> str:
    if value is None:
        return _("undefined")
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def with_interval(row: Row, write: Any = number) -> str:
    """A value and its interval: 0.81 (0.74 to 0.86)."""
    value = write(row["value"])
    if row["value"] is None or row["low"] is None or row["high"] is None:
        return str(value)
    return f"{value} ({write(row['low'])} {_('to')} {write(row['high'])})"
