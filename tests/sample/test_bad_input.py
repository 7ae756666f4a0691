"""Wrong input: exit 2, one sentence, nothing written. Odd but honest input: done, and said."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from affine import Affine
from small_tiffs import UTM, write_geotiff
from terrain import ground, moved, noisy, write_s2
from typer.testing import CliRunner, Result

from pipelines import cli

SHAPE = (220, 240)
SQUARE = slice(100, 112), slice(120, 134)


def run(*words: object) -> Result:
    return CliRunner().invoke(cli.app, [str(word) for word in words], catch_exceptions=False)


def everything(folder: Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*"))


def refused(folder: Path, *words: object) -> str:
    """Run and see that it was refused and left nothing; the sentence."""
    before = everything(folder)
    result = run(*words)
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    assert everything(folder) == before
    (line,) = result.stderr.splitlines()
    assert line.startswith("tilewitness: ")
    assert line.endswith(".")
    assert "Error" not in line
    return line


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """``before`` and ``after`` with a dark square; read only."""
    folder = tmp_path_factory.mktemp("scenes")
    scene = ground(SHAPE)
    write_s2(folder / "S2_L2A_before.tif", noisy(scene, 1))
    scene[:, *SQUARE] = 0.02
    write_s2(folder / "S2_L2A_after.tif", noisy(moved(scene, 0.3, 0.2), 2))
    return folder


@pytest.fixture
def before(scenes: Path) -> Path:
    return scenes / "S2_L2A_before.tif"


@pytest.fixture
def after(scenes: Path) -> Path:
    return scenes / "S2_L2A_after.tif"


def diff(folder: Path, before: Path, after: Path) -> str:
    return refused(folder, "diff", before, after, "-o", folder / "deep" / "out")


def test_no_overlap(tmp_path: Path, before: Path) -> None:
    far = write_s2(
        tmp_path / "S2_L2A_far.tif", ground(SHAPE), transform=UTM @ Affine.translation(900, 0)
    )
    assert "do not overlap" in diff(tmp_path, before, far)


def test_no_coordinate_system(tmp_path: Path, before: Path) -> None:
    bare = write_s2(tmp_path / "S2_L2A_bare.tif", ground(SHAPE), crs=None)
    assert "no coordinate system" in diff(tmp_path, before, bare)


def test_a_local_coordinate_system(tmp_path: Path, before: Path) -> None:
    local = 'LOCAL_CS["Site grid",UNIT["metre",1],AXIS["X",EAST],AXIS["Y",NORTH]]'
    path = write_s2(tmp_path / "S2_L2A_local.tif", ground(SHAPE), crs=local)
    assert "coordinate system" in diff(tmp_path, before, path)


def test_a_coordinate_system_unknown_to_proj(tmp_path: Path, before: Path) -> None:
    unknown = (
        'PROJCS["Lost",GEOGCS["WGS 84",DATUM["WGS_1984",SPHEROID["WGS 84",6378137,298.257223563]],'
        'PRIMEM["Greenwich",0],UNIT["degree",0.0174532925199433]],'
        'PROJECTION["Nobody_Knows_This"],UNIT["metre",1]]'
    )
    path = write_s2(tmp_path / "S2_L2A_lost.tif", ground(SHAPE), crs=unknown)
    assert "coordinate system" in diff(tmp_path, before, path)


def test_different_bands(tmp_path: Path, before: Path) -> None:
    fewer = write_s2(tmp_path / "S2_L2A_fewer.tif", ground(SHAPE, bands=3))
    said = diff(tmp_path, before, fewer)
    assert "different bands (blue, green, red, nir and blue, green, red)" in said


@pytest.mark.parametrize("order", [1, -1])
def test_no_pixel_holds_data(tmp_path: Path, before: Path, order: int) -> None:
    empty = write_s2(tmp_path / "S2_L2A_empty.tif", np.full((4, *SHAPE), np.nan))
    assert "no data in any pixel" in diff(tmp_path, *(before, empty)[::order])


@pytest.mark.parametrize("share", [0.001, 0.5, 0.97])
def test_a_file_that_was_cut_off(tmp_path: Path, before: Path, after: Path, share: float) -> None:
    whole = after.read_bytes()
    cut = tmp_path / "S2_L2A_cut.tif"
    cut.write_bytes(whole[: int(len(whole) * share)])
    said = diff(tmp_path, before, cut)
    assert "cut off" in said
    assert cut.name in said


def test_an_empty_file(tmp_path: Path, before: Path) -> None:
    path = tmp_path / "nothing.tif"
    path.touch()
    assert "0 bytes" in diff(tmp_path, before, path)


def test_a_text_file(tmp_path: Path, before: Path) -> None:
    path = tmp_path / "letter.tif"
    path.write_text("Dear Sir or Madam,\n" * 99)
    assert "not a GeoTIFF" in diff(tmp_path, path, before)


def test_a_folder_for_a_file(tmp_path: Path, before: Path) -> None:
    (tmp_path / "tile.tif").mkdir()
    assert "it is a folder" in diff(tmp_path, before, tmp_path / "tile.tif")


def test_no_such_file(tmp_path: Path, before: Path) -> None:
    assert "there is no such file" in diff(tmp_path, before, tmp_path / "gone.tif")


@pytest.mark.parametrize(
    ("name", "tags", "problem"),
    [
        ("S2_L2A_scene.tif", {}, "neither in its name nor in its tags"),
        ("S2_L2A_11-12-2024.tif", {}, "may be day-month or month-day"),
        ("S2_L2A_2024-12-10_2024-12-13.tif", {}, "is ambiguous in its name"),
        ("S2_L2A_x.tif", {"ACQUISITION_DATE": "last Tuesday"}, "unreadable in its tag"),
    ],
)
@pytest.mark.parametrize("command", ["compare", "scenes"])
def test_a_date_that_cannot_be_told(tmp_path: Path, name, tags, problem, command: str) -> None:
    tile = tmp_path / "tiles" / name
    write_geotiff(tile, np.full((4, 20, 20), 1000, np.uint16), tags=tags)
    days = {
        "compare": ("--before", "2024-12-10", "--after", "2024-12-13", "-o", tmp_path / "out"),
        "scenes": ("--from", "2024-12-10", "--to", "2024-12-13"),
    }[command]
    said = refused(tmp_path, command, "tartus", "--imagery", tile.parent, *days)
    assert problem in said


@pytest.mark.parametrize("out", ["letter.txt/out", "letter.txt", "/proc/tilewitness/out"])
def test_an_output_that_cannot_be_written(tmp_path: Path, before, after, out: str) -> None:
    (tmp_path / "letter.txt").write_text("mine")
    said = refused(tmp_path, "diff", before, after, "-o", tmp_path / out)
    assert "Could not write" in said
    assert (tmp_path / "letter.txt").read_text() == "mine"


def test_an_output_that_exists(tmp_path: Path, before: Path, after: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")
    said = refused(tmp_path, "diff", before, after, "-o", tmp_path / "out")
    assert "--overwrite" in said


def test_two_unrelated_places_are_refused_with_the_number(tmp_path: Path, before: Path) -> None:
    other = write_s2(tmp_path / "S2_L2A_other.tif", noisy(ground(SHAPE, seed=7), 3))
    said = diff(tmp_path, before, other)
    assert "share no structure" in said
    assert re.search(r"stands out by \d+\.\d sigma; 8 are needed", said)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("atlantis", "--before", "2024-12-10", "--after", "2024-12-13"), "atlantis"),
        (("tartus", "--before", "2024-13-40", "--after", "2024-12-13"), "2024-13-40"),
        (("tartus", "--before", "2024-12-10/2024-12-01", "--after", "2024-12-13"), "earlier day"),
        (("tartus", "--before", "2024-12-10", "--after", "2030-01-01"), "2030-01-01"),
    ],
)
def test_site_and_days(tmp_path: Path, words: tuple[str, ...], said: str) -> None:
    tiles = tmp_path / "tiles"
    write_geotiff(
        tiles / "S2_L2A_2024-12-10.tif",
        np.full((4, 60, 60), 1000, np.uint16),
        transform=Affine(100, 0, 758_000, 0, -100, 3_870_000),
    )
    folder = "--imagery", tiles, "-o", tmp_path / "out"
    assert said in refused(tmp_path, "compare", *words, *folder)


def done(*words: object) -> tuple[dict[str, Any], str]:
    """Run ``diff``; its record and what a person reads."""
    result = run("diff", *words)
    assert result.exit_code == 0, result.output
    out = Path(str(words[words.index("-o") + 1]))
    return json.loads((out / "run.json").read_text()), result.stdout


def codes(out: Path) -> np.ndarray:
    with rasterio.open(out / "classes.tif") as raster:
        read: np.ndarray = raster.read(1)
    return read


def detections(out: Path) -> list[dict[str, Any]]:
    features: list[dict[str, Any]] = json.loads((out / "detections.geojson").read_text())[
        "features"
    ]
    return features


def test_all_cloud_is_no_clear_view_and_not_no_change(tmp_path: Path) -> None:
    scl = np.full(SHAPE, 9)
    scl[:40] = 0
    scene = noisy(ground(SHAPE), 1)
    scene[:, :40] = np.nan
    for name in ("a", "b"):
        write_s2(tmp_path / f"S2_L2A_{name}.tif", scene, scl=scl)
    out = tmp_path / "out"
    record, told = done(*(tmp_path / f"S2_L2A_{name}.tif" for name in "ab"), "-o", out)
    assert record["state"] == "no clear view"
    assert record["clear_share"] == 0
    assert "No clear view" in told
    assert "No change" not in told
    assert set(np.unique(codes(out)).tolist()) == {0, 4}
    assert detections(out) == []
    with rasterio.open(out / "diff.tif") as raster:
        assert np.isnan(raster.read()).all()


def test_cloud_over_a_part(tmp_path: Path, before: Path) -> None:
    scl = np.full(SHAPE, 4)
    scl[60:100, 30:90] = 8
    clear = np.full(SHAPE, 4)
    scene = ground(SHAPE)
    first = write_s2(tmp_path / "S2_L2A_a.tif", noisy(scene, 1), scl=clear)
    second = write_s2(tmp_path / "S2_L2A_b.tif", noisy(scene, 2), scl=scl)
    record, _ = done(first, second, "-o", tmp_path / "out")
    found = codes(tmp_path / "out")
    with rasterio.open(tmp_path / "out" / "diff.tif") as raster:
        pixels = raster.read()
    assert (found[60:100, 30:90] == 4).all()
    assert (found == 4).sum() <= (40 + 2 * 10) * (60 + 2 * 10)
    assert np.isnan(pixels[:, found == 4]).all()
    assert np.isfinite(pixels[:, found == 1]).all()
    assert record["clear_share"] == pytest.approx((found != 4).mean(), abs=1e-4)


def test_swapped_dates_exchange_gain_and_loss(tmp_path: Path, before: Path, after: Path) -> None:
    one, _ = done(before, after, "-o", tmp_path / "one")
    two, _ = done(after, before, "-o", tmp_path / "two")
    assert one["detections"] == {"appeared": 1, "disappeared": 0, "changed": 0}
    assert two["detections"] == {"appeared": 0, "disappeared": 1, "changed": 0}
    first, second = codes(tmp_path / "one") == 2, codes(tmp_path / "two") == 3
    # The grid is that of the other date, so edges may move by a pixel.
    assert (first & second).sum() > 0.85 * (first | second).sum()
    assert not (codes(tmp_path / "two") == 2).any()
    with (
        rasterio.open(tmp_path / "one" / "diff.tif") as there,
        rasterio.open(tmp_path / "two" / "diff.tif") as back,
    ):
        assert there.read(2)[SQUARE].mean() < -3
        assert back.read(2)[SQUARE].mean() > 3


def test_a_planted_square_has_its_place_and_about_its_size(tmp_path: Path, before, after) -> None:
    done(before, after, "-o", tmp_path / "out")
    (found,) = detections(tmp_path / "out")
    west, north = rasterio.transform.xy(UTM, SQUARE[0].start - 0.5, SQUARE[1].start - 0.5)
    middle = west + 70, north - 60
    lon, lat = np.mean(found["geometry"]["coordinates"][0], axis=0)
    x, y = rasterio.warp.transform("EPSG:4326", "EPSG:32636", [lon], [lat])
    assert np.hypot(x[0] - middle[0], y[0] - middle[1]) < 20
    properties = found["properties"]
    assert 0.6 < properties["area_m2"] / (120 * 140) < 1.8
    assert 0.8 < properties["length_m"] / np.hypot(120, 140) < 1.5
    assert properties["direction"] == "appeared"


def test_the_same_file_twice_flags_nothing(tmp_path: Path, before: Path) -> None:
    record, told = done(before, before, "-o", tmp_path / "out")
    assert detections(tmp_path / "out") == []
    assert set(np.unique(codes(tmp_path / "out")).tolist()) == {1}
    assert record["state"] == "compared"
    assert record["detections"] == {"appeared": 0, "disappeared": 0, "changed": 0}
    assert "No change stands out" in told


def test_noise_alone_flags_nothing(tmp_path: Path, before: Path) -> None:
    other = write_s2(tmp_path / "S2_L2A_noise.tif", noisy(ground(SHAPE), 9))
    done(before, other, "-o", tmp_path / "out")
    assert detections(tmp_path / "out") == []
    assert set(np.unique(codes(tmp_path / "out")).tolist()) == {1}


PAUSED = """
import signal, sys, time
from imagery import layers
signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in a shell's background
judge = layers.judge
def slow(planes):
    print("judging", flush=True)
    time.sleep(60)
    return judge(planes)
layers.judge = slow
from pipelines import cli
sys.argv[0] = "tilewitness"
cli.main()
"""


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_leaves_nothing(tmp_path: Path, before, after, sign: int) -> None:
    words = [sys.executable, "-c", PAUSED, "diff", before, after, "-o", tmp_path / "deep" / "out"]
    with subprocess.Popen(
        [str(word) for word in words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "NUMBA_NUM_THREADS": "1"},
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == "judging\n"
        assert any(each.suffix == ".part" for each in (tmp_path / "deep").iterdir())
        process.send_signal(sign)
        began = time.monotonic()
        assert process.wait(timeout=30) != 0
        assert time.monotonic() - began < 20
        assert "Traceback" not in process.stderr.read()
    assert everything(tmp_path) == []
