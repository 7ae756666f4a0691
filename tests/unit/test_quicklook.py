from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image

from imagery.captions import WARNING, scale_length
from imagery.cog import CLASS_CODES
from imagery.errors import WriteError
from imagery.quicklook import (
    NO_DATA_GREY,
    View,
    change_picture,
    hatched,
    reduced_classes,
    stretch,
    stretched,
    write_quicklooks,
)
from imagery.reduce import averaged, reduction
from imagery.scratch import Scratch
from imagery.write import Subject

SUBJECT = Subject("hmeimim", datetime(2024, 12, 10, 8, 21, tzinfo=UTC), None)
COLOURS = {code.value: code.colour for code in CLASS_CODES}


def view(bands=3, shape=(60, 80)):
    random = np.random.default_rng(5)
    before = random.uniform(0.02, 0.3, size=(bands, *shape)).astype(np.float32)
    after = before * np.float32(1.4)
    classes = np.ones(shape, dtype=np.uint8)
    classes[20:26, 30:40], classes[40:44, 50:53], classes[:10, :10] = 2, 3, 4
    classes[50:, :12], before[:, 50:, :12] = 0, np.nan
    return View(before, after, classes, 10.0, SUBJECT)


def opened(folder, name):
    with Image.open(folder / f"{name}.png") as picture:
        return np.asarray(picture.convert("RGB"))


def count(picture, colour):
    return int((picture == np.array(colour, dtype=np.uint8)).all(axis=-1).sum())


@pytest.mark.parametrize("bands", [1, 3])
def test_three_pictures_the_same_every_time(tmp_path, bands):
    made = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        write_quicklooks(view(bands), tmp_path / name)
        made.append([(tmp_path / name / f"{n}.png").read_bytes() for n in ("before", "after")])
    assert made[0] == made[1]
    assert opened(tmp_path / "a", "before").shape == opened(tmp_path / "a", "after").shape


def test_changes_are_shown_in_their_colours_at_their_size():
    scene = view()
    low, high = stretch(scene)
    pixels = change_picture(stretched(scene.after, low, high), scene.classes)
    assert count(pixels, COLOURS[2]) == 60
    assert count(pixels, COLOURS[3]) == 12
    plain = stretched(scene.before, low, high)
    assert count(plain, COLOURS[2]) == count(plain, COLOURS[3]) == 0


def test_a_simulated_picture_is_marked_above_and_across(tmp_path):
    write_quicklooks(view(), tmp_path)
    real = opened(tmp_path, "after")
    marked = view()
    write_quicklooks(replace(marked, subject=replace(SUBJECT, simulated=True)), tmp_path)
    for name in ("before", "after"):
        picture = opened(tmp_path, name)
        band = picture.shape[0] - real.shape[0]
        assert (picture[0] == WARNING).all(), "a band over the whole width"
        assert count(picture[:band], WARNING) > 0.5 * band * picture.shape[1]
    inside = opened(tmp_path, "after")[band:][120:-120]
    assert (inside != real[120:-120]).any(axis=-1).mean() > 0.02, "words across the ground"


def test_the_pictures_stay_small(tmp_path):
    shape = (10980, 7000)
    factor = reduction(shape)
    assert max(-(-side // factor) for side in shape) <= 1600
    assert reduction((1600, 3)) == 1
    assert reduction((1601, 3)) == 2


def test_both_dates_are_stretched_alike():
    scene = view()
    low, high = stretch(scene)
    before, after = (stretched(image, low, high) for image in (scene.before, scene.after))
    seen = scene.classes == 1
    assert after[seen].mean() > before[seen].mean() + 10, "brighter ground stays brighter"
    same = replace(scene, after=scene.before)
    limits = stretch(same)
    np.testing.assert_array_equal(stretched(same.before, *limits), stretched(same.after, *limits))


def test_clouds_do_not_set_the_stretch():
    scene = view()
    cloudy = scene.after.copy()
    cloudy[:, scene.classes == 4] = 9.0
    np.testing.assert_array_equal(stretch(replace(scene, after=cloudy)), stretch(scene))


def test_nothing_clear_to_stretch_still_makes_pictures(tmp_path):
    scene = view()
    all_cloud = np.full_like(scene.classes, 4)
    write_quicklooks(replace(scene, classes=all_cloud, before=scene.before * np.nan), tmp_path)
    assert len(np.unique(opened(tmp_path, "after")[100:700, 100:500])) == 2, "hatch, no ground"


def test_no_data_is_grey_and_masked_is_striped():
    image = np.full((1, 32, 32), 0.5, dtype=np.float32)
    image[0, :8] = np.nan
    low, high = np.zeros(1, dtype=np.float32), np.ones(1, dtype=np.float32)
    picture = stretched(image, low, high)
    assert (picture[:8] == NO_DATA_GREY).all()
    assert (picture[8:] != NO_DATA_GREY).all()
    hidden = np.zeros((32, 32), dtype=bool)
    hidden[16:] = True
    striped = hatched(picture, hidden)
    assert len(np.unique(striped[16:])) == 2
    np.testing.assert_array_equal(striped[:16], picture[:16])
    classes = np.zeros((32, 32), dtype=np.uint8)
    assert (change_picture(picture, classes) == NO_DATA_GREY).all()


@given(
    image=arrays(np.float32, (2, 13, 17), elements=st.floats(-5, 5, width=32) | st.just(np.nan)),
    factor=st.integers(1, 20),
)
def test_average_is_the_mean_of_what_is_known(image, factor):
    small = averaged(image, factor)
    assert small.shape == (2, -(-13 // factor), -(-17 // factor))
    for (band, y, x), value in np.ndenumerate(small):
        square = image[band, y * factor : (y + 1) * factor, x * factor : (x + 1) * factor]
        known = square[~np.isnan(square)].astype(np.float64)
        np.testing.assert_allclose(value, known.mean() if known.size else np.nan, atol=1e-6)


@pytest.mark.parametrize(
    ("square", "shown"),
    [
        ([1, 1, 1, 1, 1, 1, 1, 1, 3], 3),  # one pixel of loss is seen
        ([2, 2, 3, 1, 1, 4, 4, 4, 4], 2),
        ([1, 1, 1, 1, 4, 4, 4, 4, 4], 4),
        ([1, 1, 1, 1, 1, 4, 4, 4, 4], 1),
        ([0, 0, 0, 0, 0, 0, 0, 0, 1], 1),
        ([0, 0, 0, 0, 0, 0, 0, 0, 4], 4),
        ([0, 0, 0, 0, 0, 0, 0, 0, 0], 0),
    ],
)
def test_a_square_shows_its_change(tmp_path, square, shown):
    scratch = Scratch.create(tmp_path / "c.bin", shape=(1, 200, 7), dtype="uint8")
    codes = np.ones((200, 7), dtype=np.uint8)
    codes[195:198, 3:6] = np.reshape(square, (3, 3))
    scratch[:, :, :] = codes[None]
    small = reduced_classes(scratch, 3)
    assert small.shape == (67, 3)
    assert small[65, 1] == shown
    small[65, 1] = 1
    assert (small == 1).all()


@given(st.floats(1e-3, 1e7))
def test_scale_bar_is_a_round_number_that_fits(widest):
    length = scale_length(widest)
    assert length <= widest < 2.5 * length * (1 + 1e-9)
    assert f"{length:.0e}"[0] in "125"


def test_a_missing_folder_is_one_error(tmp_path):
    with pytest.raises(WriteError, match=r"Could not write before\.png"):
        write_quicklooks(view(), tmp_path / "none")
