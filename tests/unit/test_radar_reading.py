"""Radar files to linear power: units, orbits, borders, and every refusal in one sentence."""

from __future__ import annotations

import json
import warnings
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import rasterio
from radar_scenes import ground, speckled, write_s1
from rasterio.control import GroundControlPoint
from rasterio.errors import NotGeoreferencedWarning
from small_tiffs import UTM, write_geotiff

from imagery import calibration, pairs, sar_tracks, scenes, stack
from imagery.backscatter import REACH_PX
from imagery.catalogs import PRODUCT, SLANT, item_from_file, items_from_folder
from imagery.catalogs.foreign import Origin, canonical_item
from imagery.errors import BandError, GridError, RegistrationError, UntrustedError
from imagery.grid import item_geobox
from imagery.model import Period
from imagery.parts import compose
from imagery.radar_words import file_unit, pass_facts
from imagery.sites import load_site

ONE, TWO = date(2024, 12, 1), date(2024, 12, 13)


@pytest.fixture(scope="module")
def power() -> np.ndarray:
    return speckled(ground(), 7)


def loaded(path: Path) -> tuple[np.ndarray, np.ndarray]:
    item = item_from_file(path)
    read = stack.load(item, item_geobox(item), ("vv", "vh"), chunk=None)
    return read.reflectance.values, read.clear.values


def test_power_is_read_as_it_is(tmp_path: Path, power: np.ndarray) -> None:
    values, clear = loaded(write_s1(tmp_path, ONE, power))
    np.testing.assert_array_equal(values, power)
    assert clear.all()


@pytest.mark.parametrize("names", [("VV", "VH"), ("VV_dB", "VH_dB")])
def test_decibels_become_power(tmp_path: Path, power: np.ndarray, names: tuple[str, str]) -> None:
    path = tmp_path / "S1A_2024-12-01.tif"
    write_geotiff(path, 10 * np.log10(power), descriptions=names)
    item = item_from_file(path)
    assert item.properties[PRODUCT] == "backscatter"
    values, _ = loaded(path)
    np.testing.assert_allclose(values, power, rtol=1e-4)


def test_decibels_that_say_power_are_refused(tmp_path: Path, power: np.ndarray) -> None:
    path = write_s1(tmp_path, ONE, 10 * np.log10(power), UNITS="linear power")
    with pytest.raises(UntrustedError, match="its metadata say power"):
        loaded(path)


def test_digital_numbers_are_refused(tmp_path: Path, power: np.ndarray) -> None:
    with pytest.raises(BandError, match="digital numbers"):
        loaded(write_s1(tmp_path, ONE, np.sqrt(power) * 500))


@pytest.mark.parametrize("dtype", ["complex64", "complex_int16"])
def test_complex_samples_are_refused(tmp_path: Path, dtype: str) -> None:
    path = tmp_path / "slc_2024-12-01.tif"
    pixels = np.ones((1, 64, 64), np.complex64)
    write_geotiff(path, pixels, dtype=dtype, descriptions=("VV",))
    with pytest.raises(BandError, match=r"complex numbers.*detected product"):
        item_from_file(path)


def test_a_scene_in_the_geometry_of_its_pass_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "S1A_IW_GRDH_1SDV_20241213T034512_20241213T034537_057000_070123_AAAA.tif"
    points = [
        GroundControlPoint(row, col, 35 + col / 1000, 35 - row / 1000)
        for row in (0, 60)
        for col in (0, 60)
    ]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(
            path, "w", driver="GTiff", width=64, height=64, count=1, dtype="uint16"
        ) as file:
            file.write(np.full((1, 64, 64), 200, np.uint16))
            file.gcps = (points, rasterio.crs.CRS.from_epsg(4326))
    with pytest.raises(GridError, match=r"only ground control points.*terrain-corrected"):
        item_from_file(path)


def test_one_polarisation_missing_is_said(tmp_path: Path, power: np.ndarray) -> None:
    first, second = write_s1(tmp_path, ONE, power), write_s1(tmp_path, TWO, power[:1])
    with pytest.raises(BandError, match=r"different bands \(vv, vh and vv\)"):
        pairs.make(item_from_file(first), item_from_file(second))


