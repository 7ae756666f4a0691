from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import pytest

from pipelines import doctor


def finding(what: str, samples: Path | None = None) -> doctor.Finding:
    return next(each for each in doctor.examine(samples) if each.what == what)


def without(monkeypatch: pytest.MonkeyPatch, absent: str) -> None:
    real = importlib.import_module

    def guarded(name: str, package: str | None = None) -> Any:
        if name == absent:
            raise ImportError(f"lib{absent}.so.1: cannot open shared object file")
        return real(name, package)

    monkeypatch.setattr(importlib, "import_module", guarded)


def test_a_library_that_does_not_load_is_a_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "rasterio")
    found = finding("rasterio")
    assert found.state == "problem"
    assert "librasterio.so.1" in found.detail
    assert found.advice


def test_an_extra_that_is_absent_is_no_problem(monkeypatch: pytest.MonkeyPatch) -> None:
    without(monkeypatch, "geopandas")
    found = finding("extra parquet")
    assert found.state == "optional"
    assert "tilewitness[parquet]" in found.advice


def test_a_missing_driver_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "DRIVERS", ("GTiff", "NoSuchDriver"))
    found = finding("drivers")
    assert (found.state, found.detail) == ("problem", "missing: NoSuchDriver")


def test_a_temporary_folder_that_is_gone_is_a_problem(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(doctor.tempfile, "gettempdir", lambda: str(tmp_path / "gone"))
    found = finding("temporary folder")
    assert found.state == "problem"
    assert "No such file" in found.detail


def test_little_memory_comes_with_advice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "LEAST_MEMORY_BYTES", 2**60)
    assert "--chunk" in finding("memory").advice


@pytest.mark.parametrize(("samples", "state"), [(None, "optional"), (Path("tiles"), "ok")])
def test_sample_tiles_are_reported(samples: Path | None, state: str) -> None:
    assert finding("sample tiles", samples).state == state
