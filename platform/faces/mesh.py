"""MediaPipe's face mesh: 478 points with irises, and the names of the points that the methods work with."""

from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from faces.mediapipe_models import built, version_of
from faces.protocol import FaceBox

N_POINTS = 478  # the last ten are the irises
# Closed outlines, in order. Right and left are the subject's.
OVAL = (10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377,
        152, 148, 176, 149, 150, 136, 172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109)  # fmt: skip
RIGHT_EYE = (33, 7, 163, 144, 145, 153, 154, 155, 133, 173, 157, 158, 159, 160, 161, 246)
LEFT_EYE = (263, 249, 390, 373, 374, 380, 381, 382, 362, 398, 384, 385, 386, 387, 388, 466)
# The next points outwards from those of the eyes, in the same order: about the crease of the lids.
RIGHT_LIDS = (130, 25, 110, 24, 23, 22, 26, 112, 243, 190, 56, 28, 27, 29, 30, 247)
LEFT_LIDS = (359, 255, 339, 254, 253, 252, 256, 341, 463, 414, 286, 258, 257, 259, 260, 467)
INNER_LIPS = (78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 415, 310, 311, 312, 13, 82, 81, 80, 191)
OUTER_LIPS = (61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185)
# Points that expression hardly moves: brow root, bridge and wings of the nose, eye corners, temples.
RIGID = (10, 151, 9, 8, 168, 6, 197, 195, 5, 4, 33, 133, 362, 263, 130, 359, 234, 454, 127, 356, 93, 323, 162, 389)
NOSE_TIP, MOUTH_CORNERS = 4, (61, 291)  # iBUG 30, 48 and 54 on the mesh
# Eye-aspect-ratio points p1..p6 of each eye (iBUG 36-41 and 42-47 on the mesh).
RIGHT_EAR = (33, 160, 158, 133, 153, 144)
LEFT_EAR = (362, 385, 387, 263, 373, 380)
# Points of MediaPipe's mesh that lie where the 68 lie; two are averaged. The reference facts of the project, section 6.
MESH_OF_68 = (
    127, 234, 93, (132, 58), (58, 172), 136, 150, 176, 152, 400, 379, 365, (397, 288), 361, 323, 454, 356,
    70, 63, 105, 66, 107, 336, 296, 334, 293, 300, (168, 6), (197, 195), 5, 4, 75, 97, 2, 326, 305,
    33, 160, 158, 133, 153, 144, 362, 385, 387, 263, 373, 380,
    61, 39, 37, 0, 267, 269, 291, 321, 314, 17, 84, 91, 78, 82, 13, 312, 308, 317, 14, 87,
)  # fmt: skip


class FaceMesh:
    """Tracks the mesh of one face; `static` looks at every picture anew, for stills.

    The model is built at the first picture, in the process that uses it: MediaPipe's graphs do not survive a fork.
    """

    def __init__(self, *, static: bool = False, confidence: float = 0.5, n_faces: int = 1) -> None:
        self._static, self._confidence, self._n_faces = static, confidence, n_faces
        self._model: Any = None

    @property
    def version(self) -> str:
        return version_of("face_landmark/face_landmark_with_attention.tflite")

    def landmarks(self, rgb: NDArray[np.uint8]) -> NDArray[np.float64] | None:
        """(478, 3) points of the most prominent face of an (h, w, 3) picture: x and y in pixels, z in the same unit,
        smaller towards the camera; None when no face is found."""
        found = self.all_landmarks(rgb)
        return found[0] if found else None

    def all_landmarks(self, rgb: NDArray[np.uint8]) -> list[NDArray[np.float64]]:
        """The meshes of up to `n_faces` faces."""
        if self._model is None:
            self._model = built(
                "face_mesh.FaceMesh", static_image_mode=self._static, max_num_faces=self._n_faces,
                refine_landmarks=True, min_detection_confidence=self._confidence,
                min_tracking_confidence=self._confidence,
            )  # fmt: skip
        height, width = rgb.shape[:2]
        faces = self._model.process(np.ascontiguousarray(rgb)).multi_face_landmarks or ()
        scale = (width, height, width)
        return [np.array([(p.x, p.y, p.z) for p in face.landmark], dtype=np.float64) * scale for face in faces]

    def close(self) -> None:
        if self._model is not None:
            self._model.close()
            self._model = None

    def __enter__(self) -> "FaceMesh":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def mesh_box(mesh: NDArray[np.float64]) -> FaceBox:
    """The box around a mesh's points."""
    left, top = mesh[:, :2].min(axis=0)
    right, bottom = mesh[:, :2].max(axis=0)
    return FaceBox(float(left), float(top), float(right - left), float(bottom - top))


def five_points_of(mesh: NDArray[np.float64]) -> NDArray[np.float64]:
    """(5, 2) middles of the eyes, tip of the nose and corners of the mouth, the subject's right first."""
    eyes = [mesh[list(eye), :2].mean(axis=0) for eye in (RIGHT_EAR, LEFT_EAR)]
    return np.array([*eyes, *mesh[[NOSE_TIP, *MOUTH_CORNERS], :2]])


def mesh_to_68(mesh: NDArray[np.float64]) -> NDArray[np.float64]:
    """(n, 68, 2) iBUG points of (n, 478, 2 or 3) meshes."""
    pairs = np.array([each if isinstance(each, tuple) else (each, each) for each in MESH_OF_68])
    return np.asarray(mesh[..., :2], np.float64)[:, pairs].mean(axis=2)


def eye_aspect_ratio(mesh: NDArray[np.float64]) -> tuple[float, float]:
    """EAR of the subject's right and left eye, (|p2-p6| + |p3-p5|) / (2 |p1-p4|); about 0.3 open, below 0.15 closed.

    References
    ----------
    Soukupova & Cech 2016, "Real-Time Eye Blink Detection using Facial Landmarks".
    """
    right, left = (_ear(mesh[list(points), :2]) for points in (RIGHT_EAR, LEFT_EAR))
    return right, left


def _ear(p: NDArray[np.float64]) -> float:
    upright = np.linalg.norm(p[1] - p[5]) + np.linalg.norm(p[2] - p[4])
    return float(upright / (2 * np.linalg.norm(p[0] - p[3])))
