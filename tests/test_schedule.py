"""Which job a free worker takes next."""

import threading
import time

from conformance.schedule import Schedule


def test_largest_group_first_and_a_group_stays_together() -> None:
    schedule = Schedule(["a", "b", "b", "a", "b", "c"], lambda key: 1e9)
    order: list[int] = []
    index = schedule.next(None)
    while index is not None:
        order.append(index)
        index = schedule.next(index, 1.0)
    assert order == [1, 2, 4, 0, 3, 5]


def test_a_free_worker_joins_a_group_that_outlasts_a_fresh_start() -> None:
    schedule = Schedule(["a"] * 10, lambda key: 3.0)
    assert schedule.next(None) == 0
    assert schedule.next(0, 1.0) == 1           # eight left, a second each
    assert schedule.next(None) == 2             # more than twice three seconds
    assert schedule.next(2, 1.0) == 3


def test_a_free_worker_waits_rather_than_start_for_little() -> None:
    schedule = Schedule(["a"] * 3, lambda key: 3.0)
    taken: list[int | None] = []
    assert schedule.next(None) == 0
    other = threading.Thread(target=lambda: taken.append(schedule.next(None)))
    other.start()
    assert schedule.next(0, 1.0) == 1
    assert schedule.next(1, 1.0) == 2
    other.join(5)
    assert taken == [None]


def test_stopped_it_hands_out_no_more() -> None:
    schedule = Schedule(["a"] * 3, lambda key: 1e9)
    assert schedule.next(None) == 0
    other = threading.Thread(target=lambda: schedule.next(None))
    other.start()
    start = time.monotonic()
    schedule.stop()
    other.join(5)
    assert not other.is_alive() and time.monotonic() - start < 2
    assert schedule.next(0, 1.0) is None
