from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pystac
import pytest
from odc.geo.geobox import GeoBox
from PIL import Image

from imagery.captions import WARNING
from imagery.catalogs import SIMULATED
from imagery.dated import Dated
from imagery.detectors.shapes import SHAPES
from imagery.detectors.sightings import Sighting
from imagery.detectors.study import Question, Study
from imagery.detectors.trials import Wanted, sized
from imagery.errors import WriteError
from imagery.implant import interval
from pipelines import closeups, exhibit
from pipelines.closeups import FAINT, FOUND, HALO, MISSED, SURE, Mark, cut_of, marked
from pipelines.exhibit import Exhibit, trials_document, write_exhibit

GRID = GeoBox.from_bbox((250000, 3900000, 252000, 3901600), crs="EPSG:32637", resolution=10)
ZONE = np.zeros(GRID.shape, bool)
ZONE[60:100, 70:130] = True
DATES = 16
ONE = Wanted(1, 1)
CLOUD = np.s_[:, 70:90, 30:60]


@dataclass(frozen=True)
class Brightest:
    """A witness of the test: bright spots of the zone, by their height over the ground."""

    name: str = "brightest"

    def sightings(self, dates, index, earlier):
        return self.against(dates, earlier)(dates[index])

    def against(self, dates, earlier):
        ground = np.nan_to_num(dates[list(earlier)]).mean(axis=(0, 1)) if earlier else 0.1

        def look(values):
            plane = np.where(ZONE, np.nan_to_num(values).mean(axis=0) - ground, 0) * 100
            seen = []
            while plane.max() > 2:
                row, col = np.unravel_index(int(plane.argmax()), plane.shape)
                seen.append(Sighting(int(row), int(col), float(plane.max()), math.nan))
                plane[max(row - 6, 0) : row + 7, max(col - 6, 0) : col + 7] = 0
            return seen

        return look

    def operating_point(self, strongest):
        return 10.0

    def low_point(self, planted, sure):
        return min(0.8 * min(planted, default=-math.inf), sure)


def item(index, *, simulated, name="S2A"):
    moment = datetime(2024, 10, 1, 8, 21, tzinfo=UTC) + timedelta(days=5 * index)
    properties = {SIMULATED: True} if simulated else {}
    return pystac.Item(f"{name}_{index:02d}", None, None, moment, properties)


def study(*, bands=("blue", "green", "red", "nir")):
    random = np.random.default_rng(3)
    values = random.normal(0.15, 0.004, (DATES, len(bands), *GRID.shape)).astype(np.float32)
    values[(-1, *CLOUD)] = np.nan
    values[-1, :, 75:80, 100:105] += 0.2  # sure
    values[-1, :, 90:93, 80:83] += 0.08  # not sure, not ruled out
    items = tuple(item(index, simulated=False) for index in range(DATES))
    dated = Dated(items, GRID, bands, values, (None,) * DATES)
    question = Question(sized("aircraft", 46.6), (0.08, 0.25), ZONE)
    return Study(dated, question, Brightest(), tuple(range(DATES - 1)), 10.0)


def exhibited(made, *, before=DATES - 2):
    glance = made.glance(DATES - 1, ONE)
    return Exhibit("C05", made, (glance,), DATES - 1, before, ONE, ("stands", "apron"))


@pytest.fixture(scope="module")
def real():
    return exhibited(study())


def told_as(shown, *, simulated=False, name="S2A"):
    """The same pixels and trials as scenes of another name."""
    dated = shown.study.dated
    items = tuple(item(index, simulated=simulated, name=name) for index in range(DATES))
    return replace(shown, study=replace(shown.study, dated=replace(dated, items=items)))


def opened(folder, name):
    with Image.open(folder / f"{name}.png") as picture:
        return np.asarray(picture.convert("RGB"))


def count(picture, colour):
    return int((picture == np.array(colour, np.uint8)).all(axis=-1).sum())


def test_four_files_the_same_every_time(tmp_path, real):
    for name in ("a", "b"):
        write_exhibit(tmp_path / name / "C05", real if name == "a" else exhibited(study()))
    names = sorted(path.name for path in (tmp_path / "a" / "C05").iterdir())
    assert names == [
        "after.png",
        "before.png",
        "implant.png",
        "plain_after.png",
        "plain_before.png",
        "plain_implant.png",
        "trials.json",
    ]
    for name in names:
        first, second = ((tmp_path / each / "C05" / name).read_bytes() for each in "ab")
        assert first == second


