"""Candidates to objects, held against scikit-image and scipy on the whole raster."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from affine import Affine
from odc.geo.geobox import GeoBox
from scipy import ndimage
from scipy.stats import false_discovery_control
from shapely.affinity import rotate, translate
from shapely.geometry import box
from skimage.measure import label, regionprops

from imagery import layers, objects
from imagery.codes import CANDIDATE, CHANGED, GAIN, LOSS, MASKED, UNCHANGED
from imagery.layers import Layers
from imagery.model import Zone
from imagery.null import Null
from imagery.objects import Regions
from imagery.scratch import Scratch

SHAPE = (70, 83)
GRID = GeoBox(SHAPE, Affine(10, 0, 300_000, 0, -10, 3_920_000), "EPSG:32636")
NULL = Null(1.0, 0.5, 2.0, 0.25, 0.9, (), (), (), 10)


def planes(folder: Path, classes: np.ndarray, **others: np.ndarray) -> Layers:
    """Layers as ``layers.judge`` leaves them; what is not given is 0."""
    made = {}
    height, width = classes.shape
    for name, bands, dtype in (
        ("diff", 2, "float32"),
        ("brightness", 1, "float32"),
        ("classes", 1, "uint8"),
        ("medians", 1, "float32"),
        ("pictures", 2, "float32"),
    ):
        scratch = Scratch.create(folder / name, shape=(bands, height, width), dtype=dtype)
        scratch[:, :, :] = np.asarray(others.get(name, np.zeros((bands, height, width))))
        made[name] = scratch
    made["classes"][:, :, :] = classes[None]
    return Layers(**made)


def scattered(seed: int, share: float) -> np.ndarray:
    draw = np.random.default_rng(seed).random(SHAPE)
    return np.where(draw < share, CANDIDATE, UNCHANGED).astype(np.uint8)


@pytest.fixture
def narrow(monkeypatch: pytest.MonkeyPatch) -> None:
    """Strips of 16 rows instead of 512."""
    monkeypatch.setattr(layers, "LATTICE_PX", 16)


@pytest.mark.parametrize("share", [0, 0.1, 0.3, 0.42, 0.6, 1])
@pytest.mark.parametrize("seed", [1, 2])
def test_strips_give_the_labels_of_the_whole(tmp_path, narrow, share: float, seed: int) -> None:
    classes = scattered(seed, share)
    score = np.random.default_rng(seed + 9).normal(size=(2, *SHAPE)).astype(np.float32)
    made = planes(tmp_path, classes, diff=score)
    found = objects.find(made)
    expected = regionprops(label(classes == CANDIDATE, connectivity=2), score[0])
    first = [tuple(each.coords[np.lexsort(each.coords.T[::-1])][0]) for each in expected]
    expected = [expected[i] for i in sorted(range(len(expected)), key=lambda i: first[i])]
    assert [tuple(seed) for seed in found.seeds.tolist()] == sorted(first)
    assert found.areas.tolist() == [each.area for each in expected]
    np.testing.assert_array_equal(found.peaks, [each.intensity_max for each in expected])
    boxes = [(*each.bbox[:2], each.bbox[2] - 1, each.bbox[3] - 1) for each in expected]
    np.testing.assert_array_equal(found.boxes.reshape(-1, 4), np.reshape(boxes, (-1, 4)))


@pytest.mark.parametrize("down", [1, -1])
def test_a_diagonal_across_strips_is_one_object(tmp_path, narrow, down: int) -> None:
    classes = np.full(SHAPE, UNCHANGED, np.uint8)
    rows = np.arange(5, 60)
    classes[rows[::down], rows] = CANDIDATE
    assert objects.find(planes(tmp_path, classes)).areas.tolist() == [55]


def test_every_pixel_gets_the_code_of_its_region(tmp_path, narrow) -> None:
    classes = scattered(3, 0.3)
    classes[40:44, 10:30] = MASKED
    made = planes(tmp_path, classes)
    found = objects.find(made)
    codes = np.array([GAIN, LOSS, CHANGED, UNCHANGED] * len(found.areas), np.uint8)
    codes = codes[: len(found.areas)]
    objects.paint(made, found, codes)
    painted = made.classes[:, :, :][0]
    whole = label(classes == CANDIDATE, connectivity=2)
    for (row, col), code in zip(found.seeds, codes, strict=True):
        assert (painted[whole == whole[row, col]] == code).all()
    np.testing.assert_array_equal(painted[whole == 0], classes[whole == 0])


@pytest.mark.parametrize("width", [1, 2, 5, 40])
def test_the_surround_is_a_square_dilation_on_unchanged_ground(width: int) -> None:
    classes = scattered(4, 0.03)
    classes[20:30, 20:60] = MASKED
    own = np.zeros(SHAPE, np.uint8)
    row, col = np.argwhere(classes == CANDIDATE)[3]
    objects._grow(classes, int(row), int(col), own)
    whole = label(classes == CANDIDATE, connectivity=2)
    np.testing.assert_array_equal(own == 1, whole == whole[row, col])
    ring = np.zeros(SHAPE, np.uint8)
    objects._surround(own, classes, width, ring)
    near = ndimage.binary_dilation(own, np.ones((2 * width + 1, 2 * width + 1)))
    np.testing.assert_array_equal(ring == 1, near & (classes == UNCHANGED))


def craft(folder: Path, before: float, after: np.ndarray | float) -> tuple[Layers, Regions]:
    """Ground of brightness 10; a region of 8 x 6 px whose brightness is as given."""
    classes = np.full(SHAPE, UNCHANGED, np.uint8)
    place = slice(12, 20), slice(30, 36)
    classes[place] = CANDIDATE
    first = np.full(SHAPE, 10, np.float32)
    second = first.copy()
    first[place], second[place] = before, after
    score = np.where(classes == CANDIDATE, 5, 0)
    diff = np.stack([score, (second - first) / 2])
    made = planes(folder, classes, diff=diff, brightness=first[None])
    return made, objects.find(made)


STRIPES = np.where(np.indices((8, 6))[1] % 2, 4.0, 16.0)
"""A bright craft and its shadow: no brighter than the ground on average."""


@pytest.mark.parametrize(
    ("before", "after", "code"),
    [
        (10, 2, GAIN),
        (10, 18, GAIN),
        (2, 10, LOSS),
        (18, 10, LOSS),
        (2, 18, CHANGED),
        (10, 11, CHANGED),
        (10, STRIPES, GAIN),
        (STRIPES, 10, LOSS),
    ],
)
def test_direction_is_contrast_gained_or_lost(tmp_path, before, after, code: int) -> None:
    made, regions = craft(tmp_path, before, after)
    codes, outlines = objects.measure(made, regions, np.array([True]), spread=2.0, grid=GRID)
    assert codes.tolist() == [code]
    assert outlines[0].equals(box(300_300, 3_919_800, 300_360, 3_919_880))


def test_without_a_surround_there_is_no_direction(tmp_path) -> None:
    made, regions = craft(tmp_path, 10, 2)
    classes = np.where(made.classes[:, :, :] == UNCHANGED, MASKED, CANDIDATE)
    made.classes[:, :, :] = classes
    codes, _ = objects.measure(made, regions, np.array([True]), spread=2.0, grid=GRID)
    assert codes.tolist() == [CHANGED]


def test_what_is_not_kept_has_no_outline_and_is_unchanged(tmp_path) -> None:
    made, regions = craft(tmp_path, 10, 2)
    codes, outlines = objects.measure(made, regions, np.array([False]), spread=2.0, grid=GRID)
    assert codes.tolist() == [UNCHANGED]
    assert outlines == {}


def test_the_outline_is_at_half_height(tmp_path) -> None:
    made, regions = craft(tmp_path, 10, 2)
    score = made.diff[:, :, :]
    score[0, 12:20, 30:32] = 2
    made.diff[:, :, :] = score
    _, outlines = objects.measure(made, regions, np.array([True]), spread=2.0, grid=GRID)
    assert outlines[0].bounds == (300_320, 3_919_800, 300_360, 3_919_880)


def significant(peaks: list[float]) -> tuple[np.ndarray, np.ndarray]:
    return objects.significance(np.array(peaks, np.float32), NULL)


def test_q_is_benjamini_hochberg_where_all_may_be_innocent() -> None:
    """Eight of twelve p-values above one half: the share of innocents is put at 1."""
    draw = np.random.default_rng(6)
    p = np.concatenate([draw.uniform(0.5, 1, 8), [1e-6, 1e-3, 0.02, 0.3]])
    peaks = (2.0 - 0.25 * np.log(p) - 1.0) / 0.5
    found = significant(peaks.tolist())
    np.testing.assert_allclose(found[0], p, rtol=1e-4)
    np.testing.assert_allclose(found[1], false_discovery_control(found[0], method="bh"))


def test_q_by_hand_where_few_are_innocent() -> None:
    """Ten regions, one p above one half: 2 (1 + 1) / 10 of them are taken as innocent."""
    p = np.array([0.01, 0.02, 0.03, 0.001, 0.002, 0.004, 0.005, 0.006, 0.45, 0.9])
    found = significant(((1.0 - 0.25 * np.log(p)) / 0.5).tolist())
    rank = np.array([6, 7, 8, 1, 2, 3, 4, 5, 9, 10])
    expected = 0.4 * 10 * p / rank
    # Made to rise with p: of ranks 3 to 5 the last is the least.
    expected[[5, 6]] = expected[7]
    np.testing.assert_allclose(found[1], expected, rtol=1e-4)


def test_no_candidate_has_no_significance() -> None:
    p, q = significant([])
    assert len(p) == len(q) == 0


def detected(zones: tuple[Zone, ...] = ()) -> objects.Detection:
    """The one detection of 3 x 7 px of 10 m, first row 10, first column 20."""
    outline = box(300_200, 3_919_870, 300_270, 3_919_900)
    regions = Regions(
        np.array([[10, 20]]),
        np.array([[10, 20, 12, 26]]),
        np.array([40]),
        np.array([9.5], np.float32),
    )
    significance = np.array([0.001]), np.array([0.02])
    codes = np.array([GAIN], np.uint8)
    (found,) = objects.detections(
        regions, codes, {0: outline}, significance, grid=GRID, zones=zones
    )
    return found


def test_a_detection_has_the_size_and_place_of_its_outline() -> None:
    found = detected()
    assert (found.id, found.object_class, found.direction) == ("d00001", "change", "appeared")
    assert (found.score, found.p, found.q) == (9.5, 0.001, 0.02)
    assert found.length_m == pytest.approx(70)
    assert found.area_m2 == pytest.approx(2100)
    assert found.length_sd_m == pytest.approx(2**0.5 * 7)
    assert np.isnan(found.probability)
    middle = GRID[10:13, 20:27].footprint("EPSG:4326").centroid.points[0]
    assert found.geometry.centroid.coords[0] == pytest.approx(middle, abs=1e-6)


def test_a_turned_object_has_the_length_of_its_own_axis() -> None:
    diagonal = box(0, 0, 60, 20)
    turned = translate(rotate(diagonal, 37), 300_200, 3_919_500)
    regions = Regions(np.zeros((1, 2), int), np.zeros((1, 4), int), np.ones(1, int), np.ones(1))
    (found,) = objects.detections(
        regions,
        np.array([LOSS], np.uint8),
        {0: turned},
        (np.zeros(1), np.zeros(1)),
        grid=GRID,
    )
    assert found.length_m == pytest.approx(60, abs=0.01)


def test_the_zone_that_holds_most_of_it() -> None:
    west, south, east, north = detected().geometry.bounds
    third = west + (east - west) / 3

    def zone(name: str, *bounds: float) -> Zone:
        return Zone(f"site.{name}", name, "apron", "user", "", 0, box(*bounds))

    small, large = zone("a", west, south, third, north), zone("b", third, south, east, north)
    away = zone("c", east + 1, south, east + 2, north)
    assert detected((away, small, large)).zone_id == "site.b"
    assert detected((small,)).zone_id == "site.a"
    assert detected((away,)).zone_id is None
