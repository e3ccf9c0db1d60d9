"""The most memory that a process held: its own alone.

`resource.getrusage` does not tell it: on Linux a process begins with the peak of the one that started it.
"""

import re
import subprocess
import time
from collections.abc import Sequence
from pathlib import Path

LOOK_S = 0.05  # how often another program's peak is read; the kernel keeps it, only its last rise can be missed


def peak_mib(process: int | str = "self") -> float:
    """MiB since a process began; 0 of one that has ended."""
    try:
        status = Path(f"/proc/{process}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) / 1024 if found else 0.0


def run_watched(command: Sequence[str]) -> float:
    """Runs another program to its end, silently; the most that it held, MiB.

    Raises
    ------
    CalledProcessError : it failed
    """
    peak = 0.0
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as program:
        while program.poll() is None:
            peak = max(peak, peak_mib(program.pid))
            time.sleep(LOOK_S)
    if program.returncode:
        raise subprocess.CalledProcessError(program.returncode, command)
    return peak
