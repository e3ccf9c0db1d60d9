"""dlib's face recognition network, run by matrix products: the same numbers from the same weights, several times as
fast.

The wheel of dlib has no BLAS and takes some 80 ms a face. The network (ResNet with 29 layers, D. E. King 2017; its
weights are in the public domain) is small: convolutions whose batch normalisation is an affine map, blocks of two with
a short cut, a mean over what is left, 128 numbers.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

SIZE = 150  # pixels; side of the aligned face
MEAN_RGB, SCALE = np.array((122.782, 117.001, 104.298), np.float32), np.float32(256)
TENSOR = b"\x01\x02"  # the version that opens every tensor in dlib's files
# Channels of the blocks in order, and whether each halves the picture.
BLOCKS = (
    *[(32, False)] * 3,
    (64, True), *[(64, False)] * 3,
    (128, True), *[(128, False)] * 2,
    (256, True), *[(256, False)] * 2,
    (256, True),
)  # fmt: skip
Maps = NDArray[np.float32]  # (n, height, width, channels)


@dataclass(frozen=True, slots=True)
class Convolution:
    """`weights` (side * side * channels in, channels out), the affine map that follows it worked in."""

    weights: NDArray[np.float32]
    bias: NDArray[np.float32]
    side: int
    stride: int

    def __call__(self, maps: Maps) -> Maps:
        """Without padding where it strides, else as large as before."""
        if self.stride == 1:
            edge = self.side // 2
            maps = np.pad(maps, ((0, 0), (edge, edge), (edge, edge), (0, 0)))
        n, height, width, _ = maps.shape
        down, across = ((length - self.side) // self.stride + 1 for length in (height, width))
        shifts = [
            maps[:, y : y + self.stride * down : self.stride, x : x + self.stride * across : self.stride]
            for y in range(self.side)
            for x in range(self.side)
        ]
        spread = np.concatenate(shifts, axis=3).reshape(n * down * across, -1)
        found: Maps = (spread @ self.weights + self.bias).reshape(n, down, across, -1)
        return found


@dataclass(frozen=True, slots=True)
class Network:
    """Aligned faces to descriptors."""

    first: Convolution
    blocks: tuple[tuple[Convolution, Convolution], ...]
    last: NDArray[np.float32]  # (256, 128)

    @classmethod
    def read(cls, path: Path) -> "Network":
        """The network in a file of dlib's.

        Raises
        ------
        ValueError : the file holds another network
        """
        tensors = _Tensors(path)
        first = _convolution(tensors, 3, 32, 7, 2)
        blocks, before = [], 32
        for channels, halves in BLOCKS:
            entry = _convolution(tensors, before, channels, 3, 2 if halves else 1)
            blocks.append((entry, _convolution(tensors, channels, channels, 3, 1)))
            before = channels
        return cls(first, tuple(blocks), tensors.take(before * 128).reshape(before, 128))

    def __call__(self, faces: NDArray[np.uint8]) -> NDArray[np.float64]:
        """(n, 128) descriptors of (n, 150, 150, 3) aligned RGB faces."""
        centred = (faces.astype(np.float32) - MEAN_RGB) / SCALE
        maps = _pooled(np.maximum(self.first(centred), 0), 3, np.maximum)
        for entry, then in self.blocks:
            changed = then(np.maximum(entry(maps), 0))
            kept = maps if entry.stride == 1 else _pooled(maps, 2, np.add) / np.float32(4)
            maps = np.maximum(_sum(changed, kept), 0)
        return (maps.mean(axis=(1, 2)) @ self.last).astype(np.float64)


class _Tensors:
    """The float tensors of one of dlib's files, in order: a version, four sizes, the numbers."""

    def __init__(self, path: Path) -> None:
        self._path, self._data, self._at = path, path.read_bytes(), 0

    def take(self, count: int) -> NDArray[np.float32]:
        """The next tensor with numbers in it, which has to hold `count` of them."""
        for start in self._starts():
            sizes, at = self._integers(start + len(TENSOR), 4)
            if int(np.prod(sizes)) == count and at + 4 * count <= len(self._data):
                self._at = at + 4 * count
                return np.frombuffer(self._data, "<f4", count, at)
        raise ValueError(
            f"{self._path.name} holds another network: after byte {self._at} there is no tensor of {count} numbers. "
            "Install the locked face_recognition_models."
        )

    def _starts(self) -> Iterator[int]:
        start = self._data.find(TENSOR, self._at)
        while start >= 0:
            yield start
            start = self._data.find(TENSOR, start + 1)

    def _integers(self, at: int, number: int) -> tuple[list[int], int]:
        """dlib's integers: a byte that tells how many follow, then those, the least first."""
        found: list[int] = []
        for _ in range(number):
            length = self._data[at] & 0x0F
            found.append(int.from_bytes(self._data[at + 1 : at + 1 + length], "little"))
            at += 1 + length
        return found, at


def _convolution(tensors: _Tensors, entering: int, leaving: int, side: int, stride: int) -> Convolution:
    """A convolution (leaving, entering, side, side) with its bias, and the gain and shift that follow it."""
    count = leaving * entering * side * side
    flat, affine = tensors.take(count + leaving), tensors.take(2 * leaving)
    gain, shift = affine[:leaving], affine[leaving:]
    weights = flat[:count].reshape(leaving, entering, side, side).transpose(2, 3, 1, 0).reshape(-1, leaving)
    return Convolution(np.ascontiguousarray(weights * gain), flat[count:] * gain + shift, side, stride)


def _pooled(maps: Maps, side: int, join: np.ufunc) -> Maps:
    """Windows of `side` pixels joined, every second one."""
    down, across = ((length - side) // 2 + 1 for length in maps.shape[1:3])
    windows = [maps[:, y : y + 2 * down : 2, x : x + 2 * across : 2] for y in range(side) for x in range(side)]
    joined: Maps = reduce(join, windows)
    return joined


def _sum(one: Maps, two: Maps) -> Maps:
    """Maps of unlike size added: where one has nothing it counts as zero."""
    if one.shape == two.shape:
        return one + two
    total = np.zeros(np.maximum(one.shape, two.shape), np.float32)
    for part in (one, two):
        total[tuple(slice(length) for length in part.shape)] += part
    return total
