"""Texts in, statements out. All texts are invented."""

from __future__ import annotations

import time
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagery.errors import InputError, TooLarge
from imagery.sites import registry
from pipelines.claims import extract
from pipelines.claims.claim import Claim
from pipelines.claims.extraction import MOST_CHARACTERS

DAY = date(2024, 12, 14)
REPORT = """Aircraft gone from Saky, images show

Satellite pictures taken on 3 December by Planet Labs show four Su-30 fighters and a burnt-out \
hangar at Saky air base. No helicopters were visible there. "Two tankers have left the port of \
Feodosia," said Ada Berg, an analyst in Oslo.

The Kremlin declined to comment. A new bridge will be built near Kerch next year.
"""


def test_claims() -> None:
    found = [
        (claim.quote, claim.object_class, claim.predicate, claim.count.value, claim.site)
        for claim in extract(REPORT, article_date=DAY)
        if claim.checkable
    ]
    assert found == [
        ("four Su-30 fighters", "aircraft", "present", 4, "Saky air base"),
        ("a burnt-out hangar at Saky air base", "building", "damaged", 1, "Saky air base"),
        ("No helicopters were visible there", "helicopter", "absent", 0, "Saky air base"),
        ("Two tankers have left the port of Feodosia", "vessel", "departed", 2, "Feodosia"),
    ]


def only(text: str, day: date | None = DAY) -> Claim:
    (claim,) = [each for each in extract(text, article_date=day) if each.checkable]
    return claim


def reasons(text: str) -> list[str | None]:
    return [claim.reason for claim in extract(text, article_date=DAY)]


@pytest.mark.parametrize(
    ("text", "predicate", "count"),
    [
        ("Two frigates are moored at Tartus.", "present", 2),
        ("No frigates are moored at Tartus.", "absent", 0),
        ("The two frigates are no longer visible at Tartus.", "absent", 0),
        ("Two frigates were not visible at Tartus.", "absent", 0),
        ("Two frigates have left Tartus.", "departed", 2),
        ("Two frigates arrived at Tartus on Monday.", "arrived", 2),
        ("Two tanks were destroyed at Saky air base.", "damaged", 2),
        ("Drones destroyed two tanks at Saky air base.", "damaged", 2),
        ("Three hangars have been built at Saky air base.", "built", 3),
        ("The hangars at Saky air base are intact.", "unchanged", None),
        ("The number of tents at Zaatari camp has doubled.", "increased", None),
        ("A Ka-52 is being dismantled at Saky air base.", "preparing_to_depart", 1),
    ],
)
def test_predicates_and_negation(text: str, predicate: str, count: int | None) -> None:
    claim = only(text)
    assert (claim.predicate, claim.count.value) == (predicate, count)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("Four tankers will arrive at Tartus next week.", "forecast"),
        ("If the dam near Kerch broke, the town would be flooded.", "hypothetical"),
        ("Five people were killed at Saky air base.", "casualty"),
        ("Four planes land daily at Saky air base.", "rate"),
        ("A convoy of 40 trucks was seen along a road.", "no_place"),
        ("Two frigates are in the Norwegian Sea.", "open_sea"),
        ("Pictures taken on 3 December by Maxar show nothing new.", "provenance"),
        ("Missiles are stored underground at Saky air base.", "occluded"),
    ],
)
def test_routes(text: str, reason: str) -> None:
    assert reason in reasons(text)
    assert not any(claim.checkable for claim in extract(text, article_date=DAY))


def test_a_name_from_the_registry_is_known_in_any_script() -> None:
    for name in ("Hmeimim", "Khmeimim", "Хмеймим", "حميميم"):
        claim = only(f"Two tanks stood at {name} on 3 December.")
        assert (claim.site_id, claim.site) == ("hmeimim", "Hmeimim air base")


def test_the_base_is_the_last_one_named() -> None:
    text = "Saky air base was quiet. Tartus was too. Two frigates lay at the port."
    assert [c.site_id for c in extract(text, article_date=DAY) if c.quote.startswith("Two")] == [
        "tartus"
    ]


def test_two_sites_in_a_sentence_are_two_claims() -> None:
    text = "Two frigates were moored at Tartus and one tanker was moored at Baltiysk."
    found = [(claim.site_id, claim.count.value) for claim in extract(text, article_date=DAY)]
    assert found == [("tartus", 2), (None, 1)]


def test_a_place_name_of_two_sites_is_refused() -> None:
    (tartus,) = [site for site in registry() if site.id == "tartus"]
    with pytest.raises(InputError, match="tartus and other both have it"):
        extract("Two ships lay at Tartus.", sites=[tartus, replace(tartus, id="other")])


def test_continuing_to_be_observed_has_two_dates() -> None:
    text = (
        "Images of 13 December show that the port of Tartus is unchanged since 10 December, with "
        "two frigates continuing to be observed there."
    )
    claim = next(c for c in extract(text, article_date=DAY) if c.object_class == "vessel")
    assert claim.date is not None
    assert claim.date.as_dict() == {
        "start": "2024-12-10",
        "end": "2024-12-13",
        "inferred": "two dates: continuing to be observed",
    }


def test_a_later_sentence_may_take_a_claim_back() -> None:
    text = (
        "Three frigates lay at Tartus on 3 December. The agency later corrected its report: "
        "there were two."
    )
    first, *others = extract(text, article_date=DAY)
    assert first.retracted_by in {claim.id for claim in others}


