"""Frames of a video, one after the other: upright, every one, memory flat."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer
from av.video.reformatter import ColorRange
from av.video.stream import VideoStream

from videoio.container import first_video, open_input, translated
from videoio.errors import MediaError
from videoio.frames import Frame, Orientation, Plane, colour_of, copied_planes, orientation_of
from videoio.probe import Limits, check_sides

MAX_REPAIR_S = 1.0  # a display time is moved by at most this much to keep times rising
# Formats in which every packet holds one displayed picture, so that a picture lost on the way can be counted.
ONE_PACKET_ONE_FRAME = {"h264", "hevc", "av1", "mpeg1video", "mpeg2video", "mjpeg", "prores"}


def read_frames(path: Path | str, limits: Limits | None = None) -> Iterator[Frame]:
    """Decode a video frame by frame.

    Yields
    ------
    Frame : upright, its planes a copy of its own; display times rise strictly

    Raises
    ------
    MediaError : a picture cannot be decoded, was lost, changes its size, or the times run backwards
    """
    path, limits = Path(path), limits or Limits()
    with open_input(path) as container:
        stream = first_video(container)
        if stream is None:
            raise MediaError("no_video", f"{path.name} holds no video track: give a recording with a picture.")
        stream.thread_type = "AUTO"
        stream.codec_context.options = {"max_pixels": str(limits.max_pixels)}
        clock = _Clock(path, stream.time_base or Fraction(1, 1000))
        upright = _Upright(path, limits)
        for index, picture in enumerate(_pictures(container, stream, path)):
            yield upright.frame(index, picture, clock.tick(picture), clock.time_base)


def _pictures(container: InputContainer, stream: VideoStream, path: Path) -> Iterator[av.VideoFrame]:
    """Decoded pictures; raises at the end if fewer came out than went in."""
    n_packets = n_pictures = 0
    interlaced = False
    packets = container.demux(stream)
    while True:
        with translated(path, f"decoded after frame {n_pictures}"):
            packet = next(packets, None)
            pictures = packet.decode() if packet is not None else []
        if packet is None:
            break
        n_packets += packet.size > 0 and not packet.is_discard
        for picture in pictures:
            n_pictures += 1
            interlaced = interlaced or picture.interlaced_frame  # two packets may make one picture
            yield picture
    if n_pictures < n_packets and stream.codec_context.name in ONE_PACKET_ONE_FRAME and not interlaced:
        raise MediaError(
            "lost_frames",
            f"{n_packets - n_pictures} of {n_packets} pictures of {path.name} cannot be decoded: the file is damaged. "
            "Copy it again from the camera, or convert it to MP4 (H.264).",
        )


class _Clock:
    """Display times in ticks, repaired where missing or not rising."""

    def __init__(self, path: Path, time_base: Fraction) -> None:
        self.path, self.time_base = path, time_base
        self.last: int | None = None
        self.step = 1

    def tick(self, picture: av.VideoFrame) -> int:
        stamp = picture.dts if picture.pts is None else picture.pts
        if self.last is None:
            self.last = stamp or 0
            return self.last
        if stamp is None:
            stamp = self.last + self.step
        elif stamp <= self.last:
            self._check_repairable(stamp)
            stamp = self.last + 1
        else:
            self.step = stamp - self.last
        self.last = stamp
        return stamp

    def _check_repairable(self, stamp: int) -> None:
        assert self.last is not None  # noqa: S101 - a first time is never repaired
        back = float((self.last - stamp) * self.time_base)
        if back > MAX_REPAIR_S:
            raise MediaError(
                "timestamps",
                f"the display times of {self.path.name} jump back by {back:.1f} s at "
                f"{float(self.last * self.time_base):.1f} s: convert it to MP4 (H.264) with one rising clock.",
            )


class _Upright:
    """Turns libav's pictures into frames of one size and orientation."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self.path, self.limits = path, limits
        self.size: tuple[int, int] | None = None
        self._rotation: int | None = None  # degrees, of `_orientation`; None before the first picture
        self._orientation = Orientation()

    def frame(self, index: int, picture: av.VideoFrame, pts: int, time_base: Fraction) -> Frame:
        self._check_size(index, (picture.width, picture.height))
        orientation = self._turn(picture)
        colour = colour_of(picture)
        luma, blue, red = (_turned(plane, orientation) for plane in copied_planes(as_yuv420p(picture)))
        width, height = luma.shape[1], luma.shape[0]
        return Frame(index, (_even(luma), blue, red), width, height, pts, time_base, colour)

    def _turn(self, picture: av.VideoFrame) -> Orientation:
        """How the picture stands: read of the first one, and anew where the angle changes.

        Not of every picture: one whose side data were looked at refers to itself and stays in memory until Python's
        collector comes by, a hundred and more pictures later. Containers name one matrix for the whole track; a mirror
        that comes in the middle of one without a turn is not seen.
        """
        if picture.rotation != self._rotation:
            try:
                self._orientation = orientation_of(picture)
            except ValueError as error:
                raise MediaError("rotation", f"{self.path.name} cannot be set upright, {error}: convert it.") from error
            self._rotation = picture.rotation
        return self._orientation

    def _check_size(self, index: int, size: tuple[int, int]) -> None:
        if self.size is None:
            check_sides(*size, self.path, self.limits)
            self.size = size
        if size != self.size:
            raise MediaError(
                "size_changes",
                f"{self.path.name} changes from {self.size[0]}x{self.size[1]} to {size[0]}x{size[1]} pixels at frame "
                f"{index}: convert it to one size.",
            )


def as_yuv420p(picture: av.VideoFrame) -> av.VideoFrame:
    """8-bit 4:2:0 with the range kept; the usual case passes through as decoded."""
    if picture.format.name in ("yuv420p", "yuvj420p"):
        return picture
    colour = colour_of(picture)
    span = ColorRange.JPEG if colour.full_range else ColorRange.MPEG
    if picture.format.is_rgb:
        return picture.reformat(format="yuv420p", src_color_range=ColorRange.JPEG, dst_color_range=span)
    return picture.reformat(format="yuv420p", src_color_range=span, dst_color_range=span)


def _turned(plane: Plane, orientation: Orientation) -> Plane:
    if orientation == Orientation():
        return plane
    return orientation.upright(plane).copy()


def _even(plane: Plane) -> Plane:
    """Repeat the last row or column where a side is odd; 4:2:0 needs even sides."""
    height, width = plane.shape
    if height % 2 == 0 and width % 2 == 0:
        return plane
    padded = plane.repeat([1] * (height - 1) + [1 + height % 2], axis=0)
    return padded.repeat([1] * (width - 1) + [1 + width % 2], axis=1)
