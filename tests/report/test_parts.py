"""Pieces of pages: the text cut into marks, charts in numbers, places in pictures."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from small_runs import GRID, SITE, ZONE, exhibited

from pipelines.exhibit import trials_document
from pipelines.report import charts, doubts, words
from pipelines.report.sheet import Sheet
from pipelines.report.text import pieces


def sheet(times: float = 4.0) -> Sheet:
    height, width = GRID.shape
    transform = tuple(GRID.transform)[:6]
    return Sheet(
        "EPSG:32636", transform, (0, 0), times, round(width * times), round(height * times)
    )


def test_a_text_is_cut_where_statements_begin_and_end() -> None:
    spans = [
        {"claim_id": "a", "start": 2, "end": 8},
        {"claim_id": "b", "start": 4, "end": 6},
        {"claim_id": "c", "start": 8, "end": 9},
    ]
    found = pieces("0123456789", spans)
    assert "".join(one["text"] for one in found) == "0123456789"
    assert [(one["text"], one["claim"], one["ends"]) for one in found] == [
        ("01", None, []),
        ("23", "a", []),
        ("45", "b", ["b"]),
        ("67", "a", ["a"]),
        ("8", "c", ["c"]),
        ("9", None, []),
    ]
    assert pieces("", []) == []


def test_a_sighting_stands_in_the_picture_where_it_was_seen() -> None:
    _, (lon, lat) = exhibited()
    shown, _ = exhibited()
    one = shown.glance.sightings[0]
    assert sheet().at(lon, lat) == pytest.approx(sheet().cell(one.row, one.col), abs=4 * 3)
    assert sheet().holds(sheet().at(lon, lat))
    assert not sheet().holds((-1.0, 5.0))


def test_a_scale_bar_is_as_long_as_it_says() -> None:
    bar = sheet().bar()
    assert bar["words"] == "200 m"
    assert bar["px"] == pytest.approx(200 / 10 * 4)
    assert abs(sheet().north()) < 3


def test_an_outline_is_drawn_in_pixels() -> None:
    shape = {"type": "Polygon", "coordinates": [list(ZONE.geometry.exterior.coords)]}
    drawn = sheet().outline(shape)
    assert drawn.startswith("M")
    assert drawn.endswith("Z")
    assert drawn.count(",") == len(ZONE.geometry.exterior.coords)
    x, y = sheet().middle(shape)
    assert sheet().holds((x, y))
    assert sheet().top(shape)[1] <= y


def test_every_trial_is_a_mark_of_the_chart() -> None:
    shown, _ = exhibited()
    told = trials_document(shown)
    chart = charts.trials(told)
    assert chart is not None
    share = told["dates"][0]["power_sure"]
    assert chart["found"].count("M") == share["found"]
    assert chart["found"].count("M") + chart["missed"].count("M") <= share["groups"]
    nulls = chart["nulls"].count("M") + chart["nulls_below"]
    assert nulls == len(told["nulls"])
    assert told["dates"][0]["groups"]["planted"] == 1
    assert len(told["dates"][0]["groups"]["weakest"]) == share["groups"]


def test_no_trial_no_chart() -> None:
    shown, _ = exhibited()
    told = trials_document(shown) | {"decides": "another"}
    assert charts.trials(told) is None


def test_a_timeline_puts_dates_in_order_and_claims_among_them() -> None:
    site = {
        "scenes": [{"id": str(n), "datetime": f"2024-{n:02d}-10T08:00:00Z"} for n in (3, 1, 2, 12)],
        "nulls": {"1", "2"},
        "weighed": {"12"},
        "names": {},
    }
    line = charts.timeline([], site, [{"number": 4, "start": "2024-12-10", "end": None}])
    assert line is not None
    assert [one["x"] for one in line["shares"]] == sorted(one["x"] for one in line["shares"])
    assert len(line["nulls"]) == 2
    assert line["claims"][0]["x"] == pytest.approx(line["weighed"][0], abs=3)
    assert "Dec" in [tick["text"] for tick in line["ticks"]]
    assert charts.timeline([], site | {"scenes": []}, []) is None


def test_doubts_are_met_by_numbers_or_remain() -> None:
    seen = {"clear": 0.5, "relevance": 0.4, "days_off": 2.0, "null_alarms": 3, "null_dates": 9}
    facts = {"facts": seen | {"null_any": 4}, "datetime": "2024-12-13T08:21:00Z"}
    for doubt in (doubts._cloud(facts), doubts._gap(facts), doubts._alarms(facts)):
        assert not doubt["met"]
    assert "50\xa0%" in doubts._cloud(facts)["answer"]
    assert "2 days off" in doubts._gap(facts)["answer"]
    assert "3 of 9" in doubts._alarms(facts)["answer"]
    assert "40\xa0%" in doubts._alarms(facts)["answer"]
    better = seen | {"clear": 1.0, "relevance": 1.0, "days_off": 0.0, "null_any": 0}
    good = {"facts": better | {"null_alarms": 0, "null_dates": 40}, "datetime": None}
    for doubt in (doubts._cloud(good), doubts._gap(good), doubts._alarms(good)):
        assert doubt["met"]
    assert doubts._usual(good)["met"]
    verdict = {"assumptions": {"stays_days": 1.0}, "reason": "time_gap"}
    assert not doubts._stay(verdict)["met"]
    small = {"target": {"length_m": 11.0}, "pixel_m": 10.0}
    assert not doubts._size(small)["met"]


def test_brightness_and_shift_are_told_of_the_comparison() -> None:
    record = {
        "registration": {"shift_px": [0.3, 0.4], "p95_px": 0.02},
        "grid": {"pixel_m": 10.0},
        "normalization": None,
    }
    compared = SimpleNamespace(record=record, moments=("2024-12-10", "2024-12-13"))
    assert "by 5\xa0m" in doubts._shift(compared)["answer"]
    assert doubts._shift(compared)["met"]
    assert not doubts._light(compared)["met"]


def test_days_and_sensors_in_words() -> None:
    assert words.solar("2024-12-13T23:30:00Z", -120.0).startswith("13 December 2024, 15:30")
    assert words.sensor("sentinel-2-l2a") == "Sentinel-2, optical"
    assert words.sensor(None) == "sensor unknown"
    assert words.moment(None) == "sensing time unknown"
    assert SITE.name == "Hmeimim air base"
