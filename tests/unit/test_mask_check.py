"""A scene classification that the pixels contradict."""

from __future__ import annotations

import numpy as np
import pytest

from imagery.mask_check import contradiction

BANDS = ("blue", "red", "nir")
KINDS = {4: (0.04, 0.05, 0.35), 5: (0.1, 0.17, 0.24), 6: (0.04, 0.03, 0.015), 9: (0.5, 0.5, 0.5)}
N = 400


def scene(codes: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """(band, n) and (n,): ``N`` pixels of each kind, in order."""
    kinds = np.repeat(codes, N)
    values = np.array([KINDS[code] for code in kinds]).T
    noise = np.random.default_rng(1).normal(size=values.shape)
    return (values * (1 + 0.1 * noise)).astype(np.float32), kinds


def test_its_own_classification_fits() -> None:
    assert contradiction(*scene((4, 5, 6, 9)), BANDS) is None


@pytest.mark.parametrize(
    ("shown", "called", "said"),
    [
        ((4, 5), (5, 4), "no greener"),
        ((5, 6), (6, 5), "no darker"),
        ((4, 5, 4), (4, 5, 9), "no brighter"),
    ],
)
def test_another_classification_does_not(shown, called, said: str) -> None:
    values, _ = scene(shown)
    found = contradiction(values, np.repeat(called, N), BANDS)
    assert found is not None
    assert said in found


def test_a_drawn_mask_proves_nothing() -> None:
    values, _ = scene((4, 5, 4))
    assert contradiction(values, np.repeat((4, 4, 9), N), BANDS) is None
    assert contradiction(*scene((4, 5)), ("blue", "red")) is None


def test_snow_forbids_telling_cloud_by_brightness() -> None:
    values, codes = scene((4, 5, 4, 5))
    codes[2 * N : 3 * N], codes[3 * N :] = 9, 11
    assert contradiction(values, codes, BANDS) is None
