"""The public archives themselves: ``pytest -m network tests/services``. Skipped without network."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest
from commands import run

from imagery.archives import known_archives

pytestmark = [pytest.mark.network, pytest.mark.enable_socket]

PERIOD = ("--from", "2024-12-06", "--to", "2024-12-16")
ANSWER_S = 5.0


@pytest.fixture
def listed(tmp_path: Path) -> Callable[[str], list[dict[str, object]]]:
    """The scenes of Hmeimim in eleven days of an archive."""

    def rows(archive: str) -> list[dict[str, object]]:
        url = known_archives(None)[archive].url
        try:
            httpx.get(url, timeout=ANSWER_S, follow_redirects=True).raise_for_status()
        except httpx.HTTPError as error:
            pytest.skip(f"needs the network: {url} gave no answer ({type(error).__name__})")
        said = run(
            "scenes", "hmeimim", *PERIOD, "--imagery", archive, "--json", "--cache", tmp_path
        )
        found: list[dict[str, object]] = json.loads(said)
        return found

    return rows


def test_earth_search(listed: Callable[[str], list[dict[str, object]]]) -> None:
    check(listed("earth-search"), {"sentinel-2-l2a"})


def test_planetary_computer(listed: Callable[[str], list[dict[str, object]]]) -> None:
    check(listed("planetary-computer"), {"sentinel-2-l2a", "landsat-c2-l2"})


def test_cdse(listed: Callable[[str], list[dict[str, object]]]) -> None:
    rows = listed("cdse")
    if not os.environ.get("CDSE_S3_ACCESS_KEY") and not os.environ.get("AWS_ACCESS_KEY_ID"):
        assert rows
        assert all("needs S3 keys" in str(row["reason"]) for row in rows)
        pytest.skip("searched only: reading needs CDSE_S3_ACCESS_KEY and CDSE_S3_SECRET_KEY")
    check(rows, {"sentinel-2-l2a"})


def check(rows: list[dict[str, object]], products: set[str]) -> None:
    """Every product was there, and a scene of each was really read."""
    seen = {str(row["product"]) for row in rows if row["clear"] is not None}
    assert products <= seen, rows
    assert [row for row in rows if row["state"] == "chosen"]
