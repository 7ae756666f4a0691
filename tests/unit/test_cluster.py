from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from imagery.errors import InputError
from pipelines import cluster as module
from pipelines.cluster import cluster


def test_without_an_address_nothing_is_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)  # an import would now fail
    with cluster(None):
        pass


def test_without_the_extra_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(InputError, match=r"pip install 'tilewitness\[distributed\]'"):
        cluster("tcp://127.0.0.1:8786").__enter__()


@pytest.mark.parametrize("address", ["tcp://127.0.0.1:9", "nonsense://here", "127.0.0.1"])
def test_a_scheduler_that_is_not_there_is_said(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("distributed")
    monkeypatch.setattr(module, "CONNECT_S", 0.2)
    import dask

    with pytest.raises(InputError, match="expected a running Dask scheduler"):
        cluster(address).__enter__()
    # Not put back later by a thread, but never changed: the next comparison may start at once.
    assert dask.config.get("scheduler", None) is None


def test_work_goes_to_the_scheduler() -> None:
    distributed = pytest.importorskip("distributed")
    import dask

    with (
        distributed.LocalCluster(
            n_workers=1,
            processes=False,
            dashboard_address="127.0.0.1:0",
            protocol="tcp",
            host="127.0.0.1",
        ) as local,
        cluster(local.scheduler_address),
    ):
        assert dask.delayed(where)().compute().startswith("tcp://127.0.0.1")
        with ThreadPoolExecutor(1) as thread:  # a context variable alone would not reach it
            other = thread.submit(dask.delayed(where)().compute).result()
        assert other.startswith("tcp://127.0.0.1")
    assert dask.config.get("scheduler", None) is None


def test_a_machine_that_stood_still_is_given_a_second_chance(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    distributed = pytest.importorskip("distributed")
    starts = []

    def stalls(*_: object, **__: object) -> None:
        starts.append(1)
        raise AssertionError if len(starts) == 1 else OSError

    monkeypatch.setattr(distributed, "Client", stalls)
    with pytest.raises(InputError, match="expected a running Dask scheduler"):
        cluster("tcp://127.0.0.1:9").__enter__()
    assert len(starts) == 2


def where() -> Any:
    from distributed import get_worker

    return get_worker().address
