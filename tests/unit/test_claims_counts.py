"""Numbers as texts write them."""

from __future__ import annotations

import pytest

from pipelines.claims.counts import read_count, whole_number
from pipelines.claims.things import things
from pipelines.claims.tokens import sentences


def counted(phrase: str) -> dict[str, object]:
    """The count of the first thing of a phrase."""
    (sentence,) = sentences(f"Images show {phrase} there.")
    return things(sentence, [])[0].count.as_dict()


@pytest.mark.parametrize(
    ("phrase", "expected"),
    [
        ("two tankers", {"op": "eq", "value": 2}),
        ("at least two Antonov AN-124 aircraft", {"op": "ge", "value": 2}),
        ("no fewer than 12 trucks", {"op": "ge", "value": 12}),
        ("over 150 military vehicles", {"op": "ge", "value": 150, "strict": True}),
        ("more than 1,200 containers", {"op": "ge", "value": 1200, "strict": True}),
        ("up to 20 bombers", {"op": "le", "value": 20}),
        ("fewer than ten helicopters", {"op": "le", "value": 10, "strict": True}),
        ("about a dozen boats", {"op": "approx", "value": 12}),
        ("some 20 launchers", {"op": "approx", "value": 20}),
        ("a dozen tanks", {"op": "eq", "value": 12}),
        ("half a dozen trucks", {"op": "eq", "value": 6}),
        ("two dozen tents", {"op": "eq", "value": 24}),
        ("dozens of tents", {"op": "ge", "value": 24}),
        ("hundreds of trucks", {"op": "ge", "value": 200}),
        ("a pair of Su-34s", {"op": "eq", "value": 2}),
        ("both hangars", {"op": "eq", "value": 2}),
        ("4–5 transport planes", {"op": "approx", "value": 4, "min": 4, "max": 5}),
        ("4-5 transport planes", {"op": "approx", "value": 4, "min": 4, "max": 5}),
        ("between three and six barges", {"op": "approx", "value": 4, "min": 3, "max": 6}),
        ("twenty-one tents", {"op": "eq", "value": 21}),
        ("one of two fuel tanks", {"op": "eq", "value": 1}),
        ("two of the three submarines", {"op": "eq", "value": 2}),
        ("4x Su-24", {"op": "eq", "value": 4}),
        ("30+ vehicles", {"op": "ge", "value": 30}),
        ("a destroyed bridge", {"op": "eq", "value": 1}),
        ("no aircraft", {"op": "eq", "value": 0}),
        ("several radars", {"op": "none", "value": None}),
        ("military equipment", {"op": "none", "value": None}),
        ("a convoy of trucks", {"op": "none", "value": None}),
        ("a 200-metre pier", {"op": "eq", "value": 1}),
        ("four of the port's gantry cranes", {"op": "eq", "value": 4}),
    ],
)
def test_counts(phrase: str, expected: dict[str, object]) -> None:
    assert counted(phrase) == expected


@pytest.mark.parametrize(
    ("word", "number"),
    [
        ("12", 12),
        ("1,200", 1200),
        ("Twelve", 12),
        ("sixty-three", 63),
        ("3.5", None),
        ("many", None),
    ],
)
def test_whole_numbers(word: str, number: int | None) -> None:
    assert whole_number(word) == number


def test_a_share_of_a_number_is_the_share() -> None:
    assert read_count(["eleven", "of", "the", "28"], plural=True).value == 11
