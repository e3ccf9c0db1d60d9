"""One portrait: is it a frontal, neutral face before a plain backdrop, and where are its points?"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deid.algorithms.facemodel import layout
from deid.algorithms.facemodel.layout import Points
from deid.algorithms.facemodel.opencv import cv2
from faces.mesh import FaceMesh, eye_aspect_ratio

Image = NDArray[np.uint8]

BACKDROP = (203.0, 207.0, 206.0)  # RGB, light grey
MIN_FACE = 160  # pixels between the sides of the face; below, skin has no texture to show
MAX_YAW, MAX_PITCH = 15.0, 20.0  # degrees
MIN_EAR = 0.16  # eyes open; about 0.3 is usual, blinks are below 0.15
MAX_LIP_GAP = 0.08  # between the inner lips, in mouth widths
# Mouth width and lift of its corners, in distances of the outer eye corners. With MAX_LIP_GAP it finds 75% of the
# London set's smiles and refuses 5% of its neutral faces: faint closed smiles pass.
MAX_SMILE = 0.62


class UnusablePortrait(ValueError):
    """A picture cannot serve; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class Pose:
    """Degrees; 0 is frontal. `yaw` is positive when the subject turns to their left."""

    yaw: float
    pitch: float


def single_mesh(rgb: Image, tracker: FaceMesh) -> Points:
    """(478, 3) mesh of the one face of a picture; `tracker` is static and looks for at least two.

    Raises
    ------
    UnusablePortrait : none or several
    """
    found = tracker.all_landmarks(rgb)
    if not found:
        raise UnusablePortrait("no face was found: use a frontal, evenly lit portrait.")
    if len(found) > 1:
        raise UnusablePortrait(f"{len(found)} faces were found: use a picture of one person alone.")
    return found[0]


def pose_of(mesh: Points) -> Pose:
    """Turn of the head from the mesh's own depth (pixels, as x)."""
    across = mesh[layout.LEFT_SIDE] - mesh[layout.RIGHT_SIDE]
    down = mesh[layout.CHIN] - mesh[layout.BROW_TOP]
    yaw = np.degrees(np.arctan2(across[2], np.hypot(across[0], across[1])))
    pitch = np.degrees(np.arctan2(down[2], np.hypot(down[0], down[1])))
    return Pose(float(yaw), float(pitch))


def lip_gap(mesh: Points) -> float:
    """Distance of the inner lips' middles, in mouth widths; 0 is closed."""
    return float(np.linalg.norm(mesh[13, :2] - mesh[14, :2]) / np.linalg.norm(mesh[61, :2] - mesh[291, :2]))


def smile(mesh: Points) -> float:
    """Width of the mouth and lift of its corners over its middle, in distances of the outer eye corners."""
    eyes = np.linalg.norm(mesh[33, :2] - mesh[263, :2])
    down = mesh[layout.CHIN, :2] - mesh[layout.BROW_TOP, :2]
    lift = (mesh[[13, 14], :2].mean(axis=0) - mesh[[61, 291], :2].mean(axis=0)) @ down / np.linalg.norm(down)
    return float((np.linalg.norm(mesh[61, :2] - mesh[291, :2]) + lift) / eyes)


def backdrop_of(rgb: Image) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(h, w) 0-1, how surely a pixel is not the portrait's own backdrop, and (h, w, 3), by what that is to be
    multiplied to become our plain BACKDROP.

    The portrait's own backdrop is described by a quadratic surface through the upper edges of the picture.
    """
    height, width = rgb.shape[:2]
    lab = cv2.cvtColor(rgb.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    edge = (columns < 0.06 * width) | (columns > 0.94 * width)
    known = (edge & (rows < 0.55 * height)) | (rows < 0.03 * height)
    x, y = columns / width - 0.5, np.minimum(rows / height, 0.6) - 0.5
    terms = np.stack([np.ones_like(x), x, y, x * x, y * y], axis=-1)
    fit, *_ = np.linalg.lstsq(terms[known][::7], lab[known][::7], rcond=None)
    plain = (terms @ fit).astype(np.float32)
    distance = np.linalg.norm(lab - plain, axis=-1)
    noise = float(np.percentile(distance[known], 95))
    person = np.clip((distance - 1.5 * noise) / (4 * noise + 4), 0, 1).astype(np.float32)
    ratio = np.array(BACKDROP, np.float32) / np.maximum(cv2.cvtColor(plain, cv2.COLOR_LAB2RGB) * 255, 1)
    return person, ratio


def check_neutral(mesh: Points) -> None:
    """Refuse a face that is turned, too small, with an open or smiling mouth, or with closed eyes.

    Raises
    ------
    UnusablePortrait : the message says which
    """
    width = float(np.linalg.norm(mesh[layout.LEFT_SIDE, :2] - mesh[layout.RIGHT_SIDE, :2]))
    pose = pose_of(mesh)
    if abs(pose.yaw) > MAX_YAW:
        raise UnusablePortrait(f"the head is turned by {abs(pose.yaw):.0f} degrees; at most {MAX_YAW:.0f} are usable.")
    if abs(pose.pitch) > MAX_PITCH:
        raise UnusablePortrait(
            f"the head is nodded by {abs(pose.pitch):.0f} degrees; at most {MAX_PITCH:.0f} are usable."
        )
    if width < MIN_FACE:
        raise UnusablePortrait(f"the face is {width:.0f} pixels wide; at least {MIN_FACE} are needed.")
    if (gap := lip_gap(mesh)) > MAX_LIP_GAP:
        raise UnusablePortrait(f"the mouth is open (lips {gap:.0%} of its width apart): use a neutral portrait.")
    if min(ears := eye_aspect_ratio(mesh)) < MIN_EAR:
        raise UnusablePortrait(f"an eye is closed (aspect ratio {min(ears):.2f}, open is about 0.3).")
