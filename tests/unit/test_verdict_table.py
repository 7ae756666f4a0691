from __future__ import annotations

import pytest

from pipelines.claims.claim import Claim
from pipelines.verdict import Verdict
from pipelines.verdict_table import QUOTE, rows, summary, table


def claim(name, quote="at least two aircraft", *, checkable=True):
    fields = {
        "id": name,
        "quote": quote,
        "site": "Hmeimim",
        "object_class": "aircraft",
        "predicate": "present",
        "checkable": checkable,
        "reason": None if checkable else "rate",
    }
    return Claim.from_dict(fields)


SENTENCE = "On 13 December 2024 a clear Sentinel-2 image covered 97 % of the apron. " * 3
CLAIMS = [claim("C05"), claim("C17", "4-5 planes operate daily", checkable=False)]
VERDICTS = [
    Verdict("C17", "not_observable", "rate", "It is a rate."),
    Verdict("C05", "supported", None, SENTENCE),
]


def test_a_line_each_then_the_sentences_of_what_was_tested():
    lines = table(CLAIMS, VERDICTS, width=80).splitlines()
    assert lines[:3] == [
        "id   verdict               statement",
        "C05  supported             at least two aircraft",
        "C17  not observable: rate  4-5 planes operate daily",
    ]
    assert lines[4] == "C05  supported"
    assert "    On 13 December 2024" in lines[5]
    assert "It is a rate." not in "\n".join(lines)
    assert lines[-1] == "2 statements: 1 supported, 1 not observable."
    assert max(map(len, lines)) <= 80


def test_a_narrow_terminal_gets_lines_all_the_same():
    lines = table(CLAIMS, VERDICTS, width=0).splitlines()
    assert all(len(line) <= 52 for line in lines)


@pytest.mark.parametrize(
    "quote",
    [
        "x" * 10_000,
        "<script>\nalert(1)\n</script>",
        "\u202e\u2066abc",
        "a\x1b[31mred\x07",
        "a\r\nb",
    ],
)
def test_words_of_others_stay_short_and_in_their_line(quote):
    ((_, _, shown, sentence),) = rows(
        [claim("C1", quote)], [Verdict("C1", "supported", None, quote)]
    )
    assert len(shown) <= QUOTE
    assert shown.isprintable()
    assert sentence.isprintable()
    assert (
        len(table([claim("C1", quote)], [Verdict("C1", "supported", None, "")]).splitlines()) == 6
    )


def test_no_verdict_is_no_line():
    assert rows([claim("C1")], []) == []
    assert summary([]) == "0 statements."
