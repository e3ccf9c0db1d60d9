"""Reads of adjudicated scores: beside those of the raters, once the study is closed. They enter no deviation."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analysis.answers import Sealed, adjudicated_of, locked_study
from ratings.items import Item
from ratings.models import Adjudication, Study

if TYPE_CHECKING:
    import pandas as pd

OWN = ("recording", "item", "arm", "method", "score", "not_sure", "saved_at")
COLUMNS = (*OWN, "n_raters", "lowest", "mean", "highest")


@dataclass(frozen=True, slots=True)
class AdjudicatedItem:
    """What adjudicators said on one item, all arms together or one of them."""

    item: Item
    arm: str
    method: str
    n: int
    n_scored: int
    difference: float | None  # points: adjudicated minus the mean of the raters, mean over videos


def adjudicated(study: Study, answers: "pd.DataFrame") -> "pd.DataFrame":
    """One row for each item that an adjudicator was asked about; columns as in `COLUMNS`.

    Parameters
    ----------
    answers : the raters' current answers (`analysis.queries.answers`)

    Raises
    ------
    Sealed : the study is not closed
    """
    import pandas as pd

    if study.state != Study.State.CLOSED:
        raise Sealed(f"study {study.pk} is {study.state}")
    asked = Adjudication.objects.filter(presentation__study=study, presentation__excluded_at__isnull=True)
    if not asked.exists():  # as in most studies: one query settles it
        return pd.DataFrame(columns=list(COLUMNS))
    rows = [[getattr(one, name) for name in OWN] for one in adjudicated_of(locked_study(study))]
    frame = pd.DataFrame(rows, columns=list(OWN)).astype({"score": "Int64", "not_sure": bool})
    merged = frame.merge(_spread(answers), how="left", on=["recording", "item", "arm", "method"])
    return merged[list(COLUMNS)].sort_values(["recording", "item", "arm", "method"], ignore_index=True)


def _spread(answers: "pd.DataFrame") -> "pd.DataFrame":
    """How the raters' first showings are scored: number, lowest, mean and highest."""
    first = answers[~answers["repeat"] & answers["score"].notna()]
    groups = first.groupby(["recording", "item", "arm", "method"])["score"]
    return groups.agg(n_raters="count", lowest="min", mean="mean", highest="max").reset_index()


def by_item(study: Study, frame: "pd.DataFrame") -> list[AdjudicatedItem]:
    """Adjudicated scores of each item and arm that has any."""
    items = study.design.asked()
    found = []
    for place, own in frame.groupby(["item", "arm", "method"], sort=True):
        code, arm, method = map(str, place)
        scored = own[own["score"].notna()]
        differences = (scored["score"] - scored["mean"]).dropna()
        difference = float(differences.mean()) if len(differences) else None
        found.append(AdjudicatedItem(items[code], arm, method, len(own), len(scored), difference))
    return found
