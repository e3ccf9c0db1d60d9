"""What Prometheus is told, computed from the database when it asks.

Web processes and workers come and go, and each would count for itself; the rows are the truth for all of them. Jobs are
never removed, so that counts of them only grow, as counters must.
"""

import hmac
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db.models import Count, DurationField, ExpressionWrapper, F, Min, Q, QuerySet, Sum
from django.http import Http404, HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from cohorts.models import Upload, Withdrawal
from config.version import VERSION
from deid.models import Job, Leased, Rendition

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
BUCKETS = (10, 30, 60, 120, 300, 600, 1800, 3600, 7200)  # seconds
ENDED = (Job.State.DONE, Job.State.WITHHELD, Job.State.FAILED, Job.State.CANCELLED)
Sample = tuple[dict[str, str], float]


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric with its samples; those of a histogram name their own ending."""

    name: str
    kind: str
    help: str
    samples: list[tuple[str, dict[str, str], float]] = field(default_factory=list)

    def lines(self) -> Iterator[str]:
        yield f"# HELP semblance_{self.name} {self.help}"
        yield f"# TYPE semblance_{self.name} {self.kind}"
        for ending, labels, value in self.samples:
            told = ",".join(f'{name}="{_escaped(text)}"' for name, text in labels.items())
            yield f"semblance_{self.name}{ending}{{{told}}} {value:.17g}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


@login_not_required
@require_GET
def metrics(request: HttpRequest) -> HttpResponse:
    """For whoever has METRICS_TOKEN; without that setting there is no such page."""
    token = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not settings.METRICS_TOKEN or not hmac.compare_digest(token.encode(), settings.METRICS_TOKEN.encode()):
        raise Http404
    return HttpResponse(as_text(all_metrics()), content_type=CONTENT_TYPE)


def as_text(found: list[Metric]) -> str:
    return "".join(f"{line}\n" for metric in found for line in metric.lines())


def all_metrics() -> list[Metric]:
    makers: tuple[Callable[[], Metric], ...] = (
        _version, _queue_length, _queue_age, _work, _jobs_ended, _job_seconds, _leases_lost, _uploads, _reviews,
        _withdrawals,
    )  # fmt: skip
    return [make() for make in makers]


def _simple(name: str, kind: str, text: str, samples: list[Sample]) -> Metric:
    return Metric(name, kind, text, [("", labels, value) for labels, value in samples])


def _version() -> Metric:
    return _simple("info", "gauge", "The version that answers.", [({"version": VERSION}, 1)])


def _queue_length() -> Metric:
    counts = {(queue, state): 0 for queue in ("cpu", "gpu") for state in Job.OPEN}
    rows = Job.objects.filter(state__in=Job.OPEN).order_by().values_list("queue", "state").annotate(Count("pk"))
    counts.update({(queue, Job.State(state)): n for queue, state, n in rows})
    samples: list[Sample] = [({"queue": queue, "state": str(state)}, n) for (queue, state), n in counts.items()]
    return _simple("jobs_open", "gauge", "Jobs that wait or run, by queue.", samples)


def _queue_age() -> Metric:
    """Grows without end where no worker listens: the one number to be woken by."""
    oldest: dict[str, float] = {"cpu": 0, "gpu": 0}
    rows = Job.objects.filter(state=Job.State.QUEUED).order_by().values_list("queue").annotate(Min("created_at"))
    oldest.update({queue: (timezone.now() - since).total_seconds() for queue, since in rows})
    samples: list[Sample] = [({"queue": queue}, seconds) for queue, seconds in oldest.items()]
    return _simple("jobs_oldest_waiting_seconds", "gauge", "Age of the job that waits longest, by queue.", samples)


def _other_kinds() -> list[type[Leased]]:
    """What else workers do under a lease: last encodes, measurements."""
    return sorted((kind for kind in Leased.__subclasses__() if kind is not Job), key=lambda kind: kind.__name__)


def _work() -> Metric:
    samples: list[Sample] = []
    for kind in _other_kinds():
        counts = dict.fromkeys((*Leased.OPEN, Leased.State.FAILED), 0)
        rows = (
            kind._default_manager.filter(state__in=list(counts)).order_by().values_list("state").annotate(Count("pk"))
        )
        counts.update({Leased.State(state): n for state, n in rows})
        samples += [({"kind": kind.__name__.lower(), "state": str(state)}, n) for state, n in counts.items()]
    return _simple("work", "gauge", "Other work of the workers that waits, runs or failed, by kind.", samples)


def _jobs_ended() -> Metric:
    rows = Job.objects.filter(state__in=ENDED).order_by().values_list("method", "state").annotate(Count("pk"))
    samples: list[Sample] = [({"method": method, "state": state}, n) for method, state, n in rows.order_by("method")]
    return _simple("jobs_ended_total", "counter", "Jobs that came to an end, by method and how.", samples)


def _done() -> QuerySet[Job]:
    took = ExpressionWrapper(F("finished_at") - F("started_at"), output_field=DurationField())
    done = Job.objects.filter(state=Job.State.DONE, started_at__isnull=False, finished_at__isnull=False)
    return done.order_by().annotate(took=took)


def _job_seconds() -> Metric:
    within = {f"le_{bound}": Count("pk", filter=Q(took__lte=timedelta(seconds=bound))) for bound in BUCKETS}
    metric = Metric("job_seconds", "histogram", "How long done jobs took in their last attempt, by method.")
    rows = _done().values_list("method").annotate(Count("pk"), Sum("took"), **within).order_by("method")
    for method, n, total, *counts in rows:
        labels = {"method": method}
        for bound, count in zip([*map(str, BUCKETS), "+Inf"], [*counts, n], strict=True):
            metric.samples.append(("_bucket", {**labels, "le": bound}, count))
        metric.samples.append(("_sum", labels, total.total_seconds()))
        metric.samples.append(("_count", labels, n))
    return metric


def _leases_lost() -> Metric:
    """Attempts beyond the first: workers that died or were restarted at work."""
    again = Job.objects.filter(attempts__gt=1).aggregate(n=Sum(F("attempts") - 1))["n"] or 0
    text = "Attempts at jobs whose worker went silent."
    return _simple("job_attempts_repeated_total", "counter", text, [({}, again)])


def _uploads() -> Metric:
    counts = dict.fromkeys(Upload.State.values, 0)
    counts.update(dict(Upload.objects.order_by().values_list("state").annotate(Count("pk"))))
    return _simple("uploads", "gauge", "Uploads by state.", [({"state": state}, n) for state, n in counts.items()])


def _reviews() -> Metric:
    waiting = Rendition.objects.filter(state=Rendition.State.IN_REVIEW).count()
    return _simple("renditions_in_review", "gauge", "Renditions that wait for a reviewer.", [({}, waiting)])


def _withdrawals() -> Metric:
    unfinished = Withdrawal.objects.filter(finished_at__isnull=True).count()
    text = "Withdrawals whose files are not all destroyed."
    return _simple("withdrawals_unfinished", "gauge", text, [({}, unfinished)])
