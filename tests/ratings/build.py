"""Studies for tests, made by the services themselves."""

import secrets
import uuid
from collections.abc import Callable

from accounts.models import Role, User
from cohorts.models import Cohort, Task
from ratings import equal_arms, key, member_services, queries, services
from ratings.models import LastEncode, Presentation, ShownFile, Study
from ratings.protocol import Protocol
from ratings.queries import Scoring
from tests.factories import (
    CohortFactory,
    OriginalFactory,
    ParticipantFactory,
    RecordingFactory,
    RenditionFactory,
    UserFactory,
    stored,
)

# Whatever has no default, and no days of waiting.
READY = Protocol(gap_days=0, primary_item="facial_expression", margin_reason="a margin for tests", break_after=0)


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


def draft_study(
    n: int = 4,
    *,
    n_raters: int = 1,
    coordinator: User | None = None,
    name: str = "Pilot",
    protocol: Protocol = READY,
) -> Study:
    """A draft whose results every investigator that there is may read."""
    cohort = make_cohort(n, coordinator=coordinator)
    study = services.create_study(
        name=name, cohort=cohort, method="mask", raters=make_raters(n_raters), actor=coordinator, seed=7,
        protocol=protocol,
    )  # fmt: skip
    for reader in User.objects.filter(role=Role.INVESTIGATOR):
        member_services.add_member(study=study, user=reader, actor=coordinator)
    make_alike(study)
    return study


def make_alike(study: Study, **traits: object) -> None:
    """The last encode of all versions that the study shows, done; the files hold random bytes of one size."""
    for recording, renditions in equal_arms.versions(study).items():
        wanted = equal_arms.key_of(renditions)
        ShownFile.objects.filter(study=study, rendition__recording=recording).delete()
        encode, _ = LastEncode.objects.update_or_create(
            study=study, recording=recording, defaults={"renditions": wanted, "state": LastEncode.State.DONE}
        )
        for rendition in renditions:
            content = stored(secrets.token_bytes(800), recording.participant)
            ShownFile.objects.create(
                last_encode=encode, study=study, rendition=rendition, encoding="x", traits=traits, **content
            )


def open_alike(*, study: Study, actor: User | None = None) -> Study:
    make_alike(study)
    return services.open_study(study=study, actor=actor)


def opened_study(n: int = 4, **given: object) -> Study:
    return services.open_study(study=draft_study(n, **given), actor=None)  # type: ignore[arg-type]


def rate(presentation: Presentation, item: str, score: int | None) -> None:
    """Answer one item, or change the answer; None is “not sure”."""
    changed = item in queries.current_answers(presentation)
    services.save_rating(
        presentation=presentation, rater=presentation.rater, item=item, score=score, not_sure=score is None,
        reason="not_visible" if score is None else "", change_reason="second_look" if changed else "",
        client_id=uuid.uuid4(),
    )  # fmt: skip


def rate_all(study: Study, score: Callable[[Presentation], int | None] = lambda presentation: 1) -> None:
    scoring = Scoring(study)
    for presentation in study.presentations.select_related("recording", "rater"):
        for item in scoring.items_for(presentation.recording):
            rate(presentation, item.code, score(presentation))


def closed_study(n: int = 4, *, score: Callable[[Presentation], int | None] = lambda p: 1, **given: object) -> Study:
    study = opened_study(n, **given)
    rate_all(study, score)
    return services.close_study(study=study, actor=None)


def arm_of(presentation: Presentation) -> str:
    """What the presentation shows: “original”, or the method. Tests read the key; raters never do."""
    return key.versions_of(presentation.study_id)[presentation.pk].arm
