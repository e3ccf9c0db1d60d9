"""`scripts/upgrade-check COMMIT`: does an older version answer on today's schema, and today's on the older one?

An update as it happens, in a database of its own: the older version works; today's code meets its schema; the schema is
migrated; the older version goes on, then today's takes over. At each step every page is asked for as every user, and in
between the demo's main job is done: by the older version before and after, by today's at the end. The older version's
test of its access table, in which every route is called as every role, is run on the migrated schema too.

Exit 0 when every page answered; 1 when one answered 5xx (but for "Semblance is being updated", 503, where migrations
wait), or a main job or the migration failed; 2 when there is no such commit.
"""

import argparse
import json
import os
import secrets
import subprocess
import sys
import tarfile
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Any

from config import embedded
from config.env import new_key
from demo.launch import Failed, say
from demo.processes import ROOT, interrupt_on_signals

DATABASE = "semblance_upgrade"
TESTED = f"test_{DATABASE}"  # as the test runner names it
ACCESS_TABLE = "tests/config/test_access.py"
CRAWLER = Path(__file__).with_name("crawl.py")
UPDATING = "503 update"  # as the crawler calls the page that says so
READINESS = "readyz"  # says 503 while migrations wait: that is what it is for


class NoSuchVersion(RuntimeError):
    """What was named is no commit of this repository."""


@dataclass(frozen=True)
class Version:
    """Code in a folder, with static files of its own; database, media and uploads are the other version's too."""

    name: str
    code: Path
    folder: Path
    shared: dict[str, str]

    def run(self, *arguments: str, sent: str = "", **env: str) -> str:
        """What a Python program of this version prints.

        Raises
        ------
        Failed : it ended with an error; its last lines are in the message
        """
        source = os.pathsep.join([str(self.code), str(self.code / "platform")])
        env |= {"PYTHONPATH": source, "SEMBLANCE_VAR": str(self.folder), "DJANGO_SETTINGS_MODULE": "config.settings"}
        done = subprocess.run(
            [sys.executable, *arguments], cwd=self.code, env={**os.environ, **self.shared, **env}, input=sent,
            text=True, capture_output=True,
        )  # fmt: skip
        if done.returncode:
            last = "\n".join([*done.stdout.splitlines()[-10:], *done.stderr.splitlines()[-15:]])
            raise Failed(f"{self.name}: {' '.join(arguments)} ended with {done.returncode}:\n{last}")
        return done.stdout

    def prepare(self) -> None:
        """Schema, cache table and static files, as at each start of its containers."""
        for step in (["migrate", "--verbosity", "0"], ["createcachetable"], ["collectstatic", "--no-input"]):
            self.run("manage.py", *step, DATABASE_ROLE="owner")

    def main_job(self) -> str:
        """From upload to result through its web process, workers and scheduler."""
        self.run("-m", "demo.launch", "--check")
        return "every stage happened"

    def test_access(self) -> str:
        """Its table of who gets what from every route, on the schema that the tests' database has."""
        told = self.run("-m", "pytest", "-q", "-p", "no:cacheprovider", "--reuse-db", ACCESS_TABLE)
        return told.rstrip().splitlines()[-1]

    def crawl(self, verb: str, sent: str = "") -> Any:
        return json.loads(self.run("-P", str(CRAWLER), verb, sent=sent).splitlines()[-1])


@contextmanager
def two_versions(var: Path, commit: str) -> Iterator[tuple[Version, Version, dict[str, str]]]:
    """The code of a commit and today's with an empty database, and that of the tests; all is taken away afterwards."""
    code = archive(commit)
    started = not embedded.is_running(var)
    with tempfile.TemporaryDirectory(prefix="semblance-upgrade-") as place:
        folder = Path(place)
        with tarfile.open(fileobj=BytesIO(code)) as tar:
            tar.extractall(folder / "code", filter="data")
        try:
            embedded.start(var)
            shared = environment(var, folder)
            old = Version(f"the older version ({commit})", folder / "code", folder / "old", shared)
            yield old, Version("today's version", ROOT, folder / "new", shared), empty_database(var, TESTED)
        finally:
            for database in (DATABASE, TESTED):
                embedded.drop_database(var, database)
            if started:
                embedded.stop(var)


def archive(commit: str) -> bytes:
    done = subprocess.run(["git", "archive", commit], cwd=ROOT, capture_output=True)
    if done.returncode:
        raise NoSuchVersion(f"{commit} is no commit here: {done.stderr.decode().strip()}")
    return done.stdout


