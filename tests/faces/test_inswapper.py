"""inswapper and the 106 landmarks: what goes in and what comes out, checked against the ONNX library and by hand."""

import numpy as np
import onnx
import pytest
from onnx import numpy_helper

from faces.alignment import TEMPLATE_112, aligning, template
from faces.arcface import cut
from faces.inswapper import Inswapper
from faces.landmarks106 import Landmarks106
from faces.protocol import FaceBox
from modelstore.errors import BadWeights
from modelstore.onnx_file import last_initializer
from tests.faces.networks import block_means, insightface_store, random_swapper, ring, ring_of_landmarks
from tests.modelstore.making import store_of


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return insightface_store(tmp_path_factory.mktemp("models"))


def test_the_last_constant_is_read_as_the_onnx_library_reads_it(store):
    path = store.path("inswapper_128")
    assert np.array_equal(last_initializer(path), numpy_helper.to_array(onnx.load(path).graph.initializer[-1]))


def test_constants_kept_as_packed_floats_are_read_too(tmp_path):
    model = onnx.load(random_swapper(tmp_path / "a.onnx"))
    numbers = np.arange(12, dtype=np.float32)
    model.graph.initializer.append(onnx.helper.make_tensor("last", onnx.TensorProto.FLOAT, [3, 4], numbers, raw=False))
    onnx.save(model, tmp_path / "b.onnx")
    assert np.array_equal(last_initializer(tmp_path / "b.onnx"), numbers.reshape(3, 4))


@pytest.mark.parametrize("length", [10, 3000, -5])
def test_a_file_that_was_cut_off_has_no_constants(tmp_path, length):
    content = random_swapper(tmp_path / "a.onnx").read_bytes()
    (tmp_path / "b.onnx").write_bytes(content[:length])
    with pytest.raises(BadWeights, match="holds no table of numbers"):
        last_initializer(tmp_path / "b.onnx")


def test_the_source_is_the_descriptor_times_the_networks_table_and_of_length_one(store):
    """FACTS of inswapper: normed embedding times the last initializer, normalised again."""
    descriptor = np.random.default_rng(4).normal(size=512)
    descriptor /= np.linalg.norm(descriptor)
    table = numpy_helper.to_array(onnx.load(store.path("inswapper_128")).graph.initializer[-1])
    byhand = descriptor @ table / np.linalg.norm(descriptor @ table)
    found = Inswapper(store).source(descriptor)
    assert (found.shape, found.dtype) == ((1, 512), np.float32)
    assert found[0] == pytest.approx(byhand, abs=1e-6)


def test_levels_go_in_from_0_to_1_red_first_and_come_out_as_pixels(tmp_path):
    """A table of numbers cannot turn colours around: the network here gives back its target."""
    nodes = [onnx.helper.make_node("Identity", ["target"], ["output"])]
    model = onnx.load(random_swapper(tmp_path / "inswapper_128.onnx"))
    del model.graph.node[:]
    model.graph.node.extend(nodes)
    onnx.save(model, tmp_path / "inswapper_128.onnx")
    same = Inswapper(store_of(tmp_path, inswapper_128=tmp_path / "inswapper_128.onnx"))
    face = np.random.default_rng(1).integers(0, 256, (128, 128, 3), dtype=np.uint8)
    assert np.array_equal(same.swap(face, np.zeros((1, 512), np.float32)), face)


def test_another_identity_gives_another_face(store):
    network, face = Inswapper(store), np.full((128, 128, 3), 120, np.uint8)
    one, two = (network.swap(face, network.source(np.eye(512)[number])) for number in (0, 1))
    assert one.shape == face.shape
    assert not np.array_equal(one, two)


def test_levels_that_are_no_numbers_are_refused(store):
    network = Inswapper(store)
    with pytest.raises(BadWeights, match="no levels"):
        network.swap(np.zeros((128, 128, 3), np.uint8), np.full((1, 512), np.nan, np.float32))


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (lambda path: random_swapper(path, side=64), "put its own network there"),
        (block_means, "put its own network there"),
        (lambda path: random_swapper(path, matrix=np.eye(4, dtype=np.float32)), r"table of \(4, 4\)"),
    ],
)
def test_another_network_is_refused(tmp_path, make, told):
    with pytest.raises(BadWeights, match=told):
        Inswapper(store_of(tmp_path, inswapper_128=make(tmp_path / "inswapper_128.onnx")))


def test_the_template_at_128_is_the_published_one_moved_by_8(store):
    assert template(128) == pytest.approx(TEMPLATE_112 + np.array((8, 0)))
    assert template(224) == pytest.approx(2 * TEMPLATE_112)


def test_five_points_come_to_lie_on_the_template():
    five = np.array([(200, 150), (260, 160), (225, 190), (195, 215), (245, 225)], dtype=float)
    matrix = aligning(five, 128)
    moved = five @ matrix[:, :2].T + matrix[:, 2]
    assert np.linalg.norm(moved - template(128), axis=1).max() < 8  # a similarity cannot fit five points exactly
    assert moved.mean(axis=0) == pytest.approx(template(128).mean(axis=0))


@pytest.mark.parametrize("five", [np.zeros((5, 2)), np.full((5, 2), np.nan)])
def test_points_that_no_face_can_have_are_refused(five):
    with pytest.raises(ValueError, match="no face can have"):
        aligning(five, 128)


def test_landmarks_lie_in_the_faces_box_as_the_network_says(store):
    """The crop is 1.5 times the face's longer side: a ring of radius 0.6 has 0.45 of that side."""
    box = FaceBox(100, 60, 80, 120)
    found = Landmarks106(store).points(np.zeros((300, 400, 3), np.uint8), box)
    assert found == pytest.approx(np.array(box.centre) + ring() / 0.6 * 0.45 * 120, abs=1e-3)


def test_the_landmarkers_crop_is_the_face_in_its_middle():
    """The same matrix by hand: a bright spot at the box's centre comes to the middle of 192 pixels."""
    picture = np.zeros((300, 400, 3), np.uint8)
    picture[110:131, 130:151] = 255
    scale = 192 / 180
    face = cut(picture, np.array([[scale, 0, 96 - scale * 140], [0, scale, 96 - scale * 120]]), 192)
    rows, columns = np.nonzero(face[:, :, 0] > 127)
    assert (rows.mean(), columns.mean()) == pytest.approx((96, 96), abs=0.5)


def test_a_landmarker_of_other_size_is_refused(tmp_path):
    few = ring_of_landmarks(tmp_path / "2d106det.onnx", ring()[:68])
    with pytest.raises(BadWeights, match="put its own network there"):
        Landmarks106(store_of(tmp_path, **{"2d106det": few}))
