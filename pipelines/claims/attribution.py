"""Who says so: the parts of a sentence that frame a statement, and the names in them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from pipelines.claims.grammar import DETERMINERS
from pipelines.claims.tokens import Mark, Sentence
from pipelines.claims.wordlists import word_set

SPEECH = word_set("attribution", "speech")
_PLAIN_SPEECH = word_set("attribution", "plain_speech")
_STRONG_STOP = {";", ":", "(", ")", "—"}


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
    found += [*_speech(sentence), *_watched(sentence)]
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
            last = _until_comma(sentence, index + 2)
            name = sentence.cut(index + 2, last) if last > index + 2 else ""
            if last < len(tokens) and tokens[last].low == ",":
                last += 1
            first = index - 1 if index and tokens[index - 1].low == "," else index
            imaged = any(index <= mark.first < last for mark in sentence.of("image"))
            kind = "image" if imaged else "speech"
            found.append(Frame(first, last, kind, _names(name)))
    return found


def _until_comma(sentence: Sentence, first: int) -> int:
    tokens = sentence.tokens
    for index in range(first, len(tokens)):
        low = tokens[index].low
        if low in {",", ";", ":", ".", "(", "—", "–", "”", '"'}:
            return index
    return len(tokens)


def _images(sentence: Sentence) -> list[Frame]:
    """As in "Images taken on D by X show ..." and "analysts counted ..."."""
    tokens = sentence.tokens
    for mark in sentence.of("show"):
        subject = [each for each in sentence.of("image") if each.last <= mark.first]
        following = tokens[mark.last].low if mark.last < len(tokens) else ""
        participle = mark.term.form in {"past", "participle"}
        if participle and following in {"on", "by", "in", "from", "between", "over", "during"}:
            continue
        if not subject or (mark.term.form == "ing" and subject[-1].last != mark.first):
            continue
        first = _clause_start(sentence, subject[-1].first)
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


def _dateline(sentence: Sentence) -> list[Frame]:
    """As in "KYIV, May 3 (Reuters) -" in front of a report."""
    tokens = sentence.tokens
    if not tokens or len(tokens[0].text) < 3 or not tokens[0].text.isupper():
        return []
    for index in range(1, min(14, len(tokens))):
        if (
            tokens[index].text in {"-", "—", "–", "--"}
            and tokens[index - 1].end < tokens[index].start
        ):
            return [Frame(0, index + 1, "speech", ())]
    return []


def _watched(sentence: Sentence) -> list[Frame]:
    """As in "Analysts counted ...", "Channel 4 News observed ...": somebody named saw it."""
    tokens = sentence.tokens
    for mark in sentence.of("see"):
        if mark.term.form not in {"past", "base", "s"} or mark.first == 0:
            continue
        start = _subject_start(sentence, mark.first)
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
        return [Frame(start, last, "watch", _names(sentence.cut(start, mark.first)))]
    return []


def _clause_start(sentence: Sentence, position: int) -> int:
    """Walk back from an image noun to the start of its clause."""
    tokens = sentence.tokens
    start = position
    while start > 0:
        low = tokens[start - 1].low
        if low in _STRONG_STOP or low in {"and", "but", "while", "as", "“", '"', "which", "that"}:
            break
        if low == "," and any(start - 1 > mark.first for mark in sentence.of("verb")):
            break
        start -= 1
    return start


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
    that = _that(sentence, mark.last)
    start = _subject_start(sentence, mark.first)
    trailing = start > 0 and tokens[start - 1].low in {",", "”", '"', "“", "’"}
    if that is not None:
        return Frame(start, that + 1, "speech", _names(sentence.cut(start, that)))
    passive = tokens[mark.first - 1].low in _PASSIVE if mark.first else False
    if trailing and not passive and _short(sentence, mark):
        last = _trailing_end(sentence, mark.last)
        if after == "," and not _verb_before(sentence, start):
            last = mark.last + 1  # "At the port, it says, nothing moved."
        first = start - 1 if tokens[start - 1].low == "," else start
        return Frame(first, last, "speech", _names(sentence.cut(start, last)))
    if word in _PLAIN_SPEECH and after not in {".", "in", "to", "of"} and mark.first > start:
        last = _adjuncts(sentence, mark.last)
        return Frame(start, last, "speech", _names(sentence.cut(start, mark.first)))
    if word in _PLAIN_SPEECH and after in {"in", "to"} and not passive:
        last = _until_comma(sentence, mark.last)
        return Frame(
            start, min(last + 1, len(tokens)), "speech", _names(sentence.cut(start, mark.first))
        )
    return None


def _verb_before(sentence: Sentence, position: int) -> bool:
    return any(
        mark.first < position and mark.term.form not in {"noun", "adjective", ""}
        for role in ("predicate", "verb", "show", "see")
        for mark in sentence.of(role)
    )


_PASSIVE = {"be", "been", "being", "was", "were", "is", "are", "to", "as", "of", "in", "by"}


def _that(sentence: Sentence, position: int) -> int | None:
    """Index of "that" a few words after a verb of speech."""
    for index in range(position, min(position + 15, len(sentence.tokens))):
        if sentence.tokens[index].low == "that":
            return index
        if sentence.tokens[index].low in {".", ";", "“", '"'}:
            return None
    return None


def _subject_start(sentence: Sentence, position: int) -> int:
    tokens = sentence.tokens
    start = position
    while start > 0:
        low = tokens[start - 1].low
        if low in _STRONG_STOP | {"”", '"', "“", "but", "while", "although", "though"}:
            break
        if low == "," and not _appositive(sentence, start - 1, position):
            break
        if low in {"and", "as"} and start - 1 > 0 and tokens[start - 2].low == ",":
            break
        start -= 1
    return start


def _appositive(sentence: Sentence, comma: int, position: int) -> bool:
    """Whether a comma belongs to the speaker: "Vold, an analyst at X, said"."""
    tokens = sentence.tokens
    if position - 1 > comma and tokens[position - 1].low == ",":
        return True
    inner = [token.low for token in tokens[comma + 1 : position]]
    return inner[:1] in (["citing"], ["a"], ["an"]) and "," in inner


def _short(sentence: Sentence, mark: Mark) -> bool:
    return len(sentence.tokens) - mark.last < 30


def _trailing_end(sentence: Sentence, position: int) -> int:
    """A trailing frame runs to the next quotation mark, or to the end of the sentence."""
    tokens = sentence.tokens
    for index in range(position, len(tokens)):
        if tokens[index].low in {"“", '"'} and index > position:
            return index
        if tokens[index].low in {",", ";"} and index + 1 < len(tokens):
            following = tokens[index + 1].low
            if following in {"adding", "and", "but", "while", "“", '"', "with"}:
                return index
    return len(tokens)


def _adjuncts(sentence: Sentence, position: int) -> int:
    """Step over "on Monday", "in a statement", "on Telegram" after "said"."""
    tokens = sentence.tokens
    index = position
    calendar = {"monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"}
    while index < len(tokens):
        low = tokens[index].low
        if low in calendar or low in {"yesterday", "late", "early", "earlier", ",", "today"}:
            index += 1
        elif low in {"on", "in", "via"} and index + 1 < len(tokens):
            following = tokens[index + 1]
            if following.low in calendar or following.low in {
                "telegram",
                "x",
                "twitter",
                "facebook",
            }:
                index += 2
            elif (
                (following.low in {"a", "its", "his", "their", "an"} and _medium(tokens, index + 2))
                or following.text[:1].isdigit()
                or following.low[:3] in _MONTHS
            ):
                index += 3
            else:
                break
        else:
            break
    return index


_MONTHS = word_set("attribution", "months")


def _medium(tokens: Sequence[object], index: int) -> bool:
    words = {"statement", "post", "report", "briefing", "tweet", "letter", "message", "note"}
    return index < len(tokens) and getattr(tokens[index], "low", "") in words


def _names(text: str) -> tuple[str, ...]:
    """Speakers in the words of a frame: whoever is cited first, then who passes it on."""
    text = re.sub(r"[“”\"]", "", text).strip(" ,")
    cited = re.search(r"\bciting\s+(.+?)(?:,|$)", text)
    words = re.sub(r",?\s*citing\s+.+", "", text)
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
