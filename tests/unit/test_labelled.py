"""How products become pixels that are scored, with a stand-in for the command."""

from __future__ import annotations

import json
import sys

import numpy as np
import pytest
import rasterio
from rasterio.warp import transform

from benchmarks import labelled, landsat, oscd
from benchmarks.labelled import Codes, Grid, find_pair, read_products, score
from benchmarks.scoring import Counts
from tests.conftest import write_geotiff

DEGREES = rasterio.Affine(1e-4, 0, 36.0, 0, -1e-4, 35.4)
SHAPE = (20, 24)
STAND_IN = """
import os, shutil, sys
from pathlib import Path
before, after, _, out = sys.argv[1:5]
city = Path(before).parent
if (city / "refuse").exists():
    sys.exit(print("tilewitness: The shift cannot be trusted.", file=sys.stderr) or 2)
if (city / "crash").exists():
    raise KeyError("crash")
shutil.copytree(city / "products", out)
"""


@pytest.fixture
def stand_in(tmp_path, monkeypatch):
    path = tmp_path / "stand_in.py"
    path.write_text(STAND_IN)
    monkeypatch.setattr(labelled, "DIFF", (sys.executable, str(path)))


def write_city(folder, *, label, scores, codes, images=None):
    """A pair of which ``diff`` leaves ``scores`` and ``codes`` on the grid of the label."""
    on = {"crs": "EPSG:4326", "transform": DEGREES}
    for date in ("2018-03-28", "2016-01-20"):
        pixels = np.full((4, *SHAPE), 900, np.uint16) if images is None else images
        write_geotiff(folder / f"S2_L1C_{date}.tif", pixels, nodata=0, **on)
    write_geotiff(folder / "change_label.tif", np.asarray(label, np.uint8)[None], **on)
    bands = np.stack([scores, np.zeros(SHAPE)]).astype(np.float32)
    names = ("score", "signed")
    out = folder / "products"
    write_geotiff(out / "diff.tif", bands, nodata=np.nan, descriptions=names, **on)
    write_geotiff(out / "classes.tif", np.asarray(codes, np.uint8)[None], nodata=0, **on)
    (out / "run.json").write_text(json.dumps({"registration": {"shift_px": [0.25, -1.5]}}))
    (out / "detections.geojson").write_text(json.dumps({"features": [{}, {}]}))
    pair = find_pair(folder, "S2_L1C_*.tif")
    assert pair is not None
    return pair


def city(folder, *, top=7.0):
    """Rows 0-3 are changed; the tool flags rows 0-4 and gives row 3 no score."""
    label, codes = np.zeros(SHAPE), np.ones(SHAPE)
    scores = np.full(SHAPE, 1.0)
    label[:4] = 1
    scores[:5], codes[:5] = top, 5
    codes[0], codes[1] = 2, 3
    scores[3] = np.nan
    return write_city(folder, label=label, scores=scores, codes=codes)


def test_dates_order_the_pair_whatever_they_look_like(tmp_path):
    for name in ("a_20180328.tif", "b_2016-01-20.tif", "undated.tif"):
        (tmp_path / name).touch()
    assert find_pair(tmp_path, "*.tif") is None
    (tmp_path / "change_label.tif").touch()
    pair = find_pair(tmp_path, "*.tif")
    assert pair is not None
    assert (pair.before.name, pair.after.name) == ("b_2016-01-20.tif", "a_20180328.tif")
    (tmp_path / "c_2020-01-20.tif").touch()
    assert find_pair(tmp_path, "*.tif") is None


def test_codes_2_3_5_are_flagged_and_no_score_is_unflagged_and_lowest(tmp_path, stand_in):
    sample = score(city(tmp_path / "alpha"), Codes(1, 0), method="rcva")
    width = SHAPE[1]
    figures = sample.figures
    assert figures.counts == Counts(3 * width, width, width, 15 * width)
    assert figures.f1 == pytest.approx(0.75)
    assert figures.without_score == pytest.approx(1 / 20)
    assert figures.flagged == pytest.approx(4 / 20)
    # Of 4 x 16 row pairs: 3 changed rows tie with one and beat 15; the row without score loses all.
    assert figures.auc == pytest.approx((3 * 15.5) / 64)
    assert (figures.shift_px, figures.objects, figures.refused) == ((0.25, -1.5), 2, None)


