"""The loop around every training: ends, resumes, records."""

import json
import resource
import signal
from contextlib import contextmanager
from dataclasses import replace

import pytest
import torch
from safetensors import safe_open

from deid.algorithms.training.checkpoint import Position
from deid.algorithms.training.curve import read_curve
from deid.algorithms.training.errors import BadCheckpoint, DiskFull, Diverged
from deid.algorithms.training.folder import CHECKPOINT, CURVE, EVALUATION, read_state
from deid.algorithms.training.loop import train
from tests.deid.training.making import Lines, session


class Killed(RuntimeError):
    """As if the process had gone."""


def killer(step):
    def on_step(progress):
        if progress.step == step:
            raise Killed

    return on_step


@contextmanager
def files_of_at_most(n_bytes):
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (n_bytes, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)


def test_two_runs_with_one_seed_are_one_curve(tmp_path):
    train(session(), tmp_path / "one")
    train(session(), tmp_path / "two")
    train(session(seed=8), tmp_path / "other")
    one = (tmp_path / "one" / CURVE).read_bytes()
    assert one == (tmp_path / "two" / CURVE).read_bytes()
    assert one != (tmp_path / "other" / CURVE).read_bytes()


@pytest.mark.parametrize("step", [6, 7, 11])
def test_a_training_that_was_killed_resumes_to_the_curve_of_one_that_was_not(tmp_path, step):
    """Killed after the checkpoint of step 5, 5 and 10: the rows that came later are learned again."""
    train(session(), tmp_path / "whole")
    with pytest.raises(Killed):
        train(session(), tmp_path / "killed", on_step=killer(step))
    outcome = train(session(trainer=Lines()), tmp_path / "killed", resume=True)
    assert (outcome.why, outcome.step, outcome.images) == ("steps", 12, 48)
    for name in (CURVE, EVALUATION, "weights/lines.safetensors"):
        assert (tmp_path / "killed" / name).read_bytes() == (tmp_path / "whole" / name).read_bytes(), name


def test_a_training_that_was_stopped_can_be_made_longer(tmp_path):
    train(session(steps=20), tmp_path / "whole")
    seen = []
    outcome = train(session(), tmp_path / "run", should_stop=lambda: len(seen) == 8, on_step=seen.append)
    assert (outcome.why, outcome.step) == ("stopped", 8)
    assert read_state(tmp_path / "run")["state"] == "ended"
    train(session(steps=20), tmp_path / "run", resume=True)
    assert (tmp_path / "run" / CURVE).read_bytes() == (tmp_path / "whole" / CURVE).read_bytes()


def test_time_that_is_up_ends_a_training_over_all_its_starts(tmp_path):
    """A second of training in steps of at least a fifth: at most five, in whatever number of starts."""

    def slow(progress):
        signal.sigtimedwait([], 0.2)

    outcome = train(session(steps=10**6, minutes=1 / 60), tmp_path, on_step=slow)
    assert outcome.why == "time"
    assert 1 <= outcome.step <= 6
    again = train(session(steps=10**6, minutes=1 / 60), tmp_path, resume=True, on_step=slow)
    assert (again.why, again.step) == ("time", outcome.step)


def test_progress_tells_steps_images_losses_and_seconds_left(tmp_path):
    told = []
    train(session(minutes=5), tmp_path, on_step=told.append)
    assert [each.step for each in told] == list(range(1, 13))
    assert [each.images for each in told] == list(range(4, 49, 4))
    assert set(told[0].losses) == {"first", "second"}
    assert set(told[1].losses) == {"first"}
    assert told[-1].left == 0
    assert all(0 <= each.left <= 300 for each in told)


