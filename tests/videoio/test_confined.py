"""Whatever a file does to the process that looks at it, the caller gets a sentence in time and nothing else happens."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from videoio.confined import run
from videoio.errors import MediaError

MEMORY = 512 << 20


def call(function: str, *, seconds: int = 20, **argument):
    return run(f"tests.videoio.children:{function}", argument, memory=MEMORY, seconds=seconds)


def test_a_result_comes_back_with_the_guards_that_held():
    answer = call("echo", a=[1, "ä"], b=None)
    assert answer.value == {"a": [1, "ä"], "b": None}
    assert "seccomp" in answer.guards  # needs no rights; the network namespace needs some


def test_a_refusal_keeps_its_words():
    with pytest.raises(MediaError, match="it holds only sound") as caught:
        call("refuse")
    assert caught.value.code == "no_video"


@pytest.mark.parametrize(
    ("function", "code", "says"),
    [
        ("crash", "crashed", "SIGSEGV"), ("abort", "crashed", "SIGABRT"), ("fill_memory", "too_heavy", "512 MB"),
        ("say_nonsense", "crashed", "exit 0"), ("stumble", "crashed", "exit 1"), ("talk_forever", "crashed", "ended"),
    ],
)  # fmt: skip
def test_a_process_that_dies_or_raves_is_a_refusal(function: str, code: str, says: str):
    with pytest.raises(MediaError, match=says) as caught:
        call(function)
    assert caught.value.code == code


@pytest.mark.parametrize("function", ["loop", "sleep"])
def test_a_process_that_hangs_is_ended_in_time(function: str):
    began = time.monotonic()
    with pytest.raises(MediaError, match="longer than 2 s") as caught:
        call(function, seconds=2)
    assert caught.value.code == "too_slow"
    assert time.monotonic() - began < 6


def test_nothing_is_reached_written_or_started(tmp_path: Path, listener):
    port, calls = listener
    file, folder = tmp_path / "file", tmp_path / "folder"
    file.write_bytes(b"content")
    file.chmod(0o600)
    folder.mkdir()
    outcomes = call("reach_out", port=port, folder=str(folder), file=str(file)).value
    assert {name for name, outcome in outcomes.items() if outcome == "allowed"} == set()
    assert file.read_bytes() == b"content"
    assert file.stat().st_mode & 0o777 == 0o600
    assert list(folder.iterdir()) == []
    assert calls == []


@pytest.mark.parametrize("guard", ["block_calls", "leave_network"])
def test_either_guard_alone_keeps_the_network_away(guard: str, listener):
    """As root both are there; elsewhere a namespace may be denied, and then says so."""
    port, calls = listener
    script = (
        f"from videoio import confinement\nimport socket\nheld = confinement.{guard}()\n"
        f"try:\n    socket.create_connection(('127.0.0.1', {port}), timeout=1)\n    out = True\n"
        "except OSError:\n    out = False\nprint(held, out)"
    )
    result = subprocess.run([sys.executable, "-c", script], env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
                            capture_output=True, text=True, timeout=60)  # fmt: skip
    held, out = result.stdout.split()
    if guard == "block_calls":
        assert held == "True"
    assert out == str(held == "False")
    assert (calls == []) == (held == "True")


def test_no_secret_is_inherited(monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "geheim")
    monkeypatch.setenv("DATABASE_URL", "postgresql://u:p@h/d")
    told = call("environment").value
    assert not {"SECRET_KEY", "DATABASE_URL", "AWS_SECRET_ACCESS_KEY"} & set(told["names"])
    assert told["cwd"] == "/"
