"""Trainings as rows: asked for, done by one worker, stopped, resumed, ended with words, kept in the model store."""

import errno
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from audit.models import Event
from deid import leases, tasks, training_services, training_work
from deid.algorithms.training.curve import read_curve
from deid.algorithms.training.folder import CHECKPOINT, CURVE
from deid.algorithms.training.loop import train
from deid.algorithms.training.registry import get_kind
from deid.leases import LeaseLost, take
from deid.models import TrainingRun
from deid.training_configs import config_of
from deid.training_folders import held_folder
from deid.training_work import Watcher, thin
from deid.weights import model_store
from tests.deid.training import two_people
from tests.deid.training.lines import CONFIG, prepared
from tests.factories import TrainingRunFactory, UserFactory

pytestmark = pytest.mark.django_db
ASKED = {"kind": "lines", "training_set": "numbers", "config": CONFIG, "licence": "of nobody", "commercial": False}


@pytest.fixture(autouse=True)
def folder(tmp_path, settings, monkeypatch):
    return prepared(tmp_path, settings, monkeypatch)


@pytest.fixture
def at_every_step(monkeypatch):
    """The row is written at every step: steps of these trainings take less than the second between two writes."""
    monkeypatch.setattr(training_work, "EVERY_S", 0)


def start(**other):
    return training_services.start_training(actor=UserFactory(), **ASKED | other)


def worked(run):
    tasks.train(run_id=run.pk)
    run.refresh_from_db()
    return run


def folder_of(run, folder):
    return folder / "runs" / str(run.pk)


def test_a_training_ends_in_the_model_store_with_hashes_and_evaluation(folder):
    run = worked(start())
    assert (run.state, run.step, run.n_steps, run.images_seen, run.progress) == ("done", 12, 12, 48, 1)
    (name,) = run.weights
    entry = model_store().entry(name)
    assert name == f"lines-{run.pk}"
    assert run.weights[name] == entry.sha256
    assert model_store().path(name).is_file()
    assert (entry.licence, entry.uses) == ("of nobody", ("research",))
    assert f"training set numbers (SHA-256: numbers {'0' * 64})" in entry.training_data
    assert entry.evaluation == f"12 steps, 48 images seen; held out: weight {run.evaluation['held_out']['weight']:.4g}"
    assert (run.evaluation["why"], run.evaluation["steps"], run.evaluation["images"]) == ("steps", 12, 48)
    verbs = list(Event.objects.order_by("id").values_list("verb", flat=True))
    assert verbs == ["training.started", "weights.added", "training.done"]


def test_curves_and_sheets_are_on_the_row_when_it_is_done(folder):
    run = worked(start())
    steps, first = zip(*run.curves["losses"]["first"], strict=True)
    told = read_curve(folder_of(run, folder) / CURVE)
    assert list(steps) == list(range(1, 13))
    assert list(first) == told["first"]
    assert [step for step, _ in run.curves["losses"]["second"]] == [1, 3, 5, 7, 9, 11], "it has a value in odd steps"
    assert [step for step, _ in run.curves["held_out"]["weight"]] == [0, 6, 12]
    assert sorted(run.sheets.values_list("step", flat=True)) == [0, 6, 12]


def test_long_curves_are_thinned_to_means_of_neighbours():
    assert thin(range(1, 8), [1, 2, None, 4, 5, 6, 7], most=3) == [[2, 1.5], [5, 4.5], [7, 6.5]]
    assert thin([], []) == []
    assert thin([1, 2], [float("nan"), 3.0]) == [[2, 3.0]]


def broken_off(run, at):
    """A worker that dies at a step: what it wrote stays, and its lease runs out."""

    def dies(progress):
        if progress.step == at:
            raise SystemExit

    claimed = take(TrainingRun.objects.all(), run.pk)
    session = get_kind(run.kind).open_session(config_of(run.kind, run.config, run.training_set), model_store())
    with held_folder(claimed) as where, pytest.raises(SystemExit):
        train(session, where, on_step=dies)
    TrainingRun.objects.filter(pk=run.pk).update(lease_until=timezone.now() - timedelta(seconds=1))