def test_the_date_of_the_article_is_read_or_taken_from_its_last_event() -> None:
    printed = "Published 5 May 2023\n\nTwo ships lay at Tartus yesterday."
    claim = only(printed, None)
    assert claim.date is not None
    assert claim.date.end == "2023-05-04"
    inferred, *_ = extract("Two ships lay at Tartus. They had come on 3 May 2023.")
    assert inferred.date is not None
    assert inferred.date.as_dict() == {
        "start": None,
        "end": "2023-05-03",
        "inferred": "article's date taken from its latest dated event",
    }


def test_who_says_so_is_kept_as_a_chain() -> None:
    text = "It was noted by Reuters, citing a port agent, that two tugs had left Tartus."
    assert only(text).attribution == ("a port agent", "Reuters")


def test_a_hedge_is_kept_and_does_not_change_the_claim() -> None:
    claim = only("Two hangars were reportedly destroyed at Saky air base.")
    assert claim.hedge == "reportedly"


def test_a_script_claims_nothing() -> None:
    page = (
        "<html><body><p>Two ships lay at <b>Tartus</b>.</p>"
        "<script>var a = 'ten bombers were destroyed at Tartus';</script></body></html>"
    )
    found = extract(page, article_date=DAY)
    assert [(claim.checkable, claim.reason) for claim in found] == [(True, None), (False, "markup")]
    assert found[0].quote == "Two ships lay at <b>Tartus"


@pytest.mark.parametrize("text", ["", " \n\t", "...", "<p></p>", "\u200b"])
def test_a_text_without_words_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="some words"):
        extract(text)


@pytest.mark.parametrize("character", ["\x00", "\ud800"])
def test_what_no_text_holds_is_refused_in_one_sentence(character: str) -> None:
    with pytest.raises(InputError, match="character 10 of the text is 'U\\+"):
        extract(f"Two ships {character} at Tartus on 3 May 2024.")


SINCE = """Images taken on 13 May 2024 show three tugs at Feodosia.

At Feodosia, it says, the naval base was largely unchanged since our May 10 images. Two cranes \
continued to be observed there.
"""


def test_a_state_since_an_earlier_image_has_two_dates() -> None:
    same, cranes = [claim for claim in extract(SINCE) if claim.checkable][1:]
    assert (same.predicate, same.object_class, cranes.predicate) == ("unchanged", "any", "present")
    for claim in (same, cranes):
        assert claim.date is not None
        assert (claim.date.start, claim.date.end) == ("2024-05-10", "2024-05-13")
        assert (claim.date.inferred or "").startswith("two dates")


def test_a_part_that_is_raised_adds_no_thing() -> None:
    text = "Images of 3 May 2024 show two An-124 aircraft at Saky air base, their noses raised."
    claim = next(claim for claim in extract(text) if claim.checkable)
    assert (claim.predicate, claim.count.value) == ("present", 2)


def test_what_ships_are_used_for_has_not_happened() -> None:
    text = (
        "Images of 3 May 2024 show two tugs at Feodosia port. A Su-30 fighter stood at Saky air "
        "base. Russia is using vessels to evacuate the remaining equipment."
    )
    last = [claim for claim in extract(text) if claim.checkable][2:]
    assert [(claim.predicate, claim.object_class) for claim in last] == [("present", "vessel")]
    assert "Feodosia" in (last[0].site or "")


@pytest.mark.parametrize("piece", ["a, ", "<", "["])
def test_as_much_filling_as_is_read_ends_soon(piece: str) -> None:
    start = time.process_time()
    extract("Two ships. " + piece * (MOST_CHARACTERS // len(piece) - 19), article_date=DAY)
    assert time.process_time() - start < 5


def test_a_book_is_refused() -> None:
    with pytest.raises(TooLarge, match="characters long"):
        extract("Two ships. " + "word " * (MOST_CHARACTERS // 5), article_date=DAY)


@pytest.mark.parametrize("piece", ["Two ships. ", "x\n", "- x\n", "<p>a</p>"])
def test_more_sentences_than_an_article_has_are_refused(piece: str) -> None:
    start = time.process_time()
    with pytest.raises(TooLarge, match="more than 8000 sentences"):
        extract(piece * 9000, article_date=DAY)
    assert time.process_time() - start < 5


@pytest.mark.parametrize("tag", ["<li>", "<pre>", "</li>", "<nav>", "<nav><p>"])
def test_tags_may_nest_as_deep_as_they_like(tag: str) -> None:
    start = time.process_time()
    found = extract(f"<p>Two ships were at Tartus on 3 May 2024.</p>{tag * 200_000}")
    assert found[0].predicate == "present"
    assert time.process_time() - start < 8


WORDS = (
    "two ships at Tartus on 3 May were destroyed . , and “ ” the base no longer <b> </b> & Saky "
    "air base said that it 4-5 tanks if will ( ) ; — 1,200 a about left moored É 🛰 \u200b \n\n # * "
    "which"
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(WORDS.split(" ")), min_size=1, max_size=60))
def test_every_quote_cuts_the_text(words: list[str]) -> None:
    text = "Two ships. " + " ".join(words)
    for claim in extract(text, article_date=DAY):
        assert text[claim.start : claim.end] == claim.quote
        assert claim.prefix == text[: claim.start][-32:]
        assert Claim.from_dict(claim.as_dict()) == claim


def test_the_same_text_gives_the_same_claims() -> None:
    assert extract(REPORT, article_date=DAY) == extract(REPORT, article_date=DAY)


@pytest.mark.parametrize("piece", ["<", "&", "[", '"', "1,", "ab-", "two ships, ", "word "])
def test_time_grows_with_the_length_and_no_faster(piece: str) -> None:
    def seconds(size: int) -> float:
        text = ("Two ships. " + piece * size)[:size]
        start = time.process_time()
        extract(text, article_date=DAY)
        return time.process_time() - start

    seconds(500)
    assert seconds(16_000) < 40 * seconds(1_600) + 0.5
