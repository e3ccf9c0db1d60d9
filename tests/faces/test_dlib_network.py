"""dlib's recogniser run by our matrix products: dlib itself is the oracle."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from deid.algorithms.donors import SHIPPED
from faces import dlib_backend
from faces.dlib_network import SIZE, Network

WEIGHTS = Path(dlib_backend._model_file("dlib_face_recognition_resnet_model_v1.dat"))
RNG = np.random.default_rng(7)


@pytest.fixture(scope="module")
def faces() -> NDArray[np.uint8]:
    """Three donors' faces, and one picture of noise."""
    import dlib

    pictures = []
    for name in sorted(SHIPPED.glob("donor-*"))[:3]:
        rgb = np.ascontiguousarray(cv2.imread(str(name))[:, :, ::-1])
        pictures.append(dlib.get_face_chip(rgb, dlib_backend._shape(rgb, None), SIZE, 0.25))
    return np.stack([*pictures, RNG.integers(0, 256, (SIZE, SIZE, 3), np.uint8)])


def test_descriptors_are_dlibs_own(faces):
    import dlib

    oracle = dlib.face_recognition_model_v1(str(WEIGHTS))
    theirs = np.array([oracle.compute_face_descriptor(face) for face in faces])
    ours = Network.read(WEIGHTS)(faces)
    assert ours.shape == (4, 128)
    assert np.abs(ours - theirs).max() < 1e-5


def test_a_descriptor_from_a_whole_picture_is_dlibs_own():
    import dlib

    picture = next(iter(sorted(SHIPPED.glob("donor-*"))))
    rgb = np.ascontiguousarray(cv2.imread(str(picture))[:, :, ::-1])
    oracle = dlib.face_recognition_model_v1(str(WEIGHTS))
    theirs = np.array(oracle.compute_face_descriptor(rgb, dlib_backend._shape(rgb, None)))
    assert np.linalg.norm(dlib_backend.descriptor(rgb) - theirs) < 1e-4


def test_another_network_is_refused(tmp_path):
    other = tmp_path / "other.dat"
    other.write_bytes(Path(dlib_backend._model_file("shape_predictor_5_face_landmarks.dat")).read_bytes()[:100_000])
    with pytest.raises(ValueError, match=r"other\.dat holds another network"):
        Network.read(other)


def test_a_cut_file_is_refused(tmp_path):
    cut = tmp_path / "cut.dat"
    cut.write_bytes(WEIGHTS.read_bytes()[:-1000])
    with pytest.raises(ValueError, match="there is no tensor of 32768 numbers"):
        Network.read(cut)
