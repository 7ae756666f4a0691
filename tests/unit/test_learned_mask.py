"""What the model says becomes marks, the same for every window; without its extra, a sentence."""

from __future__ import annotations

import sys
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from terrain import ground, noisy, write_s2

from imagery import learned_mask, masking, pairs
from imagery.catalogs import item_from_file
from imagery.errors import BandError, InputError
from imagery.learned_mask import clear_block, learned
from imagery.overlay import GROUND, HIDDEN, marks

INSTALLED = find_spec("ukis_csmask") is not None and find_spec("onnxruntime") is not None
needs_model = pytest.mark.skipif(not INSTALLED, reason="needs the extra: tilewitness[clouds]")
BANDS = ("blue", "green", "red", "nir")
SHAPE = (600, 540)
BRIGHT = slice(500, 560), slice(490, 530)


class Model:
    """Calls cloud what is bright in blue; keeps the pictures that it was shown."""

    shown: ClassVar[list[tuple[Any, ...]]] = []

    def __init__(self, img: np.ndarray, band_order: list[str], **said: Any) -> None:
        assert img.dtype == np.float32
        assert np.isfinite(img).all()
        assert said["intra_op_num_threads"] == said["inter_op_num_threads"] == 1
        self.shown.append((*img.shape, said["product_level"]))
        self.csm = (img[..., band_order.index("blue")] > 0.5).astype(np.uint8)[..., None]


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> type[Model]:
    monkeypatch.setattr(Model, "shown", [])
    monkeypatch.setattr(learned_mask, "require", lambda: Model)
    return Model


@pytest.fixture
def scene(tmp_path: Path):
    def make(name: str, *clouds, bright: bool = False, code: int = 9):
        values = noisy(ground(SHAPE), 1)
        if bright:
            values[:, *BRIGHT] = 0.8
        codes = np.full(SHAPE, 5)
        for cloud in clouds:
            codes[cloud] = code
        return item_from_file(
            write_s2(tmp_path / f"S2_L2A_{name}.tif", values, scl=codes), dated=False
        )

    return make


def clear(pair: pairs.Pair) -> list[np.ndarray]:
    whole = slice(0, SHAPE[0]), slice(0, SHAPE[1])
    return [date.clear.values for date in pair.load(*whole)]


def test_a_small_picture_is_mirrored_and_no_data_is_not_clear(model) -> None:
    values = np.full((4, 90, 300), 0.1, np.float32)
    values[0, 10:20, 10:20] = 0.9
    values[2, 40, 50] = np.nan
    expected = np.ones((90, 300), dtype=bool)
    expected[10:20, 10:20] = expected[40, 50] = False
    assert np.array_equal(learned(values, BANDS, level="l1c"), expected)
    assert model.shown == [(256, 300, 4, "l1c")]
    assert not learned(np.full_like(values, np.nan), BANDS, level="l1c").any()


def test_blocks_see_a_margin_and_meet(model, scene) -> None:
    pair = pairs.make(scene("before", bright=True), scene("after"))
    blocks = [clear_block(pair.before, pair.grid, pair.bands, at=at) for at in pairs.lattice(SHAPE)]
    top, bottom = np.hstack(blocks[:2]), np.hstack(blocks[2:])
    expected = np.ones(SHAPE, dtype=bool)
    expected[BRIGHT] = False
    assert np.array_equal(np.vstack([top, bottom]), expected)
    assert model.shown[0] == (576, 540, 4, "l2a")


def test_alone_it_replaces_the_quality_layer_but_for_what_is_defective(
    model, scene, tmp_path
) -> None:
    flagged, bad = (slice(0, 50), slice(0, 50)), (slice(60, 70), slice(0, 9))
    item = scene("before", flagged, bright=True)
    pair = pairs.make(item, scene("after", bad, code=1))
    before, after = clear(masking.remasked(pair, tmp_path, mask="learned"))
    assert not before[BRIGHT].any()
    assert before.sum() == before.size - 60 * 40
    assert not after[bad].any()
    assert after.sum() == after.size - 90


def test_both_is_clear_where_both_say_so(model, scene, tmp_path) -> None:
    flagged = slice(0, 50), slice(0, 50)
    pair = pairs.make(scene("before", flagged, bright=True), scene("after"))
    seen = masking.remasked(pair, tmp_path, mask="both")
    before, after = clear(seen)
    assert before.sum() == before.size - 60 * 40 - 50 * 50
    assert after.all()
    found = marks(seen.before, pair.grid)
    assert found is not None
    assert (found == HIDDEN).sum() == 60 * 40
    assert not (found == GROUND).any()


def test_a_structure_that_the_model_hides_stays_hidden(model, scene, tmp_path) -> None:
    pair = pairs.make(scene("before", BRIGHT, bright=True), scene("after", BRIGHT))
    assert clear(masking.remasked(pair, tmp_path))[0].all()
    before, after = clear(masking.remasked(pair, tmp_path, mask="both"))
    assert not before[BRIGHT].any()
    assert after.all()


def test_what_the_model_cannot_do_is_said(model, tmp_path) -> None:
    three = [
        write_s2(tmp_path / f"S2_L2A_{name}.tif", noisy(ground(SHAPE), 1)[:3]) for name in "ab"
    ]
    pair = pairs.make(*(item_from_file(path, dated=False) for path in three))
    with pytest.raises(BandError, match=r"no band nir.*--mask product"):
        masking.remasked(pair, tmp_path, mask="learned")
    plain = write_s2(tmp_path / "plain.tif", noisy(ground(SHAPE), 1))
    item = item_from_file(plain, dated=False)
    with pytest.raises(InputError, match="does not know geotiff"):
        masking.remasked(pairs.make(item, item), tmp_path, mask="learned")


def test_without_the_extra_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ukis_csmask.mask", None)
    masking.require("product")
    with pytest.raises(InputError, match=r"pip install 'tilewitness\[clouds\]'"):
        masking.require("both")


def cloudy() -> tuple[np.ndarray, np.ndarray]:
    """Ground under a soft cloud, (band, y, x), and its opacity."""
    # Of eight seeds the model sees most of this one's cloud: it was made for real ones.
    field = gaussian_filter(np.random.default_rng(7).standard_normal((256, 256)), 20)
    opacity = np.clip(field / field.std() - 0.3, 0, 1)
    colour = np.array([0.25, 0.4, 0.4, 1.4])[:, None, None]
    light = 0.9 * np.array([1, 0.98, 0.97, 1.05])[:, None, None]
    mixed = ground((256, 256)) * colour * (1 - opacity) + opacity * light
    return mixed.astype(np.float32), opacity


@needs_model
def test_the_real_model_hides_cloud_and_leaves_ground_the_same_each_time() -> None:
    values, opacity = cloudy()
    clear = learned(values, BANDS, level="l2a")
    assert clear[opacity == 0].mean() > 0.9
    assert clear[opacity > 0.7].mean() < 0.6
    assert np.array_equal(learned(values, BANDS, level="l2a"), clear)
