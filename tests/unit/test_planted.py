"""The arithmetic of the benchmarks that plant targets."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
import rasterio
from affine import Affine
from odc.geo.geobox import GeoBox

from benchmarks import drawn, implant, implant_history, planted
from imagery.implant import Power, interval
from sample_tiles.worlds import craft_on


def test_objects_are_counted_by_size_and_outside_the_label() -> None:
    flagged = np.zeros((60, 60), bool)
    flagged[2:4, 2:4] = True  # 4 px
    flagged[2, 20:23] = True  # 3 px: too small
    flagged[10:20, 10:19] = True  # 90 px: too large
    flagged[30:33, 30:33] = True  # touches the label
    flagged[40, 40] = flagged[41, 41] = flagged[42, 42] = flagged[43, 43] = True  # by corners
    changed = np.zeros_like(flagged)
    changed[32, 32] = True
    assert planted.sized(flagged, changed) == 2


def test_a_degree_is_shorter_towards_the_pole(tmp_path) -> None:
    path = tmp_path / "one.tif"
    step = Affine(1e-4, 0, 10, 0, -1e-4, 60)
    profile = {"driver": "GTiff", "dtype": "uint16", "count": 1, "height": 9, "width": 9}
    with rasterio.open(path, "w", crs="EPSG:4326", transform=step, **profile) as file:
        file.write(np.ones((1, 9, 9), np.uint16))
    with rasterio.open(path) as file:
        height, width = planted.ground_size(file)
    assert height == pytest.approx(11.14, abs=0.02)
    assert width == pytest.approx(5.58, abs=0.02)


def test_planted_numbers_go_into_the_bands_of_their_name(tmp_path) -> None:
    names = ("B11", "B02", "B03", "B04", "B08")
    profile = {"driver": "GTiff", "dtype": "uint16", "count": 5, "height": 4, "width": 4}
    transform = Affine(10, 0, 0, 0, -10, 0)
    with rasterio.open(
        tmp_path / "a.tif", "w", crs="EPSG:32636", transform=transform, **profile
    ) as file:
        file.write(np.full((5, 4, 4), 7, np.uint16))
        file.descriptions = names
    values = np.stack([np.full((4, 4), v, np.float32) for v in (0.1, 0.2, 0.3, 7.0)])
    planted.write_like(tmp_path / "a.tif", tmp_path / "b.tif", values)
    with rasterio.open(tmp_path / "b.tif") as file:
        assert file.descriptions == names
        assert file.read()[:, 0, 0].tolist() == [7, 1000, 2000, 3000, 65535]


def test_pooled_power_counts_targets_and_not_cities() -> None:
    total = implant.pooled([Power(10, 9, 1, 0, 1), Power(90, 9, 0, 0, 1)])
    assert (total.trials, total.found, total.before) == (100, 18, 1)
    assert (total.low, total.high) == interval(18, 100)


def test_alarms_are_promised_by_rank() -> None:
    rng = np.random.default_rng(5)
    draws = rng.normal(size=(20_000, 43))
    counts = (draws[:, 22:] > draws[:, :22].max(axis=1, keepdims=True)).sum(axis=1)
    alarms = [implant_history.Alarms(0.0, 22, np.zeros((21, 1, 1)), n) for n in range(4)]
    assert counts.mean() == pytest.approx(alarms[0].promised, abs=0.03)
    shares = [(counts >= n).mean() for n in range(4)]
    assert shares == pytest.approx([one.chance for one in alarms], abs=0.01)


def test_ground_near_a_boat_of_the_simulation_is_not_null() -> None:
    day = date(2024, 10, 1)
    boat = next(
        one for one in craft_on("as-reported", "tartus", day) if one.craft == "fishing boat"
    )
    grid = GeoBox((3, 101), Affine(10, 0, boat.east - 505, 0, -10, boat.north + 15), "EPSG:32636")
    near = drawn.near_vessels("tartus", day, grid)
    assert near[1, 50]
    assert near[1, 35:66].all()
    assert not drawn.near_vessels("hmeimim", day, grid).any()
