"""``claims.json``: read, checked, written, and its published form."""

from __future__ import annotations

import copy
import json
from datetime import date
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagery.errors import ImageryError, InputError, TooLarge, UnreadableFile, WriteError
from pipelines.claims import claim as records
from pipelines.claims import extract
from pipelines.claims import file as claims_file
from pipelines.claims.claim import Claim, Count, When
from pipelines.claims.file import ClaimsFile, dumps, parse, read, write
from pipelines.claims.handwritten import FIELDS

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
SCHEMA = json.loads(claims_file.SCHEMA_FILE.read_text(encoding="utf-8"))
VALID = jsonschema.Draft202012Validator(SCHEMA)

TEXT = "On Sunday “two ships” lay at Tartus. They may leave.\n"
SHIPS: dict[str, Any] = {
    "id": "C01",
    "quote": "two ships” lay at Tartus",
    "start": 11,
    "end": 35,
    "prefix": "On Sunday “",
    "suffix": ". They may leave.",
    "site": "Tartus naval facility",
    "site_id": "tartus",
    "object_class": "vessel",
    "object_text": "ships",
    "count": {"op": "eq", "value": 2},
    "predicate": "present",
    "date": {"start": "2024-12-08", "end": "2024-12-08", "inferred": "weekday"},
    "source": "article",
    "attribution": ["article"],
    "hedge": None,
    "checkable": True,
    "reason": None,
}
LEAVE: dict[str, Any] = SHIPS | {
    "id": "C02",
    "quote": "They may leave",
    "start": 37,
    "end": 51,
    "count": {"op": "none", "value": None},
    "predicate": "departed",
    "date": None,
    "checkable": False,
    "reason": "forecast",
}
ARTICLE: dict[str, Any] = {
    "schema": "tilewitness-claims/1",
    "text_sha256": claims_file.text_digest(TEXT),
    "article_date": "2024-12-14",
    "claims": [SHIPS, LEAVE],
}
BY_HAND: dict[str, Any] = {
    "site_id": "tartus",
    "object_class": "vessel",
    "predicate": "present",
    "date": {"end": "2024-12-13"},
}


def with_claim(**fields: Any) -> dict[str, Any]:
    changed = {key: value for key, value in (SHIPS | fields).items() if value is not ...}
    return ARTICLE | {"claims": [changed, LEAVE]}


def by_hand(*claims: dict[str, Any]) -> dict[str, Any]:
    return {"claims": [BY_HAND | each for each in claims]}


def test_an_article_file_survives_reading_and_writing(tmp_path: Path) -> None:
    path = tmp_path / "claims.json"
    file = parse(ARTICLE, TEXT)
    write(file, path)
    assert read(path, TEXT) == file
    assert json.loads(path.read_text(encoding="utf-8")) == ARTICLE
    assert b"\r" not in path.read_bytes()


def test_the_same_claims_give_the_same_bytes_in_any_order() -> None:
    turned = ARTICLE | {"claims": [LEAVE, SHIPS]}
    assert dumps(parse(turned, TEXT)) == dumps(parse(ARTICLE, TEXT))


def test_claims_by_hand_keep_their_order() -> None:
    file = parse(by_hand({"id": "z"}, {"id": "a"}))
    assert [one["id"] for one in json.loads(dumps(file))["claims"]] == ["z", "a"]


def test_a_claim_by_hand_needs_four_fields() -> None:
    (one,) = parse(by_hand({})).claims
    assert one == Claim(
        id="C01",
        quote="vessel present at tartus by 2024-12-13",
        start=0,
        end=38,
        prefix="",
        suffix="",
        site=None,
        site_id="tartus",
        object_class="vessel",
        object_text=None,
        count=Count("none", None),
        predicate="present",
        date=When(None, "2024-12-13"),
        source=None,
        attribution=(),
        hedge=None,
        checkable=True,
        reason=None,
    )


def test_ids_are_given_where_absent_and_never_twice() -> None:
    file = parse(by_hand({"id": "C02"}, {}, {"id": None}))
    assert [one.id for one in file.claims] == ["C02", "C02-2", "C03"]


def test_a_reason_alone_says_not_checkable() -> None:
    (one,) = parse(by_hand({"reason": "no_time", "date": None})).claims
    assert one.checkable is False


