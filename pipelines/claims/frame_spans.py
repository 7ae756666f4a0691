"""From where to where the frame of a statement reaches."""

from __future__ import annotations

from collections.abc import Sequence

from pipelines.claims.tokens import Sentence
from pipelines.claims.wordlists import word_set

_STRONG_STOP = {";", ":", "(", ")", "—"}


def until_comma(sentence: Sentence, first: int) -> int:
    """Walk on to the next mark that ends a phrase."""
    tokens = sentence.tokens
    for index in range(first, len(tokens)):
        low = tokens[index].low
        if low in {",", ";", ":", ".", "(", "—", "–", "”", '"'}:
            return index
    return len(tokens)


def comma_before(sentence: Sentence, position: int) -> int | None:
    """A comma up to three words before a noun, with no verb between."""
    for index in range(position - 1, max(0, position - 4), -1):
        if sentence.tokens[index].low == ",":
            return index
    return None


def clause_start(sentence: Sentence, position: int) -> int:
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


def that(sentence: Sentence, position: int) -> int | None:
    """Index of "that" a few words after a verb of speech."""
    for index in range(position, min(position + 15, len(sentence.tokens))):
        if sentence.tokens[index].low == "that":
            return index
        if sentence.tokens[index].low in {".", ";", "“", '"'}:
            return None
    return None


def subject_start(sentence: Sentence, position: int) -> int:
    """Walk back from a verb of speech to the start of whoever speaks."""
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
    if position - 1 == comma:  # it closes the remark that an earlier one opened
        opening = next((i for i in range(comma - 1, -1, -1) if tokens[i].low == ","), -1)
        return opening > 0 and tokens[opening + 1].low in _REMARKS
    inner = [token.low for token in tokens[comma + 1 : position]]
    return inner[:1] in (["citing"], ["quoting"], ["a"], ["an"]) and "," in inner


_REMARKS = {"citing", "quoting", "a", "an", "the", "who", "whose", "speaking", "himself", "herself"}


def trailing_end(sentence: Sentence, position: int) -> int:
    """A trailing frame runs to the next quotation mark, or to the end of the sentence."""
    tokens = sentence.tokens
    for index in range(position, len(tokens)):
        if tokens[index].low in {"“", '"'} and index > position:
            return index
        if tokens[index].low == ";" or (tokens[index].low == ":" and index > position):
            return index
        if tokens[index].low == "," and index + 1 < len(tokens):
            following = tokens[index + 1].low
            if following in {"adding", "and", "but", "while", "“", '"', "with"}:
                return index
    return len(tokens)


def adjuncts(sentence: Sentence, position: int) -> int:
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
