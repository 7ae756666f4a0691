from __future__ import annotations

import struct
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pystac
import pytest
import rasterio
import tifffile
from affine import Affine
from odc.geo.geobox import GeoBox
from range_server import Handler, Site, faults, serving
from rasterio.shutil import copy

from imagery import reader, stack
from imagery.catalogs import SOURCE, WINDOW, item_from_file
from imagery.errors import (
    BandError,
    FetchError,
    ImageryError,
    OfflineError,
    RefusedAddress,
    UnreadableFile,
)
from imagery.fetch import Store, localize, localized, remote
from imagery.tiff import Damaged, layout
from imagery.web import Patience, Web

SHAPE = (700, 600)
AT = Affine(10, 0, 300_000, 0, -10, 3_920_000)
GRID = GeoBox(SHAPE, AT, "EPSG:32636")
PART = GRID[200:260, 300:380]
NOW = datetime(2026, 1, 1, tzinfo=UTC)
RNG = np.random.default_rng(7)
IMAGE = RNG.normal(1500, 300, (4, *SHAPE)).clip(1, 10_000).astype("uint16")
GTIFF = {"driver": "GTiff", "tiled": True, "blockxsize": 64, "blockysize": 64}
KINDS: dict[str, dict[str, Any]] = {
    "deflate": {**GTIFF, "compress": "deflate", "predictor": 2},
    "big endian": {**GTIFF, "compress": "lzw", "ENDIANNESS": "BIG"},
    "bigtiff": {**GTIFF, "compress": "zstd", "BIGTIFF": "YES"},
    "big endian bigtiff": {**GTIFF, "BIGTIFF": "YES", "ENDIANNESS": "BIG"},
    "plain": GTIFF,
    "separate planes": {**GTIFF, "count": 4, "interleave": "band", "compress": "deflate"},
    "joint planes": {**GTIFF, "count": 4, "interleave": "pixel", "compress": "deflate"},
    "float predictor": {**GTIFF, "dtype": "float32", "compress": "deflate", "predictor": 3},
    "jpeg": {**GTIFF, "dtype": "uint8", "compress": "jpeg"},
    "jpeg ycbcr": {
        **GTIFF,
        "dtype": "uint8",
        "count": 3,
        "compress": "jpeg",
        "photometric": "YCBCR",
        "interleave": "pixel",
    },
    "oblong tiles": {**GTIFF, "blockxsize": 128, "blockysize": 32},
    "mask inside": {**GTIFF, "compress": "deflate", "mask": True},
    "cog": {"driver": "COG", "blocksize": 128, "compress": "deflate", "predictor": "YES"},
    "cog with mask": {"driver": "COG", "blocksize": 128, "compress": "deflate", "mask": True},
    "cog, 4 bands": {"driver": "COG", "blocksize": 128, "count": 4, "compress": "zstd"},
    "sparse": {**GTIFF, "compress": "deflate", "SPARSE_OK": True, "hole": True},
    "overviews at the end": {**GTIFF, "compress": "deflate", "overviews": True},
}


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small files take the way of large ones, and directories come in many pages."""
    monkeypatch.setattr(localize, "SMALL_BYTES", 0)
    monkeypatch.setattr(remote, "FIRST_BYTES", 2048)
    monkeypatch.setattr(remote, "PAGE_BYTES", 512)


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as found:
        yield found


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with Store(tmp_path / "store", now=lambda: NOW) as found:
        yield found


@pytest.fixture
def web(site: Site) -> Iterator[Web]:
    with connected(site) as found:
        yield found


def connected(site: Site, **patience: Any) -> Web:
    quick = {"first_wait_s": 0.001, "longest_wait_s": 0.01, "silence_s": 0.3, **patience}
    web = Web(now=lambda: NOW, patience=Patience(**quick))
    web.trust(site.url)
    return web


def write(path: Path, **how: Any) -> Path:
    dtype, count = how.pop("dtype", "uint16"), how.pop("count", 1)
    mask, hole, overviews = (how.pop(key, False) for key in ("mask", "hole", "overviews"))
    pixels = IMAGE[:count].astype(dtype)
    if hole:
        pixels[:, 192:320, 256:330] = 0
    driver = how.pop("driver")
    plain = path.with_name("plain.tif") if driver == "COG" else path
    profile = {"count": count, "height": SHAPE[0], "width": SHAPE[1], "dtype": dtype}
    profile |= {"crs": "EPSG:32636", "transform": AT, "driver": "GTiff"}
    if driver == "GTiff":
        profile |= how
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), rasterio.open(plain, "w", **profile) as file:
        if hole:
            file.write(pixels[:, :192], window=((0, 192), (0, SHAPE[1])))
        else:
            file.write(pixels)
        if mask:
            file.write_mask(IMAGE[0] > 1400)
        if overviews:
            file.build_overviews([2, 4])
    if driver == "COG":
        with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True):
            copy(str(plain), str(path), driver="COG", **how)
    return path


def scene(url: str, *, names: tuple[str, ...] = ("red",), product: str = "geotiff") -> pystac.Item:
    item = pystac.Item("S2A_36SYD", None, None, NOW, {"tilewitness:product": product})
    bands = [{"name": name} for name in names]
    fields = {"eo:bands": bands, "proj:epsg": 3857, "proj:wkt2": "", "tilewitness:part": 1}
    item.add_asset(names[0], pystac.Asset(url, extra_fields=fields))
    return item


def names(count: int) -> tuple[str, ...]:
    return tuple(f"b{number + 1}" for number in range(count))


@pytest.mark.parametrize("kind", KINDS)
def test_a_partial_copy_reads_as_the_original(
    kind: str, tmp_path: Path, site: Site, web: Web, store: Store
) -> None:
    path = write(tmp_path / "a.tif", **KINDS[kind])
    site.files["/a.tif"] = path.read_bytes()
    labels = names(KINDS[kind].get("count", 1))
    item = localized(
        scene(f"{site.url}/a.tif", names=labels), labels, over=PART, web=web, store=store
    )
    asset = item.assets["b1"]
    top, bottom, left, right = asset.extra_fields[WINDOW]
    assert top <= 184
    assert bottom >= 276
    assert left <= 284
    assert right >= 396
    window = ((top, bottom), (left, right))
    with rasterio.open(path) as whole, rasterio.open(asset.href) as copied:
        assert copied.profile == whole.profile
        assert copied.tags() == whole.tags()
        assert copied.mask_flag_enums == whole.mask_flag_enums
        assert copied.overviews(1) == whole.overviews(1)
        np.testing.assert_array_equal(copied.read(window=window), whole.read(window=window))
        masks = (each.dataset_mask(window=window) for each in (whole, copied))
        np.testing.assert_array_equal(*masks)
    if "jpeg" in kind:  # libtiff looks into the first tile of a JPEG file when it opens it
        with tifffile.TiffFile(path) as file:
            at, length = file.pages[0].dataoffsets[0], file.pages[0].databytecounts[0]
        first = slice(at, at + length)
        assert Path(asset.href).read_bytes()[first] == path.read_bytes()[first]
    tally = store.tallies[0]
    assert site.sent == tally.fetched == web.received
    assert tally.fetched <= 1.2 * tally.touched + tally.header + 600
    if kind != "sparse":
        assert tally.touched < 0.25 * path.stat().st_size


@pytest.mark.parametrize("kind", KINDS)
def test_tiles_are_where_another_reader_finds_them(kind: str, tmp_path: Path) -> None:
    data = write(tmp_path / "a.tif", **KINDS[kind]).read_bytes()
    found = layout(lambda start, stop: data[start:stop], len(data))
    assert found is not None
    with tifffile.TiffFile(tmp_path / "a.tif") as file:
        page = file.pages[0]
        assert found.images[0].shape == (page.imagelength, page.imagewidth)
        assert found.images[0].offsets == tuple(page.dataoffsets)
        assert found.images[0].counts == tuple(page.databytecounts)
        masks = [p for p in file.pages if int(p.subfiletype) == 4]
    assert len(found.images) == 1 + len(masks)
    assert found.margin == (4 if "cog" in kind else 0)


def test_the_file_says_its_grid_and_not_the_catalogue(
    tmp_path: Path, site: Site, web: Web, store: Store
) -> None:
    site.files["/a.tif"] = write(tmp_path / "a.tif", **GTIFF).read_bytes()
    item = localized(
        scene(f"{site.url}/a.tif?sig=SECRET"), ["red"], over=None, web=web, store=store
    )
    fields = item.assets["red"].extra_fields
    assert fields["proj:code"] == "EPSG:32636"
    assert fields["proj:shape"] == list(SHAPE)
    assert fields[WINDOW] == [0, 0, 0, 0]
    assert fields["tilewitness:part"] == 1
    assert not {"proj:epsg", "proj:wkt2"} & set(fields)
    assert fields[SOURCE]["url"] == f"{site.url}/a.tif"
    assert "SECRET" not in str(item.to_dict())


def test_reading_beside_what_was_fetched_is_an_error_and_never_zeros(
    tmp_path: Path, site: Site, web: Web, store: Store
) -> None:
    site.files["/a.tif"] = write(tmp_path / "a.tif", **GTIFF).read_bytes()
    item = localized(scene(f"{site.url}/a.tif"), ["red"], over=PART, web=web, store=store)
    asset = item.assets["red"]
    layer = reader.Layer(
        "red", (1,), "uint16", 0, False, 0, False, tuple(asset.extra_fields[WINDOW])
    )
    there = reader.read_layer(asset.href, GRID, PART, layer)
    np.testing.assert_array_equal(there[0], IMAGE[0, 200:260, 300:380])
    with pytest.raises(
        UnreadableFile, match="rows 500 to 520, columns 300 to 380 were not fetched"
    ):
        reader.read_layer(asset.href, GRID, GRID[500:520, 300:380], layer)


def test_a_scene_reads_the_same_through_the_stack(
    tmp_path: Path, site: Site, web: Web, store: Store
) -> None:
    path = write(tmp_path / "scene_20241213T081239.tif", **KINDS["separate planes"])
    direct = item_from_file(path)
    site.files["/a.tif"] = path.read_bytes()
    item = scene(f"{site.url}/a.tif", names=names(4))
    item.geometry = {"type": "Point", "coordinates": [0, 0]}  # a catalogue that knows no better
    item.bbox = [0, 0, 0, 0]
    local = localized(item, names(4), over=PART, web=web, store=store)
    for grid in (PART, GRID[150:310, 250:430].pad(0).translate_pix(0.3, -0.4)[20:-20, 20:-20]):
        found = [stack.load(each, grid, ["b2", "b4"], chunk=32) for each in (direct, local)]
        assert np.isfinite(found[0].reflectance.data.compute()).all()
        np.testing.assert_array_equal(*(each.reflectance.data.compute() for each in found))
    with pytest.raises(UnreadableFile, match="were not fetched"):
        stack.load(local, GRID, ["b2"], chunk=None)


def test_another_zone_gets_all_pixels_that_resampling_needs(
    tmp_path: Path, site: Site, web: Web, store: Store
) -> None:
    path = write(tmp_path / "a.tif", **KINDS["deflate"])
    site.files["/a.tif"] = path.read_bytes()
    x, y = GRID.crs.transformer_to_crs("EPSG:32635")(303_000, 3_917_000)
    over = GeoBox((80, 90), Affine(10, 0, round(x), 0, -10, round(y)), "EPSG:32635")
    item = localized(scene(f"{site.url}/a.tif"), ["red"], over=over, web=web, store=store)
    window = tuple(item.assets["red"].extra_fields[WINDOW])
    layer = reader.Layer("red", (1,), "float32", 0, False, np.nan, False, window)
    part = reader.read_layer(item.assets["red"].href, GRID, over, layer)
    full = reader.read_layer(str(path), GRID, over, layer)
    assert np.isfinite(part).any()
    np.testing.assert_array_equal(part, full)
    assert window != (0, SHAPE[0], 0, SHAPE[1])


def test_a_grid_elsewhere_needs_no_pixel(
    tmp_path: Path, site: Site, web: Web, store: Store
) -> None:
    site.files["/a.tif"] = write(tmp_path / "a.tif", **GTIFF).read_bytes()
    far = GeoBox((50, 50), Affine(10, 0, 900_000, 0, -10, 3_000_000), "EPSG:32636")
    item = localized(scene(f"{site.url}/a.tif"), ["red"], over=far, web=web, store=store)
    assert item.assets["red"].extra_fields[WINDOW] == [0, 0, 0, 0]
    assert store.tallies[0].touched == 0


def test_strips_come_whole(tmp_path: Path, site: Site, web: Web, store: Store) -> None:
    path = write(tmp_path / "a.tif", driver="GTiff", compress="deflate")
    site.files["/a.tif"] = path.read_bytes()
    item = localized(scene(f"{site.url}/a.tif"), ["red"], over=PART, web=web, store=store)
    asset = item.assets["red"]
    assert asset.extra_fields[WINDOW] == [0, SHAPE[0], 0, SHAPE[1]]
    assert Path(asset.href).read_bytes() == path.read_bytes()


def test_a_server_without_ranges_gives_the_same_pixels(
    tmp_path: Path, site: Site, web: Web, store: Store
) -> None:
    path = write(tmp_path / "a.tif", **GTIFF)
    site.files["/a.tif"] = path.read_bytes()
    site.ranges = False
    item = localized(scene(f"{site.url}/a.tif"), ["red"], over=PART, web=web, store=store)
    assert Path(item.assets["red"].href).read_bytes() == path.read_bytes()


def test_jpeg_2000_is_read_where_its_content_says_so(
    tmp_path: Path, site: Site, web: Web, store: Store
) -> None:
    with rasterio.open(write(tmp_path / "a.tif", **GTIFF)) as plain:
        profile = {**plain.profile, "driver": "JP2OpenJPEG", "QUALITY": 100, "REVERSIBLE": "YES"}
        for key in ("tiled", "interleave"):
            profile.pop(key, None)
        with rasterio.open(tmp_path / "a.jp2", "w", **profile) as file:
            file.write(IMAGE[:1])
    site.files["/a.jp2"] = (tmp_path / "a.jp2").read_bytes()
    item = localized(scene(f"{site.url}/a.jp2"), ["red"], over=PART, web=web, store=store)
    asset = item.assets["red"]
    assert asset.extra_fields[WINDOW] == [0, SHAPE[0], 0, SHAPE[1]]
    layer = reader.Layer("red", (1,), "uint16", 0, False, 0, False)
    found = reader.read_layer(asset.href, GRID, PART, layer)
    np.testing.assert_array_equal(found[0], IMAGE[0, 200:260, 300:380])


VRT = b'<VRTDataset rasterXSize="2" rasterYSize="2"><SourceFilename>/etc/passwd</SourceFilename>'


@pytest.mark.parametrize("data", [VRT, b"\x89HDF\r\n\x1a\n" + bytes(99), b"", b"II*\0"])
def test_other_formats_are_refused(data: bytes, site: Site, web: Web, store: Store) -> None:
    site.files["/a.tif"] = data
    with pytest.raises((UnreadableFile, FetchError)):
        localized(scene(f"{site.url}/a.tif"), ["red"], over=PART, web=web, store=store)


@pytest.mark.parametrize(
    "href",
    [
        "file:///etc/passwd",
        "/etc/passwd",
        "/vsicurl/http://example.com/a.tif",
        "vsis3://bucket/key",
        "../../a.tif",
        "ftp://example.com/a.tif",
        "http:///a.tif",
        "s3:/bucket",
    ],
)
def test_only_the_web_is_fetched_from(href: str, web: Web, store: Store) -> None:
    with pytest.raises(RefusedAddress):
        localized(scene(href), ["red"], over=PART, web=web, store=store)


def test_an_unknown_band_lists_what_is_there(web: Web, store: Store) -> None:
    with pytest.raises(BandError, match="has no band nir"):
        localized(scene("http://x.example/a.tif"), ["nir"], over=None, web=web, store=store)


def test_a_warm_store_needs_no_network_and_a_cold_one_says_what_is_missing(
    tmp_path: Path, site: Site, web: Web, store: Store
) -> None:
    site.files["/a.tif"] = write(tmp_path / "a.tif", **KINDS["cog"]).read_bytes()
    item = scene(f"{site.url}/a.tif")
    first = localized(item, ["red"], over=PART, web=web, store=store)
    asked = web.requests
    again = localized(item, ["red"], over=PART, web=web.offline_copy(), store=store)
    assert again.to_dict() == first.to_dict()
    assert web.requests == asked
    missing = "asset red of scene S2A_36SYD is not in the store, or not all of it is"
    with pytest.raises(OfflineError, match=missing):
        localized(item, ["red"], over=GRID, web=web.offline_copy(), store=store)


def test_another_signature_is_the_same_object(
    tmp_path: Path, site: Site, web: Web, store: Store
) -> None:
    site.files["/a.tif"] = write(tmp_path / "a.tif", **GTIFF).read_bytes()
    localized(scene(f"{site.url}/a.tif?sig=1&se=2"), ["red"], over=PART, web=web, store=store)
    asked = web.requests
    localized(scene(f"{site.url}/a.tif?sig=9&se=8"), ["red"], over=PART, web=web, store=store)
    assert web.requests == asked


@pytest.mark.parametrize("where", ["blob", "copy"])
def test_an_altered_file_of_the_store_is_fetched_again(
    where: str, tmp_path: Path, site: Site, web: Web, store: Store
) -> None:
    site.files["/a.tif"] = write(tmp_path / "a.tif", **GTIFF).read_bytes()
    item = scene(f"{site.url}/a.tif")
    asset = localized(item, ["red"], over=PART, web=web, store=store).assets["red"]
    good = Path(asset.href).read_bytes()
    copied = Path(asset.href)
    paths = list(store.root.glob("blobs/*/*")) if where == "blob" else [copied]
    for path in paths:
        assert path.stat().st_mode & 0o222 == 0
        path.chmod(0o644)
        path.write_bytes(b"\1" * path.stat().st_size)
    if where == "blob":
        copied.unlink()
        with pytest.raises(OfflineError):
            localized(item, ["red"], over=PART, web=web.offline_copy(), store=store)
    again = localized(item, ["red"], over=PART, web=web, store=store).assets["red"]
    assert Path(again.href).read_bytes() == good


def test_an_object_that_changed_since_is_fetched_anew(
    tmp_path: Path, site: Site, web: Web, store: Store
) -> None:
    site.files["/a.tif"] = write(tmp_path / "a.tif", **GTIFF).read_bytes()
    item = scene(f"{site.url}/a.tif")
    old = localized(item, ["red"], over=PART, web=web, store=store).assets["red"]
    data = bytearray(site.files["/a.tif"])
    data[-200_000:] = bytes(200_000)
    site.files["/a.tif"], site.etags["/a.tif"] = bytes(data), '"new"'
    new = localized(item, ["red"], over=GRID, web=web, store=store).assets["red"]
    assert Path(new.href).read_bytes() == bytes(data)
    assert new.extra_fields[SOURCE]["etag"] == '"new"' != old.extra_fields[SOURCE]["etag"]


def test_an_object_that_keeps_changing_is_refused(
    tmp_path: Path, site: Site, web: Web, store: Store
) -> None:
    site.files["/a.tif"] = write(tmp_path / "a.tif", **GTIFF).read_bytes()

    def changing(handler: Handler) -> bool:
        site.etags["/a.tif"] = f'"{len(site.requests)}"'
        return False

    site.before = changing
    with pytest.raises(FetchError, match="it changes while it is read"):
        localized(scene(f"{site.url}/a.tif"), ["red"], over=PART, web=web, store=store)


@pytest.mark.parametrize("seed", range(3))
def test_a_third_of_requests_failing_gives_the_same_bytes(
    seed: int, tmp_path: Path, site: Site
) -> None:
    site.files["/a.tif"] = write(tmp_path / "a.tif", **KINDS["deflate"]).read_bytes()
    item = scene(f"{site.url}/a.tif")
    hrefs = []
    for number, reply in enumerate([None, faults(0.3, seed, slow_s=0.4)]):
        site.before = reply
        asked = len(site.requests)
        with (
            Store(tmp_path / f"s{number}", now=lambda: NOW) as store,
            connected(site, attempts=20) as web,
        ):
            found = localized(item, ["red"], over=GRID[100:600, 100:500], web=web, store=store)
        hrefs.append((len(site.requests) - asked, Path(found.assets["red"].href)))
    assert hrefs[0][1].name == hrefs[1][1].name
    assert hrefs[0][1].read_bytes() == hrefs[1][1].read_bytes()
    assert hrefs[1][0] > hrefs[0][0]


def test_what_fails_every_time_is_a_failure(tmp_path: Path, site: Site, store: Store) -> None:
    site.files["/a.tif"] = write(tmp_path / "a.tif", **GTIFF).read_bytes()
    site.before = faults(1.0, 1)
    with connected(site, attempts=3) as web, pytest.raises(FetchError) as caught:
        localized(scene(f"{site.url}/a.tif?sig=SECRET"), ["red"], over=PART, web=web, store=store)
    assert "SECRET" not in str(caught.value)
    assert ", 3 times. Try again later." in str(caught.value)
    assert not list(store.root.glob("blobs/*/*"))


def test_a_damaged_or_hostile_directory_is_one_sentence(
    tmp_path: Path, site: Site, web: Web, store: Store
) -> None:
    good = write(tmp_path / "a.tif", **KINDS["overviews at the end"]).read_bytes()
    first = struct.unpack("<I", good[4:8])[0]
    count = struct.unpack("<H", good[first : first + 2])[0]
    after = first + 2 + 12 * count
    looped = good[:after] + struct.pack("<I", first) + good[after + 4 :]
    crowded = good[:first] + b"\xff\xff" + good[first + 2 :]
    for number, data in enumerate([looped, crowded, good[: len(good) // 2]]):
        site.files[f"/{number}.tif"] = data
        with pytest.raises(UnreadableFile, match=f"/{number}.tif"):
            localized(scene(f"{site.url}/{number}.tif"), ["red"], over=GRID, web=web, store=store)


@pytest.mark.parametrize("seed", range(12))
def test_damage_anywhere_in_the_directories_never_escapes_the_error_tree(
    seed: int, tmp_path: Path
) -> None:
    data = bytearray(write(tmp_path / "a.tif", **KINDS["bigtiff"]).read_bytes())
    rng = np.random.default_rng(seed)
    for at in rng.integers(0, 600, 5):
        data[at] = rng.integers(256)
    with suppress(Damaged):
        layout(lambda start, stop: bytes(data[start:stop]), len(data))


def test_bytes_of_a_full_tile(
    tmp_path: Path, site: Site, web: Web, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tile of the full size with few noisy pixels: 5 x 5 km of it within the promise."""
    monkeypatch.undo()
    grid = GeoBox((10_980, 10_980), AT, "EPSG:32636")
    profile = {"driver": "GTiff", "dtype": "uint16", "count": 1, "crs": "EPSG:32636"}
    profile |= {"transform": AT, "height": 10_980, "width": 10_980, "compress": "deflate"}
    profile |= {"tiled": True, "blockxsize": 512, "blockysize": 512}
    block = np.tile(IMAGE[0, :500, :500], (4, 4))
    with rasterio.open(tmp_path / "a.tif", "w", **profile) as file:
        file.write(block[None], window=((4000, 6000), (4000, 6000)))
    site.files["/a.tif"] = (tmp_path / "a.tif").read_bytes()
    over = grid[4700:5200, 4900:5400]
    item = localized(scene(f"{site.url}/a.tif"), ["red"], over=over, web=web, store=store)
    tally = store.tallies[0]
    assert 0 < tally.touched < len(site.files["/a.tif"]) / 3
    assert web.received <= 1.2 * tally.touched + 256_000
    assert tally.header <= 256_000
    with rasterio.open(item.assets["red"].href) as file:
        found = file.read(1, window=((4700, 5200), (4900, 5400)))
    np.testing.assert_array_equal(found, block[700:1200, 900:1400])


def test_errors_of_fetching_are_of_our_tree() -> None:
    assert issubclass(FetchError, ImageryError)
