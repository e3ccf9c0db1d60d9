"""Web, workers and scheduler of the Procfile, run by honcho and known by a file so that `make stop` finds them.

`python -m demo.processes` serves until interrupted; `python -m demo.processes stop` ends what runs.
"""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from types import FrameType

import psutil

ROOT = Path(__file__).resolve().parents[2]


class NotStarted(RuntimeError):
    """The processes did not come up; the message says what was seen."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_taken(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # one that was just given up is free
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def answers(url: str) -> bool:
    """Does a site answer there and reach its database?"""
    try:
        with urllib.request.urlopen(f"{url}/healthz", timeout=3) as answer:  # noqa: S310 - our own address
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False


class Stack:
    """The Procfile's processes, all or those named in `only`, as one honcho below this process."""

    def __init__(
        self, *, var: Path, port: int, env: Mapping[str, str] | None = None, quiet: bool = False,
        only: tuple[str, ...] = (),
    ) -> None:  # fmt: skip
        self.var, self.port, self.only = var, port, only
        self.url = f"http://127.0.0.1:{port}"
        self.log = var / "log" / "processes.log" if quiet else None
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
        source = os.pathsep.join([str(ROOT), str(ROOT / "platform")])
        self.env = {**os.environ, "PATH": path, "PYTHONPATH": source, "PYTHONUNBUFFERED": "1"}
        self.env.update({"SEMBLANCE_VAR": str(var), **(env or {})})
        self.honcho: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start all; they are up when `wait_until_up` returns.

        Raises
        ------
        NotStarted : another program has the port
        """
        if is_taken(self.port):  # it would answer in our place
            raise NotStarted(
                f"port {self.port} is taken by another program: end it, or choose another, as in PORT=8001"
            )
        output: int | None = None
        if self.log:
            self.log.parent.mkdir(parents=True, exist_ok=True)
            output = os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        self.var.mkdir(parents=True, exist_ok=True)
        # A session of its own: Ctrl-C reaches this process only, which then ends the others in order.
        self.honcho = subprocess.Popen(
            [sys.executable, "-m", "honcho", "start", "--port", str(self.port), *self.only], cwd=ROOT, env=self.env,
            stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT if output else None,
            start_new_session=True,
        )  # fmt: skip
        if output is not None:
            os.close(output)
        self._record()

    def _record(self) -> None:
        assert self.honcho  # noqa: S101
        below = [child.pid for child in psutil.Process(self.honcho.pid).children(recursive=True)]
        _record_file(self.var).write_text(json.dumps({"url": self.url, "pids": [self.honcho.pid, *below]}))

    def wait_until_up(self, seconds: float = 60) -> None:
        """Until the web process answers.

        Raises
        ------
        NotStarted : a process ended, or nothing answered in time
        """
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self.honcho is None or self.honcho.poll() is not None:
                raise NotStarted(f"a process ended at once. {self.last_words()}")
            if answers(self.url):
                self._record()
                return
            time.sleep(0.1)
        raise NotStarted(f"{self.url} did not answer within {seconds:g} s. {self.last_words()}")

    def last_words(self) -> str:
        lines = self.log.read_text(errors="replace").splitlines()[-20:] if self.log and self.log.exists() else []
        return f"The last lines of {self.log}:\n" + "\n".join(lines) if lines else "Its messages are above."

    def wait(self) -> None:
        """Until one of the processes ends for good (honcho then ends the others)."""
        if self.honcho:
            self.honcho.wait()

    def find(self, *words: str) -> list[psutil.Process]:
        """Our processes whose command line holds all the words."""
        below = psutil.Process(self.honcho.pid).children(recursive=True) if self.honcho else []
        return [process for process in below if all(any(word in part for part in _command(process)) for word in words)]

    def stop(self) -> None:
        stop(self.var)
        if self.honcho:
            self.honcho.wait()


def _record_file(var: Path) -> Path:
    return var / "processes.json"


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []


def running(var: Path) -> str | None:
    """Address of the site that was started under `var` and still answers."""
    try:
        url = str(json.loads(_record_file(var).read_text())["url"])
    except (FileNotFoundError, ValueError, KeyError):
        return None
    return url if answers(url) else None


def stop(var: Path) -> bool:
    """End the processes started under `var`, also from another terminal; False when there were none."""
    try:
        pids = json.loads(_record_file(var).read_text())["pids"]
    except (FileNotFoundError, ValueError, KeyError):
        return False
    # A number may have been given to a stranger since: only processes that run in our folder are ended.
    ours = [process for process in map(_process, pids) if process and _is_ours(process)]
    leaders = [process for process in ours if "honcho" in " ".join(_command(process))]
    _end(leaders or ours)
    _end([process for process in ours if process.is_running()])
    _record_file(var).unlink(missing_ok=True)
    return bool(ours)


def _process(pid: int) -> psutil.Process | None:
    try:
        return psutil.Process(pid)
    except psutil.NoSuchProcess:
        return None


def _is_ours(process: psutil.Process) -> bool:
    try:
        return Path(process.cwd()) == ROOT and process.status() != psutil.STATUS_ZOMBIE
    except (psutil.Error, OSError):
        return False


def _end(processes: list[psutil.Process]) -> None:
    """TERM, and KILL for those that do not listen. honcho itself gives its children 5 s."""
    for process in processes:
        try:
            process.terminate()
        except psutil.NoSuchProcess:
            continue
    _gone, left = psutil.wait_procs(processes, timeout=15)
    for process in left:
        process.kill()


def interrupt_on_signals() -> None:
    """TERM and a closed terminal end this process like Ctrl-C, so that what it started is ended too."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, interrupt)
    signal.signal(signal.SIGHUP, interrupt)


def main() -> int:
    from config.env import Env
    from config.settings import VAR

    if sys.argv[1:] == ["stop"]:
        sys.stderr.write("web, worker and scheduler stopped\n" if stop(VAR) else "nothing was running\n")
        return 0
    if url := running(VAR):
        sys.stderr.write(f"already running at {url}; make stop ends it\n")
        return 1
    interrupt_on_signals()
    stack = Stack(var=VAR, port=Env().integer("PORT", 8000, least=1, most=65535))
    try:
        stack.start()
        stack.wait_until_up()
        sys.stderr.write(f"Semblance runs at {stack.url}; Ctrl-C ends it\n")
        stack.wait()
    except NotStarted as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("stopping ...\n")
    finally:
        stack.stop()
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
