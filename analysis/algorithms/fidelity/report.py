"""Every metric of a rendition against its original, with its ceiling; a reason in place of what cannot be computed.

To add a metric: a function of a `Pair`, and one line of `METRICS` beside it, in `face_metrics` or `sign_metrics`.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from functools import partial
from typing import Any

import numpy as np

from analysis.algorithms.fidelity import face_metrics, identity, nulls, sign_metrics
from analysis.algorithms.fidelity.errors import UNAVAILABLE, Unavailable
from analysis.algorithms.fidelity.pair import Pair

__all__ = ["METRICS", "UNAVAILABLE", "WITHOUT_CEILING", "Pair", "ceiling_of", "plain", "report", "value_of"]

UNDEFINED = "undefined: nothing varies here, or there is nothing to compute it from."
METRICS = (*face_metrics.METRICS, *sign_metrics.METRICS)
WITHOUT_CEILING = (*face_metrics.WITHOUT_CEILING, *sign_metrics.WITHOUT_CEILING)


def report(pair: Pair, ceiling: dict[str, Any] | None = None) -> dict[str, Any]:
    """All metrics as plain values for JSON: `metrics`, their `ceiling`, and correlations `between` chance and ceiling.

    Raises nothing for what cannot be computed: {"unavailable": reason} stands in its place.

    Parameters
    ----------
    ceiling : `ceiling_of` the same original, where it is known already
    """
    values = {name: value_of(partial(metric, pair)) for name, metric in (*METRICS, *WITHOUT_CEILING)}
    best = ceiling_of(pair) if ceiling is None else ceiling
    return {
        "metrics": values, "ceiling": best, "between": _between(values, best),
        "recogniser": {"name": identity.DLIB.name, "threshold": identity.DLIB.threshold, "judges": judges(pair)},
        "models": pair.original.models,
    }  # fmt: skip


def ceiling_of(pair: Pair) -> dict[str, Any]:
    """The metrics of the re-encoded original; a reason where there is none."""
    try:
        best = pair.as_ceiling()
    except Unavailable as reason:
        return {UNAVAILABLE: str(reason)}
    return {name: value_of(partial(metric, best)) for name, metric in METRICS}


def judges(pair: Pair) -> str:
    """Which recogniser may judge this rendition, in words: none that chose the donor it wears."""
    if pair.donor is None:
        told = "No donor's face is worn, so no recogniser chose one: dlib judges as any other would."
    else:
        told = "dlib chose the donor, so it is no independent judge of this rendition."
    if identity.ARCFACE.kind in pair.original.variants:
        told += " ArcFace chooses nothing and judges."
    else:
        told += " ArcFace would judge, but its weights are not part of this product and not in the model store."
    return f"{told} Motion itself identifies people too."


def value_of(metric: Callable[[], Any]) -> Any:
    """What a metric gives as plain values, or {"unavailable": reason}."""
    try:
        return plain(metric())
    except Unavailable as reason:
        return {UNAVAILABLE: str(reason)}


def _between(values: Mapping[str, Any], ceiling: Mapping[str, Any]) -> dict[str, Any]:
    """Each correlation between the null by shift and the ceiling."""
    return {name: value_of(partial(_one_between, values, ceiling, name)) for name in nulls.CORRELATIONS}


def _one_between(values: Mapping[str, Any], ceiling: Mapping[str, Any], name: str) -> float:
    places = (("dynamics", values), ("null_shift", values), ("dynamics", ceiling))
    for metric, where in places:
        reason = where.get(UNAVAILABLE) or where[metric].get(UNAVAILABLE)
        if reason:
            raise Unavailable(str(reason))
    three = values["dynamics"][name], values["null_shift"]["mean"][name], ceiling["dynamics"][name]
    for each in three:
        if isinstance(each, Mapping):
            raise Unavailable(UNDEFINED)
    return nulls.between(*three)


def plain(value: Any) -> Any:
    """Dataclasses, arrays and numbers as what JSON holds; what is not finite becomes a reason."""
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {str(name): plain(each) for name, each in value.items()}
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, float) and not np.isfinite(value):
        return {UNAVAILABLE: UNDEFINED}
    return value
