"""The model store as people meet it: the command, the page, the form, the API, the worker."""

import io
import os
import re
import threading
import zipfile
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command

from accounts.models import Role
from audit.models import Event
from deid import services, tasks
from deid.models import Job
from deid.weights import model_store
from modelstore.errors import BadWeights
from modelstore.manifest import write
from tests.faces.networks import insightface_store
from tests.factories import CohortFactory, JobFactory, ParticipantFactory, RecordingFactory
from tests.modelstore.making import doubling, entry_of

pytestmark = pytest.mark.django_db
SAID = ["--task", "doubles", "--licence", "public domain", "--use", "research"]


@pytest.fixture(autouse=True)
def store(tmp_path, settings):
    """An empty store of this test's own."""
    settings.MODEL_STORE = tmp_path / "store"
    return model_store()


@pytest.fixture
def filled(tmp_path, settings):
    """A store in which small networks stand in for all of inswapper's."""
    made = insightface_store(tmp_path)
    settings.MODEL_STORE, settings.MODEL_MANIFEST = made.folder, made.shipped
    return made


@pytest.fixture
def address(tmp_path):
    """A web server with a folder of its own, as `(url, folder)`."""
    folder = tmp_path / "served"
    folder.mkdir()

    class Quiet(SimpleHTTPRequestHandler):
        def __init__(self, *args):
            super().__init__(*args, directory=str(folder))

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Quiet)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}", folder
    server.shutdown()
    server.server_close()


def models(*words):
    """What `manage.py models ...` says."""
    said = io.StringIO()
    call_command("models", *map(str, words), stdout=said, stderr=said)
    return said.getvalue()


def knows(tmp_path, settings, file, name="small", **said):
    """The manifest knows a file by its hash; the store does not hold it."""
    settings.MODEL_MANIFEST = tmp_path / "known.json"
    write(settings.MODEL_MANIFEST, [entry_of(file, name, **said)])


def test_what_is_known_is_listed_with_what_needs_it():
    told = models("list")
    assert "for research use" in told
    assert any(line.split()[:2] == ["inswapper_128", "missing"] and "inswapper" in line for line in told.splitlines())


def test_a_file_that_is_added_is_recorded_and_may_be_loaded(tmp_path):
    file = doubling(tmp_path / "mine.onnx")
    models("add", "small", file, *SAID)
    entry = model_store().entry("small")
    assert (entry.licence, entry.uses, entry.size) == ("public domain", ("research",), file.stat().st_size)
    assert model_store().path("small").read_bytes() == file.read_bytes()
    event = Event.objects.get(verb="weights.added")
    assert entry.sha256 in event.note
    assert "small: as the manifest says" in models("verify")


def test_a_file_in_its_place_is_vouched_for_by_name(store):
    store.folder.mkdir()
    doubling(store.folder / "arcface.onnx")
    models("add", "arcface")
    assert model_store().path("arcface").name == "arcface.onnx"


def test_weights_that_nobody_knows_need_a_licence(tmp_path):
    with pytest.raises(CommandError, match=r"say what they are\. Missing: --task, --licence, --use") as refused:
        models("add", "small", doubling(tmp_path / "a.onnx"))
    assert refused.value.returncode == 2


def test_another_file_than_the_manifest_means_is_not_kept(tmp_path, store):
    with pytest.raises(CommandError, match=r"the manifest expects 16923827 and 5838f7fe.*nothing was kept"):
        models("add", "det_10g", doubling(tmp_path / "a.onnx"))
    assert not list(store.folder.iterdir())
    assert not Event.objects.filter(verb="weights.added").exists()


def test_a_file_is_fetched_and_counts_once_its_hash_is_right(tmp_path, settings, address):
    url, folder = address
    knows(tmp_path, settings, doubling(folder / "small.onnx"), url=f"{url}/small.onnx")
    models("fetch", "--all")
    assert model_store().path("small").is_file()
    assert Event.objects.filter(verb="weights.fetched").count() == 1


def test_a_file_is_taken_out_of_the_archive_it_comes_in(tmp_path, settings, address):
    url, folder = address
    file = doubling(tmp_path / "small.onnx")
    with zipfile.ZipFile(folder / "pack.zip", "w") as archive:
        archive.write(file, "small.onnx")
    knows(tmp_path, settings, file, url=f"{url}/pack.zip", member="small.onnx")
    models("fetch", "small")
    assert model_store().path("small").read_bytes() == file.read_bytes()


@pytest.mark.parametrize("wrong", ["another", "shorter", "absent"])
def test_what_was_fetched_wrongly_leaves_nothing(tmp_path, settings, address, wrong):
    url, folder = address
    knows(tmp_path, settings, doubling(folder / "small.onnx"), url=f"{url}/small.onnx")
    if wrong == "another":
        doubling(folder / "small.onnx", side=5)
    elif wrong == "shorter":
        os.truncate(folder / "small.onnx", 20)
    else:
        (folder / "small.onnx").unlink()
    with pytest.raises(CommandError, match=r"nothing was kept|cannot be fetched"):
        models("fetch", "small")
    assert not list(model_store().folder.iterdir())


