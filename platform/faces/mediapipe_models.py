"""Where MediaPipe's model files lie, and loading them without noise. Nothing is loaded at import."""

import hashlib
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from importlib.metadata import version as installed_version
from importlib.util import find_spec
from pathlib import Path
from threading import RLock
from types import ModuleType

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
