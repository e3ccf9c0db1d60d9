"""An ONNX network as a torch module: onnxruntime passes no gradients, and a trained generator needs the judge's."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from modelstore.errors import BadWeights
from modelstore.onnx_graph import Graph, Node, read_graph

Operation = Callable[[Mapping[str, Any], list[Tensor]], Tensor]


class OnnxNetwork(nn.Module):
    """Runs the operations of which insightface's recognisers (IResNet) are made; weights stay as they are.

    Parameters
    ----------
    graph : one value in, one out
    name : of the file, for messages

    Raises
    ------
    BadWeights : it takes or gives several, or has an operation that is not known here
    """

    def __init__(self, graph: Graph, name: str) -> None:
        super().__init__()
        odd = sorted({node.operation for node in graph.nodes} - set(OPERATIONS))
        if odd or len(graph.takes) != 1 or len(graph.gives) != 1:
            raise BadWeights(
                f"{name} takes {len(graph.takes)} values, gives {len(graph.gives)} and has the operations "
                f"{', '.join(odd) or 'known here'}; gradients pass through recognisers of one input and one output "
                f"made of {', '.join(OPERATIONS)}. Use another."
            )
        self._nodes, self._takes, self._gives = graph.nodes, graph.takes[0], graph.gives[0]
        self._tables = {key: f"table_{number}" for number, key in enumerate(graph.tables)}
        for key, values in graph.tables.items():
            self.register_buffer(self._tables[key], torch.from_numpy(values.copy()))

    def forward(self, x: Tensor) -> Tensor:
        known = {self._takes: x, **{key: getattr(self, own) for key, own in self._tables.items()}}
        for node in self._nodes:
            known[node.gives[0]] = self._run(node, known)
        return known[self._gives]

    def _run(self, node: Node, known: Mapping[str, Tensor]) -> Tensor:
        try:
            given = [known[name] for name in node.takes if name]
        except KeyError as error:
            raise BadWeights(
                f"{node.operation} needs {error}, which is no table of floats: use another file."
            ) from error
        return OPERATIONS[node.operation](node.attributes, given)


def _conv(told: Mapping[str, Any], given: list[Tensor]) -> Tensor:
    top, left, bottom, right = told.get("pads") or (0, 0, 0, 0)
    x = F.pad(given[0], (left, right, top, bottom))
    dilation, group = told.get("dilations") or (1, 1), told.get("group") or 1
    return F.conv2d(x, given[1], given[2] if len(given) > 2 else None, told.get("strides") or 1, 0, dilation, group)


def _batch_norm(told: Mapping[str, Any], given: list[Tensor]) -> Tensor:
    x, scale, shift, mean, variance = given[:5]
    return F.batch_norm(x, mean, variance, scale, shift, training=False, eps=told.get("epsilon") or 1e-5)


def _gemm(told: Mapping[str, Any], given: list[Tensor]) -> Tensor:
    a, b = (x.t() if told.get(name) else x for x, name in zip(given, ("transA", "transB"), strict=False))
    product = told.get("alpha", 1.0) * (a @ b)
    return product + told.get("beta", 1.0) * given[2] if len(given) > 2 else product


OPERATIONS: dict[str, Operation] = {
    "Conv": _conv,
    "BatchNormalization": _batch_norm,
    "Gemm": _gemm,
    "PRelu": lambda told, given: torch.where(given[0] > 0, given[0], given[0] * given[1]),
    "Relu": lambda told, given: given[0].relu(),
    "Add": lambda told, given: given[0] + given[1],
    "Sub": lambda told, given: given[0] - given[1],
    "Mul": lambda told, given: given[0] * given[1],
    "Div": lambda told, given: given[0] / given[1],
    "Flatten": lambda told, given: given[0].flatten(told.get("axis") or 1),
    "Identity": lambda told, given: given[0],
    "Dropout": lambda told, given: given[0],  # it drops nothing where nothing is trained
}


def read_onnx(path: Path) -> OnnxNetwork:
    """The network of a file; BadWeights where it cannot be one."""
    return OnnxNetwork(read_graph(path), path.name)
