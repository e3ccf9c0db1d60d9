"""Small networks with the inputs and outputs of insightface's, whose answers can be computed by hand; and stores."""

import numpy as np
from onnx import helper, numpy_helper

from faces.alignment import template
from tests.modelstore.making import save_graph, store_of

BLOCK, BLOCKS = 7, 16
SIDE_CELLS = 4  # a found face is so many cells wide and high


def block_means(path, side=112, size=512):
    """A recogniser: means of 7 x 7 pixel blocks, first of red, then of green, the first `size` of them."""
    nodes = [
        helper.make_node("AveragePool", ["x"], ["blocks"], kernel_shape=[BLOCK, BLOCK], strides=[BLOCK, BLOCK]),
        helper.make_node("Flatten", ["blocks"], ["all"]),
        helper.make_node("Slice", ["all", "first", "last", "axis"], ["y"]),
    ]
    numbers = {"first": 0, "last": size, "axis": 1}
    return save_graph(
        path, nodes, {"x": ("n", 3, side, side)}, {"y": ("n", size)},
        [numpy_helper.from_array(np.array([value]), name) for name, value in numbers.items()],
    )  # fmt: skip


def face_in_cells():
    """(5, 2) the five points of a found face, in cells from its cell's corner, which is in the face's middle."""
    return (template(112) / 112 - 0.5) * SIDE_CELLS


def reddish_detector(path, redness=0.5, strides=(8, 16, 32)):
    """A detector: where a cell is redder than green by the share `redness` of all levels, there is a face around it.

    Large cells are surer than small ones. A cell's second box is as sure as its first, and empty.
    """
    nodes, numbers, gives = [], [], {}
    for kind, width in (("score", 1), ("edges", 4), ("points", 10)):
        for stride in strides:
            name = f"{kind}{stride}"
            weight = np.zeros((2 * width, 3, stride, stride), np.float32)
            bias = np.zeros(2 * width, np.float32)
            if kind == "score":  # levels come in as 1/128
                gain = 1 + stride / 8
                weight[:, 0], weight[:, 1] = gain / stride**2, -gain / stride**2
                bias[:] = -gain * redness * 255 / 128
            elif kind == "edges":
                bias[:4] = SIDE_CELLS / 2
            else:
                bias[:10] = face_in_cells().ravel()
            numbers += [numpy_helper.from_array(weight, f"{name}_w"), numpy_helper.from_array(bias, f"{name}_b")]
            nodes += _head(name, stride, width, is_score=kind == "score")
            gives[name] = (f"{name}_n", width)
    numbers += [numpy_helper.from_array(np.array([-1, width]), f"to_{width}") for width in (1, 4, 10)]
    return save_graph(path, nodes, {"input.1": (1, 3, "h", "w")}, gives, numbers)


def _head(name, stride, width, is_score):
    cells = {"kernel_shape": [stride, stride], "strides": [stride, stride]}
    nodes = [
        helper.make_node("Conv", ["input.1", f"{name}_w", f"{name}_b"], [f"{name}_c"], **cells),
        helper.make_node("Transpose", [f"{name}_c"], [f"{name}_t"], perm=[0, 2, 3, 1]),
        helper.make_node("Reshape", [f"{name}_t", f"to_{width}"], [f"{name}_r" if is_score else name]),
    ]
    return [*nodes, helper.make_node("Sigmoid", [f"{name}_r"], [name])] if is_score else nodes


def ring(radius=0.6):
    """(106, 2) points on a circle, in halves of the crop from its middle."""
    angle = 2 * np.pi * np.arange(106) / 106
    return radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)


def ring_of_landmarks(path, points=None, side=192):
    """A landmarker that gives the same points for every face."""
    points = ring() if points is None else points
    nodes = [
        helper.make_node("GlobalAveragePool", ["data"], ["mean"]),
        helper.make_node("Flatten", ["mean"], ["flat"]),
        helper.make_node("Gemm", ["flat", "none", "points"], ["fc1"]),
    ]
    numbers = [
        numpy_helper.from_array(np.zeros((3, points.size), np.float32), "none"),
        numpy_helper.from_array(points.ravel().astype(np.float32), "points"),
    ]
    return save_graph(path, nodes, {"data": ("n", 3, side, side)}, {"fc1": ("n", points.size)}, numbers)


def random_swapper(path, seed=0, side=128, matrix=None):
    """A swapper of random weights: its picture hangs on the target's pixels and on the source."""
    rng = np.random.default_rng(seed)
    table = rng.normal(size=(512, 512)).astype(np.float32) if matrix is None else matrix
    numbers = [
        numpy_helper.from_array(rng.normal(size=(3, 3, 5, 5)).astype(np.float32) / 4, "w"),
        numpy_helper.from_array(rng.normal(size=(512, 3)).astype(np.float32), "colour"),
        numpy_helper.from_array(np.array([0, 3, 1, 1]), "shape"),
        numpy_helper.from_array(table, "identities"),
    ]
    nodes = [
        helper.make_node("Conv", ["target", "w"], ["mixed"], pads=[2, 2, 2, 2]),
        helper.make_node("MatMul", ["source", "colour"], ["tint"]),
        helper.make_node("Reshape", ["tint", "shape"], ["tints"]),
        helper.make_node("Add", ["mixed", "tints"], ["sum"]),
        helper.make_node("Sigmoid", ["sum"], ["output"]),
    ]
    takes = {"target": (1, 3, side, side), "source": (1, 512)}
    return save_graph(path, nodes, takes, {"output": (1, 3, side, side)}, numbers)


def insightface_store(folder, **other):
    """A store with small networks in the places of insightface's; `other` ones by name."""
    made = {
        "det_10g": reddish_detector,
        "2d106det": ring_of_landmarks,
        "w600k_r50": block_means,
        "inswapper_128": random_swapper,
        **other,
    }
    return store_of(folder, **{name: make(folder / f"{name}.onnx") for name, make in made.items()})
