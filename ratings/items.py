"""The items that raters score. The scale's wording belongs to MDS: numbers, short names and severity words only."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cohorts.models import Recording, Task

SEVERITIES: dict[int, str | Promise] = {
    0: _("normal"),
    1: _("slight"),
    2: _("mild"),
    3: _("moderate"),
    4: _("severe"),
}
NOT_SURE = _("not sure")
MOST_LEVELS = 5  # what the desk has keys for, and what deviations are drawn for
CODE = r"^[a-z][a-z0-9_]{1,29}$"


@dataclass(frozen=True, slots=True)
class Item:
    """One ordinal item, and the recording tasks it is scored from.

    `needs_sound` items are scored from recordings with sound only; `sound` says whether raters hear it. `anchors` are
    texts of a licensed study, one for each level.
    """

    code: str
    number: str
    name: str | Promise
    tasks: tuple[Task, ...]
    needs_sound: bool = False
    levels: tuple[str | Promise, ...] = tuple(SEVERITIES.values())
    sound: bool = False
    anchors: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.number} {self.name}".strip()

    def heard(self, sound: bool) -> "Item":
        return replace(self, sound=sound)

    def anchored(self, texts: Sequence[str]) -> "Item":
        return replace(self, anchors=tuple(texts))

    @property
    def scores(self) -> list[tuple[int, str | Promise, str]]:
        """Each score with its word and, in a licensed study, its anchor text."""
        texts = self.anchors or ("",) * len(self.levels)
        return [(score, word, text) for score, (word, text) in enumerate(zip(self.levels, texts, strict=True))]


# To add an item for all studies: one entry here. A single study may bring its own (`custom_item`).
ITEMS: dict[str, Item] = {
    item.code: item
    for item in (
        Item("facial_expression", "3.2", _("Facial expression"), (Task.FACIAL_EXPRESSION,)),
        Item("rest_tremor_lip_jaw", "3.17", _("Rest tremor, lip/jaw"), (Task.FACIAL_EXPRESSION, Task.REST)),
        Item("speech", "3.1", _("Speech"), (Task.SPEECH,), needs_sound=True, sound=True),
    )
}


def custom_item(code: str, name: str, levels: Sequence[str], tasks: Sequence[str]) -> Item:
    """An ordinal item of one study."""
    return Item(code, "", name, tuple(Task(task) for task in tasks), levels=tuple(levels))


def items_for(
    recording: Recording, items: Iterable[Item] = tuple(ITEMS.values()), without: Collection[str] = ()
) -> list[Item]:
    """What is scored from a recording, without excluded codes; none where speech was recorded without sound."""
    return [
        item
        for item in items
        if recording.task in item.tasks
        and (recording.has_audio or not item.needs_sound)
        and item.code not in without
        and "" not in without
    ]
