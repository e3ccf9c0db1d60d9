"""Recognisers as judges, on the shipped donors: people who do not exist, each apart from the others."""

import numpy as np
import pytest

from analysis.algorithms.fidelity.identity import DLIB
from analysis.algorithms.sixface.machines import answer, machines, picks_original
from deid.algorithms.donors import DonorFolder
from ratings.algorithms.sixface.roles import Role
from ratings.algorithms.sixface.shots import donor_shot
from ratings.algorithms.sixface.standardise import standardise


@pytest.fixture(scope="module")
def described():
    """Two pictures of one face in places 1 and 4 among four others, standardised."""
    folder = DonorFolder.open()
    names = [folder.names[number] for number in (0, 3, 6, 12, 3, 25)]
    made = standardise([donor_shot(folder.load(name)) for name in names], seed="a")
    return machines()[0].describe(made.pictures)


def test_one_face_twice_is_paired(described):
    assert answer(described, DLIB).pair == (1, 4)


def test_strangers_are_not_paired_when_none_are_near_enough():
    apart = np.eye(6, 128)  # 1.41 from one another
    found = answer(apart, DLIB)
    assert found.pair is None
    assert found.distance == pytest.approx(np.sqrt(2))


def test_the_forced_choice_looks_at_original_and_controls_alone(described):
    control, source = Role.CONTROL, Role.SOURCE
    known = (control, Role.DEIDENTIFIED, control, control, Role.ORIGINAL, control)
    assert picks_original(described, known, DLIB)
    masked = (Role.ORIGINAL, Role.DEIDENTIFIED, control, control, source, control)
    nearest = min((0, 2, 3, 5), key=lambda place: np.linalg.norm(described[1] - described[place]))
    assert picks_original(described, masked, DLIB) == (nearest == 0)
