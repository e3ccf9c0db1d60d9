"""Experiments, trials and their answers: who may what, what is refused, and what nobody may learn."""

import json
import re
import uuid

import pytest
from django.core.exceptions import ValidationError
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from accounts.models import Role
from audit.models import Event
from cohorts import storage
from cohorts.models import Scope
from cohorts.withdrawal import withdraw_participant
from config.embedded import APP
from ratings import key, sixface_services
from ratings.models import Experiment, Trial, TrialAnswer, TrialBuild
from tests.factories import UserFactory, consent
from tests.links import body, watch
from tests.ratings.experiments import (
    SMALL,
    TINY,
    answer,
    answer_all,
    build,
    draft_experiment,
    make_judges,
    opened_experiment,
    people,
)
from tests.ratings.test_key import connect, own_server, refusal_of

pytestmark = pytest.mark.django_db
GOOD = {"picks": [2, 5], "confidence": 3, "response_ms": 4200}


@pytest.fixture
def experiment() -> Experiment:
    return opened_experiment(12)


@pytest.fixture
def trial(experiment) -> Trial:
    """The first trial of the judge, practice done and the page opened."""
    for practice in experiment.trials.filter(practice=True):
        answer(practice)
    trial = experiment.trials.get(practice=False, position=1)
    sixface_services.start_trial(trial=trial, judge=trial.judge.user)
    return trial


def post(client, trial, **given):
    told = {"client_id": str(uuid.uuid4()), **GOOD, **given}
    return client.post(f"/api/trials/{trial.pk}/answer/", json.dumps(told), content_type="application/json")


# --- answers


def test_an_answer_is_kept_once_however_often_it_arrives(trial, sign_in):
    client, told = sign_in(trial.judge.user), {"client_id": str(uuid.uuid4())}
    assert [post(client, trial, **told).status_code for _ in range(3)] == [201, 200, 200]
    kept = TrialAnswer.objects.get(trial=trial)
    assert (kept.picks, kept.confidence, kept.response_ms) == ((2, 5), 3, 4200)


BAD = [
    {"picks": [2, 2]}, {"picks": [2]}, {"picks": [1, 2, 3]}, {"picks": [0, 2]}, {"picks": [2, 7]}, {"picks": "25"},
    {"picks": [True, 2]}, {"picks": [2.0, 3]}, {"picks": None}, {"confidence": 0}, {"confidence": 5},
    {"confidence": "3"}, {"confidence": True}, {"response_ms": -1}, {"response_ms": 10**9}, {"response_ms": 1.5},
    {"client_id": "7"}, {"client_id": None},
]  # fmt: skip


@pytest.mark.parametrize("bad", BAD, ids=str)
def test_what_is_no_answer_is_refused_and_not_stored(bad, trial, sign_in):
    n_before = TrialAnswer.objects.count()
    refused = post(sign_in(trial.judge.user), trial, **bad)
    assert refused.status_code == 400
    assert refused.json()[next(iter(bad))]
    assert TrialAnswer.objects.count() == n_before


def test_the_first_answer_counts_and_a_second_is_told_so(trial, sign_in):
    client = sign_in(trial.judge.user)
    post(client, trial)
    again = post(client, trial, picks=[])
    assert (again.status_code, again.json()["code"]) == (409, "answered")
    assert TrialAnswer.objects.get(trial=trial).picks == (2, 5)


def test_an_id_of_another_answer_is_refused(trial, sign_in):
    client, told = sign_in(trial.judge.user), {"client_id": str(uuid.uuid4())}
    post(client, trial, **told)
    other = trial.experiment.trials.get(practice=False, position=2)
    sixface_services.start_trial(trial=other, judge=trial.judge.user)
    refused = post(client, other, **told)
    assert (refused.status_code, refused.json()["code"]) == (409, "client_id_reused")
    assert not TrialAnswer.objects.filter(trial=other).exists()


def test_a_trial_of_another_judge_and_of_nobody_is_not_there(trial, sign_in):
    n_before = TrialAnswer.objects.count()
    uninvited = sign_in(Role.JUDGE)
    assert post(uninvited, trial).status_code == 404
    assert uninvited.get(f"/judge/{trial.pk}/").status_code == 404
    assert watch(uninvited, f"/judge/{trial.pk}/picture").status_code == 404
    assert TrialAnswer.objects.count() == n_before


def code_of(refused) -> tuple[int, str]:
    return refused.status_code, refused.json()["code"]


def test_answers_wait_for_practice_and_for_the_faces_and_end_with_the_experiment(experiment, sign_in):
    client = sign_in(experiment.judges.get().user)
    practice, trial = experiment.trials.get(practice=True), experiment.trials.get(practice=False, position=1)
    assert code_of(post(client, trial)) == (409, "not_shown")
    Trial.objects.filter(pk=trial.pk).update(started_at=experiment.opened_at)
    assert code_of(post(client, trial)) == (409, "practice_first")
    answer(practice)
    sixface_services.close_experiment(experiment=experiment, actor=None)
    assert code_of(post(client, trial)) == (409, "experiment_not_open")
    assert not TrialAnswer.objects.filter(trial=trial).exists()


