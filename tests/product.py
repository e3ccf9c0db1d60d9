"""The real processes (web, worker, scheduler) against the test database, for tests that need them."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from celery import Celery
from django.conf import settings
from django.core.management import call_command
from django.db import connection
from kombu import Queue

from config.embedded import APP, KEY
from demo.processes import ROOT, Stack, answers, free_port


def database_url(role: str = APP) -> str:
    """The test database, as the app role, or another, where that exists."""
    given = connection.settings_dict
    user = role if settings.EMBEDDED_DATABASE else given["USER"]
    password = f":{quote(given['PASSWORD'], safe='')}" if given["PASSWORD"] else ""
    host = quote(given["HOST"] or "localhost", safe="")
    return f"postgresql://{user}{password}@{host}:{given['PORT'] or 5432}/{given['NAME']}"


@contextmanager
def running_product(var: Path, only: tuple[str, ...] = ("web", "worker", "scheduler"), **env: str) -> Iterator[Stack]:
    """Web, worker and scheduler as a user starts them; ended at the end. What measures stays out: it takes long."""
    settings_of_processes = {
        "DATABASE_URL": database_url(),
        "DATABASE_KEY_URL": database_url(KEY),
        "SECRET_KEY": "only-for-tests-" + "x" * 40,
        "STORAGE_URL": f"file://{settings.STORAGES['default']['OPTIONS']['location']}",
        "UPLOAD_FOLDER": str(settings.UPLOAD_FOLDER),
        "CELERY_BROKER_URL": os.environ["TEST_BROKER_URL"],
        **({"MEDIA_ENCRYPTION_KEY": settings.MEDIA_ENCRYPTION_KEY} if settings.MEDIA_ENCRYPTION_KEY else {}),
        "DEBUG": "false",
        "LOG_LEVEL": "INFO",
        **env,
    }
    static = var / "static"
    if not static.exists():
        from django.test import override_settings

        storages = {
            **settings.STORAGES,
            "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
        }
        with override_settings(STATIC_ROOT=static, STORAGES=storages):
            call_command("collectstatic", interactive=False, verbosity=0)
    stack = Stack(var=var, port=free_port(), env=settings_of_processes, quiet=True, only=only)
    stack.start()
    try:
        stack.wait_until_up()
        yield stack
    finally:
        stack.stop()


def doorbell(var: Path, task: str = "deid.tasks.render_cpu", of: str = "job_id") -> Callable[[int], None]:
    """Rings for a row in the queue of the processes under `var`, as often as it is called."""
    folder = var / "queue"
    bell = Celery("doorbell", broker=os.environ["TEST_BROKER_URL"], set_as_current=False)
    if bell.conf.broker_url.startswith("filesystem"):
        for name in ("messages", "control"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        messages = {"data_folder_in": str(folder / "messages"), "data_folder_out": str(folder / "messages")}
        bell.conf.broker_transport_options = {**messages, "control_folder": folder / "control"}
    bell.conf.task_queues = [Queue("cpu", routing_key="cpu")]

    def ring(pk: int) -> None:
        bell.send_task(task, kwargs={of: pk}, queue="cpu")

    return ring


def eventually(
    look: Callable[[], object], *, seconds: float = 60, every: float = 0.1, stack: Stack | None = None
) -> object:
    """What `look` returns once it is true; an AssertionError with the processes' last words when it never is."""
    import time

    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if answer := look():
            return answer
        time.sleep(every)
    raise AssertionError(f"nothing happened within {seconds:g} s. {stack.last_words() if stack else ''}")


class Server:
    """A gunicorn of our own beside the running product's, so that killing it ends nothing else."""

    def __init__(self, env: Mapping[str, str]) -> None:
        self.port = free_port()
        self.env = {**env, "PORT": str(self.port), "WEB_CONCURRENCY": "2"}
        self.url = f"http://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None
        self.kills = 0

    def start(self) -> None:
        command = [sys.executable, "-m", "gunicorn", "--config", "docker/gunicorn.conf.py", "config.wsgi:application"]
        self.process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=self.env,
            start_new_session=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        eventually(lambda: answers(self.url), seconds=180)

    def kill(self) -> None:
        """SIGKILL for the master and all its workers at once, in the middle of whatever they do."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


@contextmanager
def serving(env: Mapping[str, str]) -> Iterator[Server]:
    """A server that is killed at the end, whatever it does."""
    server = Server(env)
    server.start()
    try:
        yield server
    finally:
        server.kill()
