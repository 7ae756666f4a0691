"""Simulated ground: rough and plain, with targets of the project's own planforms."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from affine import Affine
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from scipy.ndimage import gaussian_filter
from shapely import box

from imagery import implant, normalize
from imagery.detectors import arrivals, large
from imagery.detectors.arrivals import Size
from imagery.detectors.shapes import SHAPES
from imagery.errors import NotObservable, UntrustedError
from imagery.implant import Planting, Target
from imagery.model import Zone
from imagery.normalize import Normalization

SIDE = 200
PIXEL = (10.0, 10.0)
PLACE = (60, 140)
Ground = NDArray[np.float32]


@pytest.fixture(scope="module")
def ground() -> tuple[Ground, Ground, Normalization]:
    rng = np.random.default_rng(7)
    smooth = np.stack([gaussian_filter(rng.normal(0, 1, (SIDE, SIDE)), 4) for _ in range(4)])
    before = 0.2 + 0.3 * smooth
    before[:, 100:] += 0.1 * rng.normal(0, 1, (SIDE - 100, SIDE))  # a rough half
    after = 0.9 * before + 0.02 + rng.normal(0, 0.006, before.shape)
    after[:, 100:] += 0.15 * rng.normal(0, 0.2, (SIDE - 100, SIDE))
    before, after = before.astype(np.float32), after.astype(np.float32)
    pixels = [date.reshape(4, -1).T.astype(np.float64) for date in (before, after)]
    return before, after, normalize.fit(*pixels, bands=("blue", "green", "red", "nir"))


def at_place(row: int = PLACE[0], col: int = PLACE[1], heading: float = 0.0) -> Planting:
    return Planting(np.array([row]), np.array([col]), np.zeros((1, 2)), np.array([heading]))


def planted(
    after: Ground, contrast: tuple[float, ...], name: str = "An-124", heading: float = 45.0
) -> Ground:
    target = Target(SHAPES[name], contrast)
    return implant.paint(after, at_place(heading=heading), target, pixel_m=PIXEL)


@pytest.mark.parametrize("contrast", [0.1, -0.1])
def test_an_object_that_came_is_the_strongest_of_its_pair(ground, contrast) -> None:
    before, after, fit = ground
    found = arrivals.evidence(before, planted(after, (contrast,)), fit, gsd_m=10.0)
    plane = found.strength[found.names.index("An-124")]
    assert np.abs(np.subtract(np.unravel_index(np.nanargmax(plane), plane.shape), PLACE)).max() <= 1
    assert np.sign(found.signed[0][PLACE]) == np.sign(contrast)


def test_a_change_of_colour_is_weaker_than_a_grey_one(ground) -> None:
    before, after, fit = ground
    grey, coloured = (
        arrivals.evidence(before, planted(after, contrast), fit, gsd_m=10.0).strength[0][PLACE]
        for contrast in ((0.08,) * 4, (0.0, 0.0, 0.0, 0.32))
    )
    assert coloured < 0.5 * grey


def test_rough_ground_needs_more_than_plain_ground(ground) -> None:
    before, after, fit = ground
    target = Target(SHAPES["An-124"], (0.06,))
    strengths = []
    for row in (50, 150):
        later = implant.paint(after, at_place(row, 60), target, pixel_m=PIXEL)
        found = arrivals.evidence(before, later, fit, gsd_m=10.0)
        strengths.append(found.strength[0][row - 1 : row + 2, 59:62].max())
    assert strengths[0] > 1.5 * strengths[1]


def test_a_small_rough_spot_on_plain_ground_is_forgiven_its_edges(ground) -> None:
    before, after, fit = ground
    spot = np.random.default_rng(3).normal(0, 0.12, (14, 14)).astype(np.float32)
    rough = before.copy(), after.copy()
    rough[0][:, 53:67, 133:147] += spot
    rough[1][:, 53:67, 133:147] += spot
    plain, forgiven = (
        arrivals.evidence(first, planted(later, (0.06,)), fit, gsd_m=10.0).strength[0][PLACE]
        for first, later in ((before, after), rough)
    )
    assert forgiven < 0.7 * plain


def test_one_mirror_of_a_roof_is_no_aircraft(ground) -> None:
    before, after, fit = ground
    later = after.copy()
    later[:, PLACE[0], PLACE[1]] += 0.8
    mirror = arrivals.evidence(before, later, fit, gsd_m=10.0).strength[0][PLACE]
    whole = arrivals.evidence(before, planted(after, (0.1,)), fit, gsd_m=10.0).strength[0][PLACE]
    assert mirror < 0.6 * whole


@pytest.mark.parametrize("budget", [0.5, 2.0, 5.0])
def test_no_more_objects_than_the_budget(ground, budget) -> None:
    before, after, fit = ground
    found = arrivals.evidence(before, after, fit, gsd_m=10.0)
    chosen = arrivals.operating_point(found, gsd_m=10.0, budget_per_km2=budget)
    places, _ = arrivals.objects(found, chosen.thresholds)
    assert len(places) == chosen.objects <= budget * chosen.area_km2
    assert chosen.objects >= 0.5 * budget * chosen.area_km2
    assert chosen.area_km2 == pytest.approx(4.0, rel=0.05)


def test_what_is_hidden_is_nan_and_gives_no_object(ground) -> None:
    before, after, fit = ground
    hidden = after.copy()
    hidden[2, 20:60, 20:60] = np.nan
    found = arrivals.evidence(before, hidden, fit, gsd_m=10.0)
    assert np.isnan(found.strength[:, 20:60, 20:60]).all()
    assert np.isnan(found.light[:, 20:60, 20:60]).all()
    places, _ = arrivals.objects(found, (0.5, 0.5, 0.5))
    inside = ((places >= 20) & (places < 60)).all(axis=1)
    assert len(places)
    assert not inside.any()


def test_the_same_pair_gives_the_same_bytes(ground) -> None:
    before, after, fit = ground
    one, two = (arrivals.evidence(before, after, fit, gsd_m=10.0) for _ in range(2))
    assert one.strength.tobytes() == two.strength.tobytes()


def test_too_little_to_see_is_refused(ground) -> None:
    before, after, fit = ground
    hidden = np.full_like(after, np.nan)
    hidden[:, :20, :20] = after[:, :20, :20]
    with pytest.raises(UntrustedError, match="400 pixels"):
        arrivals.evidence(before, hidden, fit, gsd_m=10.0)


def test_a_launcher_at_10_m_is_not_observable(ground) -> None:
    before, after, fit = ground
    with pytest.raises(NotObservable):
        arrivals.evidence(before, after, fit, gsd_m=10.0, sizes=(Size("S-400 launcher", 1.0),))


@pytest.mark.parametrize(("swap", "direction"), [(False, "appeared"), (True, "disappeared")])
def test_a_detection_lies_on_the_ground_that_changed(ground, swap, direction) -> None:
    before, after, fit = ground
    later = planted(after, (-0.15,), "frigate", heading=22.5)
    pair = (later, before) if swap else (before, later)
    if swap:
        pixels = [date.reshape(4, -1).T.astype(np.float64) for date in (after, before)]
        fit = normalize.fit(*pixels, bands=("blue", "green", "red", "nir"))
    found = arrivals.evidence(*pair, fit, gsd_m=10.0)
    chosen = arrivals.operating_point(found, gsd_m=10.0)
    grid = GeoBox((SIDE, SIDE), Affine(10, 0, 700_000, 0, -10, 3_900_000), "EPSG:32636")
    outline = grid[40:80, 120:160].footprint("EPSG:4326").geom
    zone = Zone("here.basin", "Basin", "basin", "user", "test", 0.0, outline)
    first = large.changed_objects(found, chosen, grid=grid, zone=zone)[0]
    middle = grid[PLACE[0] : PLACE[0] + 1, PLACE[1] : PLACE[1] + 1].footprint("EPSG:4326").geom
    assert first.geometry.distance(middle.centroid) < 3e-4
    assert (first.object_class, first.direction) == ("vessel", direction)
    assert first.zone_id == "here.basin"
    assert np.isnan([first.p, first.q, first.probability]).all()
    left, bottom, right, top = first.geometry.bounds  # it heads north by north-east
    assert (top - bottom) * 111_000 == pytest.approx(121, rel=0.1)
    assert (right - left) * 90_800 == pytest.approx(62, rel=0.1)


def test_a_zone_without_the_object_tells_nothing_of_it(ground) -> None:
    before, after, fit = ground
    found = arrivals.evidence(before, planted(after, (0.15,)), fit, gsd_m=10.0)
    chosen = arrivals.operating_point(found, gsd_m=10.0, budget_per_km2=0.3)
    grid = GeoBox((SIDE, SIDE), Affine(10, 0, 700_000, 0, -10, 3_900_000), "EPSG:32636")
    zone = Zone("z", "z", "apron", "user", "test", 0.0, box(10, 10, 10.1, 10.1))
    told = large.changed_objects(found, chosen, grid=grid, zone=dataclasses.replace(zone))
    assert chosen.objects
    assert told == []


def looked(ground: tuple[Ground, Ground, Normalization]) -> tuple[large.Look, Zone]:
    """The plain half as a zone."""
    before, after, fit = ground
    chosen = arrivals.operating_point(
        arrivals.evidence(before, after, fit, gsd_m=10.0), gsd_m=10.0, budget_per_km2=1.0
    )
    grid = GeoBox((SIDE, SIDE), Affine(10, 0, 700_000, 0, -10, 3_900_000), "EPSG:32636")
    outline = grid[20:180, 20:80].footprint("EPSG:4326").geom
    zone = Zone("here.apron", "Apron", "apron", "user", "test", 0.0, outline)
    return large.Look(before, after, fit, grid, chosen), zone


def test_power_in_a_zone_rises_with_contrast_and_is_measured_once(
    ground, tmp_path, monkeypatch
) -> None:
    monkeypatch.setattr(large, "MOST_RUNS", 4)
    look, zone = looked(ground)
    faint, strong = (
        large.zone_power(look, zone, Target(SHAPES["An-124"], (contrast,)), folder=tmp_path)
        for contrast in (0.005, 0.1)
    )
    assert min(strong.trials, faint.trials) >= 10
    assert faint.share < 0.2 < 0.8 < strong.share
    monkeypatch.setattr(arrivals, "evidence", None)  # what is kept needs no detector
    target = Target(SHAPES["An-124"], (0.1,))
    assert large.zone_power(look, zone, target, folder=tmp_path) == strong
    other = dataclasses.replace(look, before=look.before + np.float32(0.01))
    with pytest.raises(TypeError):
        large.zone_power(other, zone, target, folder=tmp_path)


def test_a_zone_that_was_not_seen_has_no_power(ground) -> None:
    look, zone = looked(ground)
    hidden = look.after.copy()
    hidden[0, :, :100] = np.nan
    found = large.zone_power(
        dataclasses.replace(look, after=hidden), zone, Target(SHAPES["An-124"], (0.1,))
    )
    assert found.trials == 0
    assert np.isnan(found.share)


def test_power_of_what_pixels_cannot_show_is_refused_and_not_zero(ground) -> None:
    look, zone = looked(ground)
    with pytest.raises(NotObservable):
        large.zone_power(look, zone, Target(SHAPES["helicopter"], (0.15,)))


def test_direction_without_a_view_is_only_changed() -> None:
    assert large.direction(np.full((2, 9, 9), np.nan, np.float32), 4, 4, 3) == "changed"
