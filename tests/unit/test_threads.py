"""Work is shared among as many threads as were asked for."""

from __future__ import annotations

import threading
from time import sleep

import pytest

from imagery import threads


@pytest.mark.parametrize("number", [1, 3])
def test_no_more_threads_work_than_were_asked_for(number: int) -> None:
    def who(_: int) -> str:
        sleep(0.002)
        return threading.current_thread().name

    with threads.at_most(number):
        assert len(set(threads.each(who, range(60)))) == number


def test_results_come_in_the_order_of_the_items() -> None:
    def late(number: int) -> int:
        sleep(0.001 * (9 - number))
        return number

    assert threads.each(late, range(10)) == list(range(10))


def test_a_failure_is_not_swallowed() -> None:
    with pytest.raises(ZeroDivisionError):
        threads.each(lambda number: 1 / number, [1, 0, 2])
