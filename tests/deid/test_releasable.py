"""A method that hides a face from machines only is never released, and no arm of a study."""

import pytest
from django.core.exceptions import ValidationError

from accounts.models import Role
from deid.models import Rendition
from deid.validators import validate_releasable
from ratings.forms import StudyForm
from ratings.protocol_validators import validate_methods
from tests.factories import CohortFactory, ParticipantFactory, RecordingFactory, RenditionFactory, UserFactory


@pytest.mark.django_db
def test_a_video_in_which_people_know_the_face_cannot_be_released():
    rendition = RenditionFactory(method="rppg", state=Rendition.State.IN_REVIEW, reviewed_by=None, reviewed_at=None)
    with pytest.raises(ValidationError, match="hides a face from machines only") as refused:
        validate_releasable(rendition)
    assert refused.value.code == "not_releasable"


def test_it_is_no_arm_of_a_study():
    with pytest.raises(ValidationError, match="hides a face from machines only"):
        validate_methods(["mask", "rppg"])


@pytest.mark.django_db
def test_the_new_study_form_does_not_offer_it():
    offered = dict(StudyForm(user=UserFactory()).fields["method"].choices)
    assert "facemotion" in offered
    assert "rppg" not in offered


@pytest.mark.django_db
@pytest.mark.parametrize(("method", "offered"), [("rppg", False), ("faceswap", True)])
def test_its_review_page_offers_no_release_and_says_why(sign_in, method, offered):
    client = sign_in(Role.COORDINATOR)
    cohort = CohortFactory(coordinators=[client.user])
    recording = RecordingFactory(participant=ParticipantFactory(cohort=cohort))
    rendition = RenditionFactory(recording=recording, method=method, state=Rendition.State.IN_REVIEW)
    page = client.get(f"/renditions/{rendition.pk}/").content.decode()
    assert ("hides a face from machines only" in page) is not offered
    assert ('<button class="primary" disabled>Release' in page) is not offered
    assert "Reject with this note" in page
    answer = client.post(f"/renditions/{rendition.pk}/release/", {"note": ""})
    rendition.refresh_from_db()
    assert (answer.status_code, rendition.state) == ((302, "released") if offered else (422, "in_review"))
    assert offered or "its videos are never released" in answer.content.decode()
