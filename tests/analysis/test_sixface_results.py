"""Results of six-face experiments: sealed until closed, people beside recognisers, and an export that adds up."""

import csv
import hashlib
import io
import zipfile

import pytest

from accounts.models import Role
from accounts.token_services import make_token
from analysis import machine_services
from analysis.models import MachineJudging
from analysis.sixface_result import PEOPLE, result_of
from analysis.sixface_texts import CODEBOOK
from analysis.tasks import judge_by_machines
from cohorts.withdrawal import withdraw_participant
from ratings import key, sixface_services
from ratings.models import Trial
from tests.config.test_access import WEEK
from tests.factories import UserFactory
from tests.ratings.experiments import SMALL, answer_all, closed_experiment, opened_experiment, pair_of

pytestmark = pytest.mark.django_db
WITH_CATCH = SMALL.__class__(**(SMALL.to_json() | {"catch_each": 4}))


def finds_the_original_once(sealed: key.SealedTrial) -> tuple[int, ...]:
    """Catch trials right; the source where there is one, else the original."""
    if "twin" in sealed.roles:
        return pair_of(sealed, "twin", "twin")
    if "source" in sealed.roles:
        return pair_of(sealed, "deidentified", "source")
    return pair_of(sealed, "deidentified", "original") if "deidentified" in sealed.roles else ()


def finds_nobody(sealed: key.SealedTrial) -> tuple[int, ...]:
    """Catch trials right, and “no two” to all others."""
    return pair_of(sealed, "twin", "twin") if "twin" in sealed.roles else ()


def counts(experiment, name=PEOPLE) -> dict[str, int]:
    return {str(row.outcome): row.count for row in result_of(experiment).tables[name] if row.count}


def test_until_the_closing_nobody_reads_an_answer(sign_in):
    reader = UserFactory(role=Role.INVESTIGATOR)
    experiment = opened_experiment(12, investigators=[reader])
    answer_all(experiment, finds_the_original_once)
    client, address = sign_in(reader), f"/results/experiments/{experiment.pk}/"
    sealed = client.get(address).content.decode()
    assert "Answers stay sealed" in sealed
    assert "de-identified and original" not in sealed
    assert client.get(f"{address}export.zip").status_code == 403
    assert client.get(f"/api/experiments/{experiment.pk}/result/").status_code == 403
    sixface_services.close_experiment(experiment=experiment, actor=None)
    assert "de-identified and original" in client.get(address).content.decode()
    assert sign_in(Role.INVESTIGATOR).get(address).status_code == 404


def test_what_judges_named_stands_in_the_table_by_the_roles_of_the_key():
    experiment = closed_experiment(12, n_judges=2, picks=finds_the_original_once, protocol=WITH_CATCH)
    roles = [trial.roles for trial in key.trials_of(experiment.pk).values() if trial.kind == "test"]
    with_source = sum("source" in one for one in roles)
    assert counts(experiment) == {
        "deidentified+source": with_source, "deidentified+original": len(roles) - with_source,
    }  # fmt: skip
    result = result_of(experiment)
    assert (result.n_trials, result.n_judges, result.n_missing, result.excluded) == (10, 2, 0, [])
    assert result.primary.events == result.primary.n == len(roles) - with_source
    assert result.bound.high > (len(roles) - with_source) / 10


def test_who_does_not_look_is_left_out_by_the_rule_that_was_fixed():
    def by_lot(sealed: key.SealedTrial) -> tuple[int, ...]:
        return () if "twin" in sealed.roles else (1, 2)

    experiment = closed_experiment(12, picks=by_lot, protocol=WITH_CATCH)
    result = result_of(experiment)
    assert [one.judge for one in result.excluded] == [1]
    assert "found 0 of 2 pairs" in result.excluded[0].excluded
    assert (result.n_trials, result.bound.share) == (0, None)
    assert sum(row.count for row in result.by_judge[1]) == 5, "what was answered is still shown"


def test_with_no_event_the_bound_counts_participants_and_is_said_in_words():
    result = result_of(closed_experiment(12, n_judges=2, picks=finds_nobody))
    assert result.bound.share == 0
    assert result.bound.n == result.n_participants == 10
    assert result.bound.high == pytest.approx(1 - 0.025 ** (1 / 10), abs=1e-6)  # Clopper-Pearson, two-sided 95 %
    assert "That does not show that it cannot happen" in result.words


