"""Backup, wipe, restore: every row, file and key is what it was; anything else is refused before it does harm."""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.conf import settings as django_settings

import audit.services as audit
from accounts.models import Role
from cohorts import storage
from config.env import new_key
from operations import tables
from operations.backup import Made, make_backup
from operations.manifest import BadBackup, read_manifest
from operations.restore import restore_backup
from tests.databases import own_database, run_manage
from tests.factories import OriginalFactory, RecordingFactory, RenditionFactory, UserFactory
from tests.ratings.build import opened_study

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.e2e,
    pytest.mark.skipif(not django_settings.EMBEDDED_DATABASE, reason="makes a database beside the embedded one"),
]


@pytest.fixture
def world(encrypted: str, client) -> str:
    """Users, a live session, recordings with renditions and sealed files, a study with ratings' rows, a log."""
    opened_study(2)
    recording = RecordingFactory()
    RenditionFactory(recording=recording)
    OriginalFactory(recording=recording)
    user = UserFactory(role=Role.ADMINISTRATOR, username="tab\there\\nand “quotes”")
    client.force_login(user, backend=django_settings.AUTHENTICATION_BACKENDS[0])
    audit.record(actor=user, verb="test.done", target=recording, note="two\nlines\tand \\ a backslash")
    return encrypted


@pytest.fixture
def made(world: str, tmp_path: Path) -> Made:
    return make_backup(tmp_path / "backup")


@pytest.fixture
def host(world: str, tmp_path: Path) -> Iterator[dict[str, str]]:
    """An empty host with the keys of the former."""
    with own_database("restore") as env:
        folders = {name: str(tmp_path / "host" / name) for name in ("media", "var")}
        yield {**env, "MEDIA_ENCRYPTION_KEY": world, "STORAGE_URL": f"file://{folders['media']}",
               "SEMBLANCE_VAR": folders["var"]}  # fmt: skip


def refused(folder: Path, **given: str) -> str:
    """Why this host, which is in use, does not take the backup; it is left as it was."""
    before = [(str(table), tables.count_rows(table)) for table in tables.all_tables()]
    with pytest.raises(BadBackup) as error:
        restore_backup(folder, **given)
    assert [(str(table), tables.count_rows(table)) for table in tables.all_tables()] == before
    return str(error.value)


def test_a_restored_site_is_the_same_site(made: Made, host: dict[str, str], tmp_path: Path, media: Path):
    folder = tmp_path / "backup"
    done = run_manage(host, "restore", str(folder), "--sha256", made.sha256)
    assert done.returncode == 0, done.stderr
    assert f"{sum(t.rows for t in made.manifest.tables)} rows of {len(made.manifest.tables)} tables" in done.stdout
    before = {path.relative_to(media): path.read_bytes() for path in media.rglob("*") if path.is_file()}
    after_folder = tmp_path / "host" / "media"
    after = {path.relative_to(after_folder): path.read_bytes() for path in after_folder.rglob("*") if path.is_file()}
    assert before
    assert after == before
    # Everything else works on: the app role reads and adds rows, counters go on, triggers hold, the chain is unbroken.
    with psycopg.connect(host["DATABASE_URL"]) as app_role:
        names = app_role.execute("SELECT username FROM accounts_user ORDER BY id").fetchall()
        assert ("tab\there\\nand “quotes”",) in names
        assert app_role.execute("SELECT count(*) FROM django_session").fetchone() == (0,)
        app_role.execute(
            "INSERT INTO audit_event (at, verb, target_type, target_id, note) VALUES (now(), 'test.later', '', '', '')"
        )
        app_role.commit()
        for statement in ("DELETE FROM audit_event", "UPDATE audit_event SET note = ''"):
            with pytest.raises(psycopg.errors.RestrictViolation):
                app_role.execute(statement)
            app_role.rollback()
    n_events = made.manifest.audit.rows + 2  # "backup.restored" and "test.later"
    verified = run_manage(host, "verify_audit")
    assert f"{n_events} rows, unbroken" in verified.stdout, verified.stderr
    assert "No planned migration operations" in run_manage(host, "migrate", "--plan").stdout


def test_a_backup_holds_no_key_that_opens_and_no_session(made: Made, world: str, tmp_path: Path, media: Path):
    files = [path for path in (tmp_path / "backup").rglob("*") if path.is_file()]
    content = b"".join(path.read_bytes() for path in files)
    assert world.encode() not in content
    assert django_settings.SECRET_KEY.encode() not in content
    sealed = [path.read_bytes() for path in (tmp_path / "backup" / "media").rglob("*") if path.is_file()]
    assert sealed
    assert all(part.startswith(b"SMBLGCM1") for part in sealed)
    assert "public.django_session" in made.manifest.emptied
    assert not list((tmp_path / "backup" / "database").glob("*django_session*"))
    assert not any(path.stat().st_mode & 0o077 for path in (tmp_path / "backup").iterdir() if path.is_dir())


