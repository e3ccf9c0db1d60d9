"""Pages and API of trainings: what they show, refuse and record. Who may open them stands in the access table."""

import io
from dataclasses import fields
from datetime import timedelta
from html import unescape

import pytest
from django.core.management import call_command
from django.test import Client

from accounts.models import Role
from accounts.token_services import make_token
from audit.models import Event
from cohorts import storage
from deid import tasks
from deid.algorithms.training.config import from_table
from deid.algorithms.training.registry import KINDS
from deid.models import TrainingRun, TrainingSheet
from deid.training_configs import config_of, starting_config
from tests.deid.training.lines import CONFIG, prepared
from tests.deid.training.two_people import write_two_people
from tests.factories import TrainingRunFactory, UserFactory
from tests.links import link

pytestmark = pytest.mark.django_db
ASKED = {"training_set": "numbers", "config": CONFIG, "licence": "of nobody"}
HTMX = {"HTTP_HX_REQUEST": "true"}


@pytest.fixture(autouse=True)
def folder(tmp_path, settings, monkeypatch):
    return prepared(tmp_path, settings, monkeypatch)


@pytest.fixture
def client(sign_in):
    return sign_in(Role.ADMINISTRATOR)


@pytest.fixture
def done(client) -> TrainingRun:
    client.post("/models/training/new/?kind=lines", ASKED)
    run = TrainingRun.objects.get()
    tasks.train(run_id=run.pk)
    run.refresh_from_db()
    return run


def text(answer):
    return unescape(answer.content.decode())


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_form_shows_a_config_to_start_from_that_its_reader_knows(client, kind):
    page = text(client.get(f"/models/training/new/?kind={kind}"))
    told = starting_config(kind)
    assert told in page
    assert "numbers" in page
    config = config_of(kind, told.replace('""  # required', '"x"'), "numbers")
    required = {each.name: "x" for each in fields(config) if f'{each.name} = ""  # req' in told}
    if isinstance(getattr(config, "data", None), str):
        assert config.data.endswith("sets/numbers")
        required["data"] = config.data
    assert config == from_table(KINDS[kind].config_class(), required), "every key stands there with its default"


def test_without_a_training_set_the_form_says_how_to_make_one(client, folder):
    (folder / "sets" / "numbers" / "0.txt").unlink()
    (folder / "sets" / "numbers").rmdir()
    assert "There is no training set in the training folder yet" in text(client.get("/models/training/new/"))
    refused = client.post("/models/training/new/?kind=lines", ASKED | {"training_set": ""})
    assert refused.status_code == 422
    assert "names the folder of a training set: choose one" in text(refused)


def test_sets_are_offered_with_what_their_datasheets_say(client, folder):
    write_two_people(folder / "sets" / "two")
    page = text(client.get("/models/training/new/?kind=faceswap"))
    assert "two (48 faces, 2 identities, 64×64)" in page
    assert "ann, bob" in page
    assert "Licence: of nobody" in page


def test_a_kind_that_nobody_knows_and_other_keys_are_refused(client):
    assert client.get("/models/training/new/?kind=lego").status_code == 404
    assert client.get("/models/training/new/?like=99999").status_code == 404
    assert client.get("/models/training/new/?config=x").status_code == 400
    assert client.get(f"/models/training/{TrainingRunFactory().pk}/?sheet=x").status_code == 404


def test_a_training_is_asked_for_by_the_page(client):
    answer = client.post("/models/training/new/?kind=lines", ASKED)
    run = TrainingRun.objects.get()
    assert answer.url == f"/models/training/{run.pk}/"
    assert (run.kind, run.state, run.created_by, run.commercial) == ("lines", "queued", client.user, False)
    assert Event.objects.get(verb="training.started").actor == client.user


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ({"config": 'data = "{set}"\n[run]\nsteps = 0\n'}, "run.steps must be a whole number from 1 to 100,000,000"),
        ({"training_set": "elsewhere"}, "Select a valid choice"),
        ({"licence": ""}, "This field is required"),
    ],
)
def test_mistakes_are_told_beside_the_field(client, other, told):
    answer = client.post("/models/training/new/?kind=lines", ASKED | other)
    assert answer.status_code == 422
    assert told in text(answer)
    assert "error-summary" in text(answer)
    assert not TrainingRun.objects.exists()


