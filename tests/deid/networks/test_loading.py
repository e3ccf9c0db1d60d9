"""Weights of the store fill exactly the network they belong to; all others are refused with a reason."""

import re

import pytest
import torch

from deid.algorithms.networks import facemotion_generator, faceswap_autoencoder, physformer, physnet, rppg_autoencoder
from deid.algorithms.networks.loading import from_store
from modelstore.errors import BadWeights, NoCuda
from modelstore.manifest import write
from modelstore.store import Store
from tests.deid.networks.making import saved, small_networks
from tests.modelstore.making import entry_of, store_of


def store_with(folder, tensors, name="rppg_autoencoder"):
    return store_of(folder, **{name: saved(folder, name, tensors)})


def test_weights_come_back_from_the_store_as_they_were_saved_and_are_not_trained(tmp_path):
    network = small_networks()["rppg_autoencoder"].eval()
    loaded, device = from_store(store_with(tmp_path, network.state_dict()), "rppg_autoencoder", rppg_autoencoder.build)
    clip = torch.rand(1, 3, 4, 8, 8)
    assert device in ("cpu", "cuda")
    assert torch.equal(loaded.cpu()(clip), network(clip))
    assert not loaded.training
    assert not any(each.requires_grad for each in loaded.parameters())


@pytest.mark.parametrize(
    ("build", "network"),
    [
        (facemotion_generator.build, small_networks()["facemotionpreserve"]),
        (faceswap_autoencoder.build, small_networks()["faceswap"]),
        (physnet.build, physnet.PhysNet(physnet.PhysNetConfig(width=2))),
        (physformer.build, physformer.PhysFormer(physformer.PhysFormerConfig(dim=8, ff=12, layers=2))),
    ],
)
def test_a_network_is_built_as_wide_and_deep_as_its_weights(build, network):
    tensors = network.state_dict()
    assert {key: each.shape for key, each in build(tensors).state_dict().items()} == {
        key: each.shape for key, each in tensors.items()
    }


def test_another_networks_weights_are_refused_by_the_first_name_that_is_missing(tmp_path):
    store = store_with(tmp_path, small_networks()["faceswap"].state_dict())
    with pytest.raises(BadWeights, match=r"the weights rppg_autoencoder lack conv1\.weight: they are another network"):
        from_store(store, "rppg_autoencoder", rppg_autoencoder.build)


def test_a_tensor_of_another_shape_is_named_with_both_shapes(tmp_path):
    tensors = small_networks()["rppg_autoencoder"].state_dict() | {"conv3.weight": torch.zeros(8, 8, 1, 1, 1)}
    with pytest.raises(BadWeights, match=re.escape("conv3.weight of the weights rppg_autoencoder is (8, 8, 1, 1, 1), "
                                                   "expected (8, 8, 3, 3, 3)")):  # fmt: skip
        from_store(store_with(tmp_path, tensors), "rppg_autoencoder", rppg_autoencoder.build)


def test_a_tensor_that_the_network_has_not_is_named(tmp_path):
    tensors = small_networks()["rppg_autoencoder"].state_dict() | {"conv6.weight": torch.zeros(1)}
    with pytest.raises(BadWeights, match=r"hold conv6\.weight, which the network has not"):
        from_store(store_with(tmp_path, tensors), "rppg_autoencoder", rppg_autoencoder.build)


def test_a_file_that_was_cut_off_is_refused_though_its_hash_was_recorded(tmp_path):
    path = saved(tmp_path, "rppg_autoencoder", small_networks()["rppg_autoencoder"].state_dict())
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(BadWeights, match="was cut off"):
        from_store(store_of(tmp_path, rppg_autoencoder=path), "rppg_autoencoder", rppg_autoencoder.build)


def test_code_in_a_checkpoint_is_refused_and_never_run(tmp_path):
    """The payload would write a file as soon as somebody unpickled it."""
    written, path = tmp_path / "written", tmp_path / "rppg_autoencoder.pt"

    class Payload:
        def __reduce__(self):
            return (type(written).touch, (written,))

    torch.save({"conv1.weight": Payload()}, path)
    manifest = tmp_path / "shipped.json"
    write(manifest, [entry_of(path, "rppg_autoencoder")])
    with pytest.raises(BadWeights, match="nothing of it was run"):
        from_store(Store(tmp_path, shipped=manifest), "rppg_autoencoder", rppg_autoencoder.build)
    assert not written.exists()


@pytest.mark.skipif(torch.cuda.is_available(), reason="needs a machine without CUDA")
def test_cuda_that_is_asked_for_and_absent_is_an_error_and_no_silent_cpu(tmp_path):
    path = saved(tmp_path, "rppg_autoencoder", small_networks()["rppg_autoencoder"].state_dict())
    known = store_of(tmp_path, rppg_autoencoder=path)
    with pytest.raises(NoCuda, match="torch sees no CUDA device"):
        from_store(Store(tmp_path, device="cuda", shipped=known.shipped), "rppg_autoencoder", rppg_autoencoder.build)
