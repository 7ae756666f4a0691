"""Products are recognised from what a file says, and from nothing less."""

from __future__ import annotations

import pytest

from imagery.sensors import (
    LANDSAT_OLI,
    LANDSAT_TM,
    PLAIN,
    PLANETSCOPE,
    S2_L1C,
    S2_L2A,
    band_labels,
    declared_product,
    landsat_table,
    plain_labels,
)

SAID = [
    ("S2A_MSIL2A_20241213T082331_N0511_R121_T36SYE_20241213T115000.tif", {}, S2_L2A),
    ("S2B_MSIL1C_20241213T082331_N0511_R121_T36SYE_20241213T115000.tif", {}, S2_L1C),
    ("S2B_36SYE_20241213_0_L2A.tif", {}, S2_L2A),
    ("T36SYE_20241213T082321_B04_10m.tif", {}, S2_L2A),
    ("S2_L1C_2016-01-20.tif", {}, S2_L1C),
    ("scene.tif", {"SENSOR": "Sentinel-2 MSI L1C"}, S2_L1C),
    ("S2_L1C_2016-01-20.tif", {"PRODUCT_TYPE": "S2MSI2A"}, S2_L2A),
    ("LC09_L2SP_174036_20241210_20241212_02_T1_SR_B4.TIF", {}, LANDSAT_OLI),
    ("LE07_L2SP_174036_20101210_20200823_02_T1_SR_B4.TIF", {}, LANDSAT_TM),
    ("20241213_081234_56_24ab_3B_AnalyticMS_SR_8b.tif", {}, PLANETSCOPE),
    ("a.tif", {"SENSOR": "PlanetScope SR"}, PLANETSCOPE),
    ("a.tif", {"SENSOR": "PlanetScope PSScene", "SCALE": "0.0001"}, PLANETSCOPE),
]
NOT_SAID = [
    ("LE07_DN_2000-03-17.tif", {}),
    ("LC08_L1TP_174036_20241210_20241212_02_T1_B4.TIF", {}),
    ("before.tif", {"SENSOR": "Sentinel-2"}),
    ("S2_L1C_and_S2_L2A.tif", {}),
    ("S2_L2A_2024-12-13.tif", {"SCALE": "0.001"}),
    ("S2_L2A_2024-12-13.tif", {"SCALE": "one"}),
    ("a.tif", {"SENSOR": "PlanetScope PSScene"}),
    ("a.tif", {"SENSOR": "PlanetScope PSScene", "SCALE": "0.01"}),
    ("20241213_081234_56_24ab_3B_Visual.tif", {}),
]


@pytest.mark.parametrize(("name", "tags", "product"), SAID)
def test_what_a_file_says_decides(name, tags, product) -> None:
    assert declared_product(name, tags) is product


@pytest.mark.parametrize(("name", "tags"), NOT_SAID)
def test_less_than_a_claim_is_a_plain_geotiff(name, tags) -> None:
    assert declared_product(name, tags) is PLAIN


def test_labels_of_a_product_are_canonical() -> None:
    said = ("B02", "b3", "Red", "B8A", "B12", "SCL")
    assert band_labels(S2_L2A, said) == ("blue", "green", "red", "nir08", "swir22", "scl")


def test_the_same_number_is_another_band_on_another_landsat() -> None:
    assert band_labels(LANDSAT_OLI, ("SR_B4",)) == ("red",)
    assert band_labels(LANDSAT_TM, ("SR_B4",)) == ("nir08",)


@pytest.mark.parametrize("said", [("B02", None), ("B02", "what"), ("B02", "blue"), (None,)])
def test_a_label_missing_unknown_or_twice_fits_no_table(said) -> None:
    assert band_labels(S2_L2A, said) is None


def test_l2a_has_no_cirrus_band() -> None:
    assert band_labels(S2_L1C, ("B10",)) == ("cirrus",)
    assert band_labels(S2_L2A, ("B10",)) is None


def test_planetscope_without_descriptions_has_the_order_of_its_specification() -> None:
    assert band_labels(PLANETSCOPE, (None,) * 4) == ("blue", "green", "red", "nir")
    assert band_labels(PLANETSCOPE, (None,) * 8)[5] == "red"
    assert band_labels(PLANETSCOPE, (None,) * 5) is None


def test_plain_bands_are_named_as_described_or_numbered() -> None:
    assert plain_labels(("B1", "B7")) == ("B1", "B7")
    assert plain_labels((None, "x")) == ("b1", "b2")
    assert plain_labels(("x", "x")) == ("b1", "b2")


def test_scales_are_those_of_the_specifications() -> None:
    assert (S2_L2A.scale, S2_L2A.offset, S2_L2A.nodata) == (1e-4, 0, 0)
    assert 43_636 * LANDSAT_OLI.scale + LANDSAT_OLI.offset == pytest.approx(1, abs=1e-4)
    assert PLANETSCOPE.gsd_m == 3
    assert PLAIN.gsd_m is None


def test_radar_products() -> None:
    name = "S1A_IW_GRDH_1SDV_20241213T034512_20241213T034537_057000_070123_rtc.tif"
    corrected = declared_product(name, {})
    assert (corrected.id, corrected.nodata, corrected.radar) == ("sentinel-1-rtc", -32768, True)
    detected = declared_product(name.replace("_rtc", "_ABCD"), {})
    assert (detected.id, detected.nodata) == ("sentinel-1-grd", 0)
    assert band_labels(corrected, ("VV", "vh")) == ("vv", "vh")
    assert "float32" in corrected.dtypes
    assert "float32" not in S2_L2A.dtypes
    assert not S2_L2A.radar


def test_the_band_numbers_of_landsat_changed_with_landsat_8() -> None:
    assert landsat_table("landsat-9").canonical("B4") == "red"
    assert landsat_table("LANDSAT_7").canonical("B4") == "nir08"
    assert landsat_table("landsat-5").canonical("TM_B3") == "red"
