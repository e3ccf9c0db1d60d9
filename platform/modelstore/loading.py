"""Loading weights, after their hash was checked. No file may run code: no pickles, no custom operators."""

import json
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from modelstore.errors import BadWeights, NoCuda
from modelstore.store import Device, Store

if TYPE_CHECKING:
    from torch import Tensor

Shape = tuple[int | None, ...]  # None: any length
CUDA, CPU = "CUDAExecutionProvider", "CPUExecutionProvider"


def load_torch(store: Store, name: str) -> "dict[str, Tensor]":
    """Tensors by name, on the CPU, from a safetensors file or from a checkpoint that holds nothing but tensors.

    Raises
    ------
    BadWeights : as `Store.path`; or the file cannot be read, or it holds anything but tensors by name
    """
    return tensors_of(store.path(name))


def tensors_of(file: Path) -> "dict[str, Tensor]":
    """As `load_torch`, of a file that is in no store."""
    return _safetensors(file) if file.suffix == ".safetensors" else _checkpoint(file)


def training_of(store: Store, name: str) -> dict[str, Any]:
    """What a training here wrote into its safetensors file: kind, steps, images, data, config; empty where nothing is.

    Raises
    ------
    BadWeights : as `Store.path`; or the file cannot be read
    """
    return training_in(store.path(name))


def training_in(file: Path) -> dict[str, Any]:
    """As `training_of`, of a file that is in no store."""
    from safetensors import SafetensorError, safe_open

    if file.suffix != ".safetensors":
        return {}
    try:
        with safe_open(file, "pt") as content:
            told = json.loads((content.metadata() or {}).get("training", "{}"))
    except (SafetensorError, OSError, ValueError) as error:
        raise BadWeights(f"{file.name} cannot be read ({error}): it was cut off or is no safetensors file.") from error
    return told if isinstance(told, dict) else {}


def _safetensors(file: Path) -> "dict[str, Tensor]":
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(file, device="cpu")
    except (SafetensorError, OSError) as error:
        raise BadWeights(f"{file.name} cannot be read ({error}): it was cut off or is no safetensors file.") from error


def _checkpoint(file: Path) -> "dict[str, Tensor]":
    import pickle

    import torch

    try:
        found = torch.load(file, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise BadWeights(
            f"{file.name} holds more than tensors, code perhaps; nothing of it was run. Ask for a safetensors file."
        ) from error
    except Exception as error:  # the library's own kinds for damaged archives are many and not public
        raise BadWeights(f"{file.name} cannot be read ({error}): it was cut off or is no checkpoint.") from error
    if isinstance(found, dict) and isinstance(found.get("state_dict"), dict):
        found = found["state_dict"]
    if not isinstance(found, dict) or not all(torch.is_tensor(value) for value in found.values()):
        raise BadWeights(f"{file.name} is no table of tensors by name: save the network's state_dict alone.")
    return dict(found)


def torch_device(store: Store) -> str:
    """Where torch networks run: "cuda" or "cpu".

    Raises
    ------
    NoCuda : the store asks for CUDA and there is none
    """
    import torch

    return _device(store.device, torch.cuda.is_available(), "torch sees no CUDA device")


def open_onnx(store: Store, name: str, takes: Mapping[str, Shape] | Sequence[Shape], gives: Sequence[Shape]) -> Any:
    """An onnxruntime session whose inputs and outputs are float and of the expected shapes, in order.

    Parameters
    ----------
    takes : shapes of the inputs, by name where the names matter
    gives : shapes of the outputs

    Raises
    ------
    BadWeights : as `Store.path`; or no network, or another one
    NoCuda : the store asks for CUDA and there is none
    """
    file = store.path(name)
    session = _session(file, store.device)
    names = list(takes) if isinstance(takes, Mapping) else None
    shapes = list(takes.values()) if isinstance(takes, Mapping) else list(takes)
    found = [(each.name, each.type, tuple(each.shape)) for each in session.get_inputs()]
    given = [(each.name, each.type, tuple(each.shape)) for each in session.get_outputs()]
    right = _fit(found, shapes) and _fit(given, gives) and (names is None or names == [each[0] for each in found])
    if not right:
        raise BadWeights(
            f"{file.name} takes {_told(found)} and gives {_told(given)}; {name} takes "
            f"{', '.join(map(_shape, shapes))} and gives {', '.join(map(_shape, gives))}: put its own network there."
        )
    return session


def onnx_version(store: Store, *names: str) -> str:
    """A SHA-256 prefix of each file, and the version of the library that runs them: for certificates."""
    hashes = "+".join(str(store.entry(name).sha256)[:12] for name in names)
    return f"{hashes} onnxruntime {version('onnxruntime')}"


def _session(file: Path, device: Device) -> Any:
    try:
        import onnxruntime
    except ImportError as error:
        raise BadWeights(
            f"{file.name} lies in the model store, but onnxruntime, which runs it, is not installed: install it, or "
            "take the file away."
        ) from error
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1  # workers share the machine
    options.log_severity_level = 3  # its warnings about shapes would fill the log, one a frame
    wanted = _device(device, CUDA in onnxruntime.get_available_providers(), "this onnxruntime was built without CUDA")
    providers = [CUDA, CPU] if wanted == "cuda" else [CPU]
    try:
        session = onnxruntime.InferenceSession(str(file), options, providers=providers)
    except Exception as error:  # the library's own kinds are not public
        raise BadWeights(f"{file.name} is no network that onnxruntime can read: copy it again. ({error})") from error
    if device == "cuda" and CUDA not in session.get_providers():  # it falls back to the CPU without a word
        raise _no_cuda("its CUDA libraries cannot be loaded")
    return session


def _device(asked: Device, present: bool, why: str) -> str:
    if asked == "cuda" and not present:
        raise _no_cuda(why)
    return "cuda" if present and asked != "cpu" else "cpu"


def _no_cuda(why: str) -> NoCuda:
    return NoCuda(f"MODEL_DEVICE asks for CUDA, but {why}: set it to auto or cpu, or install what is missing.")


def _fit(found: Sequence[tuple[str, str, tuple[Any, ...]]], wanted: Sequence[Shape]) -> bool:
    return len(found) == len(wanted) and all(
        kind == "tensor(float)" and len(shape) == len(expected) and all(map(_fits, shape, expected))
        for (_, kind, shape), expected in zip(found, wanted, strict=True)
    )


def _fits(length: object, expected: int | None) -> bool:
    """A length that the file leaves open is checked by what comes out."""
    return expected is None or not isinstance(length, int) or length == expected


def _told(found: Sequence[tuple[str, str, tuple[Any, ...]]]) -> str:
    return ", ".join(f"{name} {kind} {_shape(shape)}" for name, kind, shape in found)


def _shape(shape: Sequence[Any]) -> str:
    return f"({', '.join(str(each) if isinstance(each, int) else 'any' for each in shape)})"
