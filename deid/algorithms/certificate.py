"""The privacy record of a rendition: what was done to every frame, with what, from what."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from itertools import groupby
from typing import Any

from deid.algorithms.regions import Region


@dataclass(frozen=True, slots=True)
class Certificate:
    """JSON-able record of one rendition.

    `runs` are (first frame, last frame, state) without gaps, empty for a re-encoded original. `run_times` are their
    start and end in seconds from the first frame: a variable rate tells no time from a number. `faces_per_frame` counts
    frames by their number of detected faces. `failures` are (frame, "detector" or "method", reason): those frames are
    masked. `masks` are (first frame, last frame, [[x, y, width, height], ...]): places, in pixels, in which nothing of
    these frames is left though the rest of them is shown; None in records from before they were kept. `encoding` is
    equal for files that were encoded alike. `method_report` is what the method tells of itself, empty for most; records
    from before it existed are read too.
    """

    method: str
    parameters: dict[str, Any]
    detector: str | None
    detector_version: str | None
    n_frames: int
    width: int
    height: int
    duration_s: float
    runs: list[tuple[int, int, str]]
    run_times: list[tuple[float, float]]
    counts: dict[str, int]
    faces_per_frame: dict[str, int]
    failures: list[tuple[int, str, str]]
    encoding: str
    audio: str
    source_sha256: str
    output_sha256: str
    software: str
    notes: list[str] = field(default_factory=list)
    method_report: dict[str, Any] = field(default_factory=dict)
    masks: list[tuple[int, int, list[list[int]]]] | None = None

    @property
    def frames_waiting(self) -> int:
        """Frames that a reviewer has to decide on."""
        return self.counts.get("withheld", 0)

    def to_dict(self) -> dict[str, Any]:
        """Plain lists, dicts, numbers and strings."""
        record = asdict(self)
        record["runs"] = [list(run) for run in self.runs]
        record["run_times"] = [list(times) for times in self.run_times]
        record["failures"] = [list(failure) for failure in self.failures]
        record["masks"] = None if self.masks is None else [list(mask) for mask in self.masks]
        return record

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> "Certificate":
        """The inverse of `to_dict`.

        Raises
        ------
        ValueError : a field is missing or unknown
        """
        names = {each.name for each in fields(cls)}
        record = {"method_report": {}, "masks": None, **record}
        if set(record) != names:
            odd = ", ".join(sorted(names.symmetric_difference(record)))
            raise ValueError(f"this is no certificate of this version: missing or unknown fields {odd}.")
        values = dict(record)
        values["run_times"] = [(float(start), float(end)) for start, end in record["run_times"]]
        values["masks"] = None if record["masks"] is None else [tuple(mask) for mask in record["masks"]]
        values["runs"] = [(int(first), int(last), str(state)) for first, last, state in record["runs"]]
        values["failures"] = [(int(frame), str(part), str(why)) for frame, part, why in record["failures"]]
        return cls(**values)


def mask_runs(frames: Iterable[Sequence[Region]]) -> list[tuple[int, int, list[list[int]]]]:
    """Masks of each frame as runs of frames with the same ones; frames without are left out."""
    found, index = [], 0
    for regions, group in groupby(frames, tuple):
        length = sum(1 for _ in group)
        if regions:
            boxes = [[region.left, region.top, region.width, region.height] for region in regions]
            found.append((index, index + length - 1, boxes))
        index += length
    return found
