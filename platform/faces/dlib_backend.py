"""dlib's descriptor and 68 landmarks: a recogniser and a landmarker that know nothing of MediaPipe's mesh.

The 68-point model was trained on 300-W, whose licence is non-commercial: it is for evaluation only. What runs while a
recording is de-identified aligns faces by the 5-point model, which is in the public domain. The recogniser's weights
are run by `faces.dlib_network`, which gives dlib's own numbers in a quarter of the time.
"""

import hashlib
from functools import cache
from importlib.metadata import version as installed_version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from faces.dlib_network import SIZE, Network
from faces.protocol import FaceBox

DESCRIPTOR_SIZE = 128
PADDING = 0.25  # of the face's size, around it
SAME_PERSON = 0.6  # Euclidean distance of descriptors below which dlib calls two pictures one person


def _model_file(name: str) -> str:
    # The package is located, not imported: its __init__ needs pkg_resources, which newer setuptools do not have.
    spec = find_spec("face_recognition_models")
    folders = list(spec.submodule_search_locations or []) if spec else []
    if not folders:
        raise RuntimeError(
            "the package face_recognition_models is not installed: install the project's locked requirements."
        )
    return str(Path(folders[0]) / "models" / name)


@cache
def _detector() -> Any:
    import dlib

    return dlib.get_frontal_face_detector()


@cache
def _landmarker() -> Any:
    import dlib

    return dlib.shape_predictor(_model_file("shape_predictor_68_face_landmarks.dat"))


@cache
def _aligner() -> Any:
    import dlib

    return dlib.shape_predictor(_model_file("shape_predictor_5_face_landmarks.dat"))


@cache
def _recogniser() -> Network:
    return Network.read(Path(_model_file("dlib_face_recognition_resnet_model_v1.dat")))


def read_recogniser() -> None:
    """Read what `descriptor_in` needs, for who knows that it will be called soon."""
    _aligner()
    _recogniser()


def landmarks68(rgb: NDArray[np.uint8], box: FaceBox | None = None) -> NDArray[np.float64] | None:
    """(68, 2) iBUG points in pixels of the largest face, or of the face in `box`; None when no face is found."""
    shape = _shape(rgb, box)
    return None if shape is None else np.array([(p.x, p.y) for p in shape.parts()], dtype=np.float64)


def descriptor(rgb: NDArray[np.uint8], box: FaceBox | None = None) -> NDArray[np.float64] | None:
    """(128,) descriptor of the largest face of an (h, w, 3) picture, or of the face in `box`; None when none is found.

    Descriptors are compared by Euclidean distance; below 0.6 two pictures count as one person.
    """
    shape = _shape(rgb, box)
    if shape is None:
        return None
    return _described(np.ascontiguousarray(rgb), shape)


def descriptor_in(rgb: NDArray[np.uint8], box: FaceBox) -> NDArray[np.float64]:
    """(128,) descriptor of the face in `box` of an (h, w, 3) picture, aligned by five points.

    About 0.1 from `descriptor` of the same face: enough to choose by, while evaluation stays with `descriptor`.
    """
    import dlib

    picture = np.ascontiguousarray(rgb)
    where = dlib.rectangle(round(box.x), round(box.y), round(box.x + box.width), round(box.y + box.height))
    return _described(picture, _aligner()(picture, where))


def descriptor_at(rgb: NDArray[np.uint8], points: NDArray[np.float64], padding: float = PADDING) -> NDArray[np.float64]:
    """(128,) descriptor of a face whose (68, 2) points are known; the recogniser was trained on the default `padding`,
    more takes in more of the head."""
    import dlib

    picture = np.ascontiguousarray(rgb)
    (left, top), (right, bottom) = points.min(axis=0), points.max(axis=0)
    where = dlib.rectangle(round(left), round(top), round(right), round(bottom))
    shape = dlib.full_object_detection(where, dlib.points([dlib.point(round(x), round(y)) for x, y in points]))
    return _described(picture, shape, padding)


def face_boxes(rgb: NDArray[np.uint8], enlarge: int = 0) -> list[FaceBox]:
    """Frontal faces of at least 80 pixels in a picture doubled `enlarge` times; dlib's own detector."""
    found = _detector()(np.ascontiguousarray(rgb), enlarge)
    return [FaceBox(box.left(), box.top(), box.width(), box.height()) for box in found]


@cache
def version() -> str:
    """Library version and SHA-256 prefixes of the 68-point and the descriptor model."""
    names = ("shape_predictor_68_face_landmarks.dat", "dlib_face_recognition_resnet_model_v1.dat")
    hashes = "+".join(hashlib.sha256(Path(_model_file(name)).read_bytes()).hexdigest()[:12] for name in names)
    return f"dlib {installed_version('dlib-bin')} {hashes}"


def _described(picture: NDArray[np.uint8], shape: Any, padding: float = PADDING) -> NDArray[np.float64]:
    import dlib

    aligned = dlib.get_face_chip(picture, shape, SIZE, padding)
    described: NDArray[np.float64] = _recogniser()(aligned[None])[0]
    return described


def _shape(rgb: NDArray[np.uint8], box: FaceBox | None) -> Any:
    import dlib

    picture = np.ascontiguousarray(rgb)
    if box is not None:
        where = dlib.rectangle(round(box.x), round(box.y), round(box.x + box.width), round(box.y + box.height))
    else:
        found = list(_detector()(picture, 0)) or list(_detector()(picture, 1))
        if not found:
            return None
        where = max(found, key=lambda face: face.area())
    return _landmarker()(picture, where)
