"""Which detectors exist."""

from faces.protocol import FaceDetector
from modelstore.errors import MissingWeights
from modelstore.store import Store

DETECTORS = ("mediapipe", "scrfd")


def detector(name: str = "mediapipe", weights: Store | None = None) -> FaceDetector:
    """A fresh detector; those of packages load their models at the first picture, those of the store now.

    Raises
    ------
    LookupError : no detector has the name
    BadWeights : its weights cannot be used
    """
    if name == "mediapipe":
        from faces.mediapipe_backend import MediapipeDetector

        return MediapipeDetector()
    if name == "scrfd":
        from faces.scrfd import ScrfdDetector

        if weights is None:
            raise MissingWeights("the detector 'scrfd' needs weights: say where the model store is.")
        return ScrfdDetector(weights)
    raise LookupError(f"there is no face detector {name!r}; use one of: {', '.join(DETECTORS)}.")
