"""Invitations: a link, good once and for a time, and what it makes."""

import threading
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.test import Client
from django.utils import timezone

from accounts import services
from accounts.invitation_services import CannotBeUsed, make_invitation, use_invitation
from accounts.models import Invitation, Role, User
from audit.models import Event
from cohorts.models import CohortMembership
from tests.factories import PASSWORD, CohortFactory, UserFactory

pytestmark = pytest.mark.django_db
STRONG = "four words are enough"
NEWCOMER = {"username": "newcomer", "name": "New Comer", "password": STRONG, "again": STRONG}


@pytest.fixture
def administrator() -> User:
    return UserFactory(role=Role.ADMINISTRATOR)


def invited(actor: User, role: Role = Role.RATER, **given) -> tuple[Invitation, str]:
    """An invitation and the address behind its link."""
    invitation, secret = make_invitation(role=role, actor=actor, lifetime=timedelta(days=7), **given)
    return invitation, f"/join/{secret}/"


def test_the_invited_chooses_a_name_and_a_password_and_signs_in(administrator, client: Client):
    invitation, address = invited(administrator, Role.JUDGE)
    assert administrator.display_name in client.get(address).content.decode()
    assert client.post(address, NEWCOMER).url == "/account/login/"
    user = User.objects.get(username="newcomer")
    assert (user.role, user.display_name) == ("judge", "New Comer")
    assert client.post("/account/login/", {"login": "newcomer", "password": STRONG}).url == "/"
    used = Event.objects.get(verb="invitation.used")
    assert (used.actor, used.target_id) == (user, str(invitation.pk))


def test_the_role_comes_from_the_invitation_and_not_from_the_form(administrator, client: Client):
    _invitation, address = invited(administrator, Role.RATER)
    client.post(address, NEWCOMER | {"role": "administrator", "is_superuser": "on", "is_staff": "on"})
    user = User.objects.get(username="newcomer")
    assert (user.role, user.is_superuser, user.is_staff) == ("rater", False, False)


def test_a_link_is_good_once(administrator, client: Client):
    _invitation, address = invited(administrator)
    client.post(address, NEWCOMER)
    again = client.post(address, NEWCOMER | {"username": "second"})
    assert again.status_code == 410
    assert "used already" in again.content.decode()
    assert not User.objects.filter(username="second").exists()


@pytest.mark.django_db(transaction=True)
def test_of_two_who_press_at_once_one_gets_in():
    _invitation, secret = make_invitation(
        role=Role.RATER, actor=UserFactory(role=Role.ADMINISTRATOR), lifetime=timedelta(days=1)
    )
    together, told = threading.Barrier(2), []

    def press(name: str) -> None:
        together.wait()
        try:
            use_invitation(secret=secret, username=name, password=STRONG)
            told.append("in")
        except CannotBeUsed as error:
            told.append(str(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=press, args=(name,)) for name in ("first", "second")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told)[1] == "in"
    assert "used already" in sorted(told)[0]
    assert User.objects.filter(role=Role.RATER).count() == 1


def test_an_expired_link_is_told_so(administrator, client: Client):
    _invitation, address = invited(administrator)
    before = timezone.now() - timedelta(days=30)
    Invitation.objects.update(made_at=before, expires_at=before + timedelta(days=7))
    response = client.post(address, NEWCOMER)
    assert response.status_code == 410
    assert "expired" in response.content.decode()
    assert not User.objects.filter(username="newcomer").exists()


def test_a_revoked_link_is_told_so(administrator, client: Client, sign_in):
    invitation, address = invited(administrator)
    sign_in(administrator).post(f"/invitations/{invitation.pk}/revoke/")
    response = client.post(address, NEWCOMER)
    assert response.status_code == 410
    assert "taken back" in response.content.decode()


@pytest.mark.parametrize("spoil", [lambda s: s[:-1], lambda s: s + "A", lambda s: s.swapcase(), lambda s: "x"])
def test_a_tampered_link_is_404(administrator, client: Client, spoil):
    _invitation, address = invited(administrator)
    response = client.get(f"/join/{spoil(address.split('/')[2])}/")
    assert response.status_code == 404
    assert "no link of ours" in response.content.decode()


def test_a_link_ends_with_the_right_to_invite(administrator, client: Client):
    """Who was shut out must not let others in by links made before."""
    _invitation, address = invited(administrator)
    services.deactivate_user(user=administrator, actor=UserFactory(role=Role.ADMINISTRATOR))
    assert client.post(address, NEWCOMER).status_code == 410


def test_the_secret_is_kept_as_a_hash_only(administrator):
    _invitation, address = invited(administrator)
    assert address.split("/")[2] not in str(list(Invitation.objects.values()))


@pytest.mark.parametrize(
    ("wrong", "says"),
    [({"password": "short", "again": "short"}, "too short"), ({"again": "other"}, "differ"),
     ({"username": "taken"}, "already exists"), ({"username": "a b"}, "valid username"),
     ({"password": "password1234", "again": "password1234"}, "too common")],
)  # fmt: skip
def test_what_cannot_be_is_told_and_the_link_stays_good(administrator, client: Client, wrong: dict, says: str):
    UserFactory(username="taken")
    _invitation, address = invited(administrator)
    response = client.post(address, NEWCOMER | wrong)
    assert response.status_code == 422
    assert says in response.content.decode()
    assert client.post(address, NEWCOMER).status_code == 302


