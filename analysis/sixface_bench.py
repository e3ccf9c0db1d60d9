"""Six-face trials made of portraits, answered by recognisers: what machines find of each method."""

import csv
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from analysis.algorithms.sixface.attention import attention
from analysis.algorithms.sixface.machines import Machine, answer, picks_original
from analysis.algorithms.sixface.outcomes import Answer, Outcome, table
from analysis.fidelity_runs import render
from deid.algorithms.donors import DonorFolder
from deid.algorithms.errors import EngineError
from deid.algorithms.registry import get_method
from faces.dlib_backend import descriptor_at, landmarks68
from ratings.algorithms.sixface.controls import Matching, Person, pool
from ratings.algorithms.sixface.design import Infeasible, Rules, Target, allocate
from ratings.algorithms.sixface.frames import Look, Looker, Wish, unwanted
from ratings.algorithms.sixface.roles import Face, Role, Trial
from ratings.algorithms.sixface.shots import donor_shot, rendition_shot
from ratings.algorithms.sixface.standardise import Rejected, Shot, Standardised, standardise
from videoio.frames import RGB, Frame
from videoio.write import VideoFormat, VideoWriter

SIDE = 512  # pixels; larger portraits are scaled down
N_FRAMES, FPS = 30, Fraction(25)  # of the video that is made of a portrait, for methods take videos
MIDDLE = N_FRAMES // 2
WISH = Wish(mouth=1.0, gaze=0.3)  # the second portrait smiles
SEED = "machines"


@dataclass(frozen=True, slots=True)
class Subject:
    """A person with two portraits, and what was measured of both."""

    person: Person
    portraits: tuple[RGB, RGB]
    looks: tuple[Look, Look]


@dataclass(slots=True)
class Found:
    """What came of one method.

    Attributes
    ----------
    answers : of each machine, catch trials among them
    forced : of each machine whether, of original and controls, the original was nearest to the de-identified face
    left_out : why trials, and people, are missing
    """

    answers: dict[str, list[Answer]]
    forced: dict[str, list[bool]]
    left_out: Counter[str]
    trials: list[tuple[Trial, Standardised]]


def subjects(first: Path, second: Path, info: Path | None, n: int, tell: Callable[[str], None]) -> list[Subject]:
    """Up to n people who have a portrait in both folders, by the part of the name before "_".

    Parameters
    ----------
    info : CSV with face_id, face_age and face_gender, as the London set has it
    """
    known = {} if info is None else _info(info)
    seconds = {path.stem.split("_")[0]: path for path in sorted(second.glob("*.jpg"))}
    found: list[Subject] = []
    with Looker() as looker:
        for path in sorted(first.glob("*.jpg")):
            number = path.stem.split("_")[0]
            if len(found) < n and number in seconds:
                one = _subject(number, (path, seconds[number]), known.get(number, ("", None)), looker)
                found += [] if one is None else [one]
    tell(f"{len(found)} people with two usable portraits")
    return found


def run(
    method: str, people: Sequence[Subject], machines: Sequence[Machine], folder: Path, *, catch: int, matching: Matching
) -> Found:
    """Trials about everybody's second portrait under a method, as one judge would see them.

    Parameters
    ----------
    folder : videos and renditions are kept here
    catch : catch trials of either kind
    """
    left_out, renditions = Counter[str](), {}
    for subject in people:
        made = _rendition(subject, method, folder)
        if made is None:
            left_out["the method gives out nothing"] += 1
        else:
            renditions[subject.person.participant] = made
    trials = _trials(people, renditions, catch, matching, left_out)
    shots = _Shots({subject.person.participant: subject for subject in people}, renditions, method)
    names = [machine.recogniser.name for machine in machines]
    done = Found({name: [] for name in names}, {name: [] for name in names}, left_out, [])
    for number, trial in enumerate(trials):
        try:
            made_alike = standardise([shots.of(face) for face in trial.faces], seed=f"{SEED}/{method}/{number}")
        except Rejected as reason:
            left_out[f"{trial.kind}: {reason.reason}"] += 1
            continue
        done.trials.append((trial, made_alike))
        for machine in machines:
            _ask(machine, trial, made_alike, method, done)
    return done


def _ask(machine: Machine, trial: Trial, made_alike: Standardised, method: str, done: Found) -> None:
    name, target = machine.recogniser.name, trial.target
    descriptors = machine.describe(made_alike.pictures)
    said = answer(descriptors, machine.recogniser)
    who = target.participant if target else 0
    done.answers[name].append(Answer(0, who, trial.roles, said.pair, trial.kind, method))
    if target is not None:
        done.forced[name].append(picks_original(descriptors, trial.roles, machine.recogniser))


@dataclass(frozen=True, slots=True)
class _Rendition:
    path: Path
    donor: str


