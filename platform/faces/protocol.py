"""What a face detector is, and the box it gives; nothing heavy is imported here."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class FaceBox:
    """A face, about brow to chin: left edge, top edge and size in pixels of the picture, and a score from 0 to 1."""

    x: float
    y: float
    width: float
    height: float
    score: float = 1.0

    @property
    def centre(self) -> tuple[float, float]:
        return self.x + self.width / 2, self.y + self.height / 2

    @property
    def size(self) -> float:
        """Mean side, pixels."""
        return (self.width + self.height) / 2

    def scaled(self, factor: float) -> "FaceBox":
        """The same face in a picture `factor` times as large."""
        return FaceBox(self.x * factor, self.y * factor, self.width * factor, self.height * factor, self.score)

    def shifted(self, x: float, y: float) -> "FaceBox":
        """The box moved by (x, y) pixels."""
        return FaceBox(self.x + x, self.y + y, self.width, self.height, self.score)

    def clipped(self, width: float, height: float) -> "FaceBox | None":
        """The part inside a picture, or None where nothing is left."""
        left, top = max(self.x, 0.0), max(self.y, 0.0)
        right, bottom = min(self.x + self.width, width), min(self.y + self.height, height)
        if right - left < 1 or bottom - top < 1:
            return None
        return FaceBox(left, top, right - left, bottom - top, self.score)

    def overlap(self, other: "FaceBox") -> float:
        """Area in common."""
        wide = min(self.x + self.width, other.x + other.width) - max(self.x, other.x)
        high = min(self.y + self.height, other.y + other.height) - max(self.y, other.y)
        return max(wide, 0.0) * max(high, 0.0)

    def iou(self, other: "FaceBox") -> float:
        """Intersection over union."""
        common = self.overlap(other)
        union = self.width * self.height + other.width * other.height - common
        return common / union if union > 0 else 0.0


@runtime_checkable
class FaceDetector(Protocol):
    """Finds faces in pictures given in the order of the video; one detector per process and video."""

    @property
    def name(self) -> str: ...

    @property
    def version(self) -> str:
        """Library version and a SHA-256 prefix of each model file."""
        ...

    def detect(self, rgb: "NDArray[np.uint8]") -> list[FaceBox]:
        """Faces of an (h, w, 3) uint8 picture, in its pixels, in order of falling score."""
        ...

    def close(self) -> None: ...


@runtime_checkable
class FaceDescriber(Protocol):
    """Turns a face into numbers that tell who it is, beside dlib's; pictures of one person lie near one another."""

    @property
    def name(self) -> str: ...

    @property
    def size(self) -> int:
        """How many numbers."""
        ...

    @property
    def version(self) -> str:
        """A SHA-256 prefix of the model file and the library's version."""
        ...

    def describe(self, rgb: "NDArray[np.uint8]", points: "NDArray[np.float64]") -> "NDArray[np.float64]":
        """(size,) descriptor of the face of an (h, w, 3) picture whose (68, 2) iBUG points are known."""
        ...


def joined(boxes: Iterable[FaceBox], iou: float = 0.3, inside: float = 0.7) -> list[FaceBox]:
    """Keep the best-scored box of each face (non-maximum suppression), in order of falling score.

    Boxes are one face when they overlap by `iou`, or when one lies inside the other by the share `inside`.
    """
    kept: list[FaceBox] = []
    for box in sorted(boxes, key=lambda candidate: -candidate.score):
        if not any(_same_face(box, other, iou, inside) for other in kept):
            kept.append(box)
    return kept


def _same_face(one: FaceBox, two: FaceBox, iou: float, inside: float) -> bool:
    smaller = min(one.width * one.height, two.width * two.height)
    return one.iou(two) >= iou or (smaller > 0 and one.overlap(two) / smaller >= inside)
