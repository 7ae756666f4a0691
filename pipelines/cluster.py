"""Where the work runs: threads of this process, or a Dask scheduler by its address."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from imagery.errors import InputError

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
    try:
        # As a default client it would change Dask's configuration before it connects, and put it
        # back some time after it failed: the next comparison of this process would find nobody.
        client = Client(address, timeout=CONNECT_S, set_as_default=False)
    except (OSError, ValueError):
        wanted = "a running Dask scheduler, such as tcp://10.0.0.1:8786"
        raise InputError("--scheduler", address, wanted) from None
    with client, client.as_current(), dask.config.set(scheduler=client):
        yield
