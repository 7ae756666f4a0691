"""The same bytes of every product, whatever the chunks, the workers and where they run."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from affine import Affine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from terrain import ground, moved, noisy, write_s2

from imagery import register
from pipelines.cluster import cluster
from pipelines.compare import diff
from pipelines.config import Options
from pipelines.terminal import Silent

SHAPE = (600, 700)
DEGREES = Affine(0.00011, 0, 35.9, 0, -0.00009, 35.4)
CASES = ("utm", "degrees")


@pytest.fixture(scope="module")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Pairs with a shift, clouds, an empty corner and a few changes; once on a metric grid."""
    folder = tmp_path_factory.mktemp("chunks")
    scene = ground(SHAPE)
    before, changed = noisy(scene, 1), scene.copy()
    before[:, :90, :110] = np.nan
    # Across the 512 px lattice and across the chunks of 256 px.
    changed[:, 505:520, 505:520] = 0.02
    changed[:, 250:262, 100:116] = 0.5
    after = noisy(moved(changed, 0.37, -0.22), 2)
    after[:, -40:, -30:] = np.nan
    scl = np.full(SHAPE, 4)
    cloudy = scl.copy()
    cloudy[180:290, 480:620] = 9
    cloudy[400:430, 60:100] = 3
    for case, grid in (("utm", {}), ("degrees", {"crs": "EPSG:4326", "transform": DEGREES})):
        write_s2(folder / case / "S2_L2A_a.tif", before, scl=scl, **grid)
        write_s2(folder / case / "S2_L2A_b.tif", after, scl=cloudy, **grid)
    return folder


@pytest.fixture(scope="module", autouse=True)
def measured_once() -> Iterator[None]:
    """Registration reads windows of its own and knows no chunks; it is measured once a grid.

    That it gives the same answer again is tested in ``tests/sample``.
    """
    known: dict[tuple[int, int], register.Registration] = {}
    measure = register.measure

    def remembered(
        read: register.Read, shape: tuple[int, int], *, max_error_px: float
    ) -> register.Registration:
        if shape not in known:
            known[shape] = measure(read, shape, max_error_px=max_error_px)
        return known[shape]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(register, "measure", remembered)
        yield


def fingerprints(scenes: Path, case: str, options: Options) -> dict[str, str]:
    """SHA-256 of every file of a run but the log of when and where it was made."""
    out = scenes / case / "out"
    files = (scenes / case / f"S2_L2A_{name}.tif" for name in "ab")
    diff(*files, out, options=options, watch=Silent(), custody={"chunk": options.chunk})
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(out.iterdir())
        if path.name != "custody.jsonl"
    }


@pytest.fixture(scope="module")
def expected(scenes: Path) -> dict[str, dict[str, str]]:
    """One chunk holds the whole grid, one worker does the work."""
    options = Options(chunk=2048, workers=1, overwrite=True)
    return {case: fingerprints(scenes, case, options) for case in CASES}


def test_the_pairs_are_worth_it(scenes: Path, expected) -> None:
    """Resampled, masked, empty in places, with objects across the lattice."""
    for case in CASES:
        record = json.loads((scenes / case / "out" / "run.json").read_text())
        assert record["registration"]["model"] != "identity"
        assert 0.7 < record["clear_share"] < 0.97
        assert sum(record["detections"].values()) >= 2
        assert len(expected[case]) == 17
    assert json.loads((scenes / "degrees/out/run.json").read_text())["grid"]["crs"] != "EPSG:4326"


@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(chunk=st.sampled_from(range(64, 2049, 31)), workers=st.integers(1, 3))
@pytest.mark.parametrize("case", CASES)
def test_chunks_and_workers_change_no_byte(case, chunk, workers, scenes, expected) -> None:
    options = Options(chunk=chunk, workers=workers, overwrite=True)
    assert fingerprints(scenes, case, options) == expected[case]


def test_two_processes_change_no_byte(scenes: Path, expected) -> None:
    distributed = pytest.importorskip("distributed", reason="the extra 'distributed' is missing")
    options = Options(chunk=256, overwrite=True)
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0"
        ) as local,
        cluster(local.scheduler_address),
    ):
        assert fingerprints(scenes, "utm", options) == expected["utm"]
