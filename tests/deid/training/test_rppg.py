"""Trainings around the pulse-preserving autoencoder: the set with known pulse, and every stage by its command."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from django.core.management import call_command
from django.core.management.base import CommandError

from deid.algorithms.networks import rppg_autoencoder
from deid.algorithms.networks.loading import from_store
from deid.algorithms.networks.recognisers import ARCHITECTURES, RecogniserConfig, build
from deid.algorithms.training.errors import BadConfig, BadTrainingSet
from deid.algorithms.training.record import record_of
from deid.algorithms.training.rppg.config import PulseData
from deid.algorithms.training.rppg.data import open_set
from deid.algorithms.training.rppg.predictor import likeness, long_pulse
from deid.algorithms.training.rppg.stretches import FPS, Stretch, Stretches
from deid.algorithms.training.rppg.video_clips import video_stretches
from deid.weights import model_store
from tests.data_files import data_video
from tests.deid.training.rppg_sets import SMALL, named, stretches, told
from tests.deid.training.test_trainers import training

CONFIG = {
    "recogniser": {"width": 2},
    "predictor": {"width": 2, "dim": 8, "ff": 8, "layers": 1},
    "autoencoder": {"width": 2},
}
BRIEF = {"batch": 2, "steps": 3, "evaluate_every": 2}


@pytest.fixture
def store(settings, tmp_path):
    settings.MODEL_STORE = tmp_path / "store"
    return model_store


def trained(folder, stage, run=None, resume=False, **config):
    """One stage by the command; its `training.json`."""
    told_ = {"stage": stage, "data": told(), **CONFIG[stage], **config}
    return training(folder, "rppg", resume=resume, run=BRIEF | (run or {}), **told_)


def recogniser(folder, architecture="plain"):
    trained(folder, "recogniser", architecture=architecture)
    return named(folder, f"recogniser_{architecture}")


def autoencoder(folder, **config):
    trained(folder, "autoencoder", **config)
    return (folder / "out/weights/rppg_autoencoder.safetensors").read_bytes()


def test_every_person_is_in_both_parts_at_other_times_and_the_pulse_is_in_the_skin():
    """The mean green of a crop follows the pulse that was put in; over sway and speech alone r would be near 0."""
    found = stretches()
    assert [each.person for each in found.train] == [each.person for each in found.test] == [0, 1]
    assert len({each.bpm for each in (*found.train, *found.test)}) == 4
    for stretch in found.test:
        assert stretch.pictures.shape == (300, 32, 32, 3)
        beats = np.fft.rfft(stretch.pulse * np.hanning(300), 3000)
        assert np.abs(beats).argmax() * FPS / 3000 * 60 == pytest.approx(stretch.bpm, abs=1)
        green = stretch.pictures[..., 1].mean(axis=(1, 2))
        assert likeness(np.diff(green), np.diff(stretch.pulse)) > 0.6


def test_the_same_wish_gives_the_same_pictures_and_what_is_kept_is_what_was_made(tmp_path):
    wish = PulseData(**SMALL | {"seconds": 3, "test_seconds": 10, "folder": str(tmp_path)})
    made = open_set(replace(wish, folder="-"))
    assert made.sha256() == open_set(wish).sha256() == open_set(wish).sha256() == stretches().sha256()
    assert open_set(replace(wish, seed=2, folder="-")).sha256() != made.sha256()
    (kept,) = tmp_path.glob("*.npz")
    kept.write_bytes(kept.read_bytes()[:5000])
    with pytest.raises(BadTrainingSet, match="cannot be read"):
        open_set(wish)


@pytest.mark.parametrize(
    ("wish", "error", "message"),
    [
        ({"side": 48}, BadConfig, "multiple of 32, was 48"),
        ({"identities": 43}, BadTrainingSet, "43 identities are wished"),
        ({"videos": ("nothing.mp4",)}, BadTrainingSet, "there is no video nothing.mp4"),
    ],
)
def test_sets_that_cannot_be_made_are_refused(wish, error, message):
    with pytest.raises(error, match=message):
        open_set(PulseData(**SMALL | wish))


def test_a_video_becomes_two_stretches_with_its_own_pulse():
    """A still man whose maker states 53 beats a minute; 6.6 s resolve 9 of them."""
    first, second = video_stretches(data_video("C_evm_face_53bpm.mp4"), 5, 32)
    assert (first.person, second.person, first.pictures.shape[1:]) == (5, 5, (32, 32, 3))
    assert len(first.pictures) == pytest.approx(2 * len(second.pictures), abs=2)
    power = np.abs(np.fft.rfft(first.pulse * np.hanning(len(first.pulse)), 6000))
    assert power.argmax() * FPS / 6000 * 60 == pytest.approx(53, abs=4)


def test_a_video_without_a_face_is_refused():
    with pytest.raises(BadTrainingSet, match="shows no face"):
        video_stretches(data_video("B_pyfeat_no_face.mp4"), 0, 32)


def test_the_pulse_of_a_long_stretch_has_no_seams():
    """A predictor that tells each clip's brightness, with an offset of its own: the whole is the sine that went in."""
    times = np.arange(400) / FPS
    sine = np.sin(2 * np.pi * 1.5 * times)
    pictures = np.tile((128 + 60 * sine)[:, None, None, None], (1, 8, 8, 3)).astype(np.uint8)
    stretch = Stretch(0, "a sine", pictures, sine.astype(np.float32), 90.0)

    def brightness(clip):
        return 7 * clip.mean((1, 3, 4)) + float(clip[0, 0, 0, 0, 0])

    assert likeness(long_pulse(brightness, stretch)[8:-8], sine[8:-8]) > 0.98


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_a_recogniser_is_built_anew_as_its_weights_say(architecture):
    network = ARCHITECTURES[architecture](RecogniserConfig(5, width=4))
    again = build(architecture, network.state_dict())
    again.load_state_dict(network.state_dict())
    pictures = torch.rand(2, 3, 64, 64)
    assert again.persons == 5
    assert torch.equal(network.eval()(pictures), again.eval()(pictures))


