"""Writing a set: pictures as they come, the rest at the end, and the datasheet last."""

import errno
import json
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, cast

import numpy as np

from deid.algorithms.training.folder import FULL, full, replace_file
from deid.algorithms.training.sheets import sheet, write_sheet
from deid.algorithms.trainingset import datasheet
from deid.algorithms.trainingset.collecting import Wish
from deid.algorithms.trainingset.faces import Face
from deid.algorithms.trainingset.identities import Joined
from deid.algorithms.trainingset.reading import FACES, INDEX, PICTURES
from deid.algorithms.trainingset.sources import Source
from modelstore.hashing import sha256

SHEET, PAGE = "sheet.png", "datasheet.md"
SHOWN = 8  # faces of an identity on the sheet
ROWS = 40  # identities on it


@dataclass(frozen=True, slots=True)
class Origin:
    """What whoever builds a set says of it: `licences` of the sources, `blink_share` wanted among drawn faces."""

    licences: tuple[str, ...]
    blink_share: float


@dataclass(frozen=True, slots=True)
class _Told:
    """A face without its picture."""

    points: np.ndarray[Any, np.dtype[np.float64]]
    identity: str
    closed: bool
    made: bool


class Draft(AbstractContextManager["Draft"]):
    """A set that becomes one when it is finished; without that nothing is left."""

    def __init__(self, out: Path, side: int) -> None:
        self._out, self._side = out, side
        self.faces: list[_Told] = []
        self._into: Mapping[str, str] = {}

    def __enter__(self) -> "Draft":
        self._out.parent.mkdir(parents=True, exist_ok=True)
        self._folder = Path(tempfile.mkdtemp(prefix=f".{self._out.name}.", dir=self._out.parent))
        self._file = (self._folder / PICTURES).open("wb")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()
        shutil.rmtree(self._folder, ignore_errors=True)
        if isinstance(error, OSError) and error.errno in (errno.ENOSPC, *FULL):
            raise full(self._out / PICTURES, error) from error

    @property
    def n_identities(self) -> int:
        return len({face.identity for face in self.faces})

    @property
    def n_blinks(self) -> int:
        return sum(face.closed for face in self.faces)

    def add(self, face: Face, identity: str) -> None:
        self._file.write(face.picture.tobytes())
        self.faces.append(_Told(face.points, identity, face.closed, face.made))

    def join(self, into: Mapping[str, str]) -> None:
        """Names that count as others."""
        self.faces = [
            _Told(face.points, into.get(face.identity, face.identity), face.closed, face.made) for face in self.faces
        ]

    def finish(
        self, wish: Wish, origin: Origin, used: Sequence[Source], pairs: Sequence[Joined], left_out: dict[str, int]
    ) -> None:
        self._file.flush()
        names = sorted({face.identity for face in self.faces})
        self._write_faces(names)
        self._write_sheet(names)
        told = {
            "version": 1, "side": self._side, "n": len(self.faces), "blink_share": origin.blink_share,
            "licences": list(origin.licences), "identities": {name: self._counts(name) for name in names},
            "blinks": self.n_blinks, "made": sum(face.made for face in self.faces), "wish": asdict(wish),
            "joined": [asdict(pair) for pair in pairs], "left_out": left_out,
            "sources": {source.told: sha256(source.path) for source in used},
            "files": {name: sha256(self._folder / name) for name in (PICTURES, FACES, SHEET)},
            "libraries": datasheet.libraries(),
        }  # fmt: skip
        page = datasheet.page(told).encode()
        replace_file(self._folder / PAGE, lambda file: file.write(page))
        index = (json.dumps(told, indent=1, ensure_ascii=False) + "\n").encode()
        replace_file(self._folder / INDEX, lambda file: file.write(index))
        self._folder.chmod(0o755)
        self._folder.replace(self._out)  # an empty folder gives way

    def _write_faces(self, names: list[str]) -> None:
        columns: dict[str, Any] = {
            "points": np.array([face.points for face in self.faces], np.float32),
            "identity": np.array([names.index(face.identity) for face in self.faces], np.int64),
            "closed": np.array([face.closed for face in self.faces]),
            "made": np.array([face.made for face in self.faces]),
        }
        replace_file(self._folder / FACES, lambda file: np.savez(cast(Any, file), **columns))

    def _write_sheet(self, names: list[str]) -> None:
        """Some faces of some identities, blink frames last: whoever trains should have looked at them."""
        shape = (len(self.faces), self._side, self._side, 3)
        pictures = np.memmap(self._folder / PICTURES, np.uint8, "r", shape=shape)
        rows = []
        for name in names[:: max(1, -(-len(names) // ROWS))]:
            own = sorted((n for n, face in enumerate(self.faces) if face.identity == name), key=self._is_closed)
            chosen = [own[at] for at in np.linspace(0, len(own) - 1, SHOWN).astype(int)]
            rows.append(np.moveaxis(pictures[chosen], -1, 1).astype(np.float32) / 255)
        write_sheet(self._folder / SHEET, sheet(rows))

    def _is_closed(self, number: int) -> bool:
        return self.faces[number].closed

    def _counts(self, name: str) -> dict[str, int]:
        own = [face for face in self.faces if face.identity == name]
        return {
            "faces": len(own), "blinks": sum(face.closed for face in own), "made": sum(face.made for face in own)
        }  # fmt: skip