def test_a_backup_is_not_written_over_another(made: Made, tmp_path: Path):
    with pytest.raises(BadBackup, match="is not empty"):
        make_backup(tmp_path / "backup")


def test_an_empty_database_makes_no_backup_and_leaves_nothing(host: dict[str, str], tmp_path: Path):
    done = run_manage(host, "backup", str(tmp_path / "none"))
    assert done.returncode == 2
    assert "the database is empty" in done.stderr
    assert not (tmp_path / "none").exists()


def test_a_lost_file_is_told_and_a_file_being_written_is_not(world: str, tmp_path: Path):
    from django.utils import timezone

    from cohorts.models import StoredFile

    recording = RecordingFactory()
    gone = recording.storage_name
    storage.default_storage.delete(gone)
    assert make_backup(tmp_path / "young").lost == []
    StoredFile.objects.filter(name=gone).update(created_at=timezone.now() - timezone.timedelta(hours=2))
    assert make_backup(tmp_path / "old").lost == [gone]


def test_what_is_not_whole_or_was_changed_is_refused(made: Made, tmp_path: Path, settings):
    folder = tmp_path / "backup"
    users = folder / "database" / "public.accounts_user.copy"
    whole = users.read_bytes()
    users.write_bytes(whole.replace(b"administrator", b"rater"))
    assert "public.accounts_user.copy is not what was written" in refused(folder)
    users.unlink()
    assert "public.accounts_user.copy is missing" in refused(folder)
    users.write_bytes(whole)
    manifest = json.loads((folder / "manifest.json").read_text())
    for change, says in (
        ({"made_at": "2020-01-01"}, "it is another or was changed"),
        ({"format": 9}, "is of format 9, this version reads format 1"),
        ({"migrations": [*manifest["migrations"], ["audit", "9999_later"]]}, "does not know audit.9999_later"),
        ({"media": [{**manifest["media"][0], "name": "../../escaped"}]}, "outside of the backup"),
        ({"media": [{"name": "ab"}]}, "is not whole"),
    ):
        (folder / "manifest.json").write_text(json.dumps({**manifest, **change}))
        assert says in refused(folder, sha256=made.sha256 if "made_at" in change else "")
    (folder / "manifest.json").unlink()
    assert "it is no backup, or one that was broken off" in refused(folder)


def test_without_its_master_key_a_backup_is_refused(made: Made, tmp_path: Path, settings):
    settings.MEDIA_ENCRYPTION_KEY = new_key()
    assert f"master key {made.manifest.masters[0]}, which is not given" in refused(tmp_path / "backup")


def test_a_host_in_use_takes_no_backup(made: Made, tmp_path: Path):
    assert "the database is not empty: public." in refused(tmp_path / "backup")


def test_a_storage_in_use_takes_no_backup(made: Made, host: dict[str, str], tmp_path: Path):
    used = Path(host["STORAGE_URL"].removeprefix("file://")) / "ab"
    used.mkdir(parents=True)
    (used / "abcd").write_bytes(b"a face")
    done = run_manage(host, "restore", str(tmp_path / "backup"))
    assert done.returncode == 1
    assert "the media storage is not empty: it holds ab/abcd" in done.stderr
    assert [path.name for path in used.rglob("*")] == ["abcd"]


def test_rows_are_compared_one_by_one(made: Made, tmp_path: Path):
    """The comparison itself tells a row that is missing, too many, or another."""
    (table,) = [table for table in tables.all_tables() if table.name == "accounts_user"]
    entry = next(entry for entry in read_manifest(tmp_path / "backup").tables if entry.name == "accounts_user")
    path = tmp_path / "backup" / entry.path
    assert hashlib.sha256(path.read_bytes()).hexdigest() == entry.sha256

    def compare() -> int:
        from django.db import transaction

        with transaction.atomic(), path.open("rb") as source:
            tables.fix_settings()
            return tables.compare_rows(table, source)

    assert compare() == entry.rows
    extra = UserFactory(username="one more")
    with pytest.raises(tables.RowsDiffer, match="is not the row of the backup"):
        compare()
    extra.delete()
    assert compare() == entry.rows
    path.write_bytes(path.read_bytes() + b"9\tone more\n")
    with pytest.raises(tables.RowsDiffer, match=f"ends after {entry.rows} rows"):
        compare()
