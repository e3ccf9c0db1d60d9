"""What a worker does with a claimed training: train, show how far it is, and put the result into the model store."""

import errno
import math
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from threading import Event
from time import monotonic
from typing import TYPE_CHECKING

from django.utils.translation import gettext as _

import audit.services as audit
from cohorts import storage
from deid.algorithms.training.registry import get_kind
from deid.leases import extend, finishing
from deid.rendering import readable
from deid.training_configs import config_of
from deid.training_folders import held_folder
from deid.training_models import TrainingRun, TrainingSheet
from deid.weight_services import add_weights
from deid.weights import model_store
from modelstore.manifest import USES, Entry

if TYPE_CHECKING:
    from deid.algorithms.training.trainer import Outcome, Progress, Session

State = TrainingRun.State
EVERY_S = 1.0  # the row is written, and asked whether to stop
POINTS = 300  # of a curve that pages draw
SHARE = 0.02  # of the time that reading curves may take: files of long trainings are long


def work_on_training(*, job: TrainingRun, lost: Event) -> None:
    """Run a training that this process has claimed, from its last checkpoint where there is one.

    Raises
    ------
    LeaseLost : another worker took over; the folder is left as it is
    TrainingError, BadWeights : it cannot start or go on, with a sentence that says why
    """
    from deid.algorithms.training.folder import CHECKPOINT
    from deid.algorithms.training.loop import train

    with held_folder(job) as folder:
        extend(job, stage="reading the training set")
        session = get_kind(job.kind).open_session(config_of(job.kind, job.config, job.training_set), model_store())
        watcher = Watcher(job, lost, folder, session)
        resume = (folder / CHECKPOINT).is_file()
        outcome = train(session, folder, resume=resume, should_stop=watcher.is_to_stop, on_step=watcher)
        watcher.look()
        if outcome.why == "stopped":
            _let_go(job, outcome)
        else:
            _finish(job, outcome, session, folder)


class Watcher:
    """Called after every step: tells the row how far the training is, and hears whether it is to stop."""

    def __init__(self, run: TrainingRun, lost: Event, folder: Path, session: "Session") -> None:
        self._run, self._lost, self._folder = run, lost, folder
        self._told, self._next_look, self._stop = 0.0, 0.0, False
        extend(run, stage="training", data=dict(session.data), n_steps=session.run.steps)

    def __call__(self, progress: "Progress") -> None:
        now, at_end = monotonic(), progress.left <= 0
        if now - self._told < EVERY_S and not at_end and not self._lost.is_set():
            return
        self._told = now
        extend(
            self._run, progress=progress.seconds / (progress.seconds + progress.left), step=progress.step,
            images_seen=progress.images, time_left=timedelta(seconds=progress.left),
            stage="looking at held-out data" if at_end else "training",
        )  # fmt: skip
        self._stop = TrainingRun.objects.filter(pk=self._run.pk, stop_asked=True).exists()
        if now >= self._next_look:
            self.look()
            self._next_look = monotonic() + (monotonic() - now) / SHARE

    def is_to_stop(self) -> bool:
        return self._stop

    def look(self) -> None:
        """Take over the curves and the sheets that are there by now."""
        extend(self._run, curves=curves_of(self._folder))
        keep_sheets(self._run, self._folder)


def curves_of(folder: Path) -> dict[str, dict[str, list[list[float]]]]:
    """Both curves of a training, by name, thinned to what can be seen."""
    from deid.algorithms.training.curve import read_curve
    from deid.algorithms.training.folder import CURVE, EVALUATION

    return {"losses": _thinned(read_curve(folder / CURVE)), "held_out": _thinned(read_curve(folder / EVALUATION))}


def _thinned(columns: dict[str, list[float | None]]) -> dict[str, list[list[float]]]:
    steps = [int(step or 0) for step in columns.get("step", [])]
    named = {name: values for name, values in columns.items() if name not in ("step", "images")}
    return {name: thin(steps, values) for name, values in named.items()}


