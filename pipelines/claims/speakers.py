"""Names of speakers in the words of a frame."""

from __future__ import annotations

import re

from pipelines.claims.wordlists import word_set

SPEECH = word_set("attribution", "speech")


def names(text: str) -> tuple[str, ...]:
    """Speakers in the words of a frame: whoever is cited first, then who passes it on."""
    text = re.sub(r"[“”\"]", "", text).strip(" ,")
    cited = re.search(r"\b(?:citing|quoting)\s+(.+?)(?:,|$)", text)
    words = re.sub(r",?\s*(?:citing|quoting)\s+.+", "", text)
    words = re.sub(
        r"^(?:(?:additionally|earlier|meanwhile|also|separately|however|later|and|but),?\s+)+",
        "",
        words,
        flags=re.IGNORECASE,
    )
    by = re.search(r"\bby\s+([A-Z].*)$", words)
    words = by[1] if by else words
    verbs = "|".join(sorted(SPEECH, key=len, reverse=True))
    words = re.sub(rf"\s*\b(?:has|have|had|was|were|also|later|{verbs})\b.*$", "", words)
    inverted = re.match(rf"(?:{verbs})\s+(.+)", text)
    words = inverted[1].split(",")[0] if inverted else words
    words = re.sub(r"^(?:it|that|which)$", "", words.strip(" ,").strip(), flags=re.IGNORECASE)
    chain = [cited[1].strip()] if cited else []
    return tuple(each for each in (*chain, words) if each and len(each) < 120)
