"""The items that raters score. The scale's wording belongs to MDS: numbers, short names and severity words only."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cohorts.models import Recording, Task


@dataclass(frozen=True, slots=True)
class Item:
    """One item of MDS-UPDRS Part III, and the recording tasks it is scored from."""

    code: str
    number: str
    name: str | Promise
    tasks: tuple[Task, ...]
    needs_sound: bool = False

    def __str__(self) -> str:
        return f"{self.number} {self.name}"


# To add an item: one entry here, then `makemigrations ratings` (a database constraint lists the codes).
ITEMS: dict[str, Item] = {
    item.code: item
    for item in (
        Item("facial_expression", "3.2", _("Facial expression"), (Task.FACIAL_EXPRESSION,)),
        Item("rest_tremor_lip_jaw", "3.17", _("Rest tremor, lip/jaw"), (Task.FACIAL_EXPRESSION, Task.REST)),
        Item("speech", "3.1", _("Speech"), (Task.SPEECH,), needs_sound=True),
    )
}

SEVERITIES: dict[int, str | Promise] = {
    0: _("normal"),
    1: _("slight"),
    2: _("mild"),
    3: _("moderate"),
    4: _("severe"),
}
NOT_SURE = _("not sure")


def items_for(recording: Recording) -> list[Item]:
    """What is scored from a recording; none where speech was recorded without sound."""
    return [
        item
        for item in ITEMS.values()
        if recording.task in item.tasks and (recording.has_audio or not item.needs_sound)
    ]