@dataclass(frozen=True, slots=True)
class _Shots:
    people: Mapping[int, Subject]
    renditions: Mapping[int, _Rendition]
    method: str

    def of(self, face: Face) -> Shot:
        """The picture of a face."""
        if face.role == Role.SOURCE:
            return donor_shot(DonorFolder.open().load(face.donor))
        subject = self.people[face.participant]
        if face.role == Role.DEIDENTIFIED:
            used = get_method(self.method)
            obscured = used.protects and not used.uses_donor
            look = replace(subject.looks[1], index=MIDDLE)
            return rendition_shot(self.renditions[face.participant].path, look, obscured=obscured)
        return Shot(subject.portraits[face.moment], subject.looks[face.moment].mesh)


def lines(method: str, found: Found) -> list[dict[str, Any]]:
    """The rows of the table: one for each machine."""
    made = []
    for name, answers in found.answers.items():
        rows = {row.outcome: row for row in table(answers)}
        judged = attention(answers)
        again, picked = rows[Outcome.DEIDENTIFIED_ORIGINAL].share, found.forced[name]
        made.append(
            {"method": method, "machine": name, "trials": again.n}
            | {str(outcome): row.count for outcome, row in rows.items()}
            | {"re-identified, 95%": f"{again.low:.3f}-{again.high:.3f}"}
            | {
                "forced choice": f"{sum(picked)}/{len(picked)}",
                "same found": f"{judged[0].right}/{judged[0].n_same}",
                "strangers paired": f"{judged[0].false}/{judged[0].n_strangers}",
            }
        )
    return made


def sheet(trials: Sequence[tuple[Trial, Standardised]], path: Path, rows: int = 8) -> None:
    """A picture of the first trials, one in a row, in the order that a judge sees."""
    import cv2

    shown = [np.hstack(made.pictures) for _, made in trials[:rows]]
    if shown:
        cv2.imwrite(str(path), np.vstack(shown)[..., ::-1])


def _info(path: Path) -> dict[str, tuple[str, float | None]]:
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    return {
        row["face_id"]: (row["face_gender"][:1], float(row["face_age"]) if row["face_age"].isdigit() else None)
        for row in rows
    }


def _subject(number: str, paths: tuple[Path, Path], known: tuple[str, float | None], looker: Looker) -> Subject | None:
    one, two = _read(paths[0]), _read(paths[1])
    looks = looker.look(one), looker.look(two)
    points = landmarks68(one)
    if looks[0] is None or looks[1] is None or points is None or any(unwanted(each, WISH) for each in looks if each):
        return None
    descriptor = tuple(float(value) for value in descriptor_at(one, points))
    return Subject(Person(int(number), *known, descriptor), (one, two), (looks[0], looks[1]))


def _read(path: Path) -> RGB:
    import cv2

    picture = cv2.imread(str(path))
    if picture is None:
        raise ValueError(f"{path} cannot be read as a picture: take it away, or copy it again.")
    scale = min(1.0, SIDE / max(picture.shape[:2]))
    small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else picture
    rgb: NDArray[np.uint8] = np.ascontiguousarray(small[:, :, ::-1]).astype(np.uint8, copy=False)
    return rgb


def _rendition(subject: Subject, method: str, folder: Path) -> _Rendition | None:
    """The second portrait as a still video, de-identified; None where the method gives out nothing."""
    folder.mkdir(parents=True, exist_ok=True)
    number = subject.person.participant
    source, target = folder / f"{number}.mp4", folder / f"{number}-{method}.mp4"
    rgb = subject.portraits[1]
    video = VideoFormat(rgb.shape[1], rgb.shape[0], 1 / FPS, float(FPS))
    if not source.exists():
        with VideoWriter(source, video) as writer:
            for index in range(N_FRAMES):
                writer.write(Frame.from_rgb(index, rgb, index, video.time_base))
    try:
        certificate = render(source, target, method)
    except EngineError:
        return None
    return _Rendition(target, (certificate.get("method_report") or {}).get("donor") or "")


def _trials(
    people: Sequence[Subject], renditions: Mapping[int, _Rendition], catch: int, matching: Matching,
    left_out: Counter[str],
) -> list[Trial]:  # fmt: skip
    """Those of one judge; whoever has too few people like him is no target."""
    persons, targets = [subject.person for subject in people], []
    for person in persons:
        try:
            controls = pool(person, persons, matching)
        except Infeasible as reason:
            left_out[f"no controls: {reason.rule}"] += 1
            continue
        if (made := renditions.get(person.participant)) is not None:
            targets.append(Target(person.participant, ((1, made.donor),), controls))
    rules = Rules(trials=len(targets), control_cap=0, same=catch, strangers=catch, practice=0)
    everybody = {person.participant: pool(person, persons, Matching.RANDOM) for person in persons}
    (trials,) = allocate(targets, rules, judges=1, seed=SEED, twins=everybody)
    return trials
