from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from imagery.errors import InputError, UnreadableFile
from imagery.sites import load_site, read_geojson, registry

SQUARE = [[[35.94, 35.40], [35.95, 35.40], [35.95, 35.41], [35.94, 35.41], [35.94, 35.40]]]


def polygon(coordinates: Any = SQUARE) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": coordinates}


def feature(coordinates: Any = SQUARE, **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": polygon(coordinates)}


def collection(*features: Any, **members: Any) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": list(features), **members}


def saved(folder: Path, content: Any, name: str = "farm.geojson") -> Path:
    path = folder / name
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def test_the_registry_has_the_zones_that_claims_speak_of() -> None:
    zones = {zone.id for site in registry() for zone in site.zones}
    assert zones == {
        "hmeimim.runways",
        "hmeimim.apron",
        "hmeimim.transport_apron",
        "hmeimim.helicopters",
        "hmeimim.sam",
        "tartus.piers",
        "tartus.basin",
        "tartus.roadstead",
    }


def test_registry_outlines_admit_that_nobody_traced_them() -> None:
    for site in registry():
        for zone in site.zones:
            assert zone.status == "approximate"
            assert zone.source == "drawn from published coordinates, not checked against imagery"
            assert zone.uncertainty_m >= 150


@pytest.mark.parametrize(
    ("site", "lon", "lat"), [("hmeimim", 35.949, 35.401), ("tartus", 35.86, 34.91)]
)
def test_sites_lie_where_published(site: str, lon: float, lat: float) -> None:
    west, south, east, north = load_site(site).bounds
    assert west < lon < east
    assert south < lat < north


def test_the_air_defence_site_lies_west_of_the_runways() -> None:
    zones = {zone.id: zone.geometry for zone in load_site("hmeimim").zones}
    assert zones["hmeimim.sam"].bounds[2] < zones["hmeimim.runways"].bounds[0] + 0.0001


@pytest.mark.parametrize(
    ("name", "site"),
    [
        ("hmeimim", "hmeimim"),
        ("Khmeimim", "hmeimim"),
        ("HUMAYMIM", "hmeimim"),
        ("Хмеймим", "hmeimim"),
        ("حميميم", "hmeimim"),
        ("Tartous", "tartus"),
        ("Тартус", "tartus"),
        ("طرطوس", "tartus"),
    ],
)
def test_a_site_is_found_by_any_of_its_names(name: str, site: str) -> None:
    assert load_site(name).id == site


def test_no_two_sites_share_a_name() -> None:
    names = [name.casefold() for site in registry() for name in {site.id, site.name, *site.aliases}]
    assert len(names) == len(set(names))


def test_an_unknown_site_is_answered_with_the_nearest() -> None:
    with pytest.raises(InputError, match=r"nearest: hmeimim") as caught:
        load_site("hmeimm")
    assert not isinstance(caught.value, UnreadableFile)


def test_a_name_like_no_other_gets_no_guess() -> None:
    with pytest.raises(InputError, match=r"one of hmeimim, tartus, or a path"):
        load_site("zzz")


def test_a_zone_without_properties_gets_defaults(tmp_path: Path) -> None:
    bare = {"type": "Feature", "properties": None, "geometry": polygon()}
    site = load_site(str(saved(tmp_path, collection(feature(id="yard", uncertainty_m=20), bare))))
    assert [zone.id for zone in site.zones] == ["farm.yard", "farm.zone-2"]
    assert (site.id, site.name) == ("farm", "farm")
    assert [zone.status for zone in site.zones] == ["user", "user"]
    assert [zone.uncertainty_m for zone in site.zones] == [20, 0]


def test_a_full_zone_id_in_the_file_is_not_doubled(tmp_path: Path) -> None:
    site = read_geojson(saved(tmp_path, collection(feature(id="farm.yard"))))
    assert [zone.id for zone in site.zones] == ["farm.yard"]


@pytest.mark.parametrize("content", [polygon(), feature()], ids=["polygon", "feature"])
def test_a_bare_outline_is_a_site_of_one_zone(tmp_path: Path, content: dict[str, Any]) -> None:
    site = read_geojson(saved(tmp_path, content))
    assert site.id == "farm"
    assert [(zone.id, zone.name) for zone in site.zones] == [("farm.farm", "farm")]
    assert site.bounds == (35.94, 35.40, 35.95, 35.41)


def test_heights_a_byte_order_mark_and_crs84_are_harmless(tmp_path: Path) -> None:
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:OGC:1.3:CRS84"}}
    high = [[[*position, 12.5] for position in SQUARE[0]]]
    path = tmp_path / "hill.geojson"
    text = json.dumps(collection(feature(high), crs=crs))
    path.write_bytes(b"\xef\xbb\xbf" + text.encode())
    assert read_geojson(path).bounds == (35.94, 35.40, 35.95, 35.41)


def test_a_file_name_cannot_become_a_path(tmp_path: Path) -> None:
    assert read_geojson(saved(tmp_path, polygon(), "..my farm (1).geojson")).id == "my-farm-1"


OPEN = [SQUARE[0][:-1]]
BOWTIE = [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]
METRES = [[[767000, 3921000], [768000, 3921000], [768000, 3922000], [767000, 3921000]]]
SWAPPED = [[[35.4, 135.94], [35.5, 135.94], [35.5, 135.95], [35.4, 135.94]]]
UTM = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::32636"}}
POINT = {"type": "Feature", "properties": {}, "geometry": {"type": "Point", "coordinates": [1, 2]}}
BAD = {
    "crs": (collection(feature(), crs=UTM), "EPSG::32636"),
    "metres": (collection(feature(METRES)), "looks like metres"),
    "swapped": (collection(feature(SWAPPED)), "latitude first"),
    "range": (polygon([[[200, 95], [201, 95], [201, 96], [200, 95]]]), "outside"),
    "huge number": (polygon([[[10**400, 1], [2, 1], [2, 2], [10**400, 1]]]), "looks like metres"),
    "point": (collection(POINT), "feature 1 is a Point"),
    "open": (collection(feature(), feature(OPEN)), "ring of feature 2 is not closed"),
    "bowtie": (polygon(BOWTIE), "self-intersection"),
    "line": (polygon([[[0, 0], [1, 1], [0, 0]]]), "fewer than three corners"),
    "twins": (collection(feature(id="a"), feature(id="a")), "two zones have the id 'farm.a'"),
    "empty": (collection(), "no features"),
    "no geometry": (collection({"type": "Feature", "geometry": None}), "has no geometry"),
    "no rings": (polygon([]), "no coordinates"),
    "text position": (polygon([[["1", "2"], [2, 1], [2, 2], ["1", "2"]]]), "position"),
    "hostile id": (collection(feature(id="../../etc")), "not usable in a file name"),
    "id": (collection(feature(id=["a"])), "not a text"),
    "uncertainty": (collection(feature(uncertainty_m=-5)), "uncertainty_m of feature 1 is -5"),
    "uncertainty text": (collection(feature(uncertainty_m="5 m")), "Give metres"),
    "name": (collection(feature(name=7)), "'name' is 7"),
    "aliases": (collection(feature(), aliases="Farm"), "'aliases'"),
    "list": ([1, 2], "not GeoJSON"),
    "topology": ({"type": "Topology", "objects": {}}, "feature 1 is a Topology"),
}


@pytest.mark.parametrize(("content", "reason"), BAD.values(), ids=BAD.keys())
def test_a_bad_file_is_explained(tmp_path: Path, content: Any, reason: str) -> None:
    path = saved(tmp_path, content)
    with pytest.raises(UnreadableFile) as caught:
        read_geojson(path)
    assert str(path) in str(caught.value)
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)


