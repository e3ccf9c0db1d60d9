"""Loading gives what was saved, and nothing that runs code, was cut off or is another network."""

import os
import pickle
from dataclasses import replace

import numpy as np
import onnxruntime
import pytest

from modelstore.errors import BadWeights, NoCuda
from modelstore.loading import load_torch, open_onnx
from modelstore.store import Store
from tests.modelstore.making import small_store, vouch

SHAPE = [(None, 4)]


def test_a_network_with_the_expected_shapes_runs(tmp_path):
    session = open_onnx(small_store(tmp_path), "small", {"x": (None, 4)}, SHAPE)
    (found,) = session.run(None, {"x": np.ones((2, 4), np.float32)})
    assert found.tolist() == [[2] * 4] * 2


@pytest.mark.parametrize("takes", [{"x": (None, 5)}, {"z": (None, 4)}, [(None, 4), (None, 4)], [(None, 4, 1)]])
def test_a_network_with_other_inputs_is_refused_and_both_are_told(tmp_path, takes):
    with pytest.raises(BadWeights, match=r"takes x tensor\(float\) \(any, 4\).*put its own network there"):
        open_onnx(small_store(tmp_path), "small", takes, SHAPE)


def test_a_file_that_is_no_network_is_refused(tmp_path):
    (tmp_path / "small.onnx").write_bytes(b"not a network")
    store = vouch(Store(tmp_path), tmp_path / "small.onnx")
    with pytest.raises(BadWeights, match="no network that onnxruntime can read"):
        open_onnx(store, "small", SHAPE, SHAPE)


def test_cuda_that_was_asked_for_and_is_absent_is_told(tmp_path):
    if "CUDAExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("this machine has CUDA")
    with pytest.raises(NoCuda, match="MODEL_DEVICE asks for CUDA, but this onnxruntime was built without CUDA"):
        open_onnx(replace(small_store(tmp_path), device="cuda"), "small", SHAPE, SHAPE)


class Payload:
    """A pickle that writes a file when it is read."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (str(self.path),)


@pytest.fixture
def torch():
    """Loaded here, not at import: the other tests need none."""
    import torch

    return torch


@pytest.mark.parametrize("ending", ["pt", "safetensors"])
def test_tensors_come_back_as_they_were_saved(tmp_path, torch, ending):
    file, tensors = tmp_path / f"small.{ending}", {"a.weight": torch.arange(6.0).reshape(2, 3)}
    if ending == "pt":
        torch.save({"state_dict": tensors}, file)
    else:
        from safetensors.torch import save_file

        save_file(tensors, file)
    found = load_torch(vouch(Store(tmp_path), file), "small")
    assert list(found) == ["a.weight"]
    assert torch.equal(found["a.weight"], tensors["a.weight"])


def test_code_in_a_checkpoint_is_refused_and_never_run(tmp_path, torch):
    """The same file does its harm when it is read the old way: the proof would else prove nothing."""
    file, harm = tmp_path / "small.pt", tmp_path / "harm"
    torch.save({"state_dict": {"a": torch.zeros(1)}, "payload": Payload(harm)}, file)
    with pytest.raises(BadWeights, match="more than tensors, code perhaps; nothing of it was run"):
        load_torch(vouch(Store(tmp_path), file), "small")
    assert not harm.exists()
    torch.load(file, weights_only=False)
    assert harm.is_dir()


def test_a_bare_pickle_is_refused_and_never_run(tmp_path, torch):
    file, harm = tmp_path / "small.pth", tmp_path / "harm"
    file.write_bytes(pickle.dumps(Payload(harm), protocol=2))
    with pytest.raises(BadWeights, match="nothing of it was run"):
        load_torch(vouch(Store(tmp_path), file), "small")
    assert not harm.exists()


@pytest.mark.parametrize("ending", ["pt", "safetensors"])
def test_a_checkpoint_that_was_cut_off_is_refused(tmp_path, torch, ending):
    file = tmp_path / f"small.{ending}"
    if ending == "pt":
        torch.save({"a": torch.zeros(1000)}, file)
    else:
        from safetensors.torch import save_file

        save_file({"a": torch.zeros(1000)}, file)
    os.truncate(file, 1500)
    with pytest.raises(BadWeights, match="cut off"):
        load_torch(vouch(Store(tmp_path), file), "small")


def test_a_checkpoint_that_is_no_table_of_tensors_is_refused(tmp_path, torch):
    file = tmp_path / "small.pt"
    torch.save([torch.zeros(1)], file)
    with pytest.raises(BadWeights, match="no table of tensors by name"):
        load_torch(vouch(Store(tmp_path), file), "small")
