"""Rows of the table of methods: a method, or one of several weights of it; and which of them may be ranked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from analysis.fidelity_table import Cell
from analysis.training_facts import ENOUGH, smaller
from deid.algorithms.errors import BadParameters
from deid.algorithms.registry import Method, get_method
from deid.algorithms.training.record import Record, record_of
from modelstore.store import Store

RULE = (
    "Ranked are methods without learning, weights that their makers published, and networks trained here at their "
    f"published size on at least {', '.join(f'{name} {n:,}' for name, n in ENOUGH.items())} pictures. Others are in "
    "the table and have no rank: their numbers say how far a training was, not what the method can do. Nor has a row "
    "that lacks the number on a clip that another row has it on: a mean over other clips compares clips."
)
RANKS = {
    "Rank by motion": ("r CCA, chance 0 to ceiling 1", False),
    "Rank by identity": ("Within 0.6 of original", True),
}


@dataclass(frozen=True, slots=True)
class MethodRow:
    """A row: `name` is shown; `store` has the row's weights under the names that the method asks for."""

    name: str
    method: str
    store: Store
    file: str  # beginning of its renditions' names: other weights never find an older rendition
    record: Record | None = None
    trained: bool = False  # a network of ours: its weights are of who trained it

    @property
    def unranked(self) -> str:
        """Why the row has no rank; "" where it has one."""
        if not self.trained:
            return ""
        if self.record is None:
            return "nobody told how long its weights were trained"
        wanted = ENOUGH[self.method]
        if self.record.images < wanted:
            return f"under-trained: {self.record.images:,} of {wanted:,} pictures seen"
        small = smaller(self.method, self.record.sizes)
        return f"smaller than published: {small}" if small else ""

    def told(self) -> list[str]:
        """Pictures seen, steps, and why it has no rank, as texts."""
        seen = [f"{self.record.images:,}", f"{self.record.steps:,}"] if self.record else ["–", "–"]
        return [*seen, self.unranked or "–"]


def method_row(text: str, store: Store) -> MethodRow:
    """A row from "METHOD", or from "METHOD=NAME+NAME" with names of other weights in the store.

    Each stands in for those of the method that its name begins with: `identity_small-2` for `identity_small`.

    Raises
    ------
    UnknownMethod, UnknownWeights : as their names say
    BadParameters : the method needs no weights of that name
    """
    method, _, others = (part.strip() for part in text.partition("="))
    asked = get_method(method)
    own = asked.weights[-1 if method == "inswapper" else 0] if asked.weights else ""  # its own, beside others' it needs
    used = replace(store, instead=tuple(_instead(asked, each.strip()) for each in others.split("+") if each.strip()))
    entries = [used.entry(name) for name, _ in used.instead]
    if not own:
        return MethodRow(method, method, store, method)
    entry = used.entry(own)
    file, trained = used.file(entry), method in ENOUGH
    record = record_of(file) if trained and file.is_file() else None
    name = f"{_label(method, record)} ({entry.name})" if trained else method
    hashes = [str(each.sha256)[:12] for each in entries]
    return MethodRow(name, method, used, "-".join([method, *hashes]), record, trained)


def _instead(method: Method, name: str) -> tuple[str, str]:
    """Which weights others stand in for."""
    known = [each for each in (*method.weights, *method.instead.values()) if name.startswith(each)]
    if not known:
        wanted = ", ".join((*method.weights, *method.instead.values())) or "no weights"
        raise BadParameters(f"{method.name!r} takes {wanted}: {name!r} is none of them, leave it out.")
    return max(known, key=len), name


def ranks(cells: Mapping[str, Mapping[str, Cell]], rows: Sequence[MethodRow]) -> dict[str, dict[str, int]]:
    """Places by row and kind of rank, 1 is best, equal numbers share one; rows that may not be ranked have none, nor
    those with fewer clips behind their number than another row."""
    found: dict[str, dict[str, int]] = {}
    for title, (column, ascending) in RANKS.items():
        found_on = {row.name: cells[row.name][column] for row in rows if row.name in cells and not row.unranked}
        most = max((cell.n for cell in found_on.values()), default=0)
        known = {name: cell.mean for name, cell in found_on.items() if cell.mean is not None and cell.n == most}
        for name, mean in known.items():
            better = sum(other < mean if ascending else other > mean for other in known.values())
            found.setdefault(name, {})[title] = 1 + better
    return found


def _label(method: str, record: Record | None) -> str:
    """FaceMotionPreserve by its switches: d blink frames, l the landmark loss."""
    if method != "facemotion" or record is None or "blinks" not in record.config:
        return method
    signs = ("+" if record.config.get(key) else "-" for key in ("blinks", "landmarks"))
    return f"{method} {''.join(f'{letter}{sign}' for letter, sign in zip('dl', signs, strict=True))}"