def test_what_a_dead_worker_left_is_taken_up_at_its_checkpoint_and_ends_the_same(folder):
    whole, broken = worked(start()), start()
    broken_off(broken, at=8)
    assert (folder_of(broken, folder) / CHECKPOINT).is_file()
    broken = worked(broken)
    assert (broken.state, broken.attempts) == ("done", 2)
    curves = [(folder_of(run, folder) / CURVE).read_bytes() for run in (whole, broken)]
    assert curves[0] == curves[1]
    assert list(whole.weights.values()) == list(broken.weights.values()), "the very same file"
    assert whole.curves == broken.curves


def test_a_training_that_waits_is_stopped_at_once_and_goes_on_when_asked():
    run = start()
    run = training_services.stop_training(run=run, actor=UserFactory())
    assert (run.state, run.stop_asked) == ("stopped", False)
    with pytest.raises(ValidationError, match="This training is over: it is “Stopped”"):
        training_services.stop_training(run=run, actor=UserFactory())
    run = training_services.resume_training(run=run, actor=UserFactory())
    assert run.state == "queued"
    assert worked(run).state == "done"
    with pytest.raises(ValidationError, match="Only a training that was stopped or failed goes on"):
        training_services.resume_training(run=run, actor=UserFactory())


def test_a_worker_that_is_asked_to_stop_writes_a_checkpoint_and_lets_go(at_every_step, monkeypatch, folder):
    run, whole = start(), worked(start())
    told = Watcher.__call__

    def stop_at_seven(watcher, progress):
        if progress.step == 7:
            training_services.stop_training(run=run, actor=None)
        told(watcher, progress)

    monkeypatch.setattr(Watcher, "__call__", stop_at_seven)
    run = worked(run)
    assert (run.state, run.step, run.stop_asked, run.weights) == ("stopped", 7, False, {})
    assert run.lease is None
    run = worked(training_services.resume_training(run=run, actor=UserFactory()))
    assert (run.state, run.step) == ("done", 12)
    assert run.curves["losses"] == whole.curves["losses"]


def test_one_that_was_to_stop_and_lost_its_worker_is_stopped_by_the_sweeper():
    run = start()
    take(TrainingRun.objects.all(), run.pk)
    training_services.stop_training(run=run, actor=None)
    assert training_services.sweep_trainings() == 0
    run.refresh_from_db()
    assert (run.state, run.stop_asked) == ("running", True), "its worker is alive: it writes a checkpoint first"
    TrainingRun.objects.update(lease_until=timezone.now() - timedelta(seconds=1))
    training_services.sweep_trainings()
    run.refresh_from_db()
    assert (run.state, run.stop_asked) == ("stopped", False)


def test_what_waits_is_rung_for_unless_another_is_at_work():
    start()
    assert training_services.sweep_trainings() == 1
    at_work = start()
    take(TrainingRun.objects.all(), at_work.pk)
    assert training_services.sweep_trainings() == 0, "messages would pile up"
    TrainingRun.objects.filter(pk=at_work.pk).update(lease_until=timezone.now() - timedelta(seconds=1))
    assert training_services.sweep_trainings() == 2


def test_a_doubled_message_finds_it_taken_and_leaves():
    run = start()
    take(TrainingRun.objects.all(), run.pk)
    assert worked(run).state == "running"


def test_two_processes_never_write_in_one_folder():
    """The first lost its lease and does not know it yet: the second leaves, and the sweeper rings again."""
    run = start()
    with held_folder(run), pytest.raises(LeaseLost, match="another process still works"):
        training_work.work_on_training(job=take(TrainingRun.objects.all(), run.pk), lost=None)


def test_a_worker_that_lost_its_lease_leaves_the_row_alone(at_every_step, monkeypatch):
    run = start()
    monkeypatch.setattr(training_work, "_finish", lambda *_: pytest.fail("it is another's"))
    stolen = leases.take(TrainingRun.objects.all(), run.pk)
    TrainingRun.objects.filter(pk=run.pk).update(lease="00000000-0000-0000-0000-000000000001")
    with pytest.raises(LeaseLost):
        training_work.work_on_training(job=stolen, lost=None)


