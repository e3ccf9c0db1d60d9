"""ArcFace behind the model store: alignment, levels and length are right; what is no such network is refused.

The weights are no part of the product. A small network stands in for them: mean levels of 7 x 7 pixel blocks, first of
red, then of green, so that what it gives can be computed by hand.
"""

from dataclasses import replace

import numpy as np
import pytest

from analysis.algorithms.fidelity.errors import Unavailable
from analysis.algorithms.fidelity.face_metrics import descriptors_of
from analysis.algorithms.fidelity.identity import ARCFACE, distances
from analysis.algorithms.fidelity.library import Library
from analysis.algorithms.fidelity.tracks import measure_tracks, model_hash
from faces.alignment import TEMPLATE_112
from faces.arcface import ArcFace, aligned_face, in_store, prepared
from faces.protocol import FaceDescriber
from modelstore.errors import BadWeights
from modelstore.store import Store
from tests.analysis.fidelity.faces68 import tracks, walk
from tests.faces.networks import BLOCK, BLOCKS, block_means
from tests.modelstore.making import store_of, vouch
from tests.videoio.making import make_video

FILE = "arcface.onnx"


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    return store_of(folder, arcface=block_means(folder / FILE))


def points68(five):
    """68 points whose eyes, nose and mouth corners are these five."""
    points = np.zeros((68, 2))
    points[36:42], points[42:48] = five[0], five[1]
    points[36:42] += np.array([(-6, 0), (-3, 2), (3, 2), (6, 0), (3, -2), (-3, -2)])
    points[30], points[48], points[54] = five[2], five[3], five[4]
    return points


def turned(points, scale=2.5, degrees=20.0, shift=(90.0, 40.0)):
    turn = np.deg2rad(degrees)
    matrix = scale * np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    return points @ matrix.T + shift


def test_eyes_nose_and_mouth_come_to_lie_on_the_template():
    """Soft spots are painted where a turned and enlarged face has its five points; each is found where ArcFace's
    published template has it, to a twentieth of a pixel."""
    y, x = np.mgrid[:440, :440]
    for place, five in zip(TEMPLATE_112, turned(TEMPLATE_112), strict=True):
        spot = np.exp(-((x - five[0]) ** 2 + (y - five[1]) ** 2) / (2 * 12**2))
        picture = np.repeat((250 * spot).astype(np.uint8)[:, :, None], 3, axis=2)
        face = aligned_face(picture, points68(turned(TEMPLATE_112)))[:, :, 0].astype(float)
        rows, columns = np.mgrid[:112, :112]
        middle = (face * columns).sum() / face.sum(), (face * rows).sum() / face.sum()
        assert middle == pytest.approx(tuple(place), abs=0.05)


def test_levels_run_from_minus_one_to_one_and_red_comes_first():
    face = np.zeros((112, 112, 3), np.uint8)
    face[..., 0], face[..., 2] = 255, 51
    found = prepared(face)
    assert (found.shape, found.dtype) == ((3, 112, 112), np.float32)
    assert [float(channel.mean()) for channel in found] == pytest.approx([1, -1, -0.6])


def test_a_descriptor_has_length_one_and_is_of_the_aligned_face(store):
    rng = np.random.default_rng(2)
    picture = rng.integers(0, 255, (40, 40, 3), dtype=np.uint8).repeat(11, 0).repeat(11, 1)
    where = points68(turned(TEMPLATE_112))
    found = in_store(store).describe(picture, where)
    blocks = prepared(aligned_face(picture, where)).reshape(3, BLOCKS, BLOCK, BLOCKS, BLOCK).mean(axis=(2, 4))
    byhand = blocks.reshape(-1)[:512]
    assert np.linalg.norm(found) == pytest.approx(1)
    assert found == pytest.approx(byhand / np.linalg.norm(byhand), abs=1e-5)
    same = in_store(store).describe(np.rot90(picture).copy(), points68(turned_by_rot90(turned(TEMPLATE_112))))
    assert distances(found[None], same[None], ARCFACE)[0, 0] == pytest.approx(0, abs=1e-3)


def turned_by_rot90(points, side=440):
    """Where pixels go when a square picture is turned by a quarter."""
    return np.stack([points[:, 1], side - 1 - points[:, 0]], axis=1)


def test_it_is_a_describer_and_its_version_names_its_weights(store, tmp_path):
    found = in_store(store)
    assert isinstance(found, FaceDescriber)
    assert found.version.startswith("arcface ")
    other = ArcFace(store_of(tmp_path, arcface=block_means(tmp_path / "b.onnx")))
    assert other.version == found.version
    assert model_hash(describer=found) != model_hash()


def test_where_it_is_missing_or_not_allowed_there_is_none(store, tmp_path):
    assert in_store(Store(tmp_path)) is None
    vouch(research := Store(tmp_path), block_means(tmp_path / FILE), "arcface", uses=("research",))
    assert in_store(research) is not None
    assert in_store(replace(research, use="commercial")) is None


def test_a_file_that_nobody_vouched_for_judges_nothing(tmp_path):
    block_means(tmp_path / FILE)
    with pytest.raises(BadWeights, match=r"manage\.py models add arcface"):
        in_store(Store(tmp_path))


@pytest.mark.parametrize(("side", "size"), [(128, 512), (112, 128)])
def test_another_network_of_that_name_is_refused(tmp_path, side, size):
    with pytest.raises(BadWeights, match=r"arcface takes \(any, 3, 112, 112\) and gives \(any, 512\)") as refused:
        in_store(store_of(tmp_path, arcface=block_means(tmp_path / FILE, side, size)))
    assert f"(any, 3, {side}, {side})" in str(refused.value)


def test_a_file_that_is_no_network_is_refused(tmp_path):
    (tmp_path / FILE).write_bytes(b"not a network")
    with pytest.raises(BadWeights, match="copy it again"):
        in_store(store_of(tmp_path, arcface=tmp_path / FILE))


def test_videos_and_portraits_carry_its_descriptors_and_without_weights_a_reason_stands(store, tmp_path, phantom_face):
    video = make_video(tmp_path / "a.mp4", ticks=range(0, 5 * 512, 512))
    assert measure_tracks(video, describer=in_store(store)).variants["arcface"].shape == (1, 512)
    rows = Library(describer=in_store(store)).portraits(phantom_face)["arcface"]
    assert np.linalg.norm(rows, axis=1) == pytest.approx([1])
    with pytest.raises(Unavailable, match=r"no weights of arcface.*Add them with manage.py models add arcface"):
        descriptors_of(tracks(walk(30, 0)), "arcface")


@pytest.fixture
def phantom_face(tmp_path):
    """A folder with the portrait of one shipped donor."""
    from deid.donor_queries import shipped_donors, shipped_picture

    picture = shipped_picture(shipped_donors()[0]["name"])
    (tmp_path / "portraits").mkdir()
    (tmp_path / "portraits" / picture.name).write_bytes(picture.read_bytes())
    return tmp_path / "portraits"
