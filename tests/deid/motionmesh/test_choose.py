"""The choice of a donor, and what may be set."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from deid.algorithms.donors import DonorFolder
from deid.algorithms.errors import BadParameters
from deid.algorithms.methods.motionmesh.choose import Patient, alike_and_others, candidates
from deid.algorithms.methods.motionmesh.settings import Settings
from deid.algorithms.methods.motionmesh.shape import brow_slant_degrees
from deid.algorithms.registry import get_method


def at(*, sex=0.0, who=0.0, axis=2) -> np.ndarray:
    """A descriptor: the first axis tells the sex, another one the person."""
    place = np.zeros(128)
    place[0], place[axis] = sex, who
    return place


def folder(*people: tuple[str, str, float, tuple, np.ndarray]) -> DonorFolder:
    entries = tuple({"name": name, "sex": sex, "age": age, "skin": skin} for name, sex, age, skin, _ in people)
    return DonorFolder(Path(), entries, np.zeros((len(people), 478, 3)), np.array([person[4] for person in people]))


LIGHT, DARK = (70.0, 10.0, 15.0), (35.0, 12.0, 18.0)
PEOPLE = folder(
    ("near", "f", 60, LIGHT, at(sex=0.3, who=0.1)),
    ("ann", "f", 60, LIGHT, at(sex=0.3, who=0.8, axis=3)),
    ("bea", "f", 45, LIGHT, at(sex=0.3, who=0.8, axis=4)),
    ("eve", "f", 60, DARK, at(sex=0.3, who=0.8, axis=5)),
    ("tim", "m", 60, LIGHT, at(sex=-0.3, who=0.1)),
    ("tom", "m", 60, LIGHT, at(sex=-0.3, who=0.8, axis=6)),
)


def test_the_nearest_is_never_chosen_and_others_come_by_age_and_skin():
    patient = Patient(at(sex=0.3), LIGHT, "f", 62)
    assert candidates(patient, PEOPLE) == ["ann", "bea", "eve"]


def test_an_unknown_sex_is_told_by_the_descriptor():
    assert candidates(Patient(at(sex=-0.3), LIGHT), PEOPLE) == ["tom"]
    assert "tom" not in candidates(Patient(at(sex=0.3), LIGHT), PEOPLE)


def test_a_donor_whom_a_recogniser_would_take_for_the_patient_is_left_out():
    patient = Patient(at(sex=0.3, who=0.4, axis=3), LIGHT, "f")
    assert "ann" not in candidates(patient, PEOPLE)


def test_where_only_near_donors_are_the_farthest_is_tried():
    few = folder(("one", "f", 30, LIGHT, at(who=0.1)), ("two", "f", 30, LIGHT, at(who=0.3)))
    assert candidates(Patient(at(), LIGHT), few) == ["two"]


def test_those_who_are_not_alike_stand_apart():
    alike, others = alike_and_others(Patient(at(sex=0.3), LIGHT, "f", 62), PEOPLE)
    assert (alike, others) == (["ann", "bea"], ["eve"])


def test_brows_that_rise_steeply_are_worn_by_nobody_while_there_are_others():
    """Ann's rise by 45 degrees, everybody else's not at all."""
    mesh = np.zeros((6, 478, 3))
    mesh[:, 263, 0], mesh[:, 105, 0], mesh[:, 334, 0] = 10.0, -3.0, 3.0
    mesh[1, [105, 334], 1] = -3.0  # y grows downwards
    assert brow_slant_degrees(mesh) == pytest.approx([0, 45, 0, 0, 0, 0])
    people = replace(PEOPLE, mesh=mesh)
    assert candidates(Patient(at(sex=0.3), LIGHT, "f", 62), people) == ["bea", "eve"]
    assert candidates(Patient(at(sex=0.3), LIGHT, "f", 62), replace(people, mesh=mesh[[1] * 6])) == [
        "ann",
        "bea",
        "eve",
    ]


@pytest.mark.parametrize(
    ("name", "value"),
    [("strength", 3), ("detail", -1), ("sex", "x"), ("age", 0), ("donor", 7), ("max_turn", "wide"), ("min_face", True)],
)
def test_values_out_of_range_are_refused_by_name(name, value):
    with pytest.raises(BadParameters, match=name):
        Settings.of(get_method("motionmesh").with_defaults({name: value}))


def test_the_defaults_are_those_of_the_registry():
    assert Settings.of(get_method("motionmesh").parameters) == Settings()
