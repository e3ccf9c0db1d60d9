"""Reads. `answers` is the one place that joins ratings with their arm."""

from collections.abc import Iterable
from dataclasses import dataclass
from random import Random
from typing import Any

import pandas as pd
from django.db.models import QuerySet

from accounts.models import User
from analysis.access import studies_to_read
from analysis.algorithms.deviation import MISSING, NOT_SURE, PairedDeviation, paired_deviation
from deid.algorithms.registry import ORIGINAL
from ratings.items import ITEMS, Item, items_for
from ratings.models import Presentation, Rating, Study
from ratings.queries import with_progress

ARMS = ("original", "de-identified")
COLUMNS = ("rater", "participant", "recording", "item", "arm", "score", "not_sure", "saved_at")


class Sealed(Exception):
    """The study is not closed: nobody may see its ratings by arm."""


@dataclass(frozen=True, slots=True)
class ItemResult:
    """One item's deviation, and how many raters and participants its pairs come from."""

    item: Item
    deviation: PairedDeviation
    n_raters: int
    n_participants: int


def result_list(user: User) -> QuerySet[Study]:
    return with_progress(studies_to_read(user))


def answers(study: Study) -> pd.DataFrame:
    """The current answers of a closed study under pseudonyms, one row for each answer that was asked for.

    Columns as in `COLUMNS`; without an answer `saved_at` is missing, without a score `score` is.

    Raises
    ------
    Sealed : the study is not closed
    """
    if study.state != Study.State.CLOSED:
        raise Sealed(f"study {study.pk} is {study.state}")
    shown = list(
        Presentation.objects.filter(study=study).select_related("rendition__recording").order_by("rater_id", "position")
    )
    given = _given(study)
    raters = {place.rater_id: str(place) for place in study.places.all()}
    # Numbered with those who withdrew since: the others keep the pseudonyms that earlier exports gave them.
    recordings = _pseudonyms("recording", study, (p.rendition.recording_id for p in shown))
    participants = participant_pseudonyms(study, (p.rendition.recording.participant_id for p in shown))
    presentations = [presentation for presentation in shown if presentation.excluded_at is None]
    rows: list[dict[str, Any]] = []
    for presentation in presentations:
        recording = presentation.rendition.recording
        who = {
            "rater": raters[presentation.rater_id],
            "participant": participants[recording.participant_id],
            "recording": recordings[recording.pk],
            "arm": ARMS[0] if presentation.rendition.method == ORIGINAL else ARMS[1],
        }
        rows += [who | _answer(item, given.get((presentation.pk, item.code))) for item in items_for(recording)]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    frame = frame.astype({"score": "Int64", "not_sure": bool})
    return frame.sort_values(["rater", "recording", "item", "arm"], ignore_index=True)


def participant_pseudonyms(study: Study, pks: Iterable[int]) -> dict[int, str]:
    """What stands for each participant in the study's results; `pks` of all that were ever shown in it."""
    return _pseudonyms("participant", study, pks)


def _given(study: Study) -> dict[tuple[object, str], Rating]:
    newest = Rating.objects.filter(presentation__study=study).order_by("presentation_id", "item", "-id")
    return {(r.presentation_id, r.item): r for r in newest.distinct("presentation_id", "item")}


def _answer(item: Item, rating: Rating | None) -> dict[str, Any]:
    return {
        "item": item.code,
        "score": rating.score if rating else None,
        "not_sure": bool(rating and rating.not_sure),
        "saved_at": rating.saved_at if rating else None,
    }


def _pseudonyms(kind: str, study: Study, pks: Iterable[int]) -> dict[int, str]:
    """Numbers by lot, the same at every look: the order of entry must not tell who is who."""
    known = sorted(set(pks))
    Random(f"{study.seed}/{kind}").shuffle(known)  # noqa: S311 - reproducible; the seed is not shown
    width = len(str(len(known)))
    return {pk: f"{kind}-{number:0{width}d}" for number, pk in enumerate(known, start=1)}


def item_results(frame: pd.DataFrame) -> list[ItemResult]:
    """Paired deviation of each item that was asked for, in the order of `ITEMS`."""
    asked = set(frame["item"])
    return [_item_result(item, frame[frame["item"] == item.code]) for item in ITEMS.values() if item.code in asked]


def _item_result(item: Item, frame: pd.DataFrame) -> ItemResult:
    code = frame["score"].astype("Float64").fillna(MISSING).astype(int).mask(frame["not_sure"], NOT_SURE)
    pairs = frame.assign(code=code).pivot(index=["rater", "participant", "recording"], columns="arm", values="code")
    pairs = pairs.reindex(columns=list(ARMS)).fillna(MISSING).astype(int)
    valid = pairs[(pairs >= 0).all(axis=1)].index
    return ItemResult(
        item=item,
        deviation=paired_deviation(pairs[ARMS[0]].to_numpy(), pairs[ARMS[1]].to_numpy()),
        n_raters=valid.get_level_values("rater").nunique(),
        n_participants=valid.get_level_values("participant").nunique(),
    )
