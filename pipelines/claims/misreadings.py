"""Words that look like a state and are none."""

from __future__ import annotations

from pipelines.claims.grammar import (
    ADVERBS,
    AUXILIARIES,
    BE,
    CONJUNCTIONS,
    DETERMINERS,
    PREPOSITIONS,
)
from pipelines.claims.tokens import Mark, Sentence
from pipelines.claims.wordlists import word_set

_COMPARATIVES = word_set("misreadings", "comparatives")
_LINKING = BE | word_set("misreadings", "linking")


def misread(sentence: Sentence, mark: Mark) -> bool:
    """As in "no *longer*", which lengthens nothing; "ships *lay* there" is the past of lie."""
    low = sentence.tokens[mark.first].low
    before = sentence.tokens[mark.first - 1].low if mark.first else ""
    if _attributive(sentence, mark) or (low == "without" and before not in _LINKING):
        return True
    if mark.term.form == "adjective" and low.endswith("ed") and _takes(sentence, mark):
        return True
    if low == "longer" and before == "no":
        return True
    if low in _HOLD and mark.term.value == "unchanged" and mark.last - mark.first == 1:
        return before in BE or _taking(sentence, mark)
    if mark.term.form == "adjective" and low in _COMPARATIVES and mark.last - mark.first == 1:
        behind = [token.low for token in sentence.tokens[mark.last : mark.last + 2]]
        ahead = {token.low for token in sentence.tokens[max(0, mark.first - 3) : mark.first]}
        return not (ahead & _LINKING or "than" in behind)
    return low == "lay" and mark.term.value == "built" and before not in AUXILIARIES | {"to", "and"}


def _attributive(sentence: Sentence, mark: Mark) -> bool:
    """As in "on the *empty* land": between an article and a noun that no list knows."""
    if mark.term.form != "adjective" or not mark.first or mark.last >= len(sentence.tokens):
        return False
    behind = sentence.tokens[mark.last]
    return (
        mark.last - mark.first == 1
        and sentence.tokens[mark.first - 1].low in DETERMINERS - {"no", "all", "both", "'s"}
        and behind.low.isalpha()
        and behind.low not in PREPOSITIONS | CONJUNCTIONS | AUXILIARIES | ADVERBS
    )


def _takes(sentence: Sentence, mark: Mark) -> bool:
    """As in "scaffolding still *covered the* front": a verb with its object, and no adjective."""
    behind = sentence.tokens[mark.last : mark.last + 1]
    ahead = [token.low for token in sentence.tokens[max(0, mark.first - 3) : mark.first]]
    object_of = bool(behind) and behind[0].low in DETERMINERS - {"no", "all", "both", "'s"}
    return (
        object_of
        and mark.last - mark.first == 1
        and not _LINKING & set(ahead)
        and any(each.term.voice for each in sentence.at("predicate", mark.first))
    )


_HOLD = {"hold", "holds", "held", "holding"}
_AFTER_HOLD = word_set("misreadings", "after_hold")


def _taking(sentence: Sentence, mark: Mark) -> bool:
    """As in "the apron *held* nine jets"; where nothing is held, as in "the dam held", it stood."""
    behind = sentence.tokens[mark.last : mark.last + 1]
    return bool(behind) and behind[0].low[0].isalnum() and behind[0].low not in _AFTER_HOLD


def hyphened(sentence: Sentence, mark: Mark) -> bool:
    """As in "the Russian-installed governor": half of an adjective."""
    tokens = sentence.tokens
    return (
        mark.first > 1
        and tokens[mark.first - 1].text in {"-", "\u2010", "\u2011"}
        and tokens[mark.first - 1].end == tokens[mark.first].start
        and tokens[mark.first - 2].end == tokens[mark.first - 1].start
    )


def hedging(sentence: Sentence, mark: Mark) -> bool:
    """As in "appears to", "appeared intact": a hedge, no arrival."""
    if not sentence.tokens[mark.first].low.startswith("appear"):
        return False
    if mark.last >= len(sentence.tokens):
        return False
    low = sentence.tokens[mark.last].low
    return low in {"to", "as", "not", "that"} or any(
        each.first == mark.last and each.term.form in {"adjective", "participle"}
        for each in sentence.at("predicate", mark.last)
    )
