"""Reading one table of numbers out of an ONNX file, without the library that writes such files."""

import mmap
from contextlib import closing
from math import prod
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from modelstore.errors import BadWeights
from modelstore.protobuf import Part, fields, varints

GRAPH, INITIALIZER = 7, 5  # fields of ModelProto and GraphProto
DIMS, DATA_TYPE, FLOAT_DATA, RAW_DATA, FLOAT = 1, 2, 4, 9, 1  # of TensorProto


def last_initializer(path: Path) -> NDArray[np.float32]:
    """The last constant of a network's graph, which inswapper keeps its identity matrix in.

    Raises
    ------
    BadWeights : the file ends too early, or there is no such table of floats
    """
    with path.open("rb") as file, closing(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)) as content:
        try:
            graph = _last(content, (0, len(content)), GRAPH)
            return table(content, _last(content, graph, INITIALIZER))
        except (IndexError, LookupError, ValueError) as error:
            raise BadWeights(f"{path.name} holds no table of numbers where inswapper keeps one: {error}.") from error


def _last(content: mmap.mmap, part: Part, wanted: int) -> Part:
    found = None
    for field, value in fields(content, *part):
        if field == wanted and isinstance(value, tuple):
            found = value
    if found is None:
        raise LookupError(f"no field {wanted}")
    return found


def table(content: mmap.mmap, part: Part) -> NDArray[np.float32]:
    """A tensor of floats, kept as raw bytes or as packed floats."""
    dims: list[int] = []
    kind, data = 0, b""
    for field, value in fields(content, *part):
        if field == DIMS:
            dims += [value] if isinstance(value, int) else varints(content, *value)
        elif field == DATA_TYPE and isinstance(value, int):
            kind = value
        elif field in (FLOAT_DATA, RAW_DATA) and isinstance(value, tuple):
            data += content[slice(*value)]
    if kind != FLOAT or len(data) != 4 * prod(dims):
        raise ValueError(f"{len(data)} bytes of kind {kind} for {dims}")
    return np.frombuffer(data, "<f4").reshape(dims)
