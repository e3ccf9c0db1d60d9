"""Is this process alive, and can it do its work? Both answers tell strangers nothing but that."""

from collections.abc import Callable

from django.contrib.auth.decorators import login_not_required
from django.contrib.staticfiles.storage import staticfiles_storage
from django.core.files.storage import default_storage
from django.db import DatabaseError, OperationalError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_GET
from kombu.exceptions import KombuError
from kombu.exceptions import OperationalError as BrokerError

from config.celery import app, make_queue_folders

OK = "ok"


@login_not_required
@require_GET
def healthz(request: HttpRequest) -> JsonResponse:
    """Alive: the process answers and reaches its database."""
    told = _database()
    return JsonResponse({"database": told}, status=200 if told == OK else 503)


@login_not_required
@require_GET
def readyz(request: HttpRequest) -> JsonResponse:
    """Ready: everything that a request may need is there, and the schema is that of this version."""
    checks: dict[str, Callable[[], str]] = {
        "database": _database, "migrations": migrations, "static": _static, "broker": _broker, "storage": _storage
    }  # fmt: skip
    told = {name: check() for name, check in checks.items()}
    return JsonResponse(told, status=200 if set(told.values()) == {OK} else 503)


def _database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except OperationalError:
        return "does not answer"
    return OK


def migrations() -> str:
    """A schema that is ahead is fine: during an upgrade the old version works on."""
    try:
        executor = MigrationExecutor(connection)
        waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return "cannot be read"
    return f"{len(waiting)} not applied: run manage.py migrate" if waiting else OK


def _static() -> str:
    """Without them no page can be shown, not even one that says so."""
    try:
        staticfiles_storage.url("semblance/semblance.css")
    except (ValueError, OSError):
        return "not collected: run manage.py collectstatic, then start again"
    return OK


def _broker() -> str:
    try:
        make_queue_folders()
        with app.connection_for_write() as broker:
            broker.ensure_connection(max_retries=1, interval_start=0.1, timeout=2)
    except (KombuError, BrokerError, OSError):
        return "does not answer"
    return OK


def _storage() -> str:
    """Nothing is written: a name that is not there must be answered as not there."""
    try:
        default_storage.exists("readyz")
    except Exception:  # every storage has errors of its own
        return "does not answer"
    return OK
