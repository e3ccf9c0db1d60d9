"""Writing a folder of donors: pictures, index, arrays, datasheet and attribution."""

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deid.algorithms.donors import ARRAYS, INDEX
from deid.algorithms.facemodel import choose, datasheet
from deid.algorithms.facemodel.choose import Identity
from deid.algorithms.facemodel.model import FaceModel

OWN_FILES = (INDEX, ARRAYS, "DATASHEET.md", "ATTRIBUTION.md")


class NotEmpty(ValueError):
    """The folder to write into holds something."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """How a set came about. `contributors` usable portraits; `bound` the least distance to a contributor;
    `spread` of the weights, 1 for people's own variance; `looked_at` draws that a person found natural, of which these
    were chosen."""

    kind: str
    seed: int
    contributors: int
    refused: dict[str, str]
    bound: float
    avoided: int
    spread: float = 1.0
    looked_at: int = 0


def check_free(folder: Path, *, force: bool) -> None:
    """Refuse a folder that holds something, unless it is to be replaced.

    Raises
    ------
    NotEmpty : the message says what to do
    """
    if folder.exists() and not folder.is_dir():
        raise NotEmpty(f"{folder} is a file: name a folder.")
    if folder.exists() and any(folder.iterdir()) and not force:
        raise NotEmpty(f"the folder {folder} is not empty: name another, or give --force to replace its donors.")


def write(folder: Path, identities: Sequence[Identity], model: FaceModel, made: Provenance) -> None:
    """Write a set of identities; files of an earlier set are removed, others are left alone."""
    folder.mkdir(parents=True, exist_ok=True)
    _remove_earlier(folder)
    apart = choose.nearest_others(identities)
    entries = [
        _entry(f"{made.kind}-{n:02d}", each, model, float(other))
        for n, (each, other) in enumerate(zip(identities, apart, strict=True), start=1)
    ]
    for entry, each in zip(entries, identities, strict=True):
        (folder / entry["file"]).write_bytes(each.jpeg)
    sheet = datasheet.facts(identities, model, made)
    index = {"donors": entries, "datasheet": sheet}
    (folder / INDEX).write_text(json.dumps(index, indent=1) + "\n", encoding="utf-8")
    arrays = {
        "mesh": np.array([each.mesh for each in identities]).astype(np.float32),
        "descriptor": np.array([each.descriptor for each in identities]).astype(np.float32),
    }
    (folder / ARRAYS).write_bytes(archive(arrays))
    (folder / "DATASHEET.md").write_text(datasheet.page(sheet, entries), encoding="utf-8")
    (folder / "ATTRIBUTION.md").write_text(datasheet.ATTRIBUTION, encoding="utf-8")


def _remove_earlier(folder: Path) -> None:
    try:
        entries = json.loads((folder / INDEX).read_text(encoding="utf-8"))["donors"]
        names = [Path(entry["file"]).name for entry in entries]
    except (OSError, ValueError, KeyError, TypeError):
        names = []
    for name in (*names, *OWN_FILES):
        (folder / name).unlink(missing_ok=True)


def _entry(name: str, identity: Identity, model: FaceModel, other: float) -> dict[str, Any]:
    recipe = identity.recipe
    kin = model.kin(next(group for group in model.groups if group.name == recipe.group))
    return {
        "name": name, "file": f"{name}.jpg", "sex": identity.sex, "age": recipe.age, "skin": list(identity.skin),
        "group": recipe.group, "draw": identity.draw, "nearest_contributor": round(identity.nearest, 4),
        "nearest_other": round(other, 4) if np.isfinite(other) else None,
        "others": round(recipe.others, 4),
        "weights": {model.keys[m]: round(float(w), 4) for m, w in zip(kin, recipe.weights, strict=True)},
        "head_from": model.keys[recipe.lender],
    }  # fmt: skip


def archive(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """An .npz of the same bytes for the same arrays: numpy's own writer stamps the time."""
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, array in arrays.items():
            data = io.BytesIO()
            np.lib.format.write_array(data, array)
            packed.writestr(zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0)), data.getvalue())
    return target.getvalue()