def unpacked(client, experiment) -> dict[str, bytes]:
    answered = client.get(f"/results/experiments/{experiment.pk}/export.zip")
    with zipfile.ZipFile(io.BytesIO(answered.content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def rows(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode())))


@pytest.fixture
def reader():
    return UserFactory(role=Role.INVESTIGATOR)


def test_the_export_holds_every_answer_its_codebook_and_hashes_that_are_right(reader, sign_in):
    experiment = closed_experiment(12, picks=finds_the_original_once, investigators=[reader])
    files = unpacked(sign_in(reader), experiment)
    for line in files["SHA256SUMS"].decode().splitlines():
        digest, name = line.split("  ")
        assert hashlib.sha256(files[name]).hexdigest() == digest
    assert hashlib.sha256(files["protocol.json"]).hexdigest() == experiment.frozen_sha256
    answers, faces = rows(files["answers.csv"]), rows(files["faces.csv"])
    assert len(answers) == experiment.trials.filter(practice=False).count() == len(faces) / 6
    for name in ("answers.csv", "faces.csv", "pictures.csv", "machines.csv"):
        columns = files[name].decode().splitlines()[0].split(",")
        assert columns == [column for file, column, _meaning in CODEBOOK if file == name]
    role_of = {(face["trial"], face["place"]): face["role"] for face in faces}
    for one in answers:
        named = sorted(role_of[one["trial"], one[place]] for place in ("first", "second") if one[place])
        assert "+".join(named) == one["roles"]
        assert (one["no_two"] == "1") == (not named)
    shown = dict(Trial.objects.values_list("pk", "sha256"))
    assert {one["trial"]: one["sha256"] for one in rows(files["pictures.csv"])}.items() <= {
        str(pk): sha256 for pk, sha256 in shown.items()
    }.items()
    text = b"".join(files.values()).decode()
    codes = experiment.cohort.participants.values_list("code", flat=True)
    assert not [code for code in codes if code in text]
    assert files == unpacked(sign_in(reader), experiment), "the same rows give the same bytes"


def test_a_withdrawal_takes_trials_out_of_the_result_and_calls_the_export_back(reader, sign_in):
    experiment = closed_experiment(12, picks=finds_the_original_once, investigators=[reader])
    before = rows(unpacked(sign_in(reader), experiment)["faces.csv"])
    someone = experiment.trials.filter(practice=False).first().faces.first().participant
    receipt = withdraw_participant(participant=someone, code=someone.code, actor=UserFactory())
    (export,) = [one for one in receipt.exported if "Trials of experiment" in one["what"]]
    pseudonym = export["what"].split()[-1]
    with_them = {face["trial"] for face in before if face["person"] == pseudonym}
    after = rows(unpacked(sign_in(reader), experiment)["faces.csv"])
    assert with_them
    assert {face["trial"] for face in after} == {face["trial"] for face in before} - with_them


def test_a_program_reads_the_result_with_a_token_of_that_scope(reader, client):
    experiment = closed_experiment(12, picks=finds_nobody, investigators=[reader])
    _token, secret = make_token(user=reader, name="numbers", scopes=["read:results"], lifetime=WEEK)
    address, headers = f"/api/experiments/{experiment.pk}/result/", {"Authorization": f"Bearer {secret}"}
    told = client.get(address, headers=headers).json()
    assert told["tables"]["people"][0] | {"share": None} == {
        "outcome": "none", "count": 5, "share": None, "possible": 5, "chance": 0.0,
    }  # fmt: skip
    assert told["protocol_sha256"] == experiment.frozen_sha256


def test_recognisers_are_asked_once_and_stand_beside_people():
    """Grey in place of faces: described all the same, and all six are one person to the recogniser."""
    experiment = closed_experiment(12)
    assert (machine_services.request_machines(), machine_services.request_machines()) == (1, 0)
    judging = MachineJudging.objects.get()
    judge_by_machines(judging_id=judging.pk)
    judging.refresh_from_db()
    assert (judging.state, judging.error) == (MachineJudging.State.DONE, "")
    assert sum(counts(experiment, "dlib").values()) == 5
    someone = experiment.trials.filter(practice=False).first().faces.first().participant
    withdraw_participant(participant=someone, code=someone.code, actor=UserFactory())
    assert not MachineJudging.objects.exists()
    assert machine_services.request_machines() == 1, "the others are asked about again"
