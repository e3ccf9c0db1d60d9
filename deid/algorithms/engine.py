"""De-identify a recording: survey it, decide on every frame, render, check. Nothing undecided is ever shown."""

import hashlib
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, nullcontext
from dataclasses import dataclass, field, replace
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from deid.algorithms.certificate import Certificate, mask_runs
from deid.algorithms.donors import DonorFolder
from deid.algorithms.errors import EngineError, Withheld
from deid.algorithms.method import ClipTracks, Prepare, Reports, Watcher
from deid.algorithms.plan import Decision, FrameState, build_plan, counts, runs
from deid.algorithms.progress import Progress, Report
from deid.algorithms.registry import Method, get_method
from deid.algorithms.rendering import FrameRenderer
from deid.algorithms.survey import Survey, survey
from deid.algorithms.threads import a_thread_each
from faces.protocol import FaceDetector
from faces.registry import detector as new_detector
from modelstore.errors import MissingWeights
from modelstore.store import Store
from videoio.ahead import Behind, ahead
from videoio.errors import MediaError
from videoio.frames import Frame
from videoio.inspect import timestamps
from videoio.probe import Limits, MediaInfo, probe
from videoio.read import read_frames
from videoio.write import AudioChoice, EncodeSettings, VideoFormat, VideoWriter

SURVEYED, RENDERED = 0.45, 0.97  # shares of the work done after each pass
TIME_TOLERANCE_S = 1e-5
LOOKING, WRITING, CHECKING = "looking for faces", "writing the video", "checking the result"


@dataclass(slots=True)
class _Job:
    """What one call works with."""

    source: Path
    target: Path
    method: Method
    parameters: dict[str, Any]
    info: MediaInfo
    audio: AudioChoice
    encode: EncodeSettings
    limits: Limits | None
    progress: Progress
    donors: DonorFolder | None = None
    weights: Store | None = None
    times: list[float] = field(default_factory=list)
    detector: str | None = None
    detector_version: str | None = None


def deidentify(
    source: Path | str,
    target: Path | str,
    *,
    method: str,
    parameters: Mapping[str, Any] | None = None,
    detector: FaceDetector | None = None,
    decisions: Iterable[Decision] = (),
    audio: AudioChoice = "keep",
    encode: EncodeSettings | None = None,
    progress: Report | None = None,
    limits: Limits | None = None,
    donors: DonorFolder | None = None,
    weights: Store | None = None,
) -> Certificate:
    """Render a recording with a method; frames without a positive decision are masked whole.

    Parameters
    ----------
    source, target : the recording, and the MP4 to write; it appears only when complete and checked
    method, parameters : a name of the registry, and values over its defaults; "original" re-encodes alone
    detector : finds faces, fresh for this recording and closed by the caller; by default one of the registry's
    decisions : a reviewer's (first frame, last frame, "no_face" or "keep_masked") for frames withheld before
    audio : "keep" or "drop"
    donors : faces that methods may put in place; by default the shipped ones
    weights : the model store, for methods that need one
    progress : called with a fraction and a stage, up to five times a second; what it raises cancels the work

    Raises
    ------
    UnknownMethod, BadParameters, ValueError : an argument is wrong
    BadWeights : weights that the method needs are missing, not what the manifest means, or not allowed here
    MediaError : the source cannot be processed, or the target cannot be written
    Withheld : no face was found in any frame and no reviewer decided: nothing may be given out
    EngineError : the detector does not run, or the result does not match the source; no file is left
    """
    chosen = get_method(method)
    source, target = Path(source), Path(target)
    values = chosen.with_defaults(parameters)
    _check_paths(source, target)
    _check_weights(chosen, weights)
    job = _Job(
        source, target, chosen, values, probe(source, limits), audio, encode or EncodeSettings(), limits,
        Progress(progress), donors, weights,
    )  # fmt: skip
    return _protected(job, detector, decisions) if chosen.protects else _reencode(job)


def _protected(job: _Job, detector: FaceDetector | None, decisions: Iterable[Decision]) -> Certificate:
    """Both passes: look at every frame, then treat it."""
    watcher = job.method.watcher()
    with (
        a_thread_each(),
        nullcontext() if watcher is None else closing(watcher),
        ThreadPoolExecutor(1, "loading") as loading,
    ):
        prepare = loading.submit(job.method.load)  # its modules are read while the survey looks
        with nullcontext(detector) if detector is not None else closing(new_detector()) as faces:
            job.detector, job.detector_version = faces.name, faces.version
            tell = job.progress.part(0, SURVEYED, LOOKING, job.info.n_frames)
            seen = survey(job.source, faces, job.limits, tell, watcher)
        return _render(job, seen, prepare.result(), decisions, watcher)


def _render(
    job: _Job, seen: Survey, prepare: Prepare, decisions: Iterable[Decision], watcher: Watcher | None
) -> Certificate:
    """Second pass: plan, prepare the method, treat and write every frame."""
    decided = list(decisions)
    job.times = seen.times
    size = (job.info.width, job.info.height)
    plan = build_plan(seen.detections, seen.times, size, cuts=seen.cuts, decisions=decided)
    if all(state is FrameState.WITHHELD for state in plan.states):
        raise _nothing_shown(seen)
    clip = ClipTracks(job.source, job.info, tuple(seen.times), plan, job.donors, watcher, job.weights)
    method = prepare(clip, job.parameters)
    renderer = FrameRenderer(method, plan, kept_masked=_kept_masked(decided))
    output_sha256 = _write(job, renderer.rendered, SURVEYED)
    failures = sorted(seen.failures + renderer.failures)
    record = _certificate(job, renderer.states, failures, seen.faces_per_frame(), output_sha256)
    report = method.report() if isinstance(method, Reports) else {}
    return replace(record, method_report=report, masks=mask_runs(renderer.masks))


