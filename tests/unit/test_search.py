"""Searches are paged, bounded and kept on one host; an honest nothing is told from no answer."""

from __future__ import annotations

import copy
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from imagery.archives import known_archives
from imagery.catalogs import api, crawl, search
from imagery.catalogs.api import Query
from imagery.catalogs.crawl import LocalDocuments, read_json
from imagery.catalogs.search import search_archive, search_files, search_web
from imagery.errors import FetchError, TooLarge, UnreadableFile, UntrustedError
from imagery.model import Period

HOST = "https://stac.example/v1"
HMEIMIM = (35.92, 35.38, 35.98, 35.42)
QUERY = Query(HMEIMIM, Period.parse("2024-12-13"))
SHAPE = json.loads((Path(__file__).parent / "foreign" / "planetary_computer_s2.json").read_text())
OWN = {"url": HOST, "collections": {"sentinel-2-l2a": {"product": "sentinel-2-l2a"}}}
ARCHIVE = known_archives({"mine": OWN})["mine"]


def scene(number: int = 0, **parts: Any) -> dict[str, Any]:
    """An Item at the place and time that are asked for, with its own id."""
    said = copy.deepcopy(SHAPE)
    del said["properties"]["s2:product_uri"]
    said["id"] = f"scene_{number:04}"
    return {**said, **parts}


def page(features: list[Any], *links: dict[str, Any]) -> dict[str, Any]:
    return {"type": "FeatureCollection", "features": features, "links": list(links)}


def following(href: str, **parts: Any) -> dict[str, Any]:
    return {"rel": "next", "href": href, **parts}


LANDING = {
    "type": "Catalog",
    "links": [
        {"rel": "search", "href": f"{HOST}/search", "method": "GET"},
        {"rel": "search", "href": f"{HOST}/search", "method": "POST"},
    ],
}


class FakeWeb:
    """Answers from a table of URLs; the request that was made is kept."""

    def __init__(self, answers: dict[str, Any]) -> None:
        self.answers = answers
        self.asked: list[tuple[str, dict[str, Any] | None]] = []

    def json(self, url: str, *, body: dict[str, Any] | None = None) -> Any:
        self.asked.append((url, body))
        answer = self.answers.get(url)
        if callable(answer):
            answer = answer(body)
        if answer is None:
            raise FetchError(url, "it answered 404", "Check the address.")
        return answer


def ids(result: Any) -> list[str]:
    return [item.id for item in result.items]


def test_pages_of_a_post_are_followed_and_sorted() -> None:
    token = following(f"{HOST}/search", method="POST", body={"token": "2"}, merge=True)

    def answer(body: dict[str, Any]) -> Any:
        return page([scene(1)]) if "token" in body else page([scene(2), scene(0)], token)

    web = FakeWeb({HOST: LANDING, f"{HOST}/search": answer})
    found = search_archive(web, ARCHIVE, QUERY)
    assert ids(found) == ["scene_0000", "scene_0001", "scene_0002"]
    assert found.refused == ()
    assert web.asked[1][1] == {
        "bbox": list(HMEIMIM),
        "datetime": "2024-12-13T00:00:00.000000Z/2024-12-13T23:59:59.999999Z",
        "limit": 100,
        "collections": ["sentinel-2-l2a"],
    }
    assert web.asked[2][1] == {**web.asked[1][1], "token": "2"}
    assert len(web.asked) == 3  # what gave an Item exists


def test_an_api_that_only_takes_get() -> None:
    landing = {"type": "Catalog", "links": LANDING["links"][:1]}

    class Get(FakeWeb):
        def json(self, url: str, *, body: dict[str, Any] | None = None) -> Any:
            assert body is None
            return super().json(url.partition("?")[0])

    web = Get({HOST: landing, f"{HOST}/search": page([scene()])})
    assert ids(search_web(web, HOST, landing, QUERY, name="x")) == ["scene_0000"]
    said = parse_qs(urlsplit(QUERY.address(f"{HOST}/search")).query)
    assert said["bbox"] == ["35.92,35.38,35.98,35.42"]
    assert said["limit"] == ["100"]


def test_one_collection_of_an_api() -> None:
    items = f"{HOST}/collections/s2/items"
    document = {"type": "Collection", "id": "s2", "links": [{"rel": "items", "href": items}]}
    web = FakeWeb({QUERY.address(items): page([scene()])})
    found = search_web(web, f"{HOST}/collections/s2", document, QUERY, name="x")
    assert ids(found) == ["scene_0000"]


