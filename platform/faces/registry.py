"""Which detectors exist."""

from faces.protocol import FaceDetector

DETECTORS = ("mediapipe",)


def detector(name: str = "mediapipe") -> FaceDetector:
    """A fresh detector; models load at its first picture.

    Raises
    ------
    LookupError : no detector has the name
    """
    if name == "mediapipe":
        from faces.mediapipe_backend import MediapipeDetector

        return MediapipeDetector()
    raise LookupError(f"there is no face detector {name!r}; use one of: {', '.join(DETECTORS)}.")
