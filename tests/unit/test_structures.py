"""What stays where it is is no cloud; what moves, is large or is not alone stays one."""

from __future__ import annotations

import numpy as np
import pytest

from imagery.structures import patches, standing

SIZE = 300


def flagged(*boxes: tuple[int, int, int, int]) -> np.ndarray:
    """Cloud at (top, left, height, width), of 20 m pixels."""
    cloud = np.zeros((SIZE, SIZE), dtype=bool)
    for top, left, height, width in boxes:
        cloud[top : top + height, left : left + width] = True
    return cloud


def found(cloud: np.ndarray, clear: np.ndarray | None = None) -> np.ndarray:
    return patches(cloud, ~cloud if clear is None else clear, pixel_m=20)


def test_a_small_patch_on_clear_ground_is_numbered() -> None:
    numbers = found(flagged((100, 100, 5, 9), (200, 60, 1, 1)))
    assert np.array_equal(numbers > 0, flagged((100, 100, 5, 9), (200, 60, 1, 1)))
    assert len(np.unique(numbers)) == 3


@pytest.mark.parametrize(
    "box",
    [
        (100, 100, 26, 26),  # .27 km2
        (100, 100, 2, 51),  # 1020 m long
        (0, 100, 3, 3),  # cut by the edge
        (100, 297, 3, 3),
    ],
)
def test_what_is_large_or_cut_off_stays_cloud(box) -> None:
    assert not found(flagged(box)).any()


def test_the_largest_that_counts() -> None:
    assert found(flagged((100, 100, 25, 25))).any()
    assert found(flagged((100, 100, 2, 50))).any()


def test_shadow_or_cirrus_close_by_makes_it_a_cloud() -> None:
    cloud = flagged((100, 100, 4, 4))
    clear = ~cloud
    clear[104:106, 98:106] = False
    assert not found(cloud, clear).any()


def test_a_patch_of_a_field_of_clouds_is_no_structure() -> None:
    lone = flagged((100, 100, 4, 4))
    field = lone | flagged((70, 120, 20, 20), (120, 70, 20, 20))
    assert found(lone)[101, 101]
    assert not found(field)[101, 101]


def test_a_patch_stands_where_another_date_has_nearly_the_same() -> None:
    mine = found(flagged((100, 100, 4, 4), (200, 200, 4, 4)))
    near = found(flagged((101, 100, 4, 4)))  # 12 of 20 pixels
    aside = found(flagged((102, 100, 4, 4)))  # 8 of 24
    larger = found(flagged((198, 198, 8, 8)))  # 16 of 64
    times = standing(mine, [near, aside, larger, near])
    assert np.array_equal(times > 0, flagged((100, 100, 4, 4)))
    assert times[101, 101] == 2
    assert not standing(mine, [np.zeros_like(mine)]).any()


def test_two_patches_within_one_do_not_add_up() -> None:
    whole = found(flagged((100, 100, 4, 10)))
    halves = found(flagged((100, 100, 4, 4), (100, 106, 4, 4)))
    assert not standing(whole, [halves]).any()
    assert not standing(halves, [whole]).any()
