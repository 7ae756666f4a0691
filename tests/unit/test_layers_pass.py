"""The one pass over a pair: what it leaves on disk, and what the null makes of it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from terrain import ground, noisy, write_s2

from imagery import layers, objects, pairs
from imagery.catalogs import item_from_file
from imagery.change import HALO_PX
from imagery.codes import CANDIDATE, MASKED, NO_DATA, UNCHANGED
from imagery.layers import Layers, chunk_sizes, with_rims
from imagery.null import LEVEL_BLOCK_PX

SHAPE = (320, 350)
EMPTY = slice(0, 60), slice(0, 50)
CLOUD = slice(200, 240), slice(100, 160)
SQUARE = slice(120, 132), slice(250, 264)


def filled(folder: Path, *, changed: bool, method: str = "rcva") -> tuple[Layers, int]:
    """Raw planes of a pair with an empty corner in the before date and a cloud in the after."""
    scene = ground(SHAPE)
    before, after = noisy(scene, 1), scene.copy()
    before[:, *EMPTY] = np.nan
    if changed:
        after[:, *SQUARE] = 0.02
    after = noisy(after, 2)
    clear = np.full(SHAPE, 4)
    cloudy = clear.copy()
    cloudy[CLOUD] = 9
    write_s2(folder / "S2_L2A_before.tif", before, scl=clear)
    write_s2(folder / "S2_L2A_after.tif", after, scl=cloudy)
    items = [item_from_file(folder / f"S2_L2A_{n}.tif", dated=False) for n in ("before", "after")]
    pair = pairs.normalized(pairs.make(*items))
    made = layers.create(folder, pair, shown=(2, 1, 0))
    work = layers.fill(pair, made, method=method, shown=(2, 1, 0), chunk=256)
    return made, int(np.sum(work.compute()))


@pytest.fixture(scope="module")
def raw(tmp_path_factory: pytest.TempPathFactory) -> tuple[Layers, int]:
    return filled(tmp_path_factory.mktemp("raw"), changed=True)


def expected_codes() -> np.ndarray:
    hidden = np.zeros(SHAPE, bool)
    hidden[CLOUD] = True
    hidden = with_rims(hidden, 10.0)
    codes = np.where(hidden, MASKED, UNCHANGED)
    codes[EMPTY] = NO_DATA
    return codes


def test_codes_are_cloud_with_a_rim_and_no_data_without(raw) -> None:
    made, usable = raw
    codes = made.classes[:, :, :][0]
    np.testing.assert_array_equal(codes, expected_codes())
    assert usable == np.count_nonzero(codes == UNCHANGED)


def test_there_is_a_score_exactly_where_ground_was_seen(raw) -> None:
    made, _ = raw
    seen = made.classes[:, :, :][0] == UNCHANGED
    for plane in (*made.diff[:, :, :], made.brightness[:, :, :][0]):
        np.testing.assert_array_equal(np.isfinite(plane), seen)


def test_block_medians_are_those_of_the_score(raw) -> None:
    made, _ = raw
    score, medians = made.diff[0:1, :, :][0], made.medians[:, :, :][0]
    assert np.isnan(medians[0, 0])
    for row, col in ((5, 5), (16, 15), (19, 21)):
        top, left = row * LEVEL_BLOCK_PX, col * LEVEL_BLOCK_PX
        block = score[top : top + LEVEL_BLOCK_PX, left : left + LEVEL_BLOCK_PX]
        assert medians[row, col] == np.nanmedian(block)


def test_pictures_are_the_bands_asked_for(raw) -> None:
    made, _ = raw
    pictures = made.pictures[:, :, :]
    assert pictures.shape == (6, *SHAPE)
    red = np.round(noisy(ground(SHAPE), 1)[2] * 1e4) / 1e4
    np.testing.assert_allclose(pictures[0][60:], red[60:], atol=1e-6)
    assert np.isnan(pictures[:3, *EMPTY]).all()


def test_the_square_and_little_else_is_a_candidate_that_survives(tmp_path: Path) -> None:
    made, _ = filled(tmp_path, changed=True)
    null, spread = layers.judge(made)
    score, signed = made.diff[:, :, :]
    assert np.nanmedian(score) == pytest.approx(0, abs=0.02)
    mad = np.nanmedian(np.abs(score - np.nanmedian(score)))
    assert 1.4826 * mad == pytest.approx(1, abs=0.03)
    assert 1.4826 * np.nanmedian(np.abs(signed)) == pytest.approx(1, abs=0.02)
    codes = made.classes[:, :, :][0]
    candidates = np.nan_to_num(score, nan=-np.inf) > null.score(null.threshold)
    np.testing.assert_array_equal(codes == CANDIDATE, candidates)
    assert (codes[SQUARE] == CANDIDATE).all()
    assert signed[SQUARE].mean() < -3
    regions = objects.find(made)
    _, q = objects.significance(regions.peaks, null)
    kept = regions.seeds[q <= objects.FDR]
    assert len(kept) == 1
    assert np.abs(kept[0] - (120, 250)).max() < 30
    assert spread > 0


@pytest.mark.parametrize("method", ["rcva", "irmad", "cva"])
def test_noise_alone_gives_no_object_and_no_small_p(tmp_path: Path, method: str) -> None:
    made, _ = filled(tmp_path, changed=False, method=method)
    null, _ = layers.judge(made)
    regions = objects.find(made)
    p, q = objects.significance(regions.peaks, null)
    assert len(p) > 20
    assert q.min() > objects.FDR
    # As many as uniform p-values would give, or fewer, with room for three sigma.
    for level in (0.01, 0.05):
        expected = level * len(p)
        assert np.count_nonzero(p <= level) <= expected + 3 * expected**0.5


def test_nothing_changes_where_nothing_was_seen(tmp_path: Path) -> None:
    made, _ = filled(tmp_path, changed=True)
    layers.judge(made)
    codes = made.classes[:, :, :][0]
    hidden = expected_codes() != UNCHANGED
    np.testing.assert_array_equal(codes[hidden], expected_codes()[hidden])
    assert np.isnan(made.diff[:, :, :][:, hidden]).all()


@pytest.mark.parametrize("size", [1, 255, 256, 300, 1029, 5490])
@pytest.mark.parametrize("chunk", [64, 300, 1000, 4096])
def test_chunks_cover_the_side_and_hold_their_surround(size: int, chunk: int) -> None:
    sizes = chunk_sizes(size, chunk, least=HALO_PX + 5)
    assert sum(sizes) == size
    assert all(each % 64 == 0 for each in sizes[:-1])
    assert len(sizes) == 1 or min(sizes) >= HALO_PX + 5


def test_strips_follow_the_lattice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made, _ = filled(tmp_path, changed=False)
    monkeypatch.setattr(layers, "LATTICE_PX", 100)
    assert [(s.start, s.stop) for s in layers.strips(made)] == [
        (0, 100),
        (100, 200),
        (200, 300),
        (300, 320),
    ]
