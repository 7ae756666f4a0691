"""Which scene of a period is taken, why, and what part of the grid is compared."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from affine import Affine
from odc.geo.geom import box
from shapely.geometry.base import BaseGeometry

from imagery import stack, views
from imagery.catalogs import item_from_file
from imagery.errors import BandError, GridError, InputError, UnreadableFile
from imagery.grid import covers, item_geobox
from imagery.model import Period, Site, Zone
from imagery.scenes import FURTHER, choose, choose_pair, further, looks, site_grid

LEFT, TOP = 300_000, 3_920_000
S2 = ("B02", "B03", "B04", "B08", "SCL")
PLANET = {"SENSOR": "PlanetScope PSScene", "SCALE": "0.0001"}
DAY = Period.parse("2024-12-13")
CLOUD, LAND = 9, 4


def metres(left: float, top: float, right: float, bottom: float) -> BaseGeometry:
    """A box in metres right of and below the corner of the test scenes, as longitude, latitude."""
    outline = box(LEFT + left, TOP - bottom, LEFT + right, TOP - top, "EPSG:32636")
    return outline.to_crs("EPSG:4326").geom


def site(*outlines: BaseGeometry) -> Site:
    zones = tuple(
        Zone(f"base.z{number}", "zone", "apron", "user", "drawn", 0.0, outline)
        for number, outline in enumerate(outlines)
    )
    return Site("base", "Base", (), zones, "0" * 64)


# Inside pixels 20 to 60 both ways: an outline on an edge would touch the next pixel as well.
BASE = site(metres(201, 201, 599, 599))


def pixels(clear: float = 1.0, size: int = 100) -> np.ndarray:
    """Noise and a classification: of the columns 20 to 60 this share is clear."""
    bands = np.random.default_rng(5).integers(2000, 9000, (5, size, size), dtype=np.uint16)
    bands[4] = LAND
    bands[4, :, 20 + round(40 * clear) : 60] = CLOUD
    return bands


@pytest.fixture
def scene(geotiff):
    """An Item of a Sentinel-2 scene: day or moment, clear share, name in front of the date."""

    def make(moment: str, clear: float = 1.0, name: str = "S2_L2A", **said):
        tags = {"ACQUISITION_DATE": moment, "PROCESSING_BASELINE": "02.09"}
        day = moment.partition("T")[0]
        given = {"descriptions": S2, "tags": tags, **said}
        return item_from_file(geotiff(f"{name}_{day}.tif", pixels(clear), **given))

    return make


@pytest.fixture
def fine(geotiff):
    """An Item of a PlanetScope scene of 3 m."""

    def make(day: str):
        step = Affine(3, 0, LEFT, 0, -3, TOP)
        tags = {**PLANET, "ACQUISITION_DATE": day}
        names = ("blue", "green", "red", "nir")
        path = geotiff(
            f"PS_{day}.tif", pixels(1, 300)[:4], transform=step, descriptions=names, tags=tags
        )
        return item_from_file(path)

    return make


@pytest.mark.parametrize("clear", [0.0, 0.25, 1.0])
def test_clear_is_read_over_the_zones_alone(scene, clear) -> None:
    (look,) = looks([scene("2024-12-13", clear)], BASE, DAY)
    assert look.clear == clear
    assert look.state == "chosen"


def test_no_data_and_ground_off_the_scene_are_not_clear(geotiff) -> None:
    holes = pixels()
    holes[:, 20:60, 20:30] = 0
    item = item_from_file(geotiff("S2_L2A_2024-12-13.tif", holes, descriptions=S2))
    (look,) = looks([item], BASE, DAY)
    assert look.clear == 0.75
    (look,) = looks([item], site(metres(601, 201, 1398, 599)), DAY)
    assert look.clear == pytest.approx(0.5, abs=0.01)


def test_overlapping_zones_count_once(scene) -> None:
    zones = metres(201, 201, 599, 599), metres(201, 201, 299, 599), metres(201, 201, 299, 599)
    (look,) = looks([scene("2024-12-13", 0.25)], site(*zones), DAY)
    assert look.clear == 0.25


def test_a_zone_narrower_than_a_pixel_is_seen(scene) -> None:
    (look,) = looks([scene("2024-12-13", 0.5)], site(metres(201, 201, 599, 203)), DAY)
    assert look.clear == 0.5


def test_a_geographic_scene_and_a_site_across_its_edge(geotiff) -> None:
    step = Affine(1e-4, 0, 30.80, 0, -1e-4, 35.40)
    path = geotiff("S2_L2A_2024-12-13.tif", pixels(), crs="EPSG:4326", transform=step)
    place = site(box(30.795, 35.3925, 30.805, 35.3975, "EPSG:4326").geom)
    (look,) = looks([item_from_file(path)], place, DAY)
    assert look.clear == pytest.approx(0.5, abs=0.03)


def test_a_large_site_is_read_in_a_bounded_number_of_blocks(geotiff, monkeypatch) -> None:
    windows = []

    def counted(item, geobox, bands):
        windows.append(geobox.shape)
        return usable(item, geobox, bands)

    usable = stack.usable
    monkeypatch.setattr(stack, "usable", counted)
    monkeypatch.setattr(views, "READ_BLOCKS", 3)
    item = item_from_file(geotiff("a_2024-12-13.tif", pixels(1, 1100)))
    (look,) = looks([item], site(metres(1, 1, 10_999, 10_999)), DAY)
    assert [tuple(shape) for shape in windows] == [(512, 512), (512, 512), (76, 76)]
    assert look.clear == 1


def test_the_clearest_is_chosen_and_the_order_of_items_does_not_matter(scene) -> None:
    items = [scene(f"2024-12-{day}", clear) for day, clear in ((10, 0.5), (11, 0.9), (12, 0.0))]
    period = Period.parse("2024-12-10/2024-12-13")
    assert choose(items, BASE, period).id == "S2_L2A_2024-12-11"
    assert choose(items[::-1], BASE, period).id == "S2_L2A_2024-12-11"
    states = [(look.state, look.reason) for look in looks(items[::-1], BASE, period)]
    behind = ("usable", "less clear than the chosen scene")
    assert states == [behind, ("chosen", "clearest view of the zones"), behind]


def test_of_equally_clear_scenes_the_finest_then_the_middle_then_the_first(scene, fine) -> None:
    moments = ("10", "12T11:00:00Z", "12T13:00:00Z", "14")
    items = [scene(f"2024-12-{m}", name=f"S2_L2A_{n}") for n, m in enumerate(moments)]
    second = scene("2024-12-12T10:50:00Z", name="S2_L2A_other")
    period = Period.parse("2024-12-10/2024-12-14")
    found = looks([*items, second], BASE, period)
    reasons = {look.item.id: look.reason.rpartition(", but ")[2] for look in found}
    assert choose([second, *items], BASE, period).id == "S2_L2A_1_2024-12-12"
    assert reasons["S2_L2A_0_2024-12-10"] == "farther from the middle of the period"
    assert reasons["S2_L2A_2_2024-12-12"] == "later"
    assert reasons["S2_L2A_other_2024-12-12"] == "farther from the middle of the period"
    finest = fine("2024-12-10")
    assert choose([*items, finest], BASE, period) is finest
    assert looks([items[0], finest], BASE, period)[1].reason.endswith("but coarser")


def test_within_the_tie_a_little_haze_does_not_decide(geotiff, scene) -> None:
    hazy = pixels()
    hazy[4, 20:23, 20:24] = CLOUD
    middle = item_from_file(geotiff("S2_L2A_2024-12-12.tif", hazy, descriptions=S2))
    period = Period.parse("2024-12-11/2024-12-14")
    assert looks([middle], BASE, period)[0].clear == 1 - 12 / 1600
    assert choose([middle, scene("2024-12-11")], BASE, period) is middle


def test_all_cloud_is_still_chosen_and_said(scene) -> None:
    item = scene("2024-12-13", 0.0)
    assert choose([item], BASE, DAY) is item
    assert looks([item], BASE, DAY)[0].reason == "no better view; nothing is clear"


def test_a_period_without_a_scene_names_the_nearest_dates(scene) -> None:
    items = [scene(f"2024-12-{day}") for day in ("05", "10", "13", "20")]
    with pytest.raises(InputError, match=r"'2024-12-11'.* 2024-12-10 and 2024-12-13"):
        choose(items, BASE, Period.parse("2024-12-11"))
    with pytest.raises(InputError, match=r"2024-12-21/2024-12-22.* the nearest is on 2024-12-20"):
        choose(items, BASE, Period.parse("2024-12-21/2024-12-22"))
    assert looks(items, BASE, Period.parse("2024-12-11")) == []


def test_scenes_of_another_place_are_refused(scene) -> None:
    elsewhere = scene("2024-12-13", transform=Affine(10, 0, 400_000, 0, -10, TOP))
    here = scene("2024-12-13", 0.5, name="here_S2_L2A")
    found = {look.item.id: look for look in looks([elsewhere, here], BASE, DAY)}
    refused = found["S2_L2A_2024-12-13"]
    assert (refused.state, refused.clear, refused.reason) == (
        "refused",
        None,
        "does not show the site",
    )
    assert choose([elsewhere, here], BASE, DAY) is here
    with pytest.raises(GridError, match=r"base is on none of the 1 scenes\. Give .*longitude"):
        choose([elsewhere], BASE, DAY)


def test_a_damaged_scene_is_refused_with_its_reason(scene, tmp_path: Path) -> None:
    damaged = scene("2024-12-13", name="damaged_S2_L2A")
    path = tmp_path / "damaged_S2_L2A_2024-12-13.tif"
    path.write_bytes(path.read_bytes()[:40_000])
    whole = scene("2024-12-13", 0.25)
    period = Period.parse("2024-12-13")
    states = {look.item.id: (look.state, look.clear) for look in looks([damaged, whole], BASE, DAY)}
    assert states == {damaged.id: ("refused", None), whole.id: ("chosen", 0.25)}
    assert choose([damaged, whole], BASE, period) is whole
    with pytest.raises(UnreadableFile, match="damaged_S2"):
        choose([damaged], BASE, period)


def test_rows_are_plain_values(scene) -> None:
    (look,) = looks([scene("2024-12-13T08:23:14Z", 0.5)], BASE, DAY)
    assert json.loads(json.dumps(look.as_row())) == {
        "datetime": "2024-12-13T08:23:14Z",
        "local_date": "2024-12-13",
        "product": "sentinel-2-l2a",
        "relative_orbit": None,
        "sun_elevation": None,
        "clear": 0.5,
        "masked": {"base.z0": 0.5},
        "notes": [],
        "state": "chosen",
        "reason": "clearest view of the zones",
        "id": "S2_L2A_2024-12-13",
    }


def test_a_pair_is_of_one_product(scene, fine) -> None:
    periods = Period.parse("2024-12-10"), Period.parse("2024-12-13")
    cloudy, clear, planet = scene("2024-12-10", 0.5), scene("2024-12-13"), fine("2024-12-13")
    assert choose([cloudy, clear, planet], BASE, periods[1]) is planet
    assert choose_pair([cloudy, clear, planet], BASE, periods) == (cloudy, clear)
    with pytest.raises(BandError, match="sentinel-2-l2a and planetscope-sr"):
        choose_pair([cloudy, planet], BASE, periods)
    both = fine("2024-12-10")
    assert choose_pair([both, cloudy, clear, planet], BASE, periods) == (both, planet)


def test_the_product_with_the_clearer_worse_date_wins_over_the_finer(scene, fine) -> None:
    periods = Period.parse("2024-12-10"), Period.parse("2024-12-13")
    sharp = [fine("2024-12-10"), fine("2024-12-13")]
    coarse = [scene("2024-12-10"), scene("2024-12-13")]
    # The fine scenes end at 900 m.
    wide = site(metres(201, 201, 999, 599))
    assert choose_pair([*sharp, *coarse], wide, periods) == tuple(coarse)


def test_further_dates_are_the_nearest_of_the_periods_with_classes(scene, fine, geotiff) -> None:
    periods = Period.parse("2024-12-01/2024-12-10"), Period.parse("2024-12-13")
    days = [scene(f"2024-12-{day:02}") for day in range(1, 11)]
    after, outside = scene("2024-12-13"), scene("2024-12-12")
    bare = item_from_file(
        geotiff("T36SYD_20241209T081301_B02.tif", pixels()[:1], tags={"PROCESSING_BASELINE": "1"})
    )
    items = [*days, after, outside, fine("2024-12-08"), bare]
    found = further(items, BASE, periods, (days[8], after))
    assert [item.id[-2:] for item in found] == ["08", "10", "07", "06", "05", "04"]
    assert len(found) == FURTHER
    assert further([days[8], after], BASE, periods, (days[8], after)) == []


def test_the_grid_holds_the_zones_and_their_surround_on_the_scene_s_lattice(geotiff) -> None:
    items = [
        item_from_file(geotiff(f"a_2024-12-{day}.tif", pixels(1, 400)[:4])) for day in (10, 13)
    ]
    grid = site_grid(site(metres(1505, 2005, 1595, 2195)), *items)
    assert grid.transform.c == LEFT + 500
    assert grid.transform.f == TOP - 1000
    assert tuple(grid.shape) == (220, 210)
    assert covers(item_geobox(items[0]), grid)
    corner = site_grid(site(metres(1, 1, 99, 99)), *items)
    assert tuple(corner.shape) == (110, 110)
    assert corner.transform.c == LEFT


def test_a_coarse_grid_gets_pixels_enough_for_its_statistics(geotiff) -> None:
    step = Affine(30, 0, LEFT, 0, -30, TOP)
    items = [
        item_from_file(geotiff(f"a_2024-12-{day}.tif", pixels(1, 400)[:4], transform=step))
        for day in (10, 13)
    ]
    grid = site_grid(site(metres(6001, 6001, 6029, 6029)), *items)
    assert tuple(grid.shape) == (201, 201)


def test_a_grid_that_misses_the_site_is_refused(scene) -> None:
    items = [scene("2024-12-10"), scene("2024-12-13")]
    with pytest.raises(GridError, match=r"base is not on the ground that .* share"):
        site_grid(site(metres(5000, 5000, 5400, 5400)), *items)


def test_an_offset_from_utc_does_not_move_a_scene_to_another_day(scene) -> None:
    item = scene("2024-12-13T01:00:00+03:00")
    assert item.datetime.astimezone(UTC) == datetime(2024, 12, 12, 22, tzinfo=UTC)
    (look,) = looks([item], BASE, Period.parse("2024-12-12"))
    assert look.as_row()["datetime"] == "2024-12-12T22:00:00Z"
