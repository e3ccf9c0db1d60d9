"""A donor from a photograph: of a volunteer who consented, whom a coordinator adds."""

from typing import Literal

import numpy as np

from deid.algorithms.donors import Donor
from deid.algorithms.facemodel import layout
from deid.algorithms.facemodel.choose import skin_of
from deid.algorithms.facemodel.layout import PICTURE, Points
from deid.algorithms.facemodel.opencv import cv2
from deid.algorithms.facemodel.portrait import (
    MAX_SMILE,
    Image,
    UnusablePortrait,
    check_neutral,
    single_mesh,
    smile,
)
from faces import dlib_backend
from faces.mesh import FaceMesh

_LONGEST = 1600  # pixels; larger photographs are reduced before faces are looked for


def donor_from_photograph(rgb: Image, *, name: str, sex: Literal["f", "m"], age: float) -> Donor:
    """A donor from a frontal, neutral photograph of one person.

    Parameters
    ----------
    rgb : (h, w, 3) uint8
    name : how the donor is called
    sex, age : of the person; years

    Raises
    ------
    UnusablePortrait : no face, several, turned, too small, mouth open or smiling, eyes closed
    """
    if rgb.ndim != 3 or rgb.shape[2] != 3 or rgb.dtype != np.uint8:
        raise UnusablePortrait(f"a colour picture is needed, (h, w, 3) of 8 bits; got {rgb.shape} of {rgb.dtype}.")
    reduction = min(1.0, _LONGEST / max(rgb.shape[:2]))
    whole = cv2.resize(rgb, None, fx=reduction, fy=reduction, interpolation=cv2.INTER_AREA) if reduction < 1 else rgb
    with FaceMesh(static=True, n_faces=2) as tracker:
        mesh = single_mesh(whole, tracker)
        check_neutral(mesh)
        if (drawn := smile(mesh)) > MAX_SMILE:
            raise UnusablePortrait(
                f"the mouth smiles (its width and lift are {drawn:.2f} of the eyes' distance, at most {MAX_SMILE:.2f} "
                "are neutral): use a neutral portrait."
            )
        picture = _portrait(whole, mesh)
        mesh = single_mesh(picture, tracker)
    descriptor = dlib_backend.descriptor(picture)
    if descriptor is None:
        raise UnusablePortrait("the second detector finds no face: use a frontal, evenly lit portrait.")
    return Donor(name, sex, float(age), skin_of(picture, mesh), picture, mesh, descriptor)


def _portrait(rgb: Image, mesh: Points) -> Image:
    """(PICTURE, PICTURE, 3) upright, the face where our own donors have it; edges are carried outwards."""
    sides = mesh[[layout.RIGHT_SIDE, layout.LEFT_SIDE], :2]
    across = sides[1] - sides[0]
    scale = layout.FACE_WIDTH * PICTURE / np.hypot(*across)
    middle = np.array([sides[:, 0].mean(), mesh[layout.BETWEEN_EYES, 1]])
    turn = scale * np.array([[across[0], across[1]], [-across[1], across[0]]]) / np.hypot(*across)
    shift = np.array([PICTURE / 2, layout.EYES_AT * PICTURE]) - turn @ middle
    if scale < 1:  # a plain warp would alias
        rgb = cv2.GaussianBlur(rgb, (0, 0), 0.4 / scale)
    transform = np.hstack([turn, shift[:, None]])
    flags, size = cv2.INTER_CUBIC, (PICTURE, PICTURE)
    picture: Image = cv2.warpAffine(rgb, transform, size, flags=flags, borderMode=cv2.BORDER_REPLICATE)
    return picture
