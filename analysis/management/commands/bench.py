"""Measure the speed and memory of every method against decoding and encoding alone."""

import json
import os
import platform
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

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from analysis import agreement_bench, network_bench
from analysis.memory import peak_mib, run_watched
from deid.algorithms.registry import METHODS
from deid.weights import model_store, unavailable

BASELINE = "baseline"  # decode + encode alone, with the encoder settings that all methods use
DEFACE = "deface"  # another program, which only blurs; compared with where it is installed (pip install deface)
DEFAULT_VIDEO = "videos/C_liveportrait_d3.mp4"
LONGER = 4  # times the clip, to see whether memory grows with length
MINUTE_S = 60.0  # of video, whose metrics are timed
METRICS = "metrics"  # of renditions, all of them; no method, but measured like one
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
        parser.add_argument("--methods", nargs="*", help=f"default: all; {METRICS!r} are the metrics of renditions")
        parser.add_argument("--networks", nargs="*", help="networks alone instead; by default all that can run here")
        parser.add_argument("--agreement", action="store_true", help="the agreement of a study alone instead")
        parser.add_argument("--dashboards", action="store_true", help="pages of fidelity with 100 recordings instead")
        parser.add_argument("--one", help="(internal) measure this one and print JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["networks"] is not None or (options["one"] or "").startswith(network_bench.PREFIX):
            self._networks(options["networks"], options["one"])
            return
        if options["agreement"]:
            self.stdout.write(agreement_bench.line())
            return
        if options["dashboards"]:
            self._dashboards()
            return
        video = _video(options["video"])
        if options["one"]:
            self.stdout.write(json.dumps(_measure_here(options["one"], video)))
            return
        if options["rounds"] < ROUNDS_MIN:
            raise CommandError(f"--rounds must be at least {ROUNDS_MIN}, was {options['rounds']}", returncode=2)
        wanted = _known(options["methods"])
        if wanted != [METRICS]:
            self._methods([name for name in wanted if name != METRICS], video, options["rounds"])
        if METRICS in wanted:
            self._fidelity(video)
        if options["methods"] is None:
            self.stdout.write(agreement_bench.line())
        rounds = "measured once" if wanted == [METRICS] else f"best of {options['rounds']} rounds"
        self._machine(video, rounds)

    def _methods(self, names: Sequence[str], video: Path, rounds: int) -> None:
        subjects = [BASELINE, *names, *([DEFACE] if shutil.which(DEFACE) else [])]
        best = self._rounds(subjects, video, rounds)
        self._table(subjects, best)
        self._memory(next((name for name in subjects if name != BASELINE), BASELINE), video)

    def _networks(self, names: Sequence[str] | None, one: str | None) -> None:
        """Each network alone, at its published size; no video is needed."""
        if one:
            self.stdout.write(json.dumps(network_bench.measured(one)))
            return
        known = [*network_bench.NETWORKS, *network_bench.WEIGHTS]
        if unknown := sorted(set(names or ()) - set(known)):
            raise CommandError(f"there is no network {unknown[0]!r}; use some of: {', '.join(known)}.", returncode=2)
        network_bench.table(network_bench.subjects(names or ()), self.stdout.write)
        for name in names or network_bench.WEIGHTS:
            if name in network_bench.WEIGHTS:
                for why in model_store().why_not([name]):
                    self.stdout.write(f"{name}: not measured: {why}")
        self.stdout.write(
            "cut and paste: a crop of 300 pixels of 1280x720; of peak: against a product of large matrices; " + _host()
        )

    def _dashboards(self) -> None:
        """In the database of this site, in a transaction that is rolled back; no video is needed."""
        from analysis.dashboard_bench import measure_dashboards

        for line in measure_dashboards():
            self.stdout.write(line)
        self.stdout.write(f"whole pages, the best of 3; {_host()}")

    def _fidelity(self, video: Path) -> None:
        """All metrics of a minute, its tracks apart, and all pairs of landmarks against a loop over them."""
        from analysis.fidelity_bench import looped_with_tracks, time_of_pairs, tracks_mib

        ours, loop = time_of_pairs()
        self.stdout.write(
            f"pairs: 1275 of 1,000 frames, with CCA, in {1000 * ours:.1f} ms; one by one with scikit-learn "
            f"{loop:.1f} s, {loop / ours:.0f} times as long"
        )
        runs, held = [], []
        for seconds in (MINUTE_S / LONGER, MINUTE_S):
            with tempfile.TemporaryDirectory() as folder:
                looped = looped_with_tracks(video, Path(folder), seconds, _loop)
                runs.append(_measure(METRICS, looped))
                held.append(tracks_mib(looped))
        short, long = runs
        more = 1024 / (long.n_frames - short.n_frames)
        self.stdout.write(
            f"fidelity: all metrics of {long.n_frames} frames, tracks apart, in {long.seconds:.0f} s; "
            f"{long.peak_mib:.0f} MiB at most, {short.peak_mib:.0f} of {short.n_frames} frames: "
            f"{(long.peak_mib - short.peak_mib) * more:.1f} KiB more for each frame between the two, of which "
            f"{(held[1] - held[0]) * more:.1f} are its tracks (pictures are streamed, tracks held whole)"
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

    def _machine(self, video: Path, rounds: str) -> None:
        libraries = ", ".join(f"{name} {version(name)}" for name in ("av", "mediapipe", "numpy"))
        self.stdout.write(f"{video.name}, {rounds}; {_host()}, {libraries}")


def _host() -> str:
    return (
        f"{os.cpu_count()} cores with a load of {os.getloadavg()[0]:.1f}, {platform.machine()}, Python "
        f"{platform.python_version()}"
    )


def _video(given: Path | None) -> Path:
    data = os.environ.get("SEMBLANCE_DATA")
    if given is None and data is None:
        raise CommandError("name a video, or set SEMBLANCE_DATA to the folder of test data.", returncode=2)
    video = given or Path(data or "") / DEFAULT_VIDEO
    if not video.is_file():
        raise CommandError(f"there is no file {video}: name a video.", returncode=2)
    return video


def _known(names: Sequence[str] | None) -> Sequence[str]:
    """What to measure: all that can run here unless it was said."""
    known = [*METHODS, METRICS]
    if unknown := sorted(set(names or ()) - set(known)):
        raise CommandError(f"there is no method {unknown[0]!r}; use some of: {', '.join(known)}.", returncode=2)
    return names or [name for name in known if name == METRICS or not unavailable(METHODS[name])]


def _measure(subject: str, video: Path) -> Measurement:
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "bench", str(video), "--one", subject]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise CommandError(f"{subject} failed on {video.name}: {done.stderr.strip()[-500:]}", returncode=1)
    return Measurement(**json.loads(done.stdout.splitlines()[-1]))


def _measure_here(subject: str, video: Path) -> dict[str, float]:
    """Run one subject in this process; loading models counts, starting Python does not."""
    from analysis.fidelity_bench import measure_metrics

    if subject == METRICS and not video.with_suffix(".npz").is_file():
        raise CommandError(f"{video} has no tracks beside it: use --methods {METRICS}, which makes them.", returncode=2)
    own = {BASELINE: _transcode, METRICS: measure_metrics}
    run = own.get(subject, partial(_render, subject))
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "out.mp4"
        began = time.perf_counter()
        n_frames, peak = _deface(video, target) if subject == DEFACE else (run(video, target), peak_mib())
        seconds = time.perf_counter() - began
    return {"n_frames": n_frames, "seconds": seconds, "peak_mib": peak}


def _deface(video: Path, target: Path) -> tuple[int, float]:
    """The other program with its own defaults, and the most memory that it held; here its start counts too."""
    from videoio.inspect import timestamps

    peak = run_watched([DEFACE, str(video), "--output", str(target)])
    return len(timestamps(target)), peak


def _render(subject: str, video: Path, target: Path) -> int:
    from deid.algorithms.engine import deidentify

    return deidentify(video, target, method=subject, weights=model_store()).n_frames


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
            output.add_stream(encode.encoder, rate=stream.average_rate, options=encode.options),
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
