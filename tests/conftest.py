"""Fixtures of all tests: a real PostgreSQL (embedded unless DATABASE_URL is set), media in a temporary folder."""

import os
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import dj_database_url
import pytest
from django.conf import settings
from django.db import connection, connections
from django.test import Client

from accounts.models import Role, User
from config import embedded
from config.env import new_key
from tests.factories import PASSWORD, UserFactory


def pytest_configure(config: pytest.Config) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }
    Path(settings.STATIC_ROOT).mkdir(parents=True, exist_ok=True)
    settings.KEY_DATABASE = "default"  # tests run as the owner and in one transaction; roles are tested as such
    # What this process rings reaches nobody; tests with real workers use the queue that was named, see product.py.
    os.environ.setdefault("TEST_BROKER_URL", os.environ.pop("CELERY_BROKER_URL", "filesystem://"))
    settings.CELERY_BROKER_URL = "memory://"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """A browser that gets no processor for half a minute fails its test: such a test runs once more, and the summary
    counts it ("1 rerun"). What fails twice has failed.
    """
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.flaky(reruns=1))


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings_parallel_suffix: None) -> None:
    """Tests make and empty tables, so they connect as the owner; what the app role may not do is tested as such."""
    if settings.EMBEDDED_DATABASE:
        embedded.start(settings.VAR)
        url = embedded.database_url(settings.VAR, "owner", settings.DATABASES["default"]["NAME"])
    else:
        from config.env import Env

        url = Env().text("DATABASE_OWNER_URL", Env().text("DATABASE_URL"))
    # Connections are closed at once: one left open by a live server's thread would hold the test database.
    for alias in ("default", "key"):  # one server, one test database
        connections[alias].settings_dict.update(dj_database_url.parse(url, conn_max_age=0))


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> Iterator[None]:
    """The app role gets the same rights in the test database as in the real one."""
    if settings.EMBEDDED_DATABASE:
        with django_db_blocker.unblock(), connection.cursor() as cursor:  # type: ignore[attr-defined]
            for statement in embedded.app_grants():
                cursor.execute(statement)
    yield
    with django_db_blocker.unblock(), connection.cursor() as cursor:  # type: ignore[attr-defined]
        # A browser that broke off a download leaves the live server's thread with an open connection.
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid()"
        )


def media_settings(folder: Path) -> dict[str, object]:
    """A media storage and work folders below a folder."""
    return {
        "WORK_FOLDER": folder / "work",
        "MEDIA_ENCRYPTION_KEY": "",  # plain, so that tests can look at files
        "UPLOAD_FOLDER": folder / "uploads",
        "STORAGES": {
            **settings.STORAGES,
            "default": {
                "BACKEND": "django.core.files.storage.FileSystemStorage",
                "OPTIONS": {"location": str(folder / "media")},
            },
        },
    }


@pytest.fixture(autouse=True)
def media(tmp_path: Path, settings: pytest.FixtureRequest) -> Path:
    """Every test has a media storage and a work folder of its own."""
    for name, value in media_settings(tmp_path).items():
        setattr(settings, name, value)
    return tmp_path / "media"


@pytest.fixture
def encrypted(media: Path, settings: pytest.FixtureRequest) -> str:
    """Media are encrypted in this test, by the key that is returned."""
    key = new_key()
    settings.MEDIA_ENCRYPTION_KEY = key  # type: ignore[attr-defined]
    return key


@pytest.fixture
def sign_in(db: None) -> Callable[[User | Role], Client]:
    """`sign_in(user)` or `sign_in(Role.RATER)`: a client of that user."""

    def make(who: User | Role) -> Client:
        user = who if isinstance(who, User) else UserFactory(role=who)
        client = Client()
        assert client.login(username=user.username, password=PASSWORD)
        client.user = user  # type: ignore[attr-defined]
        return client

    return make


@pytest.fixture
def chromium(monkeypatch: pytest.MonkeyPatch) -> Iterator[object]:
    """Debian's Chromium, headless (`make test` sees to it that it is there; CHROMIUM names another)."""
    from playwright.sync_api import sync_playwright

    program = os.environ.get("CHROMIUM") or shutil.which("chromium")
    assert program, "Chromium was not found: install the package chromium, or name a program in CHROMIUM"
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # playwright runs a loop; the ORM is used outside of it
    arguments = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic"]
    if os.geteuid() == 0:
        arguments.append("--no-sandbox")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=arguments)
        yield browser
        browser.close()


@pytest.fixture
def listener() -> Iterator[tuple[int, list]]:
    """A server on this machine that counts connections: its port, and the calls."""
    server = socket.create_server(("127.0.0.1", 0))
    server.settimeout(0.05)
    calls, stop = [], threading.Event()

    def accept() -> None:
        while not stop.is_set():
            try:
                connection, _ = server.accept()
            except TimeoutError:
                continue
            calls.append(connection)
            connection.close()

    thread = threading.Thread(target=accept)
    thread.start()
    yield server.getsockname()[1], calls
    stop.set()
    thread.join()
    server.close()
