from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
import shapely
from PIL import Image

from imagery.captions import WARNING
from imagery.cog import CLASS_CODES
from imagery.errors import WriteError
from imagery.model import Detection
from imagery.null import Null
from imagery.quicklook import View
from imagery.sheet import GAP, NARROWEST, Sheet, broken, stacked
from imagery.sites import load_site
from imagery.write import Subject
from pipelines.account import name_of, sentence
from pipelines.credits import GENERATED, UNKNOWN, credit, sensor
from pipelines.figure import MOST_MARKS, Account, Spot, _mark, _notes, figure, write_figure
from pipelines.record import Findings

BEFORE, AFTER = datetime(2024, 12, 10, 8, 13, tzinfo=UTC), datetime(2025, 1, 7, 8, 23, tzinfo=UTC)
COLOURS = {code.name: code.colour for code in CLASS_CODES}
ACCOUNT = Account("Hmeimim air base", "Sentinel-2 L2A, 10 m pixels", "1 changed object.", "Whose.")


def view(shape=(60, 80), *, simulated=False):
    random = np.random.default_rng(5)
    before = random.uniform(0.02, 0.3, size=(3, *shape)).astype(np.float32)
    classes = np.ones(shape, dtype=np.uint8)
    classes[20:26, 30:40], classes[:10, :10] = 2, 4
    subject = Subject("hmeimim", BEFORE, AFTER, simulated)
    return View(before, before * np.float32(1.2), classes, 10.0, subject)


def count(picture, colour):
    return int((np.asarray(picture) == np.array(colour, dtype=np.uint8)).all(axis=-1).sum())


def test_the_same_facts_give_the_same_bytes(tmp_path):
    for name in ("a", "b"):
        write_figure(view(), ACCOUNT, tmp_path / f"{name}.png")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_three_pictures_side_by_side_or_below_each_other():
    # Each is enlarged to at least 900 pixels: 60 x 80 twelve times.
    beside = figure(view((80, 60)), ACCOUNT)
    below = figure(view((40, 80)), ACCOUNT)
    assert beside.width == 3 * 720 + 2 * GAP + 44
    assert beside.height < 1.4 * 960 + 400
    assert below.width == NARROWEST
    assert below.height > 3 * 480


def test_what_changed_is_in_colour_in_one_picture_only():
    appeared = count(figure(view(), ACCOUNT), COLOURS["gain"])
    assert 60 * 12**2 < appeared < 60 * 12**2 + 1500, "the object, and the legend"


def test_objects_are_marked_at_their_place_in_all_three_pictures():
    spot = Spot(row=50, col=60, length_m=60, direction="disappeared")
    plain, marked = (
        np.asarray(figure(view((80, 80)), replace(ACCOUNT, spots=spots))) for spots in ((), (spot,))
    )
    assert plain.shape == marked.shape
    changed = (plain != marked).any(axis=-1)
    side, times = 80 * 12, 12
    left = (plain.shape[1] - 3 * side - 2 * GAP) // 2
    for number in range(3):
        x = left + number * (side + GAP)
        there = np.nonzero(changed[:, x : x + side].any(axis=0))[0]
        ring = there[np.abs(there - 60.5 * times) < 8 * times]
        assert abs(ring.min() + ring.max() - 2 * 60.5 * times) < 2 * times


def test_a_mark_stands_in_the_middle_of_its_enlarged_pixel():
    mark = _mark(Spot(row=0, col=3, length_m=60, direction="changed"), 7, 12)
    # Twelve pixels from 0 to 11, and from 36 to 47.
    assert (mark.row, mark.col) == (5.5, 41.5)
    assert (mark.form, mark.label) == ("circle", "7")


def test_only_the_strongest_are_marked_and_the_rest_is_told():
    spots = tuple(Spot(5, 5, 60, "appeared") for _ in range(MOST_MARKS + 3))
    assert "3 weaker objects have none." in _notes(replace(ACCOUNT, spots=spots))
    assert "weaker" not in _notes(replace(ACCOUNT, spots=spots[:MOST_MARKS]))


