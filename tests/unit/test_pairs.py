"""Two scenes on one grid: windows, resampling, the sample that statistics rest on."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from affine import Affine
from small_tiffs import UTM
from terrain import ground, moved, noisy, write_s2

from imagery import pairs
from imagery.catalogs import item_from_file
from imagery.pairs import Pair, lattice, spread_blocks

SHAPE = (230, 250)
SHIFT = (0.4, -0.3)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One scene at four places: before; shifted content; its georeference shifted, too; hidden."""
    folder = tmp_path_factory.mktemp("pairs")
    scene = ground(SHAPE)
    write_s2(folder / "S2_L2A_before.tif", noisy(scene, 1))
    off = noisy(moved(scene, *SHIFT), 2)
    write_s2(folder / "S2_L2A_after.tif", off)
    write_s2(folder / "S2_L2A_elsewhere.tif", off, transform=UTM @ Affine.translation(0.25, 0.5))
    scl = np.full(SHAPE, 9)
    write_s2(folder / "S2_L2A_hidden.tif", scene, scl=scl)
    return folder


def pair(folder: Path, after: str) -> Pair:
    items = [
        item_from_file(folder / f"S2_L2A_{name}.tif", dated=False) for name in ("before", after)
    ]
    return pairs.make(*items)


@pytest.fixture(scope="module")
def on_grid(folder: Path) -> Pair:
    return pairs.registered(pair(folder, "after"), max_error_px=0.3)


@pytest.fixture(scope="module")
def off_grid(folder: Path) -> Pair:
    return pairs.registered(pair(folder, "elsewhere"), max_error_px=0.3)


def test_what_stands_on_the_grid_is_shifted_by_the_kernel(on_grid: Pair) -> None:
    assert on_grid.registration is not None
    assert on_grid.registration.shift_px == pytest.approx(SHIFT, abs=0.05)
    assert on_grid.moved is None
    assert on_grid.halo > 0


def test_what_is_off_the_grid_is_loaded_where_it_lies(off_grid: Pair) -> None:
    assert off_grid.registration is not None
    assert off_grid.halo == 0
    assert off_grid.moved is not None
    here, there = off_grid.grid.affine, off_grid.moved.affine
    shift = (there.c - here.c) / 10, (here.f - there.f) / 10
    # The content lies SHIFT further in its own file, whose origin is (.25, .5) px further.
    assert shift == pytest.approx((SHIFT[0] + 0.25, SHIFT[1] + 0.5), abs=0.06)


def test_a_moved_grid_lies_where_the_affine_puts_pixel_centres(off_grid: Pair) -> None:
    assert off_grid.registration is not None
    height, width = off_grid.shape
    a, b, c, d, e, f = affine = (1.0008, 0.0006, 0.4, -0.0005, 0.9993, -0.2)
    found = dataclasses.replace(off_grid.registration, affine=affine, model="affine")
    made = dataclasses.replace(off_grid, registration=found).moved
    assert made is not None
    # The shear is left out: none of it is missing along the middle row and column.
    for row, col in ((0, (width - 1) / 2), ((height - 1) / 2, 0), ((height - 1) / 2, width - 1)):
        there = a * col + b * row + c, d * col + e * row + f
        off = np.subtract(~off_grid.grid.affine @ (made.affine @ (col + 0.5, row + 0.5)), 0.5)
        missing = b * (row - (height - 1) / 2), d * (col - (width - 1) / 2)
        np.testing.assert_allclose(off, np.subtract(there, missing), atol=1e-6)
    steep = dataclasses.replace(found, affine=(1, 0.002, 0, 0, 1, 0))
    assert dataclasses.replace(off_grid, registration=steep).moved is None


@pytest.mark.parametrize("which", ["on_grid", "off_grid"])
def test_registered_dates_fit_each_other(which: str, request: pytest.FixtureRequest) -> None:
    made: Pair = request.getfixturevalue(which)
    before, after = made.read(slice(20, 200), slice(20, 220))
    loose = noisy(moved(ground(SHAPE), *SHIFT), 2)[:, 20:200, 20:220]

    def unlike(date: np.ndarray) -> float:
        return 1 - float(np.corrcoef(before.ravel(), date.ravel())[0, 1])

    assert unlike(after) < 0.7 * unlike(loose)


@pytest.mark.parametrize("which", ["on_grid", "off_grid"])
@pytest.mark.parametrize(
    "window", [(slice(0, 40), slice(0, 33)), (slice(61, 120), slice(190, 247))]
)
def test_a_window_is_the_crop_of_the_whole(which, window, request) -> None:
    made: Pair = request.getfixturevalue(which)
    whole = made.read(*(slice(0, size) for size in made.shape))
    for part, full in zip(made.read(*window), whole, strict=True):
        np.testing.assert_array_equal(part, full[:, *window])


def test_only_the_edge_is_lost(on_grid: Pair) -> None:
    _, after = on_grid.read(*(slice(0, size) for size in on_grid.shape))
    assert np.isfinite(after[:, 2:-2, 2:-2]).all()


def test_normalization_brings_a_darker_date_back(folder: Path) -> None:
    darker = folder / "S2_L2A_darker.tif"
    write_s2(darker, noisy(ground(SHAPE), 5) * 0.8)
    found = pairs.normalized(pair(folder, "darker"))
    assert found.normalization is not None
    assert found.bands == ("blue", "green", "red", "nir")
    # Of roots: with the stabilizer, a darker date needs more than 1, less than 1 / sqrt(.8).
    assert (found.normalization.gain > 1.02).all()
    assert (found.normalization.gain < 1.25).all()
    assert found.normalization.sample_px == SHAPE[0] * SHAPE[1]
    assert (found.normalization.contrast_noise > found.normalization.noise).all()


def test_nothing_usable_leaves_the_pair_as_it_is(folder: Path) -> None:
    made = pairs.registered(pair(folder, "hidden"), max_error_px=0.3)
    assert made.registration is not None
    assert made.registration.model == "none"
    assert pairs.normalized(made) is made


def test_coarser_bands_are_left_out(tmp_path: Path) -> None:
    scene = np.concatenate([ground((30, 30)), ground((30, 30), seed=2)])[:5]
    for name in ("a", "b"):
        path = tmp_path / f"S2_L2A_{name}.tif"
        write_s2(path, scene, descriptions=("B02", "B03", "B11", "B04", "B08"))
    items = [item_from_file(tmp_path / f"S2_L2A_{name}.tif", dated=False) for name in "ab"]
    assert pairs.make(*items).bands == ("blue", "green", "red", "nir")


@pytest.mark.parametrize("shape", [(1, 1), (512, 512), (513, 1100), (5000, 2049)])
def test_the_lattice_covers_every_pixel_once(shape: tuple[int, int]) -> None:
    seen = np.zeros(shape, np.uint8)
    for window in lattice(shape):
        seen[window] += 1
    assert (seen == 1).all()
    key = [(rows.start, cols.start) for rows, cols in lattice(shape)]
    assert key == sorted(key)


def test_the_first_blocks_are_spread_over_the_grid() -> None:
    shape = (5120, 5120)
    order = spread_blocks(shape)
    assert sorted(order, key=lambda w: (w[0].start, w[1].start)) == lattice(shape)
    halves = [(rows.start >= 2560, cols.start >= 2560) for rows, cols in order[:16]]
    assert all(halves.count(quarter) >= 2 for quarter in set(halves))
    assert len(set(halves)) == 4
