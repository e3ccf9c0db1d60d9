"""A random order of one sitting in which alike showings keep their distance."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from math import ceil
from random import Random
from typing import TypeVar

T = TypeVar("T")

ATTEMPTS = 30


class Infeasible(ValueError):
    """No order keeps the rules. `rule` names the one that cannot be kept, `facts` say by how much."""

    def __init__(self, rule: str, **facts: int | str) -> None:
        super().__init__(f"{rule}: {facts}")
        self.rule, self.facts = rule, facts


@dataclass(frozen=True, slots=True)
class Card:
    """What must not stand near its like; an empty donor is like no other."""

    participant: int
    donor: str = ""


def spread(cards: Sequence[Card], participant_distance: int, donor_distance: int, random: Random) -> list[int]:
    """Places of `cards` in a random order with so many others between two of one participant, or of one donor.

    Greedy, with the most frequent first where it is getting tight, from `ATTEMPTS` random beginnings.

    Raises
    ------
    Infeasible : one participant or donor is too frequent for any order, or no beginning led to an end
    """
    _check_room("participant", Counter(card.participant for card in cards), participant_distance, len(cards))
    _check_room("donor", Counter(card.donor for card in cards if card.donor), donor_distance, len(cards))
    for _attempt in range(ATTEMPTS):
        order = _try(cards, participant_distance, donor_distance, random)
        if order is not None:
            return order
    raise Infeasible("order", n=len(cards), distance=participant_distance, donor_distance=donor_distance)


def _check_room(kind: str, frequency: Counter, distance: int, room: int) -> None:
    for what, n in sorted(frequency.items()):
        needed = (n - 1) * (distance + 1) + 1
        if needed > room:
            raise Infeasible(kind, **{kind: what}, n=n, room=room, needed=needed, distance=distance)


def _try(cards: Sequence[Card], near: int, near_donor: int, random: Random) -> list[int] | None:
    waiting = random.sample(range(len(cards)), len(cards))
    people, donors = Counter(card.participant for card in cards), Counter(card.donor for card in cards)
    order: list[int] = []
    while waiting:
        recent = {cards[place].participant for place in order[-near:]} if near else set()
        worn = {cards[place].donor for place in order[-near_donor:]} - {""} if near_donor else set()
        able = (p for p in waiting if cards[p].participant not in recent and cards[p].donor not in worn)
        # Mostly nobody presses, and the first who is able comes: the others need not be looked at.
        pressing = _pressing(people, near, len(waiting)), _pressing(donors, near_donor, len(waiting)) - {""}
        chosen = _next(able, cards, people, donors, *pressing) if any(pressing) else next(able, None)
        if chosen is None:
            return None
        order.append(chosen)
        waiting.remove(chosen)
        people[cards[chosen].participant] -= 1
        donors[cards[chosen].donor] -= 1
    return order


def _pressing(frequency: Mapping[T, int], distance: int, room: int) -> set[T]:
    """Who needs nearly all the room that is left, and must come now."""
    at_ease = ceil((room - distance - 1) / (distance + 1))  # so many of one kind leave room to spare
    if max(frequency.values()) <= at_ease:
        return set()
    return {what for what, n in frequency.items() if n > at_ease}


def _next(
    able: Iterable[int],
    cards: Sequence[Card],
    people: Mapping[int, int],
    donors: Mapping[str, int],
    pressing_people: Set[int],
    pressing_donors: Set[str],
) -> int | None:
    """The most frequent of those who press, else the first who is able."""
    places = list(able)
    tight = [p for p in places if cards[p].participant in pressing_people or cards[p].donor in pressing_donors]
    if not tight:
        return places[0] if places else None
    return max(tight, key=lambda p: (people[cards[p].participant], donors[cards[p].donor]))
