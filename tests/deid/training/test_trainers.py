"""Every training, a few steps of each, by its command; what its weights are good for."""

import json
from functools import cache
from io import StringIO
from pathlib import Path
from tempfile import mkdtemp

import numpy as np
import pytest
import torch
from django.core.management import call_command
from django.core.management.base import CommandError

from deid.algorithms.networks import facemotion_generator, faceswap_autoencoder
from deid.algorithms.networks.loading import from_store
from deid.algorithms.training.config import from_table, read
from deid.algorithms.training.curve import read_curve
from deid.algorithms.training.facemotion_config import FacemotionConfig
from deid.algorithms.training.hardware import seeded
from deid.algorithms.training.judges_config import IdentityConfig, LandmarksTraining
from deid.algorithms.training.pairs import Pairs
from deid.algorithms.training.registry import get_kind
from deid.algorithms.trainingset.reading import TrainingSet
from deid.weights import model_store
from tests.deid.training.sets import made_set, shared_set

EXAMPLES = Path(__file__).parents[3] / "docs" / "training"
RUN = {"steps": 4, "batch": 4, "checkpoint_every": 2, "sample_every": 4, "evaluate_every": 4, "threads": 1}


@pytest.fixture
def store(settings, tmp_path):
    settings.MODEL_STORE = tmp_path / "store"
    return model_store


def training(folder, kind, resume=False, run=None, **config):
    """Train by the command; the folder's `training.json`."""
    folder.mkdir(exist_ok=True)
    path = folder / "config.json"
    path.write_text(json.dumps(config | {"run": RUN | (run or {})}))
    call_command(f"train_{kind}", config=path, out=folder / "out", resume=resume)
    return json.loads((folder / "out" / "training.json").read_text())


@cache
def judges():
    """Files of small judges of two steps."""
    folder = Path(mkdtemp())
    people = str(shared_set(96, 4, 4))
    for kind in ("identity", "landmarks"):
        training(folder / kind, kind, data=people, held_out=2, width=4, run={"steps": 2})
    return {
        "identity": str(folder / "identity/out/weights/identity_small.safetensors"),
        "points": str(folder / "landmarks/out/weights/landmarks68.safetensors"),
    }


SMALL_FACEMOTION = {"held_out": 2, "model": {"width": 4, "blocks": 1, "discriminator": 4, "side": 96}}


def small_faceswap(data):
    names = TrainingSet.open(data).names
    return {
        "data": str(data), "patient": names[0], "donor": names[1], "rate": 3e-3, "model": {"width": 8, "dense": 16}
    }  # fmt: skip


@pytest.mark.django_db
def test_faceswap_lowers_its_errors_and_its_weights_enter_the_store(tmp_path, store):
    state = training(
        tmp_path / "run", "faceswap", run={"steps": 60, "evaluate_every": 60}, **small_faceswap(shared_set(64, 2, 24))
    )
    curve = read_curve(tmp_path / "run/out/curve.csv")
    assert np.mean(curve["patient"][-5:]) < 0.8 * np.mean(curve["patient"][:5])
    assert (state["state"], state["step"], state["images"]) == ("ended", 60, 480)
    assert {"to_original", "to_source", "nearer_to_source"} < set(state["evaluation"])
    call_command("models", "add", "faceswap", tmp_path / "run/out/weights/faceswap.safetensors")
    network, _ = from_store(store(), "faceswap", faceswap_autoencoder.build)
    assert network(torch.zeros(1, 3, 64, 64), "b").shape == (1, 3, 64, 64)


def test_a_log_has_a_line_now_and_then_instead_of_one_over_every_step(tmp_path, store):
    """Four steps take less than the half minute between lines: the first and the last are told."""
    path, log = tmp_path / "config.json", StringIO()
    path.write_text(json.dumps(small_faceswap(shared_set(64, 2, 24)) | {"run": RUN}))
    call_command("train_faceswap", config=path, out=tmp_path / "out", stderr=log)
    told = [line for line in log.getvalue().split("\n") if line]
    assert [line.split(",")[0] for line in told] == ["step 1 of 4", "step 4 of 4"]


