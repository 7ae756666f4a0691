"""Small GeoTIFFs for tests, written where a test asks for them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from small_tiffs import write_geotiff

WriteTiff = Callable[..., Path]


@pytest.fixture
def geotiff(tmp_path: Path) -> WriteTiff:
    """Write a GeoTIFF by name under the test's folder: see ``write_geotiff``."""

    def write(name: str, pixels: Any, **said: Any) -> Path:
        return write_geotiff(tmp_path / name, pixels, **said)

    return write
