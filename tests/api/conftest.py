"""A coordinator's program: one cohort with one of everything, and a token for all that a coordinator may do."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from typing import Any

import pytest
from django.test import Client

from accounts.models import Role, User
from accounts.token_services import make_token
from accounts.validators import scopes_of
from cohorts.models import Upload
from deid.models import Job, Rendition
from ratings.models import Experiment
from tests.factories import (
    CohortFactory,
    JobFactory,
    ParticipantFactory,
    RecordingFactory,
    RenditionFactory,
    UserFactory,
)
from tests.ratings.experiments import draft_experiment


@dataclass
class Program:
    user: User
    secret: str
    cohort: Any
    participant: Any
    recording: Any
    upload: Upload
    job: Job
    rendition: Rendition

    @cached_property
    def experiment(self) -> Experiment:
        """Of a cohort with too few participants for trials."""
        return draft_experiment(cohort=self.cohort, coordinator=self.user)

    @property
    def client(self) -> Client:
        return Client(headers={"Authorization": f"Bearer {self.secret}"})


@pytest.fixture
def token_of() -> Callable[..., str]:
    def make(user: User, *scopes: str) -> str:
        chosen = scopes or [str(scope) for scope in scopes_of(user)]
        return make_token(user=user, name="program", scopes=chosen, lifetime=timedelta(days=7))[1]

    return make


@pytest.fixture
def program(db, media, token_of) -> Program:
    user = UserFactory(role=Role.COORDINATOR)
    cohort = CohortFactory(coordinators=[user])
    participant = ParticipantFactory(cohort=cohort, code="PD-001")
    recording = RecordingFactory(participant=participant)
    return Program(
        user, token_of(user), cohort, participant, recording,
        Upload.objects.create(cohort=cohort, code="PD-9", task="speech", state="refused", message="no"),
        JobFactory(recording=recording, method="blur"),
        RenditionFactory(recording=recording, method="mask", state=Rendition.State.IN_REVIEW),
    )  # fmt: skip