@pytest.mark.django_db
def test_facemotion_trains_resumes_and_its_weights_enter_the_store(tmp_path, store):
    data = str(shared_set(96, 4, 4))
    config = SMALL_FACEMOTION | judges() | {"data": data}
    training(tmp_path / "whole", "facemotion", run={"evaluate_every": 2}, **config)
    state = training(tmp_path / "parts", "facemotion", run={"steps": 2}, **config)
    assert set(state["data"]) == {"set", "identity", "points"}
    assert len(state["about"]["held_out"]) == 2
    training(tmp_path / "parts", "facemotion", resume=True, **config)
    for name in ("curve.csv", "evaluation.csv", "weights/facemotionpreserve.safetensors"):
        assert (tmp_path / "parts/out" / name).read_bytes() == (tmp_path / "whole/out" / name).read_bytes(), name
    picture = read_curve(tmp_path / "whole/out/curve.csv")["picture"]
    assert [value > 0 for value in picture] == [True, False, True, False]  # delta: the same identity in odd steps
    call_command("models", "add", "facemotionpreserve", tmp_path / "whole/out/weights/facemotionpreserve.safetensors")
    network, _ = from_store(store(), "facemotionpreserve", facemotion_generator.build)
    assert network(torch.zeros(1, 3, 96, 96), torch.zeros(1, 512)).shape == (1, 3, 96, 96)


def test_the_switch_l_takes_the_landmark_loss_out_of_the_sum(store):
    told = SMALL_FACEMOTION | judges() | {"data": str(shared_set(96, 4, 4)), "run": {"batch": 4}}
    found = {}
    for landmarks in (True, False):
        config = from_table(FacemotionConfig, told | {"landmarks": landmarks})
        trainer = get_kind("facemotion").open_session(config, store()).trainer
        losses = trainer.step(trainer.batch(1, seeded(1, 1)))
        found[landmarks] = {name: loss.item() for name, loss in losses.items()}
    assert found[True]["landmarks"] == found[False]["landmarks"]  # told either way
    share = 0.2 * found[True]["landmarks"] / (10 * found[True]["identity"])  # the weights of the paper
    assert found[True]["generator"] - found[False]["generator"] == pytest.approx(share, rel=1e-3)


def test_a_warm_up_gives_faces_back_and_leaves_the_discriminator_alone(store):
    told = SMALL_FACEMOTION | judges() | {"data": str(shared_set(96, 4, 4)), "warm_up": 2, "run": {"batch": 4}}
    trainer = get_kind("facemotion").open_session(from_table(FacemotionConfig, told), store()).trainer

    def weights():
        return {name: torch.cat([each.flatten() for each in module.parameters()]).detach().clone()
                for name, module in trainer.modules().items()}  # fmt: skip

    before, warm = weights(), [trainer.batch(step, seeded(1, step)) for step in (1, 2)]
    assert all(each.same for each in warm)
    assert [set(trainer.step(each)) for each in warm] == [{"picture", "generator"}] * 2
    after = weights()
    assert not torch.equal(before["generator"], after["generator"])
    assert torch.equal(before["discriminator"], after["discriminator"])
    third = trainer.step(trainer.batch(3, seeded(1, 3)))
    assert set(third) == set(trainer.losses)
    assert not torch.equal(after["discriminator"], weights()["discriminator"])


