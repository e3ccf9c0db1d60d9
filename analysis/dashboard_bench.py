"""How long the dashboards of fidelity take with many recordings: made up in one transaction, which is rolled back."""

import copy
import secrets
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
from django.db import connection, transaction
from django.http import HttpRequest
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from accounts.models import Role, User
from analysis.memory import peak_mib
from analysis.models import Measurement
from cohorts.models import Cohort, CohortMembership, Participant, Recording
from deid.models import Job, Rendition

N_RECORDINGS, METHODS = 100, ("mask", "motionmesh", "pixelate")
SECONDS = 30.0  # of each recording
ROUNDS = 3  # the best counts: the first loads what the process has not used yet
PAGES = ("methods", "dynamics", "identity")
SPREAD = 0.05  # by which a recording's numbers differ from the measured ones


def measure_dashboards() -> Iterator[str]:
    """A line for each page, of one method and of all: seconds of the request but the network, queries and size."""
    yield f"{N_RECORDINGS} recordings by {len(METHODS)} methods, {N_RECORDINGS * len(METHODS)} measured renditions"
    with transaction.atomic():
        user = _world()
        before = peak_mib()
        for query, told in (({"method": METHODS[0]}, "one method"), ({}, "all")):
            for page in PAGES:
                yield f"{page:<10}{told:<12}{_measured(page, user, query)}"
        yield f"memory: {peak_mib():.0f} MiB at most, {peak_mib() - before:.0f} MiB of it for the pages"
        transaction.set_rollback(True)


def _measured(page: str, user: User, query: dict[str, str]) -> str:
    from analysis import dashboard_views

    view, best, busy, n_queries, size = getattr(dashboard_views, page), np.inf, np.inf, 0, 0
    for _round in range(ROUNDS):
        began, working = time.perf_counter(), time.process_time()
        with CaptureQueriesContext(connection) as queries:
            answer = view(_asked(user, query))
        best, busy = min(best, time.perf_counter() - began), min(busy, time.process_time() - working)
        n_queries, size = len(queries), len(answer.content)
    return f"{best:>6.2f} s, {busy:.2f} s of it busy{n_queries:>4} queries{size / 1e6:>6.1f} MB"


def _asked(user: User, query: dict[str, str]) -> HttpRequest:
    request = RequestFactory().get("/", query)
    request.user = user
    return request


def _world() -> User:
    """A coordinator's cohort; one video was made up and measured, the others have numbers around its own."""
    mark = secrets.token_hex(4)
    user = User.objects.create(username=f"bench-{mark}", role=Role.COORDINATOR)
    cohort = Cohort.objects.create(name=f"Bench {mark}")
    CohortMembership.objects.create(cohort=cohort, user=user)
    reports = [_report(kept) for kept in (0.2, 0.8, 0.4)]
    rng = np.random.default_rng(0)
    for number in range(N_RECORDINGS):
        participant = Participant.objects.create(cohort=cohort, code=f"B-{number:03d}", sex="fm"[number % 2])
        recording = Recording.objects.create(
            participant=participant, cohort=cohort, task="facial_expression", codec="h264", variable_rate=False,
            width=640, height=480, n_frames=900, duration=SECONDS, frame_rate=30, has_audio=True, **_file(),
        )  # fmt: skip
        for method, report in zip(METHODS, reports, strict=True):
            _rendition(recording, method, user, _varied(report, rng))
    return user


def _file() -> dict[str, Any]:
    """The fields of a file that is never opened."""
    return {"storage_name": f"bench/{secrets.token_hex(20)}", "sha256": secrets.token_hex(32), "n_bytes": 1}


def _rendition(recording: Recording, method: str, user: User, report: dict[str, Any]) -> None:
    now = timezone.now()
    job = Job.objects.create(recording=recording, method=method, state=Job.State.DONE, started_at=now, finished_at=now)
    rendition = Rendition.objects.create(
        job=job, recording=recording, method=method, state=Rendition.State.RELEASED, n_frames=900, encoding="none",
        certificate={"runs": [[0, 899, "covered"]]}, reviewed_by=user, reviewed_at=now, **_file(),
    )  # fmt: skip
    Measurement.objects.create(rendition=rendition, state=Measurement.State.DONE, report=report)


def _report(kept: float) -> dict[str, Any]:
    from analysis.algorithms.fidelity.drawn import drawn
    from analysis.algorithms.fidelity.report import report
    from analysis.made_tracks import made_pair
    from analysis.measuring import compact

    pair = made_pair(seconds=SECONDS, kept=kept)
    strangers = pair.strangers["descriptors"]
    found: dict[str, Any] = compact(report(pair))
    return found | {"n_strangers": len(strangers), "drawn": drawn(pair, strangers)}


def _varied(report: dict[str, Any], rng: np.random.Generator) -> dict[str, Any]:
    """The same report with other numbers where the pages look."""
    found = copy.deepcopy(report)
    for name in ("r_x", "r_y", "r_cca", "slope", "sd_ratio", "concordance"):
        found["metrics"]["dynamics"][name] += rng.normal(0, SPREAD)
    found["between"]["r_cca"] += rng.normal(0, SPREAD)
    found["metrics"]["to_original"]["mean"] += rng.normal(0, SPREAD)
    return found
