"""One frame: what comes back, what moves, and what stays."""

import numpy as np
import pytest

from deid.algorithms.methods.motionmesh.skin import PatientSkin
from deid.algorithms.methods.motionmesh.swap import Swap
from deid.algorithms.methods.motionmesh.topology import N_FACE, with_ring
from faces.mesh import LEFT_EYE, OVAL, eye_aspect_ratio
from tests.deid.motionmesh.making import donor, frame, mesh, sample


def wide() -> np.ndarray:
    points = mesh()
    points[:, 0] = 120 + (points[:, 0] - 120) * 1.1
    return points


def swap(source, samples=(), strength=1.0, detail=1.0) -> Swap:
    skin = PatientSkin.learnt(mesh()[:N_FACE], samples) if samples else None
    return Swap(source, mesh()[:N_FACE], skin, frame().colour, strength, detail)


def planes(shown):
    return [plane.astype(int) for plane in shown.planes]


def test_the_patient_as_donor_gives_the_patient_back():
    shown = frame(seed=0)
    swap(donor(seed=0), [sample(seed=0)])(shown, mesh())
    off = [np.abs(one - two) for one, two in zip(planes(shown), planes(frame(seed=0)), strict=True)]
    assert off[0].mean() < 1
    assert np.percentile(off[0], 99) <= 6
    assert max(part.mean() for part in off[1:]) < 2  # of the donor's colour detail a part is taken back


def test_another_donor_changes_the_face():
    shown = frame(seed=0)
    swap(donor(seed=1))(shown, mesh())
    inside = np.s_[70:130, 95:145]
    assert np.abs(planes(shown)[0][inside] - planes(frame(seed=0))[0][inside]).mean() > 8


def test_nothing_outside_the_ring_changes():
    shown, raw = frame(seed=0), frame(seed=0)
    swap(donor(seed=1, points=wide()))(shown, mesh())
    ring = with_ring(mesh())[:, :2]
    (left, top), (right, bottom) = np.floor(ring.min(axis=0)).astype(int) - 2, np.ceil(ring.max(axis=0)).astype(int) + 2
    for one, two, step in zip(shown.planes, raw.planes, (1, 2, 2), strict=True):
        same = one == two
        same[max(top, 0) // step : bottom // step + 1, max(left, 0) // step : right // step + 1] = True
        assert same.all()


def test_a_movement_of_landmarks_reappears_with_gain_1_and_no_lag():
    """A jaw trembling at 5 Hz by 2 pixels: no smoothing, no scaling."""
    moves, chin = swap(donor(points=wide())), 152
    still = moves.moved(mesh())
    for index in range(30):
        seen = mesh()
        by = 2 * np.sin(2 * np.pi * 5 * index / 30)
        seen[chin, 1] += by
        assert moves.moved(seen)[chin, 1] - still[chin, 1] == pytest.approx(by, abs=1e-6)


def test_the_aperture_of_the_lids_is_kept():
    moves = swap(donor(points=wide()))
    blinking = mesh()
    middle = blinking[list(LEFT_EYE), 1].mean()
    blinking[list(LEFT_EYE), 1] = middle + 0.2 * (blinking[list(LEFT_EYE), 1] - middle)
    for seen in (mesh(), blinking):
        assert eye_aspect_ratio(moves.moved(seen)) == pytest.approx(eye_aspect_ratio(seen), abs=1e-6)


def test_a_pulse_in_the_patients_skin_goes_through():
    """Two grey levels brighter everywhere: the swapped face is brighter by about as much."""
    dark, bright = frame(seed=0), frame(seed=0)
    bright.planes[0][:] += 2
    change = swap(donor(seed=1))
    change(dark, mesh())
    change(bright, mesh())
    inside = np.s_[70:130, 95:145]
    assert (planes(bright)[0] - planes(dark)[0])[inside].mean() == pytest.approx(2, abs=0.4)


@pytest.mark.parametrize("centre", [(5, 5), (238, 199), (-300, -300), (120, 198)])
@pytest.mark.parametrize("size", [(240, 200), (241, 199)])
def test_faces_over_the_edge_of_the_picture_are_no_error(centre, size):
    shown = frame(seed=0, size=size)
    swap(donor(seed=1))(shown, mesh(centre=centre))
    assert shown.planes[0].shape == (200, 240 + 2 * (size[0] % 2))


def test_a_turned_head_and_a_tiny_one_are_no_error():
    for seen in (mesh(turn=34), mesh(scale=0.2), mesh(scale=0.01)):
        shown = frame(seed=0)
        swap(donor(seed=1), [sample()])(shown, seen)


def test_the_outline_moves_half_as_far_as_the_donors():
    moved = swap(donor(points=wide())).moved(mesh())
    assert np.ptp(moved[list(OVAL), 0]) < np.ptp(wide()[list(OVAL), 0])
