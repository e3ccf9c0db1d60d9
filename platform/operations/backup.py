"""Making a backup: the rows of one moment, the media files that those rows name, and a manifest of both.

Files are copied as they lie in the storage: sealed ones stay sealed. Their keys are in the rows, wrapped by the master
key, which is in no backup.
"""

import hashlib
import os
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from django.apps import apps
from django.core.files.storage import default_storage
from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

import audit.services as audit
from audit.chain import verify
from audit.queries import whole_chain
from cohorts.models import StoredFile
from config.version import VERSION
from operations import tables
from operations.manifest import AuditEntry, BadBackup, Manifest, MediaEntry, SequenceEntry, TableEntry

PIECE = 1 << 20
BEING_WRITTEN = timedelta(hours=1)  # a row is there before its file: a younger one says nothing


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that was made. `lost` names files that should be in the storage and are not."""

    manifest: Manifest
    sha256: str
    lost: list[str]

    @property
    def n_bytes(self) -> int:
        return sum(entry.n_bytes for entry in self.manifest.media)


def make_backup(folder: Path) -> Made:
    """Write a backup into an empty or new folder that only this user reads. The site may run meanwhile.

    Raises
    ------
    BadBackup : the folder holds something already, or the database has no schema yet
    """
    if not MigrationRecorder(connection).applied_migrations():
        raise BadBackup("the database is empty: nothing was installed there, or it is not the one of the site")
    _take(folder)
    manifest, names = _write_rows(folder)
    for name in names:
        entry = _copy(name, folder)
        if entry is None:
            manifest.absent.append(name)
        else:
            manifest.media.append(entry)
    _sync(folder)
    sha256 = manifest.write(folder)
    audit.record(actor=None, verb="backup.made", target=None, note=f"manifest sha256 {sha256}")
    # A withdrawal in the meantime removes row and file; what still has its row has lost its file.
    old = timezone.now() - BEING_WRITTEN
    lost = StoredFile.objects.filter(name__in=manifest.absent, created_at__lt=old).order_by("name")
    return Made(manifest, sha256, list(lost.values_list("name", flat=True)))


def _take(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    if any(folder.iterdir()):
        raise BadBackup(f"{folder} is not empty: name a new folder for each backup")
    folder.chmod(0o700)
    for part in ("database", "media"):
        (folder / part).mkdir(mode=0o700)


def _write_rows(folder: Path) -> tuple[Manifest, list[str]]:
    """All rows of one moment; also the names of the files that they speak of."""
    with transaction.atomic(durable=True):
        with connection.cursor() as cursor:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        tables.fix_settings()
        verdict = verify(whole_chain())
        manifest = Manifest(
            made_at=timezone.now().isoformat(timespec="seconds"),
            version=VERSION,
            migrations=sorted(MigrationRecorder(connection).applied_migrations()),
            masters=sorted(StoredFile.objects.exclude(master="").values_list("master", flat=True).distinct()),
            audit=AuditEntry(verdict.n_rows, verdict.head.hash if verdict.head else "", verdict.fault),
            sequences=[SequenceEntry(s.schema, s.name, s.value, s.called) for s in tables.all_sequences()],
        )
        for table in tables.all_tables():
            if table.key in tables.EMPTY_IN_BACKUPS:
                manifest.emptied.append(str(table))
            else:
                manifest.tables.append(_write_table(table, folder))
        return manifest, _named_files()


def _write_table(table: tables.Table, folder: Path) -> TableEntry:
    path = folder / TableEntry(table.schema, table.name, [], 0, "").path
    with path.open("xb") as target:
        written = tables.write_rows(table, target)
    return TableEntry(table.schema, table.name, list(table.columns), written.rows, written.sha256)


def _named_files() -> list[str]:
    """Names of all files that rows speak of; those from before keys were kept have no `StoredFile`."""
    names = set(StoredFile.objects.values_list("name", flat=True))
    for model in apps.get_models():
        if any(field.name == "storage_name" for field in model._meta.concrete_fields):
            names.update(model._default_manager.exclude(storage_name="").values_list("storage_name", flat=True))
    return sorted(names)


def _copy(name: str, folder: Path) -> MediaEntry | None:
    """One file as it lies in the storage; None where it is not there."""
    target = folder / MediaEntry(name, 0, "").path
    try:
        source = default_storage.open(name)
    except FileNotFoundError:
        return None
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    digest, n_bytes = hashlib.sha256(), 0
    with source, target.open("xb") as copy:
        while piece := source.read(PIECE):
            copy.write(piece)
            digest.update(piece)
            n_bytes += len(piece)
    return MediaEntry(name, n_bytes, digest.hexdigest())


def _sync(folder: Path) -> None:
    """On the disk before the manifest says so."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            descriptor = os.open(path, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
