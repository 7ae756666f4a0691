"""Vessels: outlines and lengths from planes that are known, and what came or left."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import shapely
from odc.geo.geobox import GeoBox

from imagery.detectors import hulls
from imagery.detectors.berths import changed_vessels, matched, present_vessels, probability
from imagery.detectors.outlines import Vessel, outlined
from imagery.detectors.vessels import Look, check_observable, look
from imagery.detectors.water import BANDS, contrast, find_water
from imagery.errors import InputError, NotObservable, WeightsError
from imagery.model import Zone

GRID = GeoBox.from_bbox((300_000, 3_990_000, 302_400, 3_992_400), "EPSG:32637", resolution=10)
ZONE = Zone("tartus.pier", "Pier", "pier", "user", "", 0.0, shapely.box(35.8, 34.8, 35.9, 34.9))
SHIP = (slice(100, 103), slice(60, 72))  # 120 x 30 m on open water
QUAY = slice(165, 171)  # a moored hull: columns just off the land, which begins at 170


def scene(*ships: tuple[slice, slice], seed: int = 1) -> np.ndarray:
    """(band, 240, 240) reflectance: sea, land on the right, and bright hulls."""
    rng = np.random.default_rng(seed)
    values = np.empty((5, 240, 240))
    values[:] = np.array([0.06, 0.05, 0.03, 0.02, 0.01])[:, None, None]
    values[:, :, 170:] = np.array([0.08, 0.10, 0.12, 0.28, 0.22])[:, None, None]
    for ship in ships:
        values[:, *ship] = 0.15
    return (values * rng.normal(1, 0.04, values.shape)).astype(np.float32)


def constant(logit: float) -> hulls.Weights:
    """A network that says the same everywhere."""
    shipped = hulls.shipped()
    layers = {name: replace(one, weight=one.weight * 0) for name, one in shipped.items()}
    layers["e2"] = replace(layers["e2"], bias=np.full(2, logit, np.float32))
    return layers


def planes(*ships: tuple[slice, slice], sure: float = 3.0) -> np.ndarray:
    """(2, y, x) log-odds as a perfect network would give them."""
    out = np.full((2, 240, 240), -5, np.float32)
    for rows, cols in ships:
        out[0, rows, cols] = sure
        out[1, rows.start + 1 : rows.stop - 1, cols.start + 1 : cols.stop - 1] = sure
    return out


def seen(logit: np.ndarray, values: np.ndarray) -> tuple[Vessel, ...]:
    water = find_water(values, BANDS, pixel_m=10)
    return tuple(outlined(logit, water, contrast(water, pixel_m=10), pixel_m=10))


def as_look(vessels: tuple[Vessel, ...], logit: np.ndarray) -> Look:
    sea = np.ones(logit.shape[1:], np.bool_)
    return Look(vessels, logit[0], sea, factor=1.0, pixel_m=10.0, places=10_000)


def vessel(row: float, col: float, length: float = 120.0) -> Vessel:
    half = length / 20
    return Vessel(
        outline=shapely.box(col - half, row - 2, col + half, row + 2),
        row=row,
        col=col,
        length_m=length,
        width_m=40.0,
        length_sd_m=12.0,
        heading_deg=90.0,
        score=3.0,
        contrast=float("nan"),
        p=float("nan"),
        moored=True,
    )


def test_a_ship_under_way_is_found_with_place_length_and_heading() -> None:
    (found,) = seen(planes(SHIP), scene(SHIP))
    assert (found.row, found.col) == pytest.approx((101.5, 66), abs=0.1)
    assert found.length_m == pytest.approx(120, abs=1)
    assert found.heading_deg == pytest.approx(90, abs=1)
    assert not found.moored
    assert found.p < 1e-6


def test_length_and_heading_of_a_slanting_hull() -> None:
    y, x = np.mgrid[:240, :240] + 0.5
    along, across = (x - 80 + y - 100) / 2**0.5, (x - 80 - y + 100) / 2**0.5
    hull = (abs(along) < 8) & (abs(across) < 2)
    logit = np.where(hull, np.float32(3), np.float32(-5))
    values = scene()
    values[:, hull] = 0.15
    (found,) = seen(np.stack([logit, logit]), values)
    assert found.length_m == pytest.approx(160, abs=15)
    assert found.heading_deg == pytest.approx(135, abs=3)


def test_open_water_needs_contrast_and_no_word_of_the_network() -> None:
    assert not seen(planes(SHIP), scene())
    (unseen,) = seen(planes(SHIP, sure=-4.0), scene(SHIP))
    assert unseen.length_m == pytest.approx(120, abs=10)
    assert unseen.score < -3
    assert len(seen(planes(SHIP, sure=-0.9), scene(SHIP))) == 1


def test_a_moored_hull_needs_the_network_and_no_contrast() -> None:
    moored = (slice(60, 85), QUAY)
    (found,) = seen(planes(moored), scene(moored))
    assert found.moored
    assert np.isnan(found.p)
    (weak,) = seen(planes(moored, sure=-2.0), scene(moored))
    assert probability(weak.score) < probability(found.score)
    assert not seen(planes(moored, sure=-3.0), scene(moored))


def test_a_hull_is_measured_at_its_core_and_a_weak_rim_adds_no_length() -> None:
    hull = (slice(60, 80), QUAY)
    logit = planes(hull)
    logit[0, 55:60, QUAY] = logit[0, 80:85, QUAY] = -0.5
    (found,) = seen(logit, scene(hull))
    assert found.length_m == pytest.approx(200, abs=1)


def test_two_hulls_that_touch_are_two() -> None:
    first, second = (slice(40, 60), QUAY), (slice(60, 80), QUAY)
    assert len(seen(planes(first, second), scene(first, second))) == 2


def test_boats_and_breakwaters_are_not_reported() -> None:
    boat, wall = (slice(30, 32), slice(60, 62)), (slice(120, 122), slice(20, 90))
    assert not seen(planes(boat), scene(boat))
    assert not seen(planes(wall), scene(wall))


def test_look_keeps_to_the_zone_and_off_standing_structure() -> None:
    values, weak = scene(SHIP), constant(-1.0)
    (found,) = look(values, BANDS, pixel_m=10, weights=weak).vessels
    assert found.length_m == pytest.approx(120, abs=10)
    aside = np.zeros((240, 240), np.bool_)
    aside[:, 100:] = True
    assert not look(values, BANDS, pixel_m=10, weights=weak, zone=aside).vessels
    standing = np.zeros((240, 240), np.bool_)
    standing[98:105, 58:75] = True
    assert not look(values, BANDS, pixel_m=10, weights=weak, structure=standing).vessels


def test_finer_pixels_are_averaged_and_places_given_in_theirs() -> None:
    fine = scene(SHIP).repeat(2, axis=1).repeat(2, axis=2)
    (found,) = look(fine, BANDS, pixel_m=5, weights=constant(-1.0)).vessels
    assert (found.row, found.col) == pytest.approx((203, 132), abs=1)
    assert found.length_m == pytest.approx(120, abs=10)


def test_clouded_pixels_hold_no_vessel() -> None:
    values = scene(SHIP)
    values[:, 90:115, 50:80] = np.nan
    assert not look(values, BANDS, pixel_m=10, weights=constant(1.0)).vessels


def test_coarse_pixels_are_not_observable() -> None:
    with pytest.raises(NotObservable, match=r"50 m cannot be told at 15 m"):
        look(scene(), BANDS, pixel_m=15)
    check_observable(10.0)


def test_masks_of_another_shape_are_refused() -> None:
    with pytest.raises(InputError, match="zone mask"):
        look(scene(), BANDS, pixel_m=10, zone=np.ones((3, 3), np.bool_))


def test_the_network_gives_the_same_bits_on_any_lattice(monkeypatch: pytest.MonkeyPatch) -> None:
    picture = np.random.default_rng(3).normal(0, 1, (5, 150, 170)).astype(np.float32)
    whole = hulls.logits(picture, hulls.shipped())
    monkeypatch.setattr(hulls, "TILE_PX", 64)
    np.testing.assert_array_equal(hulls.logits(picture, hulls.shipped()), whole)
    assert whole.std() > 0.1


def test_a_part_of_the_picture_has_the_same_bits_and_nothing_beyond() -> None:
    picture = np.random.default_rng(3).normal(0, 1, (5, 300, 170)).astype(np.float32)
    rows, cols = slice(61, 99), slice(130, 170)
    part = hulls.logits(picture, hulls.shipped(), within=(rows, cols))
    whole = hulls.logits(picture, hulls.shipped())
    np.testing.assert_array_equal(part[:, rows, cols], whole[:, rows, cols])
    assert np.isneginf(part[:, :40]).all()
    assert np.isneginf(part[:, 120:]).all()


def test_a_zone_shows_the_vessels_that_the_whole_picture_shows_there() -> None:
    values = scene(SHIP, (slice(200, 203), slice(20, 32)), (slice(30, 33), slice(90, 100)))
    everywhere = look(values, BANDS, pixel_m=10).vessels
    zone = np.zeros((240, 240), np.bool_)
    zone[90:120, 50:90] = True
    found = look(values, BANDS, pixel_m=10, zone=zone).vessels
    assert len(everywhere) == 3
    assert found == tuple(one for one in everywhere if 90 <= one.row < 120)
    assert not look(values, BANDS, pixel_m=10, zone=np.zeros_like(zone)).vessels


def test_altered_weights_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    altered = tmp_path / "sen2ships.npz"
    altered.write_bytes(hulls.WEIGHTS.read_bytes() + b"x")
    monkeypatch.setattr(hulls, "WEIGHTS", altered)
    with pytest.raises(WeightsError, match="SHA-256"):
        hulls.shipped()
    monkeypatch.setattr(hulls, "WEIGHTS", tmp_path / "none.npz")
    with pytest.raises(WeightsError, match=r"none\.npz"):
        look(scene(), BANDS, pixel_m=10)


def test_what_stayed_is_matched_once_and_another_length_is_another_vessel() -> None:
    before = (vessel(50, 50), vessel(80, 50), vessel(120, 50))
    after = (vessel(81, 50), vessel(50.5, 51), vessel(120, 50, length=220))
    assert matched(before, after, pixel_m=10) == [(0, 1), (1, 0)]
    assert not matched(before, (), pixel_m=10)


def test_departed_and_arrived_but_not_what_stayed() -> None:
    stays, leaves, comes = (slice(40, 60), QUAY), (slice(80, 100), QUAY), (slice(120, 145), QUAY)
    first, second = planes(stays, leaves), planes(stays, comes)
    before = as_look(seen(first, scene(stays, leaves)), first)
    after = as_look(seen(second, scene(stays, comes, seed=2)), second)
    found = changed_vessels(before, after, grid=GRID, zone=ZONE)
    assert sorted(one.direction for one in found) == ["appeared", "disappeared"]
    arrived = next(one for one in found if one.direction == "appeared")
    assert arrived.length_m == pytest.approx(250, abs=1)
    assert arrived.zone_id == "tartus.pier"
    assert 0.2 < arrived.probability < probability(3.0)
    west, south, east, north = GRID.extent.to_crs("EPSG:4326").boundingbox
    assert shapely.box(west, south, east, north).contains(arrived.geometry)


def test_a_hull_just_missed_makes_a_change_improbable_and_cloud_none() -> None:
    ship = (slice(80, 100), QUAY)
    first, missed = planes(ship), planes(ship, sure=0.3)
    before = as_look(seen(first, scene(ship)), first)
    (sure,) = changed_vessels(before, as_look((), planes()), grid=GRID)
    (unsure,) = changed_vessels(before, as_look((), missed), grid=GRID)
    assert unsure.probability < sure.probability
    clouded = as_look((), np.full((2, 240, 240), np.nan, np.float32))
    assert not changed_vessels(before, clouded, grid=GRID)


def test_present_vessels_carry_q_on_open_water_alone() -> None:
    moored = (slice(60, 85), QUAY)
    logit = planes(SHIP, moored)
    found = present_vessels(as_look(seen(logit, scene(SHIP, moored)), logit), grid=GRID)
    assert [one.direction for one in found] == ["present", "present"]
    known = [one.q for one in found if not np.isnan(one.q)]
    assert len(known) == 1
    assert known[0] < 1e-2


def test_pictures_on_two_grids_are_refused() -> None:
    small = Look((), np.zeros((5, 5), np.float32), np.ones((5, 5), np.bool_), 1.0, 10.0, 1)
    with pytest.raises(InputError, match="later picture"):
        changed_vessels(as_look((), planes()), small, grid=GRID)
