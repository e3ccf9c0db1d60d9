"""MediaPipe's pose: 33 joints of the most prominent person, each frame by itself: nothing is smoothed over time."""

from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from faces.mediapipe_models import built, version_of

N_JOINTS = 33
COMPLEXITY = 1  # the one whose model lies in the wheel


class Pose:
    """Follows one person; the model is built at the first picture, in the process that uses it."""

    def __init__(self) -> None:
        self._model: Any = None

    @property
    def version(self) -> str:
        return version_of("pose_landmark/pose_landmark_full.tflite", "pose_detection/pose_detection.tflite")

    def joints(self, rgb: NDArray[np.uint8]) -> NDArray[np.float64]:
        """(33, 3) x and y in pixels of an (h, w, 3) picture and visibility, 0-1; NaN when nobody is found."""
        if self._model is None:
            self._model = built("pose.Pose", model_complexity=COMPLEXITY, smooth_landmarks=False)
        found = self._model.process(np.ascontiguousarray(rgb)).pose_landmarks
        if found is None:
            return np.full((N_JOINTS, 3), np.nan)
        height, width = rgb.shape[:2]
        return np.array([(p.x * width, p.y * height, p.visibility) for p in found.landmark], dtype=np.float64)

    def close(self) -> None:
        if self._model is not None:
            self._model.close()
            self._model = None

    def __enter__(self) -> "Pose":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
