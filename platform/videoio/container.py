"""Opening files of unknown origin: real containers only, no network, no other local file."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
from av.container import InputContainer
from av.stream import Disposition
from av.video.stream import VideoStream

from videoio.errors import MediaError

# Real containers alone. Playlists and scripts (HLS, DASH, concat, SDP, image sequences) name other files and addresses;
# libavformat checks this list after looking at the first bytes and before it follows anything in them.
FORMATS = "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpeg,mpegts,mpegvideo,asf,ogg"
SAFE_OPTIONS = {
    "format_whitelist": FORMATS,
    "protocol_whitelist": "file",  # no http, tcp, concat, data, subfile...
    "enable_drefs": "0",  # QuickTime files may name tracks in other files
    "use_absolute_path": "0",
    "probesize": "20000000",
    "analyzeduration": "10000000",
}
STALLED_S = 20.0  # reading a local file never takes this long between two packets

ACCEPTED = "MP4, MOV, MKV, WebM, AVI, MPEG, MPEG-TS, WMV or OGG"
_SCRIPTS = (
    (b"#EXTM3U", "an HLS playlist"),
    (b"ffconcat", "a concat script"),
    (b"file ", "a concat script"),
    (b"v=0", "an SDP session"),
    (b"<?xml", "an XML manifest"),
    (b"<MPD", "a DASH manifest"),
    (b"<smil", "a SMIL playlist"),
    (b"[playlist]", "a playlist"),
)
_IMAGES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\x00", b"MM\x00*")


@contextmanager
def open_input(path: Path) -> Iterator[InputContainer]:
    """Open a media file for reading, or refuse it with a sentence.

    Raises
    ------
    MediaError : missing, empty, not one of the accepted containers, or damaged at its beginning
    """
    _refuse_what_is_no_file(path)
    try:
        # "file:" keeps a name such as "concat:a|b" or "http://..." from being read as a protocol.
        container = av.open(
            f"file:{path}", mode="r", options=SAFE_OPTIONS, metadata_errors="replace", timeout=(STALLED_S, STALLED_S)
        )
    except (av.FFmpegError, ValueError) as error:
        raise _refusal(path, error) from error
    with container:
        yield container


@contextmanager
def translated(path: Path, doing: str) -> Iterator[None]:
    """Turn libav's errors while reading into sentences: "<name> cannot be <doing>: ..."."""
    try:
        yield
    except av.FFmpegError as error:
        raise MediaError(
            "damaged",
            f"{path.name} cannot be {doing}: {_reason(error)}. The file is damaged or cut off; copy it again from the "
            "camera, or convert it to MP4 (H.264).",
        ) from error


@contextmanager
def translated_writing(path: Path) -> Iterator[None]:
    """Turn libav's errors while writing into sentences."""
    try:
        yield
    except av.FFmpegError as error:
        raise MediaError(
            "not_written",
            f"{path.name} cannot be written: {_reason(error)}. Check the space and the rights in its folder, and the "
            "encoder's settings.",
        ) from error


def first_video(container: InputContainer) -> VideoStream | None:
    """The first video track that is no cover picture, or None."""
    for stream in container.streams.video:
        if not stream.disposition & (Disposition.attached_pic | Disposition.timed_thumbnails):
            return stream
    return None


def _refuse_what_is_no_file(path: Path) -> None:
    if not path.exists():
        raise MediaError("missing", f"there is no file {path}: check the name and the folder.")
    if not path.is_file():
        raise MediaError("not_a_file", f"{path} is not a file: name one video file.")
    if path.stat().st_size == 0:
        raise MediaError("empty", f"{path.name} is empty (0 bytes): copy it again from the camera.")


def _refusal(path: Path, error: Exception) -> MediaError:
    """Why libavformat would not open it, read off the first bytes."""
    with path.open("rb") as file:
        head = file.read(512)
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    for start, kind in _SCRIPTS:
        if text[: len(start)].lower() == start.lower():
            return MediaError(
                "playlist", f"{path.name} is {kind}, which points at other files: give the video itself ({ACCEPTED})."
            )
    if head.startswith(_IMAGES):
        return MediaError("still_image", f"{path.name} is a still image: give a video ({ACCEPTED}).")
    if head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"):
        return MediaError(
            "truncated",
            f"{path.name} is an MP4 or MOV file without a readable index (moov): it was cut off while recording or "
            "copying. Copy it again from the camera.",
        )
    return MediaError(
        "not_a_video",
        f"{path.name} is not a video that can be read ({_reason(error)}): give {ACCEPTED}, or convert it to MP4 "
        "(H.264).",
    )


def _reason(error: Exception) -> str:
    return str(getattr(error, "strerror", None) or error).rstrip(".").lower()