def empty_database(var: Path, name: str) -> dict[str, str]:
    """Its addresses by setting."""
    embedded.drop_database(var, name)
    embedded.make_roles_and_database(embedded.database_url(var, "superuser", "postgres"), name)
    roles = {"DATABASE_URL": "app", "DATABASE_OWNER_URL": "owner", "DATABASE_KEY_URL": "key"}
    return {setting: embedded.database_url(var, role, name) for setting, role in roles.items()}


def environment(var: Path, folder: Path) -> dict[str, str]:
    """Of both versions: one empty database, one set of files and keys."""
    return {
        **empty_database(var, DATABASE),
        "SECRET_KEY": secrets.token_urlsafe(50),
        "MEDIA_ENCRYPTION_KEY": new_key(),
        "STORAGE_URL": f"file://{folder / 'media'}",
        "UPLOAD_FOLDER": str(folder / "uploads"),
        "TRAINING_FOLDER": str(folder / "training"),
        "MODEL_STORE": str(folder / "models"),
        "MFA_REQUIRED_ROLES": "none",  # the demo's people have no second factor
    }


class Report:
    """What the steps said, and whether anything was wrong."""

    def __init__(self, *, empty: bool) -> None:
        self.empty = empty  # on an empty site most pages have nothing to show
        self.wrong: list[str] = []

    def crawl(self, title: str, version: Version, sessions: dict[str, str], *, waiting: bool = False) -> None:
        """Every page by one version, as users who had signed in before; `waiting`: migrations wait."""
        told = version.crawl("look", json.dumps(sessions))
        statuses: Counter[str] = Counter()
        for seen in told.values():
            statuses.update(seen["statuses"])
        pages = {route: seen for route, seen in told.items() if seen["is_for_get"]}
        unseen = sorted(route for route, seen in pages.items() if not seen["opened"])
        counts = ", ".join(f"{status}: {n}" for status, n in sorted(statuses.items()))
        say(f"{title}: {statuses.total()} requests ({counts})")
        if not self.empty:
            say(f"  {len(pages) - len(unseen)} of {len(pages)} pages opened; not so: {', '.join(unseen) or 'none'}")
        for route, seen in sorted(told.items()):
            allowed = waiting and route == READINESS
            errors = [] if allowed else seen["errors"]
            if not waiting and seen["statuses"].get(UPDATING):
                errors = [*errors, "says that it is being updated where nothing waits"]
            self.wrong += [f"{title}: {route}: {error}" for error in errors[:1]]
            if errors:
                say(f"  {route}: {seen['statuses']} {errors[0]}")

    def attempt(self, title: str, do: Callable[[], str]) -> None:
        """Something that goes well, with what it says, or ends with an error."""
        try:
            say(f"{title}: {do()}")
        except Failed as error:
            self.wrong.append(f"{title}: failed")
            say(f"{title}: FAILED\n{error}")


def update(old: Version, new: Version, tested: dict[str, str], report: Report, *, quick: bool) -> None:
    """The steps of an update, in their order; `tested` addresses the database of the older version's tests."""
    old.prepare()
    if not quick:
        report.attempt("main job by the older version on its own schema", old.main_job)
    sessions = old.crawl("sign-in")
    new.run("manage.py", "collectstatic", "--no-input")
    report.crawl("today's version before the migration", new, sessions, waiting=True)
    new.prepare()
    say("the schema is migrated")
    report.crawl("the older version on the migrated schema", old, sessions)
    if not quick:
        new.run("manage.py", "migrate", "--verbosity", "0", **tested)
        report.attempt("access table of the older version on the migrated schema", old.test_access)
        report.attempt("main job by the older version on the migrated schema", old.main_job)
        report.attempt("main job by today's version beside it", new.main_job)
        sessions = old.crawl("sign-in")
        report.crawl("the older version once more, with what today's wrote", old, sessions)
    report.crawl("today's version on the migrated schema", new, sessions)


def main() -> int:
    from config.settings import VAR

    parser = argparse.ArgumentParser(prog="upgrade-check", description=__doc__.split("\n\n")[0])
    parser.add_argument("commit", help="the older version: a commit, branch or tag")
    parser.add_argument("--quick", action="store_true", help="without the main jobs: pages of an empty site only")
    options = parser.parse_args()
    interrupt_on_signals()
    report = Report(empty=options.quick)
    try:
        with two_versions(VAR, options.commit) as (old, new, tested):
            update(old, new, tested, report, quick=options.quick)
    except NoSuchVersion as error:
        say(str(error))
        return 2
    except Failed as error:
        report.wrong.append(str(error))
        say(str(error))
    except KeyboardInterrupt:
        say("stopped")
        return 130
    say(f"{len(report.wrong)} wrong" if report.wrong else "every page answered")
    return 1 if report.wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
