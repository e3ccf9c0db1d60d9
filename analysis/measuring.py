"""What a worker does with a claimed measurement: tracks of a video, and of a rendition the report against its original.

Heavy libraries load inside the functions.
"""

import logging
from collections.abc import Callable, Mapping
from threading import Event
from typing import Any

import numpy as np
from django.conf import settings
from numpy.typing import NDArray

from analysis.measurement_services import finish_measurement
from analysis.models import Measurement
from analysis.series_services import store_series
from analysis.track_services import Tell, store_tracks, tracks_of, tracks_of_ceiling
from cohorts import storage
from cohorts.consent import validate_consent
from cohorts.vocabulary import Scope
from cohorts.work_folder import private_folder
from deid.donor_queries import accepted_donors
from deid.leases import reporter
from deid.models import Rendition
from deid.weights import model_store

logger = logging.getLogger(__name__)

Report = Callable[[float, str], None]
ITSELF = 0.3  # distance under which a picture of the gallery shows the donor that is worn: it is no stranger
# What figures draw frame by frame and pair by pair is kept apart, in series, or short, under "drawn".
LONG = ("false_accept", "true_accept", "threshold", "frame_oks")


def measure(*, measurement: Measurement, lost: Event) -> None:
    """Measure what a row names that this process has claimed.

    Raises
    ------
    LeaseLost : another worker took over, or the participant's consent ended
    ValidationError, MediaError, EngineError : it cannot be measured, with a sentence that says why
    """
    validate_consent(measurement.participant, Scope.RESEARCH)
    tell = reporter(measurement, lost)
    if measurement.rendition is None:
        video = measurement.video
        store_tracks(video=video, tell=_frames(tell, video.n_frames, 0, "measuring the recording"))
        finish_measurement(measurement=measurement, report={})
    else:
        finish_measurement(measurement=measurement, report=report_of(rendition=measurement.rendition, tell=tell))


def _frames(tell: Report, n_frames: int, start: float, stage: str) -> Tell:
    """A quarter of the work, by frames."""
    return lambda done: tell(start + 0.25 * done / max(n_frames, 1), stage)


def report_of(*, rendition: Rendition, tell: Report) -> dict[str, Any]:
    """Every metric of a rendition against its original, with the ceiling; a reason in place of what there is not."""
    from analysis.algorithms.fidelity.drawn import drawn
    from analysis.algorithms.fidelity.pair import Pair
    from analysis.algorithms.fidelity.report import report
    from analysis.fidelity_runs import frame_states, masked_places, reencode

    recording, n_frames = rendition.recording, rendition.n_frames
    original = tracks_of(video=recording, tell=_frames(tell, n_frames, 0, "measuring the recording"))
    made = tracks_of(video=rendition, tell=_frames(tell, n_frames, 0.25, "measuring the rendition"))
    with (
        storage.local_copy(recording.storage_name) as source,
        storage.local_copy(rendition.storage_name) as target,
        private_folder("ceiling") as folder,
    ):
        again = reencode(source, folder / "reencoded.mp4")
        told = _frames(tell, n_frames, 0.5, "measuring the re-encoded original")
        ceiling = tracks_of_ceiling(recording=recording, reencoded=again, tell=told)
        tell(0.75, "comparing")
        donor = _donor(rendition.worn_donor)
        everybody = _gallery()
        gallery = _others(everybody, donor)
        pair = Pair(
            original, made, ceiling, original_path=source, rendition_path=target, reencoded_path=again,
            strangers=gallery, donor=donor, states=frame_states(rendition.certificate),
            masks=masked_places(rendition.certificate),
        )  # fmt: skip
        found = report(pair)
    store_series(rendition=rendition, pair=pair)
    shown = {"n_strangers": len(gallery.get("descriptors", ())), "drawn": drawn(pair, everybody.get("descriptors"))}
    return compact(found) | shown


def _donor(name: str) -> NDArray[np.float64] | None:
    """(128,) of the face that is worn, shipped or an own one."""
    from analysis.fidelity_runs import donor_descriptor

    own = accepted_donors().filter(name=name).first() if name else None
    if own is not None:
        return np.array(own.arrays["descriptor"], dtype=np.float64)
    return donor_descriptor(name) if name else None


def _gallery() -> Mapping[str, NDArray[np.float64]]:
    """Descriptors of strangers by kind; empty where no portrait can be read."""
    from analysis.algorithms.fidelity.errors import Unavailable
    from analysis.algorithms.fidelity.library import Library
    from faces import arcface

    try:
        library = Library(settings.VAR / "galleries", describer=arcface.in_store(model_store()))
        return library.portraits(settings.STRANGERS_FOLDER)
    except (Unavailable, OSError):
        logger.exception("no gallery of strangers in %s", settings.STRANGERS_FOLDER)
        return {}


def _others(
    gallery: Mapping[str, NDArray[np.float64]], donor: NDArray[np.float64] | None
) -> Mapping[str, NDArray[np.float64]]:
    """The gallery without the donor that is worn."""
    if donor is None or not gallery:
        return gallery
    others = np.linalg.norm(gallery["descriptors"] - donor, axis=1) > ITSELF
    return {name: rows[others] for name, rows in gallery.items()}


def compact(report: Any) -> Any:
    """A report without what only figures need: correlations of each pair of landmarks, long lists."""
    if isinstance(report, Mapping):
        return {
            name: compact(value)
            for name, value in report.items()
            if name != "pairs" and not (name in LONG and isinstance(value, list))
        }
    return report
