"""Putting weights of the model store into a network."""

from collections.abc import Callable, Mapping
from typing import TypeVar

from torch import Tensor, nn

from modelstore.errors import BadWeights
from modelstore.loading import load_torch, torch_device
from modelstore.store import Store

Network = TypeVar("Network", bound=nn.Module)
Build = Callable[[Mapping[str, Tensor]], Network]  # a network as wide as the tensors by name say


def from_store(store: Store, name: str, build: Build[Network]) -> tuple[Network, str]:
    """A network ready to run, and the device it lies on.

    Raises
    ------
    BadWeights : the weights cannot be used, or are another network's
    NoCuda : the store asks for CUDA and there is none
    """
    device = torch_device(store)
    tensors = load_torch(store, name)
    network = build(tensors)
    fill(network, tensors, name)
    return network.eval().requires_grad_(False).to(device), device


def fill(network: nn.Module, tensors: Mapping[str, Tensor], name: str) -> None:
    """Copy tensors into a network that has the very same ones.

    Raises
    ------
    BadWeights : it has not; the first that differs is named
    """
    wanted = network.state_dict()
    for key, tensor in wanted.items():
        if key not in tensors:
            raise BadWeights(f"the weights {name} lack {key}: they are another network's. Put its own there.")
        if tensors[key].shape != tensor.shape:
            raise BadWeights(
                f"{key} of the weights {name} is {tuple(tensors[key].shape)}, expected {tuple(tensor.shape)}: they are "
                "another network's. Put its own there."
            )
    for key in tensors:
        if key not in wanted:
            raise BadWeights(f"the weights {name} hold {key}, which the network has not: put its own there.")
    network.load_state_dict(dict(tensors))


def length(tensors: Mapping[str, Tensor], key: str, axis: int, otherwise: int) -> int:
    """How long a tensor is along an axis; `otherwise` where there is none: `fill` then says what is missing."""
    tensor = tensors.get(key)
    return tensor.shape[axis] if tensor is not None and tensor.ndim > axis else otherwise
