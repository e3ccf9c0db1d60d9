"""First pass over a clip: faces, times and suspected cuts of every frame; boxes are kept, pictures are not."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from deid.algorithms.errors import EngineError
from faces.protocol import FaceBox, FaceDetector
from videoio.ahead import Behind, ahead
from videoio.frames import RGB, Frame
from videoio.probe import Limits
from videoio.read import read_frames

SIDE = 640  # pixels; the longer side of the pictures that detectors see
GIVE_UP_AFTER = 25  # a detector that fails on this many first frames in a row does not run at all
THUMBNAIL = (32, 18)
# Mean absolute luma difference of thumbnails that makes a cut suspected. On the development clips real cuts differ by
# 65 and more, the fastest motion by 6.
CUT = 25.0
SKIPPED = 4  # rows and columns left out before a picture is scaled down to a thumbnail
Thumbnail = NDArray[np.float32]
Watch = Callable[[Frame, Sequence[FaceBox], RGB | None], None]
_Seen = tuple[Frame, Sequence[FaceBox], RGB | None]


@dataclass(frozen=True, slots=True, eq=False)
class _Small:
    """What is looked at of a frame: `thumbnail` luma, `rgb` at `scale` times the frame's size."""

    thumbnail: Thumbnail
    rgb: RGB = field(default_factory=lambda: np.zeros((0, 0, 3), np.uint8))
    scale: float = 1.0
    failure: Exception | None = None  # why there is no picture


@dataclass(slots=True)
class Survey:
    """What the first pass saw. `detections` has None for frames on which the detector failed."""

    detections: list[list[FaceBox] | None] = field(default_factory=list)
    times: list[float] = field(default_factory=list)
    cuts: set[int] = field(default_factory=set)
    failures: list[tuple[int, str, str]] = field(default_factory=list)

    @property
    def n_frames(self) -> int:
        return len(self.times)

    def faces_per_frame(self) -> dict[str, int]:
        """Frames by their number of faces."""
        numbers = [len(boxes or ()) for boxes in self.detections]
        return {str(number): numbers.count(number) for number in sorted(set(numbers))}


def survey(
    source: Path,
    detector: FaceDetector,
    limits: Limits | None = None,
    tell: Callable[[int], None] | None = None,
    watch: Watch | None = None,
) -> Survey:
    """Detect faces on every frame, in order.

    Parameters
    ----------
    tell : called with the index of each frame that is done
    watch : called with each frame, its faces and its picture where the detector saw it unscaled, in order, in a thread
        of its own beside the detector

    Raises
    ------
    EngineError : the detector fails on all of the first 25 frames, or on all frames
    MediaError : the file cannot be decoded
    """
    seen, thumbnail = Survey(), None
    with _beside(watch) as watcher:
        for frame, small in ahead(_with_pictures(read_frames(source, limits))):
            seen.times.append(frame.time)
            boxes = _faces_of(frame, small, detector, seen)
            seen.detections.append(boxes)
            if watcher is not None:
                watcher.put((frame, boxes or (), small.rgb if small.scale == 1 and small.failure is None else None))
            before, thumbnail = thumbnail, small.thumbnail
            if before is not None and float(np.abs(thumbnail - before).mean()) > CUT:
                seen.cuts.add(frame.index)
            if len(seen.failures) == seen.n_frames == GIVE_UP_AFTER:
                raise _broken(seen)
            if tell is not None:
                tell(frame.index)
    if seen.failures and len(seen.failures) == seen.n_frames:
        raise _broken(seen)
    return seen


def _beside(watch: Watch | None) -> Behind[_Seen] | nullcontext[None]:
    return nullcontext() if watch is None else Behind(lambda seen: watch(*seen))


def _with_pictures(frames: Iterator[Frame]) -> Iterator[tuple[Frame, _Small]]:
    """Made by the thread that decodes: the detector's has enough to do."""
    for frame in frames:
        yield frame, _small(frame)


def _small(frame: Frame) -> _Small:
    try:
        return _Small(_thumbnail(frame), *frame.rgb_within(SIDE))
    except Exception as error:  # told where the frame is looked at, which counts as a failure of the detector
        return _Small(_thumbnail(frame), failure=error)


def _faces_of(frame: Frame, small: _Small, detector: FaceDetector, seen: Survey) -> list[FaceBox] | None:
    try:
        if small.failure is not None:
            raise small.failure
        return [box.scaled(1 / small.scale) for box in detector.detect(small.rgb)]
    except Exception as error:  # any failure: the frame is masked whole and named in the certificate
        seen.failures.append((frame.index, "detector", _reason(error)))
        return None


def _broken(seen: Survey) -> EngineError:
    return EngineError(
        f"the face detector failed on all of the first {seen.n_frames} frames ({seen.failures[0][2]}): nothing can be "
        "de-identified. Check the installation of the detector."
    )


def _reason(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"[:200]


def _thumbnail(frame: Frame) -> Thumbnail:
    few = frame.planes[0][::SKIPPED, ::SKIPPED]
    return cv2.resize(few, THUMBNAIL, interpolation=cv2.INTER_AREA).astype(np.float32)
