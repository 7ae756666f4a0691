"""The SIMULATED tiles: truth agrees with pixels, files with the list, the generator with both."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from numpy.typing import NDArray
from rasterio.features import rasterize
from rasterio.warp import transform_geom
from shapely.geometry import shape

from imagery.sites import registry
from sample_tiles import generate
from sample_tiles.ground import WATER
from sample_tiles.scene import build
from sample_tiles.sensor import SENSORS, pixel_labels, sample
from sample_tiles.sky import sun_position
from sample_tiles.worlds import (
    AFTER,
    BEFORE,
    LATER,
    REPEAT,
    TRACKS,
    WORLDS,
    history,
    radar_history,
    radar_later,
    sensing_time,
    track_on,
)

ROOT = generate.HERE
LISTED = [line.split("  ") for line in (ROOT / generate.SUMS).read_text().splitlines()]
TRACKED = [{str(track.orbit), track.direction} for track in TRACKS]
TILES = [name for _, name in LISTED if name.endswith(".tif")]


@lru_cache(maxsize=12)
def tile(name: str) -> tuple[NDArray[np.uint16], Any]:
    with rasterio.open(ROOT / name) as source:
        return source.read(), source.transform


def s2(world: str, site: str, day: date) -> tuple[NDArray[np.float64], Any]:
    pixels, transform = tile(f"{world}/{site}/SIMULATED_S2_L2A_{day}.tif")
    return (pixels[:4].astype(np.float64) - 1000) / 10000, transform


def truth(world: str, site: str, day: date) -> list[dict[str, Any]]:
    path = ROOT / world / site / "truth" / f"{day}.geojson"
    features: list[dict[str, Any]] = json.loads(path.read_text())["features"]
    return features


def of_type(features: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    return [f for f in features if f["properties"]["type"] == name]


def mask(
    feature: dict[str, Any], transform: Any, size: int, grow: float = 0.0
) -> NDArray[np.bool_]:
    outline = shape(transform_geom("EPSG:4326", "EPSG:32636", feature["geometry"])).buffer(grow)
    burnt = rasterize([outline], out_shape=(size, size), transform=transform)
    return burnt.astype(bool)


def contrast(image: NDArray[np.float64], feature: dict[str, Any], transform: Any) -> float:
    """Mean red of the craft minus that of a ring around it."""
    size = image.shape[-1]
    inside = mask(feature, transform, size)
    ring = mask(feature, transform, size, 90) & ~mask(feature, transform, size, 50)
    return float(image[2][inside].mean() - np.median(image[2][ring]))


@pytest.mark.parametrize(("digest", "name"), LISTED, ids=[name for _, name in LISTED])
def test_committed_files_are_those_of_the_list(digest: str, name: str) -> None:
    assert hashlib.sha256((ROOT / name).read_bytes()).hexdigest() == digest


def test_the_generator_makes_the_committed_tiles_again() -> None:
    assert generate.check() == []


def test_check_finds_one_altered_pixel(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    job = generate.committed()[-1]
    monkeypatch.setattr(generate, "committed", lambda: [job])
    generate.write(job, tmp_path)
    (tmp_path / generate.SUMS).write_text(generate.sums(tmp_path))
    assert generate.check(tmp_path) == []
    path, _ = job.paths(tmp_path)[0]
    with rasterio.open(path, "r+") as target:
        band = target.read(1)
        band[200, 200] += 8
        target.write(band, 1)
    faults = generate.check(tmp_path)
    assert len(faults) == 2
    assert path.name in faults[1]


def test_all_that_is_committed_fits_in_15_mb() -> None:
    assert sum((ROOT / name).stat().st_size for _, name in LISTED) <= 15_000_000


@pytest.mark.parametrize("name", TILES)
def test_every_tile_says_that_it_is_simulated(name: str) -> None:
    assert Path(name).name.startswith("SIMULATED_")
    with rasterio.open(ROOT / name) as source:
        tags = source.tags()
        assert tags["SIMULATED"] == "YES"
        assert source.crs.to_epsg() == 32636
        assert source.nodata == (-32768 if "S1" in name else 0)
        assert tags["ACQUISITION_DATE"][:10] == Path(name).stem[-10:]
        if "S2" in name:
            assert source.descriptions == ("B02", "B03", "B04", "B08", "SCL")
            assert tags["PROCESSING_BASELINE"] == "05.11"
        elif "S1" in name:
            assert source.descriptions == ("VV", "VH")
            assert (tags["UNITS"], tags["PLATFORM"]) == ("linear power", "Sentinel-1A")
            assert {tags["RELATIVE_ORBIT"], tags["ORBIT_DIRECTION"]} in TRACKED
        else:
            assert source.descriptions == ("blue", "green", "red", "nir")


@pytest.mark.parametrize("name", [name for _, name in LISTED if name.endswith(".geojson")])
def test_truth_lies_in_the_zone_that_it_names(name: str) -> None:
    zones = {zone.id: zone.geometry for site in registry() for zone in site.zones}
    content = json.loads((ROOT / name).read_text())
    assert content["simulated"] is True
    for feature in content["features"]:
        zone = feature["properties"]["zone"]
        if zone in zones:
            assert zones[zone].contains(shape(feature["geometry"]).centroid)
        else:
            assert zone in {"hmeimim", "tartus"}


def test_two_an124_arrive_as_reported() -> None:
    after, transform = s2("as-reported", "hmeimim", AFTER)
    before, _ = s2("as-reported", "hmeimim", BEFORE)
    arrived = of_type(truth("as-reported", "hmeimim", AFTER), "An-124")
    assert len(arrived) == 2
    assert of_type(truth("as-reported", "hmeimim", BEFORE), "An-124") == []
    for feature in arrived:
        assert feature["properties"]["zone"] == "hmeimim.transport_apron"
        assert feature["properties"]["length_m"] == pytest.approx(69.1)
        assert contrast(after, feature, transform) > 0.04
        assert abs(contrast(before, feature, transform)) < 0.012


def test_no_an124_arrives_in_the_opposite_world() -> None:
    after, transform = s2("opposite", "hmeimim", AFTER)
    assert of_type(truth("opposite", "hmeimim", AFTER), "An-124") == []
    for feature in of_type(truth("as-reported", "hmeimim", AFTER), "An-124"):
        assert abs(contrast(after, feature, transform)) < 0.02


def test_two_frigates_stay_as_reported() -> None:
    for day in (BEFORE, AFTER):
        image, transform = s2("as-reported", "tartus", day)
        frigates = of_type(truth("as-reported", "tartus", day), "frigate")
        assert len(frigates) == 2
        assert all(contrast(image, frigate, transform) > 0.05 for frigate in frigates)


def test_tartus_is_otherwise_unchanged_as_reported() -> None:
    def lying(day: date) -> list[str]:
        ships = truth("as-reported", "tartus", day)
        return sorted(
            s["properties"]["type"] for s in ships if s["properties"]["type"] != "fishing boat"
        )

    assert lying(BEFORE) == lying(AFTER)


def test_one_frigate_leaves_and_a_ship_moors_in_the_opposite_world() -> None:
    before = of_type(truth("opposite", "tartus", BEFORE), "frigate")
    after = truth("opposite", "tartus", AFTER)
    assert (len(before), len(of_type(after, "frigate"))) == (2, 1)
    image, transform = s2("opposite", "tartus", AFTER)
    seen = [contrast(image, frigate, transform) > 0.05 for frigate in before]
    assert sorted(seen) == [False, True]
    (moored,) = of_type(after, "landing ship")
    assert moored["properties"]["zone"] == "tartus.piers"
    earlier, _ = s2("opposite", "tartus", BEFORE)
    inside = mask(moored, transform, 512)
    assert (image[3][inside] - earlier[3][inside]).mean() > 0.05


def test_launchers_stand_there_and_are_gone_in_the_departed_world() -> None:
    launchers = of_type(truth("departed", "hmeimim", BEFORE), "S-400 launcher")
    assert len(launchers) == 8
    name = "departed/hmeimim/SIMULATED_PS_SR_{}.tif"
    before, transform = tile(name.format(BEFORE))
    for day in (AFTER, LATER[0]):
        assert truth("departed", "hmeimim", day) == []
        after, _ = tile(name.format(day))
        for launcher in launchers:
            inside = mask(launcher, transform, 384)
            darker = after[2][inside].mean() - before[2][inside].mean()
            assert darker > 300


def s1(world: str, site: str, day: date) -> tuple[NDArray[np.float32], Any]:
    pixels, transform = tile(f"{world}/{site}/SIMULATED_S1_RTC_{day}.tif")
    return pixels.astype(np.float32), transform


def radar_truth(world: str, site: str, day: date) -> list[dict[str, Any]]:
    path = ROOT / world / site / "truth" / f"S1_{day}.geojson"
    features: list[dict[str, Any]] = json.loads(path.read_text())["features"]
    return features


def test_radar_has_the_speckle_of_its_looks() -> None:
    water, _ = s1("as-reported", "tartus", BEFORE)
    sea = water[:, 20:160, 10:80]
    for band in sea:
        blocks = band.reshape(14, 10, 7, 10).transpose(0, 2, 1, 3).reshape(98, 100)
        looks = np.median(blocks.mean(axis=1) ** 2 / blocks.var(axis=1, ddof=1))
        assert 3.9 < looks < 5.2
    assert 10 * np.log10(sea[0].mean() / sea[1].mean()) > 4


def test_metal_of_the_air_defence_site_is_gone_for_radar_too() -> None:
    before, transform = s1("departed", "hmeimim", BEFORE)
    after, _ = s1("departed", "hmeimim", BEFORE + REPEAT)
    launchers = of_type(radar_truth("departed", "hmeimim", BEFORE), "S-400 launcher")
    assert len(launchers) == 8
    assert of_type(radar_truth("departed", "hmeimim", BEFORE + REPEAT), "S-400 launcher") == []
    near = np.any([mask(each, transform, 384, 12) for each in launchers], axis=0)
    assert before[0][near].mean() > 2 * after[0][near].mean()


def test_frigates_shine_and_one_leaves_in_the_opposite_world() -> None:
    (gone,) = [
        each
        for each in of_type(radar_truth("opposite", "tartus", BEFORE), "frigate")
        if not any(
            shape(each["geometry"]).distance(shape(other["geometry"])) < 0.001
            for other in of_type(radar_truth("opposite", "tartus", BEFORE + REPEAT), "frigate")
        )
    ]
    before, transform = s1("opposite", "tartus", BEFORE)
    after, _ = s1("opposite", "tartus", BEFORE + REPEAT)
    inside = mask(gone, transform, 512)
    assert before[0][inside].mean() > 30 * after[0][inside].mean()


def test_radar_comes_on_two_tracks_of_one_satellite() -> None:
    days = (*radar_history(), AFTER, *radar_later())
    assert {track_on(day).orbit for day in days} == {14, 21}
    assert len(set(days)) == len(days)
    for track in TRACKS:
        own = [day for day in days if track_on(day) is track]
        assert len([day for day in own if day < AFTER]) >= 9
        assert {(b - a) for a, b in pairwise(own)} == {REPEAT}


@pytest.mark.parametrize("world", WORLDS[:2])
@pytest.mark.parametrize("site", ["hmeimim", "tartus"])
@pytest.mark.parametrize("day", [BEFORE, AFTER])
def test_zones_are_clear_on_both_dates(world: str, site: str, day: date) -> None:
    pixels, transform = tile(f"{world}/{site}/SIMULATED_S2_L2A_{day}.tif")
    cloudy = np.isin(pixels[4], (0, 1, 3, 7, 8, 9, 10))
    assert cloudy.any(), "the date is not cloud-free, only the zones are"
    for zone in next(s for s in registry() if s.id == site).zones:
        inside = mask({"geometry": zone.geometry.__geo_interface__}, transform, 512)
        assert cloudy[inside].mean() < 0.01


def test_sea_is_classified_as_water() -> None:
    pixels, _ = tile(f"as-reported/tartus/SIMULATED_S2_L2A_{BEFORE}.tif")
    water = np.isin(pixel_labels(build("tartus", "S2")), WATER)
    clear = np.isin(pixels[4], (4, 5, 6))
    assert (pixels[4][water & clear] == 6).mean() > 0.99


def test_history_is_long_and_before_the_claim() -> None:
    for world in WORLDS:
        days = history(world)
        assert len(days) >= 24
        assert len(set(days)) == len(days)
        assert max(days) < BEFORE
    assert max(LATER) <= date(2025, 1, 31)
    assert min(LATER) > AFTER


def test_uncommitted_tiles_are_other_tiles() -> None:
    kept = {path for job in generate.committed() for pair in job.paths(ROOT) for path in pair}
    others = [path for job in generate.uncommitted() for pair in job.paths(ROOT) for path in pair]
    assert len(others) == len(set(others))
    assert not kept & set(others)


def test_history_is_written_once_and_shared_by_the_worlds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = generate.Job("as-reported", "tartus", "S2", date(2024, 9, 11), ("opposite",))
    monkeypatch.setattr(generate, "uncommitted", lambda: [job])
    monkeypatch.setattr(
        generate, "write_all", lambda jobs, root: [generate.write(j, root) for j in jobs]
    )
    assert generate.write_history(tmp_path) == 1
    assert generate.write_history(tmp_path) == 0
    (one, _), (two, two_truth) = job.paths(tmp_path)
    assert one.read_bytes() == two.read_bytes()
    assert json.loads(two_truth.read_text())["date"] == "2024-09-11"
    two.unlink()
    assert generate.write_history(tmp_path) == 1
    assert one.read_bytes() == two.read_bytes()


def test_the_point_spread_has_its_width_and_the_shift_its_size() -> None:
    scene, sensor = build("hmeimim", "S2"), SENSORS["S2"]
    fine = np.zeros(scene.labels.shape, dtype=np.float32)
    middle = fine.shape[0] // 2
    fine[middle - 1 : middle + 1, middle - 1 : middle + 1] = 4  # light on the corner of four pixels
    first, second = [], []
    # Quarter-pixel phases together sample the point spread finely enough for its moments.
    for shift in (0.0, 0.25, 0.5, 0.75):
        profile = sample(fine, scene, (shift, 0.0), sensor).sum(axis=1)
        away = np.arange(profile.size) + shift - 255.5
        first.append((profile * away).sum() / profile.sum())
        second.append((profile * away**2).sum() / profile.sum())
    assert np.mean(first) == pytest.approx(0.0, abs=0.005)
    assert np.ptp(first) < 0.1
    # The two cells of a quarter pixel, from which the light comes, widen it a little.
    expected = np.hypot(sensor.psf_px / 2.3548, 0.125)
    assert np.sqrt(np.mean(second)) == pytest.approx(expected, rel=0.03)


def test_the_sun_is_where_an_almanac_puts_it() -> None:
    moment = sensing_time("S2", AFTER)
    elevation, azimuth = sun_position(moment, 35.949, 35.401)
    # Noon elevation that day is 90 - 35.4 - 23.2 degrees; the pass is some 75 minutes before noon.
    assert 26 < elevation < 31.4
    assert 150 < azimuth < 170
