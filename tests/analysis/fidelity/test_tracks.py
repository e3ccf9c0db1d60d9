"""Tracks: measured once per video, stored small, equal when read back."""

import numpy as np
import pytest

from analysis.algorithms.fidelity import packing
from analysis.algorithms.fidelity.align import crops
from analysis.algorithms.fidelity.dynamics import dynamics
from analysis.algorithms.fidelity.library import Library
from analysis.algorithms.fidelity.skin import SKIN_REGIONS, skin_colours
from analysis.algorithms.fidelity.tracks import (
    COCO,
    GRID,
    OUTLINE,
    Rates,
    aspect_ratio,
    measure_tracks,
    model_hash,
    openpose18,
)
from deid.algorithms.phantom.record import write_phantom
from tests.analysis.fidelity.faces68 import tracks, walk
from tests.phantoms import identity, make_phantom
from tests.videoio.making import make_video

SPEC = {"size": 288, "seconds": 3.0, "task": "facial_expression", "seed": 3, "blink_times": (1.5,), "sway": 0.5}


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """A phantom, the same with half the movement, and their truths."""
    folder = tmp_path_factory.mktemp("phantoms")
    whole = make_phantom(**SPEC)
    found = {}
    for name, made in (("whole", whole), ("half", whole.with_amplitude(0.5))):
        truth = write_phantom(made, folder / f"{name}.mp4")
        found[name] = measure_tracks(folder / f"{name}.mp4"), truth
    return found


def test_every_frame_has_a_row_and_slow_models_look_now_and_then(measured):
    found, truth = measured["whole"]
    assert (found.n_frames, found.size, found.fps) == (90, (288, 288), pytest.approx(30))
    assert found.times == pytest.approx(truth.time, abs=1e-6)
    for name in ("mesh", "points", "ear", "mesh_ear", "skin", "box"):
        assert np.isfinite(getattr(found, name)).all(), name
    assert found.descriptors.shape == (9, 128)
    assert found.variants["head"].shape == (5, 128)
    assert np.isfinite(found.descriptors).all()
    assert np.isfinite(found.pose[::3]).all()
    assert np.isnan(found.pose[1::3]).all()


def test_points_follow_the_planted_motion(measured):
    """The chin moves with jaw and head; measured by dlib and flow, compared with the truth of the mesh."""
    found, truth = measured["whole"]
    for point, vertex, axis in ((8, 152, 1), (57, 17, 1), (30, 4, 0), (30, 4, 1)):  # along the chin no flow tells
        one, two = found.points[:, point, axis], truth.points[:, vertex, axis]
        assert np.corrcoef(one, two)[0, 1] > 0.97, (point, axis)
    assert found.ear[:, 0].argmin() == pytest.approx(45, abs=1)


def test_half_the_movement_is_measured_as_half(measured):
    """Correlation stays, slope says it: through rendering, encoding, decoding, finding and aligning."""
    whole, half = (crops(measured[name][0].points)[:] for name in ("whole", "half"))
    mouth = dynamics(whole, half).regions["mouth"]
    assert mouth["r_cca"] > 0.9
    assert mouth["slope"] == pytest.approx(0.5, abs=0.08)
    assert mouth["sd_ratio"] == pytest.approx(0.5, abs=0.08)


def test_one_persons_descriptors_are_one_persons(measured):
    found = measured["whole"][0]
    rows = found.descriptors[np.isfinite(found.descriptors[:, 0])]
    assert np.linalg.norm(rows - rows.mean(axis=0), axis=1).max() < 0.4  # it smiles


def test_tracks_come_back_from_their_bytes_and_are_small(measured):
    found = measured["whole"][0]
    data = packing.pack(found)
    again = packing.unpack(data)
    assert len(data) < 4000 * found.n_frames
    assert np.array_equal(again.mesh, found.mesh)
    assert (again.size, again.models) == (found.size, found.models)
    for name in ("times", "ear", "mesh_ear", "box"):
        assert np.array_equal(getattr(again, name), getattr(found, name)), name
    for name in ("points", "descriptors", "pose", "skin"):
        assert np.allclose(getattr(again, name), getattr(found, name), rtol=1e-6, atol=1e-6, equal_nan=True), name
    assert np.allclose(again.variants["periocular"], found.variants["periocular"], atol=1e-6, equal_nan=True)


def test_missing_meshes_come_back_as_missing():
    mesh = np.full((5, 478, 3), np.nan, np.float32)
    mesh[1:3] = np.arange(3)
    again = packing.unpack(packing.pack(tracks(walk(5, 1), mesh=mesh)))
    assert np.array_equal(again.mesh, mesh, equal_nan=True)
    nothing = np.full((5, 478, 3), np.nan, np.float32)
    assert np.isnan(packing.unpack(packing.pack(tracks(walk(5, 1), mesh=nothing))).mesh).all()
    with pytest.raises(ValueError, match=r"9 bytes hold no tracks .* measure the video again"):
        packing.unpack(b"not a zip")


