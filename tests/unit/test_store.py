from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from filelock import FileLock
from range_server import Site, serving

from imagery.errors import TooLarge, WriteError
from imagery.fetch import Store, localize
from imagery.fetch.record import Piece, Record, digest, record_from

START = datetime(2026, 1, 1, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.hours = 0

    def __call__(self) -> datetime:
        return START + timedelta(hours=self.hours)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[Store]:
    with Store(tmp_path / "store", now=clock) as found:
        yield found


def kept(store: Store, key: str, data: bytes) -> str:
    """One object of one piece."""
    name = store.put(data)
    piece = Piece(0, len(data), name, store.stamp)
    store.save(key, Record(f"https://a.example/{key}", len(data), None, (piece,)))
    return name


def run(script: str, *facts: object) -> subprocess.Popen[str]:
    """A process of its own, with the paths of this one."""
    command = [sys.executable, "-W", "ignore", "-c", script, *map(str, facts)]
    paths = os.pathsep.join(path for path in sys.path if path)
    env = {**os.environ, "PYTHONPATH": paths}
    return subprocess.Popen(
        command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def test_bytes_come_back_and_are_read_only(store: Store) -> None:
    name = store.put(b"abc")
    assert store.put(b"abc") == name
    assert store.get(name) == b"abc"
    assert store.holds(name, 3)
    assert store.path_of(name).stat().st_mode & 0o777 == 0o444
    assert store.get("0" * 64) is None


def test_altered_bytes_are_as_good_as_absent(store: Store) -> None:
    name = store.put(b"abc")
    for check in (lambda: store.get(name), lambda: store.holds(name, 3) or None):
        store.put(b"abc")
        store.path_of(name).chmod(0o644)
        store.path_of(name).write_bytes(b"abd")
        assert check() is None
        assert not store.path_of(name).exists()
    store.put(b"abc")
    assert store.get(name) == b"abc"


def test_a_record_survives_and_a_damaged_one_is_none(store: Store) -> None:
    record = Record("https://a.example/b", 9, '"e"').plus([Piece(4, 2, "a" * 64, store.stamp)])
    store.save("key", record)
    assert store.record("key") == record
    for text in ("", "{", "[]", '{"url": 1}', '{"pieces": [{"offset": 1}]}', "\xff"):
        assert record_from(text) is None
    store.forget("key")
    assert store.record("key") is None


def test_the_digest_is_of_places_and_content() -> None:
    one, two = Piece(0, 1, "a", "now"), Piece(5, 1, "b", "now")
    assert digest(9, [one, two]) == digest(9, [two, one])
    assert digest(9, [one]) != digest(10, [one])
    assert digest(9, [Piece(1, 1, "a", "now")]) != digest(9, [one])
    assert digest(9, [Piece(0, 1, "a", "later")]) == digest(9, [one])
    assert digest(1, [one]) == one.sha256


def test_what_a_catalogue_said_last_is_kept(store: Store) -> None:
    store.remember("key", "https://a.example/search", b"1")
    store.remember("key", "https://a.example/search", b"2")
    assert store.recall("key") == b"2"
    assert store.recall("other") is None


def test_the_least_recently_used_goes_first_and_nothing_in_use(
    tmp_path: Path, clock: Clock
) -> None:
    data = [bytes([number]) * 40_000 for number in range(4)]
    with Store(tmp_path / "s", now=clock) as old:
        names = []
        for number in range(3):
            clock.hours = number
            names.append(kept(old, f"k{number}", data[number]))
        clock.hours = 3
        assert old.record("k0") is not None
        assert old.get(names[0]) is not None
    clock.hours = 9
    with Store(tmp_path / "s", now=clock, limit_bytes=160_000) as store:
        store.make_room(40_000)
        assert store.record("k1") is None
        assert not store.path_of(names[1]).exists()
        assert store.record("k0") is not None
        assert store.record("k2") is not None
        assert store.get(names[2]) == data[2]
        kept(store, "k3", data[3])
        # k2 and k3 are in use now, k0 too: its record was read.
        with pytest.raises(TooLarge, match="raise it, or compare fewer sites"):
            store.make_room(80_000)
        assert store.record("k0") is not None


def test_a_blob_of_two_objects_stays_with_the_second(tmp_path: Path, clock: Clock) -> None:
    with Store(tmp_path / "s", now=clock) as old:
        name = kept(old, "a", b"x" * 50_000)
        clock.hours = 1
        kept(old, "b", b"x" * 50_000)
    clock.hours = 2
    with Store(tmp_path / "s", now=clock, limit_bytes=90_000) as store:
        store.make_room(28_000)
        assert store.record("a") is None
        assert store.get(name) is not None


def test_what_somebody_works_on_stays(tmp_path: Path, clock: Clock) -> None:
    with Store(tmp_path / "s", now=clock) as old:
        kept(old, "a", b"x" * 50_000)
    clock.hours = 1
    with Store(tmp_path / "s", now=clock, limit_bytes=90_000) as store:
        with store.locked("a"), pytest.raises(TooLarge):
            store.make_room(80_000)
        assert (store.root / "assets" / "a.json").exists()
        store.make_room(80_000)
        assert store.record("a") is None


HOLD = """
import sys, time
from datetime import datetime, UTC
from pathlib import Path
from imagery.fetch.store import Store
store = Store(Path(sys.argv[1]), now=lambda: datetime(2026, 1, 1, tzinfo=UTC))
name = store.put(b"y" * 50_000)
with store.scratch() as half:
    half.write_bytes(b"z" * 1000)
    store.used(half)
    print("ready", flush=True)
    time.sleep(60)
"""


def test_another_process_keeps_what_it_uses_until_it_ends(tmp_path: Path, clock: Clock) -> None:
    """And when it is killed in the middle of a write, no half file is ever seen."""
    process = run(HOLD, tmp_path / "s")
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n", process.communicate()
        clock.hours = 5
        with Store(tmp_path / "s", now=clock, limit_bytes=90_000) as store:
            with pytest.raises(TooLarge):
                store.make_room(70_000)
            assert len(list(store.root.glob("blobs/*/*"))) == 1
            process.send_signal(signal.SIGKILL)
            process.wait()
            assert len(list(store.root.glob("work/.tmp-*"))) == 1
            store.make_room(70_000)
            assert list(store.root.glob("blobs/*/*")) == []
            assert list(store.root.glob("work/.tmp-*")) == []
            assert len(list(store.root.glob("sessions/*.lock"))) == 1
    finally:
        process.kill()
        process.communicate()


FETCH = """
import sys
from datetime import datetime, UTC
from pathlib import Path
import pystac
from affine import Affine
from odc.geo.geobox import GeoBox
from imagery.fetch import Store, localize, localized
from imagery.web import Web
now = lambda: datetime(2026, 1, 1, tzinfo=UTC)
localize.SMALL_BYTES = 0
item = pystac.Item("scene", None, None, now(), {"tilewitness:product": "geotiff"})
bands = {"eo:bands": [{"name": "red"}]}
item.add_asset("red", pystac.Asset(sys.argv[2] + "/a.tif", extra_fields=bands))
grid = GeoBox((512, 512), Affine(10, 0, 300_000, 0, -10, 3_920_000), "EPSG:32636")
with Store(Path(sys.argv[1]), now=now) as store, Web(now=now) as web:
    web.trust(sys.argv[2])
    found = localized(item, ["red"], over=grid, web=web, store=store)
    print(Path(found.assets["red"].href).name, store.tallies[0].fetched > 0)
"""


def test_two_processes_fetch_one_object_once(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    profile = {"driver": "GTiff", "dtype": "uint16", "count": 1, "crs": "EPSG:32636"}
    profile |= {"height": 512, "width": 512, "tiled": True, "blockxsize": 64, "blockysize": 64}
    at = Affine(10, 0, 300_000, 0, -10, 3_920_000)
    with rasterio.open(tmp_path / "a.tif", "w", transform=at, **profile) as file:
        file.write(rng.integers(1, 9000, (1, 512, 512), dtype="uint16"))
    data = (tmp_path / "a.tif").read_bytes()
    with serving(Site(files={"/a.tif": data})) as site:
        site.before = lambda handler: time.sleep(0.1) is not None
        processes = [run(FETCH, tmp_path / "s", site.url) for _ in range(2)]
        said = [process.communicate(timeout=60) for process in processes]
        assert [process.returncode for process in processes] == [0, 0], said
        names = {out.split()[0] for out, _ in said}
        assert len(names) == 1
        assert sorted(out.split()[1] for out, _ in said) == ["False", "True"]
        assert site.sent < 1.05 * len(data) + 40_000
    copied = tmp_path / "s" / "work" / names.pop()
    with rasterio.open(copied) as file, rasterio.open(tmp_path / "a.tif") as whole:
        np.testing.assert_array_equal(file.read(), whole.read())
    assert list((tmp_path / "s").rglob(".tmp-*")) == []
    assert list((tmp_path / "s" / "sessions").iterdir()) == []


def test_a_lock_that_is_never_let_go_is_an_error(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("imagery.fetch.store.LOCK_WAIT_S", 0.05)
    with (
        FileLock(store.root / "locks" / "key.lock"),
        pytest.raises(WriteError, match="another process keeps it locked"),
        store.locked("key"),
    ):
        pass


def test_a_folder_that_cannot_be_made_is_one_sentence(tmp_path: Path, clock: Clock) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(WriteError, match="Could not write"):
        Store(tmp_path / "file" / "store", now=clock)


def test_no_asset_here_is_larger_than_what_is_fetched_whole() -> None:
    assert localize.MAX_WHOLE_BYTES > 10_980 * 10_980 * 2