@pytest.mark.parametrize("name", ["claims.json", "handwritten.json"])
def test_the_examples_of_the_documents(name: str) -> None:
    content = json.loads((EXAMPLES / name).read_text(encoding="utf-8"))
    VALID.validate(content)
    text = EXAMPLES / "article.txt"
    raw = text.read_bytes().decode() if content.get("text_sha256") else None
    file = read(EXAMPLES / name, raw)
    again = json.loads(dumps(file))
    VALID.validate(again)
    assert parse(again, raw) == file
    if raw:
        assert (EXAMPLES / name).read_text(encoding="utf-8") == dumps(file)


WRONG: list[tuple[Any, str]] = [
    (7, 'The content of the claims file is 7; expected an object {"claims": [...]}.'),
    ({"claim": []}, "'claim'; expected one of article_date, claims, schema, "),
    ({}, "claims is None; expected a list of claims."),
    ({"claims": []}, "expected at least one claim"),
    ({"claims": [3]}, "Claim number 1 is 3; expected an object"),
    (ARTICLE | {"schema": "tilewitness-claims/2"}, "schema is 'tilewitness-claims/2'; expected"),
    (ARTICLE | {"text_sha256": "ABC"}, "expected 64 hexadecimal digits"),
    (ARTICLE | {"text_sha256": "0" * 64}, "they do not belong together"),
    (ARTICLE | {"article_date": "14.12.2024"}, "article_date is '14.12.2024'; expected a day such"),
    (with_claim(objectclass="vessel"), "'objectclass'; expected one of attribution, checkable"),
    (with_claim(objectclass="vessel"), "(nearest: object_class)"),
    (with_claim(object_class="vesel"), "The object_class of claim C01 is 'vesel'"),
    (with_claim(object_class="vesel"), "(nearest: vessel)"),
    (with_claim(predicate="presnt"), "(nearest: present)"),
    (with_claim(predicate=...), "The field predicate of claim C01 is None; expected it beside"),
    (with_claim(site=..., site_id=...), "The field site or site_id of claim C01"),
    (with_claim(site=None, site_id=None), "The site of C01 is None; expected a name; or"),
    (with_claim(date=None), "The date of C01 is None; expected a start, an end or both; or"),
    (with_claim(date={"strat": "2024-12-08"}), "(nearest: start)"),
    (with_claim(date={"start": "2024-12-09", "end": "2024-12-08"}), "the earlier day first"),
    (with_claim(date={"start": None}), "expected a start, an end or both"),
    (with_claim(date="2024-12-08"), "date of claim C01 is '2024-12-08'; expected an object"),
    (with_claim(date={"start": "2024-13-01"}), "date is '2024-13-01'; expected a day"),
    (with_claim(count={"op": "more", "value": 2}), "The count op of claim C01 is 'more'"),
    (with_claim(count={"op": "none", "value": 2}), "count value is 2; expected"),
    (with_claim(count={"op": "ge"}), "count value is None; expected"),
    (with_claim(count={"op": "ge", "value": 2.5}), "is 2.5; expected a whole number"),
    (with_claim(count={"op": "ge", "value": -2}), "expected 0 or more"),
    (with_claim(count={"op": "approx", "value": 4, "min": 5, "max": 4}), "the smaller end first"),
    (with_claim(reason="forecast"), "expected null, since the claim is checkable"),
    (with_claim(checkable=False), "the reason of C01"),
    (with_claim(checkable="yes"), "is 'yes'; expected true or false"),
    (with_claim(start=12, end=36), "The span of C01 is '12-36'; expected 11-35, where the article"),
    (with_claim(end=34), "the span of C01"),
    (with_claim(quote="Two ships” lay at Tartus"), "expected words of the article"),
    (with_claim(quote=None), "The quote of claim C01 is None; expected the words of the article"),
    (with_claim(id="../C01"), "claim id is '../C01'; expected 1 to 64 letters"),
    (with_claim(id=4), "id of claim 4 is 4; expected a text"),
    (with_claim(id="C02"), "A claim's id is 'C02'; expected an id that no other claim has"),
    (with_claim(retracted_by="C09"), "retracted_by of C01 is 'C09'; expected the id of another"),
    (with_claim(retracted_by="C01"), "expected the id of another claim"),
    (with_claim(attribution="Maxar"), "expected a list of names"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "said"), WRONG)
