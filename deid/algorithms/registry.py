"""Which methods exist. Light on purpose: the web process reads it, so nothing heavy is imported here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal

from deid.algorithms.errors import BadParameters, UnknownMethod

if TYPE_CHECKING:
    from deid.algorithms.method import Prepare, Watcher
    from modelstore.store import Store

ORIGINAL = "original"


@dataclass(frozen=True, slots=True)
class Method:
    """One way to render a recording.

    `loader` names the function that prepares the method for a clip ("module:function"), imported only in workers;
    `watch`, where there is one, the class of what sees the clip beside the survey; `early` what reads models that
    `loader` will need, while the survey lasts.
    `protects` is False for the re-encoded original alone. `weights` are what it needs of the model store, by name.
    `releasable` is False where people still know the face: what it makes is never given out as de-identified.
    """

    name: str
    label: str
    summary: str
    source: str  # where the parameters come from
    loader: str = ""
    parameters: Mapping[str, Any] = field(default_factory=lambda: MappingProxyType({}))  # defaults
    queue: Literal["cpu", "gpu"] = "cpu"
    protects: bool = True
    uses_donor: bool = False
    watch: str = ""
    early: str = ""
    weights: tuple[str, ...] = ()
    instead: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))  # other weights that will do
    releasable: bool = True

    def wanted(self, store: "Store") -> tuple[str, ...]:
        """Its weights; others that will do, where they are there and the first are not."""
        return tuple(
            other if (other := self.instead.get(name)) and not store.has(name) and store.has(other) else name
            for name in self.weights
        )

    def load(self) -> "Prepare":
        """The method's `prepare` function."""
        prepare: Prepare = _named(self.loader)
        if self.early:
            _named(self.early)()
        return prepare

    def watcher(self) -> "Watcher | None":
        """What sees the clip while the survey looks for faces; the caller closes it."""
        if not self.watch:
            return None
        watcher: Watcher = _named(self.watch)()
        return watcher

    def with_defaults(self, given: Mapping[str, Any] | None) -> dict[str, Any]:
        """All parameters, the given ones over the defaults; a name the method does not know is refused."""
        unknown = sorted(set(given or {}) - set(self.parameters))
        if unknown:
            known = ", ".join(sorted(self.parameters)) or "none"
            raise BadParameters(
                f"the method {self.name!r} has no parameter {', '.join(unknown)}; it takes: {known}. Leave it out."
            )
        return {**self.parameters, **(given or {})}


_WATCH = "deid.algorithms.methods.motionmesh.watching:Watch"

_ALL = (
    Method(
        name="mask",
        label="Mask",
        summary="Black rectangle over the face: hides everything, motion included.",
        source="AIES 2020 and FMP 2024: black mask over the face box",
        loader="deid.algorithms.methods.mask:prepare",
    ),
    Method(
        name="blur",
        label="Blur",
        summary="Average filter as wide as half the face: hides detail, keeps coarse light and colour.",
        source="AIES 2020: kernel of half the face box; FMP 2024: kernel of 1/4 of the face area, the same",
        loader="deid.algorithms.methods.blur:prepare",
        parameters=MappingProxyType({"kernel": 0.5}),
    ),
    Method(
        name="pixelate",
        label="Pixelate",
        summary="Face reduced to 16 by 16 squares.",
        source="FMP 2024: pixelation to 16x16",
        loader="deid.algorithms.methods.pixelate:prepare",
        parameters=MappingProxyType({"cells": 16}),
    ),
    Method(
        name="motionmesh",
        label="Motion mesh",
        summary="A donor's face moved by the patient's own motion: expression, gaze, blinks and tremor stay.",
        source="mesh retargeting with the patient's deformation; expression-ratio images: Liu, Shan & Zhang 2001",
        loader="deid.algorithms.methods.motionmesh.prepare:prepare",
        parameters=MappingProxyType(
            {
                "donor": None,
                "sex": None,
                "age": None,
                "strength": 1.0,
                "detail": 1.0,
                "min_face": 40,
                "max_turn": 35,
            }
        ),
        uses_donor=True,
        watch=_WATCH,
        early="deid.algorithms.methods.motionmesh.prepare:read_ahead",
    ),
    Method(
        name="facemotion",
        label="FaceMotionPreserve",
        summary="A generator gives the face a donor's identity and keeps its motion.",
        source="FMP 2024: SimSwap's generator on aligned crops of 224 pixels",
        loader="deid.algorithms.methods.facemotion:prepare",
        parameters=MappingProxyType({"donor": None, "batch": 16}),
        queue="gpu",
        uses_donor=True,
        watch=_WATCH,
        weights=("facemotionpreserve", "w600k_r50"),
        instead=MappingProxyType({"w600k_r50": "identity_small"}),
    ),
    Method(
        name="faceswap",
        label="Faceswap",
        summary="The decoder of one donor draws the face; trained for one patient and one donor.",
        source="AIES 2020: Faceswap's original model on aligned crops of 64 pixels",
        loader="deid.algorithms.methods.faceswap:prepare",
        parameters=MappingProxyType({"batch": 32}),
        queue="gpu",
        watch=_WATCH,
        weights=("faceswap",),
    ),
    Method(
        name="rppg",
        label="Pulse-preserving autoencoder",
        summary="Hides the face from machines only: people still know it. Never released as de-identified.",
        source="Savic & Zhao 2023: windows of 64 frames of 128 pixels",
        loader="deid.algorithms.methods.rppg:prepare",
        queue="gpu",
        watch=_WATCH,
        weights=("rppg_autoencoder",),
        releasable=False,
    ),
    Method(
        name="inswapper",
        label="inswapper",
        summary="A donor's identity put on the face by insightface's network: natural at 128 pixels, weights needed.",
        source="insightface inswapper_128: alignment, identity and paste-back as its makers published them",
        loader="deid.algorithms.methods.inswapper.prepare:prepare",
        parameters=MappingProxyType({"donor": None, "sex": None, "age": None, "min_face": 40, "max_turn": 60}),
        queue="gpu",
        uses_donor=True,
        watch="deid.algorithms.methods.inswapper.watching:Watch",
        weights=("det_10g", "2d106det", "w600k_r50", "inswapper_128"),
    ),
    Method(
        name=ORIGINAL,
        label="Original, re-encoded",
        summary="Not de-identified: the original through the same reader and encoder, for blinded studies.",
        source="same final encode as every method",
        protects=False,
    ),
)

METHODS: Mapping[str, Method] = MappingProxyType({method.name: method for method in _ALL})


def _named(name: str) -> Any:
    module, _, attribute = name.partition(":")
    return getattr(import_module(module), attribute)


def get_method(name: str) -> Method:
    """The method of that name.

    Raises
    ------
    UnknownMethod : no method has the name; the message lists those that exist
    """
    try:
        return METHODS[name]
    except KeyError:
        raise UnknownMethod(f"there is no method {name!r}; use one of: {', '.join(METHODS)}.") from None


def deidentification_methods() -> list[Method]:
    """The methods that may be offered for de-identification, in the order to show them."""
    return [method for method in METHODS.values() if method.protects]
