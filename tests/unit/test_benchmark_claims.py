"""The benchmark of claims on statements whose scores are worked out by hand."""

from __future__ import annotations

import hashlib
import json
import math
from pathlib import Path
from typing import Any

import pytest

from benchmarks import claims
from benchmarks.claim_floor import floor_clauses, floor_sentences
from benchmarks.claim_scores import FIGURES, agrees, iou, matched, near_leniently, pooled, tally
from benchmarks.claim_texts import BadText, find, read

TEXT = "x" * 400


def at(start: int, end: int, checkable: bool = True, **fields: Any) -> dict[str, Any]:
    base = {
        "quote": TEXT[start:end],
        "site": "Tartus",
        "object_class": "vessel",
        "count": {"op": "eq", "value": 2},
        "predicate": "present",
        "date": {"start": "2024-12-10", "end": "2024-12-13"},
        "source": "Maxar",
        "reason": None if checkable else "forecast",
    }
    return base | {"start": start, "end": end, "checkable": checkable} | fields


APPROX_4 = {"op": "approx", "value": 4}


def shares(gold: list[dict[str, Any]], said: list[dict[str, Any]]) -> dict[str, float | None]:
    return claims.figures(tally(gold, said, TEXT))


def test_a_perfect_extraction_scores_one_everywhere() -> None:
    gold = [at(0, 50), at(10, 50, False), at(60, 90), at(100, 140, False, reason="geo")]
    assert {value for name, value in shares(gold, gold).items() if name != "retracted"} == {1.0}


@pytest.mark.parametrize(
    ("said", "strict", "lenient"),
    [
        ((100, 150), 1, 1),  # half of the gold span, and IoU .5: both still hold
        ((100, 149), 0, 0),  # one less: neither
        ((100, 300), 1, 1),  # twice as long: IoU .5
        ((100, 301), 0, 1),
        ((0, 400), 0, 1),  # IoU .25
        ((200, 300), 0, 0),  # touches only
    ],
)
def test_matching_levels(said: tuple[int, int], strict: int, lenient: int) -> None:
    found = tally([at(100, 200)], [at(*said)], TEXT)
    assert found["f1_strict"] == (2 * strict, 2)
    assert found["f1_lenient"] == (2 * lenient, 2)


def test_a_lenient_match_needs_some_overlap_of_the_whole() -> None:
    gold = [{"start": 0, "end": 10}]
    assert near_leniently(gold[0], {"start": 0, "end": 66})  # 10 / 66 = .1515
    assert not near_leniently(gold[0], {"start": 0, "end": 67})  # 10 / 67 = .149


def test_the_best_overlap_is_taken_first_and_once() -> None:
    gold = [at(0, 100), at(40, 100)]
    said = [at(40, 100), at(45, 100)]
    # 40-100 fits the second exactly; 45-100 is left for the first (.55), not the second.
    assert matched(gold, said, near_leniently) == [(0, 1), (1, 0)]
    assert iou(gold[0], said[1]) == pytest.approx(0.55)


def test_a_repeated_claim_costs_precision() -> None:
    found = shares([at(0, 50)], [at(0, 50), at(0, 50), at(0, 50)])
    assert found["precision_strict"] == pytest.approx(1 / 3)
    assert found["recall_strict"] == 1
    assert found["f1_strict"] == pytest.approx(0.5)


def test_what_is_not_checkable_is_no_claim() -> None:
    found = shares([at(0, 50), at(60, 90, False)], [at(0, 50, False), at(60, 90)])
    assert found["f1_lenient"] == 0
    assert found["object_class"] is None  # nothing matched, nothing to be right about


def test_routing_counts_matched_statements_of_both_kinds() -> None:
    gold = [at(0, 50, False), at(60, 90, False), at(100, 150), at(160, 190), at(200, 250, False)]
    said = [
        at(0, 50, False, reason="intent"),  # right, for another reason
        at(60, 90),  # should have been routed
        at(100, 150, False),  # should not
        at(160, 190),  # rightly not routed: not in the class that is scored
    ]
    found = tally(gold, said, TEXT)
    assert found["routing_f1"] == (2, 4)  # 2 tp / (2 tp + fp + fn)
    assert found["reached"] == (2, 3)
    assert found["reason"] == (0, 1)


def test_a_statement_hit_by_both_kinds_is_wrong() -> None:
    both = [at(0, 50, False), at(2, 50)]
    assert tally([at(0, 50, False)], both, TEXT)["routing_f1"] == (0, 1)
    assert tally([at(0, 50)], both, TEXT)["routing_f1"] == (0, 1)
    # A nested statement of the other kind is no such hit.
    assert tally(both, both, TEXT)["routing_f1"] == (2, 2)


