"""The run “agreement” over a closed study: every statistic of its ratings, from the joined answers."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from analysis.agreement_groups import GROUPS, chosen
from analysis.agreement_tables import ItemTable, item_tables
from analysis.algorithms.agreement.holm import holm
from analysis.algorithms.agreement.item import ItemAgreement, item_agreement
from analysis.algorithms.agreement.resampling import ROUNDS
from analysis.algorithms.agreement.tables import Draw
from analysis.answers import Answer, LockedStudy, answers_of, locked_study
from analysis.blinding_queries import guesses_by_arm
from frontend.told import kept_in_english
from ratings.protocol import MULTIPLICITY, Protocol, canonical_json

if TYPE_CHECKING:
    from analysis.run_models import Run

ALGORITHM = "agreement/1"
MOST_ROUNDS = 20_000


def check(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """The parameters with their defaults: rounds of the bootstrap, and which participants.

    Raises
    ------
    ValidationError : one is unknown or out of its limits
    """
    known = {"rounds", *GROUPS}
    if unknown := sorted(set(parameters) - known):
        raise ValidationError(
            _("This analysis knows %(known)s; leave out %(unknown)s.")
            % {"known": ", ".join(sorted(known)), "unknown": ", ".join(unknown)[:200]}
        )
    told = str(parameters.get("rounds", ROUNDS))
    if not told.isdigit() or not 100 <= int(told) <= MOST_ROUNDS:
        raise ValidationError(
            _("The bootstrap draws 100 to %(most)d times, not %(told)s.") % {"most": MOST_ROUNDS, "told": told[:20]}
        )
    groups = {name: str(parameters[name]).strip() for name in GROUPS if str(parameters.get(name, "")).strip()}
    return {"rounds": int(told), **groups}


def compute(run: "Run", tell: Callable[[float, str], None]) -> tuple[dict[str, Any], dict[str, Any]]:
    """What it was computed from, and the summary.

    Raises
    ------
    analysis.answers.Sealed : the study is not closed
    ValidationError : nobody is in the group that was asked for
    """
    assert run.study is not None  # noqa: S101 - the kind is of studies
    tell(0, gettext_noop("reading the ratings"))
    locked = locked_study(run.study)
    with kept_in_english():  # names of items stand in the summary, and the same run gives the same bytes
        answers = chosen(locked, [*answers_of(locked)], run.parameters)
        draw = Draw(rounds=int(run.parameters["rounds"]), seed=run.seed)
        return inputs_of(locked, answers), summary_of(locked, answers, draw, tell)


def inputs_of(locked: LockedStudy, answers: Sequence[Answer]) -> dict[str, Any]:
    """What the numbers come from, so that anybody can tell whether it was the same."""
    newest = locked.study.versions.order_by("-number").first()
    told = [[str(value) if value is not None else "" for value in one] for one in answers]
    return {
        "study": locked.study.name,
        "protocol": newest.sha256 if newest else "",
        "protocol_version": newest.number if newest else 0,
        "ratings": hashlib.sha256(canonical_json(told)).hexdigest(),
        "n_answers": sum(one.saved_at is not None for one in answers),
        "n_asked": len(answers),
    }


def summary_of(
    locked: LockedStudy, answers: Sequence[Answer], draw: Draw, tell: Callable[[float, str], None]
) -> dict[str, Any]:
    """Everything that pages, reports and exports show, as plain JSON values."""
    study, design = locked.study, locked.study.design
    raters = [str(place) for place in study.places.order_by("number")]
    tables = list(item_tables(answers, design.asked(), study.methods, raters))
    found = []
    for place, one in enumerate(tables):
        tell(0.1 + 0.9 * place / len(tables), gettext_noop("computing the item %(item)s") % {"item": one.item})
        found.append(item_agreement(one.tables, margin=design.margin, alpha=design.alpha, draw=draw))
    items = [_item(table, one, design) for table, one in zip(tables, found, strict=True)]
    _decide(items, design, study.methods[0])
    return plain({
        "rows": [row for table, one in zip(tables, found, strict=True) for row in _rows(table, one)],
        "items": items,
        "protocol": _protocol(design),
        "methods": list(study.methods),
        "raters": raters,
        "n": {
            "participants": len({one.participant for one in answers}),
            "recordings": len({one.recording for one in answers}),
            "raters": len(raters),
            "showings": len({(one.rater, one.position) for one in answers}),
            "exclusions": study.exclusions.count(),
        },
        "blinding": [_guesses(one) for one in guesses_by_arm(study)],
        "confidence": draw.confidence,
    })  # fmt: skip


def _protocol(design: Protocol) -> dict[str, Any]:
    return {
        "estimand": design.estimand, "margin": design.margin, "margin_reason": design.margin_reason,
        "alpha": design.alpha, "multiplicity": design.multiplicity,
        "multiplicity_words": MULTIPLICITY.get(design.multiplicity, design.multiplicity),
        "primary_item": design.primary_item, "sessions": design.sessions, "gap_days": design.gap_days,
        "repeats_percent": design.repeats_percent, "n_planned": design.n_planned,
    }  # fmt: skip


def _item(table: ItemTable, one: ItemAgreement, design: Protocol) -> dict[str, Any]:
    told = asdict(one)
    del told["rows"]
    for point in told["points"]:
        point["participant"] = table.participants[point.pop("patient")]
    return {
        "item": table.item.code, "name": str(table.item), "method": table.method,
        "levels": [str(word) for word in table.item.levels], "primary": table.item.code == design.primary_item,
        "n_recordings": len(table.recordings), "n_participants": len(table.participants), **told,
    }  # fmt: skip


def _decide(items: list[dict[str, Any]], design: Protocol, method: str) -> None:
    """p and verdict of the deciding method's items, by what the protocol says of several items."""
    own = [one for one in items if one["method"] == method]
    adjusted = holm(np.array([one["equivalence"]["p"] for one in own], np.float64))
    for one, p in zip(own, adjusted, strict=True):
        plainly = one["equivalence"]["p"]
        decides = design.multiplicity == "holm" or (design.multiplicity == "primary" and one["primary"])
        one["p_decides"] = p if design.multiplicity == "holm" else plainly
        one["decides"] = decides
        one["shown"] = bool(one["p_decides"] < design.alpha) if decides and np.isfinite(plainly) else None


def _rows(table: ItemTable, one: ItemAgreement) -> list[dict[str, Any]]:
    return [{"item": table.item.code, "method": table.method, **asdict(row)} for row in one.rows]


def _guesses(one: Any) -> dict[str, Any]:
    return asdict(one) | {"index": asdict(one.index)}


def plain(value: Any) -> Any:
    """JSON values: what is undefined is null."""
    if isinstance(value, Mapping):
        return {name: plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, np.generic):
        value = value.item()
    return None if isinstance(value, float) and not np.isfinite(value) else value
