"""One decoded picture as YUV 4:2:0 planes, with RGB made only where it is asked for."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import av
import numpy as np
from av.sidedata.sidedata import Type
from av.video.reformatter import ColorRange, Colorspace, Interpolation
from numpy.typing import NDArray

Plane = NDArray[np.uint8]
RGB = NDArray[np.uint8]

UNSPECIFIED, BT709 = 2, 1  # ISO/IEC 23091-4, as in the H.264 VUI


@dataclass(frozen=True, slots=True)
class Colour:
    """How sample values mean colours, in the numbers of the H.264 VUI; 2 means "not said"."""

    full_range: bool = False
    range_said: bool = False
    primaries: int = UNSPECIFIED
    transfer: int = UNSPECIFIED
    matrix: int = UNSPECIFIED

    @property
    def black(self) -> int:
        return 0 if self.full_range else 16


@dataclass(frozen=True, slots=True)
class Orientation:
    """The display matrix of a phone's video: transpose first, then flip (all eight right-angled orientations)."""

    transpose: bool = False
    flip_x: bool = False
    flip_y: bool = False

    @property
    def degrees(self) -> int:
        """Clockwise rotation, mirroring aside."""
        if self.transpose:
            return 90 if self.flip_x else 270
        return 180 if self.flip_y else 0

    def upright(self, plane: Plane) -> Plane:
        plane = plane.T if self.transpose else plane
        plane = plane[:, ::-1] if self.flip_x else plane
        return plane[::-1] if self.flip_y else plane


