"""What the fuzzer found, kept: each input once ended in a traceback, a hang or an escape."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from odc.geo.geobox import GeoBox
from odc.geo.geom import box

from imagery.catalogs.crawl import read_json
from imagery.errors import GridError, ImageryError, UnreadableFile
from imagery.geotiff import read_header
from imagery.grid import crop
from pipelines.batch.entries import check_names
from pipelines.batch.ledger import Ledger
from pipelines.batch.lines import lines_of
from pipelines.batch.states import read_run
from pipelines.batch.store import is_whole, made_by
from pipelines.config import Access, Options
from pipelines.json_form import strict_json
from pipelines.report.folder import open_run
from pipelines.report.shelf import shelved
from pipelines.report.standing import stand


def sealed(folder: Path, record: Any) -> Path:
    """A run folder of a forger: its seal fits whatever it holds."""
    import hashlib

    folder.mkdir(parents=True)
    data = record if isinstance(record, bytes) else json.dumps(record).encode()
    (folder / "run.json").write_bytes(data)
    digest = hashlib.sha256(data).hexdigest()
    (folder / "run.json.sha256").write_text(f"{digest}  run.json\n")
    (folder / "custody.jsonl").write_text('{"batch": {"entry": "a", "run": "b", "round": 1}}\n')
    return folder


FORGED = [
    b"[" * 5000,
    b'{"products": {}} 1',
    b'{"products": {"a": ' + b"9" * 5000 + b"}}",
    b'{"products": {"a": NaN}}',
    b'{"products": {"a": 1e999}}',
    b"[]",
]


@pytest.mark.parametrize("data", FORGED, ids=range(len(FORGED)))
def test_a_sealed_record_that_is_none(tmp_path: Path, data: bytes) -> None:
    folder = sealed(tmp_path / "store" / "run", data)
    with pytest.raises(UnreadableFile):
        open_run(folder)
    assert not is_whole(folder)
    with pytest.raises(UnreadableFile):
        read_run(folder)
    (one,) = shelved(tmp_path)
    assert "run.json" in one.reason


@pytest.mark.parametrize("name", ["../../secret", "a\0b", "x" * 9000, "/etc/hostname", "link"])
def test_a_product_that_leads_elsewhere_is_missing(tmp_path: Path, name: str) -> None:
    (tmp_path / "secret").write_text("a")
    folder = sealed(tmp_path / "in" / "run", {"products": {name: {"sha256": "", "size": 1}}})
    (folder / "link").symlink_to(tmp_path / "secret")
    assert [each.what for each in open_run(folder).damages] == ["missing"]
    assert not is_whole(folder)


@pytest.mark.parametrize("name", ["run.json", "custody.jsonl"])
def test_a_record_is_not_read_through_a_link(tmp_path: Path, name: str) -> None:
    folder = sealed(tmp_path / "run", {"products": {}})
    (folder / name).rename(tmp_path / name)
    (folder / name).symlink_to(tmp_path / name)
    if name == "run.json":
        with pytest.raises(UnreadableFile):
            open_run(folder)
    else:
        assert made_by(folder) is None


@pytest.mark.parametrize("products", [["a"], {"a": "b"}, {"a": None}, {"a": {"size": "1"}}, 3])
def test_products_of_another_form(tmp_path: Path, products: Any) -> None:
    assert not is_whole(sealed(tmp_path / "run", {"products": products}))


@pytest.mark.parametrize(
    "more",
    [{}, {"simulated": True}, {"simulated": True, "versions": {}}, {"simulated": True, "site": 3}],
)
def test_an_overview_passes_by_what_it_cannot_read(tmp_path: Path, more: Any) -> None:
    sealed(tmp_path / "run", {"products": {}, "schema": "tilewitness-run/1", **more})
    found = stand(shelved(tmp_path))
    assert len(found.unusable) == 1


@pytest.mark.parametrize("scene", [{"id": ["a"], "datetime": "b"}, {"id": "a", "datetime": 1}])
@pytest.mark.parametrize("state", ["no clear view", {"a": 1}])
def test_facts_that_a_ledger_cannot_hold(tmp_path: Path, scene: Any, state: Any) -> None:
    record = {"products": {}, "simulated": True, "state": state, "scenes": [scene, scene]}
    folder = sealed(tmp_path / "run", {**record, "detections": {}, "history": None})
    with pytest.raises(UnreadableFile, match="not a run"):
        read_run(folder)


def test_a_ledger_whose_values_were_changed(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger.sqlite")
    for events in ("{", "[]", '{"a": 1}', '{"a": {"state": []}}'):
        with ledger._writing() as db:
            row = ("a", "b", 1, "c", "d", "e", events)
            db.execute("INSERT OR REPLACE INTO runs VALUES (?, ?, ?, ?, ?, ?, ?)", row)
        with pytest.raises(UnreadableFile, match="damaged"):
            ledger.status()
    ledger.close()


@pytest.mark.parametrize("text", ["NaN", "-Infinity", "1e400", "[1.5, 1e999]"])
def test_numbers_that_are_none(text: str) -> None:
    with pytest.raises(ValueError, match="is no number"):
        strict_json(text.encode())


def test_an_asset_that_lies_elsewhere_than_its_item_says() -> None:
    grid = GeoBox.from_bbox((300_000, 3_900_000, 301_000, 3_901_000), crs=32636, resolution=10)
    with pytest.raises(GridError, match="does not lie where"):
        crop(grid, box(400_000, 3_900_000, 401_000, 3_901_000, "EPSG:32636"))


@pytest.mark.parametrize("name", ["x" * 5000, "a\0b"])
def test_a_name_that_no_file_can_have(tmp_path: Path, name: str) -> None:
    for read in (read_header, read_json):
        with pytest.raises((ImageryError, ValueError)):
            read(tmp_path / name)


@pytest.mark.parametrize("value", [["a"], {"a": 1}, 3, 10**5000], ids=range(4))
def test_options_of_another_type(value: Any) -> None:
    for kind, key in ((Options, "product"), (Options, "method"), (Access, "imagery")):
        with pytest.raises(ImageryError) as caught:
            kind(**{key: value})
        assert len(str(caught.value)) < 1000


def test_lines_of_a_key_of_many_names_are_few() -> None:
    assert len(lines_of("a" + ".a" * 5000 + " = 1")) < 10
    assert lines_of("x = [\n[" + " " * 50_000 + "1,\n2]]\n")


def test_names_are_compared_once() -> None:
    known: dict[str, int] = {}
    for _ in range(20_000):
        check_names((), known)
    assert known == {}
