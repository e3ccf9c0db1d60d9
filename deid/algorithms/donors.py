"""Donors: faces of nobody that methods put in the patient's place. The format of a folder of donors, and reading it."""

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import cv2
import numpy as np
from numpy.typing import NDArray

from deid.algorithms.errors import BadParameters, EngineError

SHIPPED = Path(__file__).resolve().parents[1] / "donors"
INDEX, ARRAYS = "donors.json", "donors.npz"


class BadDonors(ValueError):
    """A folder of donors cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Donor:
    """A frontal, neutral face with bare forehead.

    `picture` (h, w, 3) uint8 RGB; `mesh` (478, 3) points in its pixels; `descriptor` (128,) of dlib;
    `skin` CIE L*a*b* of the cheeks.
    """

    name: str
    sex: Literal["f", "m"]
    age: float
    skin: tuple[float, float, float]
    picture: NDArray[np.uint8]
    mesh: NDArray[np.float64]
    descriptor: NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class DonorFolder:
    """An index `donors.json` ({"donors": [{"name", "file", "sex", "age", "skin", ...}], ...}) beside the pictures, and
    `donors.npz` with `mesh` (n, 478, 3) and `descriptor` (n, 128) in the order of the index."""

    path: Path
    entries: tuple[dict[str, Any], ...]
    mesh: NDArray[np.float64]
    descriptor: NDArray[np.float64]
    own: tuple[Donor, ...] = ()  # worn when they are named, never chosen

    @classmethod
    def open(cls, path: Path = SHIPPED) -> "DonorFolder":
        """Read the index.

        Raises
        ------
        BadDonors : files are missing or do not belong together
        """
        try:
            entries = tuple(json.loads((path / INDEX).read_text())["donors"])
            with np.load(path / ARRAYS) as arrays:
                mesh, descriptor = arrays["mesh"].astype(np.float64), arrays["descriptor"].astype(np.float64)
        except (OSError, KeyError, ValueError) as error:
            raise BadDonors(
                f"{path} is no folder of donors ({error}): build one with manage.py build_donors."
            ) from error
        if not len(entries) == len(mesh) == len(descriptor):
            raise BadDonors(f"{path} lists {len(entries)} donors and holds {len(mesh)} meshes: build it anew.")
        return cls(path, entries, mesh, descriptor)

    @property
    def names(self) -> list[str]:
        return [entry["name"] for entry in self.entries]

    def with_own(self, donor: Donor) -> "DonorFolder":
        """The folder with one more donor that may be named."""
        return replace(self, own=(*self.own, donor))

    def check(self, name: str) -> None:
        """Raises BadDonors when there is no such donor."""
        if name not in self.names and name not in [donor.name for donor in self.own]:
            raise BadDonors(f"there is no donor {name!r}; use one of: {', '.join(self.names)}.")

    def load(self, name: str) -> Donor:
        """One donor with its picture.

        Raises
        ------
        BadDonors : the folder has no such donor, or its picture cannot be read
        """
        self.check(name)
        for donor in self.own:
            if donor.name == name:
                return donor
        number = self.names.index(name)
        entry = self.entries[number]
        picture = cv2.imread(str(self.path / entry["file"]))
        if picture is None:
            raise BadDonors(f"the picture {entry['file']} of donor {name!r} cannot be read: build the folder anew.")
        return Donor(
            name, entry["sex"], float(entry["age"]), tuple(entry["skin"]),
            np.ascontiguousarray(picture[:, :, ::-1]), self.mesh[number], self.descriptor[number],
        )  # fmt: skip


def folder_for(name: str | None, given: DonorFolder | None) -> DonorFolder:
    """The donors a method chooses from: those it was given, else the shipped ones; `name` is one of them or None.

    Raises
    ------
    EngineError : none are installed
    BadParameters : there is no such donor
    """
    try:
        folder = given or DonorFolder.open()
    except BadDonors as error:
        raise EngineError(str(error)) from error
    if name is not None:
        try:
            folder.check(name)
        except BadDonors as error:
            raise BadParameters(str(error)) from error
    return folder