@dataclass(slots=True)
class Frame:
    """A picture of a video, upright.

    Attributes
    ----------
    index : position in the video, from 0
    planes : Y (H, W), U and V (H/2, W/2), uint8, contiguous and writable; H and W are `height` and `width` rounded
        up to even numbers by repeating the last row or column
    width, height : pixels as displayed
    pts, time_base : the display time is pts * time_base seconds
    """

    index: int
    planes: tuple[Plane, Plane, Plane]
    width: int
    height: int
    pts: int
    time_base: Fraction
    colour: Colour

    @property
    def time(self) -> float:
        """Display time in seconds."""
        return float(self.pts * self.time_base)

    def copied(self) -> "Frame":
        """The same with planes of its own."""
        luma, blue, red = (plane.copy() for plane in self.planes)
        return replace(self, planes=(luma, blue, red))

    @property
    def rgb(self) -> RGB:
        """The whole picture, (height, width, 3) uint8, contiguous; converted anew at each call."""
        return np.ascontiguousarray(to_rgb(self.planes, self.colour)[: self.height, : self.width])

    def rgb_within(self, side: int) -> tuple[RGB, float]:
        """The picture scaled down so that its longer side is at most `side`, and the scale (<= 1)."""
        scale = min(1.0, side / max(self.width, self.height))
        size = (max(1, round(self.width * scale)), max(1, round(self.height * scale)))
        if scale == 1.0:
            return self.rgb, 1.0
        return to_rgb(self.planes, self.colour, size), scale

    def crop_rgb(self, x: int, y: int, width: int, height: int) -> RGB:
        """RGB of a box; x, y, width and height must be even and inside the planes."""
        return to_rgb(self._box(x, y, width, height), self.colour)

    def paste_rgb(self, x: int, y: int, rgb: RGB) -> None:
        """Put RGB (h, w, 3) back at an even place; only this box's samples change."""
        height, width = rgb.shape[:2]
        for target, plane in zip(self._box(x, y, width, height), from_rgb(rgb, self.colour), strict=True):
            target[:] = plane

    def _box(self, x: int, y: int, width: int, height: int) -> tuple[Plane, Plane, Plane]:
        if any(value % 2 for value in (x, y, width, height)):
            raise ValueError(f"a box for RGB must lie on even pixels, was {(x, y, width, height)}: round it outwards")
        whole, half = np.s_[y : y + height, x : x + width], np.s_[y // 2 : (y + height) // 2, x // 2 : (x + width) // 2]
        luma, blue, red = self.planes
        return luma[whole], blue[half], red[half]

    @classmethod
    def from_rgb(cls, index: int, rgb: RGB, pts: int, time_base: Fraction) -> "Frame":
        """A frame made from (h, w, 3) uint8, tagged BT.709 limited range."""
        colour = Colour(range_said=True, primaries=BT709, transfer=BT709, matrix=BT709)
        height, width = rgb.shape[:2]
        even = np.pad(rgb, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
        return cls(index, from_rgb(even, colour), width, height, pts, time_base, colour)


def to_rgb(planes: Sequence[Plane], colour: Colour, size: tuple[int, int] | None = None) -> RGB:
    """YUV 4:2:0 planes to RGB, scaled to `size` = (width, height) where given."""
    width, height = size or (None, None)
    picture = to_av(planes).reformat(
        width=width,
        height=height,
        format="rgb24",
        interpolation=Interpolation.BILINEAR if size is None else Interpolation.AREA,
        **_said(colour, "src"),
        dst_color_range=ColorRange.JPEG,
        threads=1,  # starting and awaiting others takes longer than the picture
    )
    return plane_array(picture, 0, channels=3).copy()


def from_rgb(rgb: RGB, colour: Colour) -> tuple[Plane, Plane, Plane]:
    """(h, w, 3) RGB with even sides to YUV 4:2:0 planes."""
    picture = av.VideoFrame.from_ndarray(np.ascontiguousarray(rgb), format="rgb24").reformat(
        format="yuv420p", src_color_range=ColorRange.JPEG, **_said(colour, "dst"), threads=1
    )
    return copied_planes(picture)


def to_av(planes: Sequence[Plane]) -> av.VideoFrame:
    """A libav picture with a copy of the planes."""
    height, width = planes[0].shape
    picture = av.VideoFrame(width, height, "yuv420p")
    for number, plane in enumerate(planes):
        plane_array(picture, number)[:] = plane
    return picture


def copied_planes(picture: av.VideoFrame) -> tuple[Plane, Plane, Plane]:
    """The three planes of an 8-bit 4:2:0 picture, copied out of libav's memory."""
    luma, blue, red = (plane_array(picture, number).copy() for number in range(3))
    return luma, blue, red


def plane_array(picture: av.VideoFrame, number: int, channels: int = 1) -> NDArray[np.uint8]:
    """A view of one plane, without libav's padding at the ends of lines."""
    plane = picture.planes[number]
    rows = np.frombuffer(memoryview(plane), np.uint8).reshape(plane.height, plane.line_size)[
        :, : plane.width * channels
    ]
    return rows.reshape(plane.height, plane.width, channels) if channels > 1 else rows


def colour_of(picture: av.VideoFrame) -> Colour:
    """The colour tags of a decoded picture."""
    full = picture.color_range == 2 or picture.format.name.startswith("yuvj")
    is_rgb = picture.format.is_rgb
    return Colour(
        full_range=full and not is_rgb,
        range_said=full or picture.color_range == 1,
        primaries=int(picture.color_primaries) or UNSPECIFIED,
        transfer=int(picture.color_trc) or UNSPECIFIED,
        matrix=6 if is_rgb else int(picture.colorspace) or UNSPECIFIED,  # RGB is converted with BT.601
    )


def orientation_of(picture: av.VideoFrame) -> Orientation:
    """Read the display matrix libav attached to a picture; without one the picture is upright as stored.

    Raises
    ------
    ValueError : the matrix turns by something else than a right angle
    """
    data = picture.side_data.get(Type.DISPLAYMATRIX)  # type: ignore[call-overload]
    if data is None:
        return Orientation()
    a, b, _, c, d = np.frombuffer(data, np.int32)[:5].astype(float) / 65536  # x' = a x + c y, y' = b x + d y
    if max(abs(a), abs(d)) < 0.01 and min(abs(b), abs(c)) > 0.01:
        return Orientation(True, c < 0, b < 0)
    if max(abs(b), abs(c)) < 0.01 and min(abs(a), abs(d)) > 0.01:
        return Orientation(False, a < 0, d < 0)
    raise ValueError(f"the display matrix ({a:g}, {b:g}, {c:g}, {d:g}) turns by no right angle")


def _said(colour: Colour, side: str) -> dict[str, Any]:
    spaces = {1: Colorspace.ITU709, 4: Colorspace.FCC, 7: Colorspace.SMPTE240M, 9: Colorspace.BT2020}
    return {
        f"{side}_colorspace": spaces.get(colour.matrix, Colorspace.ITU601),
        f"{side}_color_range": ColorRange.JPEG if colour.full_range else ColorRange.MPEG,
    }
