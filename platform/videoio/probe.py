"""What a video file holds, found without decoding more than a few pictures; hostile files end in a sentence."""

import time
from array import array
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.video.stream import VideoStream

from videoio.container import first_video, open_input, translated
from videoio.errors import MediaError
from videoio.frames import Colour, colour_of, orientation_of

HDR = {16: "PQ (SMPTE ST 2084)", 18: "HLG (ARIB STD-B67)"}  # numbers of the H.264 VUI
SIDE_MIN = 16  # pixels; the smallest picture that H.264 in 4:2:0 holds with room to spare
DECODED_AT_START = 5


@dataclass(frozen=True, slots=True)
class Limits:
    """What is accepted. The defaults let a 4K phone clip through and refuse an 8K header."""

    max_bytes: int = 20 * 2**30
    max_side: int = 4096  # pixels, either side
    max_pixels: int = 4096 * 2304
    max_duration_s: float = 2 * 3600
    min_rate: float = 1
    max_rate: float = 240
    max_frames: int = 2 * 3600 * 120
    max_probe_s: float = 60  # wall time; probing a two-hour recording takes a few seconds


@dataclass(frozen=True, slots=True)
class MediaInfo:
    """A video as it will be read: upright, first real video track, first audio track.

    `width` and `height` are pixels as displayed after rotation; `rotation` is clockwise degrees already counted in.
    `first_pts_s` and `audio_start_s` are display times in seconds. `notes` are sentences for a person.
    """

    container: str
    codec: str
    width: int
    height: int
    rotation: int
    n_frames: int
    duration_s: float
    frame_rate: float
    variable_rate: bool
    time_base: Fraction
    first_pts_s: float
    audio_codec: str | None
    audio_start_s: float | None
    pixel_format: str
    colour: Colour = field(default_factory=Colour)
    pixel_aspect: Fraction = Fraction(1)
    notes: tuple[str, ...] = ()


def probe(path: Path | str, limits: Limits | None = None) -> MediaInfo:
    """Look at a video file: count its frames, read its times, decode a few pictures.

    Parameters
    ----------
    path : the file; it is read, nothing else is, and no network connection is opened
    limits : what to accept

    Raises
    ------
    MediaError : the file is no video that can be processed; the message says why and what to do
    """
    path, limits = Path(path), limits or Limits()
    _check_size(path, limits)
    with open_input(path) as container, translated(path, "read"):
        stream = _video_of(container, path)
        _check_header(stream, path, limits)
        times = _packet_times(container, stream, path, limits)
        _check_complete(stream, path)
        _check_times(times, path, limits)
    with open_input(path) as container, translated(path, "decoded"):
        picture = _decode_some(container, path, limits)
        return _described(container, picture, times, path)


@dataclass(frozen=True, slots=True)
class _Times:
    """Display times of all frames, sorted, in seconds relative to the first, and the audio's start."""

    seconds: np.ndarray
    first_s: float
    audio_start_s: float | None

    @property
    def steps(self) -> np.ndarray:
        return np.diff(self.seconds)

    @property
    def duration(self) -> float:
        last = float(np.median(self.steps)) if self.steps.size else 0.0
        return float(self.seconds[-1]) + last

    @property
    def rate(self) -> float:
        return (self.seconds.size - 1) / float(self.seconds[-1]) if self.seconds[-1] > 0 else 0.0

    def variable(self, time_base: Fraction) -> bool:
        """More than rounding to the time base, or 5% of a frame."""
        spread = float(self.steps.max() - self.steps.min()) if self.steps.size else 0.0
        return spread > max(2.5 * float(time_base), 0.05 * float(np.median(self.steps)) if self.steps.size else 0.0)


def _check_size(path: Path, limits: Limits) -> None:
    if path.is_file() and (size := path.stat().st_size) > limits.max_bytes:
        raise MediaError(
            "too_large",
            f"{path.name} has {size / 2**20:.0f} MiB, more than the {limits.max_bytes / 2**20:.0f} MiB accepted: "
            "cut it, or record at a lower bit rate.",
        )


def _video_of(container: InputContainer, path: Path) -> VideoStream:
    stream = first_video(container)
    if stream is not None:
        return stream
    kind = "only sound" if container.streams.audio else "no video track"
    raise MediaError("no_video", f"{path.name} holds {kind}: give a recording with a picture.")


def _check_header(stream: VideoStream, path: Path, limits: Limits) -> None:
    context = stream.codec_context
    if context is None or stream.codec_context.name is None or not context.pix_fmt:
        raise MediaError(
            "unknown_codec",
            f"the video track of {path.name} is in a format that cannot be decoded here: convert it to MP4 (H.264).",
        )
    check_sides(context.width, context.height, path, limits)
    if context.color_trc in HDR:
        raise MediaError(
            "hdr",
            f"{path.name} is an HDR video, {HDR[context.color_trc]}: convert it to SDR (BT.709) first, or switch HDR "
            "off in the camera.",
        )


def check_sides(width: int, height: int, path: Path, limits: Limits) -> None:
    """Refuse pictures too small or too large to process.

    Raises
    ------
    MediaError : a side under 16 pixels, or over the limits
    """
    if min(width, height) < SIDE_MIN:
        raise MediaError(
            "dimensions", f"pictures must be at least {SIDE_MIN} pixels on a side, {path.name} has {width}x{height}."
        )
    if max(width, height) > limits.max_side or width * height > limits.max_pixels:
        raise MediaError(
            "dimensions",
            f"pictures must be at most {limits.max_side} pixels on a side and {limits.max_pixels / 1e6:.1f} "
            f"megapixels, {path.name} says {width}x{height}: scale it down to 4K or less.",
        )