def test_recognisers_learn_who_is_who(tmp_path, store):
    state = trained(tmp_path, "recogniser", run={"steps": 60, "batch": 16})
    assert state["evaluation"] == {"accuracy": 1.0, "chance": 0.5}
    assert state["about"]["persons"] == "phantom-01 phantom-02"
    assert set(state["data"]) == {"stretches"}


@pytest.mark.django_db
@pytest.mark.parametrize("network", ["physnet", "physformer"])
def test_predictors_train_and_their_weights_enter_the_store(tmp_path, store, network):
    state = trained(tmp_path, "predictor", network=network)
    assert set(state["evaluation"]) == {"r", "lowest r"}
    call_command("models", "add", network, named(tmp_path, network))
    assert record_of(store().path(network)).images == 3 * 2 * 64


@pytest.mark.django_db
def test_the_autoencoder_resumes_to_the_same_curve_and_its_weights_are_the_methods(tmp_path, store):
    judges = {"recognisers": [recogniser(tmp_path / "plain")], "unseen": [recogniser(tmp_path / "mixer", "mixer")]}
    trained(tmp_path / "whole", "autoencoder", run={"steps": 4}, **judges)
    trained(tmp_path / "parts", "autoencoder", run={"steps": 2}, **judges)
    state = trained(tmp_path / "parts", "autoencoder", run={"steps": 4}, resume=True, **judges)
    for name in ("curve.csv", "evaluation.csv", "weights/rppg_autoencoder.safetensors"):
        assert (tmp_path / "parts/out" / name).read_bytes() == (tmp_path / "whole/out" / name).read_bytes(), name
    assert {"recogniser_plain knows", "recogniser_mixer knows", "pulse r", "psnr", "chance"} <= set(state["evaluation"])
    assert set(state["data"]) == {"stretches", "recogniser_plain", "recogniser_mixer"}
    call_command("models", "add", "rppg_autoencoder", named(tmp_path / "parts", "rppg_autoencoder"))
    network, _ = from_store(store(), "rppg_autoencoder", rppg_autoencoder.build)
    assert network(torch.zeros(1, 3, 4, 32, 32)).shape == (1, 3, 4, 32, 32)


def test_each_switch_takes_its_loss_out(tmp_path, store):
    """Without the loss of the pulse it does not matter whose pulse it would be; all others change what is learned."""
    judge = {"recognisers": [recogniser(tmp_path / "plain")]}
    trained(tmp_path / "physnet", "predictor", network="physnet")
    physnet = {"predictor": "physnet", "physnet": named(tmp_path / "physnet", "physnet")}
    full = autoencoder(tmp_path / "full", **judge)
    assert autoencoder(tmp_path / "again", **judge) == full
    assert tensors(autoencoder(tmp_path / "other", **judge, **physnet)) != tensors(full)
    assert tensors(autoencoder(tmp_path / "plain-off", **judge, regulariser=False)) != tensors(full)
    off = autoencoder(tmp_path / "off", **judge, pulse_loss=False)
    assert tensors(autoencoder(tmp_path / "other-off", **judge, **physnet, pulse_loss=False)) == tensors(off)
    assert tensors(off) != tensors(full)


def tensors(content):
    """The numbers of a safetensors file, without what it says of itself."""
    return content[8 + int.from_bytes(content[:8], "little") :]


def test_judges_of_other_people_and_stages_nobody_knows_are_refused(tmp_path, store):
    named_ = recogniser(tmp_path / "plain")
    three = {"data": told() | {"identities": 3, "folder": "-"}, "recognisers": [named_]}
    with pytest.raises(CommandError, match="tells 2 persons apart and the set has 3"):
        trained(tmp_path / "three", "autoencoder", **three)
    with pytest.raises(CommandError, match="names no recogniser"):
        trained(tmp_path / "odd", "autoencoder", recognisers=["rppg_autoencoder"])
    with pytest.raises(CommandError, match="stage must be one of recogniser, predictor, autoencoder, was 'all'"):
        training(tmp_path / "all", "rppg", stage="all")


def test_what_a_set_says_of_itself_changes_with_every_picture():
    found = stretches()
    changed = replace(found.train[0], pictures=found.train[0].pictures ^ np.uint8(1))
    assert Stretches((changed, *found.train[1:]), found.test).sha256() != found.sha256()