def test_an_empty_set_ends_with_a_sentence(folder):
    (folder / "sets" / "nothing").mkdir()
    run = worked(start(training_set="nothing"))
    assert run.state == "failed"
    assert run.error.endswith("is empty: put pictures there.")


def test_a_loss_that_is_no_number_ends_with_a_sentence_and_keeps_the_checkpoint(folder):
    run = worked(start(config="break_at = 7\n" + CONFIG))
    assert run.state == "failed"
    assert "is nan at step 7: the training went astray" in run.error
    assert (folder_of(run, folder) / CHECKPOINT).is_file()


@pytest.mark.parametrize(
    ("kind", "config", "told"),
    [
        ("faceswap", two_people.config(3).replace("ann", "zoe"), "the set has no identity 'zoe'; it has: ann, bob"),
        ("facemotion", 'data = "{set}"', "the set's pictures have 64 pixels, the network takes 224"),
        ("identity", 'data = "{set}"', "2 identities: with 30 held out, at least"),
        ("faceswap", two_people.config(3) + "broken", "is not the file that set.json tells of"),
    ],
)
def test_the_networks_own_refusals_are_sentences_on_the_row(folder, kind, config, told):
    """Two people are too few to learn to tell people apart, and their pictures too small for the published network."""
    made = two_people.write_two_people(folder / "sets" / "two")
    if config.endswith("broken"):
        config = config.removesuffix("broken")
        (made / "pictures.u8").write_bytes(b"other pictures")
    run = worked(start(kind=kind, config=config, training_set="two"))
    assert run.state == "failed"
    assert told in run.error


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "There is no room on the disk"),
        (MemoryError(), "The memory of the worker does not suffice"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried 8 bytes"), "The memory of the worker"),
        (KeyError("x"), "An unexpected error ended this job: KeyError"),
    ],
)
def test_what_the_machine_lacks_is_said_in_words(monkeypatch, error, told):
    def breaks(*_):
        raise error

    monkeypatch.setattr(training_work, "keep_sheets", breaks)
    run = worked(start())
    assert run.state == "failed"
    assert run.error.startswith(told)


def test_the_result_is_put_where_the_method_looks_for_it_when_asked():
    run = worked(start())
    with pytest.raises(ValidationError, match="Only a training that is done"):
        training_services.use_weights(run=TrainingRunFactory(), actor=UserFactory())
    assert training_services.use_weights(run=run, actor=UserFactory()) == ["lines"]
    used, made = (model_store().entry(name) for name in ("lines", f"lines-{run.pk}"))
    assert (used.sha256, used.evaluation, used.training_data) == (made.sha256, made.evaluation, made.training_data)
    assert model_store().path("lines").is_file()


@pytest.mark.parametrize(
    ("other", "field", "told"),
    [
        ({"kind": "lego"}, None, "There is no network “lego” to train"),
        ({"training_set": "elsewhere"}, "training_set", "manage.py build_training_set"),
        ({"training_set": "../sets/numbers"}, "training_set", "There is no training set"),
        ({"config": "steps ="}, "config", "is no TOML"),
        ({"config": 'data = "{set}"\nspeed = 3'}, "config", "the key speed, which nobody reads"),
        ({"config": CONFIG.replace("12", "0")}, "config", "run.steps must be a whole number from 1"),
        ({"config": CONFIG.replace("{set}", "/etc")}, "config", "may lie outside of the training set"),
        ({"config": CONFIG.replace("{set}", "{set}/../../x")}, "config", "may lie outside of the training set"),
        ({"licence": ""}, "licence", "blank"),
    ],
)
def test_what_cannot_be_trained_is_refused_where_it_is_asked_for(other, field, told):
    with pytest.raises(ValidationError, match=told) as refused:
        start(**other)
    assert field is None or field in refused.value.message_dict
    assert not TrainingRun.objects.exists()
