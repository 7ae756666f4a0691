"""Weighing of all findings: it may overrule a fallback, never a plain wording."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from pipelines.claims import extract, weighing
from training import claim_weights

DAY = date(2025, 6, 20)


def reasons(text: str) -> list[str | None]:
    return [claim.reason for claim in extract(text, article_date=DAY)]


@pytest.fixture
def weights(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    chosen = {"always": 0.0}
    monkeypatch.setattr(weighing, "_weights", lambda: chosen)
    return chosen


def test_what_the_rules_find_nothing_in_is_tested_where_the_odds_are_even(
    weights: dict[str, float],
) -> None:
    weights["always"] = -1.0
    unlikely = reasons("The pier at Tartus tilts oddly.")
    weights["always"] = 1.0

    assert (unlikely, reasons("The pier at Tartus tilts oddly.")) == (["background"], [None])


def test_a_statement_against_the_odds_is_routed(weights: dict[str, float]) -> None:
    weights["always"] = -9.0

    assert reasons("Two frigates are moored at Tartus.") == ["background"]


def test_a_change_with_its_day_stands_whatever_the_odds(weights: dict[str, float]) -> None:
    weights["always"] = -9.0

    assert reasons("Two frigates left Tartus on 3 May.") == [None]


@pytest.mark.parametrize(
    "text", ["Two frigates will leave Tartus.", "If two frigates left Tartus, we would know."]
)
def test_no_odds_make_a_fact_of_what_is_none(weights: dict[str, float], text: str) -> None:
    weights["always"] = 9.0

    assert None not in reasons(text)


def test_without_weights_the_rules_decide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(weighing, "_weights", dict)

    assert reasons("Two frigates are moored at Tartus.") == [None]


def test_the_fit_finds_which_way_a_finding_points() -> None:
    rng = np.random.default_rng(4)
    rows = []
    for _ in range(2000):
        good, idle = bool(rng.integers(2)), bool(rng.integers(2))
        found = {"good"} if good else set()
        found |= {"idle"} if idle else set()
        rows.append((frozenset(found), bool(rng.random() < (0.9 if good else 0.2))))

    weights = claim_weights.fit(rows)

    assert weights["good"] == pytest.approx(np.log(9) + np.log(4), abs=0.8)
    assert abs(weights["idle"]) < 0.3
    assert claim_weights.fit(rows) == weights


def test_a_rare_finding_has_no_weight() -> None:
    rows = [(frozenset({"common"}), True), (frozenset({"common"}), False)] * 200

    assert set(claim_weights.fit([*rows, (frozenset({"rare"}), True)])) == {"always", "common"}


def test_a_clause_without_any_known_thing_is_weighed_too(weights: dict[str, float]) -> None:
    text = "The wumpler at Tartus frobs beside the dorf."
    weights["member none"] = -1.0
    unlikely = reasons(text)
    weights["member none"] = 1.0

    assert (unlikely, reasons(text)) == (["background"], [None])
