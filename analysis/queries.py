"""Reads. `analysis.answers` is the one place that joins ratings with their arm.

pandas loads inside the functions: a web process that shows no results does without its 80 MB.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.db.models import QuerySet

from accounts.models import User
from analysis.access import studies_to_read
from analysis.algorithms.deviation import MISSING, NOT_SURE, PairedDeviation, paired_deviation
from analysis.answers import ARMS, Sealed, answers_of, locked_study
from ratings.items import ITEMS, Item
from ratings.models import Study
from ratings.queries import with_progress

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["ARMS", "COLUMNS", "ItemResult", "Sealed", "answers", "item_results", "result_list", "retest"]

COLUMNS = (
    "rater", "participant", "recording", "item", "arm", "method", "repeat", "unblinded", "score", "not_sure",
    "saved_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ItemResult:
    """One item's deviation by one method, and how many raters and participants its pairs come from."""

    item: Item
    method: str
    deviation: PairedDeviation
    n_raters: int
    n_participants: int


def result_list(user: User) -> QuerySet[Study]:
    return with_progress(studies_to_read(user))


def answers(study: Study) -> "pd.DataFrame":
    """The current answers of a closed study under pseudonyms, one row for each answer that was asked for.

    Columns as in `COLUMNS`; without an answer `saved_at` is missing, without a score `score` is.

    Raises
    ------
    Sealed : the study is not closed
    """
    import pandas as pd

    locked = locked_study(study)
    rows = [[getattr(answer, name) for name in COLUMNS] for answer in answers_of(locked)]
    frame = pd.DataFrame(rows, columns=list(COLUMNS))
    frame = frame.astype({"score": "Int64", "not_sure": bool, "repeat": bool, "unblinded": bool})
    return frame.sort_values(["rater", "recording", "item", "arm", "method", "repeat"], ignore_index=True)


def item_results(frame: "pd.DataFrame", study: Study | None = None) -> list[ItemResult]:
    """Paired deviation of each item that was asked for and each method, the deciding one first.

    Hidden repeats form no pairs; answers that were given after a code-break count as missing.
    """
    items, methods = (study.design.asked(), study.methods) if study else (ITEMS, sorted({*frame["method"]} - {""}))
    asked, first = set(frame["item"]), frame[~frame["repeat"]]
    return [
        _item_result(item, method, first[(first["item"] == code) & first["method"].isin(["", method])])
        for code, item in items.items()
        if code in asked
        for method in methods
    ]


def retest(frame: "pd.DataFrame", code: str) -> PairedDeviation:
    """First showing minus hidden repeat of the same version, all arms together: how far raters are from themselves."""
    own = frame[frame["item"] == code]
    coded = own["score"].astype("Float64").fillna(MISSING).astype(int).mask(own["not_sure"], NOT_SURE)
    showings = own.assign(code=coded).pivot(
        index=["rater", "recording", "arm", "method"], columns="repeat", values="code"
    )
    both = showings.reindex(columns=[False, True]).dropna().astype(int)
    return paired_deviation(both[False].to_numpy(), both[True].to_numpy())


def _item_result(item: Item, method: str, frame: "pd.DataFrame") -> ItemResult:
    code = frame["score"].astype("Float64").fillna(MISSING).astype(int).mask(frame["not_sure"], NOT_SURE)
    code = code.mask(frame["unblinded"], MISSING)
    pairs = frame.assign(code=code).pivot(index=["rater", "participant", "recording"], columns="arm", values="code")
    pairs = pairs.reindex(columns=list(ARMS)).fillna(MISSING).astype(int)
    valid = pairs[(pairs >= 0).all(axis=1)].index
    return ItemResult(
        item=item,
        method=method,
        deviation=paired_deviation(pairs[ARMS[0]].to_numpy(), pairs[ARMS[1]].to_numpy()),
        n_raters=valid.get_level_values("rater").nunique(),
        n_participants=valid.get_level_values("participant").nunique(),
    )