def test_another_like_it_begins_with_the_same_answers(client):
    run = TrainingRunFactory(kind="lines", training_set="numbers", config="# mine\n" + CONFIG, licence="of nobody")
    page = text(client.get(f"/models/training/new/?like={run.pk}"))
    assert "# mine" in page
    assert 'value="of nobody"' in page


def test_while_it_runs_the_page_asks_for_its_two_parts(client):
    run = TrainingRunFactory(step=30, n_steps=120, images_seen=960, time_left=timedelta(seconds=200))
    address = f"/models/training/{run.pk}/"
    page = text(client.get(address))
    assert page.count(f'hx-get="{address}"') == 2
    stand = client.get(address, **HTMX, HTTP_HX_TARGET="training")
    assert stand.status_code == 200
    assert "30 / 120" in text(stand)
    assert "3 minutes" in text(stand)
    assert "data-figure" not in text(stand)
    curves = client.get(address, **HTMX, HTTP_HX_TARGET="curves")
    assert "The curves appear when the first steps are done." in text(curves)


def test_measures_are_told_in_words_in_the_tables_and_in_the_figure(client):
    run = TrainingRunFactory(
        state="done", weights={"faceswap-1": 64 * "0"}, curves={"losses": {"patient": [[1, 0.5], [2, 0.4]]}},
        evaluation={"steps": 2, "images": 8, "held_out": {"nearer_to_source": 0.75}},
    )  # fmt: skip
    page = text(client.get(f"/models/training/{run.pk}/"))
    assert "Share nearer to the source</th>" in page
    assert "Faces of the patient given back</th>" in page
    assert '"name": "Faces of the patient given back"' in page
    assert "nearer_to_source" not in page


def test_when_it_is_over_the_asking_ends_and_everything_is_told(client, done):
    address = f"/models/training/{done.pk}/"
    for target in ("training", "curves"):
        assert client.get(address, **HTMX, HTTP_HX_TARGET=target).status_code == 286
    page = text(client.get(address))
    assert "hx-get" not in page.split('id="curves"')[1]
    assert "After 12 steps and 48 images seen." in page
    assert f"{done.evaluation['held_out']['weight']:.4g}" in page
    assert f"lines-{done.pk}" in page
    assert page.count("data-figure") == 2
    assert '"name":"first"' in page.replace(" ", "")
    assert f"Lines {done.pk}" in text(client.get("/models/training/")).replace("Two lines", "Lines")


def test_the_weights_and_their_evaluation_are_listed(client, done):
    said = io.StringIO()
    call_command("models", "list", stdout=said)
    (line,) = [line for line in said.getvalue().splitlines() if line.startswith(f"lines-{done.pk}")]
    assert "ready" in line
    assert "evaluated after 12 steps, 48 images seen" in line
    page = text(client.get("/models/"))
    assert "Evaluated after 12 steps, 48 images seen" in page
    assert done.weights[f"lines-{done.pk}"][:12] in page


def test_stop_resume_and_use_are_buttons_of_the_page(client):
    run = TrainingRunFactory(kind="lines", training_set="numbers", config=CONFIG)
    address = f"/models/training/{run.pk}/"
    assert 'stop/"' in text(client.get(address))
    assert client.post(f"{address}stop/").url == address
    assert 'resume/"' in text(client.get(address))
    client.post(f"{address}resume/")
    tasks.train(run_id=run.pk)
    assert "stop/" not in text(client.get(address))
    assert "These weights are used from now on." in text(client.post(f"{address}use/", follow=True))
    assert "Only a training that was stopped or failed" in text(client.post(f"{address}resume/", follow=True))
    verbs = Event.objects.filter(verb__startswith="training.").order_by("id").values_list("verb", flat=True)
    assert list(verbs) == ["training.stop_asked", "training.resumed", "training.done", "training.used"]


def test_a_failed_training_shows_its_sentence(client):
    run = TrainingRunFactory(state="failed", error="Only one identity: two are needed.")
    for address in (f"/models/training/{run.pk}/", "/models/training/"):
        assert "Only one identity: two are needed." in text(client.get(address))