def test_the_angle_is_no_band_that_is_compared(tmp_path: Path, power: np.ndarray) -> None:
    angle = np.full((1, *power.shape[1:]), 38.5, np.float32)
    write_geotiff(
        tmp_path / "a_2024-12-01.tif",
        np.concatenate([power, angle]),
        descriptions=("VV", "VH", "angle"),
    )
    write_geotiff(tmp_path / "b_2024-12-13.tif", power, descriptions=("VV", "VH"))
    items = items_from_folder(tmp_path)
    assert pairs.make(*items).bands == ("vv", "vh")


def test_dates_of_two_orbits_are_refused(tmp_path: Path, power: np.ndarray) -> None:
    first = write_s1(tmp_path, ONE, power)
    second = write_s1(tmp_path, TWO, power, RELATIVE_ORBIT="14", ORBIT_DIRECTION="ASCENDING")
    with pytest.raises(UntrustedError, match="21 descending and 14 ascending"):
        pairs.make(item_from_file(first), item_from_file(second))


def test_an_unknown_orbit_is_compared(tmp_path: Path, power: np.ndarray) -> None:
    for day in (ONE, TWO):
        write_geotiff(tmp_path / f"a_{day}.tif", power, descriptions=("VV", "VH"))
    assert pairs.make(*items_from_folder(tmp_path)).radar


def steps_of(tmp_path: Path, moved: int) -> pairs.Pair:
    """A pair of two satellites of which the later one lies so many pixels to the right."""
    still = 10 * ground((440, 440), seed=3) ** 3 / np.array([0.01, 0.0004])[:, None, None]
    passes = [speckled(still, seed) for seed in (1, 2)]
    passes[1] = np.roll(passes[1], moved, axis=2)
    first = write_s1(tmp_path, ONE, passes[0])
    second = write_s1(tmp_path, TWO, passes[1], PLATFORM="Sentinel-1C")
    pair = pairs.make(item_from_file(first), item_from_file(second))
    return pairs.registered(pair, max_error_px=0.5)


def test_two_satellites_that_lie_on_each_other_are_compared(tmp_path: Path) -> None:
    pair = steps_of(tmp_path, 0)
    (step,) = pair.steps
    assert (step.first[0], step.second[0]) == ("sentinel-1a", "sentinel-1c")
    assert max(map(abs, step.shift_px)) < 0.1
    assert pair.registration is not None
    assert pair.registration.model == "none"


def test_a_geolocation_step_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RegistrationError, match=r"limit is 0.3 px"):
        steps_of(tmp_path, 2)


def bordered(power: np.ndarray) -> np.ndarray:
    """Zeros at a slanted swath border, and its noise inside."""
    out = power.copy()
    rows, cols = np.indices(power.shape[1:])
    edge = cols - 30 - rows // 8
    out[:, edge < 0] = 0
    noisy = (edge >= 0) & (edge < 6)
    out[:, noisy] = 1e-5
    return out


def test_zeros_and_noise_at_the_border_are_masked(tmp_path: Path, power: np.ndarray) -> None:
    values, clear = loaded(write_s1(tmp_path, ONE, bordered(power)))
    rows, cols = np.indices(clear.shape)
    edge = cols - 30 - rows // 8
    assert not clear[edge < 6].any()
    assert clear[edge > 30].all()
    assert np.isfinite(values[:, clear]).all()


def test_a_cut_scene_has_no_border_at_its_cut(tmp_path: Path, power: np.ndarray) -> None:
    dark = power.copy()
    dark[:, :, :10] = 5e-4
    _, clear = loaded(write_s1(tmp_path, ONE, dark))
    assert clear.all()


def test_a_window_is_read_as_the_whole_is(tmp_path: Path, power: np.ndarray) -> None:
    item = item_from_file(write_s1(tmp_path, ONE, bordered(power)))
    grid = item_geobox(item)
    whole = stack.load(item, grid, ("vv", "vh"), chunk=None)
    for rows, cols in ((slice(0, 64), slice(20, 90)), (slice(100, 180), slice(40, 66))):
        part = stack.load(item, grid[rows, cols], ("vv", "vh"), chunk=64)
        for name in ("reflectance", "clear"):
            there = whole[name].values[..., rows, cols]
            np.testing.assert_array_equal(np.asarray(part[name]), there)
    assert REACH_PX == 26


