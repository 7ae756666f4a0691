"""The vessel benchmark on a harbour and on chips of our own making."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely
from PIL import Image
from rasterio.transform import from_origin

from benchmarks import ship_chips
from benchmarks.harbours import find_harbours, ground_pixel_m, mask_of, read_harbour
from benchmarks.vessel_scores import far_water, paired
from benchmarks.vessels import judged, print_harbours
from imagery.detectors import hulls

SHIP = (slice(100, 103), slice(60, 72))


def run_lengths(mask: np.ndarray) -> list[int]:
    """Down the columns, zeros first."""
    flat = mask.T.ravel()
    changes = np.flatnonzero(np.diff(flat.astype(int))) + 1
    return np.diff(np.concatenate([[0], changes, [flat.size]])).tolist()


@pytest.fixture
def harbour(tmp_path: Path) -> Path:
    rng = np.random.default_rng(1)
    values = np.empty((5, 240, 240))
    values[:] = np.array([600, 500, 300, 200, 100])[:, None, None]
    values[:, :, 170:] = np.array([800, 1000, 1200, 2800, 2200])[:, None, None]
    values[:, *SHIP] = 1500
    values = (values * rng.normal(1, 0.04, values.shape)).astype(np.uint16)
    folder = tmp_path / "somewhere"
    folder.mkdir()
    place = from_origin(0, 4e6, 11.5, 11.5)  # at 33.8 N about 9.6 m on the ground
    profile = {"driver": "GTiff", "count": 5, "height": 240, "width": 240, "dtype": "uint16"}
    path = folder / "S2_L2A_2023-01-01.tif"
    with rasterio.open(path, "w", crs="EPSG:3857", transform=place, **profile) as file:
        file.write(values)
        file.descriptions = ("B02", "B03", "B04", "B08", "B11")
    mask = np.zeros((240, 240), np.bool_)
    mask[SHIP] = True
    marked = {"segmentation": {"size": [240, 240], "counts": run_lengths(mask)}}
    missed = {"segmentation": [], "bbox": [20, 20, 9, 3]}
    labels = {"annotations": [marked, missed]}
    (folder / "vessels.coco.json").write_text(json.dumps(labels))
    return tmp_path


def test_masks_run_down_the_columns() -> None:
    one = {"segmentation": {"size": [3, 2], "counts": [1, 2, 3]}}
    assert mask_of(one).tolist() == [[False, False], [True, False], [True, False]]


def test_a_web_mercator_pixel_shrinks_with_latitude() -> None:
    place = from_origin(0, 8_399_737.9 + 50, 10, 10)  # 60 N
    assert ground_pixel_m(place, "EPSG:3857", (10, 10)) == pytest.approx(5, abs=0.01)
    assert ground_pixel_m(place, "EPSG:32633", (10, 10)) == 10


def test_labels_become_outlines_with_lengths(harbour: Path) -> None:
    (folder,) = find_harbours(harbour)
    read = read_harbour(folder)
    first, second = read.marked
    assert first.length_m == pytest.approx(12 * read.pixel_m)
    assert first.outline.equals(shapely.box(60, 100, 72, 103))
    assert second.length_m == pytest.approx(9 * read.pixel_m)


def test_a_harbour_is_judged_by_what_it_shows(
    harbour: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results, extras = judged(find_harbours(harbour))
    result = results["unseen"]["somewhere"]
    assert results["shipped"]["somewhere"] == result
    assert (result.labelled, result.found, result.drawn, result.moored) == (2, 1, 1, 0)
    assert not [one for one in extras if not one["properties"]["moored"]]
    assert result.free == (0, 0)
    assert result.far[0] == 0
    assert result.far[1] > 0.2
    assert results["floor 4"]["somewhere"].found == 1
    assert print_harbours(results)[0] == "recall"
    said = capsys.readouterr().out
    assert f"unseen ({hulls.EVERYTHING})" in said
    assert "0.500 (1/2; 95 % 0.01 to 0.99)" in said


def test_a_label_is_found_once_and_by_what_lies_on_it(harbour: Path) -> None:
    read = read_harbour(find_harbours(harbour)[0])
    on, beside, away = (
        shapely.box(61, 100, 71, 103),
        shapely.box(60, 99, 66, 102),
        shapely.box(60, 112, 72, 115),
    )
    assert paired(read, [away, beside, on]) == {0: 2}
    assert paired(read, [beside]) == {0: 0}
    assert paired(read, []) == {}


def test_far_water_keeps_off_shore_and_labels(harbour: Path) -> None:
    read = read_harbour(find_harbours(harbour)[0])
    sea = np.zeros((240, 240), np.bool_)
    sea[:, :170] = True
    far = far_water(read, sea)
    assert far[220, 60]
    assert not far[220, 145]  # 24 px from shore
    assert not far[140, 66]  # 37 px from the ship


def test_chips_are_counted_apart(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(2)
    (tmp_path / "images").mkdir()
    sea = rng.gamma(4, 5, (240, 260))
    sea[100:112, 120:160] = 250
    coast = sea.copy()
    coast[:, :90] = rng.gamma(4, 45, (240, 90))
    labels = {"images": [], "annotations": []}
    for number, pixels in enumerate((sea, coast)):
        name = f"{number}.png"
        Image.fromarray(np.clip(pixels, 0, 255).astype(np.uint8)).save(tmp_path / "images" / name)
        labels["images"].append({"id": number, "file_name": name})
        labels["annotations"].append({"image_id": number, "bbox": [120, 100, 40, 12]})
    (tmp_path / ship_chips.LABELS).write_text(json.dumps(labels))
    report = ship_chips.run(tmp_path)
    assert report["go offshore"]["f1"] == 1
    assert report["ca inshore"]["recall"] == 1
    assert report["go inshore"]["recall_iou3"] == 1  # land slants the score: a shorter box
    assert report["fixed offshore"]["recall"] == 1
    assert "two_parameter" in capsys.readouterr().out


def test_overlap_of_boxes() -> None:
    assert ship_chips.shared((0, 0, 2, 2), (1, 0, 2, 2)) == pytest.approx(1 / 3)
    assert ship_chips.shared((0, 0, 2, 2), (5, 0, 2, 2)) == 0
