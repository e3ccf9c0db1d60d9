"""How many threads OpenCV takes while the engine runs."""

from collections.abc import Iterator
from contextlib import contextmanager

import cv2


@contextmanager
def one_opencv_thread() -> Iterator[None]:
    """Decoder, detector, method and encoder have a thread each; OpenCV's own would only wait for one another.

    Its calls here are short: split over two cores they cost up to twice the processor time. The setting is one for
    the process and is put back afterwards.
    """
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)
