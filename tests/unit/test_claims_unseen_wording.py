"""Wording that texts new to the extractor brought: what is a statement, and how far it reaches."""

from datetime import date

import pytest

from pipelines import claims

DAY = date(2025, 3, 11)


def checkable(text):
    """Quotes of the checkable records of a text about one place."""
    found = claims.extract(f"At Hmeimim air base it is calm. {text}", article_date=DAY)
    return [claim for claim in found if claim.checkable]


@pytest.mark.parametrize(
    ("text", "quotes"),
    [
        # A remark is a record of its own; a place beside the thing is none.
        (
            "The main runway, cratered in May, has been resurfaced.",
            [
                "The main runway, cratered in May, has been resurfaced",
                "The main runway, cratered in May",
            ],
        ),
        (
            "Two corvettes have been alongside the new pier.",
            ["Two corvettes have been alongside the new pier"],
        ),
        ("Repairs to the hangar have begun.", ["Repairs to the hangar have begun"]),
        # The members of a list each have their own words.
        (
            "Two jets and a tanker truck were parked there.",
            ["Two jets", "a tanker truck were parked there"],
        ),
        # Another day, the same thing.
        (
            "One C-17 was parked on the apron on 5 March and another on 6 March.",
            ["One C-17 was parked on the apron on 5 March", "another on 6 March"],
        ),
        # A change held against an earlier number.
        (
            "Nine tents stood there on 5 March, twice as many as a week earlier.",
            ["Nine tents stood there on 5 March", "twice as many as a week earlier"],
        ),
        # What is said in between, and what an aircraft carries, leave one statement.
        (
            "A third hangar, the operator said, has lost its roof.",
            ["A third hangar, the operator said, has lost its roof"],
        ),
        (
            "A C-130 carrying a field hospital landed there on 5 March.",
            ["A C-130 carrying a field hospital landed there on 5 March"],
        ),
        (
            "Four sheds were destroyed or severely damaged.",
            ["Four sheds were destroyed or severely damaged"],
        ),
        # A part of them, and how it is.
        (
            "Nine pontoons have stranded there, three of them upside down.",
            ["Nine pontoons have stranded there", "three of them upside down"],
        ),
        # A remark with a day of its own, and what holds now.
        (
            "Two jets which were parked there on 5 March are gone.",
            [
                "Two jets which were parked there on 5 March are gone",
                "Two jets which were parked there on 5 March",
            ],
        ),
        # A noun that no list knows, with a verb of rest.
        ("The dachas along the bank lie in ruins.", ["The dachas along the bank lie in ruins"]),
    ],
)
def test_extent(text, quotes):
    assert [claim.quote for claim in checkable(text)] == quotes


@pytest.mark.parametrize(
    "text",
    [
        "It blames air strikes by the army.",
        "Fighting in the north eased.",
        "The war, which broke out in May, has killed thousands.",
        "The rebels deny that their fighters burned the depot.",
        "You cannot hide a collapsed hangar.",
        "It is the spy plane that has got tongues wagging.",
        "Boats used to be drawn up by the dozen.",
        "We found nothing to support this.",
        "If the report is right, the hangar is gone.",
        "The warehouse holds 1,800 blankets.",
        "The base was built in the Soviet era.",
        "Nobody says what they hold.",
        "Many families have lost their home.",
    ],
)
def test_nothing_to_check(text):
    assert checkable(text) == []


@pytest.mark.parametrize(
    ("text", "predicate", "count"),
    [
        ("More than a dozen lorries queued behind the gate.", "present", ("ge", 12)),
        ("Not a single boat remained.", "absent", ("eq", 0)),
        ("The control tower shows no cracks.", "absent", ("eq", 0)),
        ("Three bulk carriers lay at the new berth.", "present", ("eq", 3)),
        ("An Il-76 was being unloaded beside the terminal.", "present", ("eq", 1)),
        ("A new road was opened in February.", "built", ("eq", 1)),
        ("Twelve containers fell into the basin.", "damaged", ("eq", 12)),
        ("The hangar no longer has a roof.", "absent", ("eq", 0)),
    ],
)
def test_predicate_and_count(text, predicate, count):
    (claim,) = checkable(text)
    assert (claim.predicate, (claim.count.op, claim.count.value)) == (predicate, count)


def test_last_month_lies_before_the_article():
    (claim,) = checkable("A hangar burned in an attack last May.")
    assert claim.date is not None
    assert claim.date.start == "2024-05-01"


def test_a_lead_without_numbers_sums_up():
    lead = "KYIV, March 9 (Agency) - Russia has moved bombers away from Engels air base."
    (claim,) = [each for each in claims.extract(lead, article_date=DAY) if "moved" in each.quote]
    assert claim.reason == "composite"
