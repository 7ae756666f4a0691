"""Every way in which a file cannot be used is one sentence that names it."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest
import rasterio
import rasterio.shutil
from affine import Affine
from rasterio.control import GroundControlPoint
from rasterio.crs import CRS
from rasterio.errors import NotGeoreferencedWarning
from rasterio.windows import Window
from small_tiffs import UTM

from imagery import geotiff as module
from imagery.errors import BandError, GridError, TooLarge, UnreadableFile
from imagery.geotiff import read_geotiff, read_header

ONES = np.ones((2, 20, 30), dtype=np.uint16)
BIG = {"tiled": True, "blockxsize": 1024, "blockysize": 1024}
LOCAL = CRS.from_wkt('LOCAL_CS["site grid",UNIT["metre",1]]')


def test_a_header_says_what_the_file_says(geotiff) -> None:
    path = geotiff("a.tif", ONES, descriptions=("B02", "B03"), tags={"X": "1"}, nodata=7)
    header = read_header(path)
    assert header.geobox.shape == (20, 30)
    assert header.geobox.crs.to_epsg() == 32636
    assert (header.dtype, header.nodata, header.masked) == ("uint16", 7, False)
    assert header.descriptions == ("B02", "B03")
    assert header.tags["X"] == "1"


@pytest.mark.parametrize(
    ("content", "reason"),
    [(None, "no such file"), (b"", "empty"), (b"not a raster\n" * 99, "not a GeoTIFF")],
)
def test_what_is_no_file_is_said(tmp_path: Path, content, reason) -> None:
    path = tmp_path / "a.tif"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(UnreadableFile, match=f"a.tif: .*{reason}"):
        read_header(path)


def test_a_folder_is_said(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="it is a folder"):
        read_header(tmp_path)


def test_no_other_driver_reads(tmp_path: Path, geotiff) -> None:
    inner = geotiff("inner.tif", ONES)
    other = tmp_path / "a.tif"
    rasterio.shutil.copy(inner, other, driver="ENVI")
    with pytest.raises(UnreadableFile, match="not a GeoTIFF"):
        read_header(other)


@pytest.mark.parametrize("compress", ["none", "deflate"])
def test_a_file_cut_off_behind_its_header_is_an_error_not_no_data(geotiff, compress) -> None:
    noise = np.random.default_rng(1).integers(0, 60_000, (1, 600, 600), dtype=np.uint16)
    path = geotiff("cut.tif", noise, compress=compress, tiled=True, copy_src_overviews=True)
    path.write_bytes(path.read_bytes()[:400_000])
    with pytest.raises(UnreadableFile, match=r"cut\.tif"):
        read_geotiff(path, lambda dataset: dataset.read())


@pytest.mark.parametrize(("crs", "problem"), [(None, "no coordinate"), (LOCAL, "site grid")])
def test_no_place_on_the_ground(geotiff, crs, problem) -> None:
    with pytest.raises(GridError, match=problem):
        read_header(geotiff("a.tif", ONES, crs=crs))


def test_no_geotransform(geotiff) -> None:
    with pytest.warns(NotGeoreferencedWarning):
        path = geotiff("a.tif", ONES, transform=Affine.identity())
    with pytest.raises(GridError, match="geotransform"):
        read_header(path)


def test_ground_control_points_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    points = [GroundControlPoint(r, c, c * 10, -r * 10) for r in (0, 9) for c in (0, 9)]
    profile = {"driver": "GTiff", "count": 1, "width": 9, "height": 9, "dtype": "uint8"}
    with pytest.warns(NotGeoreferencedWarning):
        file = rasterio.open(path, "w", **profile)
    with file:
        file.gcps = (points, CRS.from_epsg(32636))
        file.write(np.ones((1, 9, 9), np.uint8))
    with pytest.raises(GridError, match="only ground control points"):
        read_header(path)


def test_complex_numbers_are_refused(geotiff) -> None:
    with pytest.raises(BandError, match="complex64"):
        read_header(geotiff("a.tif", ONES.astype(np.complex64)))


def test_alpha_is_a_mask_and_no_band(geotiff) -> None:
    path = geotiff("a.tif", np.ones((4, 9, 9), np.uint8), photometric="RGB", ALPHA="YES")
    header = read_header(path)
    assert len(header.descriptions) == 3
    assert header.masked


def test_a_described_band_is_no_alpha_whatever_the_writer_called_it(geotiff) -> None:
    path = geotiff("a.tif", np.ones((4, 9, 9), np.uint8), descriptions=("b", "g", "r", "nir"))
    with rasterio.open(path) as file:
        assert file.colorinterp[3].name == "alpha"
    header = read_header(path)
    assert header.descriptions == ("b", "g", "r", "nir")
    assert not header.masked


def test_a_mask_inside_the_file(geotiff) -> None:
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True):
        path = geotiff("a.tif", ONES)
        with rasterio.open(path, "r+") as file:
            file.write_mask(np.zeros((20, 30), bool))
    assert read_header(path).masked


def test_a_bomb_is_refused_from_its_header(tmp_path: Path, monkeypatch) -> None:
    path = tmp_path / "a.tif"
    size = {"width": 100_000, "height": 100_000, "count": 1, "dtype": "uint8"}
    where = {"crs": "EPSG:32636", "transform": Affine(1, 0, 5, 0, -1, 5)}
    with rasterio.open(path, "w", driver="GTiff", tiled=True, SPARSE_OK=True, **size, **where):
        pass
    with pytest.raises(TooLarge, match="100000 x 100000"):
        read_header(path)
    monkeypatch.setattr(module, "MAX_PIXELS", 10**11)
    with pytest.raises(TooLarge, match="9536 MB of pixels; the limit is 4096 times the size"):
        read_header(path)
    monkeypatch.setattr(module, "MAX_RATIO", 10**11)
    monkeypatch.setattr(module, "MAX_BLOCK_BYTES", 1000)
    with pytest.raises(TooLarge, match="One block"):
        read_header(path)


def test_what_deflates_best_is_no_bomb(geotiff) -> None:
    path = geotiff("a.tif", np.zeros((1, 5120, 4096), np.uint8), compress="deflate", **BIG)
    assert path.stat().st_size < 5120 * 4096 / 700
    read_header(path)


def test_more_bands_than_any_instrument_has(geotiff) -> None:
    path = geotiff("a.tif", np.zeros((module.MAX_BANDS + 1, 2, 2), np.uint8))
    with pytest.raises(TooLarge, match="1025 bands"):
        read_header(path)


@pytest.mark.parametrize(
    "transform",
    [
        Affine(10, 0, np.nan, 0, -10, 5),
        Affine(np.inf, 0, 0, 0, -10, 5),
        Affine(1e300, 0, 0, 0, -10, 5),
        Affine(10, 0, 1e30, 0, -10, 5),
        Affine(1e-100, 0, 5e5, 0, -1e-100, 5e5),
    ],
)
def test_edges_that_are_nowhere(geotiff, transform) -> None:
    with pytest.raises(GridError, match="nowhere on the ground"):
        read_header(geotiff("a.tif", ONES, transform=transform))


def test_a_northing_that_only_wraps_around_is_nowhere(geotiff) -> None:
    path = geotiff("a.tif", ONES, transform=Affine(10, 0, 0, 0, -1e300, 0))
    with pytest.raises(GridError, match="nowhere on the ground"):
        read_header(path)


@pytest.mark.parametrize("pixel", [1e100, 40.0, 1e-100])
def test_degrees_that_are_nowhere(geotiff, pixel) -> None:
    where = {"crs": "EPSG:4326", "transform": Affine(pixel, 0, 20, 0, -pixel, 50)}
    with pytest.raises(GridError, match="nowhere on the ground"):
        read_header(geotiff("a.tif", ONES, **where))


def test_a_world_of_whole_degrees_is_somewhere(geotiff) -> None:
    where = {"crs": "EPSG:4326", "transform": Affine(12.5, 0, 0, 0, -9.05, 90.5)}
    read_header(geotiff("a.tif", ONES, **where))


def changed(path: Path, tag: int, value: int) -> Path:
    """The file with another value of a tag of its first directory."""
    data = bytearray(path.read_bytes())
    (at,) = struct.unpack_from("<I", data, 4)
    (number,) = struct.unpack_from("<H", data, at)
    for entry in range(at + 2, at + 2 + 12 * number, 12):
        if struct.unpack_from("<H", data, entry)[0] == tag:
            kind = struct.unpack_from("<H", data, entry + 2)[0]
            struct.pack_into({3: "<H", 4: "<I"}[kind], data, entry + 8, value)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("tiled", [{}, {"tiled": True, "blockxsize": 16, "blockysize": 16}])
def test_a_size_beyond_the_blocks_is_an_error_not_no_data(geotiff, tiled) -> None:
    path = changed(geotiff("a.tif", np.ones((1, 64, 64), np.uint16), **tiled), 257, 6400)
    with pytest.raises(UnreadableFile, match=r"it has \d+ (tiles|strips) of \d+"):
        read_header(path)


def test_absent_blocks_are_no_data_and_no_damage(tmp_path: Path) -> None:
    size = {"width": 512, "height": 512, "count": 1, "dtype": "uint16", "nodata": 0}
    where = {"crs": "EPSG:32636", "transform": UTM}
    with rasterio.open(
        tmp_path / "a.tif", "w", driver="GTiff", tiled=True, SPARSE_OK=True, **size, **where
    ) as file:
        file.write(np.ones((1, 256, 256), np.uint16), window=Window(0, 0, 256, 256))
    header = read_header(tmp_path / "a.tif")
    assert header.geobox.shape == (512, 512)


def test_a_file_is_read_alone(geotiff) -> None:
    path = geotiff("a.tif", np.ones((1, 20, 30), np.uint16))
    before = read_header(path)
    (path.parent / "a.tif.aux.xml").write_text(
        '<PAMDataset><SRS>EPSG:32633</SRS><PAMRasterBand band="1"><Description>B08</Description>'
        "<Scale>0.5</Scale><NoDataValue>1</NoDataValue></PAMRasterBand></PAMDataset>"
    )
    (path.parent / "a.tfw").write_text("5\n0\n0\n-5\n0\n0\n")
    (path.parent / "a.tif.msk").write_bytes(path.read_bytes())
    assert read_header(path) == before
    masked = read_geotiff(path, lambda dataset: dataset.dataset_mask())
    assert masked.all()
