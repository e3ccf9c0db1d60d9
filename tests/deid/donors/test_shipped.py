"""The donors and phantoms that the product ships: nobody, unlike each other, bare foreheads, neutral, of many kinds."""

import json
from functools import cache
from itertools import combinations, product
from pathlib import Path

import cv2
import numpy as np
import pytest

from deid.algorithms.donors import SHIPPED, Donor, DonorFolder
from deid.algorithms.facemodel.choose import APART, skin_of, stranger_bound
from deid.algorithms.facemodel.portrait import lip_gap, pose_of, smile
from faces import dlib_backend
from faces.mesh import FaceMesh, eye_aspect_ratio
from tests.data_files import data_file

PHANTOMS = SHIPPED.parent / "phantoms"
SETS = pytest.mark.parametrize("folder", [SHIPPED, PHANTOMS], ids=["donors", "phantoms"])


@cache
def loaded(folder: Path) -> tuple[Donor, ...]:
    opened = DonorFolder.open(folder)
    return tuple(opened.load(name) for name in opened.names)


@cache
def measured(folder: Path) -> np.ndarray:
    """Descriptors from the pictures, not from the file."""
    return np.array([dlib_backend.descriptor(donor.picture) for donor in loaded(folder)])


@cache
def meshes(folder: Path) -> tuple[np.ndarray, ...]:
    with FaceMesh(static=True) as tracker:
        found = [tracker.landmarks(donor.picture) for donor in loaded(folder)]
    assert all(mesh is not None for mesh in found)
    return tuple(mesh for mesh in found if mesh is not None)


@cache
def sheet(folder: Path) -> dict:
    return json.loads((folder / "donors.json").read_text())


@cache
def contributors() -> np.ndarray:
    """Descriptors of the portraits that the model is built from."""
    portraits = sorted(data_file("portraits/london_neutral").glob("*.jpg"))
    pictures = [cv2.imread(str(path))[:, :, ::-1] for path in portraits]
    reduced = [cv2.resize(picture, (675, 675), interpolation=cv2.INTER_AREA) for picture in pictures]
    return np.array([dlib_backend.descriptor(picture) for picture in reduced])


def test_there_are_donors_of_both_sexes_many_ages_and_skin_tones():
    donors = loaded(SHIPPED)
    assert len(donors) >= 24
    for sex in "fm":
        ages = [donor.age for donor in donors if donor.sex == sex]
        assert len(ages) >= 10
        assert min(ages) < 35
        assert max(ages) >= 64
    assert max(donor.age for donor in donors) == 75
    light = [donor.skin[0] for donor in donors]
    assert max(light) - min(light) > 30  # L*
    assert sum(one < 54 for one in light) >= 4
    assert sum(one > 60 for one in light) >= 4


def test_there_are_four_phantoms_of_each_sex():
    assert sorted(phantom.sex for phantom in loaded(PHANTOMS)) == ["f"] * 4 + ["m"] * 4


@SETS
def test_no_two_are_one_person_to_dlib(folder):
    for one, other in combinations(measured(folder), 2):
        assert np.linalg.norm(one - other) >= APART


def test_no_phantom_is_a_donor_to_dlib():
    for one, other in product(measured(SHIPPED), measured(PHANTOMS)):
        assert np.linalg.norm(one - other) >= APART


@SETS
def test_what_the_files_say_is_what_the_pictures_show(folder):
    for donor, found, mesh in zip(loaded(folder), measured(folder), meshes(folder), strict=True):
        assert np.linalg.norm(donor.descriptor - found) < 0.01
        assert np.abs(donor.mesh - mesh)[:, :2].max() < 1.0
        assert donor.skin == pytest.approx(skin_of(donor.picture, mesh), abs=1.5)


@SETS
def test_the_recorded_distances_keep_to_the_stated_bound(folder):
    bound = sheet(folder)["datasheet"]["bound"]["nearest_contributor"]
    assert all(entry["nearest_contributor"] >= bound for entry in sheet(folder)["donors"])


@SETS
def test_none_is_nearer_to_a_contributor_than_strangers_are(folder):
    people = contributors()
    bound = stranger_bound(people)
    assert bound == pytest.approx(sheet(folder)["datasheet"]["bound"]["nearest_contributor"], abs=0.005)
    nearest = np.linalg.norm(measured(folder)[:, None] - people[None], axis=2).min(axis=1)
    assert nearest.min() >= bound


@SETS
def test_faces_are_frontal_neutral_and_look_at_us(folder):
    for mesh in meshes(folder):
        pose = pose_of(mesh)
        assert abs(pose.yaw) < 10
        assert lip_gap(mesh) < 0.08
        assert smile(mesh) < 0.66
        assert min(eye_aspect_ratio(mesh)) > 0.17


@SETS
def test_foreheads_are_bare(folder):
    """Hair on a forehead is much darker than the skin around it: no place of the forehead's middle part is."""
    for donor, mesh in zip(loaded(folder), meshes(folder), strict=True):
        grey = cv2.cvtColor(donor.picture, cv2.COLOR_RGB2GRAY).astype(float)
        mask = np.zeros(grey.shape, np.uint8)
        cv2.fillPoly(mask, [np.round(mesh[[104, 69, 108, 151, 337, 299, 333], :2]).astype(np.int32)], 1)
        skin = cv2.GaussianBlur(grey, (0, 0), 2)[mask > 0]
        assert np.percentile(skin, 2) > 0.6 * np.median(skin), donor.name


@SETS
def test_the_face_has_its_place_before_a_plain_backdrop(folder):
    for donor, mesh in zip(loaded(folder), meshes(folder), strict=True):
        assert donor.picture.shape == (512, 512, 3)
        assert 0.38 < (mesh[454, 0] - mesh[234, 0]) / 512 < 0.48
        corners = np.concatenate([donor.picture[:40, :60].reshape(-1, 3), donor.picture[:40, -60:].reshape(-1, 3)])
        assert corners.std(axis=0).max() < 6
        top = donor.picture[:8].reshape(-1, 3)
        assert np.abs(top - np.median(top, axis=0)).mean() < 8, f"{donor.name}: the hair is cut off above"


@SETS
def test_a_datasheet_and_the_attribution_lie_beside_them(folder):
    words = (folder / "DATASHEET.md").read_text() + (folder / "ATTRIBUTION.md").read_text()
    for needed in ("CC BY 4.0", "DeBruine", "London Set", "seed", "40 or older"):
        assert needed in words
    entry = sheet(folder)["donors"][0]
    assert abs(sum(entry["weights"].values())) < 0.01
    assert max(abs(weight) for weight in entry["weights"].values()) < 1


def test_they_are_small():
    files = [path for folder in (SHIPPED, PHANTOMS) for path in folder.iterdir()]
    assert sum(path.stat().st_size for path in files) < 4_000_000
