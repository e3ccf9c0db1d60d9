"""MediaPipe's two face detectors joined, with mirrored borders for faces cut by the edge of the picture."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from faces.mediapipe_models import built, version_of
from faces.protocol import FaceBox, joined

CONFIDENCE = 0.5  # the models' own default
BORDER = 1 / 8  # of the width, mirrored on the left and on the right
FAR_EVERY = 3  # pictures
SAME_PLACE_IOU = 0.5  # of a face's boxes in two pictures
TILES_EVERY = 15  # pictures; half a second at 30 fps, the length over which a late face's head is masked backwards
TILE_OVERLAP = 1.25
_SHORT, _FULL = 0, 1  # model_selection: 128x128 input for close faces, 192x192 input for faces up to 5 m
_MODELS = (
    "face_detection/face_detection_short_range.tflite",
    "face_detection/face_detection_full_range_sparse.tflite",
)


class MediapipeDetector:
    """Close faces at 128 pixels, distant ones at 192, and distant ones again in square tiles when that may help.

    * The short-range model looks at the whole picture: large close-up faces, which the other model misses.
    * The full-range model looks at the picture with its left and right borders mirrored outwards: half a face at the
      edge becomes a whole one there; what it finds outside is folded back.
    * Where the short-range model alone found every face of the last look, and finds them in their places still, the
      full-range model rests for two pictures: a new face that only it can see is missed for two at most. The plan masks
      heads backwards from where a face appears, longer than that.
    * The full-range model looks at tiles (square, the picture's shorter side) in every 15th picture, whenever nothing
      else was found, and as long as tiles find a face that the whole picture does not show. So a second, small face
      is missed for at most 14 pictures, and the plan masks heads backwards from where a face appears.

    Models are built at the first picture, in the process that uses them: MediaPipe's graphs do not survive a fork.
    """

    name = "mediapipe"

    def __init__(self, confidence: float = CONFIDENCE) -> None:
        self._confidence = confidence
        self._models: dict[int, Any] = {}
        self._thread: ThreadPoolExecutor | None = None
        self._seen = 0
        self._tiles_help = False
        self._far_helps = True
        self._before: list[FaceBox] = []

    @property
    def version(self) -> str:
        """Library version and SHA-256 prefixes of both model files."""
        return f"{version_of(*_MODELS)} confidence={self._confidence:g}"

    def detect(self, rgb: NDArray[np.uint8]) -> list[FaceBox]:
        """Faces of an (h, w, 3) uint8 RGB picture in its pixels, by falling score.

        Pictures must come in the video's order: which of them are searched in tiles depends on those before.
        """
        height, width = rgb.shape[:2]
        whole = self._in_whole(rgb)
        if self._seen % TILES_EVERY == 0 or self._tiles_help or not whole:
            both = joined([*whole, *self._in_tiles(rgb)])
            self._tiles_help = len(both) > len(whole)
            whole = both
        self._seen += 1
        return [clipped for box in whole if (clipped := box.clipped(width, height)) is not None]

    def _in_whole(self, rgb: NDArray[np.uint8]) -> list[FaceBox]:
        """Faces that the two models find in the picture as it is."""
        height, width = rgb.shape[:2]
        waiting = self._beside().submit(self._run, _SHORT, rgb)  # two models on two cores: a quarter less time
        far = self._in_mirrored(rgb) if self._far_helps or self._seen % FAR_EVERY == 0 else None
        close = joined(box for box in waiting.result() if box.clipped(width, height))
        if far is None and not _in_place(close, self._before):
            far = self._in_mirrored(rgb)
        if far is None:
            found = close
        else:
            found = joined(box for box in (*far, *close) if box.clipped(width, height))
            self._far_helps = not _in_place(close, found)
        self._before = close
        return found

    def close(self) -> None:
        """Free the models."""
        for model in self._models.values():
            model.close()
        self._models = {}
        if self._thread is not None:
            self._thread.shutdown()
            self._thread = None

    def _beside(self) -> ThreadPoolExecutor:
        """The thread of the second model; models are built before it starts, in this process and one after another."""
        if self._thread is None:
            for model in (_SHORT, _FULL):
                self._models[model] = built(
                    "face_detection.FaceDetection", model_selection=model, min_detection_confidence=self._confidence
                )
            self._thread = ThreadPoolExecutor(1)
        return self._thread

    def _in_mirrored(self, rgb: NDArray[np.uint8]) -> list[FaceBox]:
        width = rgb.shape[1]
        border = round(width * BORDER)
        wide = cv2.copyMakeBorder(rgb, 0, 0, border, border, cv2.BORDER_REFLECT).astype(np.uint8, copy=False)
        return [_folded(box.shifted(-border, 0), width) for box in self._run(_FULL, wide)]

    def _in_tiles(self, rgb: NDArray[np.uint8]) -> list[FaceBox]:
        found = []
        for x, y, side in tiles(rgb.shape[1], rgb.shape[0]):
            tile = np.ascontiguousarray(rgb[y : y + side, x : x + side])
            found += [box.shifted(x, y) for box in self._run(_FULL, tile)]
        return found

    def _run(self, model: int, rgb: NDArray[np.uint8]) -> list[FaceBox]:
        height, width = rgb.shape[:2]
        boxes = []
        for detection in self._models[model].process(rgb).detections or ():
            box = detection.location_data.relative_bounding_box
            boxes.append(
                FaceBox(
                    box.xmin * width, box.ymin * height, box.width * width, box.height * height,
                    min(max(float(detection.score[0]), 0.0), 1.0),
                )
            )  # fmt: skip
        return boxes


def _in_place(boxes: list[FaceBox], others: list[FaceBox]) -> bool:
    """Whether there are as many, at least one, and each lies where one of the others does."""
    return 0 < len(boxes) == len(others) and all(
        any(one.iou(other) >= SAME_PLACE_IOU for other in others) for one in boxes
    )


def tiles(width: int, height: int) -> list[tuple[int, int, int]]:
    """Squares (x, y, side) that cover a picture with a quarter of overlap; four of 60% for a nearly square one."""
    side, length = min(width, height), max(width, height)
    if length / side < 1.2:
        side = round(side * 0.6)
        return [(x, y, side) for y in (0, height - side) for x in (0, width - side)]
    count = int(np.ceil(length / side * TILE_OVERLAP))
    starts = [round(number * (length - side) / (count - 1)) for number in range(count)]
    return [(start, 0, side) if width > height else (0, start, side) for start in starts]


def _folded(box: FaceBox, width: float) -> FaceBox:
    """A box found in the mirrored border, back at its origin."""
    centre = box.centre[0]
    if centre < 0:
        return FaceBox(-box.x - box.width, box.y, box.width, box.height, box.score)
    if centre > width:
        return FaceBox(2 * width - box.x - box.width, box.y, box.width, box.height, box.score)
    return box
