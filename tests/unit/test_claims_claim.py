"""The record itself: what it accepts and how it says no."""

from __future__ import annotations

from typing import Any

import pytest

from imagery.errors import InputError
from pipelines.claims.claim import Claim, Count, When
from pipelines.claims.lexicon import size

FIELDS: dict[str, Any] = {
    "id": "C01",
    "quote": "two ships",
    "start": 4,
    "end": 13,
    "prefix": "The ",
    "suffix": " left.",
    "site": "Tartus naval base",
    "site_id": "tartus",
    "object_class": "vessel",
    "object_text": "ships",
    "count": {"op": "approx", "value": 4, "min": 3, "max": 5},
    "predicate": "departed",
    "date": {"start": None, "end": "2024-12-13", "inferred": "by a day"},
    "source": "Reuters",
    "attribution": ["Reuters"],
    "hedge": None,
    "checkable": True,
    "reason": None,
}


def test_a_record_survives_the_round_trip() -> None:
    assert Claim.from_dict(FIELDS).as_dict() == FIELDS


def test_a_statement_written_by_hand_is_its_own_text() -> None:
    keys = ("id", "quote", "site", "object_class", "predicate", "checkable")
    claim = Claim.from_dict({key: FIELDS[key] for key in keys})
    assert (claim.start, claim.end) == (0, 9)
    assert (claim.count, claim.date) == (Count("none", None), None)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"object_class": "boat"}, "vessel"),
        ({"predicate": "gone"}, "departed"),
        ({"checkable": "yes"}, "true or false"),
        ({"checkable": False}, "no_place"),
        ({"reason": "rate"}, "null"),
        ({"quote": "three ships"}, "11 code points"),
        ({"start": -1}, "code points"),
        ({"start": True}, "a whole number"),
        ({"id": "../../x"}, "letters"),
        ({"count": {"op": "some", "value": 2}}, "approx"),
        ({"count": {"op": "eq"}}, "a number"),
        ({"count": {"op": "eq", "value": 2, "about": 1}}, "strict"),
        ({"count": {"op": "approx", "value": 2, "min": 5, "max": 1}}, "smaller end first"),
        ({"date": {"start": "13 May", "end": None}}, "2024-12-13"),
        ({"date": {"start": "2024-12-14", "end": "2024-12-13"}}, "earlier day first"),
        ({"date": {"start": None, "end": None}}, "null in place"),
        ({"attribution": "Reuters"}, "a list of names"),
        ({"confidence": 1}, "confidence"),
    ],
)
def test_what_is_wrong_is_said_in_one_sentence(change: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        Claim.from_dict({**FIELDS, **change})


def test_a_missing_field_is_named() -> None:
    with pytest.raises(InputError, match="predicate"):
        Claim.from_dict({key: value for key, value in FIELDS.items() if key != "predicate"})


def test_an_open_interval_is_a_date() -> None:
    assert When("2024-12-10", None).as_dict() == {"start": "2024-12-10", "end": None}


def test_a_named_type_decides_the_size() -> None:
    for text in ("An-124", "two AN 124s", "Антонов Ан-124"):
        found = size("large_aircraft", text)
        assert found is not None
        assert found.span_m == (73.3, 73.3)
    coarse = size("vessel", "ships")
    assert coarse is not None
    assert coarse.length_m[1] == 400
    assert size("any", "activity") is None
