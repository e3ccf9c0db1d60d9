"""The last encode before a blinded showing: versions of one recording become files that only their pictures tell apart.

The order of pictures (which are I, P and B) follows from their number alone, and every coded picture is filled up to
the size of the largest version's. So the index of the file (moov) is the same, byte for byte, in every version: places
of boxes, sizes of samples, key frames, times. What still differs are the bytes of the coded pictures themselves.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from hashlib import sha256
from pathlib import Path
from typing import Any

import av
import numpy as np
from av.container import InputContainer, OutputContainer

from videoio.ahead import ahead
from videoio.audio import AudioRelay, audio_stream
from videoio.boxes import index_hash
from videoio.container import first_video, open_input, translated, translated_writing
from videoio.errors import MediaError
from videoio.inspect import timestamps
from videoio.probe import MediaInfo, probe
from videoio.read import read_frames
from videoio.write import EncodeSettings, VideoFormat, VideoWriter, muxer_options

# A key frame every 250 pictures and three B pictures between others, whatever the pictures show: a scene cut, or a
# choice by content, would stand in the index. No macroblock tree: it moves quality from the moving mouth to the still
# background, carries what a method did to the face into how the rest is coded, and gives other bytes at each repeat.
LAST = EncodeSettings(
    more=(
        ("g", "250"), ("keyint_min", "250"), ("sc_threshold", "0"), ("b_strategy", "0"), ("bf", "3"), ("refs", "2"),
        ("mbtree", "0"), ("trellis", "1"),
    )
)  # fmt: skip

# Filling: "user data unregistered" messages (ITU-T H.264, annex D), which every player skips. Filler data NAL units
# would be simpler, but have no place in an MP4 file (ISO/IEC 14496-15).
SEI, USER_DATA = 6, 5
UUID = 16  # bytes; any that hold no zero
MESSAGE = UUID + 238  # the longest whose size is one byte
MESSAGE_HEAD = 2  # type and size
UNIT = 4 + 1 + 1  # length before the unit, its header, the stop bit
LEAST_FILLING = UNIT + MESSAGE_HEAD + UUID


@dataclass(frozen=True, slots=True)
class Equalised:
    """What is the same in all files of a group, and how much of each one is filling."""

    n_frames: int
    n_bytes: int
    encoding: str
    index: str  # SHA-256 of everything but the coded pictures and sound
    filling: tuple[float, ...]  # share of the file, by version


def equalise(
    versions: Sequence[Path],
    targets: Sequence[Path],
    *,
    encode: EncodeSettings = LAST,
    progress: Callable[[float, str], None] = lambda share, stage: None,
) -> Equalised:
    """Encode all versions of one recording in one way, into files of one size and one index.

    Nothing is cut, retimed or made louder: every picture keeps its time, the sound's packets are copied.

    Parameters
    ----------
    versions : MP4 files, one encode away from their recording each, with equal pictures' times, sizes and sound
    targets : files to write, in the same order; files beside them are used on the way
    encode : settings whose order of pictures does not depend on what they show
    progress : called with a share (0-1) and what is done now; may raise to stop

    Raises
    ------
    MediaError : the versions differ in more than their pictures, or one cannot be read or written; no target is left
    """
    infos = [probe(version) for version in versions]
    times = [timestamps(version) for version in versions]
    _refuse_unlike(versions, infos, times)
    parts = [target.with_name(f".{target.name}.pictures") for target in targets]
    try:
        for number, (version, part) in enumerate(zip(versions, parts, strict=True)):
            _encode(version, part, infos[number], encode, _share_of(number, len(parts), progress))
        filled = _mux(parts, targets, sound=versions[0], n_frames=len(times[0]))
        return _checked(targets, times[0], encode, filled)
    except BaseException:
        for target in targets:
            target.unlink(missing_ok=True)
        raise
    finally:
        for part in parts:
            part.unlink(missing_ok=True)


def _share_of(number: int, n_versions: int, progress: Callable[[float, str], None]) -> Callable[[float], None]:
    return lambda done: progress((number + done) / n_versions, "last encode")


def _encode(
    version: Path, part: Path, info: MediaInfo, encode: EncodeSettings, progress: Callable[[float], None]
) -> None:
    with VideoWriter(part, VideoFormat.of(info), encode=encode) as writer:
        for frame in ahead(read_frames(version)):
            writer.write(frame)
            progress(min(1.0, writer.n_frames / info.n_frames))


def _refuse_unlike(versions: Sequence[Path], infos: Sequence[MediaInfo], times: Sequence[list[float]]) -> None:
    """Versions that differ in what all pictures share could be told apart whatever is done about their encoding."""
    sounds = [sound_hash(version) for version in versions]
    for info, own_times, sound in zip(infos, times, sounds, strict=True):
        first = infos[0]
        if (info.width, info.height, info.pixel_aspect) != (first.width, first.height, first.pixel_aspect):
            raise _unlike("pictures", f"{first.width}x{first.height}", f"{info.width}x{info.height}")
        if (info.colour, info.time_base) != (first.colour, first.time_base):
            raise _unlike("colour tags or clocks", str(first.colour), str(info.colour))
        if own_times != times[0]:
            raise _unlike("display times", f"{len(times[0])} pictures", f"{len(own_times)} pictures")
        if sound != sounds[0]:
            raise _unlike("sound", sounds[0][:12] or "none", sound[:12] or "none")


def _unlike(what: str, one: str, other: str) -> MediaError:
    return MediaError(
        "versions_differ",
        f"the versions of this recording differ in their {what} ({one} and {other}): render the one that changed it "
        "again.",
    )


def sound_hash(path: Path) -> str:
    """SHA-256 over the sound's packets and their times; empty without sound. Equal means: the same samples."""
    hashed = sha256()
    with open_input(path) as container, translated(path, "read for its sound"):
        stream = audio_stream(container)
        if stream is None:
            return ""
        hashed.update(f"{stream.codec_context.name} {stream.codec_context.sample_rate}".encode())
        hashed.update(stream.codec_context.extradata or b"")
        for packet in container.demux(stream):
            if packet.size and packet.dts is not None and packet.time_base:
                hashed.update(f"{packet.pts * packet.time_base if packet.pts is not None else ''}".encode())
                hashed.update(bytes(packet))
    return hashed.hexdigest()


