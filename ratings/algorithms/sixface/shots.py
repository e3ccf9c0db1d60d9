"""The picture behind each face of a trial. For workers: it reads videos."""

from pathlib import Path

import numpy as np

from deid.algorithms.donors import Donor
from faces.mesh import FaceMesh
from ratings.algorithms.sixface.frames import Look, stills
from ratings.algorithms.sixface.standardise import Shot
from videoio.probe import Limits

MOVED = 0.15  # faces; a mesh that lies further from the original's is of something else


def original_shot(path: Path | str, look: Look, *, limits: Limits | None = None) -> Shot:
    """A chosen frame of an original.

    Raises
    ------
    MediaError : the video cannot be read
    NoFrame : it is shorter than it was
    """
    return Shot(stills(path, [look.index], limits=limits)[look.index], look.mesh)


def rendition_shot(path: Path | str, look: Look, *, obscured: bool, limits: Limits | None = None) -> Shot:
    """The frame of a rendition that belongs to a chosen frame of its original.

    Parameters
    ----------
    look : of the original; it says where the face is when none is found in the rendition
    obscured : the method blurs or covers: it puts no other face in place (`Method.uses_donor` is False)

    Raises
    ------
    MediaError, NoFrame : as `original_shot`
    """
    rgb = stills(path, [look.index], limits=limits)[look.index]
    if obscured:
        return Shot(rgb, look.mesh, obscured=True)
    with FaceMesh(static=True) as model:
        mesh = model.landmarks(rgb)
    if mesh is None or np.abs(mesh[:, :2] - look.mesh[:, :2]).mean() > MOVED * look.side:
        return Shot(rgb, look.mesh)
    return Shot(rgb, mesh)


def donor_shot(donor: Donor) -> Shot:
    """The source: the donor's portrait."""
    return Shot(donor.picture, donor.mesh)
