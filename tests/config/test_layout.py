"""The layout holds: `platform/` hides nothing, no dependency owns a name of ours, the web process stays light."""

import importlib.metadata
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
OURS = [
    "config", "accounts", "cohorts", "audit", "videoio", "faces", "frontend", "operations", "demo", "deid", "ratings",
    "analysis",
]  # fmt: skip
HEAVY = {"torch", "cv2", "av", "mediapipe", "onnxruntime", "insightface", "dlib"}
# 190 MB together: a web process loads them for the page that needs them (scipy's parts at their first use: `import
# scipy`, then `scipy.stats.norm`).
AT_NEED = {"pandas", "pyarrow", "scipy.stats", "scipy.optimize", "sklearn"}


def python(*arguments: str, **env: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, *arguments], cwd=ROOT, env={**os.environ, **env}, capture_output=True, text=True, timeout=60
    )


def test_platform_stays_the_standard_library():
    result = python("-c", "import platform; print(platform.system(), platform.__file__)")
    assert result.returncode == 0, result.stderr
    assert str(ROOT) not in result.stdout


def test_platform_holds_packages_only():
    assert not (ROOT / "platform" / "__init__.py").exists()
    assert not list((ROOT / "platform").glob("*.py"))


def test_no_installed_distribution_owns_a_name_of_ours():
    owners = importlib.metadata.packages_distributions()
    foreign = {name: owners[name] for name in OURS if set(owners.get(name, [])) - {"semblance"}}
    assert foreign == {}


def test_our_names_come_from_this_folder():
    script = f"import importlib, json; print(json.dumps([importlib.import_module(n).__file__ for n in {OURS}]))"
    result = python("-c", script, DJANGO_SETTINGS_MODULE="config.settings")
    assert result.returncode == 0, result.stderr
    assert all(Path(file).is_relative_to(ROOT) for file in json.loads(result.stdout))


@pytest.mark.parametrize(
    "command",
    [["manage.py", "--version"], ["-m", "pytest", "--version"], ["-m", "celery", "--version"],
     ["-m", "gunicorn", "--version"], ["manage.py", "check"], ["-m", "gunicorn", "--check-config", "config.wsgi"]],
    ids=lambda command: " ".join(command),
)  # fmt: skip
def test_the_programs_start(command: list[str]):
    result = python(*command)
    assert result.returncode == 0, result.stdout + result.stderr


def test_the_web_process_imports_no_heavy_library():
    """Everything that a request can reach is imported: the URL configuration with all its views, and the middleware."""
    script = (
        "import sys, json\n"
        "from config.wsgi import application\n"
        "from django.urls import get_resolver\n"
        "get_resolver().url_patterns\n"
        "import django.test\n"
        "from config.celery import app\n"
        "print(json.dumps(sorted(sys.modules)))"
    )
    result = python("-c", script)
    assert result.returncode == 0, result.stderr
    loaded = set(json.loads(result.stdout.splitlines()[-1]))
    assert {"cohorts", "deid", "ratings", "analysis"} <= loaded
    assert not loaded & (HEAVY | AT_NEED)


def test_importing_the_settings_starts_nothing(tmp_path: Path):
    """Neither a database nor a queue: the command line works where nothing runs."""
    script = "import config.settings as s; print(s.DATABASES['default']['HOST'])"
    result = python("-c", script, SEMBLANCE_VAR=str(tmp_path / "var"), DATABASE_URL="")
    assert result.returncode == 0, result.stderr
    assert {path.name for path in (tmp_path / "var").iterdir()} == {"secret_key", "media_key"}


def test_sqlite_never(tmp_path: Path):
    result = python("-c", "import config.settings", DATABASE_URL="sqlite:///x.db", SECRET_KEY="x")
    assert result.returncode != 0
    assert "DATABASE_URL has sqlite://...: use a URL that starts with postgres" in result.stderr


def test_a_server_of_ones_own_needs_a_secret_key_of_ones_own():
    result = python("-c", "import config.settings", DATABASE_URL="postgresql://u@127.0.0.1/x", SECRET_KEY="")
    assert result.returncode != 0
    assert "SECRET_KEY is not set" in result.stderr
