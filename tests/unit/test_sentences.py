from __future__ import annotations

from dataclasses import fields
from datetime import date
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.audit.numbers import unlisted
from pipelines.claims.claim import PREDICATES
from pipelines.claims.routing import ROUTES
from pipelines.said import LONGEST_NAME, Said, clean
from pipelines.sentences import Facts, describe
from pipelines.verdict import REASONS, VERDICTS

AN124 = Facts(
    sensor="Sentinel-2",
    zone="apron",
    kind="aircraft",
    length_m=69.1,
    span_m=73.3,
    day=date(2024, 12, 13),
    clear=0.978,
    seen=2,
    possible=2,
    earlier=24,
    power=0.949,
    n_null=24,
    k_null=0,
    wanted=2,
)


def changed(facts, **values):
    return Facts(**{each.name: getattr(facts, each.name) for each in fields(Facts)} | values)


def told(verdict, reason, predicate, facts):
    sentence, said = describe(verdict, reason, predicate, facts)
    assert unlisted(sentence, said) == []
    return sentence


def test_the_sentence_of_the_readme():
    sentence, said = describe("supported", None, "present", AN124)
    assert sentence == (
        "On 13 December 2024 a clear Sentinel-2 image covered 97 % of the apron. Two objects of"
        " large-airlifter size (69 x 73 m) were there that were not on the 24 earlier dates. This"
        " pipeline finds two such objects here 94 times in 100 and raises a false alarm on 1 date"
        " in 25."
    )
    assert said == {
        "sensor": "Sentinel-2",
        "zone": "apron",
        "day": "2024-12-13",
        "clear_percent": 97,
        "seen": 2,
        "length_m": 69,
        "span_m": 73,
        "earlier": 24,
        "wanted": 2,
        "power_times": 94,
        "power_of": 100,
        "false_dates": 1,
        "false_of": 25,
    }


CASES = {
    ("contradicted", None, "present"): (
        {"seen": 0, "possible": 0, "miss": 0.0038, "images": 3},
        [
            "No object of large-airlifter size",
            "that was not on the 24 earlier dates. The statement needs at least two.",
            "missed what the statement speaks of is about 1 in 260. In all three images",
        ],
    ),
    ("contradicted", "", "present"): (
        {"seen": 3, "most": True, "wanted": 3},
        ["The statement allows at most two."],
    ),
    ("supported", None, "absent"): ({"seen": 0, "miss": 0.01}, ["No object", "1 in 100"]),
    ("contradicted", None, "absent"): ({}, ["Two objects", "1 date in 25"]),
    ("supported", None, "arrived"): (
        {"day_before": date(2024, 12, 3)},
        ["were not on 3 December 2024 or on the 24 earlier dates"],
    ),
    ("inconclusive", "too_few_dates", "arrived"): (
        {},
        ["No usable image shows the apron before the claimed days."],
    ),
    ("inconclusive", "too_few_dates", "present"): (
        {"earlier": 6, "dates_needed": 20},
        ["There are six such earlier images; 20 are needed."],
    ),
    ("supported", None, "departed"): (
        {"day_before": date(2024, 12, 3), "seen_before": 4, "passes": 2, "seen": 0},
        [
            "On 3 December 2024 a Sentinel-2 image showed four objects",
            "On two later passes, the last on 13 December 2024, none of that size was there.",
        ],
    ),
    ("contradicted", None, "departed"): ({}, ["Two objects", "were still there"]),
    ("inconclusive", "too_few_dates", "departed"): (
        {"day_before": date(2024, 12, 3), "seen_before": 4, "passes": 1, "dates_needed": 20},
        ["On one later pass, on 13 December", "There is one such later image; two are needed."],
    ),
    ("supported", None, "unchanged"): (
        {"day_before": date(2024, 12, 10), "smallest_m": 100.0, "shown_share": 0.95},
        [
            "Between 10 December 2024 and 13 December 2024 no object of 100 m or more was found",
            "finds such a change at least 92 times in 100 over 95 % of the ground and raises",
        ],
    ),
    ("contradicted", None, "unchanged"): (
        {"day_before": date(2024, 12, 10), "smallest_m": 100.0, "came": 1, "left": 2},
        ["one object of 100 m or more came and two objects of 100 m or more left. This pipeline"],
    ),
    ("inconclusive", "low_power", "present"): (
        {"power": 0.54, "seen": 0, "possible": 1},
        [
            "; one fainter sign cannot be ruled out.",
            "two such objects here only 54 times in 100: too",
        ],
    ),
    ("inconclusive", "low_power", ""): ({"power": 0.97}, ["neither sure enough nor ruled out"]),
    ("inconclusive", "uncalibrated", "present"): (
        {"n_null": 8},
        ["eight dates tell how often this pipeline is wrong here; at least twelve more are needed"],
    ),
    ("inconclusive", "cloud", "present"): ({"clear": 0.34}, ["showed only 34 % of the apron."]),
    ("inconclusive", "low_power", "unchanged"): (
        {"day_before": date(2024, 12, 10), "smallest_m": 100.0, "shown_share": 0.605},
        [
            "no object of 100 m or more was found to have come or left in the apron.",
            "found at least 92 times in 100 over only 60 % of the ground; 90 % is needed.",
        ],
    ),
    ("inconclusive", "time_gap", "departed"): (
        {"gap_days": 0.0, "stays_days": 1.0},
        ["how long such an object stays, which is assumed and not measured: about 1 day."],
    ),
    ("inconclusive", "time_gap", "present"): (
        {"gap_days": 15.0, "stays_days": 0.75},
        ["is 15 days away, and such an object is assumed to stay about 0.75 days."],
    ),
    ("inconclusive", "registration", "present"): (
        {"error_px": 0.81, "allowed_px": 0.5},
        ["off by 0.81 px where 0.5 px is allowed"],
    ),
    ("inconclusive", "occupied_before", "present"): (
        {"n_null": 40, "n_any": 8},
        ["Something of that shape is seen there on eight of 40 other dates too, so"],
    ),
    ("inconclusive", None, "present"): (
        {"ratio": 2.345},
        ["likelihood ratio is 2.35; 10 would be needed to support it and 0.1 to contradict"],
    ),
    ("not_observable", "sub_resolution", "present"): (
        {"kind": "vehicle", "length_m": 13.1, "span_m": 3.2, "pixel_m": 10, "needed_pixel_m": 3},
        [
            "An object of vehicle size (13 x 3 m) cannot be told in Sentinel-2 pixels of 10 m.",
            "Pixels of 3 m or finer could show it.",
        ],
    ),
    ("no_imagery", "cloud", "present"): (
        {"claim_end": date(2024, 12, 13)},
        ["image of 13 December 2024, or near", "What was taken shows nothing of the apron: cloud"],
    ),
    ("no_imagery", "time_gap", "present"): (
        {"claim_start": date(2024, 12, 10), "claim_end": date(2024, 12, 11), "gap_days": 1.0},
        ["from 10 December 2024 to 11 December 2024", "The nearest image is 1 day away."],
    ),
}


