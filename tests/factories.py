"""Objects for tests, made through the same models and storage as real ones."""

import hashlib
import io
import secrets
from typing import Any

import factory
from django.utils import timezone

from accounts.models import Role, User
from cohorts import storage
from cohorts.models import Cohort, Participant, Recording, Scope, Task
from cohorts.participant_services import record_consent
from deid.models import Job, Rendition, TrainingRun

PASSWORD = "correct horse battery staple"


class UserFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = User
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"user{n}")
    role = Role.COORDINATOR

    @classmethod
    def _create(cls, model_class: type[User], *args: Any, **kwargs: Any) -> User:
        user = model_class(**kwargs)
        user.set_password(PASSWORD)
        user.save()
        return user


class CohortFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Cohort
        skip_postgeneration_save = True

    name = factory.Sequence(lambda n: f"Cohort {n}")

    @factory.post_generation
    def coordinators(self, create: bool, extracted: list[User] | None, **_: Any) -> None:
        self.coordinators.set(extracted or [])


class ParticipantFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Participant
        skip_postgeneration_save = True

    cohort = factory.SubFactory(CohortFactory)
    code = factory.Sequence(lambda n: f"PD-{n + 1:03d}")

    @factory.post_generation
    def scopes(self, create: bool, extracted: list[Scope] | None, **_: Any) -> None:
        """Consent to everything, unless other `scopes` are given."""
        consent(self, *(Scope if extracted is None else extracted))


def consent(participant: Participant, *scopes: Scope, given: bool = True) -> None:
    """Record what a participant agrees to, by the product's own service."""
    if scopes:
        record_consent(
            participant=participant, scopes=scopes, given=given, on=timezone.localdate(), version="1.0", actor=None
        )


def stored(content: bytes, participant: Participant) -> dict[str, Any]:
    """A file in the media storage, as the fields of the row that names it."""
    return {
        "storage_name": storage.store(io.BytesIO(content), participant=participant),
        "sha256": hashlib.sha256(content).hexdigest(),
        "n_bytes": len(content),
    }


class RecordingFactory(factory.django.DjangoModelFactory):
    """A recording whose file holds random bytes: enough for everything that does not decode it."""

    class Meta:
        model = Recording

    participant = factory.SubFactory(ParticipantFactory)
    cohort = factory.SelfAttribute("participant.cohort")
    task = Task.FACIAL_EXPRESSION
    width, height, n_frames, duration, frame_rate = 320, 240, 100, 4.0, 25.0
    variable_rate, codec, has_audio = False, "h264", True

    @classmethod
    def _create(cls, model_class: type[Recording], *args: Any, **kwargs: Any) -> Recording:
        if "storage_name" not in kwargs:
            kwargs = {**stored(secrets.token_bytes(900), kwargs["participant"]), **kwargs}
        return super()._create(model_class, *args, **kwargs)


class RenditionFactory(factory.django.DjangoModelFactory):
    """A finished rendition with its job; `runs` gives the frame states."""

    class Meta:
        model = Rendition

    recording = factory.SubFactory(RecordingFactory)
    method = "mask"
    state = Rendition.State.RELEASED
    encoding = "libx264 faster crf 17"

    @classmethod
    def _create(cls, model_class: type[Rendition], *args: Any, **kwargs: Any) -> Rendition:
        recording, runs = kwargs["recording"], kwargs.pop("runs", None)
        n_frames = kwargs.setdefault("n_frames", recording.n_frames)
        runs = runs or [[0, n_frames - 1, "covered"]]
        times = [[first / 25, (last + 1) / 25] for first, last, _state in runs]
        kwargs.setdefault("certificate", {"runs": runs, "run_times": times})
        kwargs.setdefault("job", JobFactory(recording=recording, method=kwargs["method"], state=Job.State.DONE))
        if kwargs["state"] in (Rendition.State.RELEASED, Rendition.State.REJECTED):
            kwargs.setdefault("reviewed_by", UserFactory())
            kwargs.setdefault("reviewed_at", timezone.now())
        size = 700 if kwargs["method"] == "original" else 500  # the arms differ in size, as in reality
        if "storage_name" not in kwargs:
            kwargs = {**stored(secrets.token_bytes(size), recording.participant), **kwargs}
        return super()._create(model_class, *args, **kwargs)


class OriginalFactory(RenditionFactory):
    """The re-encoded original of a recording."""

    method = "original"
    state = Rendition.State.STUDY_ONLY


class JobFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Job

    recording = factory.SubFactory(RecordingFactory)
    method = "mask"


class TrainingRunFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = TrainingRun

    kind = "faceswap"
    training_set = "two"
    config = "[run]\nsteps = 4\n"
    licence = "CC-BY-4.0"
