"""Every class and bit of the quality layers, by the tables of their specifications."""

from __future__ import annotations

import numpy as np
import pytest

from imagery.masks import CLOUD, SOUND, clear_qa_pixel, clear_scl, clear_udm2


def test_scl_classes() -> None:
    usable = clear_scl(np.arange(12, dtype=np.uint8).reshape(1, 3, 4)).ravel()
    assert np.flatnonzero(usable).tolist() == [2, 4, 5, 6, 7, 11]


def test_scl_stored_beside_reflectance_may_have_sixteen_bits() -> None:
    assert clear_scl(np.array([[[4, 9]]], dtype=np.uint16)).tolist() == [[True, False]]


@pytest.mark.parametrize(
    ("bits", "usable"),
    [
        (0b0100_0000, True),  # clear
        (0b1100_0000, True),  # clear water
        (0b0110_0000, True),  # snow
        (0b0000_0001, False),  # fill
        (0b0000_0010, False),  # dilated cloud
        (0b0000_0100, False),  # cirrus
        (0b0000_1000, False),  # cloud
        (0b0001_0000, False),  # cloud shadow
        (21_824, True),  # clear land as delivered, confidences low
        (22_280, False),  # cloud of high confidence as delivered
    ],
)
def test_qa_pixel_bits(bits: int, usable: bool) -> None:
    assert clear_qa_pixel(np.full((1, 1, 1), bits, dtype=np.uint16))[0, 0] == usable


@pytest.mark.parametrize(
    ("clear", "snow", "unusable", "usable"),
    [(1, 0, 0, True), (0, 1, 0, True), (0, 0, 0, False), (1, 0, 2, False)],
)
def test_udm2(clear: int, snow: int, unusable: int, usable: bool) -> None:
    layers = np.array([clear, snow, unusable], dtype=np.uint8).reshape(3, 1, 1)
    assert clear_udm2(layers)[0, 0] == usable


def test_cloud_is_neither_cirrus_nor_shadow() -> None:
    scl = CLOUD["scl"](np.arange(12, dtype=np.uint8).reshape(1, 1, 12))[0]
    assert np.flatnonzero(scl).tolist() == [8, 9]
    bits = CLOUD["qa_pixel"](2 ** np.arange(16, dtype=np.uint16).reshape(1, 1, 16))[0]
    assert np.flatnonzero(bits).tolist() == [1, 3]


def test_sound_is_what_only_the_air_may_hide() -> None:
    scl = SOUND["scl"](np.arange(12, dtype=np.uint8).reshape(1, 1, 12))[0]
    assert np.flatnonzero(~scl).tolist() == [0, 1]
    bits = SOUND["qa_pixel"](2 ** np.arange(16, dtype=np.uint16).reshape(1, 1, 16))[0]
    assert np.flatnonzero(~bits).tolist() == [0]
