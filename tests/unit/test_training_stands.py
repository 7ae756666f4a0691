"""The rule of the stands is chosen on planted aircraft, the same each time."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from imagery.detectors.finds import Rule
from imagery.detectors.likeness import Likeness
from imagery.detectors.stands import Evidence
from training import stands

Float = NDArray[np.float32]


@pytest.fixture(scope="module")
def plain() -> Float:
    noise = 0.01 * np.random.default_rng(1).standard_normal((20, stands.SIDE, stands.SIDE))
    return (0.5 + noise).astype(np.float32)


def test_a_planted_aircraft_stands_near_the_middle_and_is_drawn_by_the_generator(plain) -> None:
    first, again, other = (
        stands.planted(plain[0], np.random.default_rng(seed)) for seed in (3, 3, 4)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    changed = np.abs(first - plain[0]) > 0.05
    assert 5 < changed.sum() < changed.size / 2
    assert np.abs(np.argwhere(changed).mean(axis=0) - 9.5).max() < 4


def test_on_plain_ground_arrivals_are_found_and_a_strict_rule_finds_none(
    plain, monkeypatch
) -> None:
    monkeypatch.setattr(stands, "SLOTS", 3)
    scene = stands.scene(plain, np.random.default_rng(2))
    assert {"arrived", "departed"} & set(scene.kinds.ravel())
    usual = Rule(0.75, 0.1, 0.25, 0.4, (0.5, 0.5))
    found = stands.told([scene], usual)
    assert found.true == np.isin(scene.kinds, ("arrived", "departed")).sum()
    assert stands.f1(found, 0.5) > 0.7
    assert stands.f1(found, 0.999) == 0


def test_share_and_threshold_are_chosen_together(monkeypatch) -> None:
    def told(_: object, rule: Rule) -> stands.Told:
        good = rule.change_share == 0.25
        return stands.Told(np.array([0.62, 0.58]), np.array([True, good]), 2)

    monkeypatch.setattr(stands, "told", told)
    assert stands.chosen([], 0.5) == Rule(0.25, 0.1, 0.5, 0.4, (0.55, 0.65))


def test_the_power_undoes_how_chance_falls_with_length() -> None:
    noise = np.random.default_rng(1).random((40, 40)).astype(np.float32)
    which = np.zeros(noise.shape, np.int32)
    likes = [Likeness(m, noise * np.float32(m**-0.3), which) for m in (15.0, 25.0, 40.0, 60.0)]
    shown = Evidence(([], []), (likes, likes), np.ones(noise.shape, bool), (), 3.0, 1)
    assert stands.length_power(shown) == 0.25
