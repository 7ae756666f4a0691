"""The dates of a site in memory: order, registration, what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from affine import Affine
from odc.geo.geobox import GeoBox
from small_tiffs import UTM
from terrain import ground, moved, noisy, write_s2

from imagery import dated
from imagery.catalogs import items_from_folder
from imagery.dated import Dated, gather
from imagery.errors import TooLarge

BANDS = ("blue", "green", "red", "nir")
SHAPE = (230, 250)
SHIFT = (0.4, -0.3)
CLEAR, CLOUD = 4, 9


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> Dated:
    """A clear date, one shifted and half under cloud, one of another place, one without a band."""
    folder = tmp_path_factory.mktemp("dated")
    scene = ground(SHAPE)
    scl = np.full(SHAPE, CLEAR)
    write_s2(folder / "S2_L2A_2024-05-03.tif", noisy(scene, 1), scl=scl)
    half = scl.copy()
    half[:, 200:] = CLOUD
    write_s2(folder / "S2_L2A_2024-05-01.tif", noisy(moved(scene, *SHIFT), 2), scl=half)
    write_s2(folder / "S2_L2A_2024-05-05.tif", noisy(ground(SHAPE, seed=9), 3), scl=scl)
    write_s2(folder / "S2_L2A_2024-05-07.tif", noisy(scene, 4)[:2], scl=scl)
    return gather(items_from_folder(folder), GeoBox(SHAPE, UTM, "EPSG:32636"), bands=BANDS)


def test_dates_lie_oldest_first_on_the_grid(read: Dated) -> None:
    assert [f"{moment:%m-%d}" for moment in read.moments] == ["05-01", "05-03"]
    assert read.values.shape == (2, 4, *SHAPE)
    assert len(read) == 2
    assert not read.simulated


def test_each_date_is_laid_over_the_clearest(read: Dated) -> None:
    shifted, reference = read.registrations
    assert reference is None
    assert shifted is not None
    assert shifted.shift_px == pytest.approx(SHIFT, abs=0.06)
    inner = np.s_[:, 20:-20, 20:180]
    apart = read.values[0][inner] - read.values[1][inner]
    # Two draws of the noise and little else, though one of them was moved.
    assert np.std(apart) < 0.016


def test_what_the_quality_layer_hides_is_nan(read: Dated) -> None:
    assert np.isnan(read.values[0, :, 50:150, 205:245]).all()
    assert np.isfinite(read.values[1]).all()
    east = np.zeros(SHAPE, bool)
    east[50:150, 205:245] = True
    assert read.clear(east).tolist() == [0.0, 1.0]
    assert read.clear(np.zeros(SHAPE, bool)).tolist() == [0.0, 0.0]


def test_what_cannot_be_laid_over_or_read_is_said(read: Dated) -> None:
    assert [one.id for one in read.refused] == ["S2_L2A_2024-05-07", "S2_L2A_2024-05-05"]
    assert all(one.reason for one in read.refused)


def test_too_many_numbers_are_refused(read: Dated, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dated, "MOST_VALUES", 1000)
    with pytest.raises(TooLarge):
        gather(read.items, read.grid, bands=BANDS)


def test_nothing_readable_leaves_an_empty_record(tmp_path: Path) -> None:
    scene = noisy(ground((40, 40)), 1)[:2]
    write_s2(tmp_path / "S2_L2A_2024-05-07.tif", scene)
    grid = GeoBox((40, 40), Affine(*UTM[:6]), "EPSG:32636")
    empty = gather(items_from_folder(tmp_path), grid, bands=BANDS)
    assert len(empty) == 0
    assert empty.clear(np.ones((40, 40), bool)).size == 0
    assert len(empty.refused) == 1
