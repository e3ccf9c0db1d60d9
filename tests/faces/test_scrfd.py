"""SCRFD: boxes and points come out where cells say, at two scales, one for each face."""

import numpy as np
import pytest

from faces.protocol import FaceDetector
from faces.registry import detector
from faces.scrfd import ScrfdDetector, decoded
from modelstore.errors import BadWeights, MissingWeights
from modelstore.store import Store
from tests.faces.networks import SIDE_CELLS, block_means, face_in_cells, insightface_store, reddish_detector
from tests.modelstore.making import store_of


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return insightface_store(tmp_path_factory.mktemp("models"))


def outputs(size, at, stride, score=0.9, edges=(1, 2, 3, 4)):
    """What a network gives for a picture of `size` = (height, width) with one face in one cell (row, column)."""
    kinds = {1: [], 4: [], 10: []}
    for each in (8, 16, 32):
        rows, columns = size[0] // each, size[1] // each
        for width in kinds:
            kinds[width].append(np.zeros((rows * columns * 2, width), np.float32))
        if each == stride:
            number = (at[0] * columns + at[1]) * 2 + 1  # the cell's second box
            kinds[1][-1][number], kinds[4][-1][number] = score, edges
            kinds[10][-1][number] = np.arange(10)
    return [*kinds[1], *kinds[4], *kinds[10]]


@pytest.mark.parametrize("stride", [8, 16, 32])
def test_a_box_is_measured_from_its_cell_in_units_of_the_stride(stride):
    """By hand: cell (2, 3) begins at (3s, 2s); edges 1, 2, 3, 4 cells to the left, up, right, down."""
    (face,) = decoded(outputs((256, 320), (2, 3), stride), (256, 320), 0.5)
    box = face.box
    assert (box.x, box.y, box.width, box.height) == (2 * stride, 0, 4 * stride, 6 * stride)
    assert box.score == pytest.approx(0.9)
    assert face.points.tolist() == [[(3 + 2 * k) * stride, (3 + 2 * k) * stride] for k in range(5)]


def test_a_face_under_the_threshold_is_none():
    assert decoded(outputs((64, 64), (0, 0), 8, score=0.49), (64, 64), 0.5) == []


@pytest.mark.parametrize("edges", [(np.nan, 1, 1, 1), (-2, 1, 1, 1), (1, 1, 1, -1)])
def test_a_box_without_an_inside_is_none(edges):
    assert decoded(outputs((64, 64), (0, 0), 8, edges=edges), (64, 64), 0.5) == []


def test_fewer_rows_than_cells_are_refused():
    with pytest.raises(BadWeights, match="gives 128 boxes at stride 8, expected 512"):
        decoded(outputs((64, 64), (0, 0), 8), (128, 128), 0.5)


def picture(size, *squares):
    """Grey, with red squares (left, top, side)."""
    rgb = np.full((size[1], size[0], 3), 90, np.uint8)
    for left, top, side in squares:
        rgb[top : top + side, left : left + side] = (255, 0, 0)
    return rgb


def test_a_small_face_is_found_at_the_large_scale_where_it_lies(store):
    """A red square of one 16-pixel cell: its stand-in face is four cells wide, about the cell's corner."""
    (face,) = [each for each in ScrfdDetector(store).faces(picture((640, 480), (320, 160, 16))) if each.box.width == 64]
    assert (face.box.x, face.box.y, face.box.height) == (320 - 32, 160 - 32, 64)
    assert face.points == pytest.approx(np.array([320, 160]) + 16 * face_in_cells())


def test_a_face_that_only_the_small_scale_shows_is_found_too(store):
    """Every fifth pixel is red: a twenty-fifth of each cell at 640, and all of one cell at 128, where just these pixels
    are left. The face around that cell is four cells of 32 pixels there, five times that here."""
    network, rgb = ScrfdDetector(store), picture((640, 640))
    rgb[322:480:5, 322:480:5] = (255, 0, 0)
    assert network.faces(rgb, [640]) == []
    (face,) = [each for each in network.faces(rgb) if each.box.width == SIDE_CELLS * 32 * 5]
    assert face.box.centre == (320, 320)
    assert face.points == pytest.approx(320 + 160 * face_in_cells())


def test_the_same_face_found_twice_is_one_and_two_faces_are_two(store):
    network = ScrfdDetector(store)
    boxes = network.detect(picture((640, 640), (128, 128, 32), (448, 448, 32)))
    assert len([box for box in boxes if box.width == 128]) == 2
    assert all(one.iou(two) < 0.4 for one in boxes for two in boxes if one is not two)
    assert [box.score for box in boxes] == sorted((box.score for box in boxes), reverse=True)


def test_pictures_of_any_size_are_filled_up_to_whole_cells(store):
    assert ScrfdDetector(store).detect(picture((333, 77))) == []


def test_it_is_a_detector_of_the_registry(store):
    found = detector("scrfd", store)
    assert isinstance(found, FaceDetector)
    assert store.entry("det_10g").sha256[:12] in found.version
    with pytest.raises(MissingWeights, match="say where the model store is"):
        detector("scrfd")
    with pytest.raises(LookupError, match="mediapipe, scrfd"):
        detector("nothing")


@pytest.mark.parametrize("other", [block_means, lambda path: reddish_detector(path, strides=(8, 16))])
def test_another_network_is_refused(tmp_path, other):
    with pytest.raises(BadWeights, match="put its own network there"):
        ScrfdDetector(store_of(tmp_path, det_10g=other(tmp_path / "det_10g.onnx")))


def test_without_weights_there_is_a_sentence_with_the_command(tmp_path):
    with pytest.raises(MissingWeights, match=r"manage\.py models fetch det_10g"):
        detector("scrfd", Store(tmp_path))
