"""scripts/upgrade-check as whoever makes a release runs it: its exit codes, on a tree with a change that is planted."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(__file__).resolve().parents[2]
pytestmark = [
    pytest.mark.e2e,
    pytest.mark.timeout(600),
    pytest.mark.skipif(not settings.EMBEDDED_DATABASE, reason="starts an embedded server of its own"),
]
MODEL = '    name = models.CharField(_("name"), '
MIGRATION = """
from django.db import migrations

class Migration(migrations.Migration):
    dependencies = [("cohorts", "{before}")]
    operations = [migrations.RunSQL("ALTER TABLE cohorts_cohort RENAME COLUMN name TO title")]
"""


def git(folder: Path, *arguments: str) -> None:
    names = ("-c", "user.name=Test", "-c", "user.email=test@localhost")
    subprocess.run(["git", *names, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The tree as it is here, as the only commit of a repository."""
    folder = tmp_path / "clone"
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True
    )
    for name in filter(lambda name: (ROOT / name).is_file(), listed.stdout.splitlines()):
        if not name.startswith(("docs/pictures/", "tests/")):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, folder / name)
    git(folder, "init", "--quiet", "--initial-branch", "main")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "the older version")
    (folder / ".venv").symlink_to(sys.prefix)
    return folder


def check(folder: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    env = {name: value for name, value in os.environ.items() if name not in ("SEMBLANCE_VAR", "DATABASE_URL")}
    return subprocess.run(
        [folder / "scripts/upgrade-check", *arguments], cwd=folder, env=env, capture_output=True, text=True
    )


def test_a_version_that_does_not_exist_is_2(clone: Path):
    done = check(clone, "nothing-like-this")
    assert done.returncode == 2
    assert "nothing-like-this is no commit here" in done.stderr


def test_a_column_that_is_renamed_is_found_in_the_older_version_alone(clone: Path):
    models = clone / "platform/cohorts/models.py"
    assert models.read_text().count(MODEL) == 1
    models.write_text(models.read_text().replace(MODEL, f'{MODEL}db_column="title", '))
    migrations = clone / "platform/cohorts/migrations"
    before = sorted(path.stem for path in migrations.glob("0*.py"))[-1]
    (migrations / "9999_planted.py").write_text(MIGRATION.format(before=before))
    done = check(clone, "main", "--quick")
    assert done.returncode == 1, done.stderr
    told = done.stderr.split("\n")
    steps = [number for number, line in enumerate(told) if " requests (" in line]
    waiting, older, newer = (told[first:last] for first, last in zip(steps, [*steps[1:], None], strict=True))
    assert "503 update" in waiting[0]
    assert "500: " not in waiting[0]
    assert any("cohorts:list" in line and "name does not exist" in line for line in older), done.stderr
    assert "500: " not in newer[0]
    assert "503 update" not in newer[0]
