"""Who cares for a cohort."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import Role
from audit.models import Event
from cohorts import membership_services
from cohorts.models import CohortMembership
from tests.factories import CohortFactory, UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(sign_in):
    return sign_in(Role.COORDINATOR)


@pytest.fixture
def cohort(client):
    return CohortFactory(coordinators=[client.user])


def test_a_member_adds_another_who_then_sees_the_cohort(client, cohort, sign_in):
    other = sign_in(Role.COORDINATOR)
    assert other.get(f"/cohorts/{cohort.pk}/").status_code == 404
    client.post(f"/cohorts/{cohort.pk}/members/", {"user": other.user.pk})
    assert other.get(f"/cohorts/{cohort.pk}/").status_code == 200
    membership = CohortMembership.objects.get(user=other.user)
    assert membership.added_by == client.user
    event = Event.objects.get(verb="cohort.member_added")
    assert (event.target_id, event.note) == (str(cohort.pk), f"user {other.user.pk}")


def test_a_removed_member_sees_nothing_of_it_any_more(client, cohort, sign_in):
    other = sign_in(Role.COORDINATOR)
    membership = membership_services.add_member(cohort=cohort, user=other.user, actor=None)
    client.post(f"/memberships/{membership.pk}/remove/")
    assert other.get(f"/cohorts/{cohort.pk}/").status_code == 404
    assert Event.objects.filter(verb="cohort.member_removed", note=f"user {other.user.pk}").count() == 1


def test_the_last_member_stays(client, cohort):
    response = client.post(f"/memberships/{cohort.memberships.get().pk}/remove/", follow=True)
    assert "only coordinator" in response.content.decode()
    assert cohort.memberships.count() == 1


def test_who_leaves_comes_home(client, cohort):
    membership_services.add_member(cohort=cohort, user=UserFactory(), actor=None)
    own = cohort.memberships.get(user=client.user)
    assert client.post(f"/memberships/{own.pk}/remove/").url == "/cohorts/"


@pytest.mark.parametrize("role", [role for role in Role if role != Role.COORDINATOR])
def test_only_coordinators_become_members(client, cohort, role: Role):
    user = UserFactory(role=role)
    assert client.post(f"/cohorts/{cohort.pk}/members/", {"user": user.pk}).status_code == 422
    with pytest.raises(ValidationError, match="only coordinators"):
        membership_services.add_member(cohort=cohort, user=user, actor=None)


def test_a_closed_account_becomes_no_member(client, cohort):
    gone = UserFactory(is_active=False)
    assert client.post(f"/cohorts/{cohort.pk}/members/", {"user": gone.pk}).status_code == 422


def test_nobody_is_a_member_twice(client, cohort):
    with pytest.raises(ValidationError):
        membership_services.add_member(cohort=cohort, user=client.user, actor=None)
    with pytest.raises(IntegrityError), transaction.atomic():
        CohortMembership.objects.create(cohort=cohort, user=client.user)


def test_the_page_costs_the_same_for_one_and_for_three(client, cohort):
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert client.get(f"/cohorts/{cohort.pk}/members/").status_code == 200
        return len(queries)

    membership_services.add_member(cohort=cohort, user=UserFactory(), actor=client.user)
    one = cost()
    for _ in range(2):
        membership_services.add_member(cohort=cohort, user=UserFactory(), actor=UserFactory())
    assert cost() == one
