"""More than a hundred files that no camera made, or that it made badly; all made here, by rule and by seeded dice."""

import gzip
import io
import json
import random
import struct
import sys
import zipfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from tests.videoio.making import make_video, write_tone

KINDS = {"mp4": "libx264", "mkv": "libx264", "ts": "libx264", "avi": "mpeg4", "mov": "libx265", "webm": "libvpx-vp9"}


def hostile_files(folder: Path, port: int) -> Iterator[tuple[str, bytes]]:
    """(name, content); `port` is one of this machine that must never be called."""
    valid = {kind: _valid(folder / f"valid.{kind}", codec) for kind, codec in KINDS.items()}
    yield from _cut(valid)
    yield from _unusual(folder)
    yield from _scripts(port, folder)
    yield from _no_videos(folder)
    yield from _two_things_at_once(valid["mp4"], port)
    yield from _patched(valid["mp4"])
    yield from _boxes(valid["mp4"])
    yield from _fuzzed(valid)
    yield from _garbage()


def _valid(path: Path, codec: str) -> bytes:
    sound = None if path.suffix == ".webm" else ("aac", 0.0, 1.0)
    quiet = (
        {"x265-params": "log-level=none"} if codec == "libx265" else {"deadline": "realtime"} if "vpx" in codec else {}
    )
    clock = Fraction(1, 30) if path.suffix == ".avi" else Fraction(1, 15360)
    ticks = range(30) if path.suffix == ".avi" else range(0, 30 * 512, 512)
    return make_video(path, codec=codec, sound=sound, options=quiet, time_base=clock, ticks=ticks).read_bytes()


def _cut(valid: dict[str, bytes]) -> Iterator[tuple[str, bytes]]:
    yield "nothing", b""
    for kind, content in valid.items():
        yield f"whole {kind}", content
        for percent in (1, 5, 20, 50, 80, 95, 99) if kind == "mp4" else (10, 60, 97):
            yield f"{kind} cut at {percent} %", content[: len(content) * percent // 100]


def _unusual(folder: Path) -> Iterator[tuple[str, bytes]]:
    quiet = {"x265-params": "log-level=none"}
    ms, day = Fraction(1, 1000), 86_400_000
    made = {
        "variable rate": {"ticks": [0, 512, 1400, 1800, 3000, 3512, 4024]},
        "rotated 90": {"rotation": 90}, "rotated 180": {"rotation": 180}, "rotated 270": {"rotation": 270},
        "HEVC 10 bit": {"codec": "libx265", "pixel_format": "yuv420p10le", "options": quiet},
        "HDR": {"codec": "libx265", "pixel_format": "yuv420p10le", "colour": (1, 9, 16, 9), "options": quiet},
        "4:4:4": {"pixel_format": "yuv444p"},
        "8K": {"size": (7680, 4320), "ticks": [0, 512], "options": {"preset": "ultrafast"}},
        "very wide": {"size": (8000, 16), "ticks": [0, 512]},
        "ten days": {"ticks": [0, 10 * day], "time_base": ms, "suffix": "mkv"},
        "one picture": {"ticks": [0]}, "two pictures": {"ticks": [0, 512]},
        "one picture a minute": {"ticks": range(0, 5 * 60_000, 60_000), "time_base": ms, "suffix": "mkv"},
        "1000 pictures a second": {"ticks": range(60), "time_base": ms, "suffix": "mkv"},
        "late beginning": {"ticks": range(5_000_000, 5_000_000 + 30 * 512, 512)},
        "long name": {"metadata": {"title": "x" * 100_000}},
    }  # fmt: skip
    for name, options in made.items():
        path = folder / f"{name}.{options.pop('suffix', 'mp4')}"
        yield name, make_video(path, **options).read_bytes()
    for name, tracks in {"two video tracks": 2, "eight video tracks": 8}.items():
        yield name, _many_tracks(folder / f"{name}.mp4", tracks)
    yield "sound alone", _sound_alone(folder / "sound.mp4")
    yield "subtitles alone", b"1\n00:00:00,000 --> 00:00:04,000\nGood morning.\n\n" * 20
    yield "a cover picture and sound", _cover(folder)


def _many_tracks(path: Path, n_tracks: int) -> bytes:
    with av.open(str(path), "w") as output:
        streams = [output.add_stream("mpeg4", rate=30) for _ in range(n_tracks)]
        for stream in streams:
            stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        for index in range(10):
            for stream in streams:
                frame = av.VideoFrame.from_ndarray(np.full((64, 96, 3), index * 9, np.uint8), format="rgb24")
                output.mux(stream.encode(frame))
        for stream in streams:
            output.mux(stream.encode(None))
    return path.read_bytes()


def _sound_alone(path: Path) -> bytes:
    with av.open(str(path), "w") as output:
        write_tone(output, output.add_stream("aac", rate=44100, layout="mono"), start=0, seconds=1)
    return path.read_bytes()


def _cover(folder: Path) -> bytes:
    with av.open(str(folder / "cover.mkv"), "w") as output:
        audio = output.add_stream("aac", rate=44100, layout="mono")
        output.add_attachment("cover.jpg", "image/jpeg", _picture(folder / "cover.jpg"))
        write_tone(output, audio, start=0, seconds=1)
    return (folder / "cover.mkv").read_bytes()


def _picture(path: Path) -> bytes:
    av.VideoFrame.from_ndarray(np.zeros((64, 96, 3), np.uint8)).save(str(path))
    return path.read_bytes()


def _scripts(port: int, folder: Path) -> Iterator[tuple[str, bytes]]:
    secret = folder / "valid.mp4"
    for whither, target in {"outside": f"http://127.0.0.1:{port}/a.ts", "to a file": f"file://{secret}"}.items():
        scripts = {
            "HLS": f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:1,\n{target}\n#EXT-X-ENDLIST\n",
            "HLS with a key": f'#EXTM3U\n#EXT-X-KEY:METHOD=AES-128,URI="{target}"\n#EXTINF:1,\n{target}\n',
            "HLS with a map": f'#EXTM3U\n#EXT-X-MAP:URI="{target}"\n#EXTINF:1,\n{target}\n#EXT-X-ENDLIST\n',
            "concat": f"ffconcat version 1.0\nfile '{target}'\n",
            "concat without a head": f"file '{target}'\n",
            "DASH": '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011"><Period><AdaptationSet>'
            f'<Representation id="1"><BaseURL>{target}</BaseURL></Representation></AdaptationSet></Period></MPD>',
            "SMIL": f'<smil><body><video src="{target}"/></body></smil>',
            "PLS": f"[playlist]\nFile1={target}\nNumberOfEntries=1\n",
            "XML entity": f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "{target}">]><MPD>&e;</MPD>',
            "SVG": f'<svg xmlns="http://www.w3.org/2000/svg"><image href="{target}"/></svg>',
            "RTSP text": f"RTSPtextRTSP://127.0.0.1:{port}/x\n{target}",
            "ASF redirector": f"[Reference]\nRef1={target}\n",
        }
        for name, text in scripts.items():
            yield f"{name} {whither}", text.encode()
    yield "SDP", f"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nm=video {port} RTP/AVP 96\n".encode()


