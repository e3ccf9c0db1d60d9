"""The model store of this deployment, and which methods can run with it."""

from dataclasses import dataclass
from typing import cast

from django.conf import settings

from deid.algorithms.registry import METHODS, Method, deidentification_methods
from modelstore.manifest import Entry, Use
from modelstore.store import Device, State, Store


def model_store() -> Store:
    use, device = cast(Use, settings.MODEL_USE), cast(Device, settings.MODEL_DEVICE)
    return Store(settings.MODEL_STORE, use, device, settings.MODEL_MANIFEST)


def unavailable(method: Method) -> list[str]:
    """Why a method cannot run here, in sentences with what to do; none where its weights are there."""
    store = model_store()
    return store.why_not(method.wanted(store)) if method.weights else []


def runnable_methods() -> list[Method]:
    """The methods of de-identification that can run here."""
    return [method for method in deidentification_methods() if not unavailable(method)]


def methods_with_weights() -> list[tuple[Method, list[str]]]:
    """The methods that need weights, and why each cannot run here."""
    return [(method, unavailable(method)) for method in METHODS.values() if method.weights]


@dataclass(frozen=True, slots=True)
class Held:
    """Weights as the administrators' page and `manage.py models list` show them."""

    entry: Entry
    state: State
    methods: tuple[Method, ...]  # that need them


def held_weights() -> list[Held]:
    """All that the manifest knows, by name; files are looked at, not read."""
    store = model_store()
    needed = [(each, {*each.weights, *each.instead.values()}) for each in METHODS.values()]
    return [
        Held(entry, store.state(entry), tuple(each for each, names in needed if name in names))
        for name, entry in sorted(store.manifest.entries.items())
    ]
