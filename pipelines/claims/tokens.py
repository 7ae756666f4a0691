"""Words of a sentence, and what the lexicons say that they can be."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pipelines.claims.lexicon import Term, terms
from pipelines.claims.sentences import LONGEST, sentence_spans

if TYPE_CHECKING:
    from spacy.language import Language
    from spacy.matcher import PhraseMatcher


LEAST_WORDS = 8
"""Different words in a long stretch; with fewer it is filling and is passed over."""


@dataclass(frozen=True, slots=True)
class Token:
    """A word or mark; ``start`` and ``end`` count characters of its block."""

    text: str
    low: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Mark:
    """A phrase of the lexicons: tokens ``first`` to ``last`` (exclusive) of its sentence."""

    first: int
    last: int
    term: Term


@dataclass(frozen=True, slots=True)
class Sentence:
    """Tokens and marks of one sentence.

    Attributes:
        text: The whole block; offsets of tokens count in it.
        start, end: Of the sentence in the block.
        marks: By role, left to right; those of one role do not overlap.
    """

    text: str
    start: int
    end: int
    tokens: tuple[Token, ...]
    marks: dict[str, list[Mark]] = field(default_factory=dict)

    def of(self, role: str) -> list[Mark]:
        """The marks of a role."""
        return self.marks.get(role, [])

    def at(self, role: str, position: int) -> list[Mark]:
        """The marks of a role that cover a token."""
        return [mark for mark in self.of(role) if mark.first <= position < mark.last]

    def cut(self, first: int, last: int) -> str:
        """The text of tokens ``first`` to ``last`` (exclusive)."""
        return self.text[self.tokens[first].start : self.tokens[last - 1].end]

    def token_at(self, offset: int) -> int:
        """Index of the first token that ends after a character of the block."""
        for index, token in enumerate(self.tokens):
            if token.end > offset:
                return index
        return len(self.tokens)


@lru_cache(maxsize=1)
def english() -> Language:
    """The rule tokenizer; nothing statistical is loaded."""
    import spacy

    return spacy.blank("en")


@lru_cache(maxsize=1)
def _lexicon() -> tuple[PhraseMatcher, dict[tuple[str, ...], tuple[Term, ...]]]:
    """What finds the phrases of the word lists, and what each can be; they are cut only once."""
    from spacy.matcher import PhraseMatcher

    nlp = english()
    docs = [nlp.make_doc(phrase) for phrase in terms()]
    matcher = PhraseMatcher(nlp.vocab, attr="LOWER")
    matcher.add("lexicon", docs)
    found: dict[tuple[str, ...], tuple[Term, ...]] = {}
    for doc, meanings in zip(docs, terms().values(), strict=True):
        key = tuple(token.lower_ for token in doc)
        found[key] = found.get(key, ()) + meanings
    return matcher, found


def sentences(text: str) -> Iterator[Sentence]:
    """Cut a block into sentences with their marks."""
    for start, end in sentence_spans(text):
        if end - start < LONGEST // 2 or len(set(text[start:end].split())) >= LEAST_WORDS:
            yield _sentence(text, start, end)


def _sentence(text: str, start: int, end: int) -> Sentence:
    doc = english().make_doc(text[start:end])
    tokens: list[Token] = []
    place: dict[int, int] = {}
    lows: list[str] = []
    for number, each in enumerate(doc):
        word, low = each.text, each.lower_
        lows.append(low)
        if not word.isspace():
            place[number] = len(tokens)
            first = start + each.idx
            tokens.append(Token(word, low.replace("’", "'"), first, first + len(word)))
    marks = sorted([*_marks(doc, lows, place), *_versions(tokens)], key=lambda mark: mark.first)
    return Sentence(text, start, end, tuple(tokens), _by_role(marks))


def _marks(doc: Any, lows: Sequence[str], place: dict[int, int]) -> Iterator[Mark]:
    matcher, meanings = _lexicon()
    for _, first, last in matcher(doc):
        start = place.get(first)
        if start is None:
            continue
        end = start + last - first
        for term in meanings.get(tuple(lows[first:last]), ()):
            if term.type >= 0 and _lower_words(doc[first:last].text):
                continue
            yield Mark(start, end, term)


def _lower_words(text: str) -> bool:
    """Whether what could be a type's name is written as a common word: "tor", "grad"."""
    return text.islower() and not any(map(str.isdigit, text))


_DESIGNATION = re.compile(r"([A-Za-z]{1,4}-\d{1,3})[A-Za-z]{1,4}\d{0,2}[A-Za-z]{0,2}?(s?)$")


def _versions(tokens: Sequence[Token]) -> Iterator[Mark]:
    """Versions of a named type that the list does not spell out: "Tu-95MS", "Su-34s"."""
    for index, token in enumerate(tokens):
        found = _DESIGNATION.match(token.text)
        if found is None or token.low in terms():
            continue
        for term in terms().get(found[1].lower(), ()):
            if term.type >= 0:
                form = "plural" if token.text.endswith("s") else "singular"
                yield Mark(index, index + 1, replace(term, form=form))


def _by_role(marks: Sequence[Mark]) -> dict[str, list[Mark]]:
    found: dict[str, list[Mark]] = {}
    for mark in marks:
        found.setdefault(mark.term.role, []).append(mark)
    return {role: _longest(each) for role, each in found.items()}


def _longest(marks: list[Mark]) -> list[Mark]:
    """Drop marks inside a longer one; of equal ones all meanings stay."""
    kept: list[Mark] = []
    for mark in sorted(marks, key=lambda each: (each.first - each.last, each.first)):
        clash = any(
            mark.first < other.last
            and other.first < mark.last
            and (mark.first, mark.last) != (other.first, other.last)
            for other in kept
        )
        if not clash:
            kept.append(mark)
    return sorted(kept, key=lambda each: each.first)
