"""From a detected box to the pixels that must be treated."""

from dataclasses import dataclass

from faces.protocol import FaceBox

# Shares of the box's width (sides) and height (top, bottom). The detectors' boxes run from about mid-forehead to chin
# and from cheek to cheek; looked at on all development clips, turned heads and raised chins included.
FACE_SIDE, FACE_TOP, FACE_BOTTOM = 0.18, 0.40, 0.20
HEAD_SIDE, HEAD_TOP, HEAD_BOTTOM = 0.55, 0.90, 0.55


@dataclass(frozen=True, slots=True)
class Region:
    """Pixels left <= x < right, top <= y < bottom; all even, so that it means whole samples of 4:2:0 chroma too."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top

    def meets(self, other: "Region") -> bool:
        """Whether they have a pixel in common."""
        wide = min(self.right, other.right) - max(self.left, other.left)
        return wide > 0 and min(self.bottom, other.bottom) > max(self.top, other.top)

    def holds(self, box: FaceBox, size: tuple[int, int]) -> bool:
        """Whether the part of a box inside a picture of `size` = (width, height) lies in the region."""
        return (
            self.left <= max(box.x, 0)
            and self.top <= max(box.y, 0)
            and self.right >= min(box.x + box.width, size[0])
            and self.bottom >= min(box.y + box.height, size[1])
        )


def box_region(box: FaceBox, size: tuple[int, int]) -> Region:
    """The box alone, inside a picture of `size` = (width, height) pixels."""
    return _grown(box, 0.0, 0.0, 0.0, size)


def face_region(box: FaceBox, size: tuple[int, int]) -> Region:
    """The whole face, hairline to jaw and ear to ear, in a picture of `size` = (width, height) pixels."""
    return _grown(box, FACE_SIDE, FACE_TOP, FACE_BOTTOM, size)


def head_region(box: FaceBox, size: tuple[int, int], factor: float = 1.0) -> Region:
    """The whole head with hair and the edge of the neck; `factor` > 1 widens it for doubtful places."""
    extra = (factor - 1) / 2
    wide, high = 1 + 2 * HEAD_SIDE, 1 + HEAD_TOP + HEAD_BOTTOM
    return _grown(box, HEAD_SIDE + extra * wide, HEAD_TOP + extra * high, HEAD_BOTTOM + extra * high, size)


def _grown(box: FaceBox, side: float, top: float, bottom: float, size: tuple[int, int]) -> Region:
    width, height = (length + length % 2 for length in size)  # planes are padded to even sides
    left = _even_down(box.x - side * box.width, width)
    right = _even_up(box.x + (1 + side) * box.width, width)
    upper = _even_down(box.y - top * box.height, height)
    lower = _even_up(box.y + (1 + bottom) * box.height, height)
    return Region(left, upper, max(left, right), max(upper, lower))


def _even_down(value: float, limit: int) -> int:
    return min(max(int(value // 2) * 2, 0), limit)


def _even_up(value: float, limit: int) -> int:
    return min(max(-int(-value // 2) * 2, 0), limit)
