"""Tracks as bytes: a compressed .npz, about 4 KB a frame. They are biometric data and are kept like the video."""

from collections.abc import Iterator
from io import SEEK_END, BytesIO
from math import prod
from typing import IO, Any, BinaryIO

import numpy as np
from numpy.lib import format
from numpy.lib.npyio import NpzFile
from numpy.typing import NDArray

from analysis.algorithms.fidelity.tracks import GRID, OUTLINE, FaceTracks

SINGLES = ("points", "descriptors", "pose", "skin")  # kept in single precision: their errors are far larger
DOUBLED = ("points", "pose", "skin")  # of these, what is computed with as it comes; descriptors are many and mostly NaN
BLOCK = 512  # frames; meshes are large, and whole columns of them are not converted at once
NARROW = np.iinfo(np.int16).max

Steps = NDArray[np.integer[Any]]


def pack(tracks: FaceTracks) -> bytes:
    """Compressed bytes; meshes lose nothing (they lie on a grid), `SINGLES` keep seven digits."""
    arrays: dict[str, Any] = {name: getattr(tracks, name).astype(np.float32) for name in SINGLES}
    arrays |= {f"variant-{name}": values.astype(np.float32) for name, values in tracks.variants.items()}
    arrays |= _packed_mesh(tracks.mesh)
    buffer = BytesIO()
    np.savez_compressed(
        buffer, times=tracks.times, size=np.array(tracks.size), models=np.array(tracks.models), ear=tracks.ear,
        mesh_ear=tracks.mesh_ear, box=tracks.box, **arrays,
    )  # fmt: skip
    return buffer.getvalue()


def _packed_mesh(mesh: NDArray[np.float32]) -> dict[str, Steps]:
    """The first mesh and steps from frame to frame, small numbers, which compress well. In frames without a face the
    mesh stands still, and `mesh_known` says that it is none."""
    known = np.isfinite(mesh).all(axis=(1, 2))
    first = last = _on_grid(mesh[known.argmax()]) if known.any() else np.zeros(mesh.shape[1:], np.int32)
    steps: Steps = np.zeros(mesh.shape, np.int16)
    for start in range(0, len(mesh), BLOCK):
        block = np.empty((len(mesh[start : start + BLOCK]), *mesh.shape[1:]), np.int32)
        for place, (found, each) in enumerate(zip(known[start:], mesh[start : start + BLOCK], strict=False)):
            now = _on_grid(each) if found else last
            block[place], last = now - last, now
        if steps.dtype == np.int16 and np.abs(block).max(initial=0) > NARROW:  # a cut in a large picture
            steps = steps.astype(np.int32)
        steps[start : start + BLOCK] = block
    return {"mesh_first": first, "mesh_steps": steps, "mesh_known": known}


def _on_grid(mesh: NDArray[np.float32]) -> NDArray[np.int32]:
    return np.round(mesh / GRID).astype(np.int32)


def unpack(data: bytes | BinaryIO, *, whole_mesh: bool = True) -> FaceTracks:
    """Tracks from `pack`.

    Parameters
    ----------
    data : the bytes, or a file of them, which are then never in memory as a whole
    whole_mesh : else of the mesh its outline alone, which is all that metrics take of it: a third of the memory

    Raises
    ------
    ValueError : the bytes are not from `pack`
    """
    file = BytesIO(data) if isinstance(data, bytes) else data
    try:
        with np.load(file, allow_pickle=False) as arrays:
            variants = {name.removeprefix("variant-"): arrays[name] for name in arrays.files if "variant-" in name}
            return FaceTracks(
                times=arrays["times"], size=(int(arrays["size"][0]), int(arrays["size"][1])),
                mesh=_unpacked_mesh(arrays, whole_mesh),
                ear=arrays["ear"], mesh_ear=arrays["mesh_ear"], box=arrays["box"], models=str(arrays["models"]),
                variants=variants, descriptors=arrays["descriptors"],
                **{name: _doubled(arrays, name) for name in DOUBLED},
            )  # fmt: skip
    except (KeyError, OSError, EOFError, ValueError) as error:
        size = file.seek(0, SEEK_END)
        raise ValueError(f"these {size} bytes hold no tracks ({error}): measure the video again.") from error


def _doubled(arrays: NpzFile, name: str) -> NDArray[np.float64]:
    """An array in double precision, of which no other copy is made."""
    shape, start = _header(arrays, name)[0], 0
    found = np.empty(shape)
    for some in _blocks(arrays, name):
        found[start : start + len(some)] = some
        start += len(some)
    if start != len(found):
        raise ValueError(f"{start} rows of {len(found)} in {name}")
    return found


def _unpacked_mesh(arrays: NpzFile, whole: bool) -> NDArray[np.float32]:
    first, known = arrays["mesh_first"], arrays["mesh_known"]
    chosen = np.arange(len(first)) if whole else np.array(OUTLINE)
    mesh = np.empty((len(known), len(chosen), 3), np.float32)
    last, start = first[chosen].astype(np.int32), 0
    for steps in _blocks(arrays, "mesh_steps"):
        block = last + steps[:, chosen].cumsum(axis=0, dtype=np.int32)
        mesh[start : start + len(block)] = block * np.float32(GRID)
        last, start = block[-1], start + len(block)
    if start != len(known):
        raise ValueError(f"{start} meshes for {len(known)} frames")
    mesh[~known] = np.nan
    return mesh


def _blocks(arrays: NpzFile, name: str) -> Iterator[NDArray[Any]]:
    """An array some rows at a time: unpacked as a whole, the steps of all meshes are larger than all that is kept."""
    shape, by_columns, kind = _header(arrays, name)
    if by_columns:  # numpy writes what it was given; then a row does not lie in one piece
        yield arrays[name]
        return
    with _member(arrays, name) as file:
        format.read_magic(file)
        format.read_array_header_1_0(file)
        size = kind.itemsize * prod(shape[1:])
        while data := file.read(BLOCK * size):
            yield np.frombuffer(data, kind).reshape(-1, *shape[1:])


def _header(arrays: NpzFile, name: str) -> tuple[tuple[int, ...], bool, np.dtype[Any]]:
    """Shape, whether column by column, and type of an array."""
    with _member(arrays, name) as file:
        format.read_magic(file)
        return format.read_array_header_1_0(file)


def _member(arrays: NpzFile, name: str) -> IO[bytes]:
    if arrays.zip is None:
        raise ValueError("the file is closed")
    return arrays.zip.open(f"{name}.npy")
