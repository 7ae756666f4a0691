"""A process that is killed, and two at once on one cache. All imagery is SIMULATED."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import pytest
from archive import EARTH_SEARCH, collection
from commands import arguments, compare, killed, same, started
from faults import fault_proxy
from publishing import Services, altered, days, publish, serve

pytestmark = pytest.mark.services

ENOUGH_REQUESTS = 6
START_S = 300.0


def test_a_killed_run_leaves_a_cache_that_the_next_one_can_use(
    services: Services, truth: Callable[..., Path], tmp_path: Path
) -> None:
    items = serve(services, "killed", days(EARTH_SEARCH))
    cache, out = tmp_path / "cache", tmp_path / "out"
    with fault_proxy(services.files, share=1, kinds=("slow",)) as proxy:
        services.load([collection("killed")], altered(items, services.files, proxy.url))
        url = f"{services.api}/collections/killed"
        process = started(*arguments(url, out, "--cache", cache))
        end = time.monotonic() + START_S
        while proxy.told["slow"] < ENOUGH_REQUESTS and process.poll() is None:
            assert time.monotonic() < end
            time.sleep(0.02)
        killed(process)
        assert not out.exists()
        proxy.share = 0
        before = proxy.told["passed"]
        compare(url, out, "--cache", cache)
        again = proxy.told["passed"] - before
    same(truth(taken_off=True), out)
    # Ten files: what the killed run had got is not asked for again.
    assert 0 < again < 10


def test_two_processes_share_one_cache(
    services: Services, truth: Callable[..., Path], tmp_path: Path
) -> None:
    url = publish(services, "shared", days(EARTH_SEARCH))
    outs = [tmp_path / "one", tmp_path / "two"]
    both = [started(*arguments(url, out, "--cache", tmp_path / "cache")) for out in outs]
    for process in both:
        _, errors = process.communicate(timeout=START_S)
        assert process.returncode == 0, errors
    for out in outs:
        same(truth(taken_off=True), out)
    # Each of the ten files was fetched by one of them.
    assert len(services.sent("shared/")) == 10
