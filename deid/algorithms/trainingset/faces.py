"""One face: aligned, measured, and taken or left with the reason."""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from deid.algorithms.crops import cut_out
from deid.algorithms.facemodel.portrait import pose_of
from faces.alignment import aligning
from faces.mesh import eye_aspect_ratio, five_points_of, mesh_to_68
from videoio.frames import RGB, Frame

Floats = NDArray[np.float64]

MAX_ENLARGED = 1.25  # a crop is at most so much larger than the face was
MAX_YAW, MAX_PITCH = 35.0, 30.0  # degrees
MIN_SHARPNESS = 60.0  # see `sharpness`; sharp portraits have 280 to 840
SHARPNESS_SIDE = 112  # pixels, so that it means the same for every size of crops
CLOSED = 0.6  # of the open eyes' aspect ratio; below it they count as closed


class Unusable(ValueError):
    """A face cannot be learned from; the message is the reason, the same for all of a kind."""


@dataclass(frozen=True, slots=True)
class Face:
    """An aligned face.

    Attributes
    ----------
    picture : (side, side, 3)
    points : (68, 2) of the mesh, pixels of the crop
    ear : mean eye aspect ratio
    closed : a blink frame
    made : its expression was synthesised
    """

    picture: RGB
    points: Floats
    ear: float
    closed: bool = False
    made: bool = False


def aligned(frame: Frame, mesh: Floats, side: int) -> Face:
    """Cut a face out as the methods do.

    Parameters
    ----------
    mesh : (478, 2 or 3) pixels of the frame
    """
    matrix = aligning(five_points_of(mesh), side)
    points = mesh_to_68(mesh[None])[0] @ matrix[:, :2].T + matrix[:, 2]
    return Face(cut_out(frame, matrix, side), points, float(np.mean(eye_aspect_ratio(mesh))))


def check_pose(mesh: Floats, side: int) -> None:
    """Refuse a face that is too small for the crop, or turned away.

    Raises
    ------
    Unusable : with the reason
    """
    if np.hypot(*aligning(five_points_of(mesh), side)[:, 0]) > MAX_ENLARGED:
        raise Unusable(f"the face is too small for {side} pixels")
    pose = pose_of(mesh)
    if abs(pose.yaw) > MAX_YAW or abs(pose.pitch) > MAX_PITCH:
        raise Unusable(f"turned by over {MAX_YAW:.0f} degrees, or nodded by over {MAX_PITCH:.0f}")


def check_sharp(picture: RGB) -> None:
    """Refuse a blurred face; Unusable as above."""
    if sharpness(picture) < MIN_SHARPNESS:
        raise Unusable("blurred")


def sharpness(picture: RGB) -> float:
    """Variance of the Laplacian of the grey levels of a crop, at 112 pixels."""
    small = cv2.resize(picture, (SHARPNESS_SIDE, SHARPNESS_SIDE), interpolation=cv2.INTER_AREA)
    return float(cv2.Laplacian(cv2.cvtColor(small, cv2.COLOR_RGB2GRAY), cv2.CV_64F).var())
