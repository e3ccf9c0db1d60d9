"""Tracks of videos and descriptors of portraits, measured once and kept in a folder by content and models."""

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from analysis.algorithms.fidelity import packing
from analysis.algorithms.fidelity.descriptors import look_at
from analysis.algorithms.fidelity.errors import Unavailable
from analysis.algorithms.fidelity.tracks import FaceTracks, measure_tracks, model_hash
from faces.dlib_backend import landmarks68
from faces.protocol import FaceDescriber

Floats = NDArray[np.float64]

PICTURES = (".jpg", ".jpeg", ".png")
PORTRAIT_SIDE = 512  # pixels; larger portraits are scaled down


class Library:
    """What was measured before. Without a folder everything is measured anew and nothing is kept."""

    def __init__(
        self,
        folder: Path | None = None,
        tell: Callable[[str], None] = lambda text: None,
        describer: FaceDescriber | None = None,
    ) -> None:
        self._folder, self._tell, self._describer = folder, tell, describer
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)

    def tracks(self, path: Path) -> FaceTracks:
        """Tracks of a video; of its meshes the outline alone, which is all that metrics take.

        Raises
        ------
        MediaError : the video cannot be read
        """
        kept = self._place(sha256(path))
        if kept is not None and kept.exists():
            with kept.open("rb") as file:
                return packing.unpack(file, whole_mesh=False)
        self._tell(f"measuring {path.name}")
        data = packing.pack(measure_tracks(path, describer=self._describer))
        if kept is not None:
            _write(kept, data)
        # Packing rounds a little: what was kept and what is new must not differ by that.
        return packing.unpack(data, whole_mesh=False)

    def portraits(self, folder: Path, at_most: int | None = None) -> Mapping[str, Floats]:
        """Descriptors of the faces in a folder of pictures, by kind: (s, 128) each.

        Parameters
        ----------
        at_most : take this many, spread evenly over the names

        Raises
        ------
        Unavailable : no picture shows a face
        """
        files = sorted(path for path in folder.iterdir() if path.suffix.lower() in PICTURES)
        if at_most is not None and len(files) > at_most:
            files = [files[number] for number in np.linspace(0, len(files) - 1, at_most).round().astype(int)]
        names = hashlib.sha256("\n".join(f"{path.name} {path.stat().st_size}" for path in files).encode()).hexdigest()
        kept = self._place(f"portraits-{names[:16]}")
        if kept is not None and kept.exists():
            with np.load(kept, allow_pickle=False) as arrays:
                return {name: arrays[name] for name in arrays.files}
        self._tell(f"describing {len(files)} portraits")
        found = self._described(files, folder)
        if kept is not None:
            np.savez_compressed(kept, **found)
        return found

    def _place(self, name: str) -> Path | None:
        return None if self._folder is None else self._folder / f"{name}-{model_hash(describer=self._describer)}.npz"

    def _described(self, files: list[Path], folder: Path) -> dict[str, Floats]:
        rows = [row for path in files if (row := _portrait(path, self._describer)) is not None]
        if not rows:
            raise Unavailable(f"no strangers: dlib finds a face in none of {len(files)} pictures in {folder}.")
        return {name: np.stack([row[name] for row in rows]) for name in rows[0]}


def _portrait(path: Path, describer: FaceDescriber | None) -> dict[str, Floats] | None:
    picture = cv2.imread(str(path))
    if picture is None:
        return None
    scale = min(1.0, PORTRAIT_SIDE / max(picture.shape[:2]))
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    rgb = np.ascontiguousarray(small[:, :, ::-1]).astype(np.uint8, copy=False)
    points = landmarks68(rgb)
    return None if points is None else look_at(rgb, points, True, True, describer)


def sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all: another process may read the folder at the same time."""
    draft = path.with_suffix(".part")
    draft.write_bytes(data)
    draft.replace(path)
