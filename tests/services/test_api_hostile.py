"""Catalogues that mean harm: one sentence each, and nothing read or written where it may not be."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import Any

import archive
import httpcore
import pytest
from archive import EARTH_SEARCH, PLANETARY_COMPUTER
from commands import DAYS, arguments, invoke, refused, run
from publishing import Services, days, publish, serve
from range_server import Handler, Site, serving

from imagery.web import Dial
from pipelines import access

pytestmark = pytest.mark.services

VRT = (
    '<VRTDataset rasterXSize="512" rasterYSize="512"><VRTRasterBand dataType="UInt16" band="1">'
    "<SimpleSource><SourceFilename>/etc/passwd</SourceFilename></SimpleSource></VRTRasterBand>"
    "</VRTDataset>"
)
HREFS = {
    "file": ("file:///etc/passwd", "its address is file:, not http, https or s3"),
    "vsicurl": ("/vsicurl/http://127.0.0.1/a.tif", "its address is a virtual file"),
    "vsis3": ("/vsis3/bucket/a.tif", "its address is a virtual file"),
    "gdal": ("vrt:///vsicurl/http://127.0.0.1/a.tif", "not http, https or s3"),
    "vrt": ("FILES/a.vrt", "it is a virtual raster (VRT)"),
    "user": ("http://me:pw@127.0.0.1/a.tif", "names no host, or a user"),
    "odd": ("FILES/a\n.tif", "odd characters"),
}


def folder_of(path: Path) -> set[str]:
    return {str(each.relative_to(path)) for each in path.rglob("*")}


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder in which only ``cache`` may appear."""
    inner = tmp_path / "a" / "b" / "here"
    inner.mkdir(parents=True)
    monkeypatch.chdir(inner)
    return inner


def outside(here: Path) -> set[str]:
    """What appeared near the working folder, but for the cache."""
    found = folder_of(here.parents[2])
    return {each for each in found if not each.startswith("a/b/here/cache")} - {
        "a",
        "a/b",
        "a/b/here",
    }


def attempt(url: str, out: Path) -> Any:
    return invoke(*arguments(url, out, "--cache", "cache"))


@pytest.mark.parametrize("kind", HREFS)
def test_an_address_that_is_none(services: Services, here: Path, kind: str) -> None:
    href, sentence = HREFS[kind]
    href = href.replace("FILES", services.files)
    scenes = days(EARTH_SEARCH)
    items = [
        archive.item(
            EARTH_SEARCH,
            scene.stem,
            f"{scene.day}T{archive.TIME}",
            dict.fromkeys(archive.BANDS, href),
            scene.outline,
        )
        | {"collection": f"hostile-{kind}"}
        for scene in scenes
    ]
    services.load([archive.collection(f"hostile-{kind}")], items)
    url = f"{services.api}/collections/hostile-{kind}"
    refused(attempt(url, here / "out"), sentence, here / "out")
    period = ("--from", DAYS[0], "--to", DAYS[1])
    options = ("--imagery", url, "--json", "--cache", "cache")
    rows = json.loads(run("scenes", "hmeimim", *period, *options))
    assert [row["state"] for row in rows] == ["refused"] * 2
    assert all(sentence in row["reason"] for row in rows)
    assert outside(here) == set()


def test_a_virtual_raster_under_another_name(services: Services, here: Path) -> None:
    url = publish(services, "disguised", days(EARTH_SEARCH))
    for path in (services.root / "disguised").iterdir():
        path.write_text(VRT)
    sentence = "it is neither a GeoTIFF nor a JPEG 2000 file"
    refused(attempt(url, here / "out"), sentence, here / "out")


@pytest.mark.parametrize("identity", ["../../../../escaped", "..", "/etc/escaped", "a/../../../b"])
def test_an_id_that_is_a_path(here: Path, identity: str) -> None:
    """An id may be anything that can be printed; it names no file."""
    scene = days(PLANETARY_COMPUTER)[0]
    with serving() as site:
        hrefs = {band: f"{site.url}/{identity}/{band}.tif" for band in archive.BANDS}
        items = [
            archive.item(
                PLANETARY_COMPUTER, identity, f"{day}T{archive.TIME}", hrefs, scene.outline
            )
            for day in DAYS
        ]
        publish_page(site, {"type": "FeatureCollection", "features": items})
        result = attempt(site.url, here / "out")
    refused(result, "the server said HTTP 404", here / "out")
    assert outside(here) == set()