def _no_videos(folder: Path) -> Iterator[tuple[str, bytes]]:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.write(folder / "valid.mp4", "valid.mp4")
    yield "ZIP with a video", packed.getvalue()
    yield "gzip bomb", gzip.compress(bytes(50_000_000))
    yield "JPEG", _picture(folder / "p.jpg")
    yield "PNG", _picture(folder / "p.png")
    yield "GIF", b"GIF89a" + struct.pack("<HH", 65535, 65535) + bytes(200)
    yield "BMP", b"BM" + bytes(200)
    yield "TIFF", b"II*\x00" + bytes(200)
    yield "letter", b"Dear doctor, the video is attached.\n" * 40
    yield "JSON", json.dumps({"video": "x"}).encode() * 50
    yield "PDF", b"%PDF-1.7\n1 0 obj << /Type /Catalog >> endobj\n%%EOF\n" * 9
    yield "HTML", b"<!doctype html><video src=x></video>" * 20
    yield "program", Path(sys.executable).resolve().read_bytes()[:200_000]


def _two_things_at_once(mp4: bytes, port: int) -> Iterator[tuple[str, bytes]]:
    hls = f"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:{port}/a.ts\n".encode()
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as made:
        made.writestr("x.sh", "#!/bin/sh\ncurl 127.0.0.1")
    yield "MP4 and ZIP", mp4 + archive.getvalue()
    yield "MP4 and HLS", mp4 + hls
    yield "HLS and MP4", hls + mp4
    yield "script and MP4", b"#!/bin/sh\necho hello; exit\n" + mp4
    yield "GIF and MP4", b"GIF89a" + mp4
    yield "PDF and MP4", b"%PDF-1.7\n" + mp4
    yield "HLS in a box of an MP4", mp4 + struct.pack(">I", 8 + len(hls)) + b"free" + hls
    yield "two MP4", mp4 + mp4


