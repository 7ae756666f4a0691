"""What a statement asks for follows from its words and the zones of its site."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from imagery.detectors.vessels import COARSEST_M as VESSELS_M
from imagery.sites import load_site
from pipelines.claims.claim import Count
from pipelines.inquiry import inquire
from pipelines.quarry import UNIT, Beyond, Quarry, least_number, observable_at, quarry
from pipelines.ruling import needed
from tests.unit.test_moments import CLAIM

HMEIMIM, TARTUS = load_site("hmeimim"), load_site("tartus")


def asked(site=TARTUS, **fields) -> Quarry:
    found = quarry(replace(CLAIM, **fields), site)
    assert isinstance(found, Quarry)
    return found


def zones(found: Quarry) -> set[str]:
    return {zone.id.partition(".")[2] for zone in found.zones}


@pytest.mark.parametrize(
    ("count", "number"),
    [
        (Count("none", None), 1),
        (Count("eq", 2), 2),
        (Count("ge", 150, strict=True), 151),
        (Count("ge", 2), 2),
        (Count("le", 3), 4),
        (Count("le", 3, strict=True), 3),
        (Count("approx", 4, 4, 5), 4),
    ],
)
def test_how_many_must_be_there(count, number):
    assert least_number(count) == number


def test_a_named_type_gives_the_size_and_a_class_word_the_smallest():
    large = asked(HMEIMIM, object_class="large_aircraft", object_text="Antonov An-124")
    assert large.target.length_m == pytest.approx(69.1)
    assert large.kind == "aircraft"
    assert asked(object_text="two frigates").target.length_m == 110
    assert asked(object_text="vessels").target.length_m < 50
    cargo = asked(HMEIMIM, object_class="aircraft", object_text="a Russian cargo plane")
    assert cargo.target.length_m == 24


def test_words_of_place_choose_the_zones():
    assert zones(asked(quote="two frigates offshore")) == {"roadstead"}
    at_berth = replace(CLAIM, quote="a frigate at its pier", end=21)
    assert zones(quarry(at_berth, TARTUS)) == {"piers", "basin"}
    anywhere = replace(CLAIM, quote="two grey frigates now", end=21)
    assert zones(quarry(anywhere, TARTUS)) == {"piers", "basin", "roadstead"}


def test_aircraft_are_looked_for_on_aprons_and_launchers_at_their_site():
    large = asked(HMEIMIM, object_class="large_aircraft", object_text="An-124")
    assert zones(large) == {"apron", "transport_apron"}
    unit = asked(HMEIMIM, object_class="air_defence", object_text="S-400 unit")
    assert zones(unit) == {"sam"}
    assert unit.wanted == UNIT


def test_pixels_must_be_fine_enough_for_the_smallest_of_the_size():
    large = asked(HMEIMIM, object_class="large_aircraft", object_text="An-124")
    launcher = asked(HMEIMIM, object_class="air_defence", object_text="S-400")
    helicopter = asked(HMEIMIM, object_class="helicopter", object_text="Ka-52")
    assert observable_at(large, 10.0)
    assert not observable_at(large, 30.0)
    assert observable_at(launcher, 3.0)
    assert not observable_at(launcher, 10.0)
    assert not observable_at(helicopter, 10.0)
    assert observable_at(asked(object_text="frigate"), 10.0)
    assert not observable_at(asked(object_text="boats"), 10.0)


@dataclass(frozen=True)
class Archive:
    """Imagery of which only the pixel sizes are known."""

    pixels_m: tuple[float, ...]

    def products(self) -> list[tuple[str, float]]:
        return [(f"p{size}", size) for size in self.pixels_m]


@pytest.mark.parametrize(
    ("object_class", "text", "pixels_m", "reason"),
    [
        ("large_aircraft", "An-124", (3.0,), "uncalibrated"),
        ("helicopter", "Ka-52", (3.0, 10.0), "uncalibrated"),
        ("helicopter", "Ka-52", (10.0,), "sub_resolution"),
        ("large_aircraft", "An-124", (30.0,), "sub_resolution"),
        ("air_defence", "S-400", (10.0,), "sub_resolution"),
    ],
)
def test_pixels_finer_than_was_measured_are_not_called_too_coarse(
    object_class, text, pixels_m, reason
):
    claim = replace(CLAIM, object_class=object_class, object_text=text)
    found = inquire(claim, quarry(claim, HMEIMIM), Archive(pixels_m))
    assert found.finding.reason == reason
    assert (found.beyond is not None) == (reason == "uncalibrated")


def test_no_pixel_size_is_promised_for_boats():
    boats, frigate = asked(object_text="boats"), asked(object_text="frigate")
    assert needed(boats) is None
    assert needed(frigate) == VESSELS_M


@pytest.mark.parametrize(
    ("predicate", "object_class", "reason"),
    [
        ("other", "large_aircraft", "sub_resolution"),
        ("in_transit", "vessel", "rate"),
        ("preparing_to_depart", "large_aircraft", "intent"),
        ("damaged", "building", "uncalibrated"),
        ("built", "any", "uncalibrated"),
        ("present", "building", "uncalibrated"),
    ],
)
def test_what_no_witness_was_measured_on_is_said_to_be_beyond(predicate, object_class, reason):
    found = quarry(replace(CLAIM, predicate=predicate, object_class=object_class), HMEIMIM)
    assert isinstance(found, Beyond)
    assert found.reason == reason
    assert found.sentence
    assert found.instead


def test_the_smallest_change_of_interest_is_declared_by_the_kind_of_site():
    base = asked(object_class="any", object_text="whole base", predicate="unchanged")
    assert (base.kind, base.any_size) == ("vessel", True)
    field = asked(HMEIMIM, object_class="any", object_text="base", predicate="unchanged")
    assert (field.kind, field.any_size) == ("aircraft", True)
