"""Measure the speed and memory of every method against decoding and encoding alone."""

import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast

from django.core.management.base import BaseCommand, CommandError, CommandParser

from deid.algorithms.registry import METHODS

BASELINE = "baseline"  # decode + encode alone, with the encoder settings that all methods use
DEFACE = "deface"  # another program, which only blurs; compared with where it is installed (pip install deface)
DEFAULT_VIDEO = "videos/C_liveportrait_d3.mp4"
LONGER = 4  # times the clip, to see whether memory grows with length
MINUTE_S = 60.0  # of video, whose metrics are timed
ROUNDS_MIN = 3


@dataclass(frozen=True, slots=True)
class Measurement:
    """One run in a process of its own."""

    n_frames: int
    seconds: float
    peak_mib: float

    @property
    def fps(self) -> float:
        return self.n_frames / self.seconds


class Command(BaseCommand):
    help = "Speed and memory of every method, each run in a process of its own, interleaved, the best of all rounds."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("video", nargs="?", type=Path, help="default: $SEMBLANCE_DATA/" + DEFAULT_VIDEO)
        parser.add_argument("--rounds", type=int, default=ROUNDS_MIN, help=f"at least {ROUNDS_MIN}")
        parser.add_argument("--methods", nargs="*", help="default: all")
        parser.add_argument("--one", help="(internal) measure this one and print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        video = _video(options["video"])
        if options["one"]:
            self.stdout.write(json.dumps(_measure_here(options["one"], video)))
            return
        if options["rounds"] < ROUNDS_MIN:
            raise CommandError(f"--rounds must be at least {ROUNDS_MIN}, was {options['rounds']}", returncode=2)
        others = [DEFACE] if shutil.which(DEFACE) else []
        subjects = [BASELINE, *(options["methods"] or METHODS), *others]
        best = self._rounds(subjects, video, options["rounds"])
        self._table(subjects, best)
        self._memory(next((name for name in subjects if name != BASELINE), BASELINE), video)
        if options["methods"] is None:
            self._fidelity(video)
        self._machine(video, options["rounds"])

    def _fidelity(self, video: Path) -> None:
        """All metrics of a minute, its tracks apart, and all pairs of landmarks against a loop over them."""
        from analysis.fidelity_bench import METRICS, looped_with_tracks, time_of_pairs

        ours, loop = time_of_pairs()
        self.stdout.write(
            f"pairs: 1275 of 1,000 frames, with CCA, in {1000 * ours:.1f} ms; one by one with scikit-learn "
            f"{loop:.1f} s, {loop / ours:.0f} times as long"
        )
        runs = []
        for seconds in (MINUTE_S / LONGER, MINUTE_S):
            with tempfile.TemporaryDirectory() as folder:
                runs.append(_measure(METRICS, looped_with_tracks(video, Path(folder), seconds, _loop)))
        short, long = runs
        share = long.peak_mib / short.peak_mib
        self.stdout.write(
            f"fidelity: all metrics of {long.n_frames} frames, tracks apart, in "
            f"{long.seconds:.0f} s; {long.peak_mib:.0f} MiB, {share:.2f} of a quarter of the length (1 means flat)"
        )

    def _rounds(self, subjects: Sequence[str], video: Path, rounds: int) -> dict[str, Measurement]:
        best: dict[str, Measurement] = {}
        for number in range(rounds):  # interleaved: a slow minute of the machine hits all alike
            for subject in subjects:
                self.stderr.write(f"\rround {number + 1} of {rounds}: {subject:<16}", ending="")
                result = _measure(subject, video)
                if subject not in best or result.seconds < best[subject].seconds:
                    best[subject] = result
        self.stderr.write("\r" + " " * 40 + "\r", ending="")
        return best

    def _table(self, subjects: Sequence[str], best: dict[str, Measurement]) -> None:
        self.stdout.write(f"{'method':<12}{'fps':>8}{'ratio':>8}{'ms/frame':>10}{'peak MiB':>10}")
        for subject in subjects:
            run = best[subject]
            ratio = run.fps / best[BASELINE].fps
            self.stdout.write(f"{subject:<12}{run.fps:>8.1f}{ratio:>8.2f}{1000 / run.fps:>10.2f}{run.peak_mib:>10.0f}")

    def _memory(self, subject: str, video: Path) -> None:
        with tempfile.TemporaryDirectory() as folder:
            once, looped = Path(folder) / "once.mp4", Path(folder) / "looped.mp4"
            _loop(video, once, 1)  # encoded like the longer one: decoders differ in what they hold
            _loop(video, looped, LONGER)
            short, long = _measure(subject, once), _measure(subject, looped)
        self.stdout.write(
            f"memory: {subject} on {LONGER} times the frames ({long.n_frames}): {long.peak_mib:.0f} MiB, "
            f"{long.peak_mib / short.peak_mib:.2f} of the single length (1 means flat)"
        )

    def _machine(self, video: Path, rounds: int) -> None:
        libraries = ", ".join(f"{name} {version(name)}" for name in ("av", "mediapipe", "numpy"))
        self.stdout.write(
            f"{video.name}, best of {rounds} rounds; {os.cpu_count()} cores, {platform.machine()}, Python "
            f"{platform.python_version()}, {libraries}"
        )


def _video(given: Path | None) -> Path:
    data = os.environ.get("SEMBLANCE_DATA")
    if given is None and data is None:
        raise CommandError("name a video, or set SEMBLANCE_DATA to the folder of test data.", returncode=2)
    video = given or Path(data or "") / DEFAULT_VIDEO
    if not video.is_file():
        raise CommandError(f"there is no file {video}: name a video.", returncode=2)
    return video


def _measure(subject: str, video: Path) -> Measurement:
    command = [sys.executable, sys.argv[0], "bench", str(video), "--one", subject]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise CommandError(f"{subject} failed on {video.name}: {done.stderr.strip()[-500:]}", returncode=1)
    return Measurement(**json.loads(done.stdout.splitlines()[-1]))


def _measure_here(subject: str, video: Path) -> dict[str, float]:
    """Run one subject in this process; loading models counts, starting Python does not."""
    from analysis.fidelity_bench import METRICS, measure_metrics

    own = {BASELINE: _transcode, DEFACE: _deface, METRICS: measure_metrics}
    run = own.get(subject, partial(_render, subject))
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        n_frames = run(video, Path(folder) / "out.mp4")
        seconds = time.perf_counter() - began
    whose = resource.RUSAGE_CHILDREN if subject == DEFACE else resource.RUSAGE_SELF
    peak = resource.getrusage(whose).ru_maxrss / 1024  # Linux counts in KiB
    return {"n_frames": n_frames, "seconds": seconds, "peak_mib": peak}


def _deface(video: Path, target: Path) -> int:
    """The other program with its own defaults; here its start counts too."""
    from videoio.inspect import timestamps

    subprocess.run([DEFACE, str(video), "--output", str(target)], check=True, capture_output=True)
    return len(timestamps(target))


def _render(subject: str, video: Path, target: Path) -> int:
    from deid.algorithms.engine import deidentify

    return deidentify(video, target, method=subject).n_frames


def _transcode(video: Path, target: Path) -> int:
    """Decode and encode with PyAV and nothing else: what no method can be faster than."""
    import av

    from videoio.write import EncodeSettings

    n_frames, encode = 0, EncodeSettings()
    with av.open(str(video)) as source, av.open(str(target), "w") as output:
        stream = source.streams.video[0]
        stream.thread_type = "AUTO"
        encoded = cast(
            "av.video.stream.VideoStream",
            output.add_stream(
                encode.encoder, rate=stream.average_rate, options={"preset": encode.preset, "crf": str(encode.crf)}
            ),
        )
        encoded.width, encoded.height, encoded.pix_fmt = stream.width, stream.height, "yuv420p"
        for frame in source.decode(stream):
            n_frames += 1
            output.mux(encoded.encode(frame))
        output.mux(encoded.encode(None))
    return n_frames


def _loop(video: Path, target: Path, times: int) -> None:
    """The clip `times` times in a row, quickly encoded, without sound."""
    from videoio.probe import probe
    from videoio.read import read_frames
    from videoio.write import EncodeSettings, VideoFormat, VideoWriter

    info, offset, last = probe(video), 0, 0
    settings = EncodeSettings(preset="ultrafast")
    with VideoWriter(target, VideoFormat.of(info), encode=settings) as writer:
        for _ in range(times):
            offset = last
            for frame in read_frames(video):
                frame.pts += offset
                last = frame.pts + round(1 / info.frame_rate / info.time_base)
                writer.write(frame)
