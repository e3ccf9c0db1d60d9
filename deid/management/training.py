"""What the commands that train have in common; no database, nothing is started."""

import signal
import time
from pathlib import Path
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from deid.algorithms.training.config import read
from deid.algorithms.training.errors import TrainingError
from deid.algorithms.training.folder import WEIGHTS
from deid.algorithms.training.registry import Kind, get_kind
from deid.weights import model_store
from modelstore.errors import BadWeights

BAD_INPUT = 2  # exit status; 0: it ended, or was stopped, and can be resumed
LOG_EVERY = 30.0  # seconds between lines where nobody watches: a log of every step outgrows the training


class TrainingCommand(BaseCommand):
    """Trains `kind` by a config file. Ctrl-C and SIGTERM end it as the time budget does."""

    kind = ""
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--config", type=Path, required=True, help="TOML, or JSON where it ends in .json")
        parser.add_argument("--out", type=Path, required=True, help="folder for checkpoint, curve, sheets and weights")
        parser.add_argument("--resume", action="store_true", help="go on from the checkpoint in --out")

    def handle(self, *args: Any, **options: Any) -> None:
        # Heavy libraries load here, not when manage.py lists its commands.
        from deid.algorithms.training.loop import train

        self._stopped, self._told = False, -LOG_EVERY
        for ending in (signal.SIGINT, signal.SIGTERM):
            signal.signal(ending, self._stop)
        try:
            kind = self.kind_of(options["config"])
            session = kind.open_session(read(kind.config_class(), options["config"]), model_store())
            outcome = train(
                session, options["out"], resume=options["resume"], should_stop=lambda: self._stopped, on_step=self._tell
            )
        except (TrainingError, BadWeights) as error:
            raise CommandError(str(error), returncode=BAD_INPUT) from error
        self.stderr.write("")
        found = ", ".join(f"{name} {value:.4g}" for name, value in outcome.evaluation.items())
        self.stdout.write(f"{outcome.step} steps, {outcome.images} images, {outcome.seconds:.0f} s ({outcome.why}).")
        self.stdout.write(f"Held-out: {found}")
        for file in sorted((options["out"] / WEIGHTS).glob("*.safetensors")):
            self.stdout.write(f"manage.py models add {file.stem} {file}")

    def kind_of(self, config: Path) -> Kind:
        """The training that a config is for."""
        return get_kind(self.kind)

    def _stop(self, number: int, frame: FrameType | None) -> None:
        self._stopped = True

    def _tell(self, progress: Any) -> None:
        losses = " ".join(f"{name} {value:.4g}" for name, value in progress.losses.items())
        line = f"step {progress.step} of {progress.total}, {progress.left:.0f} s left: {losses}"
        if self.stderr.isatty():
            self.stderr.write(f"\r{line:<110.110}", ending="")
        elif time.monotonic() - self._told >= LOG_EVERY or progress.step == progress.total:
            self._told = time.monotonic()
            self.stderr.write(line)
        self.stderr.flush()
