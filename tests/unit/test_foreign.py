"""Foreign Items of every shape become one form, or are refused with the reason."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from imagery.archives import known_archives
from imagery.catalogs import (
    COLLECTION,
    NOTES,
    PROCESSED,
    PRODUCT,
    QUALITY,
    REQUESTER_PAYS,
    SIGNING,
    TILE,
)
from imagery.catalogs.fields import APPLIED, BASELINE, DECLARED_DN, OFFSET_DOUBT
from imagery.catalogs.foreign import Origin, canonical_item, too_deep
from imagery.errors import BandError, DateError, GridError, UntrustedError, printable

HERE = Path(__file__).parent / "foreign"
ARCHIVES = known_archives()
S2_BANDS = ["coastal", "blue", "green", "red", "rededge1", "rededge2", "rededge3"]
S2_BANDS += ["nir", "nir08", "nir09", "swir16", "swir22", "scl"]
LANDSAT_BANDS = ["coastal", "blue", "green", "red", "nir08", "swir16", "swir22", "qa_pixel"]


def shape(name: str) -> dict[str, Any]:
    return json.loads((HERE / f"{name}.json").read_text())


def origin(archive: str | None = None) -> Origin:
    return Origin("https://stac.example/v1/search", None, ARCHIVES.get(archive or ""))


def changed(name: str, **properties: Any) -> dict[str, Any]:
    """An Item with some of its properties set, or with ``None`` taken away."""
    said = copy.deepcopy(shape(name))
    for key, value in properties.items():
        said["properties"][key.replace("__", ":")] = value
    return said


def notes(item: Any) -> str:
    return " ".join(item.properties.get(NOTES, []))


@pytest.mark.parametrize(
    ("name", "archive", "bands"),
    [
        ("earth_search_s2", "earth-search", S2_BANDS),
        ("earth_search_c1", "earth-search", S2_BANDS),
        ("earth_search_landsat", "earth-search", LANDSAT_BANDS),
        ("planetary_computer_s2", "planetary-computer", S2_BANDS),
        ("planetary_computer_landsat", "planetary-computer", LANDSAT_BANDS),
        ("planetary_computer_rtc", "planetary-computer", ["vv", "vh"]),
        ("cdse_s2", "cdse", S2_BANDS),
    ],
)
@pytest.mark.parametrize("known", [True, False])
def test_one_vocabulary_whatever_the_catalogue_calls_them(
    name: str, archive: str, bands: list[str], known: bool
) -> None:
    item = canonical_item(shape(name), origin(archive if known else None))
    assert list(item.assets) == bands
    for key, asset in item.assets.items():
        assert [band["name"] for band in asset.extra_fields["eo:bands"]] == [key]
        # The grid and the numbers are the file's to say.
        assert not {k for k in asset.extra_fields if k.startswith(("proj:", "raster:"))}
        assert not any(word in asset.href for word in ("TCI", "preview", "PVI", "thumb"))
        assert (QUALITY in asset.extra_fields) == (key in ("scl", "qa_pixel"))
    assert item.properties[COLLECTION] == shape(name)["collection"]
    assert not set(item.properties) & {"eo:cloud_cover", "proj:epsg"}


def test_facts_are_one_whatever_the_catalogue_calls_them() -> None:
    same = {
        PRODUCT: "sentinel-2-l2a",
        "platform": "sentinel-2a",
        "sat:relative_orbit": 121,
        TILE: "36SYD",
        PROCESSED: "2024-12-13T11:50:00Z",
        "view:sun_elevation": 29.5,
        "view:sun_azimuth": 163.9,
        BASELINE: "05.11",
    }
    for name in ("earth_search_s2", "earth_search_c1", "planetary_computer_s2", "cdse_s2"):
        found = canonical_item(shape(name), origin()).properties
        assert {key: found[key] for key in same} == same, name
    landsat = canonical_item(shape("planetary_computer_landsat"), origin()).properties
    assert (landsat["platform"], landsat[TILE]) == ("landsat-9", "174036")
    assert landsat[PROCESSED] == "2024-12-12T18:40:00Z"
    assert BASELINE not in landsat
    radar = canonical_item(shape("planetary_computer_rtc"), origin()).properties
    assert (radar["platform"], radar["sat:relative_orbit"]) == ("sentinel-1a", 53)
    assert NOTES not in radar


def test_a_cell_without_its_zero_is_the_same_cell() -> None:
    said = changed("cdse_s2", grid__code="MGRS-6SYD")
    said["id"] = "S2A_MSIL2A_20241213T082331_N0511_R121_T06SYD_20241213T115000"
    said["geometry"]["coordinates"] = [[[-147, 35], [-146, 35], [-146, 36], [-147, 35]]]
    item = canonical_item(said, origin())
    assert item.properties[TILE] == "06SYD"
    assert NOTES not in item.properties


# Bands.


@pytest.mark.parametrize(
    ("name", "band", "part"),
    [
        ("cdse_s2", "blue", "B02_10m.jp2"),
        ("cdse_s2", "nir08", "B8A_20m.jp2"),
        ("cdse_s2", "scl", "SCL_20m.jp2"),
        ("earth_search_s2", "red", "B04.tif"),
    ],
)
def test_the_finest_copy_of_a_band_and_a_geotiff_before_a_jpeg(
    name: str, band: str, part: str
) -> None:
    assert canonical_item(shape(name), origin()).assets[band].href.endswith(part)


def test_two_equally_good_copies_are_refused() -> None:
    said = shape("planetary_computer_s2")
    said["assets"]["red"] = {**said["assets"]["B04"], "href": "https://x.example/other.tif"}
    with pytest.raises(BandError, match=r"has red twice \(B04 and red\)"):
        canonical_item(said, origin())


def test_names_that_contradict_each_other_are_refused() -> None:
    said = shape("planetary_computer_s2")
    said["assets"]["B04"]["eo:bands"] = [{"name": "B04", "common_name": "blue"}]
    with pytest.raises(BandError, match="both red and blue"):
        canonical_item(said, origin())


@pytest.mark.parametrize("common", ["nir", "rededge"])
def test_a_common_name_may_be_a_range_of_wavelengths(common: str) -> None:
    said = shape("planetary_computer_s2")
    said["assets"]["B8A"]["eo:bands"] = [{"name": "B8A", "common_name": common}]
    assert canonical_item(said, origin()).assets["nir08"].href.endswith("B8A_20m.tif")


def test_bands_of_stac_1_1_are_read_by_name() -> None:
    said = shape("cdse_s2")
    asset = said["assets"]["B04_10m"]
    said["assets"] = {"measurement": {**asset, "gsd": 10}}
    assert list(canonical_item(said, origin()).assets) == ["red"]
    asset["bands"] = [{"eo:common_name": "swir16"}]
    assert list(canonical_item(said, origin()).assets) == ["red"]


def test_no_band_that_can_be_told_lists_what_is_there() -> None:
    said = shape("planetary_computer_s2")
    asset = {**said["assets"]["B04"], "eo:bands": []}
    said["assets"] = {"layer_a": asset, "visual": said["assets"]["visual"]}
    with pytest.raises(BandError, match="it has layer_a, visual"):
        canonical_item(said, origin())


def test_keys_of_assets_do_not_reach_a_terminal_as_they_are() -> None:
    said = shape("planetary_computer_s2")
    said["assets"] = {"\x1b[2J": {**said["assets"]["AOT"]}}
    with pytest.raises(BandError, match=r"it has \?\[2J"):
        canonical_item(said, origin())


def test_a_table_of_the_users_own_names_bands() -> None:
    said = shape("planetary_computer_s2")
    asset = {**said["assets"]["B04"], "eo:bands": []}
    said.update(assets={"layer_a": asset}, collection="odd")
    table = {"product": "sentinel-2-l2a", "bands": {"layer_a": "red"}}
    own = {"mine": {"url": "https://x.example", "collections": {"odd": table}}}
    found = canonical_item(said, Origin("https://x.example", None, known_archives(own)["mine"]))
    assert list(found.assets) == ["red"]


@pytest.mark.parametrize("key", ["visual", "preview", "rendered_preview", "overview", "TCI_10m"])
def test_a_picture_is_never_a_band(key: str) -> None:
    said = shape("planetary_computer_s2")
    picture = {**said["assets"]["B04"], "href": "https://x.example/picture.tif"}
    said["assets"] = {key: picture, "B03": said["assets"]["B03"]}
    assert list(canonical_item(said, origin()).assets) == ["green"]


@pytest.mark.parametrize("role", ["overview", "thumbnail", "Visual"])
def test_a_role_tells_a_picture_too(role: str) -> None:
    said = shape("planetary_computer_s2")
    said["assets"]["B04"]["roles"] = ["data", role]
    assert "red" not in canonical_item(said, origin()).assets


def test_eight_bit_reflectance_is_a_picture() -> None:
    said = shape("planetary_computer_s2")
    said["assets"]["B04"]["raster:bands"] = [{"data_type": "uint8"}]
    assert "red" not in canonical_item(said, origin()).assets


def test_band_numbers_of_landsat_are_those_of_its_sensor() -> None:
    said = changed("planetary_computer_landsat", platform="landsat-7")
    said["id"] = "LE07_L2SP_174036_20241210_02_T1"
    asset = {"href": "https://x.example/a.TIF", "type": "image/tiff"}
    said["assets"] = {"SR_B4": asset, "SR_B3": {**asset, "href": "https://x.example/b.TIF"}}
    assert set(canonical_item(said, origin()).assets) == {"nir08", "red"}
    said["properties"]["platform"] = None
    said["id"] = "scene"
    with pytest.raises(BandError, match="which Landsat"):
        canonical_item(said, origin())


def test_a_quality_layer_among_the_bands_of_one_asset() -> None:
    said = shape("earth_search_c1")
    bands = [{"name": name} for name in ("B04", "SCL")]
    said["assets"] = {"image": {**said["assets"]["red"], "eo:bands": bands}}
    assert canonical_item(said, origin()).assets["data"].extra_fields[QUALITY] == [2]


def test_an_asset_of_several_bands_stays_one() -> None:
    said = shape("earth_search_c1")
    bands = [{"name": name} for name in ("B02", "B03", "B04", "B08")]
    said["assets"] = {"image": {**said["assets"]["red"], "eo:bands": bands}}
    item = canonical_item(said, origin())
    assert list(item.assets) == ["data"]
    found = [band["name"] for band in item.assets["data"].extra_fields["eo:bands"]]
    assert found == ["blue", "green", "red", "nir"]


def test_an_unknown_product_keeps_what_its_catalogue_calls_the_bands() -> None:
    said = shape("earth_search_c1")
    said.update(id="aerial_2024-12-13", collection="aerial")
    said["properties"] = {"datetime": "2024-12-13T08:00:00Z"}
    said["assets"] = {key: said["assets"][key] for key in ("red", "green", "visual")}
    item = canonical_item(said, origin())
    assert item.properties[PRODUCT] == "geotiff"
    assert sorted(item.assets) == ["green", "red"]


def test_a_product_that_is_filed_wrongly_is_refused() -> None:
    said = shape("cdse_s2")
    said["id"] = said["id"].replace("MSIL2A", "MSIL1C")
    with pytest.raises(BandError, match="filed as sentinel-2-l2a, but its name says"):
        canonical_item(said, origin())


def test_a_corrected_radar_scene_may_keep_the_name_of_what_it_was_made_of() -> None:
    said = shape("planetary_computer_rtc")
    said["id"] = said["id"].replace("_rtc", "_ABCD")
    assert canonical_item(said, origin()).properties[PRODUCT] == "sentinel-1-rtc"


# Dates.


@pytest.mark.parametrize("said", ["2024-12-13T11:23:31+03:00", "2024-12-13T08:23:31.000000000Z"])
def test_times_are_taken_to_utc(said: str) -> None:
    item = canonical_item(changed("cdse_s2", datetime=said), origin())
    assert item.datetime == datetime(2024, 12, 13, 8, 23, 31, tzinfo=UTC)
    assert NOTES not in item.properties


def test_a_span_stands_for_its_middle() -> None:
    edges = {"start_datetime": "2024-12-13T23:59:58Z", "end_datetime": "2024-12-14T00:00:04Z"}
    said = changed("planetary_computer_landsat", datetime=None, **edges)
    said["id"] = "LC09_L2SP_174036_20241213_02_T1"
    found = canonical_item(said, origin()).datetime
    assert found == datetime(2024, 12, 14, 0, 0, 1, tzinfo=UTC)


def test_a_composite_of_days_is_refused() -> None:
    edges = {"start_datetime": "2024-12-01T00:00:00Z", "end_datetime": "2024-12-31T00:00:00Z"}
    with pytest.raises(DateError, match="no single pass"):
        canonical_item(changed("earth_search_landsat", datetime=None, **edges), origin())


@pytest.mark.parametrize("said", ["NaT", "", "yesterday", 20241210, "0001-01-01T00:00:00Z", None])
def test_a_time_that_is_none_is_refused(said: object) -> None:
    with pytest.raises(DateError, match=r"unreadable|not given|before or after"):
        canonical_item(changed("earth_search_landsat", datetime=said), origin())


def test_an_official_name_gives_the_time_that_the_item_lacks() -> None:
    item = canonical_item(changed("cdse_s2", datetime="NaT"), origin())
    assert item.datetime == datetime(2024, 12, 13, 8, 23, 31, tzinfo=UTC)
    assert "'NaT'" in notes(item)


def test_a_time_without_a_zone_counts_only_where_the_name_confirms_it() -> None:
    confirmed = canonical_item(changed("cdse_s2", datetime="2024-12-13T08:29:51"), origin())
    assert confirmed.datetime == datetime(2024, 12, 13, 8, 29, 51, tzinfo=UTC)
    with pytest.raises(DateError, match="no time zone"):  # 11:29 is local time
        canonical_item(changed("cdse_s2", datetime="2024-12-13T11:29:51"), origin())
    with pytest.raises(DateError, match="no time zone"):  # a Landsat name holds the day only
        canonical_item(changed("earth_search_landsat", datetime="2024-12-10T08:10:22"), origin())


def test_local_time_that_calls_itself_utc_is_set_right_by_the_name() -> None:
    item = canonical_item(changed("cdse_s2", datetime="2024-12-13T11:23:31Z"), origin())
    assert item.datetime == datetime(2024, 12, 13, 8, 23, 31, tzinfo=UTC)
    assert "the name was taken" in notes(item)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("cdse_s2", "2024-11-13T08:23:31Z"),
        ("planetary_computer_landsat", "2024-12-12T08:10:22Z"),
        ("planetary_computer_rtc", "2024-12-15T03:45:25Z"),
    ],
)
def test_a_time_off_its_products_name_by_days_is_refused(name: str, said: str) -> None:
    with pytest.raises(DateError, match="but its product's name says"):
        canonical_item(changed(name, datetime=said), origin())


def test_a_name_with_two_dates_is_read_by_its_kind() -> None:
    said = shape("planetary_computer_s2")
    del said["properties"]["s2:product_uri"]
    assert "_20241214T" in said["id"]  # made on the next day
    assert canonical_item(said, origin()).datetime.day == 13


# Offset: facts, nothing decided.


@pytest.mark.parametrize(
    ("name", "archive", "baseline", "applied", "declared"),
    [
        ("earth_search_s2", "earth-search", "05.11", True, None),
        ("earth_search_c1", "earth-search", "05.11", None, 1000),
        ("planetary_computer_s2", "planetary-computer", "05.11", None, None),
        ("cdse_s2", "cdse", "05.11", None, 1000),
        ("earth_search_s2", None, "05.11", True, 1000),
    ],
)
def test_offset_facts(
    name: str, archive: str | None, baseline: str, applied: bool | None, declared: float | None
) -> None:
    found = canonical_item(shape(name), origin(archive)).properties
    assert [found.get(key) for key in (BASELINE, APPLIED, DECLARED_DN)] == [
        baseline,
        applied,
        declared,
    ]
    assert found.get(OFFSET_DOUBT) is (True if archive is None else None)


def test_a_declared_zero_against_the_baseline_is_doubted() -> None:
    said = shape("earth_search_c1")
    for asset in said["assets"].values():
        for band in asset.get("raster:bands", []):
            band["offset"] = 0
    item = canonical_item(said, origin("earth-search"))
    assert item.properties[DECLARED_DN] == 0
    assert item.properties[OFFSET_DOUBT] is True
    assert "baseline 05.11 has 1000 DN" in notes(item)


def test_rasters_that_declare_different_offsets_declare_none() -> None:
    said = shape("earth_search_c1")
    said["assets"]["red"]["raster:bands"][0]["offset"] = 0
    item = canonical_item(said, origin("earth-search"))
    assert DECLARED_DN not in item.properties
    assert "different offsets (0 and 1000 DN)" in notes(item)


def test_a_flag_that_is_no_flag_says_nothing() -> None:
    item = canonical_item(
        changed("earth_search_s2", earthsearch__boa_offset_applied="maybe"), origin()
    )
    assert APPLIED not in item.properties
    assert "which says nothing" in notes(item)


def test_a_baseline_has_two_names() -> None:
    said = shape("cdse_s2")
    said["id"] = "scene"
    assert canonical_item(said, origin()).properties[BASELINE] == "05.11"
    said["properties"]["processing:version"] = "1.2.3"  # of some software
    assert BASELINE not in canonical_item(said, origin()).properties


def test_the_products_name_outranks_a_wrong_baseline() -> None:
    item = canonical_item(changed("earth_search_s2", s2__processing_baseline="03.01"), origin())
    assert item.properties[BASELINE] == "05.11"
    assert "stated as 03.01" in notes(item)


# Footprints.


def ring(*corners: tuple[float, float]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": [[list(c) for c in (*corners, corners[0])]]}


@pytest.mark.parametrize(
    ("geometry", "said"),
    [
        (None, "no footprint"),
        ({"type": "Point", "coordinates": [35, 35]}, "no polygon"),
        ({"type": "Polygon", "coordinates": []}, "without two numbers"),
        ({"type": "Polygon", "coordinates": [[["a", "b"]]]}, "without two numbers"),
        ({"type": "Polygon", "coordinates": [[[35, 35], [36, 35]]]}, "no outline"),
        (ring((35, 35), (36, 36), (35.5, 35.5)), "without an area"),
        (ring((34.7, 134.9), (35.7, 134.9), (35.7, 136.1)), "off the globe"),
        (ring((-179, 34), (179, 34), (179, 35), (-179, 35)), "antimeridian"),
        # Latitude first: near 35 N 35 E this is told by the tile alone.
        (ring((24.7, 44.9), (25.7, 44.9), (25.7, 46.1), (24.7, 46.1)), "not on its tile 36SYD"),
        (
            {"type": "Polygon", "coordinates": [[[35, float("nan")], [36, 35], [36, 36]]]},
            "without two",
        ),
    ],
)
def test_a_footprint_that_is_none_is_refused(geometry: Any, said: str) -> None:
    item = shape("cdse_s2")
    item["geometry"] = geometry
    with pytest.raises(GridError, match=said):
        canonical_item(item, origin())


def test_a_footprint_split_at_the_antimeridian_is_one() -> None:
    said = shape("planetary_computer_landsat")
    said["geometry"] = {
        "type": "MultiPolygon",
        "coordinates": [
            ring((179, 34), (180, 34), (180, 35), (179, 35))["coordinates"],
            ring((-180, 34), (-179, 34), (-179, 35), (-180, 35))["coordinates"],
        ],
    }
    assert canonical_item(said, origin()).geometry["type"] == "MultiPolygon"


# Addresses, and what else a hostile catalogue says.


@pytest.mark.parametrize(
    ("href", "said"),
    [
        ("file:///etc/passwd", "file:, not http"),
        ("/vsicurl/https://x.example/a.tif", "virtual file"),
        ("//vsis3/bucket/a.tif", "virtual file"),
        ("vsizip/a.tif", "virtual file"),
        ("data:image/tiff;base64,AAAA", "data:, not http"),
        ("https://x.example/a.vrt", "VRT"),
        ("https://me:pw@x.example/a.tif", "a user"),
        ("s3:///a.tif", "no host"),
        ("https://x.example/a\n.tif", "odd characters"),
        ("ftp://x.example/a.tif", "ftp:, not http"),
        ("\\\\server\\a.tif", "odd characters"),
        ("", "empty"),
    ],
)
def test_addresses_that_nothing_is_read_from(href: str, said: str) -> None:
    item = shape("planetary_computer_s2")
    item["assets"]["B04"]["href"] = href
    with pytest.raises(UntrustedError, match=said) as caught:
        canonical_item(item, origin())
    assert "pw" not in str(caught.value)


def test_a_vrt_is_refused_by_name_whatever_its_media_type() -> None:
    said = shape("planetary_computer_s2")
    said["assets"]["B04"].update(href="https://x.example/a.VRT", type="application/x-gdal-vrt")
    with pytest.raises(UntrustedError, match="VRT"):
        canonical_item(said, origin())


def test_a_remote_item_never_names_a_local_path() -> None:
    said = shape("planetary_computer_s2")
    said["assets"]["B04"]["href"] = "/etc/passwd.tif"
    found = canonical_item(said, Origin("https://stac.example/v1/items/a")).assets["red"].href
    assert found == "https://stac.example/etc/passwd.tif"


def test_a_local_item_stays_in_its_folder(tmp_path: Path) -> None:
    root = tmp_path / "catalogue"
    (root / "items").mkdir(parents=True)
    (tmp_path / "secret.tif").touch()
    (root / "link.tif").symlink_to(tmp_path / "secret.tif")
    here = Origin(str(root / "items" / "a.json"), root)
    said = shape("planetary_computer_s2")
    said["assets"] = {"B04": {"href": "../red band.tif", "type": "image/tiff"}}
    assert canonical_item(said, here).assets["red"].href == str(root / "red band.tif")
    for href in ("../../secret.tif", str(tmp_path / "secret.tif"), "../link.tif"):
        said["assets"]["B04"]["href"] = href
        with pytest.raises(UntrustedError, match="out of the catalogue's folder"):
            canonical_item(said, here)


def test_how_an_asset_is_signed_and_which_address_fits() -> None:
    s3 = canonical_item(shape("cdse_s2"), origin("cdse")).assets["red"]
    assert s3.href.startswith("s3://eodata/")
    assert s3.extra_fields[SIGNING] == "s3"
    own = known_archives({"cdse": {"signing": "bearer"}})["cdse"]
    bearer = canonical_item(shape("cdse_s2"), Origin("https://x.example", None, own)).assets["red"]
    assert bearer.href.startswith("https://download.dataspace.copernicus.eu/")
    landsat = canonical_item(shape("earth_search_landsat"), origin("earth-search")).assets["red"]
    assert landsat.href.startswith("s3://usgs-landsat/")
    assert landsat.extra_fields[REQUESTER_PAYS] is True
    plain = canonical_item(shape("earth_search_landsat"), origin()).assets["red"]
    assert plain.href.startswith("https://landsatlook.usgs.gov/")
    assert SIGNING not in plain.extra_fields


def test_an_id_is_data_and_never_a_path() -> None:
    said = shape("cdse_s2")
    said["id"] = "../../etc/passwd"
    assert canonical_item(said, origin()).id == "../../etc/passwd"
    for name in ("a\x1b[31m", "x" * 300, "", 7, None):
        said["id"] = name
        with pytest.raises(UntrustedError, match="id"):
            canonical_item(said, origin())
    assert printable("a\x1b[31m\n") == "a?[31m?"
    assert len(printable("x" * 300)) == 200


@pytest.mark.parametrize(
    "said",
    [
        None,
        [],
        {},
        {"type": "Feature", "id": "a"},
        {"type": "Feature", "id": "a", "properties": {}},
    ],
)
def test_what_is_no_item_is_refused(said: object) -> None:
    with pytest.raises(UntrustedError):
        canonical_item(said, origin())


def test_deep_nesting_is_refused_without_a_recursion() -> None:
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    said = shape("cdse_s2")
    said["properties"]["deep"] = deep
    with pytest.raises(UntrustedError, match="nested"):
        canonical_item(said, origin())
    assert not too_deep({"a": [1, {"b": 2}]}, 4)
    assert too_deep({"a": [1, {"b": 2}]}, 3)
    while deep:  # Python frees a deep list level by level
        deep = deep.pop()


def test_whole_numbers_that_fit_no_float_are_no_numbers() -> None:
    said = changed("cdse_s2", view__sun_elevation=10**400, sat__relative_orbit=10**400)
    said["assets"]["B04_10m"]["gsd"] = 10**400
    said["assets"]["B04_10m"]["raster:offset"] = 10**400
    item = canonical_item(said, origin())
    assert "view:sun_elevation" not in item.properties
    assert item.properties["sat:relative_orbit"] == 121
    said["geometry"]["coordinates"][0][0][0] = 10**400
    with pytest.raises(GridError, match="without two numbers"):
        canonical_item(said, origin())


def test_links_in_a_circle_lead_out_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "a.tif").symlink_to("b.tif")
    (tmp_path / "b.tif").symlink_to("a.tif")
    said = shape("planetary_computer_s2")
    said["assets"] = {"B04": {"href": "a.tif", "type": "image/tiff"}}
    with pytest.raises(UntrustedError, match="out of the catalogue"):
        canonical_item(said, Origin(str(tmp_path / "item.json"), tmp_path))


def test_the_items_own_json_is_not_changed() -> None:
    said = shape("cdse_s2")
    canonical_item(said, origin("cdse"))
    assert said == shape("cdse_s2")
