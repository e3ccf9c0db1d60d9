"""The graph of an ONNX file as plain values: nodes in their order, and its tables of floats."""

import mmap
import struct
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from modelstore.errors import BadWeights
from modelstore.onnx_file import GRAPH, INITIALIZER, table
from modelstore.protobuf import Part, fields, varints

NODE, INPUT, OUTPUT, TABLE_NAME, VALUE_NAME = 1, 11, 12, 8, 1  # of GraphProto, TensorProto, ValueInfoProto
TAKES, GIVES, OPERATION, ATTRIBUTE = 1, 2, 4, 5  # of NodeProto
NAME, FLOAT, INTEGER, INTEGERS = 1, 2, 3, 8  # of AttributeProto


@dataclass(frozen=True, slots=True)
class Node:
    """An operation on named values."""

    operation: str
    takes: tuple[str, ...]
    gives: tuple[str, ...]
    attributes: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Graph:
    """`takes` and `gives` are the values that come in and go out, tables left out."""

    nodes: tuple[Node, ...]
    tables: Mapping[str, NDArray[np.float32]]
    takes: tuple[str, ...]
    gives: tuple[str, ...]


def read_graph(path: Path) -> Graph:
    """The graph of a file. Tables that are not of floats are left out.

    Raises
    ------
    BadWeights : it cannot be read
    """
    try:
        with path.open("rb") as file, closing(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)) as content:
            parts = [value for field, value in fields(content, 0, len(content)) if field == GRAPH]
            return _graph(content, _part(parts[-1]))
    except (OSError, IndexError, LookupError, ValueError, struct.error) as error:
        raise BadWeights(f"{path.name} cannot be read as an ONNX network ({error}): copy it again.") from error


def _graph(content: mmap.mmap, part: Part) -> Graph:
    found: dict[int, list[Part]] = {NODE: [], INITIALIZER: [], INPUT: [], OUTPUT: []}
    for field, value in fields(content, *part):
        if field in found:
            found[field].append(_part(value))
    tables = {}
    for each in found[INITIALIZER]:
        name = _texts(content, each, TABLE_NAME)[0]
        try:
            tables[name] = table(content, each)
        except ValueError:  # shapes and indices are integers; an operation that needs one will miss it
            continue
    names = [[_texts(content, each, VALUE_NAME)[0] for each in found[kind]] for kind in (INPUT, OUTPUT)]
    nodes = tuple(_node(content, each) for each in found[NODE])
    return Graph(nodes, tables, tuple(name for name in names[0] if name not in tables), tuple(names[1]))


def _node(content: mmap.mmap, part: Part) -> Node:
    attributes = {}
    for field, value in fields(content, *part):
        if field == ATTRIBUTE:
            name, told = _attribute(content, _part(value))
            attributes[name] = told
    takes, gives, operation = (_texts(content, part, field) for field in (TAKES, GIVES, OPERATION))
    return Node(operation[0], tuple(takes), tuple(gives), attributes)


def _attribute(content: mmap.mmap, part: Part) -> tuple[str, Any]:
    """Name and value: a float, an integer or integers; None for others."""
    told: Any = None
    numbers: list[int] = []
    for field, value in fields(content, *part):
        if field == FLOAT:
            (told,) = struct.unpack("<f", content[slice(*_part(value))])
        elif field == INTEGER and isinstance(value, int):
            told = value
        elif field == INTEGERS:
            numbers += [value] if isinstance(value, int) else varints(content, *value)
    return _texts(content, part, NAME)[0], numbers or told


def _texts(content: mmap.mmap, part: Part, wanted: int) -> list[str]:
    return [content[slice(*_part(value))].decode() for field, value in fields(content, *part) if field == wanted]


def _part(value: int | Part) -> Part:
    if isinstance(value, int):
        raise ValueError("a number stands where a part of the file should")
    return value
