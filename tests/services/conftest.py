"""Starts the servers once for all service tests; skips, and says what is absent."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from functools import lru_cache
from pathlib import Path
from typing import Any

import archive
import pytest
import servers
from archive import EARTH_SEARCH, PLANETARY_COMPUTER
from commands import compare
from publishing import Services, days, publish, write_folder


def lacking(absent: servers.Absent) -> None:
    """Skip, or fail where somebody relies on these tests."""
    if os.environ.get("TILEWITNESS_SERVICES") == "required":
        pytest.fail(f"needs {absent}")
    pytest.skip(f"needs {absent}")


@pytest.fixture(scope="session")
def services(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Services]:
    folder = tmp_path_factory.mktemp("services")
    root = folder / "files"
    root.mkdir()
    with ExitStack() as stack:
        try:
            settings = stack.enter_context(servers.postgres(folder / "postgres.log"))
            api = stack.enter_context(servers.stac_api(settings, folder / "api.log"))
            files = stack.enter_context(servers.nginx(root, folder / "nginx.log"))
        except servers.Absent as absent:
            lacking(absent)

        def load(collections: list[dict[str, Any]], items: list[dict[str, Any]]) -> None:
            for table, documents in (("collections", collections), ("items", items)):
                lines = archive.write_lines(folder / f"{table}.ndjson", documents)
                servers.pgstac_load(settings, table, lines)

        yield Services(api, files, root, load, folder / "nginx.access")


@pytest.fixture(scope="session")
def s3_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with ExitStack() as stack:
        try:
            url = stack.enter_context(servers.s3(tmp_path_factory.mktemp("s3") / "log"))
        except servers.Absent as absent:
            lacking(absent)
        yield url


@pytest.fixture(scope="session")
def truth(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """The run folder of both sample tiles read from a folder, with their offset or without."""

    @lru_cache
    def reference(*, taken_off: bool) -> Path:
        folder = tmp_path_factory.mktemp("truth")
        shape = EARTH_SEARCH if taken_off else PLANETARY_COMPUTER
        compare(write_folder(folder / "tiles", days(shape)), folder / "run")
        return folder / "run"

    return reference


@pytest.fixture(scope="session")
def sample(services: Services) -> str:
    """Address of a collection with both sample tiles, in the shape of Earth Search."""
    return publish(services, "sample", days(EARTH_SEARCH))
