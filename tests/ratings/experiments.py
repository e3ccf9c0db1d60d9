"""Six-face experiments for tests, made by the services themselves; the faces may be grey."""

import tempfile
import uuid
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path

import av
import cv2
import numpy as np
from django.core.files.base import ContentFile

from accounts.models import Role, User
from cohorts import storage
from cohorts.models import Cohort, Participant
from deid.algorithms.donors import Donor, DonorFolder
from ratings import key, sixface_build, sixface_queries, sixface_services
from ratings.algorithms.sixface.controls import Person
from ratings.algorithms.sixface.design import Target, allocate
from ratings.models import Experiment, Trial, TrialAnswer, TrialBuild
from ratings.sixface_pictures import Gallery, Made
from ratings.sixface_protocol import SixFaceProtocol
from tests.factories import CohortFactory, ParticipantFactory, RecordingFactory, RenditionFactory, UserFactory

SMALL = SixFaceProtocol(
    trials_each=5,
    controls="random",
    catch_each=2,
    practice=1,
    break_after=0,
    donor_cap=0,
    margin_reason="a margin for tests",
)

TINY = replace(SMALL, trials_each=1, catch_each=0)


def make_judges(n: int) -> list[User]:
    return [UserFactory(role=Role.JUDGE) for _ in range(n)]


def people(n: int, *, coordinator: User | None = None) -> Cohort:
    """Participants with a recording and a released rendition each; their files hold random bytes."""
    cohort = CohortFactory(coordinators=[coordinator] if coordinator else [])
    for _ in range(n):
        RenditionFactory(recording=RecordingFactory(participant=ParticipantFactory(cohort=cohort)))
    return cohort


def people_by(*methods: str) -> Cohort:
    """Twelve participants with a released rendition by each method."""
    cohort = CohortFactory()
    for _ in range(12):
        recording = RecordingFactory(participant=ParticipantFactory(cohort=cohort))
        for method in methods:
            RenditionFactory(recording=recording, method=method)
    return cohort


def draft_experiment(
    n: int = 12, *, n_judges: int = 1, judges: list[User] | None = None, coordinator: User | None = None,
    name: str = "Six faces", protocol: SixFaceProtocol = SMALL, investigators: list[User] | None = None,
    cohort: Cohort | None = None, method: str = "mask",
) -> Experiment:  # fmt: skip
    return sixface_services.create_experiment(
        name=name, cohort=cohort or people(n, coordinator=coordinator), method=method, protocol=protocol,
        judges=judges or make_judges(n_judges), actor=coordinator, seed=7,
        investigators=investigators or [UserFactory(role=Role.INVESTIGATOR)],
    )  # fmt: skip


def build(experiment: Experiment) -> TrialBuild:
    """Trials as the worker deals and keeps them, with grey in place of the faces."""
    job = sixface_services.request_build(experiment=experiment, actor=None)
    TrialBuild.objects.filter(pk=job.pk).update(state="running", lease=uuid.uuid4(), lease_until="2099-01-31T12:00Z")
    job.refresh_from_db()
    shown = sixface_queries.candidates(experiment)
    numbers = tuple(rendition.recording.participant_id for rendition in shown)
    others = {who: tuple(one for one in numbers if one != who) for who in numbers}
    targets = [Target(who, ((r.pk, "donor-01"),), others[who]) for who, r in zip(numbers, shown, strict=True)]
    design, judges = experiment.design, list(experiment.judges.order_by("number"))
    dealt = allocate(targets, sixface_build.rules_of(design), judges=len(judges), seed="lot")
    sheets = sixface_build.Sheets()
    with tempfile.TemporaryDirectory() as folder:
        for judge, trials in enumerate(dealt):
            for number, trial in enumerate(trials):
                path = Path(folder) / f"{judge}-{number}"
                path.write_bytes(_grey(len(dealt) * number + judge))
                sources = tuple(f"{face.role} of {face.participant}" for face in trial.faces)
                sheets.add((judge, number), Made(path, sources, ("0" * 64,) * 6, {}))
        report = sixface_build.report_of(dealt, sheets, [Person(who) for who in numbers], "lot")
        sixface_build.accept(job, judges, dealt, sheets, report, "lot", Gallery())
    job.refresh_from_db()
    return job


def _grey(level: int) -> bytes:
    """A picture that browsers show, of nobody."""
    return cv2.imencode(".jpg", np.full((40, 48, 3), 100 + level, np.uint8))[1].tobytes()


def opened_experiment(n: int = 12, **given: object) -> Experiment:
    experiment = draft_experiment(n, **given)  # type: ignore[arg-type]
    build(experiment)
    return sixface_services.open_experiment(experiment=experiment, actor=None)


def answer(
    trial: Trial, picks: tuple[int, ...] = (), *, confidence: int = 2, response_ms: int = 1500,
    client_id: uuid.UUID | None = None,
) -> TrialAnswer:  # fmt: skip
    """As the page does it: shown first, then answered."""
    judge = trial.judge.user
    sixface_services.start_trial(trial=trial, judge=judge)
    saved, _new = sixface_services.save_trial_answer(
        trial=trial, picks=list(picks), confidence=confidence, response_ms=response_ms, judge=judge,
        client_id=client_id or uuid.uuid4(),
    )  # fmt: skip
    return saved


