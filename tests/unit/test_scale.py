"""The harness of ``benchmarks.scale``, once and small; no measurement is judged here."""

from __future__ import annotations

import sys

import numpy as np
import pytest
import rasterio
from scipy import ndimage

from benchmarks.mosaic import BANDS, build_pair
from benchmarks.scale import FLOOR, Comparison, Cost, measured, verdict


@pytest.fixture(scope="module")
def pair(tmp_path_factory):
    """Two cities made up here: texture whose later date is shifted by half a pixel or so."""
    data = tmp_path_factory.mktemp("oscd")
    ground = ndimage.gaussian_filter(np.random.default_rng(7).normal(size=(2, 170, 150)), (0, 1, 1))
    for city, texture in zip(("alpha", "beta"), 1500 + 900 * ground, strict=True):
        (data / city).mkdir()
        for date, shift in (("2016-01-20", 0.0), ("2018-03-28", 0.6)):
            wave = ndimage.shift(texture, shift, order=3)[10:160, 10:140]
            with rasterio.open(
                data / city / f"S2_L1C_{date}.tif",
                "w",
                driver="GTiff",
                width=130,
                height=150,
                count=4,
                dtype="uint16",
                crs="EPSG:4326",
                transform=rasterio.Affine(1e-4, 0, 36, 0, -1e-4, 35),
            ) as scene:
                scene.descriptions = BANDS
                scene.write(np.repeat(wave[None].astype(np.uint16), 4, axis=0))
    return build_pair(data, tmp_path_factory.mktemp("pair"), size=1200)


def test_the_pair_is_two_full_scenes_on_one_grid(pair):
    with rasterio.open(pair[0]) as before, rasterio.open(pair[1]) as after:
        assert before.shape == after.shape == (1200, 1200)
        assert before.transform == after.transform
        assert before.crs.to_epsg() == after.crs.to_epsg() == 32631
        assert before.descriptions == after.descriptions == BANDS
        assert before.read().min() > 0
        assert (before.read() != after.read()).any()


@pytest.mark.parametrize("workers", [1, 2])
def test_the_floor_writes_what_it_says(pair, tmp_path, workers):
    cost = measured([*FLOOR, *map(str, pair), str(tmp_path), "--workers", str(workers)])
    assert cost.wall_s > 0
    assert cost.cpu_s > 0
    assert 5 < cost.peak_mb < 2000
    with rasterio.open(tmp_path / "diff.tif") as diff:
        assert diff.dtypes == ("float32", "float32")
        assert diff.overviews(1)[0] == 2
        tags = diff.tags(ns="IMAGE_STRUCTURE")
        assert (tags["COMPRESSION"], tags["PREDICTOR"]) == ("DEFLATE", "3")
        with rasterio.open(pair[0]) as before, rasterio.open(pair[1]) as after:
            expected = (after.read(3).astype(np.float32) - before.read(3)) / np.float32(97.3)
        np.testing.assert_array_equal(diff.read(1), expected)
    with rasterio.open(tmp_path / "classes.tif") as classes:
        assert classes.dtypes == ("uint8",)


def test_children_are_counted_with_their_parent():
    hold = "import time; held = bytearray(60_000_000); time.sleep(1)"
    run = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {hold!r}], check=True)"
    alone = measured([sys.executable, "-c", "import time; time.sleep(.2)"])
    assert measured([sys.executable, "-c", run]).peak_mb > alone.peak_mb + 60


def test_a_failed_run_is_no_measurement():
    with pytest.raises(RuntimeError, match=r"ended with 3:\nno such scene"):
        measured([sys.executable, "-c", "print('no such scene'); raise SystemExit(3)"])


@pytest.mark.parametrize(
    ("diff", "word"),
    [(Cost(30, 99, 2000), "PASS"), (Cost(30.1, 9, 9), "FAIL"), (Cost(9, 9, 2001), "FAIL")],
)
def test_the_verdict_follows_the_limits(diff, word):
    results = [Comparison(1, Cost(10, 10, 100), Cost(10, 10, 100))]
    results.append(Comparison(2, Cost(10, 10, 100), diff))
    assert verdict(results).startswith(word)
