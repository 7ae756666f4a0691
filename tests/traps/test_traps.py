"""Traps end as docs/traps.md says; ``python -m benchmarks.traps`` runs all of them."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.traps import judged
from pipelines import products
from pipelines.report import pages

from .files import write_trap
from .suite import all_traps

TRAPS = all_traps()
REFUSED = (
    *("zone-after", "zone-both", "hemisphere-both", "axes-utm-both", "axes-utm-origin"),
    *("axes-degrees", "degrees-as-metres", "metres-as-degrees", "crs-missing", "crs-local"),
    *("crs-mercator-after", "transform-missing", "pixel-20m", "shift-20", "rotated-1"),
    *("rotated-90", "mirrored", "other-place", "other-half", "coarse-20"),
    *("offset-01-untold", "offset-hidden-after", "scaled-twice-after", "wrapped"),
    *("rows-repeated", "columns-dead", "bands-untold", "bands-lie-nir", "band-constant"),
    *("preview-after", "preview-16-bit", "preview-unclipped", "levels-told", "saturated"),
    *("mask-moved", "mask-other-date", "mask-file-20m-as-10m", "mask-file-half-off"),
)
RIGHT = (
    *("honest", "shift-3", "offset-01-told", "offset-gone-after", "fill-0-slanted", "fill-odd"),
    *("clipped-plain", "rows-zero-plain", "bands-told-s2", "mask-right", "mask-clear-date"),
    *("shadow-apron", "wet-apron", "cloud", "smoke", "snow-patch", "glint-part", "tide-low"),
    *("flight-land", "vessel-fast"),
)
NOTED = ("twice", "swapped")
ENDS = (
    *((name, "refused") for name in REFUSED),
    *((name, "right") for name in RIGHT),
    *((name, "noted") for name in NOTED),
    ("shadow-and-aircraft", "masked"),
    ("mask-file-far", "no clear view"),
)


@pytest.fixture(autouse=True)
def without_pictures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of a run's time goes into pictures, which no trap looks at."""
    monkeypatch.setattr(products, "_write_pictures", lambda *_, **__: None)
    monkeypatch.setattr(pages, "write", lambda *_: None)


@pytest.mark.parametrize(("name", "ends"), ENDS)
def test_how_a_trap_ends(tmp_path: Path, name: str, ends: str) -> None:
    verdict = judged(write_trap(TRAPS[name], tmp_path) / "trap.json")
    assert verdict.right, verdict.said
    assert verdict.ended == ends
