"""Portraits from a folder: which are usable, and why the others are not."""

import csv
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deid.algorithms.facemodel.model import FEWEST, Person, Sex, TooFewFaces
from deid.algorithms.facemodel.opencv import cv2
from deid.algorithms.facemodel.portrait import UnusablePortrait, check_neutral, single_mesh
from faces import dlib_backend
from faces.mesh import FaceMesh

SUFFIXES = (".jpg", ".jpeg", ".png")
COLUMNS = ("face_id", "face_age", "face_gender", "face_eth")
_DESCRIBED_AT = 675  # pixels a side at which a portrait's face is large enough for dlib, and quick


@dataclass(frozen=True, slots=True)
class Collection:
    """Usable people with their dlib `descriptors` (n, 128); `refused`: file name to reason."""

    people: tuple[Person, ...]
    descriptors: NDArray[np.float64]
    refused: dict[str, str]


def portrait_files(folder: Path) -> list[Path]:
    """The pictures of a folder by name.

    Raises
    ------
    TooFewFaces : there is no such folder, or nothing in it
    """
    if not folder.is_dir():
        raise TooFewFaces(f"there is no folder {folder}: name the folder that holds the portraits.")
    files = sorted(path for path in folder.iterdir() if path.suffix.lower() in SUFFIXES)
    if not files:
        raise TooFewFaces(f"{folder} holds no pictures ({', '.join(SUFFIXES)}): name the folder with the portraits.")
    return files


def read_info(path: Path) -> dict[str, dict[str, str]]:
    """What the list says of each face, by its identifier, the start of its file's name.

    Raises
    ------
    TooFewFaces : the list cannot be read or has other columns
    """
    try:
        with path.open(newline="", encoding="utf-8") as stream:
            rows = list(csv.DictReader(stream))
    except (OSError, UnicodeDecodeError) as error:
        raise TooFewFaces(f"the list {path} cannot be read: {error}.") from error
    if not rows or any(column not in rows[0] for column in COLUMNS):
        raise TooFewFaces(f"the list {path} needs rows with the columns {', '.join(COLUMNS)}.")
    return {row["face_id"]: row for row in rows}


def collect(folder: Path, info: dict[str, dict[str, str]]) -> Collection:
    """Read and measure all portraits of a folder.

    Raises
    ------
    TooFewFaces : fewer than FEWEST are usable; the message counts the reasons
    """
    people, descriptors, refused = [], [], {}
    files = portrait_files(folder)
    with FaceMesh(static=True, n_faces=2) as tracker:
        for path in files:
            try:
                person, descriptor = _read(path, info, tracker)
            except UnusablePortrait as error:
                refused[path.name] = str(error)
            else:
                people.append(person)
                descriptors.append(descriptor)
    if len(people) < FEWEST:
        raise TooFewFaces(
            f"{folder} holds {len(files)} pictures with {len(people)} usable faces; at least {FEWEST} are needed. "
            + "; ".join(_reasons(refused))
        )
    return Collection(tuple(people), np.array(descriptors), refused)


def _read(path: Path, info: dict[str, dict[str, str]], tracker: FaceMesh) -> tuple[Person, NDArray[np.float64]]:
    key = path.stem.split("_")[0]
    row = info.get(key)
    if row is None or row["face_gender"][:1] not in ("f", "m"):
        raise UnusablePortrait("the list does not give its sex.")
    picture = cv2.imread(str(path))
    if picture is None:
        raise UnusablePortrait("it cannot be read as a picture.")
    rgb = np.ascontiguousarray(picture[:, :, ::-1])
    mesh = single_mesh(rgb, tracker)
    check_neutral(mesh)
    reduction = min(1.0, _DESCRIBED_AT / max(rgb.shape[:2]))
    size = (round(rgb.shape[1] * reduction), round(rgb.shape[0] * reduction))
    descriptor = dlib_backend.descriptor(cv2.resize(rgb, size, interpolation=cv2.INTER_AREA))
    if descriptor is None:
        raise UnusablePortrait("the second detector finds no face in it.")
    age = float(row["face_age"]) if row["face_age"] else None
    sex: Sex = "f" if row["face_gender"].startswith("f") else "m"
    return Person(key, sex, age, row["face_eth"].split("/")[0].replace("_", " "), rgb, mesh), descriptor


def _reasons(refused: dict[str, str]) -> Iterator[str]:
    """Each reason once, with how often and for which file."""
    for reason, number in Counter(refused.values()).most_common():
        first = next(name for name, why in refused.items() if why == reason)
        yield f"{number} unusable (as {first}): {reason.rstrip('.')}"
