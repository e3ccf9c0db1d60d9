"""What is known of weights: the entries shipped with the product, and those that a deployment adds or completes."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any, Literal, get_args

from modelstore.errors import BadWeights, UnknownWeights

SHIPPED = Path(__file__).with_name("manifest.json")
LOCAL = "manifest.json"  # in the store's folder: entries that were added, hashes that were recorded
Use = Literal["research", "commercial"]
USES: tuple[Use, ...] = get_args(Use)
KINDS = (".onnx", ".safetensors", ".pt", ".pth")  # the last two are read without their code
_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,59}")
_FILE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,99}")
_SHA256 = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Entry:
    """Weights of one network.

    `file` is its plain name in the store; `sha256` None where nobody has recorded it yet; `size` bytes; `uses` what the
    licence allows; `url` where an operator may fetch it, `member` its name where that is a ZIP archive; `evaluation`
    how it was found to do where it was trained here, with what it has seen.
    """

    name: str
    task: str
    file: str
    sha256: str | None
    size: int | None
    licence: str
    uses: tuple[Use, ...]
    training_data: str
    sources: tuple[str, ...] = ()
    url: str | None = None
    member: str | None = None
    evaluation: str = ""

    def __post_init__(self) -> None:
        if not _NAME.fullmatch(self.name):
            raise BadWeights(f"a name of weights has a-z, 0-9, '_', '.' and '-', was {self.name!r}.")
        if not _FILE.fullmatch(self.file) or Path(self.file).suffix not in KINDS:
            raise BadWeights(f"{self.name}: the file must be a plain name ending in {', '.join(KINDS)}: {self.file!r}.")
        if self.sha256 is not None and not _SHA256.fullmatch(self.sha256):
            raise BadWeights(f"{self.name}: a SHA-256 has 64 hexadecimal digits, was {self.sha256!r}.")
        if not self.licence or not set(self.uses) <= set(USES):
            raise BadWeights(f"{self.name}: name its licence, and uses among {', '.join(USES)}: {self.uses!r}.")

    def allows(self, use: Use) -> bool:
        return use in self.uses

    def to_dict(self) -> dict[str, Any]:
        """Plain lists and strings; without an evaluation as versions read it that know of none."""
        told = {**asdict(self), "uses": list(self.uses), "sources": list(self.sources)}
        return told if self.evaluation else {key: value for key, value in told.items() if key != "evaluation"}

    @classmethod
    def from_dict(cls, told: Mapping[str, Any]) -> "Entry":
        """The inverse of `to_dict`; BadWeights where a field is missing, unknown or wrong."""
        if odd := set(told) - {each.name for each in fields(cls)}:
            raise BadWeights(f"an entry of the manifest has fields nobody knows: {', '.join(sorted(odd))}.")
        try:
            return cls(**{**told, "uses": tuple(told["uses"]), "sources": tuple(told.get("sources", ()))})
        except (KeyError, TypeError) as error:
            raise BadWeights(
                f"the entry {told.get('name', '?')!r} of the manifest is not complete: {error}."
            ) from error


@dataclass(frozen=True, slots=True)
class Manifest:
    """All entries, by name."""

    entries: Mapping[str, Entry]

    @classmethod
    def of(cls, folder: Path, shipped: Path = SHIPPED) -> "Manifest":
        """The shipped entries, with those of a store's folder.

        An entry that is shipped with a hash counts as it is, whatever stands in the folder.
        """
        local = {entry.name: entry for entry in read(folder / LOCAL)}
        known = {entry.name: entry if entry.sha256 else local.get(entry.name, entry) for entry in _once(shipped)}
        return cls({**known, **{name: entry for name, entry in local.items() if name not in known}})

    def entry(self, name: str) -> Entry:
        """
        Raises
        ------
        UnknownWeights : no entry has the name
        """
        if name not in self.entries:
            raise UnknownWeights(f"there are no weights {name!r}; known: {', '.join(self.entries)}.")
        return self.entries[name]


@cache
def _once(shipped: Path) -> tuple[Entry, ...]:
    return read(shipped)


def read(path: Path) -> tuple[Entry, ...]:
    """The entries of a manifest; none where there is no file.

    Raises
    ------
    BadWeights : it is no manifest
    """
    try:
        told = json.loads(path.read_text(encoding="utf-8"))["weights"]
        return tuple(Entry.from_dict(each) for each in told)
    except FileNotFoundError:
        return ()
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadWeights(f"{path} is no manifest of weights ({error}): mend it, or put a copy of it back.") from error


def write(path: Path, entries: Iterable[Entry]) -> None:
    """Replace a manifest; a reader sees the old or the new one, never half of it."""
    draft = path.with_name(f".{path.name}.draft")
    told = {"weights": [entry.to_dict() for entry in entries]}
    draft.write_text(json.dumps(told, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    draft.replace(path)
