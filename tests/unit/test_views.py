"""What is read of a scene to say how clearly it shows a site."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
from odc.geo.geom import box

from imagery import stack
from imagery.catalogs import NOTES, QUALITY, Refused, SearchResult, items_from_folder
from imagery.errors import FetchError
from imagery.model import Period, Site, Zone
from imagery.passes import PASS
from imagery.scenes import choose, choose_pair, looks, refused_row, search
from imagery.views import zone_masks

LEFT, TOP = 300_000, 3_920_000
DAY = Period.parse("2024-12-13")
BANDS = ("B02", "B03", "B04", "B08", "SCL")


def zone(name: str, left: float, right: float) -> Zone:
    outline = box(LEFT + left, TOP - 599, LEFT + right, TOP - 201, "EPSG:32636").to_crs("EPSG:4326")
    return Zone(name, name, "apron", "user", "drawn", 0.0, outline.geom)


SITE = Site("b", "Base", (), (zone("b.west", 201, 399), zone("b.east", 401, 599)), "0" * 64)


class Remote:
    """A source whose Items have neither grid nor numbers until they are asked for."""

    name = "remote"

    def __init__(self, folder: Path) -> None:
        self.whole = {item.id: item for item in items_from_folder(folder)}
        self.asked: list[tuple[str, tuple[str, ...]]] = []
        self.periods: list[Period] = []

    def search(self, bounds, period) -> SearchResult:
        self.periods.append(period)
        found = [item.full_copy() for item in self.whole.values() if item.datetime in period]
        for item in found:
            for asset in item.assets.values():
                kept = {"eo:bands", QUALITY} & asset.extra_fields.keys()
                asset.extra_fields = {key: asset.extra_fields[key] for key in kept}
        return SearchResult(tuple(found), (Refused("bad", "has no date"),))

    def local(self, item, bands, *, over):
        self.asked.append((item.id, tuple(bands)))
        made = item.full_copy()
        names = {k: {b["name"] for b in a.extra_fields["eo:bands"]} for k, a in item.assets.items()}
        whole = self.whole[item.id].full_copy().assets
        made.assets = {key: whole[key] for key, own in names.items() if own & set(bands)}
        return made


@pytest.fixture
def scene(geotiff):
    def make(stem: str, cloud: slice = slice(0), **tags) -> None:
        pixels = np.random.default_rng(5).integers(200, 900, (5, 100, 100), dtype=np.uint16)
        pixels[4] = 4
        pixels[4, :, cloud] = 9
        for name, plane in zip(BANDS, pixels, strict=True):
            said = {"PROCESSING_BASELINE": "02.09", **tags}
            geotiff(f"{stem}_{name}.tif", plane[None], nodata=0, tags=said)

    return make


def test_to_choose_only_the_quality_layer_is_fetched(scene, tmp_path) -> None:
    scene("S2_L2A_2024-12-13T082321", slice(20, 30))
    source = Remote(tmp_path)
    found = search(source, SITE, DAY)
    (look,) = looks(found.items, SITE, DAY, source=source)
    assert look.clear == 0.75
    assert look.masked == {"b.west": 0.5, "b.east": 0.0}
    assert {names for _, names in source.asked} == {("scl",)}
    assert choose(found.items, SITE, DAY, source=source) is found.items[0]
    here = items_from_folder(tmp_path)
    assert looks(here, SITE, DAY)[0].as_row() == look.as_row()


def test_a_failed_read_is_no_refusal_of_the_scene(scene, tmp_path, monkeypatch) -> None:
    scene("S2_L2A_2024-12-13T082321")
    source = Remote(tmp_path)
    found = search(source, SITE, DAY)

    def fail(item, bands, *, over):
        raise FetchError("a.tif", "503", "Try again.")

    monkeypatch.setattr(source, "local", fail)
    with pytest.raises(FetchError):
        looks(found.items, SITE, DAY, source=source)
    with pytest.raises(FetchError):
        choose(found.items, SITE, DAY, source=source)


def test_a_search_reaches_over_midnight_and_keeps_what_was_refused(scene, tmp_path) -> None:
    scene("S2_L2A_2024-12-13T082321")
    source = Remote(tmp_path)
    found = search(source, SITE, DAY, DAY)
    assert len(found.items) == 1
    assert source.periods[0] == Period(DAY.start - PASS, DAY.end + PASS)
    assert [refused_row(each) for each in found.refused] == [
        {
            **dict.fromkeys(
                ("datetime", "local_date", "product", "relative_orbit", "sun_elevation", "clear")
            ),
            "masked": {},
            "state": "refused",
            "reason": "has no date",
            "notes": [],
            "id": "bad",
        }
    ]


def test_zones_report_what_the_mask_removed(scene, tmp_path) -> None:
    scene("S2_L2A_2024-12-13T082321", slice(20, 30))
    (item,) = items_from_folder(tmp_path)
    grid = stack.common_grid(item, item)
    assert zone_masks(item, SITE.zones, grid, ("blue",)) == {"b.west": 0.5, "b.east": 0.0}
    off = grid[80:, 80:]
    assert zone_masks(item, SITE.zones, off, ("blue",)) == {"b.west": None, "b.east": None}


def test_the_local_day_is_that_of_the_sun(scene, tmp_path) -> None:
    scene("S2_L2A_2024-12-13T225900")
    items = items_from_folder(tmp_path)
    row = looks(items, SITE, DAY)[0].as_row()
    assert (row["datetime"], row["local_date"]) == ("2024-12-13T22:59:00Z", "2024-12-14")


def test_radar_is_not_compared_unless_it_is_named(scene, tmp_path) -> None:
    scene("S2_L2A_2024-12-13T082321", slice(0, 100))
    items = items_from_folder(tmp_path)
    radar = items[0].full_copy()
    radar.id = "radar"
    radar.properties["tilewitness:product"] = "sentinel-1-rtc"
    rows = {look.item.id: look for look in looks([*items, radar], SITE, DAY)}
    assert rows["radar"].state == "refused"
    assert "name its product" in rows["radar"].reason
    assert choose([*items, radar], SITE, DAY) is items[0]
    other = looks(items, SITE, DAY, product="sentinel-1-rtc")[0]
    assert (other.state, other.reason) == ("refused", "of another product than sentinel-1-rtc")


def test_what_differs_in_a_pair_is_noted(scene, tmp_path) -> None:
    scene("S2_L2A_2024-12-10T082321")
    scene("S2_L2A_2024-12-13T082321")
    items = items_from_folder(tmp_path)
    items[0].properties["sat:relative_orbit"] = 21
    items[1].properties["sat:relative_orbit"] = 78
    for _ in range(2):
        _, after = choose_pair(items, SITE, (Period.parse("2024-12-10"), DAY))
    assert len(after.properties[NOTES]) == 1


def test_twins_and_parts_are_rows_of_their_own(scene, tmp_path) -> None:
    scene("S2_L2A_2024-12-13T082321")
    (item,) = items_from_folder(tmp_path)
    old, new = item.full_copy(), item.full_copy()
    old.id, new.id = "old", "new"
    old.assets["red"].href, new.properties["s2:processing_baseline"] = "elsewhere.tif", "05.11"
    late = item.full_copy()
    late.id, late.datetime = "late", item.datetime + timedelta(days=1)
    states = {look.item.id: look.state for look in looks([old, new, late], SITE, DAY)}
    assert states == {"old": "refused", "new": "chosen"}
    assert datetime(2024, 12, 14, tzinfo=UTC) < late.datetime
