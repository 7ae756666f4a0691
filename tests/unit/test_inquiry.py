"""A statement gets no verdict by a question that was not its own."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import shapely

from imagery.detectors.sightings import Sighting
from imagery.detectors.study import Glance, Share
from imagery.errors import InputError
from imagery.sites import load_site
from pipelines import inquiry, sameness, verify
from pipelines.asked import Given
from pipelines.claims.claim import Count, When
from pipelines.claims.file import ClaimsFile
from pipelines.evidence import Area, Finding
from pipelines.inquiry import inquire, untested
from pipelines.moments import Chosen
from pipelines.quarry import MOST_PLANTED, Beyond, Quarry, quarry
from pipelines.ruling import Changed
from pipelines.verify import Statements
from pipelines.weighed import Inquiry, Weighed
from pipelines.weighing import acquisition_of
from tests.unit.test_moments import CLAIM

TARTUS = load_site("tartus")
DAY = When("2024-12-13", "2024-12-13")


class Scenes:
    """Stands in for a dossier that holds scenes of 10 m and must not be read."""

    def products(self) -> list[tuple[str, float]]:
        return [("sentinel-2-l2a", 10.0)]

    def dated(self, product: str) -> Any:
        raise AssertionError(f"{product} was read")


def asked(**fields: Any) -> tuple[Any, Quarry]:
    claim = replace(CLAIM, object_text="frigates", **fields)
    found = quarry(claim, TARTUS)
    assert isinstance(found, Quarry)
    return claim, found


def test_one_date_does_not_say_that_nothing_changed() -> None:
    claim, wanted = asked(object_class="any", predicate="unchanged", date=DAY)
    found = inquire(claim, wanted, Scenes())
    assert (found.finding.word, found.finding.reason) == ("inconclusive", "too_few_dates")


def test_more_objects_than_are_ever_planted_are_not_counted() -> None:
    claim, wanted = asked(count=Count("ge", MOST_PLANTED, strict=True))
    found = inquire(claim, wanted, Scenes())
    assert (found.finding.word, found.finding.reason) == ("inconclusive", "uncalibrated")
    assert found.beyond is not None


def test_what_nothing_looks_for_is_said_without_a_scene() -> None:
    claim = replace(CLAIM, predicate="built")
    why = quarry(claim, TARTUS)
    assert isinstance(why, Beyond)
    assert untested(claim, why).finding == Finding("inconclusive", "uncalibrated")


def weighed(
    role: str, index: int, *places: tuple[float, float], strength: float = 5.0, **fields: Any
) -> Weighed:
    sightings = tuple(Sighting(row, col, strength, 110.0) for row, col in places)
    found, none = Share(199, 200), Share(0, 40)
    number = len(places)
    glance = Glance(
        index, 1.0, sightings, 2.0, 1.0, number, number, found, found, none, none, none, none
    )
    _, wanted = asked(**fields)
    made = acquisition_of(glance, f"s{index}", wanted=wanted.wanted, relevance=1.0)
    return Weighed(Chosen(index, role, 0.0), glance, made)


def departure(*after: tuple[float, float]) -> Finding:
    claim, wanted = asked(predicate="departed")
    study: Any = SimpleNamespace(witness=None, pixel_m=10.0)
    found = Inquiry(claim, Finding("inconclusive", None), quarry=wanted, study=study)
    before = weighed("before", 0, (10, 10), (50, 50))
    return inquiry._finding(found, [before, weighed("after", 1, *after)])


def test_a_departure_is_contradicted_only_where_everything_is_still_in_its_place() -> None:
    assert departure((10, 11), (50, 50)).word == "contradicted"
    for others in [((10, 11),), ((10, 11), (80, 80)), ((80, 80), (90, 20))]:
        found = departure(*others)
        assert (found.word, found.reason) == ("inconclusive", "identity")


def counted(*images: tuple[tuple[float, float], ...]) -> Finding:
    two = {"count": Count("ge", 2)}
    claim, wanted = asked(**two)
    study: Any = SimpleNamespace(witness=None, pixel_m=10.0)
    found = Inquiry(claim, Finding("inconclusive", None), quarry=wanted, study=study)
    looks = [weighed("at", n, *each, **two) for n, each in enumerate(images)]
    return inquiry._finding(found, looks)


def test_two_that_are_seen_in_turn_are_not_ruled_out() -> None:
    assert counted(((10, 10),), ((10, 11),)).word == "contradicted"
    found = counted(((10, 10),), ((60, 60),))
    assert (found.word, found.reason) == ("inconclusive", "low_power")


PLACE = (40.0, 40.0)


def kept(first: Weighed, last: Weighed, hidden: tuple[int, int] | None = None) -> Inquiry:
    claim, wanted = asked(predicate="unchanged", date=When("2024-12-10", "2024-12-13"))
    values = np.zeros((2, 4, 80, 80), np.float32)
    if hidden is not None:
        values[1, :, hidden[0], hidden[1]] = np.nan
    dated: Any = SimpleNamespace(values=values)
    study: Any = SimpleNamespace(dated=dated, pixel_m=10.0)
    found = Inquiry(claim, Finding("inconclusive", None), quarry=replace(wanted, zones=()))
    return sameness.unchanged(replace(found, study=study, weighed=(first, last)))


def test_what_stands_beside_a_cloud_is_not_ruled_out() -> None:
    assert len(kept(weighed("at", 0, PLACE), weighed("at", 1)).changes) == 1
    assert not kept(weighed("at", 0, PLACE), weighed("at", 1), hidden=(50, 40)).changes


def test_a_faint_sign_at_one_date_alone_is_a_doubt(monkeypatch: pytest.MonkeyPatch) -> None:
    """It was not sure at the one date; an object may have come to it all the same."""
    monkeypatch.setattr(sameness, "_areas", lambda _: [Area(1.0, 0.99)])
    assert kept(weighed("at", 0), weighed("at", 1)).finding.word == "supported"
    found = kept(weighed("at", 0), weighed("at", 1, PLACE, strength=1.5))
    assert (found.finding.word, found.finding.reason) == ("inconclusive", "low_power")
    assert not found.changes


def test_after_a_departure_one_that_is_left_counts() -> None:
    claim, wanted = asked(predicate="departed", count=Count("eq", 3))
    study: Any = SimpleNamespace(witness=None)
    found = Inquiry(claim, Finding("inconclusive", None), quarry=wanted, study=study)
    assert inquiry._wanted(found, Chosen(0, "before", 0.0)).sighted == 3
    assert inquiry._wanted(found, Chosen(1, "after", 0.0)).sighted == 1


def test_claims_of_another_year_are_a_matter_of_their_own() -> None:
    old = replace(CLAIM, id="C2", date=When("2015-05-01", "2015-05-03"))
    near = replace(CLAIM, id="C3", date=When("2024-12-10", "2024-12-10"))
    built = replace(CLAIM, id="C4", predicate="built", date=When("1999-01-01", "1999-12-31"))
    file = ClaimsFile((CLAIM, old, near, built))
    wanted, beyond = verify._asked(
        Statements(file, {"tartus": TARTUS}, Given("claims.json", b"{}"))
    )
    matters = [[one.claim.id for one in matter] for matter in verify._matters(wanted)]
    assert matters == [["C2"], ["C3", "C1"]]
    assert [one.claim.id for one in beyond] == ["C4"]


@pytest.mark.parametrize(
    ("days", "q", "too"),
    [
        (("2024-12-10", "2024-12-13"), 0.0, True),
        (("2024-12-10", "2024-12-13"), 0.06, False),
        (("2024-12-10", "2024-12-13"), None, False),
        (("2024-11-01", "2024-12-13"), 0.0, False),
    ],
)
def test_only_the_comparison_of_its_own_days_corroborates(
    days: tuple[str, str], q: float | None, too: bool
) -> None:
    dated: Any = SimpleNamespace(days=("2024-12-10", "2024-12-13"))
    study: Any = SimpleNamespace(dated=dated)
    found = Inquiry(
        CLAIM,
        Finding("inconclusive", None),
        study=study,
        weighed=(weighed("at", 0), weighed("at", 1)),
    )
    place = shapely.box(35.85, 34.90, 35.86, 34.91)
    change = Changed("d1", days, "tartus", place, {"q": q})
    assert verify._found_too(found, [change], 35.855, 34.905) is too
    assert not verify._found_too(found, [change], 35.95, 34.905)


@pytest.mark.parametrize(
    ("said", "place", "zones"),
    [
        ({"site_id": "hmeimim.sam"}, "hmeimim.sam", {"hmeimim.sam"}),
        ({"site": "hmeimim.sam"}, "hmeimim.sam", {"hmeimim.sam"}),
        ({"site": "Khmeimim air base"}, "hmeimim", {"hmeimim.sam"}),
        ({"site": "A base of nobody"}, None, set()),
    ],
)
def test_a_place_written_by_hand_may_be_a_name_or_a_zone(
    tmp_path: Path, said: dict[str, str], place: str | None, zones: set[str]
) -> None:
    path = tmp_path / "claims.json"
    claim = {"object_class": "air_defence", "predicate": "present", "date": {"end": "2024-12-13"}}
    path.write_text(json.dumps({"claims": [claim | said]}))
    found = verify.statements(path, article_date=None, sites=())
    assert found.file.claims[0].site_id == place
    wanted, beyond = verify._asked(found)
    assert {zone.id for one in wanted for zone in one.quarry.zones} == zones
    assert not beyond


def test_a_place_that_nobody_knows_by_its_id_is_a_mistake(tmp_path: Path) -> None:
    path = tmp_path / "claims.json"
    claim = {"site_id": "hmeimim.pool", "object_class": "vessel", "predicate": "present"}
    path.write_text(json.dumps({"claims": [claim | {"date": {"end": "2024-12-13"}}]}))
    with pytest.raises(InputError, match=r"hmeimim\.pool.*a zone of theirs"):
        verify.statements(path, article_date=None, sites=())
