"""Donors from a coordinator's photographs: what is taken, and what is refused in which words."""

import cv2
import numpy as np
import pytest

from deid.algorithms.donors import SHIPPED, DonorFolder
from deid.algorithms.facemodel.own import donor_from_photograph
from deid.algorithms.facemodel.portrait import UnusablePortrait, check_neutral
from faces.mesh import LEFT_EYE, RIGHT_EYE
from tests.data_files import data_file


@pytest.fixture(scope="module")
def volunteer():
    """A face that stands in for a volunteer's photograph."""
    folder = DonorFolder.open(SHIPPED.parent / "phantoms")
    return folder.load(folder.names[0])


def refusal(picture) -> str:
    with pytest.raises(UnusablePortrait) as refused:
        donor_from_photograph(picture, name="own", sex="f", age=50)
    return str(refused.value)


def test_a_neutral_portrait_becomes_a_donor_with_its_face_in_place(volunteer):
    turned = cv2.warpAffine(
        cv2.resize(volunteer.picture, (900, 900)), cv2.getRotationMatrix2D((450, 450), 8, 1), (900, 900),
        borderMode=cv2.BORDER_REPLICATE,
    )  # fmt: skip
    donor = donor_from_photograph(turned, name="own", sex="f", age=50)
    assert donor.picture.shape == (512, 512, 3)
    assert np.linalg.norm(donor.descriptor - volunteer.descriptor) < 0.35
    assert np.abs(donor.mesh[:468, :2] - volunteer.mesh[:468, :2]).mean() < 8
    assert donor.skin == pytest.approx(volunteer.skin, abs=3)
    assert (donor.name, donor.sex, donor.age) == ("own", "f", 50.0)


def test_a_picture_without_a_face_is_refused():
    assert "no face was found" in refusal(np.full((600, 600, 3), 128, np.uint8))


def test_two_faces_are_refused(volunteer):
    assert "2 faces were found" in refusal(np.hstack([volunteer.picture, volunteer.picture]))


def test_a_small_face_is_refused_with_its_size(volunteer):
    small = cv2.resize(volunteer.picture, (256, 256), interpolation=cv2.INTER_AREA)
    assert "at least 160 are needed" in refusal(small)


def test_a_grey_picture_is_refused(volunteer):
    assert "a colour picture is needed" in refusal(volunteer.picture[:, :, 0])


def test_a_turned_head_is_refused(volunteer):
    angle = np.radians(35)
    turned = volunteer.mesh @ np.array(
        [[np.cos(angle), 0, np.sin(angle)], [0, 1, 0], [-np.sin(angle), 0, np.cos(angle)]]
    )
    with pytest.raises(UnusablePortrait, match="turned by"):
        check_neutral(turned)


def test_closed_eyes_are_refused(volunteer):
    mesh = volunteer.mesh.copy()
    for eye in (RIGHT_EYE, LEFT_EYE):
        mesh[list(eye), 1] = mesh[list(eye), 1].mean()
    with pytest.raises(UnusablePortrait, match="eye is closed"):
        check_neutral(mesh)


def test_an_open_mouth_is_refused(volunteer):
    mesh = volunteer.mesh.copy()
    mesh[14, 1] += 0.2 * np.linalg.norm(mesh[61, :2] - mesh[291, :2])
    with pytest.raises(UnusablePortrait, match="mouth is open"):
        check_neutral(mesh)


def test_a_smile_is_refused():
    picture = cv2.imread(str(next(data_file("portraits/london_smiling").glob("032_*.jpg"))))
    large = cv2.resize(picture, (1024, 1024), interpolation=cv2.INTER_CUBIC)[:, :, ::-1].copy()
    assert "mouth" in refusal(large)
