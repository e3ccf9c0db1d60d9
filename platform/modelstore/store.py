"""A folder of weights and what may be done with them here. Nothing is ever downloaded by this package."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Literal

from modelstore.errors import BadWeights, LicenceForbids, MissingWeights, UnknownWeights
from modelstore.hashing import sha256
from modelstore.manifest import SHIPPED, Entry, Manifest, Use

Device = Literal["auto", "cpu", "cuda"]


class State(StrEnum):
    """What the store can say of weights without reading them."""

    READY = "ready"  # the file is there, as long as it should be, and may be used
    MISSING = "missing"
    UNRECORDED = "unrecorded"  # a file is there, but no hash to check it by
    DAMAGED = "damaged"  # its length is wrong already
    FORBIDDEN = "forbidden"  # the licence does not allow this deployment's use


@dataclass(frozen=True, slots=True)
class Store:
    """`folder` holds the files; `use` is what this deployment is for; `device` where networks run; `shipped` the file
    of entries that nobody here may change; `instead` (asked for, given) names of weights that stand in for others."""

    folder: Path
    use: Use = "research"
    device: Device = "auto"
    shipped: Path = SHIPPED
    instead: tuple[tuple[str, str], ...] = ()

    @property
    def manifest(self) -> Manifest:
        return Manifest.of(self.folder, self.shipped)

    def entry(self, name: str) -> Entry:
        return self.manifest.entry(self._given(name))

    def _given(self, name: str) -> str:
        return dict(self.instead).get(name, name)

    def file(self, entry: Entry) -> Path:
        """Where the file lies, or would."""
        return self.folder / entry.file

    def state(self, entry: Entry) -> State:
        """Cheap enough for a page: the file is looked at, not read."""
        file = self.file(entry)
        if not entry.allows(self.use):
            return State.FORBIDDEN
        if not file.is_file():
            return State.MISSING
        if entry.sha256 is None:
            return State.UNRECORDED
        return State.READY if entry.size in (None, file.stat().st_size) else State.DAMAGED

    def has(self, name: str) -> bool:
        """Whether a file of the name is known, there, and may be used; it is looked at, not read."""
        known = self.manifest.entries.get(self._given(name))
        return known is not None and self.state(known) is State.READY

    def why_not(self, names: Iterable[str]) -> list[str]:
        """Why weights cannot be used, in sentences with what to do; none where all seem ready."""
        manifest = self.manifest
        try:
            entries = [manifest.entry(self._given(name)) for name in names]
        except UnknownWeights as unknown:  # a deployment's own manifest may leave out what it does not want
            return [str(unknown)]
        gone = [each.name for each in entries if each.url and self.state(each) is State.MISSING]
        rest = [self._refusal(each) for each in entries if each.name not in gone]
        told = [
            str(MissingWeights(f"the model store lacks {', '.join(gone)}: manage.py models fetch {' '.join(gone)}."))
        ]
        return [*(told if gone else []), *(str(refusal) for refusal in rest if refusal is not None)]

    def path(self, name: str) -> Path:
        """A file that may be loaded: it is there, its licence allows it, its hash is the recorded one.

        Raises
        ------
        UnknownWeights, LicenceForbids, MissingWeights : as their names say
        BadWeights : it is not the file that the manifest means
        """
        entry = self.entry(name)
        if (refusal := self._refusal(entry)) is not None:
            raise refusal
        file = self.file(entry)
        if (found := sha256(file)) != entry.sha256:
            raise BadWeights(
                f"{file.name} of the model store is not the file that the manifest means: its SHA-256 is {found}, "
                f"expected {entry.sha256}. Nothing of it was loaded: put the right one there with "
                f"manage.py models add {name} FILE."
            )
        return file

    def _refusal(self, entry: Entry) -> BadWeights | None:
        name, file = entry.name, self.file(entry)
        match self.state(entry):
            case State.READY:
                return None
            case State.FORBIDDEN:
                return LicenceForbids(
                    f"the licence of {name} ({entry.licence}) does not allow {self.use} use, which MODEL_USE names for "
                    "this deployment: use another method."
                )
            case State.MISSING:
                do = f"fetch {name}" if entry.url else f"add {name} FILE"
                return MissingWeights(f"{name} ({entry.task}) is not in the model store: manage.py models {do}.")
            case State.UNRECORDED:
                return MissingWeights(
                    f"{entry.file} lies in the model store, but nobody has recorded its hash: vouch for it with "
                    f"manage.py models add {name}."
                )
            case _:
                return BadWeights(
                    f"{entry.file} of the model store has {file.stat().st_size} bytes, expected {entry.size}; it was "
                    f"cut off or is another file: put the right one there with manage.py models add {name} FILE."
                )
