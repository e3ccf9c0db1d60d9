"""Figures as what they say: drawn by Plotly on pages and by matplotlib in reports, with the same words and colours."""

import re
from dataclasses import dataclass

from django.utils.translation import gettext as _

# Okabe-Ito, with a shape beside each colour for those who see no colours and for print.
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
SHAPES = ("circle", "square", "diamond", "triangle-up", "cross", "x")
PATTERNS = ("", "/", ".", "x", "\\", "-")
LETTERS = re.compile(r"[^\W\d_]")


@dataclass(frozen=True, slots=True)
class Estimate:
    """One row of a forest: a value with its interval; None where it is undefined."""

    label: str
    series: int
    value: float | None
    low: float | None
    high: float | None
    n: str  # from how much, in words


@dataclass(frozen=True, slots=True)
class Forest:
    """Values with intervals, one under the other, by series."""

    x_title: str
    series: tuple[str, ...]
    rows: tuple[Estimate, ...]
    lines: tuple[tuple[float, str], ...] = ()  # where a line stands, and its name
    x_range: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class Layer:
    name: str
    colour: str
    pattern: str
    counts: tuple[int, ...]  # of each bar


@dataclass(frozen=True, slots=True)
class Stacked:
    """Bars of 100%, a layer for each kind of answer."""

    x_title: str
    bars: tuple[str, ...]
    layers: tuple[Layer, ...]

    def shares(self, layer: Layer) -> list[float]:
        """Per cent of each bar."""
        whole = [sum(one.counts[place] for one in self.layers) for place in range(len(self.bars))]
        return [100 * count / n if n else 0 for count, n in zip(layer.counts, whole, strict=True)]


@dataclass(frozen=True, slots=True)
class Grouped:
    """Columns beside each other over the same ticks; shares of each series in per cent."""

    x_title: str
    y_title: str
    ticks: tuple[str, ...]
    series: tuple[tuple[str, tuple[int, ...]], ...]  # name, counts

    @staticmethod
    def shares(counts: tuple[int, ...]) -> list[float]:
        whole = sum(counts)
        return [100 * count / whole if whole else 0 for count in counts]


@dataclass(frozen=True, slots=True)
class Heat:
    """How often each row stands with each column, the number in each field."""

    x_title: str
    y_title: str
    labels: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


@dataclass(frozen=True, slots=True)
class Spot:
    x: float
    y: float
    name: str
    n: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class Scatter:
    """Points, and lines across at heights with names."""

    x_title: str
    y_title: str
    spots: tuple[Spot, ...]
    lines: tuple[tuple[float, str, str], ...] = ()  # height, name, dash: solid, dash or dot


@dataclass(frozen=True, slots=True)
class Lines:
    """Courses over the same steps; None is a gap."""

    x_title: str
    y_title: str
    ticks: tuple[str, ...]
    series: tuple[tuple[str, tuple[float | None, ...], tuple[int, ...]], ...]  # name, values, n of each


Drawing = Forest | Stacked | Grouped | Heat | Scatter | Lines


@dataclass(frozen=True, slots=True)
class Figure:
    """A drawing with its name on the page and what it shows, for those who do not see it."""

    name: str
    label: str
    drawing: Drawing


@dataclass(frozen=True, slots=True)
class Section:
    """A piece of a page or a report: words, figures, and a table with its heads; the first column names the rows."""

    name: str
    title: str
    words: tuple[str, ...] = ()
    figures: tuple[Figure, ...] = ()
    heads: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()
    hidden: bool = False  # its table is behind a fold on the page: the figure says it

    @property
    def anchor(self) -> str:
        """Its place on a page; figures have their own names there."""
        return f"about-{self.name}"

    @property
    def of_figures(self) -> tuple[bool, ...]:
        """By column, whether it holds numbers, intervals or shares alone; what is undefined says so in a word."""
        columns = list(zip(*self.rows, strict=True))
        return tuple(place > 0 and _are_figures(cells) for place, cells in enumerate(columns))

    @property
    def head(self) -> list[tuple[str, bool]]:
        """The heads, and whether their columns hold figures."""
        return list(zip(self.heads, self.of_figures, strict=True))

    @property
    def lines(self) -> list[list[tuple[str, bool]]]:
        """The rows, with the same of each cell."""
        return [list(zip(row, self.of_figures, strict=True)) for row in self.rows]


def _are_figures(cells: tuple[str, ...]) -> bool:
    """Numbers, shares or intervals in all cells that say a number, and in one at least."""
    said = [cell for cell in cells if any(each.isdigit() for each in cell)]
    return bool(said) and not any(LETTERS.search(cell.replace(f" {_('to')} ", " ")) for cell in said)
