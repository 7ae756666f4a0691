"""Where the work runs: threads of this process, or a Dask scheduler by its address."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING

from imagery.errors import InputError

if TYPE_CHECKING:
    from distributed import Client

CONNECT_S = 10.0
"""Seconds to wait for the scheduler to answer."""


@contextmanager
def cluster(address: str | None) -> Iterator[None]:
    """Use the Dask scheduler at ``address``; without one, threads of this process.

    Raises:
        InputError: the extra is not installed, or nobody answers there.
    """
    if address is None:
        yield
        return
    try:
        import dask
        from distributed import Client
    except ImportError:
        wanted = "the extra that speaks to it: pip install 'tilewitness[distributed]'"
        raise InputError("--scheduler", address, wanted) from None
    from pipelines.joining import Frugal

    client = _connected(Client, address)
    client.register_plugin(Frugal())
    with client, client.as_current(), dask.config.set(scheduler=client):
        yield


def _connected(client: type[Client], address: str) -> Client:
    """A client of the scheduler at ``address``, which is not made the default.

    As a default client it would change Dask's configuration before it connects, and put it back
    some time after it failed: the next comparison of this process would find nobody.
    """
    start = partial(client, address, timeout=CONNECT_S, set_as_default=False)
    try:
        try:
            return start()
        except AssertionError:
            # The library allows its own thread ten seconds to begin; a machine that stood still
            # for longer was seen once, and is there again now.
            return start()
    except (OSError, ValueError):
        wanted = "a running Dask scheduler, such as tcp://10.0.0.1:8786"
        raise InputError("--scheduler", address, wanted) from None
