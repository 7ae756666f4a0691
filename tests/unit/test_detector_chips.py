"""The chip classifier: its weights are known, its layers are right, its limits are said."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.signal import correlate

from benchmarks.planesnet import calibration_error
from imagery.detectors import chips as detector
from imagery.detectors.network import (
    BLOCK,
    Convolution,
    Network,
    logits,
    network,
    read_weights,
)
from imagery.errors import InputError, NotObservable, WeightsError
from training.split import Chips, airports, folds, with_aircraft

Float = NDArray[np.float32]


def drawn(*shape: int, seed: int = 0) -> Float:
    return np.random.default_rng(seed).standard_normal(shape).astype(np.float32)


def small_network() -> Network:
    layers = (
        Convolution(drawn(3, 3, 3, 4, seed=1), drawn(4, seed=2), halve=True),
        Convolution(drawn(3, 3, 4, 5, seed=3), drawn(5, seed=4), halve=False),
    )
    return Network(layers, drawn(3 * 3 * 5, 7, seed=5), drawn(7, seed=6), drawn(7, seed=7), 0.25)


def reference(net: Network, chip: Float) -> float:
    """The same network by scipy, one channel at a time, in double precision."""
    planes = [band.astype(np.float64) for band in np.moveaxis(chip, -1, 0)]
    for layer in net.convolutions:
        after = []
        for unit, bias in enumerate(layer.bias):
            taps = layer.weight[:, :, :, unit]
            parts = [
                correlate(p, taps[:, :, i], mode="same", method="direct")
                for i, p in enumerate(planes)
            ]
            plane = np.maximum(sum(parts) + bias, 0)
            if layer.halve:
                rows, cols = (side // 2 for side in plane.shape)
                plane = plane.reshape(rows, 2, cols, 2).max(axis=(1, 3))
            after.append(plane)
        planes = after
    flat = np.stack(planes, axis=-1).ravel()
    hidden = np.maximum(flat @ net.hidden + net.hidden_bias, 0)
    return float(hidden @ net.last + net.last_bias)


def test_layers_do_what_scipy_does() -> None:
    net, batch = small_network(), drawn(3, 6, 6, 3, seed=8)
    expected = [reference(net, chip) for chip in batch]
    np.testing.assert_allclose(logits(net, batch), expected, rtol=2e-5)


def test_a_chip_scores_the_same_in_any_batch() -> None:
    net, many = small_network(), drawn(2 * BLOCK + 5, 6, 6, 3, seed=9)
    together = logits(net, many)
    alone = np.concatenate([logits(net, many[i : i + 1]) for i in (0, BLOCK, 2 * BLOCK + 4)])
    np.testing.assert_array_equal(together[[0, BLOCK, 2 * BLOCK + 4]], alone)
    np.testing.assert_array_equal(together[7:], logits(net, many[7:]))


def test_no_chips_give_no_scores() -> None:
    assert detector.probability(np.empty((0, 20, 20, 3), np.uint8), gsd_m=3).shape == (0,)


def test_shipped_weights_are_small_known_and_free_of_pickle() -> None:
    assert detector.WEIGHTS.stat().st_size < 5_000_000
    arrays = read_weights(detector.WEIGHTS, sha256=detector.WEIGHTS_SHA256)
    assert all(array.dtype != object and np.isfinite(array).all() for array in arrays.values())
    assert (detector.WEIGHTS.parent / "LICENSE.md").is_file()
    for prefix in ("3m", "10m"):
        net = network(arrays, f"{prefix}/member0")
        assert net.convolutions[0].weight.shape[:3] == (3, 3, 3)


def test_altered_weights_are_refused_in_one_sentence(tmp_path: Path) -> None:
    copy = Path(shutil.copy(detector.WEIGHTS, tmp_path))
    content = bytearray(copy.read_bytes())
    content[len(content) // 2] ^= 1
    copy.write_bytes(content)
    with pytest.raises(WeightsError, match=r"planesnet.npz: their SHA-256 is .*, not .*make train"):
        read_weights(copy, sha256=detector.WEIGHTS_SHA256)


def test_missing_weights_are_refused_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"gone.npz: No such file or directory\. Install"):
        read_weights(tmp_path / "gone.npz", sha256=detector.WEIGHTS_SHA256)


@pytest.mark.parametrize(("gsd_m", "side"), [(3.0, 20), (10.0, 6)])
def test_turning_and_mirroring_change_nothing(gsd_m: float, side: int) -> None:
    chips = np.random.default_rng(1).integers(0, 256, (5, side, side, 3), np.uint8)
    first = detector.probability(chips, gsd_m=gsd_m)
    assert ((first >= 0) & (first <= 1)).all()
    turned = detector.probability(np.rot90(chips, axes=(1, 2)), gsd_m=gsd_m)
    mirrored = detector.probability(chips[:, ::-1], gsd_m=gsd_m)
    np.testing.assert_allclose(turned, first, atol=1e-5)
    np.testing.assert_allclose(mirrored, first, atol=1e-5)


def test_bytes_and_shares_of_full_scale_are_the_same_picture() -> None:
    chips = np.random.default_rng(2).integers(0, 256, (4, 20, 20, 3), np.uint8)
    shares = chips.astype(np.float32) / np.float32(255)
    np.testing.assert_array_equal(
        detector.probability(chips, gsd_m=3), detector.probability(shares, gsd_m=3)
    )


@pytest.mark.parametrize(("gain", "offset"), [(0.9, 0.0), (1.1, 0.0), (1.0, 0.05), (1.0, -0.05)])
def test_a_slightly_other_stretch_loses_no_drawn_aircraft(gain: float, offset: float) -> None:
    picture = aircraft(60, [(30, 30)]) * np.float32(gain) + np.float32(offset)
    found = detector.detect(np.clip(picture, 0, 1), gsd_m=3, zone=np.ones((60, 60), bool))
    assert len(found) == 1
    assert np.hypot(found[0].row - 30, found[0].col - 30) <= 4


def test_a_gap_in_a_chip_leaves_its_probability_open() -> None:
    chips = np.random.default_rng(4).random((3, 20, 20, 3)).astype(np.float32)
    whole = detector.probability(chips, gsd_m=3)
    chips[1, 4, 4, 0] = np.nan
    found = detector.probability(chips, gsd_m=3)
    assert np.isnan(found[1])
    np.testing.assert_array_equal(found[[0, 2]], whole[[0, 2]])


@pytest.mark.parametrize("gsd_m", [15.0, 30.0, 0.0, float("nan")])
def test_below_its_resolution_nothing_is_said(gsd_m: float) -> None:
    chips = np.zeros((1, 4, 4, 3), np.uint8)
    with pytest.raises(NotObservable, match="cannot be told at"):
        detector.probability(chips, gsd_m=gsd_m)
    with pytest.raises(NotObservable):
        detector.detect(np.zeros((3, 40, 40)), gsd_m=gsd_m, zone=np.ones((40, 40), bool))


def test_a_chip_of_another_size_is_refused() -> None:
    with pytest.raises(InputError, match="shape of the chips"):
        detector.probability(np.zeros((2, 20, 20, 3), np.uint8), gsd_m=10)


def test_degrading_keeps_the_mean_and_the_place() -> None:
    chips = np.zeros((1, 20, 20, 3), np.uint8)
    chips[0, 10:20, 0:10] = 255
    coarse = detector.degraded(chips)
    assert coarse.shape == (1, 6, 6, 3)
    np.testing.assert_allclose(coarse[0, 3:, :3], 1, rtol=1e-6)
    np.testing.assert_allclose(coarse[0, :3], 0, atol=1e-6)
    ramp = np.tile(np.arange(20, dtype=np.uint8)[:, None, None], (1, 1, 20, 3))
    assert detector.degraded(ramp).mean() * 255 == pytest.approx(ramp.mean(), rel=1e-5)


def aircraft(side: int, places: list[tuple[int, int]]) -> Float:
    """(3, side, side) at 3 m: bright crosses with a tail, 36 m, on a grey apron."""
    picture = np.full((3, side, side), 0.45, np.float32)
    for row, col in places:
        picture[:, row - 6 : row + 6, col - 1 : col + 1] = 0.95
        for out in range(6):
            wing = slice(row - 2 + out // 2, row + out // 2)
            picture[:, wing, col - 1 - out] = picture[:, wing, col + out] = 0.9
        picture[:, row + 4 : row + 6, col - 3 : col + 3] = 0.9
    noise = 0.01 * np.random.default_rng(5).standard_normal(picture.shape)
    return (picture + noise).astype(np.float32)


def test_the_search_finds_drawn_aircraft_once_each_and_in_the_zone_only() -> None:
    places = [(30, 30), (60, 80)]
    picture = aircraft(110, [*places, (90, 30)])
    zone = np.zeros(picture.shape[1:], bool)
    zone[:75] = True
    found = detector.detect(picture, gsd_m=3, zone=zone)
    assert len(found) == 2
    for row, col in places:
        distance = min(np.hypot(each.row - row, each.col - col) for each in found)
        assert distance <= 4
    assert all(0.5 <= each.probability <= 1 for each in found)
    assert found[0].probability >= found[1].probability
    assert "unseen" in found[0].calibration or "out-of-airport" in found[0].calibration


def test_finer_pixels_are_searched_at_three_metres() -> None:
    picture = aircraft(60, [(30, 30)])
    fine = picture.repeat(2, axis=1).repeat(2, axis=2)
    coarse_found = detector.detect(picture, gsd_m=3, zone=np.ones((60, 60), bool))
    found = detector.detect(fine, gsd_m=1.5, zone=np.ones((120, 120), bool))
    assert [each.row for each in found] == [2 * each.row for each in coarse_found]
    assert found[0].probability == pytest.approx(coarse_found[0].probability, abs=1e-4)


def test_gaps_are_not_searched() -> None:
    picture = aircraft(60, [(30, 30)])
    picture[1, 30, 30] = np.nan
    assert detector.detect(picture, gsd_m=3, zone=np.ones((60, 60), bool)) == []


def test_an_image_smaller_than_a_chip_holds_nothing() -> None:
    zone = np.ones((10, 10), bool)
    assert detector.detect(np.zeros((3, 10, 10), np.float32), gsd_m=3, zone=zone) == []


def test_a_zone_of_another_shape_is_refused() -> None:
    with pytest.raises(InputError, match="image and its zone"):
        detector.detect(np.zeros((3, 40, 40)), gsd_m=3, zone=np.ones((40, 41), bool))


def test_no_airport_is_split_between_training_and_test() -> None:
    rng = np.random.default_rng(6)
    middles = np.array([[-118.4, 33.95], [-122.25, 37.75], [-117.25, 32.75], [-121.55, 38.65]])
    middles = np.vstack([middles, [-117.85, 33.65], [-121.95, 37.35]])
    home = rng.integers(0, len(middles), 600)
    lonlat = middles[home] + rng.uniform(-0.04, 0.04, (600, 2))  # the first straddles two cells
    chips = Chips(np.zeros((600, 1, 1, 3), np.uint8), rng.integers(0, 2, 600).astype(float), lonlat)
    airport, fold = airports(chips), folds(chips)
    for number in range(len(middles)):
        assert len(set(airport[home == number])) == 1
    assert len(set(airport)) == len(middles)
    assert all(len(set(fold[airport == number])) == 1 for number in set(airport))
    assert set(fold) == set(range(5))


def test_calibration_error_is_the_distance_from_the_share() -> None:
    aircraft = np.arange(3000) % 4 == 0
    assert calibration_error(np.full(3000, 0.25), aircraft) < 0.01
    assert calibration_error(np.full(3000, 0.75), aircraft) == pytest.approx(0.5, abs=1e-9)
    assert calibration_error(aircraft.astype(float), aircraft) == 0


def test_kept_predictions_serve_the_same_chips_and_plans_only(tmp_path: Path) -> None:
    training = pytest.importorskip("training.planesnet", reason="needs the group train")
    chips = Chips(np.zeros((4, 20, 20, 3), np.uint8), np.array([0.0, 1, 0, 1]), np.zeros((4, 2)))
    scores = {gsd: np.arange(4, dtype=np.float32) for gsd in training.PLANS}
    training.keep_scores(tmp_path / "scores.npz", chips, scores)
    again = training.kept_scores(tmp_path / "scores.npz", chips)
    np.testing.assert_array_equal(again[3.0], scores[3.0])
    other = Chips(chips.image + np.uint8(1), chips.label, chips.lonlat)
    with pytest.raises(SystemExit, match="other chips or plans"):
        training.kept_scores(tmp_path / "scores.npz", other)


def test_cells_without_aircraft_are_surroundings() -> None:
    lonlat = np.array([[-118.41, 33.95], [-118.45, 33.92], [-117.0, 33.0]])
    chips = Chips(np.zeros((3, 1, 1, 3), np.uint8), np.array([1.0, 0.0, 0.0]), lonlat)
    np.testing.assert_array_equal(with_aircraft(chips), [True, True, False])
