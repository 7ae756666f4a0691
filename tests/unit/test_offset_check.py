"""Flags that lie about the offset: refused, overruled by pixels, or said to be unconfirmed."""

from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from imagery import pairs, stack
from imagery.catalogs import item_from_file
from imagery.errors import OffsetError
from imagery.offset_check import floor_gap
from imagery.parts import compose

S2 = ("B02", "B03", "B04", "B08", "SCL")
FLAGS = {
    "none": {},
    "old": {"PROCESSING_BASELINE": "02.09"},
    "new": {"PROCESSING_BASELINE": "05.11"},
    "applied": {"PROCESSING_BASELINE": "05.11", "BOA_OFFSET_APPLIED": "YES"},
}
TRUE = {False: ("old", "applied"), True: ("new",)}
"""By whether the offset is in the DN: the flags that say so."""


def ground(kind: str) -> np.ndarray:
    """(5, y, x): reflectance x 10000 of four bands, and classes."""
    rng = np.random.default_rng(11)
    low, high = {"green": (150, 3000), "dark": (150, 3000), "bright": (1250, 4000)}[kind]
    bands = rng.integers(low, high, (5, 120, 120)).astype(np.uint16)
    bands[4] = 5
    if kind == "green":
        bands[2, :60], bands[4, :60] = rng.integers(200, 500, (60, 120)), 4
    return bands


@pytest.fixture
def scene(geotiff):
    """An Item: kind of ground, whether the offset is in its DN, what it says, how bright it is."""

    def make(day: str, kind: str, offset: bool, flag: str, *, haze: int = 0):
        pixels = ground(kind)
        pixels[:4] += np.uint16(1000 * offset + haze)
        bands = pixels if kind == "green" else pixels[:4]
        path = geotiff(
            f"S2_L2A_{day}.tif", bands, descriptions=S2[: len(bands)], tags=FLAGS[flag], nodata=0
        )
        return item_from_file(path)

    return make


def outcome(before, after, kind: str) -> str:
    """What becomes of a pair: ``refused``, ``right``, ``doubted`` or, never, ``wrong``."""
    try:
        pair = pairs.make(before, after)
    except OffsetError:
        return "refused"
    told = []
    for item in (before, after):
        values = stack.load(item, pair.grid, pair.bands, chunk=None)["reflectance"].values
        truth = ground(kind)[:4] * 1e-4
        right = np.allclose(values, truth, atol=1e-6)
        doubted = "pixels do not confirm it" in stack.offset_decision(item).reason
        told.append("right" if right else "doubted" if doubted else "wrong")
    return max(told, key=("right", "doubted", "wrong").index)


@pytest.mark.parametrize("kind", ["green", "dark", "bright"])
@pytest.mark.parametrize("offsets", list(product((False, True), repeat=2)))
@pytest.mark.parametrize("flags", list(product(FLAGS, repeat=2)))
def test_no_wrong_reflectance_goes_unsaid(scene, kind, offsets, flags) -> None:
    items = [
        scene(day, kind, offset, flag)
        for day, offset, flag in zip(("2024-12-10", "2024-12-13"), offsets, flags, strict=True)
    ]
    found = outcome(*items, kind)
    assert found != "wrong"
    if all(flag in TRUE[offset] for offset, flag in zip(offsets, flags, strict=True)):
        assert found == "right"
    elif kind == "green":
        # Where something is known to be dark nothing wrong is even doubted: it is refused.
        assert found in ("right", "refused")


def test_bright_ground_under_one_lie_is_seen_in_the_pair(scene) -> None:
    for lie in (False, True):
        first = scene("2024-12-10", "bright", True, "new")
        second = scene("2024-12-13", "bright", lie, "applied" if lie else "new")
        with pytest.raises(OffsetError, match=r"is \d+ DN brighter than in S2_L2A"):
            pairs.make(first, second)


def test_vegetation_that_is_nowhere_dark_is_refused(scene) -> None:
    items = [scene(f"2024-12-{day}", "green", True, "applied") for day in (10, 13)]
    with pytest.raises(OffsetError, match="vegetation in S2_L2A_2024-12-10 is nowhere darker"):
        pairs.make(*items)


@pytest.mark.parametrize("haze", [0, 300])
def test_the_seasons_are_not_refused(scene, haze: int) -> None:
    for kind in ("green", "dark", "bright"):
        first = scene("2024-12-10", kind, True, "new")
        second = scene("2024-12-13", kind, True, "new", haze=haze)
        pairs.make(first, second)


def test_two_parts_of_one_pass_are_checked_against_each_other(scene) -> None:
    tiles = [
        scene(f"2024-12-{day}", "bright", True, flag)
        for day, flag in ((10, "new"), (13, "applied"))
    ]
    made = compose(tiles)
    with pytest.raises(OffsetError, match="brighter"):
        pairs.make(made, made)


def test_the_gap_is_of_pixels_usable_at_both_dates() -> None:
    rng = np.random.default_rng(1)
    first = rng.uniform(500, 3000, (4, 5000)).astype(np.float32)
    second = first + np.float32(900)
    second[:, :100] = np.nan
    first[:, :100] = 0
    assert floor_gap(first, second) == pytest.approx(900, abs=1)
    second[:, 400:] = np.nan
    assert floor_gap(first, second) is None


def test_what_is_decided_over_a_site_does_not_depend_on_the_rest_of_the_file(geotiff) -> None:
    pixels = np.full((4, 300, 300), 2000, np.uint16)
    pixels[:, 200:, 200:] = 300
    item = item_from_file(
        geotiff("S2_L2A_2024-12-13.tif", pixels, descriptions=S2[:4], tags=FLAGS["new"])
    )
    window = stack.common_grid(item, item)[:150, :150]
    assert stack.offset_decision(item.full_copy(), over=window).status == "subtracted"
    assert stack.offset_decision(item).status == "vetoed"