def test_pixels_outside_either_image_do_not_count(tmp_path, stand_in):
    images = np.full((4, *SHAPE), 900, np.uint16)
    images[2, :, :4] = 0
    pair = write_city(
        tmp_path / "alpha",
        label=np.zeros(SHAPE),
        scores=np.full(SHAPE, np.nan),
        codes=np.zeros(SHAPE),
        images=images,
    )
    figures = score(pair, Codes(1, 0), method="rcva").figures
    assert figures.pixels == 20 * 20
    assert figures.without_score == 1


def test_unlabelled_pixels_do_not_count(tmp_path, stand_in):
    label = np.zeros(SHAPE)
    label[:2], label[2:5] = 1, 2
    codes = np.where(label == 1, 2, 1)
    pair = write_city(tmp_path / "alpha", label=label, scores=codes * 4.0, codes=codes)
    figures = score(pair, Codes(1, 2, unlabelled=0), method="rcva").figures
    assert figures.pixels == 5 * SHAPE[1]
    assert figures.f1 == figures.auc == figures.kappa == 1
    with pytest.raises(ValueError, match=r"holds \[2\]; expected \[0, 1\]"):
        score(pair, Codes(1, 0), method="rcva")


def test_a_refusal_is_a_pair_without_any_score(tmp_path, stand_in):
    pair = city(tmp_path / "alpha")
    (tmp_path / "alpha" / "refuse").touch()
    figures = score(pair, Codes(1, 0), method="rcva").figures
    assert figures.refused == "The shift cannot be trusted."
    assert (figures.auc, figures.average_precision) == pytest.approx((0.5, 0.2))
    assert (figures.f1, figures.without_score, figures.objects) == (0, 1, None)


def test_a_crash_is_no_refusal(tmp_path, stand_in):
    pair = city(tmp_path / "alpha")
    (tmp_path / "alpha" / "crash").touch()
    with pytest.raises(RuntimeError, match="KeyError"):
        score(pair, Codes(1, 0), method="rcva")


def test_products_on_another_grid_are_taken_by_place(tmp_path):
    """Products in UTM; the expected pixel comes from GDAL."""
    rows, cols = np.indices((40, 36))
    numbered = (rows * 36 + cols + 1).astype(np.float32)
    corner = rasterio.Affine(10, 0, 772_450, 0, -10, 3_921_500)
    on = {"crs": "EPSG:32636", "transform": corner}
    bands = np.stack([np.zeros_like(numbered), numbered])
    write_geotiff(tmp_path / "diff.tif", bands, descriptions=("signed", "score"), **on)
    write_geotiff(tmp_path / "classes.tif", np.full((1, 40, 36), 3, np.uint8), **on)
    (tmp_path / "run.json").write_text('{"registration": null}')
    (tmp_path / "detections.geojson").write_text('{"features": []}')
    grid = Grid(rasterio.CRS.from_epsg(4326), DEGREES, SHAPE)
    products = read_products(tmp_path, grid)
    with rasterio.open(tmp_path / "diff.tif") as file:
        left, bottom, right, top = file.bounds
        x, y = _utm(grid)
        inside = (x > left) & (x < right) & (y > bottom) & (y < top)
        expected = [value[1] for value in file.sample(zip(x[inside], y[inside], strict=True))]
    assert 100 < inside.sum() < inside.size
    assert products.scores.ravel()[inside].tolist() == expected
    assert np.isneginf(products.scores.ravel()[~inside]).all()
    assert products.flagged.ravel().tolist() == inside.tolist()
    assert products.shift_px is None


