"""`probe` in a confined process: what is called for files of unknown origin."""

from dataclasses import asdict
from fractions import Fraction
from pathlib import Path
from typing import Any

from videoio.confined import run
from videoio.frames import Colour
from videoio.probe import Limits, MediaInfo, probe

FRACTIONS = ("time_base", "pixel_aspect")


def probe_confined(path: Path, limits: Limits, *, memory: int, seconds: int) -> tuple[MediaInfo, tuple[str, ...]]:
    """What the file holds, and the guards that stood between it and the network.

    Raises
    ------
    MediaError, NotConfined : see `videoio.confined.run`
    """
    asked = {"path": str(path), "limits": asdict(limits)}
    answer = run("videoio.probe_confined:look", asked, memory=memory, seconds=seconds)
    return _info(answer.value), answer.guards


def look(path: str, limits: dict[str, Any]) -> dict[str, Any]:
    """The child's side: `probe`, as JSON."""
    told = asdict(probe(Path(path), Limits(**limits)))
    return {**told, **{name: str(told[name]) for name in FRACTIONS}}


def _info(told: dict[str, Any]) -> MediaInfo:
    """The child is not trusted: a field that is missing or of another kind is an error here, not later."""
    fields = {**told, **{name: Fraction(told[name]) for name in FRACTIONS}}
    fields |= {"colour": Colour(**told["colour"]), "notes": tuple(map(str, told["notes"]))}
    for name in ("width", "height", "n_frames", "rotation"):
        fields[name] = int(told[name])
    for name in ("duration_s", "frame_rate", "first_pts_s"):
        fields[name] = float(told[name])
    return MediaInfo(**fields)