def test_nothing_is_an_answer_only_of_a_collection_that_exists() -> None:
    answers = {HOST: LANDING, f"{HOST}/search": page([])}
    known = {f"{HOST}/collections/sentinel-2-l2a": {"type": "Collection", "id": "sentinel-2-l2a"}}
    found = search_archive(FakeWeb({**answers, **known}), ARCHIVE, QUERY)
    assert (found.items, found.refused) == ((), ())
    with pytest.raises(FetchError, match="404"):
        search_archive(FakeWeb(answers), ARCHIVE, QUERY)
    other = {f"{HOST}/collections/sentinel-2-l2a": {"id": "sentinel-1"}}
    with pytest.raises(UntrustedError, match="no collection sentinel-2-l2a"):
        search_archive(FakeWeb({**answers, **other}), ARCHIVE, QUERY)


def test_a_collection_that_an_archive_lacks_is_refused_and_the_others_answer() -> None:
    tables = {
        "two": {
            "url": HOST,
            "collections": {
                "sentinel-2-l2a": {"product": "sentinel-2-l2a"},
                "gone": {"product": "landsat-c2-l2"},
            },
        }
    }
    archive = known_archives(tables)["two"]
    web = FakeWeb({HOST: LANDING, f"{HOST}/search": page([scene()])})
    found = search_archive(web, archive, QUERY)
    assert ids(found) == ["scene_0000"]
    assert [(each.id, "404" in each.reason) for each in found.refused] == [
        ("collection gone", True)
    ]


def test_no_answer_is_an_error() -> None:
    with pytest.raises(FetchError):
        search_archive(FakeWeb({}), ARCHIVE, QUERY)
    with pytest.raises(UntrustedError, match="no search"):
        search_archive(FakeWeb({HOST: {"type": "Catalog", "links": []}}), ARCHIVE, QUERY)
    for odd in ({"features": None}, [], {"message": "busy"}, 5):
        with pytest.raises(UntrustedError, match="no list of Items"):
            search_archive(FakeWeb({HOST: LANDING, f"{HOST}/search": odd}), ARCHIVE, QUERY)


def test_what_is_refused_is_told_and_the_rest_is_kept() -> None:
    nat = scene(1)
    nat["properties"]["datetime"] = "NaT"
    later = scene(2)
    later["properties"]["datetime"] = "2024-12-14T08:23:31Z"
    ring = [[34.9, 34.7], [35.1, 34.7], [35.1, 34.9], [34.9, 34.7]]
    apart = scene(3, geometry={"type": "Polygon", "coordinates": [ring]})
    answers = page([nat, scene(0), later, apart, "no Item", scene(0)])
    found = search_archive(FakeWeb({HOST: LANDING, f"{HOST}/search": answers}), ARCHIVE, QUERY)
    assert ids(found) == ["scene_0000"]
    told = {each.id: each.reason for each in found.refused}
    assert "'NaT'" in told["scene_0001"]
    assert "outside the period" in told["scene_0002"]
    assert "footprint lies elsewhere" in told["scene_0003"]
    assert "no STAC Item" in told["an entry without id"]


@pytest.mark.parametrize(
    "href",
    [
        "https://evil.example/next",
        "http://127.0.0.1/next",
        "https://stac.example:444/v1",
        "file:///a",
    ],
)
def test_a_next_page_on_another_host_is_refused(href: str) -> None:
    web = FakeWeb({HOST: LANDING, f"{HOST}/search": page([scene()], following(href))})
    with pytest.raises(UntrustedError, match="another host"):
        search_archive(web, ARCHIVE, QUERY)
    assert all(url.startswith(HOST) for url, _ in web.asked)


def test_a_next_page_never_falls_back_to_http() -> None:
    url = "http://stac.example/v1/search?page=2"
    secure = url.replace("http:", "https:")
    answers = {f"{HOST}/search": page([scene(0)], following(url)), secure: page([scene(1)])}
    web = FakeWeb({HOST: LANDING, **answers})
    assert len(search_archive(web, ARCHIVE, QUERY).items) == 2
    assert all(asked.startswith("https:") for asked, _ in web.asked)


def test_headers_that_a_link_asks_for_are_not_sent() -> None:
    link = following(f"{HOST}/two", headers={"Authorization": "x"}, method="GET")
    web = FakeWeb({HOST: LANDING, f"{HOST}/search": page([], link), f"{HOST}/two": page([scene()])})
    assert len(search_archive(web, ARCHIVE, QUERY).items) == 1


