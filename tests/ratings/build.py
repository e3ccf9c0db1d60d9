"""Studies for tests, made by the services themselves."""

import uuid
from collections.abc import Callable

from accounts.models import Role, User
from cohorts.models import Cohort, Task
from ratings import member_services, services
from ratings.items import items_for
from ratings.models import Presentation, Study
from tests.factories import (
    CohortFactory,
    OriginalFactory,
    ParticipantFactory,
    RecordingFactory,
    RenditionFactory,
    UserFactory,
)


def make_raters(n: int) -> list[User]:
    return [UserFactory(role=Role.RATER) for _ in range(n)]


def make_cohort(n: int = 4, *, coordinator: User | None = None, task: str = Task.FACIAL_EXPRESSION) -> Cohort:
    """A cohort of `n` participants with one recording each, both versions ready."""
    cohort = CohortFactory(coordinators=[coordinator] if coordinator else [])
    for _ in range(n):
        recording = RecordingFactory(participant=ParticipantFactory(cohort=cohort), task=task)
        OriginalFactory(recording=recording)
        RenditionFactory(recording=recording)
    return cohort


def draft_study(n: int = 4, *, n_raters: int = 1, coordinator: User | None = None, name: str = "Pilot") -> Study:
    """A draft whose results every investigator that there is may read."""
    cohort = make_cohort(n, coordinator=coordinator)
    study = services.create_study(
        name=name, cohort=cohort, method="mask", raters=make_raters(n_raters), actor=coordinator, seed=7
    )
    for reader in User.objects.filter(role=Role.INVESTIGATOR):
        member_services.add_member(study=study, user=reader, actor=coordinator)
    return study


def opened_study(n: int = 4, **given: object) -> Study:
    return services.open_study(study=draft_study(n, **given), actor=None)  # type: ignore[arg-type]


def rate(presentation: Presentation, item: str, score: int | None) -> None:
    """Answer one item; None is “not sure”."""
    services.save_rating(
        presentation=presentation, item=item, score=score, not_sure=score is None,
        client_id=uuid.uuid4(), rater=presentation.rater,
    )  # fmt: skip


def rate_all(study: Study, score: Callable[[Presentation], int | None] = lambda presentation: 1) -> None:
    for presentation in study.presentations.select_related("rendition__recording", "rater"):
        for item in items_for(presentation.rendition.recording):
            rate(presentation, item.code, score(presentation))


def closed_study(n: int = 4, *, score: Callable[[Presentation], int | None] = lambda p: 1, **given: object) -> Study:
    study = opened_study(n, **given)
    rate_all(study, score)
    return services.close_study(study=study, actor=None)