def test_who_is_signed_in_is_told_to_sign_out(administrator, sign_in):
    _invitation, address = invited(administrator)
    response = sign_in(Role.RATER).post(address, NEWCOMER)
    assert response.status_code == 410
    assert "Sign out first" in response.content.decode()


def test_a_coordinator_comes_with_a_cohort(administrator, client: Client, sign_in):
    cohort = CohortFactory(name="Site B")
    sent = {"role": "coordinator", "cohort": cohort.pk, "label": "Site B", "days": 3}
    link = sign_in(administrator).post("/invitations/", sent).context["secret"]
    client.post(link.removeprefix("http://testserver"), NEWCOMER)
    membership = CohortMembership.objects.get()
    assert (membership.user.username, membership.cohort, membership.added_by) == ("newcomer", cohort, administrator)


def test_a_cohort_goes_with_coordinators_only(administrator, sign_in):
    sent = {"role": "rater", "cohort": CohortFactory().pk, "days": 3}
    assert sign_in(administrator).post("/invitations/", sent).status_code == 422
    assert not Invitation.objects.exists()


@pytest.mark.parametrize("role", Role)
def test_coordinators_invite_raters_and_judges_only(role: Role):
    coordinator = UserFactory(role=Role.COORDINATOR)
    if role in (Role.RATER, Role.JUDGE):
        assert invited(coordinator, role)
    else:
        with pytest.raises(ValidationError, match="ask an administrator"):
            invited(coordinator, role)


@pytest.mark.parametrize("role", ["administrator", "coordinator", "investigator", "root"])
def test_a_coordinators_form_takes_no_other_role(sign_in, role: str):
    assert sign_in(Role.COORDINATOR).post("/invitations/", {"role": role, "days": 3}).status_code == 422
    assert not Invitation.objects.exists()


def test_a_new_link_is_shown_once(sign_in):
    client = sign_in(Role.COORDINATOR)
    link = client.post("/invitations/", {"role": "rater", "label": "Dr Z", "days": 3}).context["secret"]
    page = client.get("/invitations/").content.decode()
    assert "Dr Z" in page
    assert link not in page
    assert link.split("/")[-2] not in page


def test_coordinators_see_their_own_invitations_only(sign_in, administrator):
    invited(administrator, label="of the administrator")
    client = sign_in(Role.COORDINATOR)
    invited(client.user, label="own")
    page = client.get("/invitations/").content.decode()
    assert "own" in page
    assert "of the administrator" not in page
    assert "own" in sign_in(administrator).get("/invitations/").content.decode()


def test_the_list_costs_the_same_for_one_and_for_three(sign_in, administrator, django_assert_num_queries):
    from django.test.utils import CaptureQueriesContext

    client = sign_in(administrator)
    invited(administrator)
    with CaptureQueriesContext(connection) as one:
        client.get("/invitations/")
    for _ in range(2):
        invited(UserFactory(role=Role.ADMINISTRATOR), for_user=UserFactory(role=Role.RATER))
    with django_assert_num_queries(len(one)):
        client.get("/invitations/")


@pytest.mark.parametrize("days", [0, 31])
def test_a_lifetime_out_of_bounds_is_refused(administrator, days: int):
    with pytest.raises(ValidationError, match="1 to 30 days"):
        make_invitation(role=Role.RATER, actor=administrator, lifetime=timedelta(days=days))


@pytest.mark.parametrize("wrong", [{"role": "root"}, {"expires_at": "2020-01-01T00:00Z"}, {"used_at": timezone.now()}])
def test_the_database_holds_the_rules_too(administrator, wrong: dict):
    invited(administrator)
    with pytest.raises(IntegrityError), transaction.atomic():
        Invitation.objects.update(**wrong)


# --- the link for a new password


def test_a_password_link_sets_the_password_and_signs_out_everywhere(administrator, sign_in):
    user, away = UserFactory(role=Role.RATER), Client()
    away.post("/account/login/", {"login": user.username, "password": PASSWORD})
    assert away.get("/rate/").status_code == 200
    link = sign_in(administrator).post(f"/people/{user.pk}/password-link/").context["secret"]
    client = Client()
    path = link.removeprefix("http://testserver")
    assert user.username in client.get(path).content.decode()
    assert client.post(path, {"password": STRONG, "again": STRONG}).url == "/account/login/"
    assert away.get("/rate/").status_code == 302
    assert client.post("/account/login/", {"login": user.username, "password": PASSWORD}).status_code == 200
    assert client.post("/account/login/", {"login": user.username, "password": STRONG}).url == "/"
    assert client.get(path).status_code == 410
    assert Event.objects.filter(verb="user.password_changed", target_id=user.pk, note="by a link").exists()


def test_a_password_link_cannot_make_an_account(administrator, client: Client):
    user = UserFactory(role=Role.RATER)
    _invitation, address = invited(administrator, for_user=user)
    client.post(address, NEWCOMER)
    assert not User.objects.filter(username="newcomer").exists()


def test_a_password_link_of_a_closed_account_opens_nothing(administrator, client: Client):
    user = UserFactory(role=Role.RATER)
    _invitation, address = invited(administrator, for_user=user)
    services.deactivate_user(user=user, actor=administrator)
    assert client.get(address).status_code == 410
