from __future__ import annotations

import json
import math
from dataclasses import replace

import jsonschema
import pytest

from imagery.write import json_text
from pipelines.claims.claim import REASONS as ROUTED
from pipelines.claims.file import ClaimsFile
from pipelines.verdict import REASONS, VERDICTS, Link, Seen, Verdict
from pipelines.verdict_files import SCHEMA_FILE, verdicts_document

SCHEMA = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))
VALID = jsonschema.Draft202012Validator(SCHEMA)
CLAIMS = ClaimsFile((), "ab" * 32, "2024-12-14")

LINK = Link(
    scene="S2_20241213",
    datetime="2024-12-13T08:21:43Z",
    lon=35.9487001,
    lat=35.40123456,
    length_m=None,
    strength=17.1234567,
    sure=8.0,
    detection="sites/hmeimim/20241210_20241213#d1",
    where=1.0,
    when=1.0,
    what=0.8,
    how_many=1.0,
)
SEEN = Seen(
    scene="S2_20241213",
    datetime="2024-12-13T08:21:43Z",
    role="at",
    answer="seen",
    count=2,
    count_low=2,
    facts={"lr": 23.7500000001, "low": -math.inf, "power_trials": 200},
)
SUPPORTED = Verdict(
    claim_id="C05",
    verdict="supported",
    reason=None,
    sentence="Two objects of large-airlifter size were there.",
    said={"seen": 2, "day": "2024-12-13"},
    lr=23.7500000001,
    posterior=0.9595959,
    power=0.945,
    power_ci=(0.9, 0.98),
    false_alarm=0.04,
    n_null=24,
    k_null=0,
    clear=0.97,
    relevance=1.0,
    links=(LINK,),
    zones=("stands", "apron"),
    assumptions={"length_m": 69.1, "swept_by": [0.5, 2.0]},
    seen=(SEEN,),
)
ROUTE = Verdict("C17", "not_observable", "rate", "It is a rate.", instead="ADS-B.")
CHANGED = {"detection": "sites/tartus/a_b#d7", "site_id": "tartus", "score": 9.87654321, "q": 0.01}


def document(*verdicts, **fields):
    known = {"claims": CLAIMS, "claims_sha256": "0" * 64, "simulated": True, "unlinked": [CHANGED]}
    return verdicts_document(verdicts, **known | fields)


def changed(**fields):
    """A valid document with fields of its first verdict put in its place."""
    made = document(SUPPORTED)
    made["verdicts"][0] |= fields
    return made


def test_the_form_is_the_published_one():
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    made = document(SUPPORTED, ROUTE)
    VALID.validate(made)
    assert [each["claim_id"] for each in made["verdicts"]] == ["C05", "C17"]
    assert made["article_date"] == "2024-12-14"
    assert made["unlinked"][0]["score"] == 9.87654
    VALID.validate(document(ROUTE, claims=ClaimsFile(()), unlinked=[], simulated=False))


def test_what_was_not_measured_is_null_and_never_left_out():
    verdict = document(ROUTE)["verdicts"][0]
    for name in ("lr", "posterior", "power", "power_ci", "false_alarm", "n_null", "clear"):
        assert verdict[name] is None
    assert verdict["links"] == []


def test_numbers_are_finite_and_short():
    made = document(replace(SUPPORTED, lr=math.inf, posterior=math.nan, relevance=-0.0))
    verdict = made["verdicts"][0]
    assert verdict["lr"] is None
    assert verdict["posterior"] is None
    assert math.copysign(1, verdict["relevance"]) == 1
    assert verdict["seen"][0]["facts"] == {"lr": 23.75, "low": None, "power_trials": 200}
    assert verdict["links"][0]["lat"] == 35.4012346  # about a centimetre
    assert verdict["links"][0]["strength"] == 17.1235
    text = json_text(made)
    assert "NaN" not in text
    assert "Infinity" not in text


def test_order_follows_from_the_content():
    far, early = replace(LINK, where=0.5), replace(SEEN, datetime="2024-12-01T08:21:43Z")
    one = replace(SUPPORTED, links=(far, LINK), seen=(SEEN, early), zones=("b", "a"))
    other = replace(SUPPORTED, links=(LINK, far), seen=(early, SEEN), zones=("a", "b"))
    second = CHANGED | {"detection": "sites/tartus/a_b#d1"}
    texts = [
        json_text(document(each, unlinked=unlinked))
        for each, unlinked in ((one, [CHANGED, second]), (other, [second, CHANGED]))
    ]
    assert texts[0] == texts[1]
    made = json.loads(texts[0])
    assert [each["where"] for each in made["verdicts"][0]["links"]] == [1.0, 0.5]
    assert made["verdicts"][0]["seen"][0]["datetime"] == early.datetime


@pytest.mark.parametrize("text", ["<script>alert(1)</script>", "\u202egnp", "x" * 10_000, "\x00"])
def test_hostile_text_stays_data(text):
    made = document(replace(ROUTE, sentence=text, instead=text))
    VALID.validate(made)
    assert json.loads(json_text(made))["verdicts"][0]["sentence"] == text


@pytest.mark.parametrize(
    "wrong",
    [
        {"verdict": "true"},
        {"reason": "unknown"},
        {"lr": None},
        {"verdict": "inconclusive", "reason": None},
        {"posterior": 1.2},
        {"power_ci": [0.8]},
        {"power_ci": [0.8, 0.9, 1.0]},
        {"n_null": 2.5},
        {"sentence": ""},
        {"links": [{"scene": "a"}]},
        {"seen": [{"scene": "a"}]},
        {"said": {"seen": None}},
        {"odds": 3},
    ],
    ids=str,
)
def test_what_is_wrong_is_refused(wrong):
    assert not VALID.is_valid(changed(**wrong))


@pytest.mark.parametrize(
    "head",
    [{"claims_sha256": "x"}, {"simulated": "no"}, {"schema": "tilewitness-verdicts/2"}, {"a": 1}],
)
def test_the_head_is_held_to_its_form(head):
    assert not VALID.is_valid(document(SUPPORTED) | head)


def test_the_vocabularies_are_those_of_the_code():
    fields = SCHEMA["$defs"]["verdict"]["properties"]
    assert tuple(fields["verdict"]["enum"]) == VERDICTS
    assert set(fields["reason"]["anyOf"][0]["enum"]) == {*ROUTED, *REASONS}
    for name in ("verdict", "link", "seen", "detection"):
        for each in SCHEMA["$defs"][name]["properties"].values():
            assert each.get("description")