def test_a_sample_sheet_is_shown_when_asked_for_and_each_look_is_recorded(client, done):
    sheet = done.sheets.first()
    address = f"/models/training/{done.pk}/"
    assert "<img" not in text(client.get(address))
    assert "<img" in text(client.get(f"{address}?sheet={sheet.pk}"))
    assert not Event.objects.filter(verb="training.sheet_viewed").exists()
    looked = client.get(link(client, f"/models/training/sheets/{sheet.pk}"))
    assert b"".join(looked.streaming_content).startswith(b"\x89PNG")
    assert looked["Content-Type"] == "image/png"
    event = Event.objects.get(verb="training.sheet_viewed")
    assert (event.actor, event.target_id) == (client.user, str(sheet.pk))


@pytest.mark.django_db(transaction=True)
def test_the_files_of_a_training_are_removed_when_asked_and_its_weights_stay(client, done, folder, media):
    left, sheets = folder / "runs" / str(done.pk), list(done.sheets.values_list("storage_name", flat=True))
    assert left.is_dir()
    client.post(f"/models/training/{done.pk}/clear/")
    assert not left.exists()
    assert not any((media / name).exists() for name in sheets)
    assert not done.sheets.exists()
    assert f"lines-{done.pk}" in text(client.get("/models/"))
    assert Event.objects.get(verb="training.cleared").note == f"{len(sheets)} sheets"
    waits = TrainingRunFactory()
    refused = client.post(f"/models/training/{waits.pk}/clear/", follow=True)
    assert "Stop this training first" in text(refused)


def test_a_sheet_of_another_training_is_not_shown_on_this_page(client, done):
    other = TrainingSheet.objects.create(
        run=TrainingRunFactory(), step=1, storage_name=storage.store(io.BytesIO(b"png")), n_bytes=3
    )
    assert client.get(f"/models/training/{done.pk}/?sheet={other.pk}").status_code == 404


def test_lists_cost_the_same_for_one_and_for_three(client, django_assert_max_num_queries):
    TrainingRunFactory(created_by=UserFactory())
    client.get("/models/training/")
    for address in ("/models/training/", "/api/trainings/"):
        with django_assert_max_num_queries(8) as one:
            client.get(address)
        for _ in range(2):
            TrainingRunFactory(created_by=UserFactory())
        with django_assert_max_num_queries(len(one)):
            client.get(address)


@pytest.fixture
def program(client):
    """A program of an administrator."""
    week = timedelta(days=7)
    scopes = ["read:training", "write:training"]
    return Client(headers=bearer(make_token(user=client.user, name="p", scopes=scopes, lifetime=week)[1]))


def bearer(secret):
    return {"Authorization": f"Bearer {secret}"}


def test_a_program_starts_watches_stops_and_resumes(program):
    asked = program.post("/api/trainings/", {"kind": "lines", **ASKED}, content_type="application/json")
    assert asked.status_code == 202
    address = f"/api/trainings/{asked.json()['id']}/"
    assert program.post(f"{address}stop/").json()["state"] == "stopped"
    assert program.post(f"{address}stop/").status_code == 400
    assert [each["id"] for each in program.get("/api/trainings/?state=stopped").json()["results"]] == [
        asked.json()["id"]
    ]
    assert program.post(f"{address}resume/").json()["state"] == "queued"
    tasks.train(run_id=asked.json()["id"])
    told = program.get(address).json()
    assert (told["state"], told["step"], told["images_seen"], told["time_left"]) == ("done", 12, 48, None)
    assert told["weights"] == {f"lines-{told['id']}": told["weights"][f"lines-{told['id']}"]}
    assert len(told["curves"]["losses"]["first"]) == 12
    assert program.post(f"{address}resume/").status_code == 400


@pytest.mark.parametrize(
    "other", [{"kind": "lego"}, {"training_set": "elsewhere"}, {"config": "steps ="}, {"licence": ""}]
)
def test_the_api_refuses_what_the_page_refuses(program, other):
    body = {"kind": "lines", **ASKED, **other}
    assert program.post("/api/trainings/", body, content_type="application/json").status_code == 400
    assert not TrainingRun.objects.exists()


def test_a_token_that_reads_does_not_start(client):
    week = timedelta(days=7)
    token = make_token(user=client.user, name="p", scopes=["read:training"], lifetime=week)[1]
    reading = Client(headers=bearer(token))
    assert reading.get("/api/trainings/").status_code == 200
    body = {"kind": "lines", **ASKED}
    assert reading.post("/api/trainings/", body, content_type="application/json").status_code == 403
