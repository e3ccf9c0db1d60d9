"""Small files that stand in for weights, and stores that hold them. They are ONNX graphs and tensors, really run."""

import hashlib

import onnx
from onnx import TensorProto, helper

from modelstore.manifest import LOCAL, Entry, read, write
from modelstore.store import Store

LICENCE = {"licence": "made by the tests", "uses": ("research", "commercial"), "training_data": "none"}


def save_graph(path, nodes, takes, gives, numbers=()):
    """An ONNX file of float tensors; `takes` and `gives` are shapes by name, with words where a length is open."""
    graph = helper.make_graph(
        nodes, "stand-in",
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape)) for name, shape in takes.items()],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, list(shape)) for name, shape in gives.items()],
        list(numbers),
    )  # fmt: skip
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)])
    model.ir_version = 8
    onnx.save(model, path)
    return path


def doubling(path, side=4):
    """A network that doubles (n, side)."""
    nodes = [helper.make_node("Add", ["x", "x"], ["y"])]
    return save_graph(path, nodes, {"x": ("n", side)}, {"y": ("n", side)})


def entry_of(path, name="small", **said):
    """An entry that vouches for a file."""
    content = path.read_bytes()
    told = {"task": "a test", "file": path.name, "size": len(content), **LICENCE, **said}
    return Entry(name=name, sha256=hashlib.sha256(content).hexdigest(), **told)


def vouch(store, path, name="small", **said):
    """Record the file of a store's folder under a name of its own."""
    kept = {each.name: each for each in read(store.folder / LOCAL)}
    write(store.folder / LOCAL, {**kept, name: entry_of(path, name, **said)}.values())
    return store


def small_store(folder, **said):
    """A store with one network, `small`."""
    return vouch(Store(folder), doubling(folder / "small.onnx"), **said)


def store_of(folder, **files):
    """A store whose shipped entries are these files of its folder, by name."""
    manifest = folder / "shipped.json"
    write(manifest, [entry_of(path, name) for name, path in files.items()])
    return Store(folder, shipped=manifest)
