"""From a text to its statements: ``extract`` reads, ``routing`` says what images cannot test.

Importing this package is light; the tokenizer is loaded by the first ``extract``.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from imagery.model import Site
from pipelines.claims.claim import Claim

__all__ = ["extract"]


def extract(
    text: str, *, article_date: date | None = None, sites: Sequence[Site] | None = None
) -> list[Claim]:
    """Find every statement of a text that images could test, and those that they could not.

    Args:
        text: The raw file: plain text, Markdown or HTML.
        article_date: When it was published; None looks for a printed date, then for the latest
            dated event.
        sites: Places with outlines; None takes the registry.

    Raises:
        InputError: the text holds no words.
    """
    from pipelines.claims.extraction import extract_claims

    return extract_claims(text, article_date=article_date, sites=sites)
