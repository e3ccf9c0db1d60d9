"""MediaPipe's hands: 21 points each, to tell where a hand lies before a face."""

from types import TracebackType
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from faces.mediapipe_models import built
from faces.mesh import OVAL

SIDE = 256  # pixels; larger pictures are scaled down
CONFIDENCE = 0.5  # the model's own default
# Points of a hand within the face's outline that cover it. A "hand" that lies within the face altogether is the face.
COVERING_MIN, COVERING_MAX = 5, 18


class Hands:
    """Finds up to two hands in single pictures; the model is built at the first one, in the process that uses it."""

    def __init__(self) -> None:
        self._model: Any = None

    def points(self, rgb: NDArray[np.uint8]) -> list[NDArray[np.float64]]:
        """(21, 2) points of each hand of an (h, w, 3) picture, pixels."""
        if self._model is None:
            self._model = built(
                "hands.Hands", static_image_mode=True, max_num_hands=2, model_complexity=0,
                min_detection_confidence=CONFIDENCE,
            )  # fmt: skip
        height, width = rgb.shape[:2]
        scale = min(1.0, SIDE / max(height, width))
        small = cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else rgb
        hands = self._model.process(np.ascontiguousarray(small)).multi_hand_landmarks or ()
        return [np.array([(p.x * width, p.y * height) for p in hand.landmark], dtype=np.float64) for hand in hands]

    def close(self) -> None:
        if self._model is not None:
            self._model.close()
            self._model = None

    def __enter__(self) -> "Hands":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def covers(hand: NDArray[np.float64], mesh: NDArray[np.float64]) -> bool:
    """Whether a hand's points lie before a face mesh, both in pixels of one picture."""
    outline = mesh[list(OVAL), :2].astype(np.float32)
    inside = sum(cv2.pointPolygonTest(outline, (float(x), float(y)), False) > 0 for x, y in hand)
    return COVERING_MIN <= inside <= COVERING_MAX