def test_practice_tells_the_answer_and_nothing_else_does(experiment, sign_in):
    client = sign_in(experiment.judges.get().user)
    practice, trial = experiment.trials.get(practice=True), experiment.trials.get(practice=False, position=1)
    shown = client.get(f"/judge/{practice.pk}/").content.decode()
    assert "same person" in shown
    assert not any(f"{a} and {b} are" in shown for a in range(1, 7) for b in range(1, 7))
    told = post(client, practice).json()["feedback"]
    assert told["pair"] == practice.answer_known
    assert told["words"] == f"{told['pair'][0]} and {told['pair'][1]} are the same person."
    client.get(f"/judge/{trial.pk}/")
    assert post(client, trial).json()["feedback"] is None


@pytest.mark.parametrize(
    "row",
    [
        {"first": 2, "second": 2}, {"first": 5, "second": 2}, {"first": 0, "second": 2}, {"first": 2, "second": 7},
        {"first": 2, "second": None}, {"first": None, "second": 2}, {"first": 1, "second": 2, "confidence": 5},
        {"first": 1, "second": 2, "confidence": 0},
    ],
    ids=str,
)  # fmt: skip
def test_the_database_refuses_what_the_rules_refuse(row, trial):
    with pytest.raises(IntegrityError), transaction.atomic():
        TrialAnswer.objects.create(trial=trial, response_ms=1, client_id=uuid.uuid4(), **({"confidence": 1} | row))


def test_an_answer_is_never_changed(trial):
    answer(trial, (1, 2))
    for change in ("UPDATE ratings_trialanswer SET first = 2, second = 3", "DELETE FROM ratings_trialanswer"):
        with pytest.raises(DatabaseError, match="never changed or removed"), transaction.atomic():
            connection.cursor().execute(change)


# --- building and opening


def test_too_few_participants_who_agree_are_refused_and_nothing_is_built():
    cohort = people(9)
    for participant in cohort.participants.all()[:3]:
        consent(participant, Scope.LAY_JUDGES, given=False)
    experiment = draft_experiment(cohort=cohort)
    with pytest.raises(ValidationError, match="7 participants are needed at least, 6 are there"):
        sixface_services.request_build(experiment=experiment, actor=None)
    assert not TrialBuild.objects.exists()


def test_an_experiment_opens_with_its_trials_a_justified_margin_and_a_reader():
    experiment = draft_experiment(protocol=TINY.__class__(**(TINY.to_json() | {"margin_reason": ""})))
    with pytest.raises(ValidationError) as refused:
        sixface_services.open_experiment(experiment=experiment, actor=None)
    assert [text[:22] for text in refused.value.messages] == ["The trials are not bui", "The margin of 0.1 over"]
    assert Experiment.objects.get().state == "draft"


def test_what_was_fixed_is_hashed_and_a_changed_design_forgets_its_trials():
    experiment = draft_experiment(9, protocol=TINY)
    build(experiment)
    files = set(experiment.trials.values_list("storage_name", flat=True))
    longer = TINY.__class__(**(TINY.to_json() | {"trials_each": 2}))
    sixface_services.change_protocol(experiment=experiment, protocol=longer, actor=None)
    assert not experiment.trials.exists()
    build(experiment)
    opened = sixface_services.open_experiment(experiment=experiment, actor=None)
    frozen = json.loads(opened.frozen)
    assert frozen["protocol"]["trials_each"] == 2
    assert {row[3] for row in frozen["trials"]} == set(experiment.trials.values_list("sha256", flat=True))
    assert files.isdisjoint(experiment.trials.values_list("storage_name", flat=True))
    with pytest.raises(ValidationError, match="must be “Draft”"):
        sixface_services.change_protocol(experiment=opened, protocol=TINY, actor=None)


def test_a_name_that_tells_and_people_without_the_role_are_refused():
    with pytest.raises(ValidationError, match="would tell them what to look for"):
        draft_experiment(name="Is the mask good?")
    with pytest.raises(ValidationError, match="not active with the role “Judge”"):
        draft_experiment(judges=[UserFactory(role=Role.RATER)])
    assert not Experiment.objects.exists()


# --- consent and withdrawal


def test_without_consent_a_trial_is_shown_to_nobody(trial, sign_in):
    client, someone = sign_in(trial.judge.user), trial.faces.first().participant
    assert client.get("/judge/next/").url == f"/judge/{trial.pk}/"
    consent(someone, Scope.LAY_JUDGES, given=False)
    assert client.get(f"/judge/{trial.pk}/").status_code == 404
    assert watch(client, f"/judge/{trial.pk}/picture").status_code == 404
    assert code_of(post(client, trial)) == (409, "trial_closed")
    assert client.get("/judge/next/").url != f"/judge/{trial.pk}/"
    assert not TrialAnswer.objects.filter(trial=trial).exists()


