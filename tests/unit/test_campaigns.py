"""Campaigns of the verdict benchmark: drawn as said, read as written, refused where wrong."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

from benchmarks import campaigns
from benchmarks.campaign_grounds import clouded, kept
from benchmarks.campaigns import DIM, PREDICATES, Campaign, Place, draw


def place(**changed: object) -> Place:
    inside = np.zeros((90, 90), bool)
    inside[20:70, 20:70] = True
    days = ("2020-08-29", "2020-09-08", "2020-09-13", "2020-09-18")
    said = {
        "ground": "data/series",
        "zone": (20, 20, 50, 50),
        "kind": "aircraft",
        "length_m": 69.1,
        "inside": inside,
        "pixel_m": 10.0,
        "eras": (days,),
        "dwell_days": 0.75,
    }
    return Place(**{**said, **changed})


@pytest.fixture(scope="module")
def drawn() -> list[Campaign]:
    return list(draw(place(), 200, seed=3))


def test_half_of_the_claims_are_true_of_every_predicate(drawn: list[Campaign]) -> None:
    for predicate in PREDICATES:
        truths = [one.true for one in drawn if one.predicate == predicate]
        assert truths.count(True) == truths.count(False) == 20


def test_the_same_seed_draws_the_same_campaigns(drawn: list[Campaign]) -> None:
    assert list(draw(place(), 200, seed=3)) == drawn
    assert list(draw(place(), 200, seed=4)) != drawn


def test_a_true_claim_of_presence_has_its_objects(drawn: list[Campaign]) -> None:
    same_day = [
        one
        for one in drawn
        if one.predicate == "present" and all(p.days_off == 0 for p in one.passes)
    ]
    for one in same_day:
        counts = {len(p.things) for p in one.passes}
        assert counts == {one.claimed} if one.true else max(counts) < one.claimed


def test_what_departed_stood_there_before_and_not_after(drawn: list[Campaign]) -> None:
    left = [one for one in drawn if one.predicate == "departed" and one.true]
    assert left
    for one in left:
        for each in one.passes:
            assert len(each.things) == (one.claimed if each.role == "before" else 0)


def test_passes_are_in_order_and_objects_apart_in_the_zone(drawn: list[Campaign]) -> None:
    for one in drawn:
        assert [p.day for p in one.passes] == sorted(p.day for p in one.passes)
        for each in one.passes:
            at = [(thing.row, thing.col) for thing in each.things]
            assert all(19 < row < 70 and 19 < col < 70 for row, col in at)
            assert all(DIM[0] <= abs(thing.contrast) <= DIM[1] for thing in each.things)
            assert all(math.dist(a, b) > 9 for a in at for b in at if a != b)


def test_a_file_holds_what_was_written(drawn: list[Campaign], tmp_path: Path) -> None:
    campaigns.write(tmp_path / "c.json", drawn)
    assert campaigns.read(tmp_path / "c.json") == drawn


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"predicate": "sunk"}, "predicate 'sunk'"),
        ({"colour": "red"}, "colour"),
        ({"passes": [{"day": "2020-08-29"}]}, "things"),
    ],
)
def test_a_wrong_file_is_refused_in_words(
    drawn: list[Campaign], tmp_path: Path, changed: dict[str, object], said: str
) -> None:
    path = tmp_path / "c.json"
    campaigns.write(path, drawn[:1])
    content = json.loads(path.read_text())
    content["campaigns"][0] |= changed
    path.write_text(json.dumps(content))
    with pytest.raises(ValueError, match=said):
        campaigns.read(path)


def test_two_campaigns_of_one_id_are_refused(drawn: list[Campaign], tmp_path: Path) -> None:
    campaigns.write(tmp_path / "c.json", [drawn[0], drawn[0]])
    with pytest.raises(ValueError, match="one id"):
        campaigns.read(tmp_path / "c.json")


def test_clouds_mask_their_share_of_the_zone_from_one_side() -> None:
    inside = place().inside
    values = np.ones((4, 90, 90), np.float32)
    found = clouded(values, inside, 0.3, 0.0)
    hidden = np.isnan(found).all(axis=0)
    assert hidden[inside].mean() == pytest.approx(0.3, abs=0.03)
    assert hidden[:20].all()
    assert not hidden[60:].any()
    assert clouded(values, inside, 0.0, 0.0) is values


def test_what_was_made_is_kept(tmp_path: Path) -> None:
    made = []
    for _ in range(2):
        kept(tmp_path, "key", lambda: made.append(1) or 7)
    assert made == [1]
    assert kept(tmp_path, "key", lambda: 8) == 7
    assert kept(None, "key", lambda: 8) == 8
