from __future__ import annotations

import os
import subprocess
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
        (worker,) = local.workers.values()
        assert "tilewitness-frugal" in worker.plugins
        assert not {"profile", "profile-cycle"} & set(worker.periodic_callbacks)
        assert "heartbeat" in worker.periodic_callbacks
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


def test_a_worker_keeps_what_it_has_freed() -> None:
    """In a process of its own, which begins as Dask's nanny begins a worker."""
    pytest.importorskip("distributed")
    code = (
        "import resource, sys; import numpy as np\n"
        "if sys.argv[1:]:\n"
        "    from pipelines.heap import settle; settle()\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt\n"
        "for _ in range(200): np.ones(10**6, np.float32)\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)"
    )
    faults = [
        int(
            subprocess.run(
                [sys.executable, "-c", code, *words],
                env=os.environ | {"MALLOC_TRIM_THRESHOLD_": "65536"},
                check=True,
                capture_output=True,
            ).stdout
        )
        for words in ([], ["settled"])
    ]
    if faults[0] < 10_000:
        pytest.skip("this C library keeps what is freed by itself")
    assert faults[1] < faults[0] / 10


def where() -> Any:
    from distributed import get_worker

    return get_worker().address
