"""The demo cohort: phantom participants with graded signs, and their recordings."""

import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from deid.algorithms.donors import DonorFolder
from deid.algorithms.phantom.animate import Phantom
from deid.algorithms.phantom.record import SHIPPED, write_phantom
from deid.algorithms.phantom.spec import BadPhantom, PhantomSpec, Task

TASKS: tuple[Task, ...] = ("facial_expression", "speech")
FPS, SIZE, SECONDS = 25, 384, 4.0


@dataclass(frozen=True, slots=True)
class Participant:
    """One phantom participant. `signs` are fields of `PhantomSpec`, the same in all recordings."""

    code: str
    sex: Literal["f", "m"]
    seed: int
    signs: dict[str, Any] = field(default_factory=dict)


# From healthy to severe; bradykinetic faces blink seldom.
COHORT = (
    Participant("DEMO-001", "f", 1, {"blinks_per_minute": 20, "pulse_bpm": 66}),
    Participant("DEMO-002", "m", 2, {"blinks_per_minute": 18, "pulse_bpm": 58, "hypomimia": 1}),
    Participant(
        "DEMO-003", "f", 3, {"hypomimia": 2, "tremor_amplitude": 0.012, "tremor_hz": 5.2, "blinks_per_minute": 15}
    ),
    Participant(
        "DEMO-004", "m", 4, {"hypomimia": 3, "parted_lips": 0.03, "blinks_per_minute": 15, "pulse_bpm": 74, "sway": 0.6}
    ),
    Participant("DEMO-005", "f", 5, {"weakness": 0.7, "hypomimia": 0.5, "blinks_per_minute": 20, "pulse_bpm": 81}),
    Participant(
        "DEMO-006", "m", 6,
        {"hypomimia": 1, "tremor_amplitude": 0.022, "tremor_hz": 4.4, "parted_lips": 0.012, "pulse_bpm": 63},
    ),
    Participant(
        "DEMO-007", "f", 7,
        {"hypomimia": 4, "parted_lips": 0.045, "blinks_per_minute": 15, "sway": 0.4, "pulse_bpm": 69},
    ),
    Participant(
        "DEMO-008", "m", 8,
        {"hypomimia": 3, "tremor_amplitude": 0.007, "tremor_hz": 5.8, "weakness": -0.4, "parted_lips": 0.02},
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Clip:
    """One recording of the cohort: its file's name and what it shows."""

    file: str
    participant: Participant
    spec: PhantomSpec


def clips(
    names: dict[Literal["f", "m"], list[str]], participants: Sequence[str] | None = None, seconds: float = SECONDS
) -> Iterator[Clip]:
    """The recordings of some participants (all by default), with identities given out by sex in order.

    Parameters
    ----------
    names : identities of each sex
    participants : codes
    seconds : length of each clip

    Raises
    ------
    BadPhantom : a code that no participant has, or too few identities of a sex
    """
    known = [each.code for each in COHORT]
    for code in participants or ():
        if code not in known:
            raise BadPhantom(f"the demo cohort has no participant {code!r}: use {known[0]} to {known[-1]}.")
    free = {sex: list(of_sex) for sex, of_sex in names.items()}
    for person in COHORT:
        identity = free[person.sex].pop(0) if free.get(person.sex) else None
        if participants is not None and person.code not in participants:
            continue
        if identity is None:
            raise BadPhantom(
                f"there is no identity left for {person.code} of sex {person.sex!r}, of "
                f"{len(names.get(person.sex, []))} that there are: build more, or name another folder."
            )
        yield from _clips_of(person, identity, seconds)


def _clips_of(person: Participant, identity: str, seconds: float) -> Iterator[Clip]:
    for number, task in enumerate(TASKS):
        spec = PhantomSpec(
            identity=identity, seed=10 * person.seed + number, task=task, seconds=seconds, fps=FPS, size=SIZE,
            audio=task == "speech", **person.signs,
        )  # fmt: skip
        yield Clip(f"{person.code.lower()}-{task.replace('_', '-')}.mp4", person, spec)


def write_cohort(
    folder: Path,
    participants: Sequence[str] | None = None,
    seconds: float = SECONDS,
    identities: Path = SHIPPED,
) -> Path:
    """Write clips, their truth (the same name, `.truth.json`) and a manifest; clips that are there are kept.

    Returns
    -------
    the path of `manifest.csv` with the columns file, participant, task

    Raises
    ------
    BadPhantom, BadDonors : see `clips`; the identities are missing
    """
    people = DonorFolder.open(identities)
    by_sex: dict[Literal["f", "m"], list[str]] = {
        sex: [str(entry["name"]) for entry in people.entries if entry["sex"] == sex] for sex in ("f", "m")
    }
    wanted = list(clips(by_sex, participants, seconds))
    folder.mkdir(parents=True, exist_ok=True)
    for clip in wanted:
        target = folder / clip.file
        if not target.exists():
            phantom = Phantom(clip.spec, people.load(str(clip.spec.identity)))
            write_phantom(phantom, target, target.with_suffix(".truth.json"))
    manifest = folder / "manifest.csv"
    with manifest.open("w", newline="", encoding="utf-8") as handle:
        writer = csv.writer(handle, lineterminator="\n")
        writer.writerow(("file", "participant", "task"))
        writer.writerows((clip.file, clip.participant.code, clip.spec.task) for clip in wanted)
    return manifest
