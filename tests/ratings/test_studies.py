"""Making, opening and closing a study."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.models import ProtectedError
from django.utils import timezone

from accounts.models import Role
from audit.models import Event
from cohorts.models import Task
from deid.models import Job, Rendition
from ratings import key, preflight, queries, services
from ratings.models import Presentation, Study
from tests.factories import (
    CohortFactory,
    JobFactory,
    OriginalFactory,
    ParticipantFactory,
    RecordingFactory,
    RenditionFactory,
    UserFactory,
)
from tests.ratings.build import READY, draft_study, make_alike, make_cohort, make_raters, opened_study, rate_all

pytestmark = pytest.mark.django_db


def create(**changes):
    given = {"name": "Pilot", "method": "mask", "actor": None} | changes
    given.setdefault("cohort", None)
    given["cohort"] = given["cohort"] or make_cohort(1)
    given.setdefault("raters", make_raters(1))
    given.setdefault("protocol", READY)
    return services.create_study(**given)


def test_a_new_study_is_a_draft_and_numbers_its_raters():
    study = create(raters=make_raters(3))
    assert study.state == Study.State.DRAFT
    assert sorted(place.number for place in study.places.all()) == [1, 2, 3]
    assert Event.objects.filter(verb="study.created", target_id=str(study.pk)).count() == 1


def test_a_study_asks_for_the_originals_of_released_renditions_only():
    cohort = CohortFactory()
    shown = RenditionFactory(recording=RecordingFactory(participant=ParticipantFactory(cohort=cohort)))
    RenditionFactory(
        recording=RecordingFactory(participant=ParticipantFactory(cohort=cohort)), state=Rendition.State.IN_REVIEW
    )
    create(cohort=cohort)
    assert [job.recording for job in Job.objects.filter(method="original")] == [shown.recording]


def test_without_a_released_rendition_of_the_method_there_is_no_study():
    with pytest.raises(ValidationError, match="No rendition by “blur” is released"):
        create(method="blur")
    assert not Study.objects.exists()


@pytest.mark.parametrize("method", ["original", "", "magic"])
def test_only_a_de_identification_method_can_be_studied(method):
    with pytest.raises(ValidationError, match="There is no method"):
        create(method=method)


def test_a_study_without_raters_is_refused():
    with pytest.raises(ValidationError, match="at least one rater"):
        create(raters=[])


@pytest.mark.parametrize("role", [role for role in Role if role != Role.RATER])
def test_only_raters_rate(role):
    with pytest.raises(ValidationError, match="role Rater"):
        create(raters=[*make_raters(1), UserFactory(role=role)])


@pytest.mark.parametrize("name", ["Mask pilot", "BLUR 2", "Originals and others"])
def test_a_name_that_tells_the_method_is_refused(name):
    with pytest.raises(ValidationError, match="Raters see this name"):
        create(name=name)


def test_two_studies_cannot_have_one_name():
    create()
    with pytest.raises(ValidationError, match="already exists"):
        create()


# --- readiness


def one_recording(**given):
    return RecordingFactory(participant=ParticipantFactory(cohort=CohortFactory()), **given)


def test_a_study_waits_for_its_originals():
    recording = one_recording()
    RenditionFactory(recording=recording)
    study = create(cohort=recording.cohort)
    assert preflight.reasons(study) == ["The original of 1 of 1 recordings is still being re-encoded."]
    with pytest.raises(ValidationError, match="still being re-encoded"):
        services.open_study(study=study, actor=None)
    OriginalFactory(recording=recording)
    assert "wait for the last encode" in preflight.reasons(study)[0]
    make_alike(study)
    assert preflight.reasons(study) == []


def test_a_failed_original_is_told_with_its_error_and_can_be_asked_for_again():
    recording = one_recording()
    RenditionFactory(recording=recording)
    study = create(cohort=recording.cohort)
    Job.objects.filter(method="original").update(state=Job.State.FAILED, error="The disk is full.")
    assert "could not be re-encoded: The disk is full." in preflight.reasons(study)[0]
    services.prepare_study(study=study, actor=None)
    assert "still being re-encoded" in preflight.reasons(study)[0]


def test_an_original_that_nobody_asked_for_is_told():
    study = draft_study(1)
    late = RecordingFactory(participant=ParticipantFactory(cohort=study.cohort))
    RenditionFactory(recording=late)
    assert preflight.reasons(study) == [f"The original of {late} has not been asked for."]


@pytest.mark.parametrize(
    ("change", "told"), [({"encoding": "other"}, "encoded with different settings"), ({"n_frames": 99}, "99 frames")]
)
def test_versions_that_could_be_told_apart_are_not_shown(change, told):
    study = draft_study(1)
    Rendition.objects.filter(method="original").update(**change)
    with pytest.raises(ValidationError, match=told):
        services.open_study(study=study, actor=None)


def test_a_rater_who_left_keeps_the_study_shut():
    study = draft_study(1)
    study.raters.update(is_active=False)
    assert "no longer has an active account" in preflight.reasons(study)[0]


def test_speech_without_sound_is_left_out_and_counted():
    cohort = make_cohort(1)
    silent = RecordingFactory(participant=ParticipantFactory(cohort=cohort), task=Task.SPEECH, has_audio=False)
    RenditionFactory(recording=silent)
    study = create(cohort=cohort)
    assert silent not in [rendition.recording for rendition in queries.shown_renditions(study)]
    assert queries.n_left_out(study) == 1
    make_alike(study)
    assert preflight.reasons(study) == []


# --- opening and closing


def test_opening_gives_every_rater_both_versions_of_every_recording():
    study = opened_study(4, n_raters=3)
    shown = Rendition.objects.filter(recording__cohort=study.cohort)
    versions = key.versions_of(study.pk)
    for rater in study.raters.all():
        own = Presentation.objects.filter(study=study, rater=rater)
        assert [p.position for p in own] == list(range(1, 9))
        assert {versions[p.pk].rendition for p in own} == {rendition.pk for rendition in shown}
        assert all(p.started_at is None and p.completed_at is None for p in own)
    assert Event.objects.filter(verb="study.opened").count() == 1


def test_a_study_opens_once():
    study = opened_study(1)
    with pytest.raises(ValidationError, match="must be “Draft”"):
        services.open_study(study=study, actor=None)


def test_a_draft_cannot_be_closed():
    with pytest.raises(ValidationError, match="must be “Open”"):
        services.close_study(study=draft_study(1), actor=None)


def test_closing_ends_the_study_and_is_kept():
    study = services.close_study(study=opened_study(1), actor=None)
    assert study.closed_at >= study.opened_at
    assert Event.objects.filter(verb="study.closed").count() == 1


def test_the_newest_released_rendition_is_shown():
    study = draft_study(1)
    newer = RenditionFactory(recording=study.cohort.recordings.get())
    make_alike(study)
    services.open_study(study=study, actor=None)
    assert {version.arm: version.rendition for version in key.versions_of(study.pk).values()}["mask"] == newer.pk


def test_progress_counts_each_rater_alone():
    study = opened_study(2, n_raters=2)
    rate_all(study)
    first = study.places.get(number=1)
    Presentation.objects.filter(rater=first.rater, position=1).update(completed_at=None)
    assert [(one.pseudonym, one.n_completed, one.n_presentations) for one in queries.rater_progress(study)] == [
        ("rater-1", 3, 4),
        ("rater-2", 4, 4),
    ]


# --- the database holds the rules too


@pytest.mark.parametrize(
    "change",
    [
        {"state": "open"},
        {"state": "closed"},
        {"state": "closed", "opened_at": timezone.now()},
        {"state": "draft", "opened_at": timezone.now()},
        {"state": "other"},
        {"method": "original"},
    ],
)
def test_the_database_refuses_a_study_in_an_impossible_state(change):
    study = draft_study(1)
    with pytest.raises(IntegrityError), transaction.atomic():
        Study.objects.filter(pk=study.pk).update(**change)


@pytest.mark.parametrize(
    "change", [{"position": 0}, {"position": 2}, {"shown_bytes": 0}, {"completed_at": timezone.now()}]
)
def test_the_database_refuses_an_impossible_presentation(change):
    presentation = opened_study(1).presentations.get(position=1)
    with pytest.raises(IntegrityError), transaction.atomic():
        Presentation.objects.filter(pk=presentation.pk).update(**change)


def test_the_database_gives_presentations_to_raters_of_the_study_only():
    presentation = opened_study(1).presentations.first()
    Presentation.objects.filter(pk=presentation.pk).update(rater=make_raters(1)[0])
    with pytest.raises(IntegrityError, match="presentation_rater_of_study"):
        connection.check_constraints()


def test_a_shown_rendition_cannot_be_deleted():
    row = opened_study(1).shown.select_related("rendition").first()
    with pytest.raises(ProtectedError):
        row.rendition.delete()


def test_a_cancelled_job_leaves_the_original_to_be_asked_for():
    recording = one_recording()
    RenditionFactory(recording=recording)
    study = create(cohort=recording.cohort)
    Job.objects.filter(method="original").delete()
    JobFactory(recording=recording, method="original", state=Job.State.CANCELLED)
    assert "has not been asked for" in preflight.reasons(study)[0]
