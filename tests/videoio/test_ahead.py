"""Work ahead and behind keeps order, memory and exceptions."""

import threading
import time

import pytest

from videoio.ahead import Behind, ahead


def test_items_come_in_order():
    assert list(ahead(range(1000))) == list(range(1000))


def test_the_maker_stays_only_a_little_ahead():
    made = []

    def items():
        for number in range(100):
            made.append(number)
            yield number

    for number in ahead(items(), depth=3):
        time.sleep(0.001)
        assert len(made) <= number + 3 + 2
        if number == 30:
            break


def test_an_error_of_the_maker_is_raised_after_the_items_before_it():
    def items():
        yield 1
        yield 2
        raise ValueError("frame 3 is damaged")

    seen = []
    with pytest.raises(ValueError, match="frame 3"):
        seen.extend(iter_into(seen, ahead(items())))
    assert seen == [1, 2]


def iter_into(seen, items):
    for item in items:
        seen.append(item)
    return []


def test_leaving_early_ends_the_thread():
    closed = threading.Event()

    def items():
        try:
            while True:
                yield 0
        finally:
            closed.set()

    iterator = ahead(items())
    next(iterator)
    iterator.close()
    assert closed.is_set()
    assert not [thread for thread in threading.enumerate() if thread.name == "ahead"]


def put_all(work, items, then=None):
    with Behind(work) as behind:
        for item in items:
            behind.put(item)
        if then is not None:
            raise then


def test_work_behind_is_done_in_order_and_finished_at_the_end():
    done = []
    with Behind(done.append) as behind:
        for number in range(200):
            behind.put(number)
    assert done == list(range(200))


def test_an_error_behind_is_raised_here():
    def work(item):
        if item == 3:
            raise OSError("the disk is full")

    with pytest.raises(OSError, match="disk is full"):
        put_all(work, range(1000))


def test_an_error_behind_on_the_last_item_is_raised_at_the_end():
    def work(item):
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="disk is full"):
        put_all(work, [1])


def test_an_error_here_drops_what_waits():
    done, gate = [], threading.Event()

    def work(item):
        gate.wait(1)
        done.append(item)

    with pytest.raises(KeyError):
        put_all(work, [1, 2], then=KeyError)
    assert len(done) <= 1
    gate.set()
