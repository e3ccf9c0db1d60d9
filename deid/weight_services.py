"""Every change of the model store: added from a file or by a training, fetched by an operator's command. Each is an
audit event.

Where MODEL_STORE_URL names a bucket, what one machine added lies there too, and the others fetch it.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any

from django.db import transaction

import audit.services as audit
from accounts.models import User
from deid.weight_sources import adopt, download, from_shared, share
from deid.weights import model_store
from modelstore.errors import BadWeights, MissingWeights
from modelstore.keeping import keep
from modelstore.manifest import LOCAL, Entry, read
from modelstore.store import State, Store

WORDS = {"task": "task", "licence": "licence", "use": "uses"}  # of the command, and what they are in an entry


@transaction.atomic
def add_weights(*, name: str, file: Path | None = None, actor: User | None = None, **said: Any) -> Entry:
    """Put a file into the store, or vouch for the one that lies there.

    Parameters
    ----------
    said : `task`, `licence`, `uses`, `training_data`, `sources`: asked for where nobody knows the weights yet;
        `evaluation`, which is of one file and not kept for the next

    Raises
    ------
    BadWeights : it is not the file that the manifest means, or it cannot be told what it is
    """
    store = model_store()
    adopt(store)
    entry = _meant(store, name, file, {key: value for key, value in said.items() if value})
    source = file or store.file(entry)
    if not source.is_file():
        raise MissingWeights(f"there is no file {source}: name the one to add.")
    with source.open("rb") as content:
        kept = keep(store, entry, content)
    audit.record(actor=actor, verb="weights.added", target=None, note=f"{name} {kept.sha256}")
    share(store, kept)
    return kept


def _meant(store: Store, name: str, file: Path | None, said: dict[str, Any]) -> Entry:
    """The entry that a file is added for; its hash is None where this one is to be recorded."""
    known = store.manifest.entries.get(name)
    if known is None:
        lacking = [f"--{word}" for word, key in WORDS.items() if key not in said] + ([] if file else ["the file"])
        if file is None or lacking:
            raise BadWeights(f"nobody knows weights {name!r} yet: say what they are. Missing: {', '.join(lacking)}.")
        told = {"training_data": "not told", **said}
        return Entry(name=name, file=f"{name}{file.suffix}", sha256=None, size=None, **told)
    is_own = any(each.name == name for each in read(store.folder / LOCAL))
    if known.sha256 is not None and not is_own:
        if said:
            raise BadWeights(f"what {name} is stands in the manifest already: add the file without saying it again.")
        return known
    ending = Path(known.file).suffix if file is None else file.suffix
    told = {"evaluation": "", **said}
    return replace(known, sha256=None, size=None, file=f"{Path(known.file).stem}{ending}", **told)


@transaction.atomic
def fetch_weights(*, name: str, url: str = "", sha256: str = "") -> Entry:
    """Bring a file into the store: from the shared bucket, else from `url`, else from where the manifest says.

    Raises
    ------
    BadWeights : there is nowhere to fetch it from, no hash to check it by, or it is another file
    """
    store = model_store()
    adopt(store)
    entry = store.entry(name)
    if sha256 and entry.sha256 not in (None, sha256):
        raise BadWeights(f"the manifest expects the SHA-256 {entry.sha256} of {name}, not {sha256}.")
    entry = replace(entry, sha256=entry.sha256 or sha256 or None)
    if entry.sha256 is None:
        raise BadWeights(
            f"nobody has recorded the SHA-256 of {name}, so that a download could not be checked: give --sha256, or "
            f"look at the file yourself and use manage.py models add {name} FILE."
        )
    kept = (None if url else from_shared(store, entry)) or download(store, entry, url or entry.url)
    audit.record(actor=None, verb="weights.fetched", target=None, note=f"{name} {kept.sha256}")
    return kept


def missing_weights() -> list[str]:
    """Names of what could be fetched: known by hash, allowed here, and not there."""
    store = model_store()
    adopt(store)
    entries = store.manifest.entries.values()
    return [each.name for each in entries if each.sha256 and store.state(each) is State.MISSING]