def test_simulated_is_above_and_in_every_picture():
    real, marked = (np.asarray(figure(view(simulated=s), ACCOUNT)) for s in (False, True))
    band = marked.shape[0] - real.shape[0]
    assert (marked[0] == WARNING).all(), "over the whole width"
    assert count(marked[:band], WARNING) > 0.5 * band * marked.shape[1]
    different = (marked[band:] != real).any(axis=-1)
    assert different.mean() > 0.02, "words across the ground"


def test_zones_are_dashed_and_their_error_is_told():
    zones = np.zeros((60, 80), dtype=bool)
    zones[10:50, 20:70] = True
    with_zones = replace(ACCOUNT, zones=zones, rough_m=150.0)
    assert "may be 150 m off" in _notes(with_zones)
    assert (np.asarray(figure(view(), with_zones)).shape) == np.asarray(
        figure(view(), ACCOUNT)
    ).shape
    assert np.asarray(figure(view(), with_zones)).tobytes() != figure(view(), ACCOUNT).tobytes()


def test_undated_and_all_hidden_still_make_a_page():
    scene = view()
    blind = replace(
        scene,
        classes=np.full_like(scene.classes, 4),
        subject=Subject(None, None, None),
    )
    assert figure(blind, ACCOUNT).height > 300


def found(*directions, clear=0.71, seen=True):
    objects = tuple(
        Detection("d", shapely.box(0, 0, 1, 1), None, "change", each, 9, 0, 0, 0, 40, 9, 99)
        for each in directions
    )
    return Findings(clear, Null if seen else None, 1.0, objects, 9)


def test_the_sentence_counts_and_never_says_unchanged():
    assert sentence(found("appeared", "appeared", "disappeared", "changed")) == (
        "4 changed objects: 2 appeared, 1 disappeared, 1 changed otherwise."
        " 29% of the ground is hidden at one date or both."
    )
    assert sentence(found("appeared", clear=1.0)) == "1 changed object: 1 appeared."
    assert "what is small may still have changed" in sentence(found())
    assert "nothing was compared" in sentence(found(clear=0.0, seen=False))


def test_a_name_in_letters_that_the_font_lacks_gives_way_to_the_id():
    site = load_site("hmeimim")
    assert name_of(site) == "Hmeimim air base"
    assert name_of(replace(site, name="Örebro \u202eŁódź")) == "Örebro Łódź"
    for name in ("حميميم", "Хмеймим", ""):
        assert name_of(replace(site, name=name)) == "hmeimim"


@pytest.mark.parametrize(
    ("product", "said"),
    [
        ("sentinel-2-l2a", "Contains modified Copernicus Sentinel data 2024, 2025."),
        ("sentinel-1-rtc", "Contains modified Copernicus Sentinel data 2024, 2025."),
        ("landsat-c2-l2", "Landsat imagery 2024, 2025 courtesy of the U.S. Geological Survey."),
        ("planetscope-sr", "Imagery 2024, 2025 © Planet Labs PBC."),
        ("geotiff", UNKNOWN),
    ],
)
def test_credit_is_what_the_licence_asks_for(product, said):
    assert credit(product, [AFTER, BEFORE], simulated=False) == said
    assert credit(product, [AFTER, BEFORE], simulated=True) == GENERATED
    assert "Copernicus" not in GENERATED
    assert credit(product, [None, None], simulated=False).count("20") == 0
    assert sensor(product) != product
    assert sensor("new-product") == "new-product"


def test_words_go_on_below_where_they_do_not_fit():
    lines = broken("one two three " * 30, 17, 300)
    assert len(lines) > 5
    assert " ".join(lines).split() == ("one two three " * 30).split()
    assert broken("", 17, 300) == [""]
    assert broken("x" * 500, 17, 100) == ["x" * 500]


def test_bands_are_stacked_from_the_top():
    bands = [Image.new("RGB", (10, high), colour) for high, colour in ((3, "red"), (5, "blue"))]
    page = np.asarray(stacked(bands))
    assert page.shape == (8, 10, 3)
    assert (page[:3] == (255, 0, 0)).all()
    assert (page[3:] == (0, 0, 255)).all()
    assert Sheet.around(100, 3).width == NARROWEST
    assert Sheet.around(900, 3).row == 2700 + 2 * GAP


def test_a_missing_folder_is_one_error(tmp_path):
    with pytest.raises(WriteError, match=r"Could not write change\.png"):
        write_figure(view(), ACCOUNT, tmp_path / "none" / "change.png")
