"""The frozen networks that a generator is trained against: from the model store, or from files."""

from pathlib import Path

from torch import nn

from deid.algorithms.networks import iresnet, landmarks68
from deid.algorithms.networks.frozen import IdentityModule, LandmarkModule
from deid.algorithms.networks.loading import fill
from deid.algorithms.networks.onnx_network import read_onnx
from modelstore.errors import BadWeights
from modelstore.hashing import sha256
from modelstore.loading import tensors_of
from modelstore.manifest import KINDS
from modelstore.store import Store


def identity_judge(store: Store, named: str, device: str) -> tuple[IdentityModule, str]:
    """Who a face is, and the SHA-256 of the file: an ArcFace in ONNX, or a small one that was trained here.

    Raises
    ------
    BadWeights : there are no such weights, or another network's
    """
    file = weights_file(store, named, "train one with manage.py train_identity, and name its file in `identity`")
    network: nn.Module
    if file.suffix == ".onnx":
        network = read_onnx(file)
    else:
        tensors = tensors_of(file)
        network = iresnet.build(tensors)
        fill(network, tensors, named)
    return IdentityModule(network).to(device), sha256(file)


def landmark_judge(store: Store, named: str, device: str) -> tuple[LandmarkModule, str]:
    """Where 30 of the 68 points are, in pixels of a crop of 224, and the SHA-256 of the file; BadWeights as above."""
    file = weights_file(store, named, "train one with manage.py train_landmarks, and name its file in `points`")
    tensors = tensors_of(file)
    network = landmarks68.build(tensors)
    fill(network, tensors, named)
    return LandmarkModule(network).to(device), sha256(file)


def weights_file(store: Store, named: str, otherwise: str) -> Path:
    """A file that is named, or the store's of that name.

    Raises
    ------
    BadWeights : there is none, or the store refuses it; `otherwise` says what else to do
    """
    path = Path(named)
    if path.suffix in KINDS:
        if not path.is_file():
            raise BadWeights(f"there is no file {path}: {otherwise}.")
        return path
    try:
        return store.path(named)
    except BadWeights as error:
        raise BadWeights(f"{error} Another way: {otherwise}.") from error