def _mux(parts: Sequence[Path], targets: Sequence[Path], *, sound: Path, n_frames: int) -> list[int]:
    """Write the coded pictures of all versions side by side, each filled up; returns the bytes of filling of each."""
    filled = [0] * len(parts)
    with ExitStack() as stack:
        inputs = [stack.enter_context(open_input(part)) for part in parts]
        made = [_Output(target, source, sound) for target, source in zip(targets, inputs, strict=True)]
        outputs = [stack.enter_context(output) for output in made]
        rng = np.random.default_rng(n_frames)
        for packets in zip(*(_coded(source, part) for source, part in zip(inputs, parts, strict=True)), strict=True):
            size = max(packet.size for packet in packets) + LEAST_FILLING
            for number, (packet, output) in enumerate(zip(packets, outputs, strict=True)):
                filled[number] += size - packet.size
                output.write(packet, filling(size - packet.size, rng))
        for output in outputs:
            output.finish()
    return filled


def filling(n_bytes: int, rng: np.random.Generator) -> bytes:
    """One NAL unit of exactly so many bytes that says nothing; without zeros, so that nothing needs escaping."""
    room = n_bytes - UNIT
    if room < MESSAGE_HEAD + UUID:
        raise ValueError(f"a filling has at least {LEAST_FILLING} bytes, {n_bytes} were asked for")
    sizes = [len(part) for part in np.array_split(np.zeros(room, np.uint8), -(-room // (MESSAGE_HEAD + MESSAGE)))]
    messages = b"".join(
        bytes((USER_DATA, size - MESSAGE_HEAD)) + rng.integers(1, 256, size - MESSAGE_HEAD, np.uint8).tobytes()
        for size in sizes
    )
    return (n_bytes - 4).to_bytes(4, "big") + bytes((SEI,)) + messages + b"\x80"


def _coded(source: InputContainer, part: Path) -> Iterator[av.Packet]:
    stream = first_video(source)
    assert stream is not None  # noqa: S101 - our own file
    with translated(part, "read"):
        yield from (packet for packet in source.demux(stream) if packet.size)


class _Output:
    """A target that gets coded pictures, the filling before each, and the sound."""

    def __init__(self, target: Path, source: InputContainer, sound: Path) -> None:
        self._target, self._sound, self._stack = target, sound, ExitStack()
        stream = first_video(source)
        assert stream is not None  # noqa: S101 - our own file
        self._template, self._time_base = stream, stream.time_base or Fraction(1, 1000)
        self._relay: AudioRelay | None = None

    def __enter__(self) -> "_Output":
        with translated_writing(self._target), ExitStack() as stack:
            heard = stack.enter_context(open_input(self._sound))
            track = audio_stream(heard)
            clocks = [self._time_base.denominator]
            clocks += [track.codec_context.sample_rate] if track is not None else []
            self._output: OutputContainer = stack.enter_context(
                av.open(str(self._target), "w", format="mp4", options=muxer_options(clocks))
            )
            self._stream: Any = self._output.add_stream_from_template(self._template)
            self._stream.time_base = self._time_base
            self._stream.metadata.clear()
            self._relay = AudioRelay(self._sound, heard, self._output) if track is not None else None
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *error: object) -> None:
        self._stack.close()

    def write(self, packet: av.Packet, before: bytes) -> None:
        with translated_writing(self._target):
            whole = av.Packet(before + bytes(packet))
            whole.pts, whole.dts, whole.duration = packet.pts, packet.dts, packet.duration
            whole.time_base, whole.is_keyframe, whole.stream = packet.time_base, packet.is_keyframe, self._stream
            self._output.mux(whole)
            if self._relay is not None and packet.dts is not None and packet.time_base:
                self._relay.write_until(float(packet.dts * packet.time_base))

    def finish(self) -> None:
        with translated_writing(self._target):
            if self._relay is not None:
                self._relay.write_until(None)
            self._output.close()


def _checked(targets: Sequence[Path], times: list[float], encode: EncodeSettings, filled: list[int]) -> Equalised:
    """The files are what they were made to be; otherwise the encoder chose by content, and nothing may be shown."""
    indices, sizes = {index_hash(target) for target in targets}, {target.stat().st_size for target in targets}
    if len(indices) > 1 or len(sizes) > 1:
        raise MediaError(
            "index_differs",
            f"{encode.encoder!r} ordered the pictures of these versions differently, which tells them apart: use an "
            "encoder with a fixed order of pictures, such as libx264.",
        )
    for target in targets:
        if timestamps(target) != times:
            raise MediaError("timestamps", "display times changed in the last encode: this is a fault of the encoder.")
    size = sizes.pop()
    return Equalised(len(times), size, encode.fingerprint(), indices.pop(), tuple(share / size for share in filled))
