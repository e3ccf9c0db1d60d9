"""Times of a finished file, for checks."""

from pathlib import Path

from videoio.container import first_video, open_input, translated
from videoio.errors import MediaError


def timestamps(path: Path | str) -> list[float]:
    """Display times of all frames in seconds, rising; read off the packets, without decoding.

    Raises
    ------
    MediaError : the file cannot be read or holds no video
    """
    path = Path(path)
    with open_input(path) as container, translated(path, "read"):
        stream = first_video(container)
        if stream is None or stream.time_base is None:
            raise MediaError("no_video", f"{path.name} holds no video track.")
        ticks = [packet.pts for packet in container.demux(stream) if packet.size and not packet.is_discard]
        base = stream.time_base
    return sorted(float(tick * base) for tick in ticks if tick is not None)
