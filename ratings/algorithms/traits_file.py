"""What a file tells without being looked at. In the versions of one recording every one of these must be the same."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

import av
import numpy as np
from av.container import InputContainer

from videoio.boxes import boxes, index_hash
from videoio.container import first_video, open_input, translated
from videoio.lastencode import SEI, sound_hash
from videoio.probe import probe

# What the container format itself writes into every file; the brands are part of the index.
BRANDS = {"major_brand", "minor_version", "compatible_brands"}
NEUTRAL = {"language": ("und",), "handler_name": ("VideoHandler", "SoundHandler"), "vendor_id": ("[0][0][0][0]",)}


@dataclass(frozen=True, slots=True)
class FileTraits:
    """Deterministic traits. Long ones are hashes: only whether they are equal matters."""

    container: str
    codec: str
    profile_and_level: str
    pixel_format: str
    size: str  # width x height, pixel aspect
    colour: str
    frame_rate: str
    n_frames: int
    times: str
    duration_s: float
    sound: str
    sound_lead_s: float | None  # start of the sound after the first picture
    picture_order: str  # key frames and display order
    sample_sizes: str
    n_bytes: int
    boxes: str
    index: str
    metadata: str  # must be empty

    def as_dict(self) -> dict[str, str | int | float | None]:
        return asdict(self)


def file_traits(path: Path) -> FileTraits:
    """Read them all off one file.

    Raises
    ------
    MediaError : it cannot be read
    """
    info = probe(path)
    with open_input(path) as container, translated(path, "read"):
        stream = first_video(container)
        assert stream is not None  # noqa: S101 - probed above
        setup = stream.codec_context.extradata or b""
        metadata = _metadata(container)
        packets = [(p.pts, p.dts, p.is_keyframe, p.size) for p in container.demux(stream) if p.size]
    return FileTraits(
        container=info.container, codec=info.codec, profile_and_level=setup[1:4].hex(), pixel_format=info.pixel_format,
        size=f"{info.width}x{info.height} {info.pixel_aspect} {info.rotation}", colour=str(info.colour),
        frame_rate=f"{info.frame_rate:.6f} {info.variable_rate} {info.time_base}", n_frames=info.n_frames,
        times=_hash(sorted(pts for pts, *_ in packets if pts is not None)), duration_s=info.duration_s,
        sound=sound_hash(path),
        sound_lead_s=None if info.audio_start_s is None else info.audio_start_s - info.first_pts_s,
        picture_order=_hash([entry[:3] for entry in packets]), sample_sizes=_hash([size for *_, size in packets]),
        n_bytes=path.stat().st_size, boxes=_hash(boxes(path)), index=index_hash(path), metadata=metadata,
    )  # fmt: skip


def _hash(value: object) -> str:
    return sha256(repr(value).encode()).hexdigest()[:32]


def _metadata(container: InputContainer) -> str:
    said = {**container.metadata}
    for stream in container.streams:
        said.update(stream.metadata)
    return "; ".join(f"{key}={value}" for key, value in sorted(said.items()) if not _neutral(key, value))


def _neutral(key: str, value: str) -> bool:
    return key in BRANDS or value in NEUTRAL.get(key, ())


@dataclass(frozen=True, slots=True)
class StreamTraits:
    """Sizes of the coded pictures without their filling: somebody who takes the file apart can count them."""

    key_bytes: float  # mean, natural logarithm
    other_bytes: float
    spread: float  # standard deviation of the logarithm over the other pictures

    def as_dict(self) -> dict[str, float]:
        return asdict(self)


def stream_traits(path: Path) -> StreamTraits:
    sizes: dict[bool, list[int]] = {True: [], False: []}
    with open_input(path) as container, translated(path, "read"):
        stream = first_video(container)
        for packet in container.demux(stream) if stream is not None else ():
            if packet.size:
                sizes[packet.is_keyframe].append(coded_bytes(packet))
    keys, others = np.log(np.maximum(sizes[True], 1)), np.log(np.maximum(sizes[False] or [1], 1))
    return StreamTraits(float(keys.mean()), float(others.mean()), float(others.std()))


def coded_bytes(packet: av.Packet) -> int:
    """Bytes of a sample's units that are no messages (ISO/IEC 14496-15: each follows its 4-byte length)."""
    return sum(size for kind, size in _units(bytes(packet)) if kind != SEI)


def _units(sample: bytes) -> Iterator[tuple[int, int]]:
    at = 0
    while at + 4 < len(sample):
        size = int.from_bytes(sample[at : at + 4], "big")
        yield sample[at + 4] & 31, size
        at += 4 + size
