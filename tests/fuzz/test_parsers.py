"""Whatever a file holds, each parser reads it or refuses it by an error of ours, in one sentence.

The changes are those of ``python -m benchmarks.fuzz``; here the parsers are called alone, so that
some hundred examples of each take seconds.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
import rasterio
from hypothesis import given, settings
from hypothesis import strategies as st
from small_tiffs import UTM, write_geotiff

from benchmarks.fuzzing import mutate, tables, tiffs
from imagery import tiff
from imagery.archives import known_archives
from imagery.catalogs.api import Query
from imagery.catalogs.crawl import LocalDocuments
from imagery.catalogs.folder import item_from_file
from imagery.catalogs.search import search_files, search_web
from imagery.errors import ImageryError, UnreadableFile
from imagery.geotiff import read_geotiff, read_header
from imagery.model import Period
from imagery.sites import read_geojson
from pipelines.batch.form import read as read_watch_list
from pipelines.claims import extract
from pipelines.claims import file as claims_file
from pipelines.config import choose, reach
from pipelines.toml import toml_table

ROOT = Path(__file__).parents[2]
BAIT = mutate.Bait("/nowhere/outside", 9)
SEEDS = st.integers(0, 2**32 - 1).map(Random)
PERIOD = Period(datetime(2010, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC))
QUERY = Query((35.9, 35.3, 36.0, 35.5), PERIOD)


def examples(number: int) -> Callable[[Any], Any]:
    """So many, and the same ones each time."""
    return settings(max_examples=number, derandomize=True, database=None, deadline=None)


def refused_or(read: Callable[[], Any]) -> Any:
    """What is read; None where it is refused in one sentence that can be printed."""
    try:
        return read()
    except ImageryError as error:
        said = str(error)
    assert said.endswith(".")
    assert len(said) < 3000
    return None


@pytest.fixture(scope="module")
def forms(tmp_path_factory: pytest.TempPathFactory) -> list[bytes]:
    """One small image in the main forms of TIFF."""
    folder = tmp_path_factory.mktemp("forms")
    pixels = np.arange(4 * 48 * 40, dtype=np.uint16).reshape(4, 48, 40)
    tiled = {"tiled": True, "blockxsize": 16, "blockysize": 16}
    said: list[dict[str, Any]] = [
        {"compress": "deflate", "tags": {"X": "1"}, "nodata": 0},
        {"interleave": "band"},
        {"compress": "lzw", "predictor": 2, **tiled},
        {"bigtiff": "yes", **tiled},
        {"endianness": "big"},
    ]
    return [
        write_geotiff(folder / f"{n}.tif", pixels, **each).read_bytes()
        for n, each in enumerate(said)
    ]


@examples(250)
@given(random=SEEDS)
def test_a_geotiff(forms: list[bytes], tmp_path_factory: Any, random: Random) -> None:
    path = tmp_path_factory.getbasetemp() / "changed_2024-12-13.tif"
    path.write_bytes(tiffs.tiff_changed(random.choice(forms), random, BAIT))
    header = refused_or(lambda: read_header(path))
    if header is None:
        return
    assert np.isfinite(header.geobox.footprint("EPSG:4326").boundingbox.bbox).all()
    refused_or(lambda: item_from_file(path, dated=False))
    pixels = refused_or(lambda: read_geotiff(path, lambda dataset: dataset.read()))
    assert pixels is None or pixels.shape[1:] == header.geobox.shape


@examples(300)
@given(random=SEEDS)
def test_the_directories_of_a_tiff(forms: list[bytes], random: Random) -> None:
    data = tiffs.tiff_changed(random.choice(forms), random, BAIT)
    spent = 0

    def read(start: int, stop: int) -> bytes:
        nonlocal spent
        spent += stop - start
        assert 0 <= start <= stop <= len(data)
        return data[start:stop]

    for walk in (tiff.layout, tiff.check_blocks):
        with suppress(tiff.Damaged):
            walk(read, len(data))
    assert spent < 4 * len(data) + 2**21


@pytest.mark.parametrize("number", range(len(list(tiffs.bombs()))))
def test_a_bomb_is_refused_by_its_header(tmp_path: Path, number: int) -> None:
    path = tmp_path / "a.tif"
    path.write_bytes(list(tiffs.bombs())[number])
    with pytest.raises(ImageryError):
        read_header(path)


def test_a_virtual_raster_is_no_geotiff(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    path.write_bytes(tiffs.vrt(BAIT, Random(1)))
    with pytest.raises(UnreadableFile, match="not a GeoTIFF"):
        read_header(path)


SITES = [json.loads(path.read_text()) for path in (ROOT / "imagery" / "sites").glob("*.geojson")]


@examples(300)
@given(random=SEEDS)
def test_a_site(tmp_path_factory: Any, random: Random) -> None:
    path = tmp_path_factory.getbasetemp() / "place.geojson"
    path.write_bytes(mutate.json_changed(random.choice(SITES), random, BAIT))
    site = refused_or(lambda: read_geojson(path))
    if site is not None:
        assert all(re.fullmatch(r"[\w.-]+", zone.id) for zone in site.zones)
        assert all(abs(edge) <= 180 for edge in site.bounds)


@examples(400)
@given(random=SEEDS)
def test_a_file_of_options(tmp_path_factory: Any, random: Random) -> None:
    path = tmp_path_factory.getbasetemp() / "options.toml"
    path.write_bytes(mutate.toml_changed(tables.OPTIONS, random, BAIT))
    refused_or(lambda: choose(path, {}))
    access = refused_or(lambda: reach(path, {}))
    if access is not None:
        refused_or(lambda: known_archives(access.archives))


@examples(200)
@given(random=SEEDS)
def test_a_watch_list(tmp_path_factory: Any, random: Random) -> None:
    folder = tmp_path_factory.getbasetemp() / "watch"
    (folder / "places").mkdir(parents=True, exist_ok=True)
    (folder / "tiles").mkdir(exist_ok=True)
    (folder / "article.txt").write_text("Two ships.")
    (folder / "places" / "one.geojson").write_text(json.dumps(SITES[0]))
    path = folder / "watch.toml"
    path.write_bytes(mutate.toml_changed(tables.WATCH, random, BAIT))
    for skip_bad in (False, True):
        try:
            read_watch_list(path, skip_bad=skip_bad)
        except ImageryError as error:
            said = [str(error), *getattr(error, "__notes__", ())]
            assert all(len(each) < 3000 for each in said)


@examples(200)
@given(text=st.text(max_size=300))
def test_any_text_as_toml(text: str) -> None:
    refused_or(lambda: toml_table(Path("a.toml"), text))


ARTICLES = [
    (ROOT / "sample_tiles" / "article.txt").read_bytes(),
    *(path.read_bytes() for path in sorted((ROOT / "tests/claims/dev").glob("*.txt"))[::6]),
]


@examples(120)
@given(random=SEEDS)
def test_an_article(random: Random) -> None:
    data = mutate.text_changed(random.choice(ARTICLES), random, BAIT)
    text = data.decode("utf-8", "replace")
    for claim in refused_or(lambda: extract(text, article_date=date(2024, 12, 14))) or ():
        assert text[claim.start : claim.end] == claim.quote


CLAIMS = json.loads((ROOT / "tests/claims/dev/adversarial_numbers.json").read_text())
CLAIMS = {
    "claims": [
        {key: value for key, value in claim.items() if key != "also_accept"}
        for claim in CLAIMS["claims"][:6]
    ]
}


@examples(400)
@given(random=SEEDS)
def test_a_file_of_claims(tmp_path_factory: Any, random: Random) -> None:
    path = tmp_path_factory.getbasetemp() / "claims.json"
    path.write_bytes(mutate.json_changed(CLAIMS, random, BAIT))
    found = refused_or(lambda: claims_file.read(path))
    if found is not None:
        again = json.loads(claims_file.dumps(found))
        assert claims_file.parse(again).claims == found.claims


class Served:
    """What ``web.Web`` is to a search: documents by address, and a note of who was asked."""

    def __init__(self, said: dict[str, Any]) -> None:
        self.said = said
        self.asked: list[str] = []

    def json(self, url: str, *, body: Any = None) -> Any:
        self.asked.append(url)
        return self.said.get(url.partition("?")[0], {})


HOME = "https://stac.example"
ITEM = json.loads((ROOT / "tests/unit/foreign/earth_search_s2.json").read_text())
LANDING = {
    "type": "Catalog",
    "id": "api",
    "links": [{"rel": "search", "href": f"{HOME}/search", "method": "POST"}],
}
PAGE = {
    "type": "FeatureCollection",
    "features": [ITEM],
    "links": [{"rel": "next", "href": f"{HOME}/search", "method": "POST", "body": {"token": "b"}}],
}


@examples(150)
@given(random=SEEDS)
def test_what_an_api_answers(random: Random) -> None:
    landing, page = LANDING, PAGE
    if random.random() < 1 / 3:
        landing = mutate.value_changed(LANDING, random, BAIT)
    else:
        page = mutate.value_changed(PAGE, random, BAIT)
    web = Served({HOME: landing, f"{HOME}/search": page})
    found = refused_or(lambda: search_web(web, HOME, landing, QUERY, name="it"))
    assert all(url.startswith((HOME, "http://stac.example")) for url in web.asked)
    if found is not None:
        assert all(each.id.isprintable() and each.reason.isprintable() for each in found.refused)
        for item in found.items:
            json.dumps(item.to_dict(), allow_nan=False)


CATALOG = {
    "type": "Catalog",
    "id": "root",
    "description": "",
    "links": [{"rel": "item", "href": "./item.json"}, {"rel": "child", "href": "./more.json"}],
}


@examples(200)
@given(random=SEEDS)
def test_a_catalogue_on_disk(tmp_path_factory: Any, random: Random) -> None:
    folder = tmp_path_factory.getbasetemp() / "catalogue" / "inner"
    folder.mkdir(parents=True, exist_ok=True)
    documents = {"catalog.json": CATALOG, "item.json": ITEM, "more.json": {**CATALOG, "links": []}}
    changed = random.choice(sorted(documents))
    for name, said in documents.items():
        data = json.dumps(said).encode()
        if name == changed:
            data = mutate.json_changed(said, random, BAIT)
        (folder / name).write_bytes(data)
    read: list[str] = []

    class Noted(LocalDocuments):
        def read(self, place: str) -> Any:
            read.append(place)
            return super().read(place)

    query = refused_or(lambda: search_files(Noted(folder), folder / "catalog.json", folder, QUERY))
    assert all(Path(place).resolve().is_relative_to(folder.resolve()) for place in read)
    assert query is None or all(item.id for item in query.items)


def test_the_image_itself_is_sound(forms: list[bytes], tmp_path: Path) -> None:
    """Or nothing above would say anything."""
    for data in forms:
        (tmp_path / "a.tif").write_bytes(data)
        header = read_header(tmp_path / "a.tif")
        assert (header.geobox.shape, header.geobox.transform) == ((48, 40), UTM)
        with rasterio.open(tmp_path / "a.tif") as file:
            assert file.read().any()
    assert claims_file.parse(CLAIMS).claims
    web = Served({f"{HOME}/search": {**PAGE, "links": []}})
    (item,) = search_web(web, HOME, LANDING, QUERY, name="it").items
    assert item.id == ITEM["id"]
