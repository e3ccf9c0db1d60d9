"""Calling a function of ours in a process of its own that a hostile file may crash, fill or hang without harm.

`run` starts `python -m videoio.confined CALL`; the child confines itself (videoio/confinement.py) before it imports
anything that reads media, and answers with one line of JSON. It inherits no secret: its environment is made anew.
"""

import importlib
import json
import os
import select
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from videoio.confinement import NotConfined, confine
from videoio.errors import MediaError

ANSWER_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Answer:
    """What the child returned, and which guards against the network it had."""

    value: dict[str, Any]
    guards: tuple[str, ...]


def run(call: str, argument: dict[str, Any], *, memory: int, seconds: int) -> Answer:
    """The result of `module:function` called with `argument` in a confined process.

    Parameters
    ----------
    argument : JSON, as the result is
    memory : bytes of address space; seconds : of wall time and of processor time

    Raises
    ------
    MediaError : what the function raised, or that the process was ended by a signal, ran too long or said nonsense
    NotConfined : this machine cannot confine a process; nothing was opened
    """
    order = {"call": call, "argument": argument, "memory": memory, "seconds": seconds}
    child = subprocess.Popen(
        [sys.executable, "-B", "-m", "videoio.confined", json.dumps(order)], env=_environment(), cwd="/",
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        said = _read_all(child, time.monotonic() + seconds)
    finally:
        _end(child)
    return _understood(said, child.returncode, seconds)


def _environment() -> dict[str, str]:
    """No passwords, no keys; and one thread for numpy, whose pools would eat the address space."""
    kept = {name: os.environ[name] for name in ("PATH", "LANG", "LD_LIBRARY_PATH") if name in os.environ}
    path = os.pathsep.join(entry or str(Path.cwd()) for entry in sys.path)
    return {**kept, "PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}


def _read_all(child: "subprocess.Popen[bytes]", end: float) -> bytes | None:
    """What the child writes until it closes its output; None when time is up, at most `ANSWER_BYTES`."""
    assert child.stdout is not None  # noqa: S101
    said = b""
    while len(said) <= ANSWER_BYTES:
        left = end - time.monotonic()
        if left <= 0 or not select.select([child.stdout], [], [], left)[0]:
            return None
        piece = os.read(child.stdout.fileno(), 1 << 16)
        if not piece:
            return said
        said += piece
    return said


def _end(child: "subprocess.Popen[bytes]") -> None:
    """A child that has answered ends by itself; one that has not is killed with all it may have started."""
    try:
        child.wait(timeout=1)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
    if child.stdout is not None:
        child.stdout.close()


def _understood(said: bytes | None, code: int, seconds: int) -> Answer:
    if said is None or code == -signal.SIGXCPU:
        raise MediaError(
            "too_slow",
            f"looking at the file took longer than {seconds} s and was stopped: it is damaged or made to stall. Copy "
            "it again from the camera, or convert it to MP4 (H.264).",
        )
    try:
        answer = json.loads(said)
        told, guards = answer["told"], tuple(answer["guards"])
    except (ValueError, KeyError, TypeError):
        told, guards = {}, ()
    if "value" in told and code == 0:
        return Answer(dict(told["value"]), guards)
    if "not_confined" in told:
        raise NotConfined(str(told["not_confined"]))
    if "refused" in told:
        raise MediaError(*map(str, told["refused"]))
    raise MediaError(
        "crashed",
        f"the program that looks at the file ended at once ({_ending(code)}): the file is damaged or made to do harm. "
        "Convert it to MP4 (H.264) on the machine it comes from.",
    )


def _ending(code: int) -> str:
    if code >= 0:
        return f"exit {code}"
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"


def main() -> int:
    """The child's side."""
    order = json.loads(sys.argv[1])
    guards: list[str] = []
    try:
        guards = confine(memory=order["memory"], seconds=order["seconds"])
        module, _, function = order["call"].partition(":")
        told = {"value": getattr(importlib.import_module(module), function)(**order["argument"])}
    except NotConfined as error:
        told = {"not_confined": str(error)}
    except MediaError as error:
        told = {"refused": [error.code, str(error)]}
    except MemoryError:
        most = order["memory"] >> 20
        told = {
            "refused": [
                "too_heavy",
                f"looking at the file needs more than {most} MB of memory: it is damaged, or its pictures are too "
                "large. Convert it to MP4 (H.264) of 4K or less.",
            ]
        }
    sys.stdout.write(json.dumps({"told": told, "guards": guards}))
    sys.stdout.flush()
    os._exit(0)  # nothing is left to tidy up, and threads of a decoder may hang


if __name__ == "__main__":
    main()