def test_pages_that_lead_back_are_a_loop() -> None:
    back = following(f"{HOST}/search", method="POST", body={"token": "a"})
    web = FakeWeb({HOST: LANDING, f"{HOST}/search": page([scene()], back)})
    with pytest.raises(UntrustedError, match="back to one another"):
        search_archive(web, ARCHIVE, QUERY)


def test_ten_thousand_pages_are_too_many() -> None:
    class Endless(FakeWeb):
        def json(self, url: str, *, body: dict[str, Any] | None = None) -> Any:
            self.asked.append((url, body))
            if url == HOST:
                return LANDING
            return page([scene()], following(f"{HOST}/search?page={len(self.asked)}"))

    web = Endless({})
    with pytest.raises(TooLarge, match="over 200 pages"):
        search_archive(web, ARCHIVE, QUERY)
    assert len(web.asked) == api.MAX_PAGES + 1


def test_too_many_items_are_refused_and_never_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "MAX_ITEMS", 3)
    web = FakeWeb({HOST: LANDING, f"{HOST}/search": page([scene(n) for n in range(3)])})
    assert len(search_archive(web, ARCHIVE, QUERY).items) == 3
    web = FakeWeb({HOST: LANDING, f"{HOST}/search": page([scene(n) for n in range(4)])})
    with pytest.raises(TooLarge, match="over 3 Items"):
        search_archive(web, ARCHIVE, QUERY)


# Static catalogues.


def link(rel: str, href: str) -> dict[str, str]:
    return {"rel": rel, "href": href}


def collection(
    *links: dict[str, str], west: float = 35.0, start: str = "2024-01-01T00:00:00Z"
) -> Any:
    extent = {
        "spatial": {"bbox": [[west, 34.0, west + 2, 36.0]]},
        "temporal": {"interval": [[start, None]]},
    }
    return {"type": "Collection", "id": "c", "extent": extent, "links": list(links)}


def write(path: Path, said: Any) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(said))
    return path


def files(root: Path, start: str = "catalog.json") -> Any:
    return search_files(LocalDocuments(root), root / start, root, QUERY)


def test_a_catalogue_on_disk_is_walked_and_pruned(tmp_path: Path) -> None:
    children = [link("child", f"./{name}/collection.json") for name in ("here", "far", "future")]
    root = {"type": "Catalog", "links": [*children, link("self", "https://x.example/catalog.json")]}
    write(tmp_path / "catalog.json", root)
    local = scene(assets={"B04": {"href": "red.tif", "type": "image/tiff"}})
    write(tmp_path / "here" / "a.json", local)
    up = link("parent", "../catalog.json")
    write(tmp_path / "here" / "collection.json", collection(link("item", "a.json"), up))
    # Broken items that are never opened: their collections are elsewhere.
    write(tmp_path / "far" / "collection.json", collection(link("item", "b.json"), west=100))
    future = collection(link("item", "b.json"), start="2025-01-01T00:00:00Z")
    write(tmp_path / "future" / "collection.json", future)
    found = files(tmp_path)
    assert ids(found) == ["scene_0000"]
    assert found.items[0].assets["red"].href == str(tmp_path / "here" / "red.tif")


def test_links_in_a_circle_end(tmp_path: Path) -> None:
    again = {"type": "Catalog", "links": [link("child", "catalog.json"), link("item", "a.json")]}
    write(tmp_path / "catalog.json", again)
    write(tmp_path / "a.json", scene())
    assert ids(files(tmp_path)) == ["scene_0000"]


@pytest.mark.parametrize(
    "href", ["../secret.json", "/etc/passwd", "file:///etc/passwd", "https://x.example/a.json"]
)
def test_a_link_out_of_the_folder_is_refused(tmp_path: Path, href: str) -> None:
    root = tmp_path / "catalogue"
    write(tmp_path / "secret.json", scene())
    write(root / "catalog.json", {"type": "Catalog", "links": [link("item", href)]})
    with pytest.raises(UntrustedError, match=r"out of the|file:"):
        files(root)


def test_a_folder_is_no_document(tmp_path: Path) -> None:
    (tmp_path / "catalog.json").mkdir()
    with pytest.raises(UnreadableFile, match="no file"):
        read_json(tmp_path / "catalog.json")