def answer_all(experiment: Experiment, picks: Callable[[key.SealedTrial], tuple[int, ...]] = lambda sealed: ()) -> None:
    sealed = key.trials_of(experiment.pk)
    for trial in experiment.trials.select_related("judge__user").order_by("judge", "-practice", "position"):
        answer(trial, picks(sealed[trial.pk]))


def pair_of(sealed: key.SealedTrial, *roles: str) -> tuple[int, ...]:
    """Places, from 1, of the first faces with these roles."""
    places, found = list(sealed.roles), []
    for role in roles:
        place = places.index(role)
        places[place] = ""
        found.append(place + 1)
    return tuple(found)


def closed_experiment(
    n: int = 12, *, picks: Callable[[key.SealedTrial], tuple[int, ...]] = lambda sealed: (), **given: object
) -> Experiment:
    experiment = opened_experiment(n, **given)
    answer_all(experiment, picks)
    return sixface_services.close_experiment(experiment=experiment, actor=None)


def two_methods(reader: User, *picks: Callable[[key.SealedTrial], tuple[int, ...]]) -> tuple[Experiment, Experiment]:
    """Closed ones on one cohort by mask and by blur, three judges each, two of them the same."""
    cohort, judges = people_by("mask", "blur"), make_judges(4)
    given = {"cohort": cohort, "investigators": [reader]}
    return (
        closed_experiment(**given, name="First", picks=picks[0], judges=judges[:3]),
        closed_experiment(**given, name="Second", picks=picks[1], judges=judges[1:], method="blur"),
    )


# --- with pictures: synthetic identities who turn and sway a little


@cache
def _folder() -> DonorFolder:
    return DonorFolder.open()


def clip(donor: Donor, *, seed: int, size: int = 288, n_frames: int = 14, fps: int = 8) -> bytes:
    """An mp4 of a synthetic identity, 1.75 s; every frame is another crop of the portrait, with the sensor's noise."""
    random, content = np.random.default_rng(seed), ContentFile(b"")
    place = Path(tempfile.mkdtemp()) / "clip.mp4"
    with av.open(str(place), "w") as container:
        stream = container.add_stream("libx264", rate=fps, options={"crf": "16", "preset": "veryfast"})
        stream.width, stream.height, stream.pix_fmt = size, size, "yuv420p"
        base = size / donor.picture.shape[0]
        for number in range(n_frames):
            turn, zoom = 2 * np.sin(number / 4 + seed), base * (1 + 0.03 * np.sin(number / 5))
            matrix = cv2.getRotationMatrix2D((donor.picture.shape[1] / 2,) * 2, turn, zoom)
            matrix[:, 2] += size / 2 - donor.picture.shape[1] / 2 + random.normal(0, 1, 2)
            moved = cv2.warpAffine(donor.picture, matrix, (size, size), borderMode=cv2.BORDER_REPLICATE)
            noisy = np.clip(moved + random.normal(0, 1.5, moved.shape), 0, 255).astype(np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(noisy, format="rgb24")))
        container.mux(stream.encode())
    content.write(place.read_bytes())
    place.unlink()
    place.parent.rmdir()
    content.seek(0)
    return content.read()


def stored_clip(donor: Donor, participant: Participant, seed: int, size: int = 288) -> dict[str, object]:
    data = clip(donor, seed=seed, size=size)
    name = storage.store(ContentFile(data), participant=participant)
    return {"storage_name": name, "n_bytes": len(data), "sha256": uuid.uuid5(uuid.NAMESPACE_OID, name).hex * 2}


def covered(donor: str) -> dict[str, object]:
    """The certificate of a clip in which the method treated every frame."""
    return {"runs": [[0, 13, "covered"]], "run_times": [[0, 1.75]], "method_report": {"donor": donor}}


def filmed(n: int = 24, *, coordinator: User | None = None) -> Cohort:
    """Synthetic identities as participants; each rendition shows another identity who moves alike: a perfect swap."""
    folder = _folder()
    cohort = CohortFactory(coordinators=[coordinator] if coordinator else [], name="Synthetic people")
    wearable = folder.entries[n:]
    for number, entry in enumerate(folder.entries[:n]):
        participant = ParticipantFactory(cohort=cohort, sex=entry["sex"])
        alike = [one for one in wearable if one["sex"] == entry["sex"]] or list(wearable)
        worn = alike[number % len(alike)]["name"]
        recording = RecordingFactory(
            participant=participant, n_frames=14, frame_rate=8.0, duration=1.75, width=288, height=288,
            age=round(entry["age"]), **stored_clip(folder.load(entry["name"]), participant, number),
        )  # fmt: skip
        RenditionFactory(
            recording=recording, method="motionmesh", certificate=covered(worn),
            **stored_clip(folder.load(worn), participant, number),
        )  # fmt: skip
    return cohort
