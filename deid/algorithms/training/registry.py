"""Which trainings exist. Light on purpose: the web process reads it, so nothing heavy is imported here."""

from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any

from deid.algorithms.training.errors import BadConfig

if TYPE_CHECKING:
    from deid.algorithms.training.trainer import Session
    from modelstore.store import Store


@dataclass(frozen=True, slots=True)
class Kind:
    """One training.

    `config` names its config ("module:class", without torch), `opener` the function that reads the data and builds the
    networks, imported only in workers; `weights` what it makes for the model store.
    """

    name: str
    label: str
    config: str
    opener: str
    weights: tuple[str, ...]

    def config_class(self) -> type[Any]:
        """The dataclass of its config."""
        found: type[Any] = _named(self.config)
        return found

    def open_session(self, config: Any, store: "Store") -> "Session":
        """Read the data and build the networks.

        Raises
        ------
        TrainingError : the data or the device do not do
        BadWeights : weights of the store that the config asks for cannot be used
        """
        session: Session = _named(self.opener)(config, store)
        return session


_ALL: tuple[Kind, ...] = (
    Kind(
        name="facemotion",
        label="FaceMotionPreserve",
        config="deid.algorithms.training.facemotion_config:FacemotionConfig",
        opener="deid.algorithms.training.facemotion:open_session",
        weights=("facemotionpreserve",),
    ),
    Kind(
        name="faceswap",
        label="Faceswap",
        config="deid.algorithms.training.faceswap_config:FaceswapTraining",
        opener="deid.algorithms.training.faceswap:open_session",
        weights=("faceswap",),
    ),
    Kind(
        name="identity",
        label="Identity, small",
        config="deid.algorithms.training.judges_config:IdentityConfig",
        opener="deid.algorithms.training.identity:open_session",
        weights=("identity_small",),
    ),
    Kind(
        name="landmarks",
        label="68 landmarks",
        config="deid.algorithms.training.judges_config:LandmarksTraining",
        opener="deid.algorithms.training.landmarks:open_session",
        weights=("landmarks68",),
    ),
    Kind(
        name="rppg_recogniser",
        label="Recogniser for the autoencoder",
        config="deid.algorithms.training.rppg.config:RecogniserTraining",
        opener="deid.algorithms.training.rppg.recogniser:open_session",
        weights=(
            "recogniser_plain",
            "recogniser_residual",
            "recogniser_separable",
            "recogniser_mixer",
            "recogniser_wide",
        ),
    ),
    Kind(
        name="rppg_predictor",
        label="Pulse predictor",
        config="deid.algorithms.training.rppg.config:PredictorTraining",
        opener="deid.algorithms.training.rppg.predictor:open_session",
        weights=("physnet", "physformer"),
    ),
    Kind(
        name="rppg_autoencoder",
        label="Pulse-preserving autoencoder",
        config="deid.algorithms.training.rppg.config:AutoencoderTraining",
        opener="deid.algorithms.training.rppg.autoencoder:open_session",
        weights=("rppg_autoencoder",),
    ),
)
KINDS = {kind.name: kind for kind in _ALL}


def get_kind(name: str) -> Kind:
    """
    Raises
    ------
    BadConfig : no training has the name
    """
    if name not in KINDS:
        raise BadConfig(f"there is no training {name!r}; known: {', '.join(KINDS)}.")
    return KINDS[name]


def _named(path: str) -> Any:
    module, name = path.split(":")
    return getattr(import_module(module), name)
