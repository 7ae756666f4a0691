"""Where one statement ends and the next begins."""

from __future__ import annotations

from datetime import date

import pytest

from pipelines.claims import extract

DAY = date(2025, 6, 20)


def quotes(text: str) -> list[str]:
    return [claim.quote for claim in extract(text, article_date=DAY) if claim.checkable]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "Two tankers and three wumplers were moored at Tartus on Monday.",
            ["Two tankers", "three wumplers were moored at Tartus on Monday"],
        ),
        (
            "A wumpler and a tanker were moored at Tartus on Monday.",
            ["A wumpler", "a tanker were moored at Tartus on Monday"],
        ),
        (
            "Two tankers, one wumpler and one dorf were moored at Tartus on Monday.",
            ["Two tankers", "one wumpler", "one dorf were moored at Tartus on Monday"],
        ),
    ],
)
def test_a_counted_noun_beside_a_known_one_is_a_thing_too(text: str, expected: list[str]) -> None:
    assert quotes(text) == expected


def test_people_beside_a_thing_are_no_thing() -> None:
    assert len(quotes("Two tankers and three soldiers were seen at Tartus on Monday.")) == 1


def test_a_noun_of_the_company_has_its_number_and_its_neighbours_kind() -> None:
    text = "Two tankers and three wumplers were moored at Tartus on Monday."
    found = extract(text, article_date=DAY)[-1]

    assert (found.object_text, found.count.value, found.object_class) == ("wumplers", 3, "vessel")


@pytest.mark.parametrize(
    ("text", "tail"),
    [
        ("Four cranes stand at Tartus, one of them with a bent boom.", "one of them with"),
        ("A jet was towed to the apron of Hmeimim on Monday, where it still stands.", "it still"),
        ("At Tartus 300 tents were up by Friday and a further 120 by Sunday.", "a further 120"),
    ],
)
def test_a_part_or_a_later_day_is_a_statement_of_its_own(text: str, tail: str) -> None:
    assert [quote.startswith(tail) for quote in quotes(text)] == [False, True]


def test_a_remark_is_a_statement_only_with_a_day_of_its_own() -> None:
    text = "Three hangars that burned out {} are still standing at Hmeimim."

    assert len(quotes(text.format("earlier"))) == 1
    assert len(quotes(text.format("in May"))) == 2
