"""Who says so: the parts of a sentence that frame a statement, and the names in them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipelines.claims.frame_spans import (
    adjuncts,
    clause_start,
    comma_before,
    subject_start,
    that,
    trailing_end,
    until_comma,
)
from pipelines.claims.grammar import DETERMINERS
from pipelines.claims.speakers import SPEECH, names
from pipelines.claims.tokens import Mark, Sentence
from pipelines.claims.wordlists import word_set

_PLAIN_SPEECH = word_set("attribution", "plain_speech")


@dataclass(frozen=True, slots=True)
class Frame:
    """Tokens ``first`` to ``last`` (exclusive) that are not part of the statement itself.

    Attributes:
        kind: ``speech`` (somebody says), ``watch`` (somebody sees) or ``image`` (an image shows).
        speakers: First speaker first.
        taken: Tokens of the phrase that names the image, for its provenance; equal if none.
    """

    first: int
    last: int
    kind: str
    speakers: tuple[str, ...]
    taken: tuple[int, int] = (0, 0)


def frames(sentence: Sentence) -> list[Frame]:
    """Find the frames of a sentence, left to right, not overlapping."""
    found = [*_dateline(sentence), *_according(sentence), *_images(sentence)]
    found += [*_speech(sentence), *_hearsay(sentence), *_watched(sentence)]
    kept: list[Frame] = []
    for frame in sorted(found, key=lambda each: (each.first, -each.last)):
        if frame.last <= frame.first or (kept and frame.first < kept[-1].last):
            continue
        kept.append(frame)
    return kept


def _according(sentence: Sentence) -> list[Frame]:
    found = []
    tokens = sentence.tokens
    for index in range(len(tokens) - 2):
        if tokens[index].low == "according" and tokens[index + 1].low == "to":
            last = until_comma(sentence, index + 2)
            name = sentence.cut(index + 2, last) if last > index + 2 else ""
            if last < len(tokens) and tokens[last].low == ",":
                last += 1
            first = index - 1 if index and tokens[index - 1].low == "," else index
            imaged = any(index <= mark.first < last for mark in sentence.of("image"))
            kind = "image" if imaged else "speech"
            found.append(Frame(first, last, kind, names(name)))
    return found


def _images(sentence: Sentence) -> list[Frame]:
    """As in "Images taken on D by X show ..." and "analysts counted ..."."""
    tokens = sentence.tokens
    for mark in sentence.of("show"):
        subject = [each for each in sentence.of("image") if each.last <= mark.first]
        following = tokens[mark.last].low if mark.last < len(tokens) else ""
        participle = mark.term.form in {"past", "participle"}
        if participle and following in {"on", "by", "in", "from", "between", "over", "during"}:
            continue
        if subject and tokens[mark.first - 1].low in {"and", "but"}:
            continue  # "all five stand in the picture and show no damage"
        if not subject or (mark.term.form == "ing" and subject[-1].last != mark.first):
            continue
        nearest = _phrase(sentence, subject)
        first = clause_start(sentence, nearest.first)
        if following in {",", ".", ";"} and comma_before(sentence, nearest.first) is not None:
            first = comma_before(sentence, nearest.first) or first  # ", the images show,"
        if any(each.first < subject[-1].first for each in sentence.of("show")) and first == 0:
            first = subject[-1].first
        last = mark.last
        if last < len(tokens) and tokens[last].low in {"that", "how"}:
            last += 1
        phrase = (first, mark.first)
        taken = phrase if _is_taken(sentence, *phrase) else (0, 0)
        speakers = _image_speakers(sentence, *phrase)
        return [Frame(first, last, "image", speakers, taken)]
    return []


def _phrase(sentence: Sentence, subject: list[Mark]) -> Mark:
    """The first of several words for images that stand in one phrase before the verb."""
    nearest = subject[-1]
    for each in reversed(subject):
        between = sentence.tokens[each.last : nearest.first]
        if any(token.low in {",", ";", ":", "and", "but"} for token in between):
            break
        nearest = each
    return nearest


def _dateline(sentence: Sentence) -> list[Frame]:
    """As in "KYIV, May 3 (Reuters) -" in front of a report."""
    tokens = sentence.tokens
    if tokens and tokens[0].text == "(":
        closing = next((i for i in range(1, min(12, len(tokens))) if tokens[i].text == ")"), 0)
        bare = closing and closing + 1 < len(tokens) and tokens[closing + 1].text in _DASHES
        return [Frame(0, closing + 2, "speech", ())] if bare else []
    if (
        not tokens
        or len(tokens[0].text) < 3
        or not (tokens[0].text.isupper() and tokens[0].text.isalpha())
    ):
        return []
    return _opened(sentence, 1)


def _opened(sentence: Sentence, first: int) -> list[Frame]:
    tokens = sentence.tokens
    for index in range(first, min(14, len(tokens))):
        if tokens[index].text in _DASHES and tokens[index - 1].end < tokens[index].start:
            return [Frame(0, index + 1, "speech", ())]
    return []


_DASHES = {"-", "—", "–", "--"}


def lead(sentence: Sentence) -> str:
    """What opens a lead: "(" of "(Nairobi, May 3) -", the town of "KYIV, May 3 -", or ""."""
    found = _dateline(sentence)
    return sentence.tokens[0].text if found else ""


def _watched(sentence: Sentence) -> list[Frame]:
    """As in "Analysts counted ...", "Channel 4 News observed ...": somebody named saw it."""
    tokens = sentence.tokens
    for mark in sentence.of("see"):
        if mark.term.form not in {"past", "base", "s"} or mark.first == 0:
            continue
        start = subject_start(sentence, mark.first)
        words = [token.low for token in tokens[start : mark.first]]
        blocked = {"is", "are", "was", "were", "been", "be", "being", "not", "n't", "to", "never"}
        if not words or blocked & set(words) or len(words) > 14:
            continue
        if any(start <= each.first < mark.first for each in sentence.of("object")):
            continue
        if tokens[mark.first - 1].low in DETERMINERS:  # "its photographs show"
            continue
        last = mark.last
        if last < len(tokens) and tokens[last].low in {"that", "how"}:
            last += 1
        return [Frame(start, last, "watch", names(sentence.cut(start, mark.first)))]
    return []


def _is_taken(sentence: Sentence, first: int, last: int) -> bool:
    return any(first <= mark.first < last for mark in sentence.of("taken"))


def _image_speakers(sentence: Sentence, first: int, last: int) -> tuple[str, ...]:
    text = sentence.cut(first, last)
    return tuple(
        found[1].strip()
        for found in re.finditer(
            r"\b(?:by|from)\s+((?:the\s+)?[A-Z][\w&.’'-]*(?:\s+[A-Z][\w&.-]*)*)", text
        )
        if not re.match(r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)", found[1])
    )


def _speech(sentence: Sentence) -> list[Frame]:
    found: list[Frame] = []
    for mark in sentence.of("report"):
        if sentence.tokens[mark.first].low not in SPEECH:
            continue
        if mark.first and sentence.tokens[mark.first - 1].low == "without":
            continue
        frame = _speech_at(sentence, mark)
        if frame is not None:
            found.append(frame)
    return found


def _speech_at(sentence: Sentence, mark: Mark) -> Frame | None:
    tokens = sentence.tokens
    word = tokens[mark.first].low
    after = tokens[mark.last].low if mark.last < len(tokens) else "."
    conjunction = that(sentence, mark.last)
    start = subject_start(sentence, mark.first)
    trailing = start > 0 and tokens[start - 1].low in {",", "”", '"', "“", "’"}
    if conjunction is not None:
        speakers = names(sentence.cut(start, conjunction))
        return Frame(start, conjunction + 1, "speech", speakers)
    passive = tokens[mark.first - 1].low in _PASSIVE if mark.first else False
    if any(token.low in {"that", "which", "whom"} for token in tokens[start + 1 : mark.first]):
        return None  # "vehicles that the analyst believes to be radars"
    if trailing and not passive and _short(sentence, mark):
        last = trailing_end(sentence, mark.last)
        if after == "," and not _verb_before(sentence, start):
            last = mark.last + 1  # "At the port, it says, nothing moved."
        first = start - 1 if tokens[start - 1].low == "," else start
        return Frame(first, last, "speech", names(sentence.cut(start, last)))
    if word in _PLAIN_SPEECH and after not in {".", "in", "to", "of"} and mark.first > start:
        last = adjuncts(sentence, mark.last)
        return Frame(start, last, "speech", names(sentence.cut(start, mark.first)))
    if word in _PLAIN_SPEECH and after in {"in", "to"} and not passive:
        last = until_comma(sentence, mark.last)
        return Frame(
            start, min(last + 1, len(tokens)), "speech", names(sentence.cut(start, mark.first))
        )
    return None


def _hearsay(sentence: Sentence) -> list[Frame]:
    """As in "nobody has withdrawn *the claim that*", "reports that": what follows is the claim."""
    tokens = sentence.tokens
    return [
        Frame(subject_start(sentence, index), index + 2, "speech", ())
        for index in range(len(tokens) - 2)
        if tokens[index].low in _HEARSAY and tokens[index + 1].low == "that"
    ]


_HEARSAY = word_set("attribution", "hearsay")


def _verb_before(sentence: Sentence, position: int) -> bool:
    return any(
        mark.first < position and mark.term.form not in {"noun", "adjective", ""}
        for role in ("predicate", "verb", "show", "see")
        for mark in sentence.of(role)
    )


_PASSIVE = {"be", "been", "being", "was", "were", "is", "are", "to", "as", "of", "in", "by"}


def _short(sentence: Sentence, mark: Mark) -> bool:
    return len(sentence.tokens) - mark.last < 30