def test_what_is_wrong_is_said_in_one_sentence(content: Any, said: str) -> None:
    with pytest.raises(InputError) as caught:
        parse(content, TEXT)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 500


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "it is not JSON"),
        (b"{", "it is not JSON"),
        (b'{"claims": [NaN]}', "NaN is not a JSON number"),
        (b'{"claims": [], "claims": []}', "'claims' is given twice"),
        (b"[" * 200_000, "it is nested too deeply"),
        (b'{"a":' * 200_000, "it is nested too deeply"),
        ('{"claims": "ö"}'.encode("latin-1"), "it is not UTF-8 text"),
        (b'{"claims": ["\\ud800"]}', "it is not UTF-8 text"),
        (b'{"claims": [' + b"9" * 5000 + b"]}", "it is not JSON"),
    ],
)
def test_files_that_are_no_json(tmp_path: Path, data: bytes, said: str) -> None:
    path = tmp_path / "claims.json"
    path.write_bytes(data)
    with pytest.raises(UnreadableFile, match=r"^Could not read ") as caught:
        read(path)
    assert said in str(caught.value)


def test_files_that_are_not_there_or_too_large(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UnreadableFile, match="no such file"):
        read(tmp_path / "none.json")
    with pytest.raises(UnreadableFile, match="is a directory"):
        read(tmp_path)
    with pytest.raises(WriteError):
        write(parse(ARTICLE), tmp_path / "none" / "claims.json")
    monkeypatch.setattr(claims_file, "LARGEST_FILE", 99)
    (tmp_path / "big.json").write_bytes(b" " * 100)
    with pytest.raises(TooLarge, match=r"^big\.json is over"):
        read(tmp_path / "big.json")


def test_a_byte_order_mark_is_no_error(tmp_path: Path) -> None:
    path = tmp_path / "claims.json"
    path.write_text("\ufeff" + json.dumps(by_hand({})), encoding="utf-8")
    assert len(read(path).claims) == 1


OVER_3 = {"op": "ge", "value": 3, "strict": True}
FOUR_OR_FIVE = {"op": "approx", "value": 4, "min": 4, "max": 5}
EXCLUSIVE: list[tuple[dict[str, Any], dict[str, Any], bool]] = [
    ({}, {"predicate": "absent", "count": {"op": "eq", "value": 0}}, True),
    ({"count": {"op": "le", "value": 3}}, {"predicate": "absent"}, True),
    ({"count": {"op": "le", "value": 0}}, {"predicate": "absent"}, False),
    ({}, {}, False),
    ({"count": {"op": "eq", "value": 2}}, {"count": {"op": "ge", "value": 3}}, True),
    ({"count": {"op": "eq", "value": 3}}, {"count": {"op": "ge", "value": 3}}, False),
    ({"count": {"op": "eq", "value": 3}}, {"count": OVER_3}, True),
    ({"count": {"op": "approx", "value": 40}}, {"count": {"op": "eq", "value": 45}}, False),
    ({"count": FOUR_OR_FIVE}, {"count": {"op": "eq", "value": 6}}, True),
    ({"predicate": "increased"}, {"predicate": "decreased"}, True),
    ({"predicate": "unchanged"}, {"predicate": "departed"}, True),
    ({"predicate": "unchanged"}, {"predicate": "present"}, False),
    ({"predicate": "arrived"}, {"predicate": "departed"}, False),
    ({}, {"predicate": "absent", "site_id": "hmeimim"}, False),
    ({}, {"predicate": "absent", "date": {"end": "2024-12-14"}}, False),
    ({"object_text": "frigate"}, {"predicate": "absent", "object_text": "tug"}, False),
    ({"object_text": "Tug"}, {"predicate": "absent", "object_text": "tug"}, True),
    ({}, {"predicate": "absent", "reason": "no_time"}, False),
    ({"retracted_by": "C02"}, {"predicate": "absent"}, False),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other", "noted"), EXCLUSIVE)
def test_claims_that_exclude_one_another_are_noted(
    one: dict[str, Any], other: dict[str, Any], noted: bool
) -> None:
    assert bool(parse(by_hand(one, other | {"id": "C02"})).notes) is noted
    assert bool(parse(by_hand(other | {"id": "C02"}, one)).notes) is noted


def test_the_note_names_both_claims() -> None:
    file = parse(by_hand({"count": {"op": "eq", "value": 2}}, {"predicate": "absent"}))
    (note,) = file.notes
    assert note.startswith("C01 and C02 cannot both be true: vessel at tartus is said to be ")
    assert note.endswith("present (eq 2) and absent.")


def test_notes_are_bounded() -> None:
    many = [{"predicate": "absent"}] * 30 + [{}] * 30
    assert len(parse(by_hand(*many)).notes) == 100


def test_extraction_becomes_a_file() -> None:
    claims = parse(ARTICLE, TEXT).claims
    file = claims_file.from_text(claims, TEXT, article_date=date(2024, 12, 14))
    assert file == ClaimsFile(claims, ARTICLE["text_sha256"], "2024-12-14")
    VALID.validate(json.loads(dumps(file)))


INVENTED = sorted((Path(__file__).parents[1] / "claims").glob("*/*.txt"))


@pytest.mark.parametrize("path", INVENTED, ids=lambda path: path.stem)
def test_what_is_extracted_is_written_and_read_back(path: Path, tmp_path: Path) -> None:
    text = path.read_bytes().decode("utf-8")
    day = date.fromisoformat(json.loads(path.with_suffix(".json").read_text())["article_date"])
    file = claims_file.from_text(extract(text, article_date=day), text, article_date=day)
    write(file, tmp_path / "claims.json")
    VALID.validate(json.loads(dumps(file)))
    again = read(tmp_path / "claims.json", text)
    assert dumps(again) == dumps(file)


def test_the_schema_and_the_reader_know_the_same_words() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    claim = SCHEMA["$defs"]["claim"]["properties"]
    assert set(claim) == set(FIELDS)
    assert tuple(claim["object_class"]["enum"]) == records.OBJECT_CLASSES
    assert tuple(claim["predicate"]["enum"]) == records.PREDICATES
    assert tuple(claim["reason"]["anyOf"][0]["enum"]) == records.REASONS
    count = SCHEMA["$defs"]["count"]["properties"]
    assert tuple(count["op"]["enum"]) == records.OPERATORS
    assert set(count) == {"op", "value", "min", "max", "strict"}
    assert SCHEMA["properties"]["schema"]["const"] == claims_file.SCHEMA
    described = [*SCHEMA["properties"].values(), *claim.values(), *count.values()]
    assert all(each.get("description") for each in described)


READER_ALONE = (
    "belong", "first", "span of", "no other", "another", "of the article", "2024-13"
)  # fmt: skip


def test_the_document_names_every_field_and_word() -> None:
    page = (EXAMPLES.parent / "claims-file.md").read_text(encoding="utf-8")
    words = (*FIELDS, *records.OBJECT_CLASSES, *records.PREDICATES, *records.REASONS)
    assert [word for word in words if f"`{word}`" not in page] == []


SCHEMA_SEES = [content for content, said in WRONG if not any(part in said for part in READER_ALONE)]


@pytest.mark.parametrize("content", SCHEMA_SEES)
def test_the_schema_refuses_what_the_reader_refuses(content: Any) -> None:
    assert not VALID.is_valid(content)


@pytest.mark.parametrize(
    "content", [ARTICLE, by_hand({}), by_hand({"reason": "geo", "date": None})]
)
def test_the_schema_takes_what_the_reader_takes(content: Any) -> None:
    VALID.validate(content)
    parse(content)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda one: st.lists(one, max_size=3) | st.dictionaries(st.text(max_size=9), one, max_size=3),
    max_leaves=6,
)


