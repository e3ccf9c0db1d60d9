"""Putting a backup back on an empty host, and holding every row and every file against it afterwards."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from django.core.files import File
from django.core.files.storage import default_storage
from django.core.management import call_command
from django.db import connection, transaction
from django.db.migrations.executor import MigrationExecutor

import audit.services as audit
from audit.chain import verify
from audit.queries import whole_chain
from cohorts import keys, storage
from cohorts.models import StoredFile
from operations import tables
from operations.manifest import BadBackup, Manifest, MediaEntry, TableEntry, read_manifest, sha256_of

PIECE = 1 << 20
# A schema that was only migrated holds these rows and no others.
MADE_BY_MIGRATING = {
    ("public", "django_migrations"), ("public", "django_content_type"), ("public", "auth_permission"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Restored:
    """What was put back and compared."""

    manifest: Manifest
    n_rows: int
    n_bytes: int
    n_keys: int


def restore_backup(folder: Path, *, sha256: str = "") -> Restored:
    """Restore a backup on an empty host and verify it; nothing is touched before everything was found in order.

    `sha256` is that of the manifest, as it was told when the backup was made.

    Raises
    ------
    BadBackup : the backup is not whole, or this host is not empty, or lacks the master key
    """
    manifest = read_manifest(folder)
    if sha256 and sha256_of(folder) != sha256:
        raise BadBackup(f"the manifest has the SHA-256 {sha256_of(folder)}, not {sha256}: it is another or was changed")
    _check_files(manifest, folder)
    _check_keys(manifest)
    executor = MigrationExecutor(connection)
    _check_known(manifest, executor)
    _check_empty()
    _make_schema(manifest, executor)
    for entry in manifest.media:
        _put_back(entry, folder)
    n_rows = _put_rows_back(manifest, folder)
    n_keys = _verify_media(manifest)
    _verify_audit(manifest)
    audit.record(actor=None, verb="backup.restored", target=None, note=f"of {manifest.made_at}, {sha256_of(folder)}")
    return Restored(manifest, n_rows, sum(entry.n_bytes for entry in manifest.media), n_keys)


def _check_files(manifest: Manifest, folder: Path) -> None:
    entries: list[TableEntry | MediaEntry] = [*manifest.tables, *manifest.media]
    for entry in entries:
        path = folder / entry.path
        if not path.resolve().is_relative_to(folder.resolve()):
            raise BadBackup(f"the manifest names {entry.path}, outside of the backup")
        if not path.is_file():
            raise BadBackup(f"the backup is not whole: {entry.path} is missing")
        if storage.sha256_of_path(path) != entry.sha256:
            raise BadBackup(f"the backup is damaged: {entry.path} is not what was written")


def _check_keys(manifest: Manifest) -> None:
    if missing := sorted(set(manifest.masters) - keys.known_masters()):
        raise BadBackup(
            f"the media of this backup are sealed under the master key {', '.join(missing)}, which is not given: set "
            "it as MEDIA_ENCRYPTION_KEY (or MEDIA_ENCRYPTION_KEY_OLD). Without it nobody can open them"
        )


def _check_empty() -> None:
    full = [
        f"{table} ({n_rows} rows)"
        for table in tables.all_tables()
        if table.key not in MADE_BY_MIGRATING | tables.EMPTY_IN_BACKUPS and (n_rows := tables.count_rows(table))
    ]
    if full:
        raise BadBackup(f"the database is not empty: {', '.join(full[:5])}. Restore into a new database")
    if found := _first_media_file(""):
        raise BadBackup(f"the media storage is not empty: it holds {found}. Restore into a new one (STORAGE_URL)")


def _first_media_file(folder: str) -> str:
    try:
        folders, files = default_storage.listdir(folder)
    except FileNotFoundError:
        return ""
    if files:
        return f"{folder}/{files[0]}".lstrip("/")
    return next(filter(None, (_first_media_file(f"{folder}/{name}".lstrip("/")) for name in folders)), "")


def _check_known(manifest: Manifest, executor: MigrationExecutor) -> None:
    if unknown := sorted(set(manifest.migrations) - set(executor.loader.disk_migrations or ())):
        name = ".".join(unknown[0])
        raise BadBackup(f"the backup is of a newer version: this one does not know {name}. Update first")


def _make_schema(manifest: Manifest, executor: MigrationExecutor) -> None:
    """The schema as it was when the backup was made, made by the migrations themselves."""
    recorded = set(manifest.migrations)
    if ahead := sorted(set(executor.loader.applied_migrations) - recorded):
        name = ".".join(ahead[0])
        raise BadBackup(
            f"the database was migrated further ({name}) than the backup: restore into a new one, migrate afterwards"
        )
    executor.migrate(_last_of_each(recorded, executor))
    call_command("createcachetable")


def _last_of_each(recorded: set[tuple[str, str]], executor: MigrationExecutor) -> list[tuple[str, str]]:
    followed = {
        parent.key
        for node in recorded
        for parent in executor.loader.graph.node_map[node].parents
        if parent.key[0] == node[0]
    }
    return sorted(recorded - followed)


def _put_rows_back(manifest: Manifest, folder: Path) -> int:
    """All rows and counters in one transaction, then every row compared; returns how many."""
    entries = {(entry.schema, entry.name): entry for entry in manifest.tables}
    with transaction.atomic(durable=True):
        tables.fix_settings()
        present = tables.all_tables()
        chosen = tables.in_loading_order(present)
        chosen = [table for table in chosen if table.key not in tables.EMPTY_IN_BACKUPS]
        _check_same_tables(chosen, entries.values())
        tables.empty(present)
        for table in chosen:
            tables.set_triggers(table, on=False)
            with (folder / entries[table.key].path).open("rb") as source:
                tables.read_rows(table, source)
        for counter in manifest.sequences:
            tables.set_sequence(tables.Sequence(counter.schema, counter.name, counter.value, counter.called))
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in chosen:
            tables.set_triggers(table, on=True)
        return sum(_compare(table, entries[table.key], folder) for table in chosen)


def _check_same_tables(present: list[tables.Table], entries: Iterable[TableEntry]) -> None:
    here = {(str(table), tuple(sorted(table.columns))) for table in present}
    there = {(f"{entry.schema}.{entry.name}", tuple(sorted(entry.columns))) for entry in entries}
    if other := sorted(here ^ there):
        raise BadBackup(f"the migrations make another schema than the backup has: look at {other[0][0]}")


def _compare(table: tables.Table, entry: TableEntry, folder: Path) -> int:
    with (folder / entry.path).open("rb") as source:
        n_rows = tables.compare_rows(table, source)
    if n_rows != entry.rows:
        raise tables.RowsDiffer(f"{table} holds {n_rows} rows, the manifest says {entry.rows}")
    return n_rows


def _put_back(entry: MediaEntry, folder: Path) -> None:
    with (folder / entry.path).open("rb") as source:
        if default_storage.save(entry.name, File(source)) != entry.name:
            raise BadBackup(f"the media storage holds {entry.name} already")


def _verify_media(manifest: Manifest) -> int:
    """Every file read back and compared, every key opened; returns how many keys."""
    for entry in manifest.media:
        digest = hashlib.sha256()
        with default_storage.open(entry.name) as source:
            while piece := source.read(PIECE):
                digest.update(piece)
        if digest.hexdigest() != entry.sha256:
            raise BadBackup(f"{entry.name} was not stored as it was in the backup")
    there = {entry.name for entry in manifest.media}
    sealed = StoredFile.objects.filter(encrypted=True).exclude(wrapped_key=b"").values_list("name", flat=True)
    names = [name for name in sealed if name in there]
    for name in names:
        opened = storage.open_media(name)
        try:
            opened.read_at(0, 1)
        finally:
            opened.close()
    return len(names)


def _verify_audit(manifest: Manifest) -> None:
    verdict = verify(whole_chain())
    head = verdict.head.hash if verdict.head else ""
    if (verdict.n_rows, head, verdict.fault) != (manifest.audit.rows, manifest.audit.head, manifest.audit.fault):
        raise BadBackup(f"the audit log is not that of the backup: {verdict.fault or 'it has another head'}")
