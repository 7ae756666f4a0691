"""The background of several bands, against that of one band after the other."""

from __future__ import annotations

import numpy as np
import pytest

from imagery.detectors.cfar import Window, clutter
from imagery.detectors.rings import surround
from imagery.errors import InputError

RING = Window(guard_px=2, reach_px=6)


def test_bands_together_have_the_figures_of_each_alone_bit_for_bit() -> None:
    rng = np.random.default_rng(9)
    planes = rng.normal(0.3, 0.2, (3, 40, 53)).astype(np.float32)
    usable = rng.random((40, 53)) < 0.5
    usable[:15, :20] = False
    planes[:, :9, :9] = np.nan
    mean, spread = surround(planes, usable, window=RING)
    assert np.isnan(mean).any()
    for plane, level, own in zip(planes, mean, spread, strict=True):
        alone = clutter(plane, usable, window=RING)
        np.testing.assert_array_equal(level, alone.mean)
        np.testing.assert_array_equal(own, alone.spread)


def test_a_mask_of_another_shape_is_refused() -> None:
    with pytest.raises(InputError, match="usable sea"):
        surround(np.zeros((2, 30, 30), np.float32), np.ones((30, 31), bool), window=RING)
