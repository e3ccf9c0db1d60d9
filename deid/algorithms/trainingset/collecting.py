"""Faces of pictures and videos, with the reasons for those that are left out."""

from collections import Counter
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deid.algorithms.facemodel.opencv import cv2
from deid.algorithms.trainingset.faces import CLOSED, Face, Unusable, aligned, check_pose, check_sharp
from deid.algorithms.trainingset.synthesis import variants
from faces import dlib_backend
from faces.mesh import FaceMesh, eye_aspect_ratio, mesh_to_68
from videoio.errors import MediaError
from videoio.frames import RGB, Frame
from videoio.read import read_frames

Floats = NDArray[np.float64]

DESCRIBED = 3  # pictures of a video
OPEN_SHARE = 75  # percentile of a clip's eye aspect ratios that stands for its open eyes


@dataclass(frozen=True, slots=True)
class Wish:
    """`side` pixels of the crops; `made` faces synthesised of each portrait; every `every`-th frame of a video, and
    all with closed eyes."""

    side: int
    made: int
    every: int
    seed: int


@dataclass(slots=True)
class Collected:
    """Faces of one file, dlib's descriptors (k, 128) of some of them, and how many were left out, by reason."""

    faces: list[Face] = field(default_factory=list)
    descriptors: list[Floats] = field(default_factory=list)
    left_out: Counter[str] = field(default_factory=Counter)


def of_picture(path: Path, wish: Wish, tracker: FaceMesh, rng: np.random.Generator) -> Collected:
    """The face of a portrait, and what is made of it."""
    found = Collected()
    try:
        rgb = _read(path)
        mesh = _single(rgb, tracker)
        check_pose(mesh, wish.side)
        face = aligned(Frame.from_rgb(0, rgb, 0, Fraction(1)), mesh, wish.side)
        check_sharp(face.picture)
    except Unusable as reason:
        found.left_out[str(reason)] += 1
        return found
    found.descriptors.append(dlib_backend.descriptor_at(rgb, mesh_to_68(mesh[None])[0]))
    found.faces = [face, *(variants(rgb, mesh, wish.side, wish.made, rng) if wish.made else ())]
    return found


def of_video(path: Path, wish: Wish) -> Collected:
    """Every so many frames of a video, and those with closed eyes, found by the eye aspect ratio."""
    found = Collected()
    try:
        chosen = _chosen(_followed(path), wish, found.left_out)
        described = list(chosen)[:: max(1, -(-len(chosen) // DESCRIBED))]
        for frame in read_frames(path):
            if frame.index in chosen:
                _take(frame, *chosen[frame.index], wish.side, frame.index in described, found)
    except MediaError as error:
        found.left_out[f"the video cannot be read: {error}"] += 1
    return found


def _take(frame: Frame, mesh: Floats, closed: bool, side: int, described: bool, found: Collected) -> None:
    face = aligned(frame, mesh, side)
    try:
        check_sharp(face.picture)
    except Unusable as reason:
        found.left_out[str(reason)] += 1
        return
    found.faces.append(replace(face, closed=closed))
    if described:
        found.descriptors.append(dlib_backend.descriptor_at(frame.rgb, mesh_to_68(mesh[None])[0]))


def _followed(path: Path) -> list[Floats | None]:
    with FaceMesh() as tracker:
        return [tracker.landmarks(frame.rgb) for frame in read_frames(path)]


def _chosen(meshes: list[Floats | None], wish: Wish, left_out: Counter[str]) -> dict[int, tuple[Floats, bool]]:
    """Meshes of the frames to take by index, with whether the eyes are closed."""
    seen = {index: mesh for index, mesh in enumerate(meshes) if mesh is not None}
    if not seen:
        left_out["no face was found"] += 1
        return {}
    ears = {index: float(np.mean(eye_aspect_ratio(mesh))) for index, mesh in seen.items()}
    threshold = CLOSED * float(np.percentile(list(ears.values()), OPEN_SHARE))
    chosen = {}
    for number, (index, mesh) in enumerate(seen.items()):
        closed = ears[index] < threshold
        if number % wish.every and not closed:
            continue
        try:
            check_pose(mesh, wish.side)
        except Unusable as reason:
            left_out[str(reason)] += 1
        else:
            chosen[index] = (mesh, closed)
    return chosen


def _read(path: Path) -> RGB:
    picture = cv2.imread(str(path))
    if picture is None:
        raise Unusable("it cannot be read as a picture")
    return np.ascontiguousarray(picture[:, :, ::-1])


def _single(rgb: RGB, tracker: FaceMesh) -> Floats:
    found = tracker.all_landmarks(rgb)
    if len(found) != 1:
        raise Unusable("no face was found" if not found else "several faces were found")
    return found[0]