def _utm(grid):
    rows, cols = np.indices(grid.shape)
    lon = grid.transform.c + (cols.ravel() + 0.5) * grid.transform.a
    lat = grid.transform.f + (rows.ravel() + 0.5) * grid.transform.e
    return map(np.array, transform("EPSG:4326", "EPSG:32636", lon, lat))


def test_oscd_from_command_to_verdict(tmp_path, stand_in, monkeypatch, capsys):
    city(tmp_path / "data" / "alpha")
    city(tmp_path / "data" / "beta", top=0.5)
    city(tmp_path / "data" / "gamma")
    (tmp_path / "data" / "gamma" / "refuse").touch()
    (tmp_path / "data" / "empty").mkdir()
    report = tmp_path / "report.json"
    told = ["oscd", "--data", str(tmp_path / "data"), "--json", str(report), "--methods", "cva"]
    monkeypatch.setattr(sys, "argv", told)
    assert oscd.main() == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[3].startswith("gamma")
    assert lines[3].endswith("refused: The shift cannot be trusted.")
    assert lines[-2].startswith("60-line chain")
    assert lines[-1].startswith("FAIL: cva: auc ")
    said = json.loads(report.read_text())
    assert [row["pair"] for row in said["cities"]["cva"]] == ["alpha", "beta", "gamma"]
    summary = said["methods"]["cva"]
    assert summary["auc"] == pytest.approx((3 * 15.5 / 64 + 3 * 0.5 / 64 + 0.5) / 3)
    # Flagged 3 + 3 of 12 changed rows, and 2 more.
    assert summary["f1"] == pytest.approx(12 / (8 + 12))
    # The others cut alpha and gamma at the score of beta and alpha; all of beta is below 7.
    assert said["left_out_thresholds"]["cva"][1] == 7
    assert (summary["refused"], summary["without_score"]) == (1, 1)
    assert said["passes"] is False


@pytest.mark.parametrize(
    ("figures", "failed"),
    [
        ((0.92, 0.36, 0.42, 0.1, 0.02), ()),
        ((0.919, 0.36, 0.42, 0.9, 0.02), ("auc 0.919",)),
        ((float("nan"), 0.2, 0.4, 0.9, 0.021), ("auc nan", "average", "f1 0.4", "without")),
    ],
)
def test_the_verdict_names_every_target_missed(figures, failed):
    said = oscd.misses(oscd.Summary(*figures))
    assert len(said) == len(failed)
    assert all(text.startswith(start) for text, start in zip(said, failed, strict=True))


@pytest.mark.parametrize(("changed_code", "status"), [(2, 0), (1, 1)])
def test_landsat_from_command_to_verdict(
    tmp_path, stand_in, monkeypatch, capsys, changed_code, status
):
    label = np.full(SHAPE, 2)
    label[:3], label[10:] = 1, 0
    codes = np.where(label == 1, changed_code, 1)
    write_city(tmp_path / "data", label=label, scores=codes * 4.0, codes=codes)
    report = tmp_path / "report.json"
    told = ["landsat", "--data", str(tmp_path / "data"), "--json", str(report)]
    monkeypatch.setattr(sys, "argv", told)
    assert landsat.main() == status
    assert capsys.readouterr().out.splitlines()[-1].startswith("FAIL" if status else "PASS: rcva")
    said = json.loads(report.read_text())
    assert list(said["methods"]) == ["cva", "irmad", "rcva"]
    assert said["methods"]["rcva"]["f1"] == (0 if status else 1)


@pytest.mark.parametrize("benchmark", [oscd, landsat])
def test_a_folder_without_pairs_is_said(benchmark, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["benchmark", "--data", str(tmp_path)])
    assert benchmark.main() == 2
    assert "change_label.tif" in capsys.readouterr().out


def test_an_unknown_method_is_not_taken_for_a_refusal(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["oscd", "--data", str(tmp_path), "--methods", "rcva,otsu"])
    with pytest.raises(SystemExit, match="2"):
        oscd.main()
    assert "'otsu' is not one of" in capsys.readouterr().err
