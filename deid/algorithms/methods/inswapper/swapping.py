"""Finding a face's five points, and putting an identity on it."""

from math import acos, degrees

import numpy as np
from numpy.typing import NDArray

from deid.algorithms.crops import cut_out, paste, portrait
from deid.algorithms.donors import Donor
from deid.algorithms.regions import head_region
from faces.alignment import aligning
from faces.arcface import DRIVER, ArcFace
from faces.arcface import SIDE as ARCFACE_SIDE
from faces.inswapper import SIDE, Inswapper
from faces.landmarks106 import Landmarks106
from faces.protocol import FaceBox
from faces.scrfd import ScrfdDetector
from modelstore.store import Store
from videoio.frames import Frame

LOOKED_AT = 256  # pixels, the longer side of the head's picture in which the points are looked for
SAME_IOU = 0.25  # of the detectors' boxes, which begin at different heights of the forehead
LOST, DISAGREE, SMALL, TURNED = "points lost", "networks disagree", "face too small", "turned away"
FRONTAL = 0.87  # distance of the eyes by that of eyes and mouth, on the template
Floats = NDArray[np.float64]


class Points:
    """Where a face's five points are; believed only where a second network sees a face around them."""

    def __init__(self, store: Store, *, min_face: float, max_turn: float) -> None:
        self._detector, self._landmarks = ScrfdDetector(store), Landmarks106(store)
        self._min_face, self._max_turn = min_face, max_turn

    def of(self, frame: Frame, box: FaceBox) -> tuple[Floats | None, str]:
        """(5, 2) in the frame's pixels, or None and why the face must be masked."""
        if box.size < self._min_face:
            return None, SMALL
        region = head_region(box, (frame.width, frame.height))
        rgb = frame.crop_rgb(region.left, region.top, region.width, region.height)
        near = box.shifted(-region.left, -region.top)
        found = max(self._detector.faces(rgb, [LOOKED_AT]), key=lambda face: face.box.iou(near), default=None)
        if found is None or found.box.iou(near) < SAME_IOU:
            return None, LOST
        around = self._landmarks.points(rgb, found.box)
        if (found.points < around.min(axis=0)).any() or (found.points > around.max(axis=0)).any():
            return None, DISAGREE
        if turned(found.points) > self._max_turn:
            return None, TURNED
        return found.points + np.array((region.left, region.top)), ""


def turned(five: Floats) -> float:
    """About how many degrees a head is turned to the side: its eyes seem nearer to one another. Heads differ by 20."""
    eyes, mouth = five[:2].mean(axis=0), five[3:].mean(axis=0)
    wide, high = float(np.linalg.norm(five[0] - five[1])), float(np.linalg.norm(mouth - eyes))
    return degrees(acos(min(wide / (FRONTAL * high), 1.0))) if high > 0 else 90.0


class Swapper:
    """The networks that put an identity on a face."""

    def __init__(self, store: Store) -> None:
        self._network, self._describer = Inswapper(store), ArcFace(store, DRIVER)

    def identity(self, donor: Donor) -> NDArray[np.float32]:
        """What the network wears of a donor."""
        return self._network.source(self._describer.described(portrait(donor, ARCFACE_SIDE)))

    def put(self, frame: Frame, five: Floats, identity: NDArray[np.float32]) -> None:
        """Replace the face at five points in the frame's planes; samples outside its crop stay as they are."""
        matrix = aligning(five, SIDE)
        paste(frame, self._network.swap(cut_out(frame, matrix, SIDE), identity), matrix)
