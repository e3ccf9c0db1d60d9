"""What the README promises of its commands, where that needs no second set-up."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.e2e


def run(*command: str, cwd: Path = ROOT, **env: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, cwd=cwd, env={**os.environ, **env}, capture_output=True, text=True, timeout=120)


def path_without(tmp_path: Path, *hidden: str) -> str:
    """A PATH with the system's basic programs but for the hidden ones."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in ("sh", "cat", "sha256sum", "cut", "id", "grep", "dirname", "env", "ldconfig", "true"):
        for place in ("/bin", "/usr/bin", "/sbin", "/usr/sbin"):
            if name not in hidden and (Path(place) / name).exists() and not (folder / name).exists():
                (folder / name).symlink_to(Path(place) / name)
    return str(folder)


def test_without_python_311_the_package_to_install_is_named(tmp_path: Path):
    result = run("/bin/sh", str(ROOT / "scripts/make-venv"), PATH=path_without(tmp_path))
    assert result.returncode == 1
    assert "Python 3.11 was not found" in result.stderr
    assert "apt-get install -y python3.11 python3.11-venv" in result.stderr


def test_missing_system_packages_stop_a_user_with_the_exact_command(tmp_path: Path):
    path = path_without(tmp_path, "ldconfig", "id")
    for name, text in (("id", "#!/bin/sh\necho 1000\n"), ("ldconfig", "#!/bin/sh\n")):
        program = Path(path) / name
        program.write_text(text)
        program.chmod(0o755)
    script = (
        (ROOT / "scripts/system-packages")
        .read_text()
        .replace("/sbin/ldconfig", "ldconfig")
        .replace("/usr/sbin/nginx", "/nowhere")
    )
    (tmp_path / "check").write_text(script)
    result = run("/bin/sh", str(tmp_path / "check"), "test", PATH=path)
    assert result.returncode == 1
    command = (
        "sudo apt-get update && sudo apt-get install -y --no-install-recommends libgl1 libglib2.0-0 chromium nginx"
    )
    assert command in result.stderr


def test_a_second_set_up_is_quick_and_silent():
    result = run("/bin/sh", "scripts/make-venv")
    assert (result.returncode, result.stderr) == (0, "")


def test_a_clip_that_does_not_exist_is_named():
    result = run("make", "demo", "VIDEO=nowhere.mp4", "CHECK=1")
    assert result.returncode != 0
    assert "there is no file nowhere.mp4" in result.stderr


def test_stop_where_nothing_runs_is_no_error(tmp_path: Path):
    result = run("make", "stop", SEMBLANCE_VAR=str(tmp_path), DATABASE_URL="")
    assert result.returncode == 0
    assert "was not running" in result.stderr


def test_the_loop_brings_a_dead_worker_back_and_ends_when_told(tmp_path: Path):
    """`celery` is a stand-in here that dies twice and then ends well."""
    path = path_without(tmp_path)
    for name in ("sleep",):
        (Path(path) / name).symlink_to(f"/bin/{name}")
    count = tmp_path / "count"
    celery = Path(path) / "celery"
    celery.write_text(f'#!/bin/sh\necho x >>{count}\n[ "$(grep -c x {count})" -ge 3 ]\n')
    celery.chmod(0o755)
    result = run("/bin/sh", str(ROOT / "scripts/keep-running"), "jobs", PATH=path)
    assert result.returncode == 0
    assert count.read_text().count("x") == 3


def test_ci_runs_what_the_readme_names():
    script, readme = (ROOT / ".ci/run").read_text(), (ROOT / "README.md").read_text()
    commands = [line.strip() for line in script.splitlines() if line.startswith("make ")]
    assert commands == ["make lint", "make test"]
    assert all(f"`{command}`" in readme or command in readme for command in commands)


def test_a_port_that_is_taken_is_told_and_nothing_started(tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        result = run(
            sys.executable, "-m", "demo.processes", PORT=str(port), SEMBLANCE_VAR=str(tmp_path),
            PYTHONPATH=f"{ROOT}:{ROOT / 'platform'}",
        )  # fmt: skip
    assert result.returncode == 1
    assert f"port {port} is taken by another program" in result.stderr
    assert not (tmp_path / "processes.json").exists()


def test_a_command_without_its_database_says_so_in_a_line(tmp_path: Path):
    result = run(sys.executable, "manage.py", "add_user", "ada", "--role", "coordinator", SEMBLANCE_VAR=str(tmp_path))
    assert result.returncode == 1
    assert result.stderr.startswith("the database does not answer (make serve starts the embedded one): ")
    assert "Traceback" not in result.stderr