def thin(steps: Sequence[int], values: Iterable[float | None], most: int = POINTS) -> list[list[float]]:
    """At most `most` points [step, value]: means of as many neighbours as needed, at the last one's step."""
    pairs = zip(steps, values, strict=True)
    there = [(step, value) for step, value in pairs if value is not None and math.isfinite(value)]
    stride = -(-len(there) // most) or 1
    blocks = [there[start : start + stride] for start in range(0, len(there), stride)]
    return [[block[-1][0], sum(value for _, value in block) / len(block)] for block in blocks]


def keep_sheets(run: TrainingRun, folder: Path) -> None:
    """Put new sample sheets into the media storage, where each look is recorded."""
    from deid.algorithms.training.folder import SAMPLES

    known = set(TrainingSheet.objects.filter(run=run).values_list("step", flat=True))
    for path in sorted((folder / SAMPLES).glob("step_*.png")):
        step = int(path.stem.removeprefix("step_"))
        if step in known:
            continue
        with path.open("rb") as content, storage.stored(content) as name:
            TrainingSheet.objects.create(run=run, step=step, storage_name=name, n_bytes=path.stat().st_size)


def _let_go(run: TrainingRun, outcome: "Outcome") -> None:
    """A person stopped it: the checkpoint is written, whoever resumes goes on from there."""
    with finishing(run) as locked:
        locked.state, locked.stop_asked, locked.stage, locked.time_left = State.STOPPED, False, "", None
        _stand(locked, outcome)
        audit.record(actor=locked.created_by, verb="training.stopped", target=locked, note=f"step {outcome.step}")


def _stand(run: TrainingRun, outcome: "Outcome") -> None:
    run.step, run.images_seen = outcome.step, outcome.images
    run.evaluation = {
        "why": outcome.why, "steps": outcome.step, "images": outcome.images, "seconds": round(outcome.seconds, 1),
        "losses": _numbers(outcome.losses), "held_out": _numbers(outcome.evaluation),
    }  # fmt: skip


def _numbers(values: Mapping[str, float]) -> dict[str, float | None]:
    """As JSON holds them: None where one is not finite."""
    return {name: value if math.isfinite(value) else None for name, value in values.items()}


def _finish(run: TrainingRun, outcome: "Outcome", session: "Session", folder: Path) -> None:
    """Keep the weights, then bring the row to its end; a worker that comes too late writes the very same file."""
    weights = {entry.name: str(entry.sha256) for entry in _keep(run, outcome, session, folder)}
    with finishing(run) as locked:
        _stand(locked, outcome)
        locked.evaluation |= {"about": dict(session.about)}
        locked.weights, locked.progress, locked.stage, locked.time_left = weights, 1, "", None
        locked.state, locked.stop_asked = State.DONE, False
        audit.record(actor=locked.created_by, verb="training.done", target=locked, note=" ".join(weights))


def _keep(run: TrainingRun, outcome: "Outcome", session: "Session", folder: Path) -> list[Entry]:
    """Put what was made into the model store, each under a name of this run's own."""
    from deid.algorithms.training.folder import WEIGHTS

    known = model_store().manifest.entries
    return [
        add_weights(
            name=f"{name}-{run.pk}", file=folder / WEIGHTS / f"{name}.safetensors", actor=run.created_by,
            task=known[name].task if name in known else name,
            licence=run.licence, uses=USES if run.commercial else USES[:1],
            training_data=_data_told(run, session), sources=(f"trained here, training {run.pk}",),
            evaluation=_evaluation_told(outcome),
        )
        for name in session.trainer.weights()
    ]  # fmt: skip


def _data_told(run: TrainingRun, session: "Session") -> str:
    hashes = ", ".join(f"{name} {digest}" for name, digest in session.data.items())
    return f"training set {run.training_set or 'of its own making'} (SHA-256: {hashes})"


def _evaluation_told(outcome: "Outcome") -> str:
    found = ", ".join(f"{name} {value:.4g}" for name, value in outcome.evaluation.items())
    return f"{outcome.step:,} steps, {outcome.images:,} images seen; held out: {found or 'nothing'}"


def fail_training(*, job: TrainingRun, error: Exception) -> None:
    """Bring a training to its end with a message that a person can read; its last checkpoint stays."""
    with finishing(job) as locked:
        locked.state, locked.error, locked.stage, locked.time_left = State.FAILED, told_of(error), "", None
        locked.stop_asked = False
        audit.record(actor=locked.created_by, verb="training.failed", target=locked)


def told_of(error: Exception) -> str:
    """What went wrong with a training, as a sentence for the row."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return _("There is no room on the disk: the last checkpoint is as it was. Make room, then resume.")
    if isinstance(error, MemoryError) or "allocate memory" in str(error):
        return _("The memory of the worker does not suffice: make the batch or the network smaller and start anew.")
    return readable(error)
