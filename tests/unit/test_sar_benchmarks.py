"""The radar benchmarks run on folders of their layouts, and their own checks can fail."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
import rasterio

from benchmarks import s1_series, sar_null, sar_pairs, sar_scale, sar_scenes

TRANSFORM = rasterio.Affine(30, 0, 800_000, 0, -30, 2_100_000)


def write(path: Path, bands: np.ndarray, names: tuple[str, ...] = ()) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    count, height, width = bands.shape
    profile = {
        "driver": "GTiff", "count": count, "height": height, "width": width,
        "dtype": bands.dtype.name, "crs": "EPSG:32646", "transform": TRANSFORM,
    }  # fmt: skip
    with rasterio.open(path, "w", **profile) as target:
        target.write(bands)
        for index, name in enumerate(names, start=1):
            target.set_band_description(index, name)


def test_pairs_of_a_folder(tmp_path: Path) -> None:
    recipe = sar_scenes.RECIPES[3]
    for seed in range(2):
        before, after, truth = sar_scenes.pair(recipe, seed, shape=(150, 150))
        label = truth.astype(np.uint8) * (1, 255)[seed]
        layers = {"before": before, "after": after, "change_label": label}
        for name, layer in layers.items():
            write(tmp_path / f"pair{seed}" / f"{name}.tif", layer[None])
    told = tmp_path / "told.json"
    assert sar_pairs.main(["--data", str(tmp_path), "--json", str(told)]) == 0
    report = json.loads(told.read_text())
    assert set(report["kinds"]) == {"pair0", "pair1"}
    assert report["regions"]["pooled_f1"] > 0.7 > report["ratio of means"]["pooled_f1"]


def test_a_refused_pair_flags_nothing() -> None:
    same = np.full((64, 64), 7, np.uint8)
    assert not sar_pairs.ours(same, same).any()


def test_series_of_a_folder(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    first = date(2016, 1, 1)
    spots = [(10 + 8 * n, 20) for n in range(8)]
    for number in range(30):
        power = rng.gamma(10, 0.01, (2, 90, 90))
        if number >= 15:
            for row, col in spots[:4]:
                power[:, row - 2 : row + 3, col - 2 : col + 3] /= 4
        day = first + timedelta(days=12 * number)
        path = tmp_path / "scenes" / f"S1_{day:%Y%m%d}.tif"
        write(path, (10 * np.log10(power)).astype(np.float32), ("VV_dB", "VH_dB"))
    truth = (first + timedelta(days=12 * 15)).isoformat()
    lines = ["x,y,date"]
    for number, (row, col) in enumerate(spots):
        x, y = TRANSFORM @ (col + 0.5, row + 0.5)
        lines.append(f"{x},{y},{truth if number < 4 else 'NA'}")
    (tmp_path / "reference_points.csv").write_text("\n".join(lines))
    told = tmp_path / "told.json"
    assert s1_series.main(["--data", str(tmp_path), "--json", str(told)]) == 0
    report = json.loads(told.read_text())["interval"]
    assert report["auc"] == 1
    assert report["median_days"] <= 12


@pytest.mark.parametrize("wrong", [sar_null.uncorrected, sar_null.full_covariance])
def test_wrong_formulas_are_caught(wrong: sar_null.Test) -> None:
    assert not all(each["good"] for each in sar_null.rates(wrong, 5, 250_000)[:2])
    assert all(each["good"] for each in sar_null.rates(sar_null.omnibus_test, 5, 250_000)[:2])


def test_strips_of_a_series_do_not_matter(tmp_path: Path) -> None:
    paths = sar_scale.write(tmp_path, 14, 160)
    assert sar_scale.run(paths, 160, 160)[2] == sar_scale.run(paths, 160, 80)[2]