@pytest.mark.parametrize(
    ("field", "gold", "said", "right"),
    [
        ("site", "Hmeimim Air Base", "the Hmeimim airbase", True),
        ("site_exact", "Hmeimim Air Base", "the Hmeimim airbase", False),
        ("site", "São Tomé Port", "sao tome", True),
        ("site", "Tartus", "Latakia", False),
        ("site", None, "Tartus", False),
        ("site", "Port", "Camp", False),
        ("site", "Yongbyon Nuclear Centre", "Yongbyon", True),
        ("site", "North Camp", "South Camp", False),
        ("count", {"op": "ge", "value": 150, "strict": True}, {"op": "ge", "value": 150}, False),
        ("count_value", {"op": "ge", "value": 9, "strict": True}, {"op": "ge", "value": 9}, True),
        ("count", {"op": "approx", "value": 4, "min": 4, "max": 5}, APPROX_4, False),
        ("count", None, {"op": "none", "value": None}, True),
        ("count", {"op": "eq", "value": 2}, {"op": "ge", "value": 2}, False),
        ("source", "Maxar via Reuters", "Reuters, citing Maxar", True),
        ("source", "Maxar", "Reuters", False),
        ("source", None, None, True),
        ("object_class", "vessel", "any", False),
    ],
)  # fmt: skip
def test_fields(field: str, gold: Any, said: Any, right: bool) -> None:
    key = field.removesuffix("_exact").removesuffix("_value")
    assert agrees(field, {key: gold}, {key: said}) is right


@pytest.mark.parametrize(
    ("said", "exact", "overlap", "end"),
    [
        (("2024-12-10", "2024-12-13"), True, True, True),
        ((None, "2024-12-13"), False, True, True),
        ((None, "2024-12-09"), False, False, False),
        (("2024-12-13", None), False, True, False),
        (("2024-12-14", "2024-12-15"), False, False, False),
        (("2024-12-13", "2024-12-20"), False, True, False),
        ((None, None), False, False, False),
    ],
)
def test_dates(said: tuple[str | None, str | None], exact: bool, overlap: bool, end: bool) -> None:
    gold, other = at(0, 1), at(0, 1, date=dict(zip(("start", "end"), said, strict=True)))
    got = [agrees(f"date_{kind}", gold, other) for kind in ("exact", "overlap", "end")]
    assert got == [exact, overlap, end]
    assert agrees("date_overlap", at(0, 1, date=None), at(0, 1, date=None))


def test_also_accepted_labels_are_right() -> None:
    gold = at(0, 1, also_accept={"object_class": ["aircraft"], "count": [{"op": "ge", "value": 3}]})
    assert agrees("object_class", gold, at(0, 1, object_class="aircraft"))
    assert agrees("count", gold, at(0, 1, count={"op": "ge", "value": 3}))
    assert not agrees("predicate", gold, at(0, 1, predicate="absent"))


def test_a_withdrawn_claim_must_not_stand() -> None:
    gold = [at(0, 50, retracted_by="G2"), at(60, 90, False)]
    assert tally(gold, [at(0, 50)], TEXT)["retracted"] == (0, 1)
    assert tally(gold, [at(0, 50, retracted_by="x")], TEXT)["retracted"] == (1, 1)
    assert tally(gold, [at(0, 50, False)], TEXT)["retracted"] == (1, 1)


def test_offsets_that_do_not_cut_the_quote() -> None:
    assert tally([], [at(0, 5), at(0, 5) | {"quote": "y"}], TEXT)["offsets"] == (1, 2)


def test_texts_are_pooled_by_adding() -> None:
    one, other = tally([at(0, 50)], [at(0, 50)], TEXT), tally([at(0, 50)], [], TEXT)
    assert claims.figures(pooled([one, other]))["f1_strict"] == pytest.approx(2 / 3)
    assert list(pooled([one])) == list(FIGURES)


def test_intervals_span_the_texts() -> None:
    one, other = tally([at(0, 50)], [at(0, 50)], TEXT), tally([at(0, 50)], [], TEXT)
    spread = claims.intervals([one, other] * 5)
    low, high = spread["recall_strict"]
    assert 0.1 <= low < 0.5 < high <= 0.9
    assert spread["recall_strict"] == claims.intervals([one, other] * 5)["recall_strict"]
    assert math.isnan(claims.intervals([tally([], [], TEXT)])["recall_strict"][0])


