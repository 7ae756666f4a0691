"""``passages.json``: the words of an article in which statements stand, and no others.

A page that shows statements in the text needs the text, and a run folder is mailed and published.
So a run keeps what it speaks of: the paragraphs that hold a statement, as a reader sees them, at
most ``AROUND`` characters to either side of one, and how much was left out between them. Whoever
wants the whole article goes to its publisher; ``text_sha256`` says whether it is still the same.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from imagery.write import json_text, write_text
from pipelines.claims.claim import Claim
from pipelines.claims.layout import blocks
from pipelines.claims.markup import Block

SCHEMA = "tilewitness-passages/1"
FILE = "passages.json"
AROUND = 600
"""Characters of a paragraph that are kept to either side of a statement."""


@dataclass(frozen=True, slots=True)
class Span:
    """Where a statement stands in a passage: code points, 0-based, end-exclusive."""

    claim_id: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Passage:
    """A paragraph, or the part of a long one, that holds statements.

    Attributes:
        kind: ``text``, ``heading``, ``item``, ``aside`` or ``code``.
        text: As a reader sees it: without markup, white space as single spaces.
        spans: The statements in it, in the order of the article.
        starts_whole, ends_whole: Whether it begins and ends where its paragraph does.
        skipped: Visible characters of the article left out before it, since the passage before.
    """

    kind: str
    text: str
    spans: tuple[Span, ...]
    starts_whole: bool
    ends_whole: bool
    skipped: int


def passages(text: str, claims: Sequence[Claim]) -> tuple[Passage, ...]:
    """The passages of a raw article in which statements stand, in its order.

    Args:
        text: Plain text, Markdown or HTML.
        claims: Their offsets count code points of this text.
    """
    found: list[Passage] = []
    skipped = 0
    for block in blocks(text)[0]:
        spans = [span for claim in claims if (span := _span(block, claim)) is not None]
        last = 0
        for first, end in _windows(spans, len(block.text)):
            skipped += first - last
            inside = [one for one in spans if first <= one.start and one.end <= end]
            found.append(
                Passage(
                    block.kind,
                    block.text[first:end],
                    tuple(Span(one.claim_id, one.start - first, one.end - first) for one in inside),
                    first == 0,
                    end == len(block.text),
                    skipped,
                )
            )
            last, skipped = end, 0
        skipped += len(block.text) - last
    return tuple(found)


def quoted(claims: Sequence[Claim]) -> tuple[Passage, ...]:
    """The same where there is no article at hand: each statement with what its record keeps."""
    return tuple(
        Passage(
            "text",
            f"{claim.prefix}{claim.quote}{claim.suffix}",
            (Span(claim.id, len(claim.prefix), len(claim.prefix) + len(claim.quote)),),
            starts_whole=not claim.prefix,
            ends_whole=not claim.suffix,
            skipped=0,
        )
        for claim in claims
    )


def document(found: Sequence[Passage], *, text_sha256: str | None) -> dict[str, Any]:
    """The content of ``passages.json``."""
    return {
        "schema": SCHEMA,
        "text_sha256": text_sha256,
        "passages": [asdict(one) for one in found],
    }


def write(found: Sequence[Passage], folder: Path, *, text_sha256: str | None) -> None:
    """Write ``passages.json``.

    Raises:
        WriteError: the file cannot be written.
    """
    write_text(folder / FILE, json_text(document(found, text_sha256=text_sha256)))


def _span(block: Block, claim: Claim) -> Span | None:
    """The part of a statement that stands in a block; None where none does."""
    first = bisect_right(block.ends, claim.start)
    last = bisect_left(block.starts, claim.end)
    return Span(claim.id, first, last) if first < last else None


def _windows(spans: Sequence[Span], size: int) -> Iterator[tuple[int, int]]:
    """Stretches around statements; those that meet are one."""
    first, last = -1, -1
    for span in sorted(spans, key=lambda one: (one.start, one.end)):
        start, end = max(0, span.start - AROUND), min(size, span.end + AROUND)
        if first >= 0 and start > last:
            yield first, last
            first = start
        first, last = start if first < 0 else first, max(last, end)
    if first >= 0:
        yield first, last