@pytest.mark.parametrize("case", CASES, ids=str)
def test_each_outcome_is_told(case):
    verdict, reason, predicate = case
    values, expected = CASES[case]
    sentence = told(verdict, reason or None, predicate, changed(AN124, **values))
    for part in expected:
        assert part in sentence
    assert not sentence.startswith("SIMULATED")
    simulated = told(verdict, reason or None, predicate, changed(AN124, **values, simulated=True))
    assert simulated == f"SIMULATED imagery: {sentence}"


@pytest.mark.parametrize("reason", ROUTES)
def test_a_route_is_told_in_its_own_words(reason):
    assert describe("not_observable", reason, "other", AN124) == (ROUTES[reason].sentence, {})


VALUES = {
    "int": st.integers(0, 40),
    "float": st.floats(0, 5000),
    "bool": st.booleans(),
    "date": st.dates(),
    "str": st.text(max_size=30),
}
SHARES = {"clear", "power", "miss", "shown_share"}


def values_of(field):
    if field.name in SHARES:
        return st.floats(0, 1)
    if field.name == "wanted":
        return st.integers(1, 20)
    kind, _, optional = field.type.partition(" | ")
    return st.none() | VALUES[kind] if optional else VALUES[kind]


@given(
    facts=st.fixed_dictionaries({each.name: values_of(each) for each in fields(Facts)}),
    outcome=st.sampled_from(list(product(VERDICTS, (None, *REASONS, *ROUTES), PREDICATES))),
)
def test_whatever_is_known_a_sentence_is_told_and_its_numbers_are_listed(facts, outcome):
    # Digits of a user's own zone name stand in the name; they are no numbers of ours.
    facts["zone"] = facts["zone"] and "Zone" + "".join(c for c in facts["zone"] if not c.isalnum())
    facts["sensor"] = facts["sensor"] and "Sentinel-2"
    sentence, said = describe(*outcome, Facts(**facts))
    if outcome[1] not in ROUTES:
        assert unlisted(sentence, said) == []
    assert sentence.strip().endswith(".")
    assert len(sentence) < 1500


@pytest.mark.parametrize(
    "name", ["<script>alert(1)</script>", "\u202egnp.elif\u2066", "x" * 10_000, "a\nb\x00\x1b[31m"]
)
def test_a_hostile_zone_name_stays_one_short_line(name):
    sentence, said = describe("supported", None, "present", changed(AN124, zone=name))
    assert said["zone"] == clean(name)
    assert len(said["zone"]) <= LONGEST_NAME
    assert clean(name) in sentence
    assert sentence.isprintable()


def test_shares_are_rounded_against_the_pipeline():
    said = Said()
    assert said.times("power", 0.9975) == "99 times in 100"
    assert said.percent("clear", 0.29) == "29 %"
    assert said.percent("all", 1.0) == "100 %"
    assert said.once_in("miss", 1 / 299) == "1 in 290"
    assert said.once_in("none", 0.0) == "1 in 1000000"