def test_what_was_seen_is_marked_on_the_later_date_only(tmp_path, real):
    write_exhibit(tmp_path, real)
    before, after, implant = (opened(tmp_path, name) for name in ("before", "after", "implant"))
    legend = 15 * 15  # of a swatch, within its outline
    assert count(before, SURE) == count(before, FOUND) == 0
    assert count(after, SURE) > legend + 100
    assert count(after, FAINT) > legend + 20
    assert count(implant, FOUND) > legend + 100
    assert count(implant, SURE) == 0


def test_dates_share_a_stretch(tmp_path, real):
    values = real.study.dated.values.copy()
    values[-2] = values[-1]
    made = replace(real.study, dated=replace(real.study.dated, values=values))
    write_exhibit(tmp_path, replace(real, study=made))
    before, after = (opened(tmp_path, name) for name in ("before", "after"))
    rows = slice(100, 500)
    unmarked = (after == before).all(axis=-1)[rows]
    assert unmarked.mean() > 0.95


def test_only_what_is_planted_or_generated_is_called_simulated(tmp_path, real):
    write_exhibit(tmp_path / "real", real)
    write_exhibit(tmp_path / "generated", told_as(real, simulated=True))
    named = {
        (kind, name): count(opened(tmp_path / kind, name), WARNING) > 1000
        for kind in ("real", "generated")
        for name in ("before", "after", "implant")
    }
    assert [key for key, warned in named.items() if not warned] == [
        ("real", "before"),
        ("real", "after"),
    ]
    caption = exhibit._caption("implant", real, cut_of(ZONE, [], 10.0))
    assert caption.line.endswith("planted, SIMULATED targets in this very scene")


def test_the_trials_tell_every_figure(real):
    made = trials_document(real)
    text = json.dumps(made, allow_nan=False)
    assert json.loads(text) == made
    (date,) = made["dates"]
    glance, planted = real.glance, real.study.planted(DATES - 1)
    power = date["power_sure"]
    assert power["found"] == sum(s >= glance.sure for s in planted.strengths)
    assert power["groups"] == len(planted.strengths) >= 200
    assert power["ci"] == pytest.approx(interval(power["found"], power["groups"]), rel=1e-4)
    assert len(date["planted"]["places"]) == len(date["planted"]["strengths"])
    assert 0 < date["planted"]["first_run"] == planted.first < power["groups"]
    assert date["false_sure"] == {"alarms": 0, "nulls": DATES - 1, "false_alarm": 1 / DATES}
    assert [one["scene"] for one in made["nulls"]] == [f"S2A_{n:02d}" for n in range(DATES - 1)]
    assert made["zones"] == ["apron", "stands"]
    assert date["sightings"][0]["length_m"] is None  # this witness measures none
    assert made["target"]["length_m"] == SHAPES["Il-76"].length_m
    assert date["planted"]["second_strengths"][0] is None or math.isfinite(
        date["planted"]["second_strengths"][0]
    )


def test_the_first_run_is_what_the_picture_shows(real):
    planted = real.study.planted(DATES - 1)
    rise = planted.picture - real.study.dated.values[DATES - 1]
    places = planted.places[: planted.first]
    for (row, col), contrast in zip(places, planted.contrasts, strict=False):
        assert np.sign(rise[0, row, col]) == np.sign(contrast)
        assert abs(rise[0, row, col]) > 0.02
    assert np.isnan(planted.picture[CLOUD]).all()


def test_missed_targets_are_diamonds_and_found_ones_circles(real):
    planted = replace(
        real.study.planted(DATES - 1),
        strengths=(99.0, -math.inf, 99.0),
        places=((1, 2), (3, 4), (5, 6)),
        first=2,
    )
    assert [(one.form, one.colour) for one in exhibit._targets(real, planted)] == [
        ("circle", FOUND),
        ("diamond", MISSED),
    ]


