"""The privacy record of a rendition: what was done to every frame, with what, from what."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any


@dataclass(frozen=True, slots=True)
class Certificate:
    """JSON-able record of one rendition.

    `runs` are (first frame, last frame, state) without gaps, empty for a re-encoded original. `run_times` are their
    start and end in seconds from the first frame: a variable rate tells no time from a number. `faces_per_frame` counts
    frames by their number of detected faces. `failures` are (frame, "detector" or "method", reason): those frames are
    masked. `encoding` is equal for files that were encoded alike. `method_report` is what the method tells of itself,
    empty for most; records from before it existed are read too.
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
        return record

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> "Certificate":
        """The inverse of `to_dict`.

        Raises
        ------
        ValueError : a field is missing or unknown
        """
        names = {each.name for each in fields(cls)}
        record = {"method_report": {}, **record}
        if set(record) != names:
            odd = ", ".join(sorted(names.symmetric_difference(record)))
            raise ValueError(f"this is no certificate of this version: missing or unknown fields {odd}.")
        values = dict(record)
        values["run_times"] = [(float(start), float(end)) for start, end in record["run_times"]]
        values["runs"] = [(int(first), int(last), str(state)) for first, last, state in record["runs"]]
        values["failures"] = [(int(frame), str(part), str(why)) for frame, part, why in record["failures"]]
        return cls(**values)
