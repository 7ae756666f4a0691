"""A pair's masks are looked at twice before anything is measured."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest
from odc.geo.geom import box
from small_tiffs import UTM
from terrain import ground, noisy, write_s2

from imagery import masking, pairs, structures
from imagery.catalogs import item_from_file
from imagery.masking import remasked
from imagery.model import Zone
from imagery.overlay import GROUND, STRUCTURE, marks
from imagery.pairs import Pair
from imagery.views import structures as hectares
from imagery.views import zone_masks

SHAPE = (330, 340)
ROOF = slice(60, 66), slice(70, 78)
CLOUD = slice(200, 206), slice(100, 108)


@pytest.fixture
def scene(tmp_path: Path):
    """A scene by name, cloud where its classes say so."""

    def make(name: str, *clouds, **said):
        codes = np.full(SHAPE, 5)
        for cloud in clouds:
            codes[cloud] = 9
        path = tmp_path / f"S2_L2A_{name}.tif"
        return item_from_file(
            write_s2(path, noisy(ground(SHAPE), 1), scl=codes, **said), dated=False
        )

    return make


def clear(pair: Pair) -> list[np.ndarray]:
    whole = slice(0, SHAPE[0]), slice(0, SHAPE[1])
    return [date.clear.values for date in pair.load(*whole)]


def test_what_both_dates_flag_counts_as_clear_and_the_rest_stays(scene, tmp_path) -> None:
    pair = pairs.make(scene("before", ROOF, CLOUD), scene("after", ROOF))
    before, after = clear(remasked(pair, tmp_path))
    expected = np.ones(SHAPE, dtype=bool)
    expected[CLOUD] = False
    assert np.array_equal(before, expected)
    assert after.all()
    assert not clear(pair)[1].all()


def test_a_further_date_may_agree_instead_of_the_other(scene, tmp_path) -> None:
    pair = pairs.make(scene("before", ROOF), scene("after"))
    assert not clear(remasked(pair, tmp_path))[0].all()
    seen = remasked(pair, tmp_path, others=[scene("third", ROOF)])
    assert clear(seen)[0].all()
    assert [item.id for item in seen.further] == ["S2_L2A_third"]


def test_nothing_to_say_leaves_the_scenes_alone(scene, tmp_path) -> None:
    pair = pairs.make(scene("before", CLOUD), scene("after", ROOF))
    seen = remasked(pair, tmp_path)
    assert seen.before is pair.before
    assert hectares(seen.before, (), pair.grid) == (0.0, {})


def test_only_what_was_flagged_is_reported(scene, tmp_path) -> None:
    pair = pairs.make(scene("before", ROOF), scene("after", ROOF))
    seen = remasked(pair, tmp_path)
    assert hectares(seen.before, (), pair.grid) == (0.48, {})
    found = marks(seen.before, pair.grid)
    assert found is not None
    assert (found == STRUCTURE).sum() == 6 * 8
    assert (found == GROUND).sum() == 8 * 10 - 6 * 8


def test_zones_say_what_is_still_masked_and_what_was_overruled(scene, tmp_path) -> None:
    pair = pairs.make(scene("before", ROOF, CLOUD), scene("after", ROOF))
    outlines = [
        box(left, bottom, right, top, "EPSG:32636").to_crs("EPSG:4326").geom
        for left, bottom, right, top in (
            (UTM.c + 10 * 70 + 1, UTM.f - 10 * 66 + 1, UTM.c + 10 * 78 - 1, UTM.f - 10 * 60 - 1),
            (UTM.c + 10 * 100 + 1, UTM.f - 10 * 206 + 1, UTM.c + 10 * 116 - 1, UTM.f - 2001),
        )
    ]
    zones = [Zone(f"z{n}", "z", "apron", "user", "drawn", 0.0, o) for n, o in enumerate(outlines)]
    assert zone_masks(pair.before, zones, pair.grid, pair.bands) == {"z0": 1.0, "z1": 0.5}
    seen = remasked(pair, tmp_path)
    assert zone_masks(seen.before, zones, pair.grid, pair.bands) == {"z0": 0.0, "z1": 0.5}
    assert hectares(seen.before, zones, pair.grid) == (0.48, {"z0": 0.48, "z1": 0.0})


def test_squares_of_any_size_decide_alike(scene, tmp_path, monkeypatch) -> None:
    draw = np.random.default_rng(5)
    places = draw.integers(5, 315, (40, 2))
    boxes = [(slice(row, row + 3), slice(col, col + 3)) for row, col in places]
    pair = pairs.make(scene("before", *boxes[:25]), scene("after", *boxes[15:]))
    monkeypatch.setattr(structures, "FIELD_M", 300.0)
    monkeypatch.setattr(structures, "MAX_SIDE_M", 200.0)
    monkeypatch.setattr(structures, "REACH_M", 700.0)
    whole = clear(remasked(pair, tmp_path))
    assert not whole[0].all()
    assert not np.array_equal(whole[0], clear(pair)[0])
    monkeypatch.setattr(masking, "BLOCK_PX", 64)
    for mine, other in zip(clear(remasked(pair, tmp_path)), whole, strict=True):
        assert np.array_equal(mine, other)


def test_a_scene_without_classes_is_left_alone(scene, tmp_path) -> None:
    paths = [
        write_s2(tmp_path / f"S2_L2A_{n}.tif", noisy(ground(SHAPE), 1)) for n in ("plain", "bare")
    ]
    pair = pairs.make(*(item_from_file(path, dated=False) for path in paths))
    assert remasked(pair, tmp_path) == dataclasses.replace(pair, further=())