def _packet_times(container: InputContainer, stream: VideoStream, path: Path, limits: Limits) -> _Times:
    """Walk over the packets without decoding; a packet is a frame in every accepted container."""
    base, ticks = stream.time_base or Fraction(1, 1000), array("q")
    audio, audio_start = _audio_of(container), None
    ends = time.monotonic() + limits.max_probe_s
    for packet in container.demux([stream] if audio is None else [stream, audio]):
        if packet.size == 0:
            continue
        stamp = packet.dts if packet.pts is None else packet.pts
        if packet.stream_index != stream.index:
            if audio_start is None and stamp is not None and packet.time_base and not packet.is_discard:
                audio_start = float(stamp * packet.time_base)
            continue
        if not packet.is_discard:  # outside the edit list: stored for decoding, never displayed
            ticks.append(stamp if stamp is not None else (ticks[-1] + 1 if ticks else 0))
        if len(ticks) > limits.max_frames or time.monotonic() > ends:
            raise _too_long(path, f"more than {len(ticks) - 1} frames", limits)
    if not ticks:
        raise MediaError("no_frames", f"the video track of {path.name} holds no pictures: copy the file again.")
    sorted_ticks = np.sort(np.frombuffer(ticks, np.int64))
    seconds = (sorted_ticks - sorted_ticks[0]) * float(base)
    return _Times(seconds, float(int(sorted_ticks[0]) * base), audio_start)


def _check_complete(stream: VideoStream, path: Path) -> None:
    """Refuse a file whose index names pictures beyond its end; libavformat stops there without a word."""
    size = path.stat().st_size
    beyond = sum(1 for entry in stream.index_entries if entry.pos + entry.size > size)
    if beyond:
        raise MediaError(
            "truncated",
            f"{path.name} was cut off: {beyond} of the {len(stream.index_entries)} pictures in its index lie beyond "
            f"the end of its {size} bytes. Copy it again from the camera.",
        )


def _check_times(times: _Times, path: Path, limits: Limits) -> None:
    if times.seconds.size < 2:
        raise MediaError("still_image", f"{path.name} holds a single picture: give a video.")
    if times.duration > limits.max_duration_s:
        raise _too_long(path, f"{times.duration:.0f} s", limits)
    if not limits.min_rate <= times.rate <= limits.max_rate:
        raise MediaError(
            "frame_rate",
            f"the frame rate must be {limits.min_rate:g}-{limits.max_rate:g} frames per second, {path.name} has "
            f"{times.rate:.3g} ({times.seconds.size} frames in {times.seconds[-1]:.3g} s): convert it to a usual rate.",
        )


def _too_long(path: Path, what: str, limits: Limits) -> MediaError:
    return MediaError(
        "too_long",
        f"{path.name} lasts {what}; at most {limits.max_duration_s:.0f} s and {limits.max_frames} frames are accepted: "
        "cut it into parts.",
    )


def _decode_some(container: InputContainer, path: Path, limits: Limits) -> av.VideoFrame:
    """Decode the first pictures and one after the middle; returns the first."""
    stream = _video_of(container, path)
    stream.codec_context.options = {
        "max_pixels": str(limits.max_pixels)
    }  # the stream may exceed its container's header
    first: av.VideoFrame | None = None
    for number, picture in enumerate(container.decode(stream), start=1):
        first = first or picture
        check_sides(picture.width, picture.height, path, limits)
        if number >= DECODED_AT_START:
            break
    if first is None:
        raise MediaError("no_frames", f"no picture of {path.name} can be decoded: convert it to MP4 (H.264).")
    if stream.duration and stream.frames:  # an index: a damaged second half shows here
        container.seek((stream.start_time or 0) + stream.duration // 2, stream=stream)
        next(container.decode(stream), None)
    return first


def _described(container: InputContainer, picture: av.VideoFrame, times: _Times, path: Path) -> MediaInfo:
    stream = _video_of(container, path)
    try:
        orientation = orientation_of(picture)
    except ValueError as error:
        raise MediaError("rotation", f"{path.name} cannot be set upright, {error}: convert it.") from error
    width, height = picture.width, picture.height
    audio = _audio_of(container)
    aspect = stream.sample_aspect_ratio or Fraction(1)
    return MediaInfo(
        container=container.format.name,
        codec=stream.codec_context.name,
        width=height if orientation.transpose else width,
        height=width if orientation.transpose else height,
        rotation=orientation.degrees,
        n_frames=times.seconds.size,
        duration_s=times.duration,
        frame_rate=times.rate,
        variable_rate=times.variable(stream.time_base or Fraction(1, 1000)),
        time_base=stream.time_base or Fraction(1, 1000),
        first_pts_s=times.first_s,
        audio_codec=audio.codec_context.codec.canonical_name if audio is not None else None,
        audio_start_s=times.audio_start_s,
        pixel_format=picture.format.name,
        colour=colour_of(picture),
        pixel_aspect=1 / aspect if orientation.transpose and aspect else aspect or Fraction(1),
        notes=_notes(container, stream),
    )


def _audio_of(container: InputContainer) -> AudioStream | None:
    """The first audio track with a format that can be decoded."""
    return next((track for track in container.streams.audio if track.codec_context is not None), None)


def _notes(container: InputContainer, chosen: VideoStream) -> tuple[str, ...]:
    others = len(container.streams.video) - 1
    notes = []
    if others:
        notes.append(
            f"The file holds {others + 1} video tracks or pictures; track {chosen.index} is used, the others are "
            "left out."
        )
    if len(container.streams.audio) > 1:
        notes.append(f"The file holds {len(container.streams.audio)} audio tracks; the first is used.")
    return tuple(notes)
