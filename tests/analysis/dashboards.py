"""Measured renditions for tests of the dashboards: reports of made-up measurements, as a worker would keep them."""

import copy
import io
from functools import cache
from typing import Any

from analysis.algorithms.fidelity.drawn import drawn
from analysis.algorithms.fidelity.pair import Pair
from analysis.algorithms.fidelity.report import report
from analysis.algorithms.fidelity.series import series
from analysis.algorithms.fidelity.series_format import packed
from analysis.made_tracks import made_pair
from analysis.measuring import compact
from analysis.models import Measurement, Series
from cohorts import storage
from cohorts.models import Cohort, Recording
from deid.models import Rendition
from tests.factories import CohortFactory, ParticipantFactory, RecordingFactory, RenditionFactory

SECONDS = 10.0


@cache
def pair(kept: float = 0.8) -> Pair:
    return made_pair(seconds=SECONDS, kept=kept)


@cache
def _report(kept: float) -> dict[str, Any]:
    made = pair(kept)
    found: dict[str, Any] = compact(report(made))
    return found | {"n_strangers": 33, "drawn": drawn(made, made.strangers["descriptors"])}


def report_of(kept: float = 0.8) -> dict[str, Any]:
    """A report that the test may change."""
    return copy.deepcopy(_report(kept))


@cache
def _series() -> bytes:
    return packed(series(pair()))


def measured(
    recording: Recording, method: str = "mask", kept: float = 0.8, worse: float = 0.0, **more: Any
) -> Rendition:
    """A released rendition of a recording, measured; motion is kept `worse` than was measured, so that marks part."""
    rendition = RenditionFactory(recording=recording, method=method, **more)
    report = report_of(kept)
    for name in ("r_x", "r_y", "r_cca", "slope", "sd_ratio", "concordance"):
        report["metrics"]["dynamics"][name] -= worse
    report["between"]["r_cca"] -= worse
    report["metrics"]["to_original"]["mean"] -= worse / 2
    Measurement.objects.create(rendition=rendition, state="done", report=report)
    return rendition


def with_series(rendition: Rendition, data: bytes = b"") -> Series:
    """What its figures draw, kept as the worker keeps it."""
    name = storage.store(io.BytesIO(data or _series()), participant=rendition.recording.participant)
    return Series.objects.create(rendition=rendition, storage_name=name)


def cohort_of(n: int, *, methods: tuple[str, ...] = ("mask", "motionmesh"), coordinator: Any = None) -> Cohort:
    """A cohort of n participants with a recording each, measured by every method; the second keeps half of the motion
    that the first does, and so on in turns."""
    cohort = CohortFactory(coordinators=[coordinator] if coordinator else [])
    for number in range(n):
        person = ParticipantFactory(cohort=cohort, sex="fm"[number % 2], site=("North", "South")[number % 2])
        recording = RecordingFactory(participant=person, n_frames=300, duration=SECONDS, frame_rate=30.0)
        for place, method in enumerate(methods):
            measured(recording, method, kept=(0.8, 0.4)[place % 2], worse=0.06 * number / n)
    return cohort
