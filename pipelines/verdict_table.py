"""Verdicts as a person at a prompt reads them: a line each in a table, or a block each below it."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Sequence

from pipelines.claims.claim import Claim
from pipelines.said import clean
from pipelines.terminal import columns
from pipelines.verdict import VERDICTS, Verdict

QUOTE, SENTENCE = 60, 2000
"""Characters of a statement's words and of a sentence that are shown."""

NARROWEST = 40
INDENT = "    "
HEADER = ("id", "verdict", "statement")


def rows(claims: Sequence[Claim], verdicts: Sequence[Verdict]) -> list[tuple[str, str, str, str]]:
    """Id, verdict with its reason, the words of the statement, the sentence; in the claims' order.

    Words of others are cut short and held to one line each: no control characters, no marks that
    turn the direction of the text.
    """
    by_id = {verdict.claim_id: verdict for verdict in verdicts}
    return [
        (
            claim.id,
            outcome(by_id[claim.id]),
            clean(claim.quote, QUOTE),
            clean(by_id[claim.id].sentence, SENTENCE),
        )
        for claim in claims
        if claim.id in by_id
    ]


def outcome(verdict: Verdict) -> str:
    """The verdict, and its reason in words.

    >>> outcome(Verdict("C05", "inconclusive", "too_few_dates", ""))
    'inconclusive: too few dates'
    """
    words = verdict.verdict.replace("_", " ")
    return words if verdict.reason is None else f"{words}: {verdict.reason.replace('_', ' ')}"


def table(claims: Sequence[Claim], verdicts: Sequence[Verdict], *, width: int = 100) -> str:
    """A table of all statements, then the sentence of each that images were asked about.

    Args:
        claims: All statements.
        verdicts: Theirs.
        width: Of the terminal, characters.
    """
    told = rows(claims, verdicts)
    parts = [columns(HEADER, [row[:3] for row in told])]
    checkable = {claim.id for claim in claims if claim.checkable}
    parts += [
        _block(name, words, sentence, width)
        for name, words, _, sentence in told
        if name in checkable
    ]
    return "\n\n".join([*parts, summary(verdicts)])


def _block(name: str, words: str, sentence: str, width: int) -> str:
    filled = textwrap.wrap(
        sentence,
        max(width, NARROWEST),
        initial_indent=INDENT,
        subsequent_indent=INDENT,
        break_on_hyphens=False,
    )
    return "\n".join([f"{name}  {words}", *filled])


def summary(verdicts: Sequence[Verdict]) -> str:
    """How many of each.

    >>> summary([Verdict("a", "supported", None, ""), Verdict("b", "supported", None, "")])
    '2 statements: 2 supported.'
    """
    counts = Counter(verdict.verdict for verdict in verdicts)
    words = [f"{counts[word]} {word.replace('_', ' ')}" for word in VERDICTS if counts[word]]
    statements = "1 statement" if len(verdicts) == 1 else f"{len(verdicts)} statements"
    return f"{statements}: {', '.join(words)}." if words else f"{statements}."