def _patched(mp4: bytes) -> Iterator[tuple[str, bytes]]:
    """A number of an index box replaced: (box, bytes after its name, new bytes)."""
    most, half = b"\xff" * 4, b"\x7f\xff\xff\xff"
    patches = {
        "movie lasts for ever": ("mvhd", 16, most), "movie without a clock": ("mvhd", 12, bytes(4)),
        "track lasts for ever": ("mdhd", 16, most), "track without a clock": ("mdhd", 12, bytes(4)),
        "clock of one tick": ("mdhd", 12, b"\0\0\0\1"), "track of no size": ("tkhd", 76, bytes(8)),
        "track of 65535 pixels": ("tkhd", 76, most * 2), "pictures of 65535 pixels": ("avc1", 24, most),
        "pictures of no size": ("avc1", 24, bytes(4)), "four thousand million times": ("stts", 4, most),
        "one time, for ever": ("stts", 12, most), "times that stand still": ("stts", 12, bytes(4)),
        "four thousand million sizes": ("stsz", 8, most), "pictures of 2 GB": ("stsz", 4, half),
        "four thousand million places": ("stco", 4, most), "places beyond the end": ("stco", 8, half),
        "chunks without end": ("stsc", 4, most), "chunks of 2000 million": ("stsc", 12, half),
        "orders without end": ("ctts", 4, most), "orders from the future": ("ctts", 12, half),
        "orders from the past": ("ctts", 12, b"\x80\0\0\0"), "edits without end": ("elst", 4, most),
        "an edit from the future": ("elst", 12, half), "an edit of no length": ("elst", 8, bytes(4)),
        "samples of unknown kind": ("stsd", 12, b"????"), "no sample kinds": ("stsd", 4, bytes(4)),
        "keys that are none": ("stss", 4, most), "a handler of another kind": ("hdlr", 8, b"meta"),
        "parameter sets of 64 kB": ("avcC", 6, b"\xff\xff"), "another video profile": ("avcC", 1, most[:3]),
    }  # fmt: skip
    for name, (box, offset, value) in patches.items():
        at = mp4.index(box.encode()) + 4 + offset
        yield name, mp4[:at] + value + mp4[at + len(value) :]


def _box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", 8 + len(content)) + name + content


def _boxes(mp4: bytes) -> Iterator[tuple[str, bytes]]:
    head = mp4[: struct.unpack(">I", mp4[:4])[0]]
    deep = b""
    for _ in range(5000):
        deep = _box(b"moov", deep)
    yield "5000 boxes in each other", head + deep
    yield "100,000 empty boxes", head + _box(b"free", b"") * 100_000 + mp4[len(head) :]
    yield "a box of no size", head + bytes(4) + b"moov" + mp4[len(head) :]
    yield "a box of 8 EB", head + struct.pack(">I4sQ", 1, b"mdat", 2**63 - 1) + mp4[len(head) :]
    yield "a box smaller than its head", head + struct.pack(">I4s", 3, b"moov") + mp4[len(head) :]
    packed = _box(b"dcom", b"zlib") + _box(b"cmvd", struct.pack(">I", 2**31 - 1) + bytes(1000))
    yield "a packed index of 2 GB", head + _box(b"moov", _box(b"cmov", packed))
    yield "1000 tracks", head + _box(b"moov", _box(b"trak", _box(b"mdia", b"")) * 1000)


def _fuzzed(valid: dict[str, bytes]) -> Iterator[tuple[str, bytes]]:
    for kind, content in valid.items():
        for seed in range(12 if kind == "mp4" else 4):
            dice = random.Random(f"{kind} {seed}")  # noqa: S311
            broken = bytearray(content)
            for _ in range(dice.choice((3, 30, 300))):
                broken[dice.randrange(len(broken))] = dice.randrange(256)
            yield f"{kind} with wrong bytes {seed}", bytes(broken)


def _garbage() -> Iterator[tuple[str, bytes]]:
    dice = random.Random(0)  # noqa: S311
    heads = {
        "nothing": b"", "MP4": _box(b"ftyp", b"isom\0\0\0\0isom"), "Matroska": b"\x1a\x45\xdf\xa3",
        "AVI": b"RIFF\xff\xff\xff\x7fAVI LIST",
        "Ogg": b"OggS\0\2", "ASF": bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c"), "MPEG": b"\0\0\1\xba",
        "FLV": b"FLV\1\5\0\0\0\t",
    }  # fmt: skip
    for name, head in heads.items():
        yield f"dice after the head of {name}", head + dice.randbytes(300_000)
    yield "dice in transport packets", b"".join(b"\x47" + dice.randbytes(187) for _ in range(2000))
    for size in (1, 7, 12, 512):
        yield f"{size} bytes of dice", dice.randbytes(size)
    yield "a megabyte of zeros", bytes(1 << 20)
