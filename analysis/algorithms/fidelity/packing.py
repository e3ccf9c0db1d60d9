"""Tracks as bytes: a compressed .npz, about 4 KB a frame. They are biometric data and are kept like the video."""

from io import BytesIO
from typing import Any

import numpy as np

from analysis.algorithms.fidelity.tracks import GRID, FaceTracks

SINGLES = ("points", "descriptors", "pose", "skin")  # kept in single precision: their errors are far larger
MISSING = np.iinfo(np.int32).min


def pack(tracks: FaceTracks) -> bytes:
    """Compressed bytes; meshes lose nothing (they lie on a grid), `SINGLES` keep seven digits."""
    mesh = np.where(np.isfinite(tracks.mesh), np.round(tracks.mesh / GRID), MISSING).astype(np.int32)
    # Differences from frame to frame are small numbers, which compress well.
    steps = np.diff(mesh.astype(np.int64), axis=0, prepend=np.zeros((1, *mesh.shape[1:]), np.int64))
    arrays: dict[str, Any] = {name: getattr(tracks, name).astype(np.float32) for name in SINGLES}
    arrays |= {f"variant-{name}": values.astype(np.float32) for name, values in tracks.variants.items()}
    narrow = np.abs(steps).max(initial=0) < np.iinfo(np.int16).max
    buffer = BytesIO()
    np.savez_compressed(
        buffer, times=tracks.times, size=np.array(tracks.size), models=np.array(tracks.models), ear=tracks.ear,
        mesh_ear=tracks.mesh_ear, box=tracks.box, mesh=steps.astype(np.int16 if narrow else np.int64), **arrays,
    )  # fmt: skip
    return buffer.getvalue()


def unpack(data: bytes) -> FaceTracks:
    """Tracks from `pack`.

    Raises
    ------
    ValueError : the bytes are not from `pack`
    """
    try:
        with np.load(BytesIO(data), allow_pickle=False) as arrays:
            steps = arrays["mesh"]
            # Narrow steps add up to small numbers; wide ones hold the marker of what is missing.
            mesh = steps.cumsum(axis=0, dtype=np.int32 if steps.dtype == np.int16 else np.int64)
            return FaceTracks(
                times=arrays["times"], size=(int(arrays["size"][0]), int(arrays["size"][1])),
                mesh=np.where(mesh == MISSING, np.float32(np.nan), mesh.astype(np.float32) * np.float32(GRID)),
                ear=arrays["ear"], mesh_ear=arrays["mesh_ear"], box=arrays["box"], models=str(arrays["models"]),
                variants={
                    name.removeprefix("variant-"): arrays[name].astype(np.float64)
                    for name in arrays.files if name.startswith("variant-")
                },
                **{name: arrays[name].astype(np.float64) for name in SINGLES},
            )  # fmt: skip
    except (KeyError, OSError, EOFError, ValueError) as error:
        raise ValueError(f"these {len(data)} bytes hold no tracks ({error}): measure the video again.") from error
