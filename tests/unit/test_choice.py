"""Which two scenes are compared where several are equally clear."""

from __future__ import annotations

from datetime import UTC, datetime

import pystac
import pytest
from shapely.geometry import box, mapping

from imagery.catalogs import PRODUCT
from imagery.choice import best, best_couple, caveats
from imagery.model import Period
from imagery.views import View

PERIODS = Period.parse("2024-12-01/2024-12-09"), Period.parse("2024-12-11/2024-12-19")
OUTLINE = box(35, 35, 36, 36)


def seen(day: int, *, clear: float = 1.0, orbit: int | None = None, sun=None, **said) -> View:
    moment = datetime(2024, 12, day, 8, 23, tzinfo=UTC)
    fields = {PRODUCT: "sentinel-2-l2a", **said}
    fields |= {} if orbit is None else {"sat:relative_orbit": orbit}
    if sun is not None:
        fields |= dict(zip(("view:sun_elevation", "view:sun_azimuth"), sun, strict=True))
    item = pystac.Item(f"d{day:02}", mapping(OUTLINE), list(OUTLINE.bounds), moment, fields)
    item.add_asset("a", pystac.Asset("a.tif", extra_fields={"eo:bands": [{"name": "red"}]}))
    return View(item, clear, 10.0, {})


def couple(before: list[View], after: list[View]) -> tuple[str, str]:
    first, second = best_couple(before, after, periods=PERIODS)
    again = best_couple(before[::-1], after[::-1], periods=PERIODS)
    assert (first.item.id, second.item.id) == (again[0].item.id, again[1].item.id)
    return first.item.id, second.item.id


def test_the_same_orbit_is_taken_before_the_nearer_day() -> None:
    before = [seen(5, orbit=21), seen(8, orbit=121)]
    after = [seen(15, orbit=78), seen(18, orbit=121)]
    assert couple(before, after) == ("d08", "d18")


def test_but_not_for_a_worse_view() -> None:
    before = [seen(5, orbit=21), seen(8, orbit=121, clear=0.98)]
    assert couple(before, [seen(15, orbit=78), seen(18, orbit=121)]) == ("d05", "d15")
    hazy = [seen(5, orbit=21), seen(8, orbit=121, clear=0.992)]
    assert couple(hazy, [seen(15, orbit=78), seen(18, orbit=121)]) == ("d08", "d18")


def test_then_the_same_sun_then_the_middle() -> None:
    before = [seen(5, orbit=1, sun=(30, 160)), seen(8, orbit=1, sun=(30, 170))]
    after = [seen(12, orbit=1, sun=(30, 171)), seen(15, orbit=1, sun=(30, 200))]
    assert couple(before, after) == ("d08", "d12")
    same = [seen(day, orbit=1, sun=(30, 160)) for day in (3, 5, 8)]
    assert couple(same, [seen(15, orbit=1, sun=(31, 161))]) == ("d05", "d15")


def test_an_unknown_orbit_stands_between_the_same_and_another() -> None:
    before = [seen(4, orbit=121), seen(5), seen(6, orbit=21)]
    assert couple(before, [seen(15, orbit=121)]) == ("d04", "d15")
    assert couple(before[1:], [seen(15, orbit=121)]) == ("d05", "d15")
    assert couple([before[1], seen(2, orbit=21)], [seen(15, orbit=78)]) == ("d05", "d15")


def test_radar_keeps_to_one_platform_and_one_processing() -> None:
    radar = {PRODUCT: "sentinel-1-rtc", "orbit": 21, "processing:version": "3.71"}
    one = {**radar, "platform": "sentinel-1a"}
    other = {**radar, "platform": "sentinel-1c"}
    later = {**one, "processing:version": "3.90"}
    assert couple([seen(5, **one), seen(8, **other)], [seen(15, **other)]) == ("d08", "d15")
    assert couple([seen(5, **later), seen(8, **one)], [seen(15, **one)]) == ("d08", "d15")
    assert caveats(seen(5, **one).item, seen(15, **one).item) == ()
    (said,) = caveats(seen(5, **one).item, seen(15, **other).item)
    assert said.startswith("The platform differs between the dates (sentinel-1a and sentinel-1c)")
    (said,) = caveats(seen(5, **one).item, seen(15, **later).item)
    assert "processing version differs between the dates (3.71 and 3.90)" in said
    unknown = {PRODUCT: "sentinel-1-rtc", "orbit": 21, "platform": "sentinel-1a"}
    (said,) = caveats(seen(5, **unknown).item, seen(15, **unknown).item)
    assert (
        said == "The processing version of the two dates is not known, nor whether it is the same."
    )


def test_an_optical_platform_may_differ_an_orbit_is_said() -> None:
    first, second = seen(5, orbit=21, platform="a"), seen(15, orbit=21, platform="b")
    assert caveats(first.item, second.item) == ()
    (said,) = caveats(first.item, seen(15, orbit=78).item)
    assert said.startswith("The relative orbit differs between the dates (21 and 78)")


@pytest.mark.parametrize("turn", [1, -1])
def test_best_of_one_period(turn: int) -> None:
    views = [seen(2), seen(5), seen(9), seen(6, clear=0.5)]
    assert best(views[::turn], PERIODS[0]).item.id == "d05"
