"""A study for the load test: many raters, clips of random bytes as large as a real one, everything else as always."""

import hashlib
import io
import secrets

from django.utils import timezone

from accounts.models import Role, User
from accounts.services import create_user
from cohorts import storage
from cohorts.models import Cohort, Participant, Recording
from cohorts.participant_services import record_consent
from cohorts.vocabulary import Scope, Task
from deid.algorithms.registry import ORIGINAL
from deid.models import Job, Rendition
from ratings import equal_arms, services
from ratings.models import LastEncode, ShownFile, Study
from ratings.protocol import Protocol

METHOD = "mask"
PROTOCOL = Protocol(
    gap_days=0, break_after=0, primary_item="facial_expression", margin_reason="a load test decides nothing"
)


def make_study(*, n_raters: int, n_recordings: int, clip_bytes: int) -> tuple[Study, dict[str, str]]:
    """An open study and the passwords of its raters."""
    mark = secrets.token_hex(3)
    cohort = Cohort.objects.create(name=f"Load {mark}")
    reviewer = create_user(username=f"load-{mark}", role=Role.COORDINATOR, password=secrets.token_urlsafe(12))
    for number in range(1, n_recordings + 1):
        _make_recording(cohort, number, reviewer)
    passwords = {f"load-{mark}-{n}": secrets.token_urlsafe(12) for n in range(1, n_raters + 1)}
    raters = [
        create_user(username=name, role=Role.RATER, password=password, name=f"Load {name}")
        for name, password in passwords.items()
    ]
    study = services.create_study(
        name=f"Load {mark}", cohort=cohort, method=METHOD, raters=raters, actor=None, protocol=PROTOCOL
    )
    _make_alike(study, clip_bytes)
    return services.open_study(study=study, actor=None), passwords


def _make_recording(cohort: Cohort, number: int, reviewer: User) -> None:
    participant = Participant.objects.create(cohort=cohort, code=f"LOAD-{number:03d}")
    record_consent(
        participant=participant, scopes=tuple(Scope), given=True, on=timezone.localdate(), version="load", actor=None
    )
    facts = {"width": 320, "height": 240, "n_frames": 250, "duration": 10.0, "frame_rate": 25.0, "codec": "h264"}
    recording = Recording.objects.create(
        cohort=cohort, participant=participant, task=Task.FACIAL_EXPRESSION, variable_rate=False, has_audio=False,
        **facts, **_stored(participant, 1000),
    )  # fmt: skip
    released = {"state": Rendition.State.RELEASED, "reviewed_by": reviewer, "reviewed_at": timezone.now()}
    for method, reviewed in ((ORIGINAL, {"state": Rendition.State.STUDY_ONLY}), (METHOD, released)):
        job = Job.objects.create(recording=recording, method=method, state=Job.State.DONE)
        Rendition.objects.create(
            recording=recording, method=method, job=job, encoding="load", n_frames=250,
            certificate={"runs": [[0, 249, "covered"]], "run_times": [[0.0, 10.0]]},
            **reviewed, **_stored(participant, 1000),
        )  # fmt: skip


def _make_alike(study: Study, clip_bytes: int) -> None:
    """As the last encode leaves it: files of one size for both versions of a recording."""
    for recording, renditions in equal_arms.versions(study).items():
        encode, _ = LastEncode.objects.update_or_create(
            study=study, recording=recording,
            defaults={"renditions": equal_arms.key_of(renditions), "state": LastEncode.State.DONE},
        )  # fmt: skip
        for rendition in renditions:
            content = _stored(recording.participant, clip_bytes)
            ShownFile.objects.create(
                last_encode=encode, study=study, rendition=rendition, encoding="load", traits={}, **content
            )


def _stored(participant: Participant, n_bytes: int) -> dict[str, object]:
    content = secrets.token_bytes(n_bytes)
    name = storage.store(io.BytesIO(content), participant=participant)
    return {"storage_name": name, "sha256": hashlib.sha256(content).hexdigest(), "n_bytes": n_bytes}
