"""Twins, copies and the tiles of one pass."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pystac
import pytest
import shapely
from shapely.geometry import box, mapping

from imagery.catalogs import NOTES, PARTS, PROCESSED, PRODUCT, TILE
from imagery.parts import parts
from imagery.passes import group

NOON = datetime(2024, 12, 13, 8, 23, 21, tzinfo=UTC)
SITE = box(35.0, 35.0, 35.2, 35.2)
WEST, EAST, BOTH = box(34, 34, 35.1, 36), box(35.1, 34, 36, 36), box(34, 34, 36, 36)


def item(name: str, outline=BOTH, moment=NOON, *, bands=("red", "nir"), on_disk=False, **said):
    fields = {PRODUCT: "sentinel-2-l2a", "platform": "sentinel-2a", "sat:relative_orbit": 121}
    keys = {"baseline": "s2:processing_baseline", "tile": TILE, "made": PROCESSED}
    fields |= {keys.get(key, key): value for key, value in said.items()}
    made = pystac.Item(name, mapping(outline), list(outline.bounds), moment, fields)
    for band in bands:
        extra = {"eo:bands": [{"name": band}]} | ({"proj:shape": [1, 1]} if on_disk else {})
        made.add_asset(band, pystac.Asset(f"https://x.test/{name}/{band}.tif", extra_fields=extra))
    return made


def ids(found) -> list[str]:
    return [each.id for each in found.items]


@pytest.mark.parametrize("turn", [1, -1])
def test_of_twins_the_newest_baseline_is_kept_and_said(turn: int) -> None:
    old = item("old", tile="36SYD", baseline="02.14", made="2024-12-14T00:00:00Z")
    new = item("new", tile="36SYD", baseline="05.11", moment=NOON + timedelta(seconds=7))
    found = group([old, new][::turn], SITE)
    assert ids(found) == ["new"]
    assert new.properties[NOTES] == [
        "old is the same acquisition, processed with baseline 02.14 and not 05.11, and is not used."
    ]
    (gone,) = found.dropped
    assert (gone.item, gone.merged) == (old, False)
    assert gone.reason == "processed with baseline 02.14 and not 05.11; new is taken"


def test_then_the_newest_processing_then_the_first_by_name() -> None:
    old = item("a", tile="T", baseline="05.11", made="2024-12-13T12:00:00Z")
    new = item("b", tile="T", baseline="05.11", made="2024-12-24T12:00:00Z")
    assert ids(group([old, new], SITE)) == ["b"]
    assert ids(group([item("b", tile="T"), item("a", tile="T")], SITE)) == ["a"]


def test_a_baseline_is_a_number() -> None:
    found = group(
        [item("a", tile="T", baseline="05.09"), item("b", tile="T", baseline="05.10")], SITE
    )
    assert ids(found) == ["b"]


def test_one_item_listed_twice_is_one() -> None:
    found = group([item("a"), item("a")], SITE)
    assert ids(found) == ["a"]
    assert found.dropped[0].reason == "listed twice; a is taken"


def test_a_twin_that_shows_less_of_the_site_does_not_replace_the_other() -> None:
    whole = item("old", BOTH, tile="T", baseline="02.14")
    half = item("new", WEST, tile="T", baseline="05.11")
    found = group([whole, half], SITE)
    assert ids(found) == ["old"]
    assert "shows all of the site" in found.dropped[0].reason


@pytest.mark.parametrize("turn", [1, -1])
def test_a_pass_split_in_two_is_put_together(turn: int) -> None:
    west = item("a", box(34, 34, 35.15, 36), tile="36SYD", baseline="05.11")
    east = item("b", EAST, NOON + timedelta(seconds=14), tile="37SBU", baseline="02.14")
    found = group([west, east][::turn], SITE)
    (made,) = found.items
    assert made.id == "a+b"
    assert [part.id for part in parts(made)] == ["a", "b"]
    assert [part.properties["s2:processing_baseline"] for part in parts(made)] == ["05.11", "02.14"]
    assert sorted(made.assets) == ["nir@0", "nir@1", "red@0", "red@1"]
    assert sorted(parts(made)[1].assets) == ["nir", "red"]
    assert shapely.geometry.shape(made.geometry).covers(SITE)
    assert made.datetime == NOON
    assert [(gone.item.id, gone.merged) for gone in found.dropped] == [
        ("a", True),
        ("b", True),
    ]
    assert made.properties[NOTES] == ["One pass, put together from a and b."]


def test_parts_lie_as_their_ids_tell_whatever_they_show() -> None:
    west = item("b", box(34, 34, 35.15, 36), tile="36SYD")
    (made,) = group([west, item("a", EAST, tile="37SBU")], SITE).items
    assert [part.id for part in parts(made)] == ["a", "b"]


def test_over_utc_midnight() -> None:
    last = datetime(2024, 12, 12, 23, 59, 58, tzinfo=UTC)
    found = group([item("a", WEST, last), item("b", EAST, last + timedelta(seconds=5))], SITE)
    assert ids(found) == ["a+b"]
    assert found.items[0].datetime == last


def test_one_tile_that_covers_the_site_is_enough() -> None:
    tiles = [item("z", BOTH, tile="36SYD"), item("a", box(34.9, 34, 36, 36), tile="37SBU")]
    found = group([*tiles, item("e", EAST, tile="37SBV")], SITE)
    assert ids(found) == ["z"]
    assert all("z shows all of the site" in gone.reason for gone in found.dropped)


def test_files_of_one_tile_may_each_hold_a_part_of_it() -> None:
    found = group([item("a", on_disk=True), item("b", on_disk=True)], SITE)
    assert ids(found) == ["a+b"]


def test_what_is_written_on_a_part_stays_on_the_composite() -> None:
    (made,) = group([item("a", WEST), item("b", EAST)], SITE).items
    parts(made)[1].properties["x"] = 1
    assert parts(made)[1].properties["x"] == 1
    assert made.properties[PARTS][1]["properties"]["x"] == 1
    assert parts(made)[0].properties.get("x") is None


@pytest.mark.parametrize(
    "other",
    [
        {"moment": NOON + timedelta(minutes=3)},
        {"platform": "sentinel-2b"},
        {"sat:relative_orbit": 78},
        {PRODUCT: "sentinel-2-l1c"},
        {"bands": ("red",)},
    ],
)
def test_what_is_not_one_pass_is_left_alone(other) -> None:
    found = group([item("a", WEST), item("b", EAST, **other)], SITE)
    assert ids(found) == ["a", "b"]
    assert not found.dropped


def test_what_does_not_show_the_site_is_left_alone() -> None:
    far = item("far", box(10, 10, 11, 11))
    assert ids(group([far, item("a")], SITE)) == ["a", "far"]


def test_a_day_without_a_time_joins_neighbours_only() -> None:
    day = datetime(2024, 12, 13, tzinfo=UTC)
    assert ids(group([item("a", WEST, day), item("b", EAST, day)], SITE)) == ["a+b"]
    assert ids(group([item("a", BOTH, day), item("b", BOTH, day)], SITE)) == ["a", "b"]
