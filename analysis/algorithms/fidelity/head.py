"""Motion of the head in the full frame, which a rendition should leave as it is."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from analysis.algorithms.fidelity.align import SIDE, common, index_of, moved
from analysis.algorithms.fidelity.errors import Unavailable
from faces.alignment import TEMPLATE_112, five_points, similarities

Floats = NDArray[np.float64]

COURSES = ("x", "y", "roll", "scale", "yaw", "pitch")
# Courses that move less than this are still: pixels, pixels, degrees, and shares of the face.
STILL = {"x": 0.05, "y": 0.05, "roll": 0.02, "scale": 2e-4, "yaw": 2e-4, "pitch": 2e-4}


@dataclass(frozen=True, slots=True)
class CourseTransfer:
    """One course of the head, rendition against original."""

    r: float
    slope: float  # regression of the rendition on the original
    sd: float  # of the original
    rms_difference: float  # about the means, in the course's unit


def head_courses(points: Floats) -> dict[str, Floats]:
    """Six courses of (n, 68, 2) points in pixels of the full frame, (n,) each.

    x, y : place of the face, pixels · roll : degrees · scale : logarithm of the size
    yaw, pitch : how far the tip of the nose lies aside and below the middle of eyes and mouth, shares of the template's
    side; about sin(angle) times the nose's depth
    """
    five = five_points(points)
    a, b = similarities(five, TEMPLATE_112 * (SIDE / 112))
    middle = five[:, [0, 1, 3, 4]].mean(axis=1)
    nose = moved(five, a, b)[:, 2]
    rest = moved(middle[:, None], a, b)[:, 0]
    return {
        "x": middle[:, 0], "y": middle[:, 1], "roll": -np.degrees(np.angle(a)), "scale": -np.log(np.abs(a)),
        "yaw": (nose - rest)[:, 0] / SIDE, "pitch": (nose - rest)[:, 1] / SIDE,
    }  # fmt: skip


def head_motion(original: Floats, rendition: Floats) -> Mapping[str, CourseTransfer]:
    """How each course of the head passes on; courses that are still in the original are left out.

    Raises
    ------
    Unavailable : as `common`, or the head is still
    """
    known = index_of(common(original, rendition))
    one, two = head_courses(original[known]), head_courses(rendition[known])
    found = {name: _transfer(one[name], two[name]) for name in COURSES if one[name].std() > STILL[name]}
    if not found:
        raise Unavailable("still: the original's head does not move.")
    return found


def _transfer(original: Floats, rendition: Floats) -> CourseTransfer:
    one, two = original - original.mean(), rendition - rendition.mean()
    together, own, other = float(one @ two), float(one @ one), float(two @ two)
    return CourseTransfer(
        r=together / np.sqrt(own * other) if other > 0 else float("nan"),
        slope=together / own,
        sd=float(one.std()),
        rms_difference=float(np.sqrt(((two - one) ** 2).mean())),
    )
