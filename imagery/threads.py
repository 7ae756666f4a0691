"""Work on the threads that ``num_workers`` of Dask's configuration allows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

import dask
from dask.system import CPU_COUNT

T = TypeVar("T")
R = TypeVar("R")


@contextmanager
def at_most(number: int | None) -> Iterator[None]:
    """Use so many threads, or processes of a cluster; None leaves it to Dask."""
    with dask.config.set(num_workers=number) if number else dask.config.set():
        yield


def each(work: Callable[[T], R], items: Iterable[T]) -> list[R]:
    """Do the same with every item; results in the order of the items.

    >>> each(abs, [3, -4])
    [3, 4]
    """
    with ThreadPoolExecutor(dask.config.get("num_workers", None) or CPU_COUNT) as pool:
        return list(pool.map(work, items))
