"""What is measured once per video and used by every metric: landmarks, lids, descriptors, pose, colour of the skin."""

import hashlib
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from analysis.algorithms.fidelity.descriptors import VARIANTS, look_at
from analysis.algorithms.fidelity.landmarks import Follower68
from analysis.algorithms.fidelity.skin import SKIN_REGIONS, skin_colours
from faces import dlib_backend
from faces.mesh import N_POINTS, OVAL, FaceMesh, eye_aspect_ratio, mesh_box
from faces.pose import N_JOINTS, Pose
from faces.protocol import FaceBox, FaceDescriber
from videoio.ahead import ahead
from videoio.frames import RGB
from videoio.probe import Limits
from videoio.read import read_frames

__all__ = ["SKIN_REGIONS", "FaceTracks", "Rates", "coco17", "measure_tracks", "model_version", "openpose18"]

VERSION = 3  # of the measurements; rises when the same video would be measured or kept otherwise
RIGHT_EYE68, LEFT_EYE68 = slice(36, 42), slice(42, 48)
OUTLINE = tuple(OVAL)
GRID = 1 / 32  # pixels; meshes are rounded to it, so that tracks that were stored and read are those that were measured
AROUND = 2.5  # faces; side of the crop where a face that the mesh did not find in the whole picture is looked for
# MediaPipe's 33 joints as COCO's 17: nose, eyes, ears, shoulders, elbows, wrists, hips, knees, ankles (left first).
COCO = (0, 2, 5, 7, 8, 11, 12, 13, 14, 15, 16, 23, 24, 25, 26, 27, 28)
# OpenPose's 18 from COCO's 17; its neck, between the shoulders, is set apart.
OPENPOSE = (0, -1, 6, 8, 10, 5, 7, 9, 12, 14, 16, 11, 13, 15, 2, 1, 4, 3)
NECK = (5, 6)

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Rates:
    """How often the slow models look, in frames; rows between are NaN. dlib's descriptor takes 80 ms, pose 20."""

    descriptors: int = 10
    variants: int = 20
    pose: int = 3


@dataclass(frozen=True, slots=True)
class FaceTracks:
    """The measurements of one video of n frames; pixels of the full frame, NaN where nothing was found.

    Attributes
    ----------
    times : (n,) display times, seconds
    size : width and height of the frame
    mesh : (n, 478, 3) MediaPipe's mesh, the model that also drives the synthesis: never the only judge; (n, 36, 3)
        where its outline alone was read
    points : (n, 68, 2) iBUG points by dlib, made sub-pixel by optical flow; they know nothing of the mesh
    ear : (n, 2) eye aspect ratio of the subject's right and left eye, from `points`; mesh_ear : the same from `mesh`
    descriptors : (m, 128) dlib's, a row for every k-th frame only, from the first
    pose : (n, 33, 3) x, y and visibility, of every k-th frame
    skin : (n, 4, 3) mean RGB, 0-255, of `SKIN_REGIONS`
    box : (n, 4) x, y, width, height around the face: of the mesh, else of the points
    variants : (m, 128) descriptors of the eye region ("periocular") and of the whole head ("head"), and (m, d) of a
        second recogniser under its name, where there was one
    models : versions of everything that measured
    """

    times: Floats
    size: tuple[int, int]
    mesh: NDArray[np.float32]
    points: Floats
    ear: Floats
    mesh_ear: Floats
    descriptors: Floats
    pose: Floats
    skin: Floats
    box: Floats
    variants: Mapping[str, Floats] = field(default_factory=dict)
    models: str = ""

    @property
    def outline(self) -> NDArray[np.float32]:
        """(n, 36, 2) of the mesh."""
        return self.mesh[:, list(OUTLINE), :2] if self.mesh.shape[1] == N_POINTS else self.mesh[..., :2]

    @property
    def n_frames(self) -> int:
        return len(self.times)

    @property
    def fps(self) -> float:
        """Frames per second, mean; 0 for a single frame."""
        length = float(self.times[-1] - self.times[0]) if len(self.times) > 1 else 0.0
        return (len(self.times) - 1) / length if length > 0 else 0.0


def measure_tracks(
    path: Path | str,
    *,
    rates: Rates | None = None,
    limits: Limits | None = None,
    progress: Callable[[int], None] | None = None,
    describer: FaceDescriber | None = None,
) -> FaceTracks:
    """Look at every frame of a video once; frames are streamed, only numbers are kept (about 8 KB a frame).

    Parameters
    ----------
    path : the video, original or rendition; each is measured alone, as a third person would
    rates : how often descriptors and pose are taken
    progress : called with the number of frames done
    describer : a second recogniser, beside dlib

    Raises
    ------
    MediaError : the video cannot be read
    """
    rows: list[dict[str, NDArray]] = []
    times, size = [], (0, 0)
    with closing(_Models(rates or Rates(), describer)) as models:
        for frame in ahead(read_frames(path, limits)):
            size = (frame.width, frame.height)
            times.append(frame.time)
            rows.append(models.look(frame.index, frame.rgb))
            if progress is not None:
                progress(len(rows))
    # Column by column, each taken out of the rows: they are never held twice as a whole.
    # The first frame has all of them.
    columns = {name: np.stack([row.pop(name) for row in rows if name in row]) for name in list(rows[0])}
    kinds = [*VARIANTS, *([] if describer is None else [describer.name])]
    variants = {name: columns.pop(name) for name in kinds}
    models_used = model_version(rates, describer)
    return FaceTracks(times=np.array(times), size=size, variants=variants, models=models_used, **columns)


