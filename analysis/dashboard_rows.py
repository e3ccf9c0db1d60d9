"""What the dashboards of fidelity read: released renditions and what was measured of them. No rating is joined."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.db.models import Prefetch, Q
from django.urls import reverse
from django.utils.translation import gettext as _

from accounts.models import User
from analysis.access import cohorts_to_read
from analysis.dashboard_columns import SPEED
from analysis.fidelity_table import look_up
from analysis.models import Measurement
from analysis.report_parts import parts_of, without_gaps
from cohorts.vocabulary import Task
from deid.algorithms.registry import ORIGINAL, get_method
from deid.models import Job, Rendition
from frontend.told import told


@dataclass(frozen=True)
class Measured:
    """One rendition with the report of it."""

    rendition: Rendition
    name: str  # as this reader may call it
    report: Mapping[str, Any]
    _numbers: dict[str, float | str] = field(default_factory=dict, repr=False, compare=False)

    @cached_property
    def address(self) -> str:
        """Where it can be looked at beside its original."""
        return reverse("analysis:player", args=[self.rendition.pk])

    @property
    def participant(self) -> int:
        return self.rendition.recording.participant_id

    def number(self, path: str) -> float | str:
        """A number of the report, or the reason that stands in its place."""
        if path not in self._numbers:  # marks, means and reasons ask for the same ones
            self._numbers[path] = self._speed() if path == SPEED else look_up(self.report, path)
        return self._numbers[path]

    def _speed(self) -> float | str:
        job = self.rendition.job
        if job.started_at is None or job.finished_at is None or job.finished_at <= job.started_at:
            return _("The job does not say how long it took.")
        return float(self.rendition.n_frames / (job.finished_at - job.started_at).total_seconds())


@dataclass(frozen=True, slots=True)
class Shown:
    """What a dashboard shows, by method in the order of the registry, and what it cannot show."""

    by_method: Mapping[str, Sequence[Measured]]
    waiting: Sequence[Rendition]
    failed: Sequence[tuple[Rendition, str]]

    @property
    def rows(self) -> list[Measured]:
        return [one for rows in self.by_method.values() for one in rows]

    @property
    def n_participants(self) -> int:
        return len({one.participant for one in self.rows})

    @property
    def n_cohorts(self) -> int:
        return len({one.rendition.recording.cohort_id for one in self.rows})


def shown(user: User, condition: Q, *, codes: bool, paths: Collection[str]) -> Shown:
    """The newest released rendition of each recording by each method, in cohorts that the user reads.

    Parameters
    ----------
    codes : name participants by their codes; else renditions by their numbers
    paths : of the reports, which are read; what lies elsewhere counts as not measured
    """
    newest = (
        Rendition.objects.filter(condition, recording__cohort__in=cohorts_to_read(user), state=Rendition.State.RELEASED)
        .exclude(method=ORIGINAL)
        .order_by("recording_id", "method", "-id")
        .distinct("recording_id", "method")
        .values_list("pk", flat=True)
    )
    # Each table by itself: joined, they are gone through again for every row where the database takes them for small.
    parts = Measurement.objects.annotate(parts=parts_of("report", paths)).defer("report")
    renditions = (
        Rendition.objects.filter(pk__in=list(newest))
        .defer("certificate")
        .prefetch_related(
            "recording__participant", Prefetch("job", Job.objects.defer("parameters")), Prefetch("measurement", parts)
        )
        .order_by("recording__participant_id", "recording_id")
    )
    return _sorted(renditions, codes, paths)


def _sorted(renditions: Iterable[Rendition], codes: bool, paths: Collection[str]) -> Shown:
    """Renditions by what is known of them; their measurements have `parts` of reports."""
    tasks = {value: str(label) for value, label in Task.choices}
    found: dict[str, list[Measured]] = {}
    waiting: list[Rendition] = []
    failed: list[tuple[Rendition, str]] = []
    for rendition in renditions:
        measurement: Any = getattr(rendition, "measurement", None)
        if measurement is None or measurement.is_open:
            waiting.append(rendition)
        elif measurement.state == Measurement.State.FAILED:
            failed.append((rendition, measurement.error))
        else:
            name = _name(rendition, tasks[rendition.recording.task], codes)
            found.setdefault(rendition.method, []).append(
                Measured(rendition, name, without_gaps(measurement.parts, paths))
            )
    order = sorted(found, key=lambda name: told(get_method(name).label))
    return Shown({name: found[name] for name in order}, waiting, failed)


def _name(rendition: Rendition, task: str, codes: bool) -> str:
    if codes:
        return f"{rendition.recording.participant.code} · {task}"
    return _("Rendition %(n)d · %(task)s") % {"n": rendition.pk, "task": task}


def labels(by_method: Mapping[str, Sequence[Measured]]) -> dict[str, str]:
    """Names of methods with how many renditions there are."""
    return {name: f"{told(get_method(name).label)} (n = {len(rows)})" for name, rows in by_method.items()}