def paths(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [at] if at else []
    if isinstance(value, dict | list):
        for key, inner in value.items() if isinstance(value, dict) else enumerate(value):
            found += paths(inner, (*at, key))
    return found


@given(data=st.data())
@settings(max_examples=400, deadline=None)
def test_a_mutated_file_is_read_or_refused_in_words(data: st.DataObject) -> None:
    content = copy.deepcopy(data.draw(st.sampled_from([ARTICLE, by_hand({}, {"id": "x"})])))
    for _ in range(data.draw(st.integers(1, 3))):
        *way, last = data.draw(st.sampled_from(paths(content) or [("claims",)]))
        place: Any = content
        for key in way:
            place = place[key]
        if isinstance(place, dict) and data.draw(st.booleans()):
            place.pop(last, None)
        else:
            words = st.sampled_from([*records.PREDICATES, *FIELDS, "2024-12-13", "C02", 0, 2, True])
            place[last] = data.draw(JSON | words)
    text = data.draw(st.sampled_from([None, TEXT]))
    try:
        file = parse(content, text)
    except ImageryError as error:
        said = str(error)
    else:
        said = ""
    assert "\n" not in said
    if said:
        return
    written = json.loads(dumps(file))
    VALID.validate(written)
    assert parse(written, text).claims == tuple(
        sorted(file.claims, key=lambda one: (one.start, one.end, one.id))
        if file.text_sha256
        else file.claims
    )


@given(st.text(max_size=60))
@settings(max_examples=100, deadline=None)
def test_any_text_is_no_traceback(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    path = tmp_path_factory.getbasetemp() / "any.json"
    path.write_text(text, encoding="utf-8", errors="surrogatepass")
    with pytest.raises(ImageryError):
        read(path)
