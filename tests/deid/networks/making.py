"""Networks small enough for tests, with random weights, and stores that hold them."""

import torch
from safetensors.torch import save_file

from deid.algorithms.networks.facemotion_generator import Generator, GeneratorConfig
from deid.algorithms.networks.faceswap_autoencoder import FaceswapAutoencoder, FaceswapConfig
from deid.algorithms.networks.rppg_autoencoder import RppgAutoencoder, RppgConfig
from tests.faces.networks import block_means
from tests.modelstore.making import store_of


def small_networks():
    """The three networks of the methods by the names of their weights."""
    torch.manual_seed(1)
    return {
        "facemotionpreserve": Generator(GeneratorConfig(width=8, blocks=2)),
        "faceswap": FaceswapAutoencoder(FaceswapConfig(width=8, dense=16)),
        "rppg_autoencoder": RppgAutoencoder(RppgConfig(width=4)),
    }


def saved(folder, name, tensors):
    path = folder / f"{name}.safetensors"
    save_file({key: tensor.contiguous() for key, tensor in tensors.items()}, path)
    return path


def learned_store(folder, **other):
    """A store with small networks of random weights; `other` are tensors by name instead of them."""
    tensors = {name: network.state_dict() for name, network in small_networks().items()} | other
    files = {name: saved(folder, name, each) for name, each in tensors.items()}
    return store_of(folder, w600k_r50=block_means(folder / "w600k_r50.onnx"), **files)
