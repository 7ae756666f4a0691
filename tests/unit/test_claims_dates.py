"""Dates as texts write them; the article is of Saturday, 14 December 2024."""

from __future__ import annotations

from datetime import date

import pytest

from pipelines.claims.dates import Now, moments

ARTICLE = date(2024, 12, 14)


def read(text: str, article: date | None = ARTICLE) -> list[tuple[str, str, str]]:
    found = moments(text, 0, len(text), Now(article))
    return [(each.first.isoformat(), each.last.isoformat(), each.before) for each in found]


@pytest.mark.parametrize(
    ("text", "first", "last", "before"),
    [
        ("captured on December 13 by", "2024-12-13", "2024-12-13", ""),
        ("on Saturday, December 14.", "2024-12-14", "2024-12-14", ""),
        ("on the 3rd of May 2023", "2023-05-03", "2023-05-03", ""),
        ("2024-11-30", "2024-11-30", "2024-11-30", ""),
        ("31.12.2023", "2023-12-31", "2023-12-31", ""),
        ("between March 3 and March 9", "2024-03-03", "2024-03-09", "between"),
        ("from 3 to 9 May 2024", "2024-05-03", "2024-05-09", "from"),
        ("5–7 June", "2024-06-05", "2024-06-07", ""),
        ("Dec 3-5", "2024-12-03", "2024-12-05", ""),
        ("by 3 Nov. 2024", "2024-11-03", "2024-11-03", "by"),
        ("since 10 December", "2024-12-10", "2024-12-10", "since"),
        ("in early May", "2024-05-01", "2024-05-10", ""),
        ("by late November", "2024-11-21", "2024-11-30", "by"),
        ("in March 2023", "2023-03-01", "2023-03-31", ""),
        ("since 2019", "2019-01-01", "2019-12-31", "since"),
        ("last week", "2024-12-02", "2024-12-08", ""),
        ("yesterday", "2024-12-13", "2024-12-13", ""),
        ("on Wednesday", "2024-12-11", "2024-12-11", ""),
        ("last Monday", "2024-12-09", "2024-12-09", ""),
        ("in the past two weeks", "2024-11-30", "2024-12-14", ""),
        ("on the 12th", "2024-12-12", "2024-12-12", ""),
        ("in January", "2025-01-01", "2025-01-31", ""),
        ("in April", "2024-04-01", "2024-04-30", ""),
    ],
)
def test_dates(text: str, first: str, last: str, before: str) -> None:
    assert read(text) == [(first, last, before)]


@pytest.mark.parametrize(
    "text",
    ["two ships may be there", "5 km away", "hull number 5901", "30 February 2024", "2,700 m long"],
)
def test_no_date_is_invented(text: str) -> None:
    assert read(text) == []


def test_an_ambiguous_number_is_the_day_nearest_before_the_article() -> None:
    assert read("on 03/04/2024")[0][0] == "2024-04-03"
    assert read("on 03/04/2024", date(2024, 3, 20))[0][0] == "2024-03-04"


def test_without_an_article_only_whole_dates_are_read() -> None:
    assert read("on 3 May 2023 and on 5 May", None) == [("2023-05-03", "2023-05-03", "")]
    assert read("yesterday, on Monday, last week", None) == []


def test_how_says_what_was_inferred() -> None:
    text = "on 3 May 2023, on 5 May and on Monday"
    how = [each.how for each in moments(text, 0, len(text), Now(ARTICLE))]
    assert how == [None, "year from the article's date", "weekday before the article's date"]
