"""Where MediaPipe's model files lie, and loading them without noise. Nothing is loaded at import."""

import hashlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib import import_module
from importlib.metadata import version as installed_version
from importlib.util import find_spec
from pathlib import Path
from threading import RLock
from types import ModuleType
from typing import Any

import numpy as np

_quiet = RLock()  # one descriptor for the whole process: two threads that both put it aside would lose it


def model_file(relative: str) -> Path:
    """A model inside the installed package, as `face_landmark/face_landmark.tflite`."""
    spec = find_spec("mediapipe")
    if spec is None or spec.origin is None:
        raise RuntimeError("the package mediapipe is not installed: install the project's locked requirements.")
    return Path(spec.origin).parent / "modules" / relative


def version_of(*relative: str) -> str:
    """Library version and a SHA-256 prefix of each model file."""
    hashes = "+".join(hashlib.sha256(model_file(name).read_bytes()).hexdigest()[:12] for name in relative)
    return f"{installed_version('mediapipe')} {hashes}"


@contextmanager
def quiet() -> Iterator[None]:
    """Keep the library's start-up notes, which go past Python to file descriptor 2, out of logs and terminals."""
    with _quiet:
        _import_without_drawing()
        yield from _silenced()


def built(solution: str, **options: Any) -> Any:
    """A model by its place in the library's solutions ("face_mesh.FaceMesh"), run once, that works in the thread which
    calls it.

    The library's own way is a pool of threads for each model: every picture is handed from one to the next several
    times, and where more threads than processors have work, each waits for its turn every time.
    """
    module, _, name = solution.partition(".")
    with quiet():
        kind = getattr(import_module(f"mediapipe.python.solutions.{module}"), name)
        model = _in_callers_thread(kind)(**options)
        model.process(np.zeros((64, 64, 3), np.uint8))  # a graph says most while it runs for the first time
    return model


@cache
def _in_callers_thread(solution: Any) -> Any:
    class InCallersThread(solution):
        def _initialize_graph_interface(self, *arguments: Any) -> Any:
            graph = super()._initialize_graph_interface(*arguments)
            del graph.executor[:]
            graph.executor.add(type="ApplicationThreadExecutor")
            return graph

    return InCallersThread


def _import_without_drawing() -> None:
    """Import the library without matplotlib: only its drawing functions use it, nobody calls them here, and importing
    it takes as long as all the rest."""
    if "mediapipe" in sys.modules or "matplotlib.pyplot" in sys.modules:
        return
    names = ("matplotlib", "matplotlib.pyplot")
    before = {name: sys.modules.get(name) for name in names}
    sys.modules.update({name: ModuleType(name) for name in names})
    try:
        import_module("mediapipe.python.solutions.drawing_utils")
    finally:
        for name, module in before.items():
            if module is None:
                del sys.modules[name]
            else:
                sys.modules[name] = module


def _silenced() -> Iterator[None]:
    os.environ.setdefault("GLOG_minloglevel", "3")  # read once, when the library is loaded
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.stderr.flush()
    kept = os.dup(2)
    silence = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(silence, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(silence)
