"""How long networks take for a frame: those of the methods at their published size with random weights, for time does
not depend on what was learned, and those of the model store where their weights are there."""

import json
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from importlib import import_module
from typing import Any

import numpy as np
from django.conf import settings

from analysis.memory import peak_mib
from deid.weights import model_store

PREFIX = "network:"  # before what `bench --one` is given of a network
ENOUGH_S, RUNS_MIN = 2.0, 2  # measured for so long, after a first run that warms up
WIDTH, HEIGHT, FACE = 1280, 720, 300.0  # pixels of the picture that crops come from, and of the crop's place in it
PRODUCT = {"cpu": 2048, "cuda": 8192}  # rows of the square matrices whose product stands for all that a machine can do


@dataclass(frozen=True, slots=True)
class Network:
    """A network of the methods: its module, what it takes, and how many are tried at once on each device.

    `shape` (3, h, w) of a picture or (3, t, h, w) of a clip; `identity` length of what it is told beside it, `person`
    whose decoder it is asked for; `pasted` whether its pictures go back into the frame.
    """

    module: str
    shape: tuple[int, ...]
    cpu: tuple[int, ...] = (1,)
    cuda: tuple[int, ...] = (1, 4)
    identity: int = 0
    person: str = ""
    pasted: bool = True

    @property
    def frames(self) -> int:
        """Of video that one of what it takes covers."""
        return self.shape[1] if len(self.shape) == 4 else 1


CLIP = (3, 64, 128, 128)
NETWORKS = {
    "facemotion": Network("facemotion_generator", (3, 224, 224), (1, 4, 16), (1, 16, 64), identity=512),
    "faceswap": Network("faceswap_autoencoder", (3, 64, 64), (1, 8, 32), (1, 32, 64), person="b"),
    "rppg": Network("rppg_autoencoder", CLIP),
    "physnet": Network("physnet", CLIP, pasted=False),
    "physformer": Network("physformer", CLIP, pasted=False),
}
WEIGHTS = ("det_10g", "2d106det", "w600k_r50", "inswapper_128")  # of others: run only where they are there


@dataclass(frozen=True, slots=True)
class Subject:
    """What one process measures."""

    name: str
    device: str = "cpu"
    batch: int = 1
    mixed: bool = False


@dataclass(frozen=True, slots=True)
class Cost:
    """Milliseconds a frame: `run` in the network, `cut` and `paste` around it where it works on crops of the frame.

    `share` of the speed of a matrix product on the same device, 0-1, where operations can be counted; `peak_mib` of
    the process, on CUDA of the device.
    """

    run: float
    peak_mib: float
    cut: float = 0.0
    paste: float = 0.0
    share: float | None = None

    @property
    def fps(self) -> float:
        """Frames per second of cutting, running and pasting one after the other."""
        return 1000 / (self.cut + self.run + self.paste)


def subjects(names: Sequence[str] = ()) -> list[Subject]:
    """What can be measured here, of `names` or of all; with CUDA there too, in single and in mixed precision."""
    import torch

    wanted = names or [*NETWORKS, *WEIGHTS]
    found = [Subject(name, batch=batch) for name in wanted if name in NETWORKS for batch in NETWORKS[name].cpu]
    if torch.cuda.is_available():
        found += [
            Subject(name, "cuda", batch, mixed)
            for name in wanted if name in NETWORKS
            for batch in NETWORKS[name].cuda
            for mixed in (False, True)
        ]  # fmt: skip
    return found + [Subject(name) for name in wanted if name in WEIGHTS and not model_store().why_not([name])]


def table(given: Sequence[Subject], tell: Callable[[str], None]) -> None:
    """Measure each in a process of its own, and tell a line of each when it is done."""
    tell(
        f"{'network':<14}{'device':<7}{'precision':<10}{'batch':>5}{'cut':>8}{'run':>9}{'paste':>8}{'fps':>9}"
        f"{'of peak':>9}{'peak MiB':>10}   (cut, run, paste: ms a frame)"
    )
    for one in given:
        cost = in_its_own_process(one)
        share = "-" if cost.share is None else f"{cost.share:.0%}"
        around = "".join(f"{ms:>{width}.2f}" for ms, width in ((cost.cut, 8), (cost.run, 9), (cost.paste, 8)))
        tell(
            f"{one.name:<14}{one.device:<7}{'mixed' if one.mixed else 'single':<10}{one.batch:>5}{around}"
            f"{cost.fps:>9.1f}{share:>9}{cost.peak_mib:>10.0f}"
        )


def in_its_own_process(subject: Subject) -> Cost:
    """So that its memory is its own.

    Raises
    ------
    RuntimeError : it failed, with the end of what it said
    """
    told = PREFIX + json.dumps(asdict(subject))
    command = [sys.executable, str(settings.BASE_DIR / "manage.py"), "bench", "--one", told]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"{subject.name} failed: {done.stderr.strip()[-500:]}")
    return Cost(**json.loads(done.stdout.splitlines()[-1]))


def measured(told: str) -> dict[str, Any]:
    """The `Cost` of what `in_its_own_process` told, as a dictionary."""
    subject = Subject(**json.loads(told.removeprefix(PREFIX)))
    cost = _of_the_methods(subject) if subject.name in NETWORKS else _of_the_store(subject.name)
    return asdict(cost)


