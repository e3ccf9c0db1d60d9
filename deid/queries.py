"""Reads."""

from dataclasses import dataclass

from django.db.models import QuerySet

from accounts.models import User
from cohorts.models import Cohort, Recording
from deid.access import jobs_for
from deid.algorithms.registry import ORIGINAL
from deid.models import Decision, Job, Rendition


def job_list(user: User) -> QuerySet[Job]:
    """The newest jobs; re-encodings for studies are the studies' business."""
    return jobs_for(user).exclude(method=ORIGINAL)[:100]


def jobs_of(recording: Recording) -> QuerySet[Job]:
    return recording.jobs.exclude(method=ORIGINAL).select_related("rendition").defer("rendition__certificate")


def renditions_of(recording: Recording) -> QuerySet[Rendition]:
    """De-identified ones; re-encoded originals are the studies' business."""
    return recording.renditions.exclude(method=ORIGINAL)


def released_renditions(cohort: Cohort, method: str) -> QuerySet[Rendition]:
    """The newest released rendition of each recording by a method."""
    return (
        Rendition.objects.filter(recording__cohort=cohort, method=method, state=Rendition.State.RELEASED)
        .select_related("recording")
        .order_by("recording_id", "-id")
        .distinct("recording_id")
    )


@dataclass(frozen=True, slots=True)
class Waiting:
    """A run of withheld frames and what was decided about it. Times in seconds from the first frame."""

    first: int
    last: int
    start: float
    end: float
    decision: Decision | None


def withheld_runs(rendition: Rendition) -> list[Waiting]:
    """Runs that showed nothing of the picture because no decision about them was positive."""
    decided = {decision.first: decision for decision in rendition.decisions.all()}
    return [
        Waiting(first, last, start, end, decided.get(first))
        for (first, last, state), (start, end) in zip(rendition.runs, rendition.run_times, strict=True)
        if state == "withheld"
    ]


def frames_waiting(rendition: Rendition) -> int:
    """How many frames wait for a reviewer."""
    return sum(run.last - run.first + 1 for run in withheld_runs(rendition) if run.decision is None)


def strip(rendition: Rendition) -> list[dict[str, float | str]]:
    """The frame states as positions on a strip of time, in per cent of its width: players seek by time."""
    whole = max((end for _start, end in rendition.run_times), default=0) or 1
    return [
        {"state": state, "x": 100 * start / whole, "width": 100 * (end - start) / whole, "first": first, "last": last}
        for (first, last, state), (start, end) in zip(rendition.runs, rendition.run_times, strict=True)
    ]


def replaced(rendition: Rendition) -> dict[str, int]:
    """In how many frames the method put a donor's face in place, and in how many it masked the head instead."""
    report = rendition.certificate.get("method_report") or {}
    spans = {name: [run[1] - run[0] + 1 for run in report.get(name, [])] for name in ("swapped", "masked")}
    return {f"n_{name}": sum(lengths) for name, lengths in spans.items()}