@pytest.mark.parametrize("n", [packing.BLOCK, packing.BLOCK + 1, 2 * packing.BLOCK + 7])
def test_meshes_come_back_over_all_blocks_with_cuts_and_gaps(n):
    """A jump of 3,000 pixels is more than a narrow step holds; the outline alone is read as the whole is."""
    rng = np.random.default_rng(n)
    mesh = (rng.integers(-40, 40, (n, 478, 3)).cumsum(axis=0) * GRID + 200).astype(np.float32)
    mesh[n // 2 :] += 3000
    mesh[[0, 7, packing.BLOCK - 1, n - 1]] = np.nan
    data = packing.pack(tracks(walk(n, 1), mesh=mesh))
    assert np.array_equal(packing.unpack(data).mesh, mesh, equal_nan=True)
    narrow = packing.unpack(data, whole_mesh=False)
    assert narrow.mesh.shape == (n, len(OUTLINE), 3)
    assert np.array_equal(narrow.outline, mesh[:, list(OUTLINE), :2], equal_nan=True)
    assert np.array_equal(packing.unpack(data).outline, narrow.outline, equal_nan=True)


def test_a_video_without_a_face_has_rows_of_nothing(tmp_path):
    found = measure_tracks(make_video(tmp_path / "a.mp4"))
    assert found.n_frames > 0
    for name in ("mesh", "points", "ear", "descriptors", "pose", "skin", "box"):
        assert np.isnan(getattr(found, name)).all(), name


def test_the_hash_names_models_and_rates():
    assert model_hash() == model_hash(Rates())
    assert model_hash() != model_hash(Rates(pose=1))


def test_a_library_measures_once(tmp_path, monkeypatch):
    video, told = make_video(tmp_path / "a.mp4"), []
    first = Library(tmp_path / "kept", told.append).tracks(video)
    again = Library(tmp_path / "kept", told.append).tracks(video)
    assert told == ["measuring a.mp4"]
    assert np.array_equal(first.times, again.times)
    assert Library(None, told.append).tracks(video).n_frames == first.n_frames
    assert len(told) == 2


def test_skin_colours_are_those_of_the_painted_regions():
    """A flat picture with one stripe: only the forehead sees it, and eyes and mouth are left out of the whole."""
    mesh = identity().mesh
    picture = np.full((*identity().picture.shape[:2], 3), (180, 140, 120), np.uint8)
    brows = int(mesh[[105, 334], 1].min())
    picture[:brows] = (200, 100, 50)
    for outline in (range(468, 473), range(473, 478)):
        x, y = mesh[list(outline), :2].mean(axis=0).astype(int)
        picture[y - 4 : y + 5, x - 4 : x + 5] = 0
    colours = dict(zip(SKIN_REGIONS, skin_colours(picture, mesh), strict=True))
    assert colours["forehead"] == pytest.approx((200, 100, 50))
    assert colours["right_cheek"] == pytest.approx((180, 140, 120))
    assert colours["left_cheek"] == pytest.approx((180, 140, 120))
    assert colours["all"].min() > 50 + 1e-9
    assert (colours["all"] >= (180, 100, 50)).all()
    assert (colours["all"] <= (200, 140, 120)).all()
    assert np.isnan(skin_colours(picture, np.full((478, 3), np.nan))).all()


def test_cheeks_are_on_the_subjects_own_sides():
    mesh = identity().mesh
    picture = np.zeros((*identity().picture.shape[:2], 3), np.uint8)
    picture[:, : int(mesh[4, 0])] = 100  # left in the picture is the subject's right
    colours = dict(zip(SKIN_REGIONS, skin_colours(picture, mesh), strict=True))
    assert colours["right_cheek"] == pytest.approx([100] * 3)
    assert colours["left_cheek"] == pytest.approx([0] * 3)


def test_joints_are_named_as_coco_and_openpose_name_them():
    """COCO: nose, left eye, right eye ... ; OpenPose: nose, neck, right shoulder ... (FACTS, section 5)."""
    pose = np.zeros((1, 33, 3))
    pose[0, :, 0], pose[0, :, 2] = np.arange(33), np.linspace(1, 0.5, 33)
    assert [COCO[place] for place in (0, 1, 2, 5, 6, 15, 16)] == [0, 2, 5, 11, 12, 27, 28]
    found = openpose18(pose)[0]
    assert found[[0, 2, 5, 8, 14, 15], 0].tolist() == [0, 12, 11, 24, 5, 2]
    assert found[1, 0] == 11.5
    assert found[1, 2] == pose[0, 12, 2]


def test_the_aspect_ratio_of_an_eye_by_hand():
    """Six points: 4 wide, lids 2 and 1 apart: (2 + 1) / (2 * 4)."""
    eye = np.array([[0, 0], [1, 1], [3, 0.5], [4, 0], [3, -0.5], [1, -1]])
    assert aspect_ratio(eye) == pytest.approx(3 / 8)
