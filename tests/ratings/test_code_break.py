"""Breaking the code: by two people or in an emergency, with a reason, each look in the log; ratings are marked."""

import pytest
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.db import IntegrityError, transaction

from accounts.models import Role
from analysis import queries as results
from audit.models import Event
from ratings import codebreak_services as breaks
from ratings import services
from ratings.models import CodeBreak
from tests.factories import UserFactory
from tests.ratings.build import arm_of, opened_study, rate, rate_all

pytestmark = pytest.mark.django_db
WHY = "the video shows a seizure that must be treated"


@pytest.fixture
def people():
    return [UserFactory(role=Role.COORDINATOR) for _ in range(2)]


@pytest.fixture
def study(people):
    study = opened_study(2, n_raters=2, coordinator=people[0])
    study.cohort.coordinators.set(people)
    return study


@pytest.fixture
def participant(study):
    return study.cohort.participants.first()


def ask(study, participant, actor, **changes):
    given = {"reason": WHY, "emergency": False} | changes
    return breaks.ask_code_break(study=study, participant=participant, actor=actor, **given)


def test_two_people_break_the_code_and_see_one_participant(study, participant, people):
    asked = ask(study, participant, people[0])
    with pytest.raises(ValidationError, match="Nobody has confirmed"):
        breaks.read_code_break(code_break=asked, actor=people[0])
    done = breaks.confirm_code_break(code_break=asked, actor=people[1])
    seen = breaks.read_code_break(code_break=done, actor=people[0])
    own = study.presentations.filter(recording__participant=participant).order_by("rater_id", "position")
    assert [(one.position, one.arm) for one in seen] == [(p.position, arm_of(p)) for p in own]
    assert len(seen) == 4


def test_whoever_asked_cannot_confirm(study, participant, people):
    asked = ask(study, participant, people[0])
    with pytest.raises(ValidationError, match="somebody else has to confirm"):
        breaks.confirm_code_break(code_break=asked, actor=people[0])
    with pytest.raises(IntegrityError), transaction.atomic():
        CodeBreak.objects.filter(pk=asked.pk).update(done_by=people[0], done_at=asked.asked_at)


def test_in_an_emergency_one_is_enough_and_it_says_so(study, participant, people):
    done = ask(study, participant, people[0], emergency=True)
    assert len(breaks.read_code_break(code_break=done, actor=people[0])) == 4
    assert Event.objects.filter(verb="codebreak.emergency", note__contains=WHY).count() == 1


@pytest.mark.parametrize("reason", ["", "because", " " * 40])
def test_without_a_reason_nothing_is_broken(study, participant, people, reason):
    with pytest.raises(ValidationError, match="at least 20 characters"):
        ask(study, participant, people[0], reason=reason, emergency=True)
    assert not CodeBreak.objects.exists()


def test_every_step_and_every_look_is_in_the_chain(study, participant, people):
    asked = ask(study, participant, people[0])
    breaks.confirm_code_break(code_break=asked, actor=people[1])
    asked.refresh_from_db()
    for reader in people:
        breaks.read_code_break(code_break=asked, actor=reader)
    events = Event.objects.filter(target_type="ratings.CodeBreak").order_by("id")
    assert [(event.verb, event.actor) for event in events] == [
        ("codebreak.asked", people[0]), ("codebreak.done", people[1]), ("codebreak.read", people[0]),
        ("codebreak.read", people[1]),
    ]  # fmt: skip
    assert WHY in events[0].note
    assert "4 presentations marked" in events[1].note
    assert "arms of 4 presentations" in events[2].note
    assert events[2].note == events[3].note, "the same was seen, by its hash"


@pytest.mark.django_db(transaction=True)
def test_the_chain_with_a_code_break_is_unbroken(study, participant, people, capsys):
    ask(study, participant, people[0], emergency=True)
    assert Event.objects.get(verb="codebreak.done").hash
    call_command("verify_audit")
    assert "unbroken" in capsys.readouterr().out


def test_answers_that_follow_are_marked_and_form_no_pair(study, participant, people):
    before, after = study.presentations.filter(recording__participant=participant).select_related("rater")[:2]
    rate(before, "facial_expression", 1)
    ask(study, participant, people[0], emergency=True)
    rate(after, "facial_expression", 1)
    others = study.presentations.exclude(recording__participant=participant).select_related("rater", "recording")
    for presentation in others:
        rate(presentation, "facial_expression", 1)
    frame = results.answers(services.close_study(study=study, actor=None))
    given = frame[frame["saved_at"].notna() & (frame["item"] == "facial_expression")]
    assert given["unblinded"].sum() == 1
    (result, _tremor) = results.item_results(frame, study)
    assert result.deviation.n_pairs == 2


def test_a_participant_of_no_study_has_no_code(people):
    study = opened_study(1)
    with pytest.raises(ValidationError, match="is not shown in this study"):
        ask(study, opened_study(1, name="Other").cohort.participants.get(), people[0])


def test_the_pages_show_the_arms_to_the_second_person_on_request_only(study, participant, people, sign_in):
    first, second = (sign_in(one) for one in people)
    rate_all(study)
    form = {"participant": participant.code, "reason": WHY}
    address = first.post(f"/studies/{study.pk}/code-breaks/", form).headers["Location"]
    assert "somebody else has to confirm" in first.get(address).content.decode()
    assert first.post(f"{address}confirm/", follow=True).content.count(b"You asked for it") >= 1
    assert "original" not in second.get(address).content.decode()
    page = second.post(f"{address}confirm/", follow=True).content.decode()
    assert "<td>original</td>" not in page
    shown = second.post(f"{address}reveal/").content.decode()
    assert shown.count("<td>original</td>") == 2
    assert "score" not in shown
    assert Event.objects.filter(verb="codebreak.read").count() == 1
    again = first.post(f"/studies/{study.pk}/code-breaks/", form | {"emergency": "yes"}, follow=True)
    assert "Emergency" in again.content.decode()
    assert CodeBreak.objects.filter(emergency=True, done_by=people[0]).count() == 1


@pytest.mark.parametrize("change", [{"participant": "NOBODY"}, {"reason": "short"}, {"participant": ""}])
def test_a_wrong_request_comes_back_with_the_reason(study, participant, people, sign_in, change):
    form = {"participant": participant.code, "reason": WHY} | change
    response = sign_in(people[0]).post(f"/studies/{study.pk}/code-breaks/", form)
    assert response.status_code == 422
    assert not CodeBreak.objects.exists()


def test_raters_never_see_that_a_code_was_broken(study, participant, people, sign_in):
    rater = study.raters.first()
    client = sign_in(rater)
    presentation = study.presentations.filter(rater=rater, recording__participant=participant).first()
    before = client.get(f"/rate/{presentation.pk}/").content.decode()
    broken = ask(study, participant, people[0], emergency=True)
    after = client.get(f"/rate/{presentation.pk}/").content.decode()
    assert len(before) == len(after)
    for address in (f"/code-breaks/{broken.pk}/", f"/studies/{study.pk}/"):
        assert client.get(address).status_code == 403
