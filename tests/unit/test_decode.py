"""The parts of one pass, pixel by pixel."""

from __future__ import annotations

import dask.array as da
import numpy as np

from imagery.decode import first_of


def test_of_each_pixel_the_first_whole_part_then_the_first_with_anything() -> None:
    nan = np.nan
    first = np.array([[[1, 1, nan, nan]], [[1, nan, nan, nan]], [[1, nan, nan, nan]]], np.float32)
    second = np.array([[[2, 2, nan, 2]], [[2, 2, 2, nan]], [[2, nan, 2, nan]]], np.float32)
    third = np.array([[[nan, 3, nan, nan]], [[3, 3, nan, 3]], [[3, 3, 3, 3]]], np.float32)
    clears = [np.array([row]) for row in ([1, 0, 0, 0], [0, 1, 1, 0], [0, 1, 0, 1])]
    masks = [clear.astype(bool) for clear in clears]
    values, clear = first_of([first, second, third], masks)
    # Whole, whole in the third, two of three in the second, one in the second before two.
    np.testing.assert_array_equal(values[:, 0], [[1, 3, nan, 2], [1, 3, 2, nan], [1, 3, 2, nan]])
    np.testing.assert_array_equal(clear[0], [True, True, True, False])
    lazy = [da.from_array(part, chunks=(3, 1, 3)) for part in (first, second, third)]
    merged, usable = first_of(lazy, [da.from_array(mask, chunks=(1, 3)) for mask in masks])
    np.testing.assert_array_equal(merged.compute(), values)
    np.testing.assert_array_equal(usable.compute(), clear)
