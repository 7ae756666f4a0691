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

from imagery.fetch.remote import FIRST_BYTES

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
        first = len(services.sent("killed/"))
        compare(url, out, "--cache", cache)
        again = sum(services.sent("killed/")[first:])
    same(truth(taken_off=True), out)
    # What the killed run had got is not asked for again.
    assert 0 < again < once(services.root / "killed")


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
    # Each file was fetched by one of them.
    assert sum(services.sent("shared/")) == once(services.root / "shared")


def once(folder: Path) -> int:
    """Bytes that are sent where every file in it is fetched once.

    A small one is asked for whole after its beginning told how small it is.
    """
    sizes = [path.stat().st_size for path in folder.iterdir()]
    return sum(size + (FIRST_BYTES if size > FIRST_BYTES else 0) for size in sizes)