def model_version(rates: Rates | None = None, describer: FaceDescriber | None = None) -> str:
    """Equal for tracks that were measured alike: versions of models and of this code, and how often they looked."""
    rates = rates or Rates()
    parts = (
        FaceMesh().version,
        Pose().version,
        dlib_backend.version(),
        f"every {rates.descriptors} {rates.variants} {rates.pose}",
        *([] if describer is None else [describer.version]),
    )
    return f"tracks {VERSION}: {'; '.join(parts)}"


def model_hash(rates: Rates | None = None, describer: FaceDescriber | None = None) -> str:
    """A short name of `model_version`, for files."""
    return hashlib.sha256(model_version(rates, describer).encode()).hexdigest()[:16]


class _Models:
    """All that looks at a frame."""

    def __init__(self, rates: Rates, describer: FaceDescriber | None) -> None:
        self._rates, self._describer, self._pose = rates, describer, Pose()
        self._mesh, self._still = FaceMesh(), FaceMesh(static=True)
        self._points = Follower68()

    def look(self, index: int, rgb: RGB) -> dict[str, NDArray]:
        """One row of every column of `FaceTracks`."""
        points = self._points.look(rgb)
        mesh = self._mesh_of(rgb, points)
        box = _box_of(mesh, points)
        face, variants = index % self._rates.descriptors == 0, index % self._rates.variants == 0
        return {
            "mesh": mesh.astype(np.float32),
            "points": points,
            "ear": np.array([aspect_ratio(points[RIGHT_EYE68]), aspect_ratio(points[LEFT_EYE68])]),
            "mesh_ear": np.array(eye_aspect_ratio(mesh)),
            "pose": self._pose.joints(rgb) if index % self._rates.pose == 0 else np.full((N_JOINTS, 3), np.nan),
            "skin": skin_colours(rgb, mesh),
            "box": box,
            **look_at(rgb, points, face, variants, self._describer),
        }

    def _mesh_of(self, rgb: RGB, points: Floats) -> Floats:
        found = self._mesh.landmarks(rgb)
        if found is None and np.isfinite(points).all():
            found = _in_crop(self._still, rgb, points)
        return np.full((N_POINTS, 3), np.nan) if found is None else np.round(found / GRID) * GRID

    def close(self) -> None:
        for model in (self._mesh, self._still, self._pose):
            model.close()


def _in_crop(model: FaceMesh, rgb: RGB, points: Floats) -> Floats | None:
    """The mesh of a face that is small in the picture, looked for around the 68 points."""
    left, top = points.min(axis=0)
    right, bottom = points.max(axis=0)
    half = AROUND * max(right - left, bottom - top) / 2
    around = FaceBox((left + right) / 2 - half, (top + bottom) / 2 - half, 2 * half, 2 * half)
    box = around.clipped(rgb.shape[1], rgb.shape[0])
    if box is None:
        return None
    x, y = int(box.x), int(box.y)
    found = model.landmarks(rgb[y : int(box.y + box.height), x : int(box.x + box.width)])
    return None if found is None else found + np.array([x, y, 0.0])


def _box_of(mesh: Floats, points: Floats) -> Floats:
    known = mesh if np.isfinite(mesh).all() else points
    box = mesh_box(known)  # of NaN, NaN
    return np.array([box.x, box.y, box.width, box.height])


def aspect_ratio(eye: Floats) -> float:
    """EAR of the six points of an eye, (|p2-p6| + |p3-p5|) / (2 |p1-p4|); about 0.3 open, below 0.15 closed.

    References
    ----------
    Soukupova & Cech 2016, "Real-Time Eye Blink Detection using Facial Landmarks".
    """
    upright = np.linalg.norm(eye[1] - eye[5]) + np.linalg.norm(eye[2] - eye[4])
    return float(upright / (2 * np.linalg.norm(eye[0] - eye[3])))


def coco17(pose: Floats) -> Floats:
    """COCO's (n, 17, 3) keypoints of MediaPipe's (n, 33, 3) joints."""
    return pose[:, list(COCO)]


def openpose18(pose: Floats) -> Floats:
    """OpenPose's (n, 18, 3) keypoints of MediaPipe's (n, 33, 3) joints; the neck is the middle of the shoulders, as
    visible as the less visible of them."""
    coco = coco17(pose)
    keypoints: Floats = coco[:, list(OPENPOSE)]
    shoulders = coco[:, list(NECK)]
    keypoints[:, 1, :2] = shoulders[..., :2].mean(axis=1)
    keypoints[:, 1, 2] = shoulders[..., 2].min(axis=1)
    return keypoints
