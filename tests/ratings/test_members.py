"""Who reads a study's results."""

import pytest
from django.core.exceptions import ValidationError

from accounts.models import Role
from audit.models import Event
from ratings import member_services
from ratings.models import StudyMember
from tests.factories import UserFactory
from tests.ratings.build import closed_study

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(sign_in):
    return sign_in(Role.COORDINATOR)


@pytest.fixture
def study(client):
    return closed_study(1, coordinator=client.user)


def test_an_investigator_reads_only_the_studies_they_are_added_to(client, study, sign_in):
    reader = sign_in(Role.INVESTIGATOR)
    address = f"/results/{study.pk}/"
    assert [reader.get(page).status_code for page in (address, f"{address}ratings.csv")] == [404, 404]
    assert study.name not in reader.get("/results/").content.decode()
    client.post(f"/studies/{study.pk}/members/", {"user": reader.user.pk})
    assert [reader.get(page).status_code for page in (address, f"{address}ratings.csv")] == [200, 200]
    assert study.name in reader.get("/results/").content.decode()
    event = Event.objects.get(verb="study.member_added")
    assert (event.actor, event.target_id, event.note) == (client.user, str(study.pk), f"user {reader.user.pk}")


def test_a_removed_investigator_reads_no_more(client, study, sign_in):
    reader = sign_in(Role.INVESTIGATOR)
    member = member_services.add_member(study=study, user=reader.user, actor=None)
    client.post(f"/study-members/{member.pk}/remove/")
    assert reader.get(f"/results/{study.pk}/").status_code == 404
    assert Event.objects.filter(verb="study.member_removed").count() == 1


@pytest.mark.parametrize("role", [role for role in Role if role != Role.INVESTIGATOR])
def test_only_investigators_become_members(client, study, role: Role):
    user = UserFactory(role=role)
    assert client.post(f"/studies/{study.pk}/members/", {"user": user.pk}).status_code == 422
    with pytest.raises(ValidationError, match="read by investigators"):
        member_services.add_member(study=study, user=user, actor=None)
    assert not StudyMember.objects.exists()


def test_a_membership_does_not_outlive_the_role(study, sign_in):
    reader = sign_in(Role.INVESTIGATOR)
    member_services.add_member(study=study, user=reader.user, actor=None)
    reader.user.role = Role.JUDGE
    reader.user.save()
    assert reader.get(f"/results/{study.pk}/").status_code == 403


def test_the_studys_page_costs_the_same_for_one_and_for_three_members(client, study, django_assert_num_queries):
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    member_services.add_member(study=study, user=UserFactory(role=Role.INVESTIGATOR), actor=None)
    with CaptureQueriesContext(connection) as one:
        client.get(f"/studies/{study.pk}/")
    for _ in range(2):
        member_services.add_member(study=study, user=UserFactory(role=Role.INVESTIGATOR), actor=None)
    with django_assert_num_queries(len(one)):
        client.get(f"/studies/{study.pk}/")