def test_a_withdrawal_destroys_every_picture_with_the_face_and_keeps_the_others(experiment):
    answer_all(experiment)
    someone = experiment.trials.filter(practice=False).first().faces.first().participant
    gone = list(Trial.objects.filter(faces__participant=someone))
    left = experiment.trials.exclude(pk__in=[trial.pk for trial in gone])
    receipt = withdraw_participant(participant=someone, code=someone.code, actor=UserFactory())
    assert [one["kind"] for one in receipt.destroyed].count("trial") == len(gone) > 0
    for trial in gone:
        with pytest.raises(FileNotFoundError):
            storage.open_media(trial.storage_name)
        assert Trial.objects.get(pk=trial.pk).void
    assert all(storage.open_media(trial.storage_name).size == trial.n_bytes for trial in left)
    assert left.count() == left.filter(void=False).count() > 0


# --- blinding


@pytest.mark.django_db(transaction=True)
@own_server
def test_the_app_role_adds_who_stands_where_and_cannot_read_it(experiment):
    ways = (
        "SELECT * FROM sealed.face",
        "SELECT role FROM sealed.face WHERE position = 1",
        "SELECT seed FROM sealed.trial_seed",
        "SELECT t.id FROM ratings_trial t JOIN sealed.face f ON f.trial = t.id AND f.position = 1",
        "UPDATE sealed.face SET role = 'control'",
        "DELETE FROM sealed.face",
    )
    with connect(APP) as app:
        assert app.execute("SELECT count(*) FROM ratings_trial").fetchone() == (experiment.trials.count(),)
        for way in ways:
            assert "permission denied" in refusal_of(app, way), way
        # What the app role reads of a trial names no place of the six.
        columns = app.execute(
            "SELECT column_name FROM information_schema.columns"
            " WHERE table_name IN ('ratings_trial', 'ratings_trialface')"
        ).fetchall()
        assert {"role", "place", "person", "source"}.isdisjoint(name for (name,) in columns)


def test_all_trials_look_alike_to_the_judge_whatever_they_are(experiment, sign_in):
    """Page and headers of catch trials, and of trials with and without a source, differ in random ids alone."""
    client, sealed = sign_in(experiment.judges.get().user), key.trials_of(experiment.pk)
    answer(experiment.trials.get(practice=True))
    pages, headers, kinds = set(), set(), set()
    for trial in experiment.trials.filter(practice=False):
        page = client.get(f"/judge/{trial.pk}/").content.decode()
        pages.add(_steady(page, trial))
        served = watch(client, f"/judge/{trial.pk}/picture")
        assert len(body(served)) == trial.n_bytes
        headers.add(tuple(sorted(served.headers.items())))
        kinds.add((sealed[trial.pk].kind, "source" in sealed[trial.pk].roles))
    assert len(kinds) >= 3
    assert (len(pages), len(headers)) == (1, 1)


def _steady(page: str, trial: Trial) -> str:
    page = page.replace(str(trial.pk), "TRIAL").replace(f"{trial.position} of 7", "n of 7")
    page = page.replace(f'value="{trial.position}"', 'value="n"')
    return re.sub(r'look=\w+|value="\w{64}"|"x-csrftoken": "\w+"', "", page)


def test_nothing_that_a_judge_asks_for_opens_the_key(experiment, sign_in):
    client = sign_in(experiment.judges.get().user)
    practice = experiment.trials.get(practice=True)
    with CaptureQueriesContext(connection) as asked:
        for address in ("/judge/", "/judge/next/", f"/judge/{practice.pk}/", "/"):
            assert client.get(address, follow=True).status_code == 200
        body(watch(client, f"/judge/{practice.pk}/picture"))
        assert post(client, practice).status_code == 201
    assert not [query["sql"] for query in asked if "sealed" in query["sql"]]


def test_each_look_at_six_faces_is_an_event(trial, sign_in):

    client = sign_in(trial.judge.user)
    body(watch(client, f"/judge/{trial.pk}/picture"))
    assert Event.objects.filter(verb="trial.viewed", target_id=str(trial.pk), actor=trial.judge.user).count() == 1


# --- lists


def test_lists_cost_the_same_for_one_and_for_three(sign_in):
    coordinator, judge = UserFactory(), make_judges(1)[0]
    given = {"coordinator": coordinator, "judges": [judge], "protocol": TINY}
    costs = []
    for names in (("A",), ("B", "C")):
        for name in names:
            opened_experiment(7, name=name, **given)
        with CaptureQueriesContext(connection) as asked:
            sign_in(coordinator).get("/experiments/")
            sign_in(judge).get("/judge/")
        costs.append(len(asked))
    assert costs[0] == costs[1]


def test_a_judge_lands_on_the_next_trial_and_pauses_when_it_is_time(sign_in):
    experiment = opened_experiment(12, protocol=SMALL.__class__(**(SMALL.to_json() | {"break_after": 2})))
    client = sign_in(experiment.judges.get().user)
    assert "Trials that wait for you" in client.get("/").content.decode()
    answer(experiment.trials.get(practice=True))
    for position in (1, 2):
        answer(experiment.trials.get(practice=False, position=position))
    assert client.get("/judge/next/").url == "/judge/"
    third = experiment.trials.get(practice=False, position=3)
    assert client.get("/judge/next/?rested").url == f"/judge/{third.pk}/"