def publish_page(site: Site, page: dict[str, Any]) -> None:
    """A STAC API of one page."""
    site.files["/"] = json.dumps(landing(site)).encode()
    site.files["/search"] = json.dumps({"links": [], **page}).encode()


def landing(site: Site) -> dict[str, Any]:
    return {
        "type": "Catalog",
        "id": "hostile",
        "stac_version": "1.0.0",
        "description": "SIMULATED",
        "conformsTo": ["https://api.stacspec.org/v1.0.0/item-search"],
        "links": [{"rel": "search", "href": f"{site.url}/search", "method": "GET"}],
    }


def test_pages_without_end(here: Path) -> None:
    with serving() as site:

        def page(handler: Handler) -> bool:
            if not handler.path.startswith("/search"):
                return False
            following = {"rel": "next", "href": f"{site.url}/search?page={len(site.requests)}"}
            document = {"type": "FeatureCollection", "features": [], "links": [following]}
            handler.answer(200, json.dumps(document).encode())
            return True

        site.files["/"] = json.dumps(landing(site)).encode()
        site.before = page
        refused(attempt(site.url, here / "out"), "over 200 pages", here / "out")
        assert len(site.requests) < 210
    assert outside(here) == set()


def test_a_page_that_leads_to_another_host(here: Path) -> None:
    with serving() as site:
        following = {"rel": "next", "href": "http://127.0.0.2:1/search"}
        page = {"type": "FeatureCollection", "features": [], "links": [following]}
        publish_page(site, page)
        refused(attempt(site.url, here / "out"), "leads to another host", here / "out")


def test_a_document_of_a_gigabyte(here: Path) -> None:
    block = b" " * (1 << 20)
    sent = []

    def flood(handler: Handler) -> bool:
        handler.send_response(200)
        handler.send_header("Content-Length", str(1 << 30))
        handler.end_headers()
        try:
            for _ in range(1 << 10):
                handler.wfile.write(block)
                sent.append(len(block))
        except OSError:
            handler.close_connection = True
        return True

    with serving(Site(before=flood)) as site:
        refused(attempt(site.url, here / "out"), "larger than 33,554,432 bytes", here / "out")
    assert sum(sent) < 128 << 20
    assert outside(here) == set()


def test_a_public_name_that_redirects_to_this_machine(
    services: Services, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The name resolves to a public address; connections there are led to a server of ours."""
    with serving() as public, serving() as private:

        def away(handler: Handler) -> bool:
            handler.answer(302, headers={"Location": f"{private.url}/secret.tif"})
            return True

        public.before = away
        port = int(public.url.rpartition(":")[2])
        led = partial(Dial, resolve=resolve_public, backend=Led("93.184.215.14", port))
        monkeypatch.setattr(access, "Dial", led)
        items = serve(services, "away", days(EARTH_SEARCH))
        for each in items:
            for asset in each["assets"].values():
                asset["href"] = asset["href"].replace(services.files, "http://tiles.example")
        services.load([archive.collection("away")], items)
        result = attempt(f"{services.api}/collections/away", here / "out")
        asked = [path for _, path, _, _ in private.requests]
    refused(result, "it leads to a loopback address (127.0.0.1)", here / "out")
    assert public.requests
    assert asked == []


def resolve_public(host: str, port: int) -> list[str]:
    return ["93.184.215.14"] if host == "tiles.example" else [host]


class Led(httpcore.SyncBackend):
    """Connections to one address end at a port of this machine."""

    def __init__(self, address: str, port: int) -> None:
        self._address = address
        self._port = port

    def connect_tcp(self, host: str, port: int, *args: Any, **more: Any) -> Any:
        if host == self._address:
            return super().connect_tcp("127.0.0.1", self._port, *args, **more)
        return super().connect_tcp(host, port, *args, **more)
