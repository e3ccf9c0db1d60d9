"""The patient's own skin, learnt once for a clip: the same whoever is worn."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from deid.algorithms.methods.motionmesh.following import Sample
from deid.algorithms.methods.motionmesh.texture import Canvas, Map, fine, strengths

LEARNT_FROM = 24  # samples, evenly spaced
CONTRAST_FRAMES = 8  # of those, which tell the contrast


@dataclass(frozen=True, slots=True, eq=False)
class PatientSkin:
    """In the canonical picture of his own neutral face.

    `neutral` (h, w) `texture.fine` without expressions, median over samples; `strengths` (4,) contrasts of its bands.
    """

    canvas: Canvas
    neutral: Map
    strengths: NDArray[np.float64]

    @classmethod
    def learnt(cls, shape: NDArray[np.float64], samples: Sequence[Sample]) -> "PatientSkin":
        """From at least one sample over the clip and the (468, 3) neutral shape."""
        canvas, black = Canvas.of(shape), float(samples[0].frame.colour.black)
        few = samples[:: -(-len(samples) // LEARNT_FROM)]
        unwrapped = [canvas.unwrap(sample.frame, sample.mesh) for sample in few]
        neutral = np.median([fine(each, black) for each in unwrapped], axis=0).astype(np.float32)
        contrast = unwrapped[:: -(-len(unwrapped) // CONTRAST_FRAMES)]
        return cls(canvas, neutral, np.median([strengths(canvas, each, black) for each in contrast], axis=0))

    def neutral_on(self, canvas: Canvas) -> Map:
        """The neutral face in another canonical picture, a donor's."""
        x, y = canvas.places(self.canvas.points)
        carried: Map = cv2.remap(self.neutral, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        return carried
