"""A generator that was trained here is driven by the recogniser it was trained with."""

import json

import pytest
import torch
from safetensors.torch import save_file

from deid.algorithms.donors import DonorFolder
from deid.algorithms.methods.facemotion import identity_of
from deid.algorithms.methods.learned.driving import SMALL, SmallDriver, driver_of
from deid.algorithms.networks.iresnet import IResNet, IResNetConfig
from deid.algorithms.registry import get_method
from deid.weights import unavailable
from faces.arcface import DRIVER, ArcFace
from modelstore.errors import BadWeights
from modelstore.hashing import sha256
from tests.deid.networks.making import small_networks
from tests.faces.networks import block_means
from tests.modelstore.making import store_of


def stores(folder, identity, side=112):
    """A store with a generator that tells of an identity by its hash, a small recogniser, and w600k_r50's stand-in."""
    torch.manual_seed(2)
    files = {"w600k_r50": block_means(folder / "w600k_r50.onnx"), SMALL: folder / "identity_small.safetensors"}
    save_file(IResNet(IResNetConfig(4, (1, 1, 1, 1), 2)).state_dict(), files[SMALL])
    told = {"data": {"identity": sha256(files[identity]) if identity in files else identity}}
    told["config"] = {"model": {"side": side}}
    files["facemotionpreserve"] = folder / "facemotionpreserve.safetensors"
    tensors = small_networks()["facemotionpreserve"].state_dict()
    save_file(tensors, files["facemotionpreserve"], {"training": json.dumps(told)})
    return store_of(folder, **files)


def test_the_recogniser_of_the_training_drives(tmp_path):
    driver, name, side = driver_of(stores(tmp_path, SMALL), "facemotionpreserve", "cpu", 224)
    assert (type(driver), name, side) == (SmallDriver, SMALL, 112)
    donors = DonorFolder.open()
    found = identity_of(donors.load(donors.names[0]), driver)
    assert found.shape == (512,)
    assert (found**2).sum() == pytest.approx(1, abs=1e-5)


def test_insightface_drives_what_it_trained_and_what_tells_nothing(tmp_path):
    driver, name, side = driver_of(stores(tmp_path, "w600k_r50", side=224), "facemotionpreserve", "cpu", 224)
    assert (type(driver), name, side) == (ArcFace, DRIVER, 224)


def test_a_recogniser_that_is_not_there_is_named_by_its_hash(tmp_path):
    with pytest.raises(BadWeights, match=r"whose SHA-256 is 1111.*models add identity_small FILE"):
        driver_of(stores(tmp_path, "1" * 64), "facemotionpreserve", "cpu", 224)


def test_the_method_is_available_with_either_recogniser(tmp_path, settings):
    method = get_method("facemotion")
    store = stores(tmp_path, SMALL)
    settings.MODEL_STORE, settings.MODEL_MANIFEST = store.folder, store.shipped
    assert method.wanted(store) == ("facemotionpreserve", "w600k_r50")
    (tmp_path / "w600k_r50.onnx").unlink()
    assert method.wanted(store) == ("facemotionpreserve", SMALL)
    assert unavailable(method) == []
    (tmp_path / "identity_small.safetensors").unlink()
    assert "w600k_r50" in unavailable(method)[0]
