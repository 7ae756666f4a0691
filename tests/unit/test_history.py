"""Which scenes a target is held against, and what becomes of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pystac
import pytest
from affine import Affine
from odc.geo.geobox import GeoBox

from imagery import history, past
from imagery.catalogs import PRODUCT, items_from_folder
from imagery.history import History, NoHistory
from imagery.kernels import Float
from imagery.past import Judged
from imagery.stack import common_grid

BANDS = ("blue", "green", "red", "nir")
S2 = ("B02", "B03", "B04", "B08")
TAGS = {"PROCESSING_BASELINE": "05.11"}
SIZE = (96, 80)
START = datetime(2024, 1, 5, tzinfo=UTC)


def ground(seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(2000, 4000, (4, *SIZE))


@pytest.fixture
def archive(geotiff):
    """Ten dated scenes of one place; the last has an object."""
    base, rng = ground(), np.random.default_rng(1)
    for number in range(10):
        pixels = (base + rng.integers(-30, 30, base.shape)).astype(np.uint16)
        if number == 9:
            pixels[:, 40:44, 30:34] += 900
        day = START + timedelta(days=5 * number)
        path = geotiff(f"S2_L2A_{day:%Y-%m-%d}.tif", pixels, descriptions=S2, tags=TAGS)
    return items_from_folder(path.parent)


def gathered(items: list[pystac.Item], target: pystac.Item | None = None) -> History | NoHistory:
    target = target or items[-1]
    return history.gather(items, target, common_grid(target, target), bands=BANDS)


def test_earlier_scenes_oldest_first_and_the_target_last(archive) -> None:
    found = gathered(archive)
    assert isinstance(found, History)
    assert found.items == tuple(archive)
    assert found.dates == 9
    assert found.sentence == "Held against 9 earlier dates, 2024-01-05 to 2024-02-14."


def test_later_scenes_and_twins_of_a_day_are_left_out(archive) -> None:
    twin = archive[3].clone()
    twin.id = "zz-twin"
    found = gathered([*archive, twin], archive[6])
    assert isinstance(found, History)
    assert found.items == tuple(archive[:7])


def test_the_targets_own_orbit_comes_first(archive) -> None:
    for number, item in enumerate(archive):
        item.properties["sat:relative_orbit"] = 64 if number not in (1, 4) else 21
    few = gathered(archive)
    assert isinstance(few, History)
    assert (few.dates, few.same_orbit) == (9, 7)
    older = [item.clone() for item in archive]
    for number, item in enumerate(older):
        item.datetime -= timedelta(days=60)
        item.id = f"older-{number}"
    found = gathered([*older, *archive])
    assert isinstance(found, History)
    assert found.dates == found.same_orbit == 15


def test_without_a_history_it_says_so(archive) -> None:
    found = gathered(archive[:1])
    assert isinstance(found, NoHistory)
    assert "No earlier scene" in found.reason
    archive[0].properties[PRODUCT] = "geotiff"
    assert isinstance(gathered(archive[:2]), NoHistory)


def test_scenes_of_more_than_two_years_before_do_not_count(archive) -> None:
    archive[0].datetime = archive[0].datetime - timedelta(days=800)
    found = gathered(archive[:2])
    assert isinstance(found, NoHistory)


def test_the_stack_is_lazy_with_time_in_one_chunk(archive) -> None:
    found = gathered(archive)
    assert isinstance(found, History)
    stack = history.lazy(found, chunk=32)
    assert stack.reflectance.dims == ("time", "band", "y", "x")
    assert stack.reflectance.chunksizes["time"] == (10,)
    assert max(stack.reflectance.chunksizes["x"]) == 32
    assert stack.clear.values.all()
    assert stack.reflectance[0].values.mean() == pytest.approx((ground() * 1e-4 - 0.1).mean(), 1e-2)


def test_the_object_stands_out_against_the_history(archive) -> None:
    found = gathered(archive)
    assert isinstance(found, History)
    judged = past.judge(found)
    assert judged.flat[41:43, 31:33].min() > 8
    assert np.abs(np.delete(judged.flat, np.s_[25:60], axis=0)).max() < 6
    assert (judged.rests_on == 9).all()


def same(one: Judged, other: Judged) -> None:
    for name in ("z", "flat", "clear", "anomalous", "rests_on", "change"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


def test_reading_by_tiles_is_judging_in_memory(archive) -> None:
    found = gathered(archive)
    assert isinstance(found, History)
    values = history.lazy(found).reflectance.values
    same(past.judge(found), past.judge_values(values, bands=BANDS))


def test_tiles_cover_the_grid_once_and_none_is_small() -> None:
    covered = np.zeros((1100, 300), int)
    for rows, cols in past.tiles(covered.shape):
        covered[rows, cols] += 1
        assert rows.stop - rows.start > 300
    assert (covered == 1).all()


def series(dates: int) -> Float:
    rng = np.random.default_rng(4)
    base = ground().astype(np.float32) * 1e-4
    return (base + 0.003 * rng.normal(size=(dates, *base.shape))).astype(np.float32)


def test_two_dates_only() -> None:
    judged = past.judge_values(series(2), bands=BANDS)
    assert (judged.rests_on == 1).all()
    assert np.isfinite(judged.flat).all()
    assert not judged.anomalous.any()


def test_one_date_only_is_no_judgement() -> None:
    judged = past.judge_values(series(1), bands=BANDS)
    assert np.isnan(judged.flat).all()
    assert judged.clear.all()
    assert not judged.rests_on.any()


def test_cloudy_dates_are_not_history() -> None:
    values = series(12)
    values[3:5, :, :50] = np.nan
    judged = past.judge_values(values, bands=BANDS)
    assert (judged.rests_on == 9).all()
    assert not judged.clear[3, :50].any()


def test_a_place_that_was_never_seen_is_not_judged() -> None:
    values = series(12)
    values[:, :, :8, :8] = np.nan
    judged = past.judge_values(values, bands=BANDS)
    assert not judged.clear[:, :8, :8].any()
    assert np.isnan(judged.flat[:8, :8]).all()
    assert np.isfinite(judged.flat[10:, 10:]).all()


def test_every_date_cloudy_leaves_a_target_without_history() -> None:
    values = series(8)
    values[:-1] = np.nan
    judged = past.judge_values(values, bands=BANDS)
    assert np.isnan(judged.flat).all()
    assert not judged.rests_on.any()


def test_a_place_clear_only_in_the_target_is_not_held_against_nothing() -> None:
    values = series(5)
    values[:-1, :, :8, :8] = np.nan
    judged = past.judge_values(values, bands=BANDS)
    assert np.isnan(judged.flat[:8, :8]).all()


def test_the_grid_may_be_a_part_of_the_scene(archive) -> None:
    target = archive[-1]
    whole = common_grid(target, target)
    part = GeoBox((40, 40), whole.affine @ Affine.translation(10, 20), whole.crs)
    found = history.gather(archive, target, part, bands=BANDS)
    assert isinstance(found, History)
    assert past.judge(found).flat.shape == (40, 40)
