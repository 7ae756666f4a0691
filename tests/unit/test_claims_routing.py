"""Every reason has its sentence, and a forecast its watch-list entry."""

from __future__ import annotations

from datetime import date

import pytest

from imagery.errors import InputError
from pipelines.claims import extract
from pipelines.claims.claim import REASONS
from pipelines.claims.routing import ROUTES, explain, watch_entry

DAY = date(2024, 12, 14)


def test_every_reason_is_explained_once() -> None:
    assert set(ROUTES) == set(REASONS)
    sentences = [explain(reason).sentence for reason in REASONS]
    assert len(set(sentences)) == len(REASONS)
    assert all(text.endswith(".") for text in sentences)
    assert all(explain(reason).instead.endswith(".") for reason in REASONS)


def test_an_unknown_reason_is_refused() -> None:
    with pytest.raises(InputError, match="no_place"):
        explain("weather")


def test_a_forecast_is_something_to_watch() -> None:
    (claim,) = extract("Two frigates will arrive at Tartus on 20 December.", article_date=DAY)
    assert watch_entry(claim) == {
        "claim_id": "C01",
        "site": "Tartus naval base",
        "site_id": "tartus",
        "object_class": "vessel",
        "predicate": "arrived",
        "from": "2024-12-20",
    }


def test_what_has_happened_is_not_watched() -> None:
    (claim,) = extract("Two frigates arrived at Tartus on 10 December.", article_date=DAY)
    assert watch_entry(claim) is None
