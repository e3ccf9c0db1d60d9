"""What a decoder that a hostile file has taken over might do; called in a confined process by test_confined.py."""

import os
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from videoio.errors import MediaError


def echo(**told: Any) -> dict[str, Any]:
    return told


def refuse() -> None:
    raise MediaError("no_video", "it holds only sound.")


def crash() -> None:
    signal.raise_signal(signal.SIGSEGV)


def abort() -> None:
    os.abort()


def fill_memory() -> None:
    held = []
    while True:
        held.append(bytearray(1 << 26))


def loop() -> None:
    while True:
        pass


def sleep() -> None:
    signal.pause()


def talk_forever() -> None:
    while True:
        sys.stdout.write("x" * 65536)


def say_nonsense() -> None:
    sys.stdout.write("{not json")
    sys.stdout.flush()
    os._exit(0)


def stumble() -> None:
    raise ZeroDivisionError


def reach_out(port: int, folder: str, file: str) -> dict[str, str]:
    """Tries everything that is forbidden; returns what came of each."""
    target = Path(folder)
    attempts = {
        "connect": lambda: socket.create_connection(("127.0.0.1", port), timeout=1),
        "udp": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("127.0.0.1", port)),
        "unix socket": lambda: socket.socket(socket.AF_UNIX).connect(f"{folder}/none"),
        "socket pair": socket.socketpair,
        "look up a name": lambda: socket.getaddrinfo("example.org", 80),
        "new file": lambda: (target / "new").write_bytes(b"x"),
        "empty new file": lambda: (target / "new").touch(),
        "overwrite": lambda: Path(file).write_bytes(b"x"),
        "append": lambda: os.open(file, os.O_WRONLY | os.O_APPEND),
        "truncate": lambda: os.truncate(file, 0),
        "remove": lambda: Path(file).unlink(),
        "rename": lambda: Path(file).rename(target / "other"),
        "link": lambda: Path(file).hardlink_to(target / "other"),
        "new folder": lambda: (target / "folder").mkdir(),
        "open to others": lambda: Path(file).chmod(0o644),
        "start a program": lambda: subprocess.run(["/bin/true"], check=False),
        "fork": os.fork,
        "kill the parent": lambda: os.kill(os.getppid(), signal.SIGKILL),
    }
    return {name: _outcome(attempt) for name, attempt in attempts.items()}


def _outcome(attempt: Any) -> str:
    try:
        attempt()
    except OSError as error:
        return type(error).__name__
    return "allowed"


def environment() -> dict[str, Any]:
    return {"names": sorted(os.environ), "cwd": str(Path.cwd())}