def test_no_date_before_and_nothing_free_leave_their_pictures_out(tmp_path):
    made = study()
    made.dated.values[-1] = np.nan
    shown = exhibited(made, before=None)
    write_exhibit(tmp_path, shown)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "after.png",
        "plain_after.png",
        "trials.json",
    ]
    (date,) = trials_document(shown)["dates"]
    assert date["low"] is None
    assert date["power_sure"] == {"found": 0, "groups": 0, "ci": [None, None]}


def test_two_bands_are_shown_in_grey(tmp_path):
    write_exhibit(tmp_path, exhibited(study(bands=("green", "nir"))))
    before = opened(tmp_path, "before")[110:400, 100:400]
    assert (before[..., 0] == before[..., 2]).all()


@pytest.mark.parametrize("name", ["<b>\u202e", "y" * 10_000])
def test_hostile_scene_names_stay_short_and_in_line(tmp_path, real, name):
    shown = told_as(real, name=name)
    line = exhibit._caption("after", shown, cut_of(ZONE, [], 10.0)).line
    assert len(line) < 70
    assert line.isprintable()
    write_exhibit(tmp_path, shown)
    assert json.loads((tmp_path / "trials.json").read_text())["decides"].startswith(name)


def test_a_folder_that_cannot_be_made_is_said(tmp_path, real):
    (tmp_path / "C05").write_text("in the way")
    with pytest.raises(WriteError, match="C05"):
        write_exhibit(tmp_path / "C05", real)


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        (np.s_[60:100, 70:130], (700, 900)),  # 400 x 600 m and a margin
        (np.s_[60:64, 70:74], (600, 600)),
        (np.s_[0:160, 0:200], (1600, 2000)),
        (np.s_[10:150, 20:30], (1600, 1280)),  # never a sliver
    ],
)
def test_a_cut_has_sides_between_600_m_and_2_km(zone, expected):
    mask = np.zeros((160, 200), bool)
    mask[zone] = True
    cut = cut_of(mask, [], 10.0)
    sides = [10 * (each.stop - each.start) for each in (cut.rows, cut.cols)]
    assert tuple(sides) == expected
    assert cut.times == 900 // (max(sides) // 10)


def test_a_long_zone_is_cut_around_the_strongest_sighting():
    mask = np.ones((100, 1000), bool)
    cut = cut_of(mask, [Sighting(50, 800, 9.0, math.nan), Sighting(50, 10, 3.0, math.nan)], 10.0)
    assert cut.cols == slice(700, 900)
    edge = cut_of(mask, [Sighting(50, 999, 9.0, math.nan)], 10.0)
    assert edge.cols == slice(800, 1000)


@pytest.mark.parametrize("form", ["box", "corners", "circle", "diamond"])
def test_marks_stand_around_their_place_with_a_halo(form):
    cut = closeups.Cut(slice(10, 70), slice(20, 80), 10.0)
    image = Image.new("RGB", (60 * cut.times, 60 * cut.times), (90, 90, 90))
    drawn = np.asarray(marked(image, [Mark(30, 50, 50.0, form, SURE, "1")], cut))
    rows, cols = np.nonzero((drawn == np.array(SURE)).all(axis=-1))
    assert cut.times == 15
    x, y = 30.5 * 15, 20.5 * 15
    assert cut.at(30, 50) == (x, y)
    half = 1.5 * 25 / 10 * cut.times
    assert abs((rows.min() + rows.max()) / 2 - y) < 3
    assert abs(rows.min() - (y - half)) < 4
    assert abs(cols.min() - (x - half)) < 4
    assert count(drawn, HALO) > count(drawn, SURE) / 2
    assert marked(image, [Mark(5, 50, 50.0, form, SURE)], cut).tobytes() == image.tobytes()


def test_the_edge_of_a_zone_is_dashed_and_its_inside_untouched():
    mask = np.zeros((160, 200), bool)
    mask[60:100, 70:130] = True
    cut = cut_of(mask, [], 10.0)
    grey = Image.new(
        "RGB", tuple((s.stop - s.start) * cut.times for s in (cut.cols, cut.rows)), SURE
    )
    drawn = np.asarray(closeups.outlined(grey, mask, cut))
    edge = (drawn != np.array(SURE)).any(axis=-1)
    around = 2 * (400 + 600) / 10 * cut.times  # pixels of the picture
    assert edge.sum() == pytest.approx(2 * around, rel=0.02)
    assert {int(level) for level in np.unique(drawn[edge])} == {20, 235}
