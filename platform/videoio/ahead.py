"""Doing two things at once: decoding ahead of who works on frames, and encoding behind. Memory stays flat."""

from collections.abc import Callable, Generator, Iterable, Iterator
from queue import Empty, Full, Queue
from threading import Event, Thread
from types import TracebackType
from typing import Generic, TypeVar, cast

T = TypeVar("T")
DEPTH = 4  # items that may wait between two threads
_END = object()
_POLL_S = 0.1  # how soon a thread notices that the other side is gone


def ahead(items: Iterable[T], depth: int = DEPTH) -> Iterator[T]:
    """The same items in the same order, made in a thread up to `depth` ahead; its exceptions are raised here."""
    waiting: Queue[object] = Queue(depth)
    stopped = Event()
    failed: list[BaseException] = []

    def make() -> None:
        try:
            for item in items:
                if not _put(waiting, item, stopped):
                    return
        except BaseException as error:  # raised again where the items are used
            failed.append(error)
        finally:
            if isinstance(items, Generator):
                items.close()  # in the thread that used it: a file is closed where it was read
            _put(waiting, _END, stopped)

    thread = Thread(target=make, daemon=True, name="ahead")
    thread.start()
    try:
        while (item := waiting.get()) is not _END:
            yield cast(T, item)
        if failed:
            raise failed[0]
    finally:
        stopped.set()
        thread.join()


def _put(waiting: "Queue[object]", item: object, stopped: Event) -> bool:
    while not stopped.is_set():
        try:
            waiting.put(item, timeout=_POLL_S)
            return True
        except Full:
            continue
    return False


class Behind(Generic[T]):
    """Calls `work` on every item in a thread, in order. An exception there is raised at the next `put` or at the end.

    Leaving the context waits for what was put in; leaving it with an exception drops what waits.
    """

    def __init__(self, work: Callable[[T], None], depth: int = DEPTH) -> None:
        self._work, self._waiting, self._stopped = work, Queue[object](depth), Event()
        self._failed: list[BaseException] = []
        self._thread = Thread(target=self._run, daemon=True, name="behind")
        self._thread.start()

    def _run(self) -> None:
        try:
            while (item := self._next()) is not _END:
                self._work(cast(T, item))
        except BaseException as error:  # raised again by put or at the end
            self._failed.append(error)
            self._stopped.set()

    def _next(self) -> object:
        while not self._stopped.is_set():
            try:
                return self._waiting.get(timeout=_POLL_S)
            except Empty:
                continue
        return _END

    def put(self, item: T) -> None:
        if not _put(self._waiting, item, self._stopped):
            self._thread.join()
            raise self._failed[0]

    def __enter__(self) -> "Behind[T]":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            self._stopped.set()
        else:
            _put(self._waiting, _END, self._stopped)
        self._thread.join()
        if error is None and self._failed:
            raise self._failed[0]