def _of_the_methods(subject: Subject) -> Cost:
    import torch

    kind = NETWORKS[subject.name]
    n_frames = subject.batch * kind.frames
    with torch.inference_mode():
        operations = operations_of(_made(kind, subject.batch, "meta"))  # counted without the work
        run = _made(kind, subject.batch, subject.device)
        with torch.autocast("cuda", dtype=torch.float16, enabled=subject.mixed):
            peak_mib = _peak_mib(subject.device, run)
            seconds, of_product = _seconds([_waited(run, subject.device), _waited(_product(subject), subject.device)])
    share = (operations / seconds) / (2 * PRODUCT[subject.device] ** 3 / of_product)
    cost = Cost(1000 * seconds / n_frames, peak_mib, share=share)
    return replace(cost, **_around(kind.shape[-1])) if kind.pasted else cost


def _made(kind: Network, batch: int, device: str) -> Callable[[], object]:
    """A run of a network of random weights on random levels, all on the device."""
    import torch

    build = import_module(f"deid.algorithms.networks.{kind.module}").build
    with torch.device(device):
        network, given = build({}).eval(), [torch.rand(batch, *kind.shape)]
        if kind.identity:
            given.append(torch.rand(batch, kind.identity))
    return partial(network, *given, *([kind.person] if kind.person else []))


def operations_of(run: Callable[[], object]) -> int:
    """Multiplications and additions of convolutions and matrix products in one run of a torch network."""
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        run()
    return int(counter.get_total_flops())


def _product(subject: Subject) -> Callable[[], object]:
    """A product of two large matrices, in the subject's precision."""
    import torch

    rows = PRODUCT[subject.device]
    matrix = torch.rand(rows, rows, device=subject.device, dtype=torch.float16 if subject.mixed else torch.float32)
    return partial(torch.mm, matrix, matrix)


def _waited(run: Callable[[], object], device: str) -> Callable[[], object]:
    """The same until it is done: CUDA returns before."""
    import torch

    def waited() -> None:
        run()
        torch.cuda.synchronize()

    return waited if device == "cuda" else run


def _around(side: int) -> dict[str, float]:
    """Milliseconds of cutting a crop of `side` pixels out of a frame, and of putting it back."""
    from fractions import Fraction

    from deid.algorithms.crops import cut_out, paste
    from videoio.frames import Colour, Frame, from_rgb

    rgb = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    frame = Frame(0, from_rgb(rgb, Colour()), WIDTH, HEIGHT, 0, Fraction(1, 30), Colour())
    scale = side / FACE
    matrix = np.array([[scale, 0, -scale * (WIDTH - FACE) / 2], [0, scale, -scale * (HEIGHT - FACE) / 2]])
    crop = cut_out(frame, matrix, side)
    cut, pasted = _seconds([partial(cut_out, frame, matrix, side), partial(paste, frame, crop, matrix)])
    return {"cut": 1000 * cut, "paste": 1000 * pasted}


def _of_the_store(name: str) -> Cost:
    """A network of insightface's with its own weights, with what is done to the picture before and after."""
    from faces.arcface import DRIVER, ArcFace
    from faces.inswapper import Inswapper
    from faces.landmarks106 import Landmarks106
    from faces.protocol import FaceBox
    from faces.scrfd import ScrfdDetector

    store = model_store()
    rgb = np.random.default_rng(0).integers(0, 256, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    box = FaceBox((WIDTH - FACE) / 2, (HEIGHT - FACE) / 2, FACE, FACE)
    makes: dict[str, Callable[[], Callable[[], object]]] = {
        "det_10g": lambda: partial(ScrfdDetector(store).detect, rgb),
        "2d106det": lambda: partial(Landmarks106(store).points, rgb, box),
        "w600k_r50": lambda: partial(ArcFace(store, DRIVER).described, rgb[:112, :112]),
        "inswapper_128": lambda: partial(Inswapper(store).swap, rgb[:128, :128], np.ones((1, 512), np.float32)),
    }
    run = makes[name]()
    peak_mib = _peak_mib("cpu", run)
    return Cost(1000 * _seconds([run])[0], peak_mib)


def _seconds(runs: Sequence[Callable[[], object]]) -> list[float]:
    """The quickest of each, in turns: a slow moment of the machine hits all alike, and only ever makes them slower."""
    for run in runs:
        run()
    taken: list[list[float]] = []
    while len(taken) < RUNS_MIN or sum(map(sum, taken)) < ENOUGH_S:
        taken.append([_once(run) for run in runs])
    return [min(each) for each in zip(*taken, strict=True)]


def _once(run: Callable[[], object]) -> float:
    began = time.perf_counter()
    run()
    return time.perf_counter() - began


def _peak_mib(device: str, run: Callable[[], object]) -> float:
    """Memory at its peak while it runs: of the process, on CUDA of the device."""
    import torch

    if device == "cuda":
        torch.cuda.reset_peak_memory_stats()
        run()
        return torch.cuda.max_memory_allocated() / 2**20
    run()
    return peak_mib()
