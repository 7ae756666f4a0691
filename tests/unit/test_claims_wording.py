"""Ways of saying the same in English: each is a rule of grammar, none a sentence of a text."""

from __future__ import annotations

from datetime import date

import pytest

from pipelines.claims import extract
from pipelines.claims.claim import Claim, Count


def checkable(text: str) -> list[Claim]:
    return [one for one in extract(text, article_date=date(2025, 6, 20)) if one.checkable]


@pytest.mark.parametrize(
    ("text", "predicate", "count"),
    [
        ("Of the four frigates at Tartus, just one remains.", "present", Count("eq", 1)),
        ("Of the fuel tanks at Tartus, three have been rebuilt.", "built", Count("eq", 3)),
        ("The quay at Tartus is packed with trucks.", "present", Count("none", None)),
        ("We could not find the two jets at Hmeimim.", "absent", Count("eq", 0)),
        ("No cranes have moved at Tartus since May.", "unchanged", Count("none", None)),
        ("Not one of the ten jets at Hmeimim is to be seen.", "absent", Count("eq", 0)),
        ("Tents at Hmeimim: 230.", "present", Count("eq", 230)),
        ("Some 60 or so trucks stood at Hmeimim.", "present", Count("approx", 60)),
        ("At Tartus there is no longer any oil slick.", "absent", Count("eq", 0)),
        ("Two jets that had stood at Hmeimim are gone.", "departed", Count("eq", 2)),
        ("At Hmeimim, work on a hangar continues.", "built", Count("eq", 1)),
        ("Shelter 4 at Hmeimim has lost its roof.", "damaged", Count("eq", 1)),
        ("The dam at Hmeimim held.", "unchanged", Count("eq", 1)),
        ("The hangar at Hmeimim looks as it did in May.", "unchanged", Count("eq", 1)),
        ("A crane at Tartus was moved to the pier.", "arrived", Count("eq", 1)),
        ("Of the ten planned hangars at Hmeimim, four are finished.", "built", Count("eq", 4)),
    ],
)
def test_a_wording_means_what_it_says(text: str, predicate: str, count: Count) -> None:
    (claim,) = checkable(text)

    assert (claim.predicate, claim.count) == (predicate, count)


@pytest.mark.parametrize(
    "text",
    [
        "In Tartus the airport is closed.",
        "Flights to Hmeimim have resumed.",
        "Was the frigate at Tartus hit?",
        "Six weeks after the dam at Tartus burst, talks began.",
        "The frigates are eight miles offshore.",
        "The foundations at Hmeimim were laid in 1985.",
        "The officials at Tartus could not confirm that.",
        "The clinic at Tartus remains closed.",
        "Videos of burning trucks at Tartus spread online.",
        "By matching a water tower at Tartus, we found the place.",
        "At Tartus explosions were heard.",
        "Some 3,000 households at Tartus had no electricity.",
        "The port of Tartus handles 20 ships a month.",
    ],
)
def test_what_no_image_shows_is_routed(text: str) -> None:
    assert checkable(text) == []


def test_a_name_that_opens_a_paragraph_is_its_place() -> None:
    text = (
        "Gwadar, Pakistan. Two frigates were moored on 3 May.\n\n"
        "2/ Kashgar: three jets were parked on 3 May.\n\n"
        "And Baltiysk? A tug was moored on 3 May."
    )

    assert [one.site for one in checkable(text)] == ["Gwadar", "Kashgar", "Baltiysk"]


def test_a_part_of_a_place_is_no_place_of_its_own() -> None:
    found = checkable("In Gwadar two tugs were seen on 3 May. A frigate lay at Marathi pier.")

    assert {one.site for one in found} == {"Gwadar"}


def test_an_earlier_number_is_a_statement_of_its_own_day() -> None:
    text = "Nine bombers stood at Engels on 12 June, down from 17 on 20 February."

    found = [(one.count.value, one.date and one.date.start) for one in checkable(text)]

    assert found == [(9, "2025-06-12"), (17, "2025-02-20")]


def test_what_an_earlier_version_said_is_withdrawn_by_what_follows() -> None:
    text = (
        "An earlier version of this article said that six cranes at Tartus had collapsed. "
        "In fact two cranes collapsed on 3 May."
    )

    first, second = checkable(text)

    assert (first.retracted_by, second.retracted_by) == (second.id, None)


def test_a_verdict_of_one_word_withdraws_what_stands_before_it() -> None:
    (claim,) = checkable('"Two frigates left Tartus on 3 May," a post says. False.')

    assert claim.retracted_by is not None


def test_a_pronoun_speaks_for_whoever_spoke_last() -> None:
    text = (
        "According to Maxar, two ships left Tartus on 3 May.\n\nAt Hmeimim, it says, a jet burned."
    )

    assert [one.source for one in checkable(text)] == ["Maxar", "Maxar"]


def test_a_ship_is_known_by_its_name_alone() -> None:
    (claim,) = checkable("The Golden Wheat berthed in Tartus on 3 May.")

    assert (claim.object_class, claim.predicate, claim.count) == (
        "vessel",
        "arrived",
        Count("eq", 1),
    )
