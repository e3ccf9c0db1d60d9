"""The answers of a closed study as arrays: one table for each item and method."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from analysis.algorithms.agreement.tables import AGAIN, DEIDENTIFIED, FIRST, ORIGINAL, Tables
from analysis.algorithms.deviation import MISSING, NOT_SURE
from analysis.answers import ARMS, Answer
from ratings.items import Item


@dataclass(frozen=True, slots=True)
class ItemTable:
    """One item and method, and what stands for whom at the places of its arrays."""

    item: Item
    method: str
    recordings: tuple[str, ...]
    participants: tuple[str, ...]  # by the numbers of `tables.patients`
    tables: Tables


def item_tables(
    answers: Sequence[Answer], items: Mapping[str, Item], methods: Sequence[str], raters: Sequence[str]
) -> Iterator[ItemTable]:
    """The items that were asked for, in their order, by each method in its order.

    What was answered after a code-break counts as missing, and a rater who gave nothing has a column like the others.
    """
    for code, item in items.items():
        for method in methods:
            own = [one for one in answers if one.item == code and one.method in ("", method)]
            if own:
                yield _table(item, method, own, tuple(raters))


def _table(item: Item, method: str, answers: Sequence[Answer], raters: tuple[str, ...]) -> ItemTable:
    recordings = tuple(sorted({one.recording for one in answers}))
    whose = {one.recording: one.participant for one in answers}
    participants = tuple(sorted(set(whose.values())))
    shape = (2, 2, len(recordings), len(raters))
    codes, places, sessions = np.full(shape, MISSING), np.full(shape, np.nan), np.full(shape, np.nan)
    at_recording = {name: place for place, name in enumerate(recordings)}
    at_rater = {name: place for place, name in enumerate(raters)}
    for one in answers:
        version = ORIGINAL if one.arm == ARMS[0] else DEIDENTIFIED
        cell = version, AGAIN if one.repeat else FIRST, at_recording[one.recording], at_rater[one.rater]
        codes[cell], places[cell], sessions[cell] = code_of(one), one.position, one.session
    numbers = {name: number for number, name in enumerate(participants)}
    patients = np.array([numbers[whose[name]] for name in recordings])
    return ItemTable(
        item, method, recordings, participants, Tables(codes, places, sessions, patients, raters, len(item.levels))
    )


def code_of(answer: Answer) -> int:
    """A score, or why there is none."""
    if answer.unblinded or answer.saved_at is None:
        return MISSING
    return NOT_SURE if answer.score is None else answer.score
