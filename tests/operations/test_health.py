"""Liveness and readiness: what is missing is named, and nothing else."""

import pytest
from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.test import Client

from operations import health

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder_broker(monkeypatch):
    """The tests' broker lives in memory and always answers."""
    monkeypatch.setattr(health.app.conf, "broker_url", "memory://")


def test_a_site_that_has_everything_is_ready(client: Client):
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()) == (
        200, {"database": "ok", "migrations": "ok", "static": "ok", "broker": "ok", "storage": "ok"}
    )  # fmt: skip


def test_a_migration_that_waits_is_not_ready_but_alive(client: Client):
    MigrationRecorder(connection).record_unapplied("audit", "0002_chain")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["migrations"] == "1 not applied: run manage.py migrate"
    assert client.get("/healthz").status_code == 200


def test_a_schema_that_is_ahead_is_ready(client: Client):
    """The new version migrated; the old one answers until it is replaced."""
    MigrationRecorder(connection).record_applied("audit", "9999_of_the_next_version")
    assert client.get("/readyz").status_code == 200


def test_a_broker_that_does_not_answer_is_named(client: Client, monkeypatch, settings):
    from celery import Celery

    nowhere = Celery("nowhere", broker="amqp://guest:guest@127.0.0.1:1//", set_as_current=False)
    monkeypatch.setattr(health, "app", nowhere)
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["broker"]) == (503, "does not answer")
    assert "guest" not in answer.content.decode()


def test_a_storage_that_does_not_answer_is_named(client: Client, settings):
    settings.STORAGES = {
        **settings.STORAGES,
        "default": {
            "BACKEND": "storages.backends.s3.S3Storage",
            "OPTIONS": {"bucket_name": "x", "endpoint_url": "http://127.0.0.1:1", "access_key": "a", "secret_key": "b"},
        },
    }
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["storage"]) == (503, "does not answer")


def test_static_files_that_were_not_collected_are_named(client: Client, settings, tmp_path):
    settings.STATIC_ROOT = str(tmp_path)
    manifest = "whitenoise.storage.CompressedManifestStaticFilesStorage"
    settings.STORAGES = {**settings.STORAGES, "staticfiles": {"BACKEND": manifest}}
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["static"] == "not collected: run manage.py collectstatic, then start again"


def test_the_machine_may_ask_past_the_proxy_without_tls(client: Client, settings):
    settings.SECURE_SSL_REDIRECT = True
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code == 200
    assert client.get("/").status_code == 301