RAW = {
    "not JSON": (b'{"type": ', "not JSON"),
    "NaN": (b'{"type": "Polygon", "coordinates": [[[NaN, 1]]]}', "NaN is not a JSON number"),
    "deep": (b"[" * 100_000, "not JSON"),
    "latin-1": ('{"type": "Café"}'.encode("latin-1"), "not UTF-8"),
    "empty": (b" \n", "the file is empty"),
}


@pytest.mark.parametrize(("data", "reason"), RAW.values(), ids=RAW.keys())
def test_bytes_that_are_no_site_are_explained(tmp_path: Path, data: bytes, reason: str) -> None:
    path = tmp_path / "farm.geojson"
    path.write_bytes(data)
    with pytest.raises(UnreadableFile, match=reason):
        read_geojson(path)


def test_a_missing_file_and_a_folder_are_explained(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="no such file"):
        load_site(str(tmp_path / "nowhere.geojson"))
    with pytest.raises(UnreadableFile, match="a folder"):
        load_site(str(tmp_path))
    with pytest.raises(UnreadableFile, match="not usable"):
        load_site("\0.geojson")


def test_a_file_that_is_some_other_data_set_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = saved(tmp_path, polygon())
    monkeypatch.setattr("imagery.sites.LARGEST_FILE", path.stat().st_size)
    assert read_geojson(path).id == "farm"
    monkeypatch.setattr("imagery.sites.LARGEST_FILE", path.stat().st_size - 1)
    with pytest.raises(UnreadableFile, match="larger than"):
        read_geojson(path)


def test_the_hash_is_that_of_the_file(tmp_path: Path) -> None:
    one = read_geojson(saved(tmp_path, polygon()))
    two = read_geojson(saved(tmp_path, collection(feature())))
    assert one.sha256 != two.sha256
    assert len(one.sha256) == 64


def test_looking_at_sites_imports_nothing_heavy() -> None:
    code = (
        "import sys, imagery.sites; imagery.sites.registry();"
        "print(sorted({'dask', 'xarray', 'rasterio', 'numba', 'odc'} & sys.modules.keys()))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
