"""Reads of measurements, as pages show them. About media alone: nothing here is joined with a rating."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from analysis.fidelity_table import as_ceiling, table
from analysis.fidelity_texts import Section, sections
from analysis.models import Measurement
from cohorts.models import Cohort
from deid.algorithms.registry import ORIGINAL, get_method
from deid.models import Rendition


@dataclass(frozen=True, slots=True)
class Fidelity:
    """A table of all metrics: `heads` name its columns."""

    heads: list[str]
    sections: list[Section]


def fidelity_of(report: dict[str, Any]) -> Fidelity:
    """One rendition beside its ceiling."""
    heads = [_("Rendition"), _("Ceiling")]
    cells = table({heads[0]: [report], heads[1]: [as_ceiling(report)]})
    return Fidelity(heads, sections(cells, dict.fromkeys(heads, 1)))


def released_measurements(cohort: Cohort) -> list[Measurement]:
    """Of the newest released rendition of each recording by each method."""
    newest = (
        Rendition.objects.filter(recording__cohort=cohort, state=Rendition.State.RELEASED)
        .exclude(method=ORIGINAL)
        .order_by("recording_id", "method", "-id")
        .distinct("recording_id", "method")
        .values("pk")
    )
    measured = Measurement.objects.filter(rendition__in=newest).select_related("rendition__recording__participant")
    return list(measured.defer("rendition__certificate").order_by("rendition__method", "rendition__recording_id"))


def fidelity_by_method(measurements: Sequence[Measurement]) -> Fidelity:
    """Means over the measured renditions of each method, and over their originals' ceilings."""
    reports: dict[str, list[Mapping[str, Any]]] = {}
    for each in measurements:
        if each.state == Measurement.State.DONE and each.rendition is not None:
            reports.setdefault(get_method(each.rendition.method).label, []).append(each.report)
    rows = {f"{label} (n = {len(found)})": list(found) for label, found in reports.items()}
    if rows:
        rows[_("Ceiling")] = [as_ceiling(one) for found in reports.values() for one in found]
    return Fidelity(list(rows), sections(table(rows), {head: len(found) for head, found in rows.items()}))
