"""How threads share processors and interpreter while the engine runs."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

import cv2
from threadpoolctl import threadpool_limits

TURN_S = 0.0005  # a tenth of Python's own


@contextmanager
def a_thread_each() -> Iterator[None]:
    """Decoder, detector, method and encoder have a thread each; those of OpenCV and of matrix products would only wait
    for one another.

    Their calls here are short: split over two cores they cost up to twice the processor time. And who comes back from
    such a call waits less for a thread that runs Python: a turn of the interpreter lasts five calls. The settings are
    those of the process and are put back afterwards. On two cores that is 7% of a swap's time.
    """
    threads, turn = cv2.getNumThreads(), sys.getswitchinterval()
    cv2.setNumThreads(1)
    sys.setswitchinterval(TURN_S)
    try:
        with threadpool_limits(1, user_api="blas"):
            yield
    finally:
        sys.setswitchinterval(turn)
        cv2.setNumThreads(threads)