def test_a_static_collection_is_walked_though_it_names_a_list_too() -> None:
    links = [link("items", "items.parquet"), link("item", "a.json")]
    web = FakeWeb({f"{HOST}/a.json": scene()})
    found = search_web(web, f"{HOST}/collection.json", collection(*links), QUERY, name="x")
    assert ids(found) == ["scene_0000"]


def test_one_item_and_a_list_of_items_are_catalogues_too(tmp_path: Path) -> None:
    write(tmp_path / "one.json", scene())
    write(tmp_path / "many.json", page([scene(0), scene(1)]))
    assert ids(files(tmp_path, "one.json")) == ["scene_0000"]
    assert ids(files(tmp_path, "many.json")) == ["scene_0000", "scene_0001"]


def test_what_is_elsewhere_in_a_list_is_no_refusal(tmp_path: Path) -> None:
    far = scene(1, bbox=[100, 10, 101, 11], geometry=None)
    early = scene(2)
    early["properties"]["datetime"] = "2024-11-13T08:23:31Z"
    write(tmp_path / "many.json", page([scene(0), far, early]))
    found = files(tmp_path, "many.json")
    assert ids(found) == ["scene_0000"]
    assert found.refused == ()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[" * 100_000, "nested too deeply"),
        ("{", "no JSON"),
        ('{"a": NaN}', "no JSON"),
        ("\ufeff{}", None),
    ],
)
def test_files_that_are_no_json(tmp_path: Path, text: str, said: str | None) -> None:
    path = tmp_path / "a.json"
    path.write_text(text)
    if said is None:
        assert read_json(path) == {}
        return
    with pytest.raises(UnreadableFile, match=said):
        read_json(path)


def test_a_huge_file_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crawl, "MAX_BYTES", 10)
    (tmp_path / "a.json").write_text("[1,2,3,4,5,6]")
    with pytest.raises(UnreadableFile, match="larger than"):
        read_json(tmp_path / "a.json")
    with pytest.raises(UnreadableFile, match="no such file"):
        read_json(tmp_path / "b.json")


def test_a_catalogue_of_too_many_documents(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crawl, "MAX_DOCUMENTS", 5)
    many = [link("item", f"{n}.json") for n in range(5)]
    write(tmp_path / "catalog.json", {"type": "Catalog", "links": many})
    with pytest.raises(TooLarge, match="over 5 documents"):
        files(tmp_path)


def test_a_document_that_is_no_stac(tmp_path: Path) -> None:
    write(tmp_path / "catalog.json", {"hello": 1})
    with pytest.raises(UntrustedError, match="no STAC document"):
        files(tmp_path)


def test_a_catalogue_on_the_web_stays_on_its_host() -> None:
    root = f"{HOST}/catalog.json"
    document = {"type": "Catalog", "links": [link("item", "items/a.json")]}
    web = FakeWeb({f"{HOST}/items/a.json": scene()})
    assert ids(search_web(web, root, document, QUERY, name="x")) == ["scene_0000"]
    for href in ("https://evil.example/a.json", "file:///etc/passwd", "s3://bucket/a.json"):
        document["links"] = [link("item", href)]
        with pytest.raises(UntrustedError):
            search_web(web, root, document, QUERY, name="x")


def test_an_address_in_a_message_holds_no_secret() -> None:
    url = f"{HOST}?token=hunter2"
    with pytest.raises(UntrustedError) as caught:
        api.search_api(FakeWeb({}), url, {"links": []}, QUERY)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("box", "off"),
    [
        ([30, 34, 36, 36], False),
        ([36.5, 34, 37, 36], True),
        ([30, 34, 0, 36, 36, 100], False),
        ([30, 40, 0, 36, 41, 100], True),
        ([179, 34, -179, 36], False),
        (["a", 1, 2, 3], False),
        (None, False),
    ],
)
def test_only_what_is_surely_elsewhere_is_left_out(box: Any, off: bool) -> None:
    assert crawl.box_elsewhere(box, HMEIMIM) is off


def test_the_end_of_a_period_is_inside_the_query() -> None:
    period = Period(datetime(2024, 12, 10, tzinfo=UTC), datetime(2024, 12, 14, tzinfo=UTC))
    said = str(Query(HMEIMIM, period).body()["datetime"])
    assert said == "2024-12-10T00:00:00.000000Z/2024-12-13T23:59:59.999999Z"
