"""Where files of weights come from: an address, an archive there, or the bucket that several machines share."""

import io
import json
import zipfile
from pathlib import Path
from typing import IO, cast

import requests
from django.core.files import File
from django.core.files.storage import InvalidStorageError, Storage, storages

from modelstore.errors import BadWeights, MissingWeights
from modelstore.keeping import PIECE, draft, keep, record
from modelstore.manifest import LOCAL, Entry, read
from modelstore.store import Store

TIMEOUT_S = 60
MOST_BYTES = 8 << 30


def download(store: Store, entry: Entry, url: str | None) -> Entry:
    """Fetch a file, from within its archive where the address gives one, and keep it.

    Raises
    ------
    BadWeights : there is no address, nothing comes from it, or it is another file than the manifest means
    """
    if not url:
        raise MissingWeights(
            f"no address is known for {entry.name}: give --url, or get the file ({'; '.join(entry.sources)}) and use "
            f"manage.py models add {entry.name} FILE."
        )
    with draft(store) as path:
        _read_into(path, url)
        with path.open("rb") as content:
            if not _is_archive(path, entry):
                return keep(store, entry, content)
        with zipfile.ZipFile(path) as archive:
            wanted = entry.member or entry.file
            if wanted not in archive.namelist():
                raise BadWeights(f"the archive holds no {wanted}: it has {', '.join(archive.namelist()[:10])}.")
            with archive.open(wanted) as member:
                return keep(store, entry, member)


def _is_archive(path: Path, entry: Entry) -> bool:
    """Checkpoints of torch are archives too, and are kept as they are."""
    return zipfile.is_zipfile(path) and (entry.member is not None or Path(entry.file).suffix == ".onnx")


def _read_into(path: Path, url: str) -> None:
    if not url.startswith(("https://", "http://")):
        raise BadWeights(f"{url} is no address to fetch from: use https://..., or add a file by its name.")
    size = 0
    try:
        with requests.get(url, stream=True, timeout=TIMEOUT_S) as answer, path.open("xb") as target:
            answer.raise_for_status()
            for piece in answer.iter_content(PIECE):
                size += len(piece)
                if size > MOST_BYTES:
                    raise BadWeights(f"{url} gives more than {MOST_BYTES} bytes: nothing was kept.")
                target.write(piece)
    except requests.RequestException as error:
        raise BadWeights(f"{url} cannot be fetched: {error}") from error


def shared_store() -> Storage | None:
    """The bucket that several machines share, where MODEL_STORE_URL names one."""
    try:
        return storages["models"]
    except InvalidStorageError:
        return None


def from_shared(store: Store, entry: Entry) -> Entry | None:
    """Keep the shared bucket's file; None where it has none."""
    shared = shared_store()
    if shared is None or not shared.exists(entry.file):
        return None
    with shared.open(entry.file) as content:
        return keep(store, entry, cast(IO[bytes], content))


def share(store: Store, entry: Entry) -> None:
    """Put what was added here where other machines fetch it from."""
    shared = shared_store()
    if shared is None:
        return
    with store.file(entry).open("rb") as content:
        _overwrite(shared, entry.file, File(content))
    told = json.dumps({"weights": [each.to_dict() for each in read(store.folder / LOCAL)]})
    _overwrite(shared, LOCAL, File(io.BytesIO(told.encode())))


def _overwrite(shared: Storage, name: str, content: File) -> None:
    if shared.exists(name):
        shared.delete(name)
    shared.save(name, content)


def adopt(store: Store) -> None:
    """Take over the entries that other machines recorded; those of this one stay."""
    shared = shared_store()
    if shared is None or not shared.exists(LOCAL):
        return
    with shared.open(LOCAL) as content:
        told = json.loads(content.read())["weights"]
    known = store.manifest.entries
    for entry in map(Entry.from_dict, told):
        if entry.name not in known or known[entry.name].sha256 is None:
            record(store, entry)
