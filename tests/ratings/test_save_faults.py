"""A rater saves while the web process is killed and the database stopped: what was acknowledged is there, once.

`WEB_KILLS` and `DATABASE_STOPS` say how often.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import uuid
from pathlib import Path

import psutil
import psycopg
import pytest
import requests

from config import embedded
from demo.processes import ROOT
from tests.product import Server, eventually, serving

pytestmark = pytest.mark.worker

KILLS = int(os.environ.get("WEB_KILLS", 3))
STOPS = int(os.environ.get("DATABASE_STOPS", 1))
CSRF = "c" * 32


class Product:
    """A database server, a study and a rater's session of their own, so that nothing else is hurt."""

    def __init__(self, var: Path) -> None:
        self.var = var
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("DATABASE_")}
        self.env = {
            **inherited, "SEMBLANCE_VAR": str(var), "EMBEDDED_DATABASE_NAME": "semblance", "DEBUG": "false",
            "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'platform'}", "DJANGO_SETTINGS_MODULE": "config.settings",
            "SECRET_KEY": "only-for-tests-" + "x" * 40, "ALLOWED_HOSTS": "127.0.0.1",
        }  # fmt: skip
        self.start_database()

    def python(self, *words: str) -> str:
        done = subprocess.run([sys.executable, *words], cwd=ROOT, env=self.env, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def start_database(self) -> None:
        self.python("-m", "config.embedded", "start")

    def stop_database(self) -> None:
        """At once, as if the power went: clients are cut off, the server recovers from its log at the next start."""
        pid = int((self.var / "postgres" / "postmaster.pid").read_text().splitlines()[0])
        os.kill(pid, signal.SIGQUIT)
        eventually(lambda: not psutil.pid_exists(pid))

    def url(self) -> str:
        return embedded.database_url(self.var)


@pytest.fixture
def product():
    """Not below pytest's own folder: whichever run of it starts next takes the server's right to enter that away."""
    folder = Path(tempfile.mkdtemp(prefix="semblance-faults-"))
    product = Product(folder / "var")
    try:
        yield product
    finally:
        product.python("-m", "config.embedded", "stop")
        shutil.rmtree(folder)


class Saver(threading.Thread):
    """A browser that answers the same item again and again, each time until the server has said that it is saved."""

    def __init__(self, server: Server, presentation: str, sessionid: str) -> None:
        super().__init__(daemon=True)
        self.address = f"{server.url}/api/presentations/{presentation}/ratings/"
        self.headers = {"Cookie": f"sessionid={sessionid}; csrftoken={CSRF}", "X-CSRFToken": CSRF}
        self.acknowledged: list[tuple[str, int]] = []
        self.failed = self.repeats = 0
        self.strange: list[str] = []
        self.enough = threading.Event()

    def run(self) -> None:
        dice = random.Random(1)  # noqa: S311
        while not self.enough.is_set() and not self.strange:
            before = self.acknowledged[-1][0] if self.acknowledged else None
            body = {
                "client_id": str(uuid.uuid4()), "item": "facial_expression", "score": dice.randrange(5),
                "replaces": before, "change_reason": "second_look" if before else "",
            }  # fmt: skip
            while not self.delivered(body):
                self.failed += 1
                time.sleep(0.05)

    def delivered(self, body: dict) -> bool:
        try:
            answer = requests.post(self.address, json=body, headers=self.headers, timeout=30)
        except requests.RequestException:
            return False
        if answer.status_code >= 500:
            return False
        if answer.status_code not in (200, 201):
            self.strange.append(f"{answer.status_code}: {answer.text[:300]}")
            return True
        self.repeats += answer.status_code == 200
        self.acknowledged.append((body["client_id"], body["score"]))
        return True

    def saves_again(self) -> None:
        n = len(self.acknowledged)
        eventually(lambda: self.strange or len(self.acknowledged) >= n + 3)


@pytest.mark.timeout(3600)
def test_killed_web_processes_and_stopped_databases_lose_and_double_nothing(product: Product, capsys):
    product.python("manage.py", "migrate", "--verbosity", "0")
    seeded, dice = json.loads(product.python("-m", "tests.ratings.seeded").splitlines()[-1]), random.Random(2)  # noqa: S311
    faults = [True] * KILLS + [False] * STOPS
    dice.shuffle(faults)
    with serving(product.env) as server:
        saver = Saver(server, **seeded)
        saver.start()
        for killed in faults:
            saver.saves_again()
            time.sleep(dice.random() * 0.2)  # in the middle of whatever it does
            if killed:
                server.kill()
                server.start()
            else:
                product.stop_database()
                product.start_database()
        saver.saves_again()
        saver.enough.set()
        saver.join(timeout=60)
    assert saver.strange == []
    with psycopg.connect(product.url()) as database:
        kept = database.execute("SELECT client_id::text, score FROM ratings_rating ORDER BY position").fetchall()
    assert kept == saver.acknowledged
    verdict = product.python("manage.py", "verify_ratings")
    assert f"{len(kept)} rows, unbroken" in verdict
    with capsys.disabled():
        print(
            f"\n{KILLS} kills, {STOPS} stops: {len(kept)} acknowledged, all there, in order and once; "
            f"{saver.failed} deliveries failed, {saver.repeats} had been kept although their answer was lost"
        )
