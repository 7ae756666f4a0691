"""A pair whose quality layers call an apron cloud on both dates, compared from end to end."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from terrain import ground, noisy, write_s2
from typer.testing import CliRunner

from imagery.codes import MASKED
from pipelines import cli

SHAPE = (400, 420)
APRON = slice(200, 215), slice(150, 190)
CLOUD = slice(60, 75), slice(300, 320)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("masks")
    for number, (day, clouds) in enumerate({10: (APRON, CLOUD), 13: (APRON,)}.items()):
        scl = np.full(SHAPE, 5)
        for cloud in clouds:
            scl[cloud] = 9
        write_s2(folder / f"S2_L2A_2024-12-{day}.tif", noisy(ground(SHAPE), number), scl=scl)
    return folder


def run(folder: Path, *more: str) -> Any:
    tiles = (str(folder / f"S2_L2A_2024-12-{day}.tif") for day in (10, 13))
    return CliRunner().invoke(cli.app, ["diff", *tiles, *more], catch_exceptions=False)


def test_the_apron_is_compared_and_the_run_says_so(folder: Path) -> None:
    result = run(folder, "-o", str(folder / "out"))
    line = "6.00 ha before and 6.00 ha after, flagged cloud, stood there on other dates too"
    assert line in result.stdout
    record = json.loads((folder / "out" / "run.json").read_text())
    assert record["config"]["mask"] == "product"
    overruled = [scene["mask_overruled"] for scene in record["scenes"]]
    assert overruled == [{"total_ha": 6.0, "zones_ha": {}}] * 2
    with rasterio.open(folder / "out" / "classes.tif") as file:
        codes = file.read(1)
    assert not (codes[APRON] == MASKED).any()
    assert (codes[CLOUD] == MASKED).all()
    run(folder, "-o", str(folder / "other"), "--chunk", "64")
    for name in ("diff.tif", "classes.tif", "run.json"):
        first, second = ((folder / out / name).read_bytes() for out in ("out", "other"))
        assert first == second, name


def test_without_the_extra_nothing_is_written(folder: Path, monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "ukis_csmask.mask", None)
    result = run(folder, "-o", str(folder / "learned"), "--mask", "learned")
    assert result.exit_code == 2
    assert result.stdout == ""
    said = "tilewitness: --mask is 'learned'; expected the extra that holds the model: "
    assert result.stderr == said + "pip install 'tilewitness[clouds]'.\n"
    assert not (folder / "learned").exists()
