"""The loop that runs any trainer: time, curve, checkpoints, sheets, stopping and going on."""

import json
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save

from deid.algorithms.training import checkpoint
from deid.algorithms.training.checkpoint import Position
from deid.algorithms.training.curve import Curve
from deid.algorithms.training.errors import BadCheckpoint, Diverged, TrainingError
from deid.algorithms.training.folder import (
    CHECKPOINT,
    CURVE,
    EVALUATION,
    SAMPLES,
    STATE,
    WEIGHTS,
    replace_file,
    write_json,
)  # fmt: skip
from deid.algorithms.training.hardware import repeatable, seeded
from deid.algorithms.training.sheets import write_sheet
from deid.algorithms.training.trainer import Outcome, Progress, Session, Why

OnStep = Callable[[Progress], None]


def train(
    session: Session, folder: Path, *, resume: bool = False, should_stop: Callable[[], bool] = lambda: False,
    on_step: OnStep = lambda progress: None,
) -> Outcome:  # fmt: skip
    """Train until the steps are done, the time is up or somebody stops it; then evaluate and write the weights.

    Parameters
    ----------
    folder : for all that `folder.py` names
    resume : go on from the folder's checkpoint; without it a folder that has one is refused
    should_stop : asked after every step; the training ends as it does when the time is up, and can be resumed
    on_step : what it raises ends the training like a kill, with the last checkpoint as it was

    Raises
    ------
    BadCheckpoint : the folder's checkpoint is another training's, or there is none to resume, or one in the way
    DiskFull : a file found no room
    Diverged : a loss is no number any more
    """
    run = _Run(session, folder, resume)
    try:
        with repeatable(session.run.threads):
            return run.until_the_end(should_stop, on_step)
    except TrainingError as error:
        run.tell("failed", message=str(error))
        raise


class _Run:
    """One start of a training."""

    def __init__(self, session: Session, folder: Path, resume: bool) -> None:
        self._session, self._folder = session, folder
        self._fixed = {"kind": session.kind, "config": dict(session.fixed), "data": dict(session.data)}
        self._position = self._start(resume)
        self._last: dict[str, float] = {}
        self._evaluation: dict[str, float] = {}
        self._curve = Curve(folder / CURVE, session.trainer.losses, self._position.step)
        self._evaluations: Curve | None = None

    def until_the_end(self, should_stop: Callable[[], bool], on_step: OnStep) -> Outcome:
        run, started = self._session.run, self._position
        self.tell("running")
        if started.step == 0:
            self._look()  # what it does before it has learned anything
        began = time.monotonic()
        while (why := self._why_end(should_stop)) is None:
            self._step()
            now = time.monotonic()
            self._position = Position(
                self._position.step + 1, self._position.images + self._session.trainer.images,
                self._position.seconds + now - began,
            )  # fmt: skip
            began = now
            step = self._position.step
            self._curve.add(step, self._position.images, self._last)
            on_step(self._progress())
            if step < run.steps and step % run.sample_every == 0:
                self._show()
            if step < run.steps and step % run.evaluate_every == 0:
                self._evaluate()
            if step % run.checkpoint_every == 0:
                self._save()
        return self._end(why)

    def tell(self, state: str, why: str = "", message: str = "") -> None:
        """Write what a person wants to know. A full disk hides nothing here: the caller's own error says more."""
        session = self._session
        told = {
            "state": state, "why": why, "message": message, "kind": session.kind, **asdict(self._position),
            "of steps": session.run.steps, "losses": self._last, "evaluation": _plain(self._evaluation),
            "config": dict(session.config), "data": dict(session.data), "about": dict(session.about),
        }  # fmt: skip
        try:
            write_json(self._folder / STATE, told)
        except (OSError, TrainingError):
            if state != "failed":
                raise

    def _start(self, resume: bool) -> Position:
        path = self._folder / CHECKPOINT
        if resume and not path.is_file():
            raise BadCheckpoint(f"there is no {CHECKPOINT} in {self._folder} to resume: start without resuming.")
        if path.is_file() and not resume:
            raise BadCheckpoint(f"{self._folder} holds a training: resume it, or name another folder.")
        return checkpoint.resume(path, self._session.trainer, self._fixed) if resume else Position()

    def _step(self) -> None:
        trainer, step = self._session.trainer, self._position.step + 1
        rng = seeded(self._session.run.seed, step)
        try:
            losses = trainer.step(trainer.batch(step, rng))
        except torch.OutOfMemoryError as error:
            raise TrainingError(
                f"a batch of {self._session.run.batch} does not fit into memory: make run.batch smaller, start anew."
            ) from error
        self._last = {name: float(value.detach()) for name, value in losses.items()}
        for name, value in self._last.items():
            if not math.isfinite(value):
                self._last = {}
                raise Diverged(
                    f"the loss {name} is {value} at step {step}: the training went astray. The last checkpoint is as "
                    "it was; lower the rate of learning, or use float32, and start anew."
                )

    def _why_end(self, should_stop: Callable[[], bool]) -> Why | None:
        run = self._session.run
        if self._position.step >= run.steps:
            return "steps"
        if run.minutes and self._position.seconds >= 60 * run.minutes:
            return "time"
        return "stopped" if should_stop() else None

    def _progress(self) -> Progress:
        run, at = self._session.run, self._position
        left = at.seconds / at.step * (run.steps - at.step)
        if run.minutes:
            left = min(left, max(60 * run.minutes - at.seconds, 0.0))
        return Progress(at.step, run.steps, at.images, self._last, at.seconds, left)

    def _end(self, why: Why) -> Outcome:
        self._save()
        self._look()
        about = {
            "kind": self._session.kind, "steps": self._position.step, "images": self._position.images,
            "data": dict(self._session.data), "config": dict(self._session.fixed),
        }  # fmt: skip
        metadata = {"training": json.dumps(about)}  # one key: the library writes several in any order
        for name, tensors in self._session.trainer.weights().items():
            content = save({key: each.detach().cpu().contiguous() for key, each in tensors.items()}, metadata)
            replace_file(self._folder / WEIGHTS / f"{name}.safetensors", lambda file, it=content: file.write(it))  # type: ignore[misc]
        self.tell("ended", why)
        at = self._position
        return Outcome(why, at.step, at.images, at.seconds, self._last, self._evaluation)

    def _save(self) -> None:
        checkpoint.save(self._folder / CHECKPOINT, self._session.trainer, self._position, self._fixed)
        self.tell("running")

    def _look(self) -> None:
        self._show()
        self._evaluate()

    def _show(self) -> None:
        path = self._folder / SAMPLES / f"step_{self._position.step:08d}.png"
        write_sheet(path, self._session.trainer.sample())

    def _evaluate(self) -> None:
        found: Mapping[str, Any] = self._session.trainer.evaluate()
        self._evaluation = {name: float(value) for name, value in found.items()}
        if self._evaluations is None and found:
            self._evaluations = Curve(self._folder / EVALUATION, list(found), max(self._position.step - 1, 0))
        if self._evaluations is not None:
            self._evaluations.add(self._position.step, self._position.images, self._evaluation)


def _plain(values: Mapping[str, float]) -> dict[str, float | None]:
    """As JSON has them: it knows no NaN."""
    return {name: value if math.isfinite(value) else None for name, value in values.items()}