def test_the_switch_d_draws_blinks_at_their_share_or_none():
    data = TrainingSet.open(shared_set(96, 4, 4))
    learned = np.arange(4)
    rng = np.random.default_rng(0)
    original, source = Pairs.of(data, learned, 0.08).draw(rng, 4000, same=False)
    assert data.closed[original].mean() == pytest.approx(0.08, abs=0.015)  # three standard deviations
    assert (data.identity[original] != data.identity[source]).all()
    original, source = Pairs.of(data, learned, 0.0).draw(rng, 400, same=True)
    assert not data.closed[original].any()
    assert (data.identity[original] == data.identity[source]).all()


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"held_out": 3}, "has 4 identities: with 3 held out, at least 5"),
        ({"model": {"side": 112}}, "pictures have 96 pixels, the network takes 112"),
        ({"model": {"side": 100}}, "multiple of 8, was 100"),
        ({"rate": 1}, r"rate must be a number from 1e-07 to 0\.1, was 1"),
        ({"identity": "none.safetensors"}, "there is no file none.safetensors: train one with"),
        ({"identity": "w600k_r50"}, "not in the model store: .* Another way: train one with manage.py train_identity"),
        ({"data": "nowhere"}, "nowhere is no training set"),
        ({"run": {"device": "cuda"}}, "torch sees no CUDA device"),
    ],
)
def test_what_facemotion_cannot_learn_from_is_refused(tmp_path, store, monkeypatch, change, says):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    config = SMALL_FACEMOTION | {"data": str(shared_set(96, 4, 4))} | change
    with pytest.raises(CommandError, match=says) as refused:
        training(tmp_path / "run", "facemotion", **config)
    assert refused.value.returncode == 2
    assert not (tmp_path / "run" / "out").exists()


def test_a_set_without_blinks_is_refused_unless_none_are_wanted(tmp_path, store):
    data = made_set(tmp_path / "set", 96, 4, 4, closed=False)
    config = SMALL_FACEMOTION | {"data": str(data)}
    with pytest.raises(CommandError, match="has a blink frame: set blinks to false"):
        training(tmp_path / "run", "facemotion", **config)
    with pytest.raises(CommandError, match="no file x"):  # the next thing that is looked at
        training(tmp_path / "run", "facemotion", blinks=False, identity="x.onnx", **config)


def test_faceswap_refuses_a_stranger_and_too_few_faces(tmp_path, store):
    config = small_faceswap(shared_set(64, 2, 24))
    with pytest.raises(CommandError, match="no identity 'nobody'; it has: "):
        training(tmp_path / "run", "faceswap", **config | {"donor": "nobody"})
    few = made_set(tmp_path / "set", 64, 2, 8)
    with pytest.raises(CommandError, match=r"8 faces of .*, at least 20 are needed"):
        training(tmp_path / "run", "faceswap", **small_faceswap(few))


def test_in_bfloat16_it_learns_about_the_same(tmp_path, store):
    """Eight bits of mantissa: losses agree to a percent or so, and are not the same."""
    config = small_faceswap(shared_set(64, 2, 24))
    curves = []
    for precision in ("float32", "bfloat16"):
        training(tmp_path / precision, "faceswap", run={"steps": 5, "precision": precision}, **config)
        curves.append(read_curve(tmp_path / precision / "out/curve.csv")["patient"])
    assert curves[0] == pytest.approx(curves[1], rel=0.03)
    assert curves[0] != curves[1]


def test_defaults_are_those_of_the_papers():
    """FMP: batch 32, Adam 1e-4, 224 pixels. `IdentityConfig` and `LandmarksTraining` are not published anywhere."""
    config = FacemotionConfig("set")
    assert (config.run.batch, config.rate, config.model.side, config.model.width) == (32, 1e-4, 224, 64)
    assert IdentityConfig("set").run.batch == LandmarksTraining("set").run.batch == 64


@pytest.mark.parametrize("path", sorted(EXAMPLES.glob("*.toml")), ids=lambda path: path.stem)
def test_the_examples_of_the_documentation_are_configs(path):
    """Named by the training they are of, with a word after it where there are several."""
    kind = get_kind(path.stem.removesuffix("_small"))
    assert read(kind.config_class(), path).run.seed == 1
