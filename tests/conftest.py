"""Small GeoTIFFs for tests, written where a test asks for them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from small_tiffs import write_geotiff

# The first call of a kernel compiles it, and machines of a merge check are shared.
settings.register_profile("tests", deadline=None)
settings.load_profile("tests")

WriteTiff = Callable[..., Path]


@pytest.fixture(scope="session", autouse=True)
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Originals of test runs are not kept among those of whoever runs the tests."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("XDG_DATA_HOME", str(tmp_path_factory.mktemp("data")))
        yield


@pytest.fixture
def geotiff(tmp_path: Path) -> WriteTiff:
    """Write a GeoTIFF by name under the test's folder: see ``write_geotiff``."""

    def write(name: str, pixels: Any, **said: Any) -> Path:
        return write_geotiff(tmp_path / name, pixels, **said)

    return write