def test_without_a_hash_nothing_is_fetched(address):
    with pytest.raises(CommandError, match="could not be checked: give --sha256"):
        models("fetch", "physnet", "--url", f"{address[0]}/physnet.safetensors")


def test_verify_finds_a_file_that_was_changed(tmp_path):
    models("add", "small", doubling(tmp_path / "mine.onnx"), *SAID)
    doubling(model_store().folder / "small.onnx", side=5)
    with pytest.raises(CommandError, match="must not be used") as found:
        models("verify")
    assert found.value.returncode == 1


def test_what_one_machine_added_another_fetches(tmp_path, settings):
    """The bucket is a folder here; it is asked through the same library."""
    shared = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": tmp_path / "bucket"}}
    settings.STORAGES = {**settings.STORAGES, "models": shared}
    models("add", "small", doubling(tmp_path / "mine.onnx"), *SAID)
    settings.MODEL_STORE = tmp_path / "other machine"
    models("fetch", "small")
    assert model_store().path("small").read_bytes() == (tmp_path / "mine.onnx").read_bytes()


@pytest.fixture
def recording():
    return RecordingFactory()


def test_a_job_for_a_method_without_weights_is_refused_before_it_starts(recording):
    with pytest.raises(ValidationError, match=r"manage\.py models fetch det_10g 2d106det w600k_r50") as refused:
        services.request_job(recording=recording, method="inswapper", actor=None)
    assert refused.value.code == "unavailable"
    assert not Job.objects.exists()


def test_with_the_weights_it_is_taken_for_the_queue_of_cards(recording, filled):
    assert services.request_job(recording=recording, method="inswapper", actor=None).queue == "gpu"


def test_a_licence_that_forbids_the_use_makes_the_method_unavailable(filled, settings):
    write(filled.shipped, [entry_of(filled.folder / "det_10g.onnx", "det_10g", uses=("research",))])
    settings.MODEL_MANIFEST = filled.shipped.rename(filled.folder / "other.json")
    settings.MODEL_USE = "commercial"
    told = model_store().why_not(["det_10g"])
    assert "does not allow commercial use, which MODEL_USE names" in told[0]
    with pytest.raises(BadWeights):
        model_store().path("det_10g")


def test_a_worker_that_lacks_them_fails_the_job_with_a_sentence(filled, settings, tmp_path):
    """The web process had the weights when the job was asked for; this worker has none."""
    job = JobFactory(method="inswapper", state=Job.State.QUEUED)
    settings.MODEL_STORE = tmp_path / "another machine"
    tasks.render(job.pk)
    job.refresh_from_db()
    assert job.state == Job.State.FAILED
    assert "det_10g (a test) is not in the model store: manage.py models add det_10g FILE" in job.error


def test_the_form_shows_the_method_and_will_not_take_it(sign_in):
    client = sign_in(Role.COORDINATOR)
    recording = RecordingFactory(participant=ParticipantFactory(cohort=CohortFactory(coordinators=[client.user])))
    page = client.get(f"/recordings/{recording.pk}/").content.decode()
    assert "Not available: the model store lacks det_10g, 2d106det, w600k_r50" in page
    (radio,) = [part for part in page.split("<input") if 'value="inswapper"' in part]
    assert "disabled" in radio.split(">")[0]
    answer = client.post(f"/recordings/{recording.pk}/jobs/", {"method": "inswapper"})
    assert answer.status_code == 422
    assert "manage.py models add inswapper_128 FILE" in answer.content.decode()


def test_the_api_refuses_it_as_the_page_does(sign_in):
    client = sign_in(Role.COORDINATOR)
    recording = RecordingFactory(participant=ParticipantFactory(cohort=CohortFactory(coordinators=[client.user])))
    answer = client.post(f"/api/recordings/{recording.pk}/jobs/", {"method": "inswapper"}, "application/json")
    assert answer.status_code == 400
    assert "manage.py models fetch" in str(answer.json())


def test_administrators_see_what_is_there_and_what_is_not(sign_in, tmp_path):
    models("add", "small", doubling(tmp_path / "mine.onnx"), *SAID)
    page = sign_in(Role.ADMINISTRATOR).get("/models/").content.decode()
    assert "not available" in page
    assert "manage.py models fetch det_10g 2d106det w600k_r50" in page
    assert "public domain" in page
    assert model_store().entry("small").sha256[:12] in page


def test_the_page_says_when_a_method_can_run(sign_in, filled):
    page = sign_in(Role.ADMINISTRATOR).get("/models/").content.decode()
    states = dict(re.findall(r"<tr><td>([^<]+)</td>\s*<td>.*?((?:not )?available)", page, re.S))
    assert states.pop("inswapper") == "available"
    assert set(states.values()) == {"not available"}, "the store's own manifest does not know the weights of others"
    assert "there are no weights" in page
