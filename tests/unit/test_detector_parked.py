"""Aircraft of one picture as detections: where, how sure, and what is left open."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from affine import Affine
from numpy.typing import NDArray
from odc.geo.geobox import GeoBox
from shapely import Point, box

from imagery.detectors import chips, parked
from imagery.detectors.shapes import SHAPES, fill
from imagery.errors import InputError, NotObservable, WeightsError
from imagery.model import Zone

SIDE = 70
PLACE = (30, 36)
Float = NDArray[np.float32]


def grid(pixel_m: float = 3.0) -> GeoBox:
    return GeoBox((SIDE, SIDE), Affine(pixel_m, 0, 270000, 0, -pixel_m, 3920000), "EPSG:32636")


def zone(on: GeoBox) -> Zone:
    west, south, east, north = on.footprint("EPSG:4326").boundingbox.bbox
    return Zone("x.apron", "apron", "apron", "user", "", 0.0, box(west, south, east, north))


def picture() -> Float:
    """(3, y, x): one drawn light aircraft, at 3 m, on a noisy grey apron."""
    values = 0.45 + 0.01 * np.random.default_rng(5).standard_normal((3, SIDE, SIDE))
    ink = fill(SHAPES["Il-76"], heading_deg=20, pixel_m=(3.0, 3.0))
    half = ink.shape[0] // 2
    row, col = PLACE
    values[:, row - half : row + half + 1, col - half : col + half + 1] += 0.5 * ink
    return values.astype(np.float32)


def test_an_aircraft_is_a_detection_at_its_place_with_a_chance() -> None:
    on = grid()
    found = parked.parked_aircraft(picture(), grid=on, zone=zone(on))
    assert len(found) == 1
    one = found[0]
    assert (one.object_class, one.direction, one.zone_id) == ("aircraft", "present", "x.apron")
    assert 0.5 <= one.probability <= 1
    (place,) = chips.detect(picture(), gsd_m=3, zone=np.ones((SIDE, SIDE), bool))
    assert (one.score, one.probability) == (place.score, place.probability)
    middle = on.pix2wld(PLACE[1] + 0.5, PLACE[0] + 0.5)
    there = parked.projected(Point(*middle), str(on.crs), "EPSG:4326")
    assert one.geometry.centroid.distance(there) < 15 / 111_000
    assert one.area_m2 == pytest.approx(3600)
    assert all(math.isnan(value) for value in (one.length_m, one.p, one.q))
    assert "airport" in parked.CALIBRATION


def test_outside_the_zone_nothing_is_listed() -> None:
    on = grid()
    west, south, _, north = on.footprint("EPSG:4326").boundingbox.bbox
    edge = on.pix2wld(10, 10)
    west_of = parked.projected(Point(*edge), str(on.crs), "EPSG:4326").x
    strip = Zone("x.s", "s", "apron", "user", "", 0.0, box(west, south, west_of, north))
    assert parked.parked_aircraft(picture(), grid=on, zone=strip) == []


def test_too_coarse_pixels_are_not_observable_even_where_the_zone_is_empty() -> None:
    on = grid(15.0)
    with pytest.raises(NotObservable):
        parked.parked_aircraft(picture(), grid=on, zone=zone(on))


def test_a_size_class_is_not_told() -> None:
    with pytest.raises(InputError, match="large aircraft"):
        parked.parked_aircraft(
            picture(), grid=grid(), zone=zone(grid()), object_class="large aircraft"
        )


def test_altered_weights_are_no_empty_list(tmp_path: Path, monkeypatch) -> None:
    copy = tmp_path / "planesnet.npz"
    copy.write_bytes(chips.WEIGHTS.read_bytes() + b"x")
    monkeypatch.setattr(chips, "WEIGHTS", copy)
    chips._shipped.cache_clear()
    with pytest.raises(WeightsError):
        parked.parked_aircraft(picture(), grid=grid(), zone=zone(grid()))
    monkeypatch.setattr(chips, "WEIGHTS", tmp_path / "gone.npz")
    with pytest.raises(WeightsError):
        parked.parked_aircraft(picture(), grid=grid(), zone=zone(grid()))