def test_the_pass_is_told_by_tags_or_name(tmp_path: Path, power: np.ndarray) -> None:
    item = item_from_file(write_s1(tmp_path, ONE, power, IPF_VERSION="3.71", INCIDENCE_ANGLE="38"))
    assert sar_tracks.track_of(item) == sar_tracks.Track(21, "descending", "sentinel-1a", "3.71")
    assert item.properties["view:incidence_angle"] == 38
    name = "S1A_IW_GRDH_1SDV_20241213T034512_20241213T034537_057000_070123_AAAA_RTC"
    item = item_from_file(write_geotiff(tmp_path / f"{name}.tif", power, descriptions=("VV", "VH")))
    assert item.properties[PRODUCT] == "sentinel-1-rtc"
    track = sar_tracks.track_of(item)
    assert track is not None
    assert (track.orbit, track.platform) == (53, "sentinel-1a")


@pytest.mark.parametrize(
    "tags", [{"RELATIVE_ORBIT": "0"}, {"RELATIVE_ORBIT": "900"}, {"RELATIVE_ORBIT": "x\n"}, {}]
)
def test_an_impossible_orbit_is_unknown(tags: dict[str, str]) -> None:
    assert "sat:relative_orbit" not in pass_facts(tags)


@pytest.mark.parametrize(
    ("name", "unit"),
    [
        ("S1A_IW_20180128T161201_DVP_RTC30_G_gpuned_FD6A_VV.tif", "power"),
        ("S1A_IW_20180128T161201_DVP_RTC30_G_gdunem_FD6A_VH.tif", "db"),
        ("S1A_IW_20180128T161201_DVP_RTC30_S_saufem_FD6A_VH.tif", "amplitude"),
        ("S1A_IW_GRDH_1SDV_20241213T034512_20241213T034537_057000_070123_3DB1.tif", None),
    ],
)
def test_the_unit_in_a_name_is_that_of_its_letters(name: str, unit: str | None) -> None:
    assert file_unit(name, {}, ["VV"]) == unit


def test_files_of_one_polarisation_each_are_one_scene(tmp_path: Path, power: np.ndarray) -> None:
    for band, name in zip(power, ("VV", "VH"), strict=True):
        path = tmp_path / f"S1A_2024-12-01_{name}_dB.tif"
        write_geotiff(path, 10 * np.log10(band[None]), transform=UTM)
    (item,) = items_from_folder(tmp_path)
    read = stack.load(item, item_geobox(item), ("vv", "vh"), chunk=None)
    np.testing.assert_allclose(read.reflectance.values, power, rtol=1e-4)


@pytest.mark.parametrize(("projected", "slant"), [(False, True), (True, False)])
def test_a_catalogue_that_gives_grd_no_map_grid_is_told(projected: bool, slant: bool) -> None:
    path = Path(__file__).parent / "foreign" / "planetary_computer_rtc.json"
    said = json.loads(path.read_text())
    said["collection"] = "sentinel-1-grd"
    said["id"] = said["id"].removesuffix("_rtc")
    said["properties"]["processing:version"] = "3.71"
    if not projected:
        del said["properties"]["proj:epsg"]
    item = canonical_item(said, Origin("https://example.org/stac"))
    assert item.properties.get(SLANT, False) is slant
    assert item.properties["processing:version"] == "3.71"
    place = load_site("hmeimim")
    day = Period.parse("2024-12-13")
    if slant:
        (look,) = scenes.looks([item], place, day, product="sentinel-1-grd")
        assert look.state == "refused"
        assert "not terrain-corrected" in look.reason
        with pytest.raises(GridError, match="not terrain-corrected"):
            scenes.choose([item], place, day, product="sentinel-1-grd")
    (look,) = scenes.looks([item], place, day)
    assert "name its product" in look.reason


def test_a_part_that_shows_too_little_takes_the_units_of_the_other(
    tmp_path: Path, power: np.ndarray
) -> None:
    most, little = power.copy(), power.copy()
    most[:, :, -2:] = np.nan
    little[:, :, 2:] = np.nan
    little[:, 4:] = np.nan
    items = []
    for name, values in (("most", most), ("little", little)):
        path = tmp_path / f"{name}_2024-12-01.tif"
        write_geotiff(path, 10 * np.log10(values), descriptions=("VV", "VH"), nodata=np.nan)
        items.append(item_from_file(path))
    whole = compose(items)
    grid = item_geobox(items[0])
    calibration.check_units((whole,), ("vv", "vh"), over=grid)
    read = stack.load(whole, grid, ("vv", "vh"), chunk=None)
    inner = np.s_[:, :, :-2]
    np.testing.assert_allclose(read.reflectance.values[inner], most[inner], rtol=1e-4)
