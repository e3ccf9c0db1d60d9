"""Peaks of memory are a process's own, not those of who started it."""

import subprocess
import sys
from pathlib import Path

import pytest

from analysis.memory import peak_mib, run_watched

ROOT = Path(__file__).parents[2]
HOLD = "held = bytearray(b'x') * ({} * 2**20)"
SAY = "from analysis.memory import peak_mib; print(peak_mib())"


def said(script: str) -> float:
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd=ROOT,
        env={"PYTHONPATH": f"{ROOT}:{ROOT / 'platform'}"},
    )  # fmt: skip
    return float(done.stdout)


def test_what_was_held_once_counts():
    assert said(f"{HOLD.format(200)}; del held; {SAY}") > 200


def test_a_process_does_not_inherit_the_peak_of_the_one_that_started_it():
    """By the kernel's rusage it would: the inner one would say more than 300 MiB."""
    inner = f"import subprocess, sys; print(subprocess.check_output([sys.executable, '-c', {SAY!r}], text=True))"
    assert 1 < said(f"{HOLD.format(300)}; {inner}") < 150


def test_another_program_is_watched():
    assert 200 < run_watched([sys.executable, "-c", f"{HOLD.format(200)}; import time; time.sleep(1)"]) < 350


def test_a_program_that_fails_is_told():
    with pytest.raises(subprocess.CalledProcessError):
        run_watched([sys.executable, "-c", "raise SystemExit(3)"])


def test_who_has_ended_holds_nothing():
    with subprocess.Popen([sys.executable, "-c", ""]) as program:
        program.wait()
    assert peak_mib(program.pid) == 0
