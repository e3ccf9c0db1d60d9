"""What a backup says of itself: its last file to be written, without which it is none."""

import hashlib
import json
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

FORMAT = 1
MANIFEST = "manifest.json"


class BadBackup(Exception):
    """A backup that cannot be used, or a host that it cannot be restored to; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class TableEntry:
    schema: str
    name: str
    columns: list[str]
    rows: int
    sha256: str

    @property
    def path(self) -> str:
        return f"database/{self.schema}.{self.name}.copy"


@dataclass(frozen=True, slots=True)
class SequenceEntry:
    schema: str
    name: str
    value: int
    called: bool


@dataclass(frozen=True, slots=True)
class MediaEntry:
    name: str
    n_bytes: int
    sha256: str

    @property
    def path(self) -> str:
        return f"media/{self.name}"


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Where the chain of the log stood, and what was wrong with it then (nothing, as it should be)."""

    rows: int
    head: str
    fault: str


@dataclass
class Manifest:
    """Everything a restored site is compared with."""

    made_at: str
    version: str
    migrations: list[tuple[str, str]]
    masters: list[str]  # fingerprints of the master keys that the files' keys are wrapped by
    audit: AuditEntry
    tables: list[TableEntry] = field(default_factory=list)
    sequences: list[SequenceEntry] = field(default_factory=list)
    media: list[MediaEntry] = field(default_factory=list)
    absent: list[str] = field(default_factory=list)  # named by rows, but not in the storage
    emptied: list[str] = field(default_factory=list)  # tables whose rows are left out on purpose
    format: int = FORMAT

    def write(self, folder: Path) -> str:
        """Returns the SHA-256 of the written file: kept elsewhere, it tells a backup that was changed."""
        text = json.dumps(asdict(self), indent=1) + "\n"
        (folder / MANIFEST).write_text(text)
        return hashlib.sha256(text.encode()).hexdigest()


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a backup.

    Raises
    ------
    BadBackup : there is none, or it is of another format
    """
    try:
        raw: dict[str, Any] = json.loads((folder / MANIFEST).read_text())
    except FileNotFoundError:
        raise BadBackup(f"{folder} holds no {MANIFEST}: it is no backup, or one that was broken off") from None
    except (OSError, ValueError) as error:
        raise BadBackup(f"{folder / MANIFEST} cannot be read: {error}") from None
    if not isinstance(raw, dict) or raw.get("format") != FORMAT:
        given = raw.get("format") if isinstance(raw, dict) else type(raw).__name__
        raise BadBackup(f"{folder / MANIFEST} is of format {given}, this version reads format {FORMAT}")
    try:
        return Manifest(
            **{**raw, "migrations": [(app, name) for app, name in raw["migrations"]],
               "audit": AuditEntry(**raw["audit"]),
               "tables": [TableEntry(**entry) for entry in raw["tables"]],
               "sequences": [SequenceEntry(**entry) for entry in raw["sequences"]],
               "media": [MediaEntry(**entry) for entry in raw["media"]]}
        )  # fmt: skip
    except (KeyError, TypeError, ValueError) as error:
        raise BadBackup(f"{folder / MANIFEST} is not whole: {error}") from None


def sha256_of(folder: Path) -> str:
    return hashlib.sha256((folder / MANIFEST).read_bytes()).hexdigest()