def test_floors() -> None:
    text = "Two ships lay at the pier, and 3 trucks waited. Nobody came.\nA bridge fell."
    cut = [one["quote"] for one in floor_sentences(text, "2024-12-14")]
    assert cut == ["Two ships lay at the pier, and 3 trucks waited.", "A bridge fell."]
    clauses = floor_clauses(text, None)
    assert [one["object_class"] for one in clauses] == ["vessel", "vehicle", "building"]
    assert all(text[one["start"] : one["end"]] == one["quote"] for one in clauses)


def written(folder: Path, text: bytes, head: Any) -> Path:
    (folder / "one.txt").write_bytes(text)
    (folder / "one.json").write_text(json.dumps(head), encoding="utf-8")
    return folder / "one.json"


@pytest.mark.parametrize(
    "head",
    [
        {"article_date": "2024-12-14", "claims": [{"quote": "zwei", "start": 5, "end": 9}]},
        {"meta": {"date": "2024-12-14T08:00:00Z"}, "statements": [{"quote": "zwei"}]},
    ],
)
def test_lenient_reading(tmp_path: Path, head: dict[str, Any]) -> None:
    got = read(written(tmp_path, b"eins\nzwei", head))
    assert got.article_date == "2024-12-14"
    assert [(s["start"], s["end"], s["checkable"]) for s in got.statements] == [(5, 9, True)]


def test_a_bare_list_and_raw_line_ends(tmp_path: Path) -> None:
    raw = [{"quote": "zwei", "start": 6, "end": 10, "reason": "geo"}]
    got = read(written(tmp_path, b"eins\r\nzwei", raw))
    assert got.text == "eins\r\nzwei"
    assert got.article_date is None
    assert got.statements[0]["checkable"] is False
    hidden = read(written(tmp_path, b"eins\r\nzwei", [raw[0] | {"start": 5, "end": 9}]))
    assert hidden.text == "eins\nzwei"


@pytest.mark.parametrize("head", [{"claims": 3}, 7, [{"quote": "drei", "start": 0, "end": 4}]])
def test_bad_annotations_are_one_sentence(tmp_path: Path, head: Any) -> None:
    with pytest.raises(BadText, match=r"one\.json: "):
        read(written(tmp_path, b"eins zwei", head))


def test_folders_below_are_read_where_the_folder_holds_none(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "stray.json").write_text("{}")
    path = written(tmp_path / "a", b"eins", [])
    assert find(tmp_path) == [path]


def test_the_command_scores_given_predictions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "Two ships lay at Tartus. One may leave."
    head = {
        "claims": [at(0, 23) | {"quote": text[:23]}, at(25, 38, False) | {"quote": text[25:38]}]
    }
    path = written(tmp_path, text.encode(), head)
    said = tmp_path / "said"
    said.mkdir()
    (said / "one.json").write_text(path.read_text())
    misses, figures = tmp_path / "misses", tmp_path / "figures"
    options = ["--data", tmp_path, "--predictions", said, "--misses", misses, "--json", figures]
    monkeypatch.setattr("sys.argv", ["claims", *map(str, options), "--by-text"])
    assert claims.main() == 0
    assert "PASS: every target" in capsys.readouterr().out
    assert misses.read_text() == "== one\n"
    assert json.loads(figures.read_text())["extractor"]["f1_strict"] == 1
    (said / "one.json").write_text(
        json.dumps({"claims": [head["claims"][0] | {"predicate": "absent"}]})
    )
    assert claims.main() == 1
    assert "FAIL: predicate\n" in capsys.readouterr().out
    assert "predicate: present / absent" in misses.read_text()
    (said / "one.json").write_text("{}")
    assert claims.main() == 2


INVENTED = Path(__file__).parents[1] / "claims"


@pytest.mark.parametrize("path", find(INVENTED), ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_invented_texts_are_annotated_as_the_rules_say(path: Path) -> None:
    from pipelines.claims.claim import OBJECT_CLASSES, PREDICATES, REASONS, Count, When

    one = read(path)
    head = json.loads(path.read_text(encoding="utf-8"))
    assert head["sha256"] == hashlib.sha256(path.with_suffix(".txt").read_bytes()).hexdigest()
    ids = [each["id"] for each in one.statements]
    assert len(set(ids)) == len(ids)
    for each in one.statements:
        assert each["object_class"] in OBJECT_CLASSES
        assert each["predicate"] in PREDICATES
        assert each.get("reason") in ((None,) if each["checkable"] else REASONS)
        assert each.get("retracted_by") in (None, *ids)
        Count(**each["count"])
        if each.get("date"):
            When(each["date"].get("start"), each["date"].get("end"))
        if each["checkable"]:
            assert each["site"]
            assert each["date"]
    found = claims.figures(tally(one.statements, one.statements, one.text))
    assert {found[name] for name in FIGURES if name != "retracted"} <= {1.0, None}