def test_what_a_training_leaves(tmp_path):
    train(session(), tmp_path)
    curve = read_curve(tmp_path / CURVE)
    assert curve["step"] == list(range(1, 13))
    assert [value is None for value in curve["second"]] == [False, True] * 6
    assert read_curve(tmp_path / EVALUATION)["step"] == [0, 6, 12]
    assert sorted(path.name for path in (tmp_path / "samples").iterdir()) == [
        "step_00000000.png", "step_00000006.png", "step_00000012.png",
    ]  # fmt: skip
    state = json.loads((tmp_path / "training.json").read_text())
    assert (state["state"], state["why"], state["step"], state["images"]) == ("ended", "steps", 12, 48)
    with safe_open(tmp_path / "weights" / "lines.safetensors", "pt") as file:
        assert json.loads(file.metadata()["training"]) == {
            "kind": "lines", "steps": 12, "images": 48, "data": {"numbers": "0" * 64},
            "config": {"run": {"seed": 7, "batch": 4}},
        }  # fmt: skip


def test_a_full_disk_ends_it_readably_and_keeps_the_last_checkpoint(tmp_path):
    """A checkpoint of `Lines` has more than 4 kB; all else is smaller."""
    with pytest.raises(Killed):
        train(session(), tmp_path, on_step=killer(6))
    before = (tmp_path / CHECKPOINT).read_bytes()
    with files_of_at_most(4000), pytest.raises(DiskFull, match=r"no room for checkpoint\.pt .* resume"):
        train(session(), tmp_path, resume=True)
    assert (tmp_path / CHECKPOINT).read_bytes() == before
    state = read_state(tmp_path)
    assert state["state"] == "failed"
    assert "Make room, then resume" in state["message"]
    assert not list(tmp_path.glob(".*draft"))
    assert train(session(), tmp_path, resume=True).step == 12


def test_a_loss_that_is_no_number_ends_it(tmp_path):
    with pytest.raises(Diverged, match="first is nan at step 7"):
        train(session(break_at=7), tmp_path)
    assert read_state(tmp_path)["state"] == "failed"
    assert Position(**torch.load(tmp_path / CHECKPOINT, weights_only=True)["position"]).step == 5


def test_another_config_or_another_folder_is_refused(tmp_path):
    with pytest.raises(BadCheckpoint, match="start without resuming"):
        train(session(), tmp_path / "none", resume=True)
    train(session(), tmp_path / "run")
    with pytest.raises(BadCheckpoint, match="holds a training"):
        train(session(), tmp_path / "run")
    with pytest.raises(BadCheckpoint, match=r"config\.run\.seed = 7, now it is 8"):
        train(session(seed=8), tmp_path / "run", resume=True)
    assert read_state(tmp_path / "run")["state"] == "ended"


@pytest.mark.parametrize(("later", "refused"), [(0, False), (0.0, False), (False, False), (3, True), (True, True)])
def test_a_key_that_the_version_of_the_checkpoint_did_not_know_is_no_difference_while_it_is_off(
    tmp_path, later, refused
):
    train(session(), tmp_path)
    newer = session(steps=14)
    newer = replace(newer, fixed={**newer.fixed, "later": later})
    if refused:
        with pytest.raises(BadCheckpoint, match=rf"config\.later = None, now it is {later}"):
            train(newer, tmp_path, resume=True)
    else:
        assert train(newer, tmp_path, resume=True).step == 14


class Touch:
    """Would leave a file if a pickle were opened as one."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return (open, (str(self.path), "w"))


def test_a_checkpoint_that_would_run_code_is_refused_and_nothing_runs(tmp_path):
    torch.save({"modules": Touch(tmp_path / "ran")}, tmp_path / CHECKPOINT)
    with pytest.raises(BadCheckpoint, match="cannot be read"):
        train(session(), tmp_path, resume=True)
    assert not (tmp_path / "ran").exists()


def test_a_checkpoint_that_was_cut_off_is_refused(tmp_path):
    train(session(), tmp_path)
    path = tmp_path / CHECKPOINT
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(BadCheckpoint, match="cut off"):
        train(session(), tmp_path, resume=True)