def _reencode(job: _Job) -> Certificate:
    """The original through the same reader and encoder, for the original arm of blinded studies."""

    def unchanged(frame: Frame) -> Frame:
        job.times.append(frame.time)
        return frame

    output_sha256 = _write(job, partial(map, unchanged), 0.0)
    return _certificate(job, [], [], {}, output_sha256)


def _write(job: _Job, treated: Callable[[Iterable[Frame]], Iterable[Frame]], start: float) -> str:
    """Write all frames to a hidden file, check it, give it its name; returns its SHA-256."""
    tell = job.progress.part(start, RENDERED, WRITING, job.info.n_frames)
    with _hidden(job.target) as draft:
        sound = job.source if job.info.audio_codec is not None else None
        # Three threads: one decodes ahead, this one treats, one encodes behind; frames stay in order.
        with (
            VideoWriter(draft, VideoFormat.of(job.info), sound=sound, audio=job.audio, encode=job.encode) as writer,
            Behind(writer.write) as behind,
        ):
            for frame in treated(ahead(read_frames(job.source, job.limits))):
                behind.put(frame)
                tell(frame.index)
        job.progress(RENDERED, CHECKING)
        _check(draft, job.times)
        digest = _sha256(draft)
        draft.replace(job.target)
    return digest


@contextmanager
def _hidden(target: Path) -> Iterator[Path]:
    """A name beside the target for a file not yet checked; gone afterwards, whatever happens."""
    draft = target.with_name(f".{target.name}.{uuid.uuid4().hex[:12]}.draft")
    try:
        yield draft
    finally:
        draft.unlink(missing_ok=True)


def _check(path: Path, times: list[float]) -> None:
    """The output must show as many frames as the source, each at the source's time.

    Raises
    ------
    EngineError : it does not
    """
    written = timestamps(path)
    if len(written) != len(times):
        raise EngineError(
            f"the source has {len(times)} frames, the result {len(written)}: it was thrown away. This is a fault of "
            "the program; report it with the kind of the file."
        )
    worst = max(abs((a - written[0]) - (b - times[0])) for a, b in zip(written, times, strict=True))
    if worst > TIME_TOLERANCE_S:
        raise EngineError(
            f"display times of the result are up to {worst * 1000:.3f} ms off the source's: it was thrown away. This "
            "is a fault of the program; report it with the kind of the file."
        )


def _certificate(
    job: _Job,
    states: list[FrameState],
    failures: list[tuple[int, str, str]],
    faces_per_frame: dict[str, int],
    output_sha256: str,
) -> Certificate:
    job.progress(1.0, CHECKING)
    return Certificate(
        method=job.method.name,
        parameters=job.parameters,
        detector=job.detector,
        detector_version=job.detector_version,
        n_frames=len(job.times),
        width=job.info.width,
        height=job.info.height,
        duration_s=round(job.info.duration_s, 6),
        runs=(stretches := runs(states)),
        run_times=_run_times(stretches, job),
        counts=dict(counts(states)) if states else {},
        faces_per_frame=faces_per_frame,
        failures=failures,
        encoding=job.encode.fingerprint(),
        audio=_audio_word(job),
        source_sha256=_sha256(job.source),
        output_sha256=output_sha256,
        software=_software(),
        notes=list(job.info.notes),
    )


def _run_times(stretches: list[tuple[int, int, str]], job: _Job) -> list[tuple[float, float]]:
    """Start and end of each run, seconds from the first frame; a run ends where the next begins."""
    starts = [*(time - job.times[0] for time in job.times), job.info.duration_s]
    return [(round(starts[first], 6), round(max(starts[last + 1], starts[last]), 6)) for first, last, _ in stretches]


def _audio_word(job: _Job) -> str:
    if job.info.audio_codec is None:
        return "none"
    return "kept" if job.audio == "keep" else "dropped"


def _check_paths(source: Path, target: Path) -> None:
    if source.exists() and target.exists() and source.samefile(target):
        raise MediaError("same_file", f"the output would overwrite the recording {source}: name another file.")
    if not target.parent.is_dir():
        raise MediaError("no_folder", f"the folder {target.parent} does not exist: make it, or name another output.")


def _check_weights(method: Method, weights: Store | None) -> None:
    """Refuse before the recording is looked at: hashes are read now, networks later."""
    if weights is None and method.weights:
        raise MissingWeights(f"the method {method.name!r} needs weights: say where the model store is.")
    if weights is not None:
        for name in method.wanted(weights):
            weights.path(name)


def _nothing_shown(seen: Survey) -> Withheld:
    if not any(seen.detections):
        return Withheld(
            f"no face was found in any of the {seen.n_frames} frames, so nothing may be given out: check that this is "
            "the right recording, that the face is in the picture and well lit."
        )
    return Withheld(
        f"no face was found for long enough to be certain in any of the {seen.n_frames} frames, so nothing may be "
        "given out: check that this is the right recording, that the face is in the picture and well lit."
    )


def _kept_masked(decisions: Iterable[Decision]) -> set[int]:
    return {
        index for first, last, word in decisions if word == FrameState.KEPT_MASKED for index in range(first, last + 1)
    }


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _software() -> str:
    try:
        return f"semblance {version('semblance')}"
    except PackageNotFoundError:  # run from a source folder
        return "semblance, not installed"
