"""Words that look like a state and are none."""

from __future__ import annotations

from pipelines.claims.grammar import AUXILIARIES, BE
from pipelines.claims.tokens import Mark, Sentence

_COMPARATIVES = {
    "longer", "bigger", "busier", "larger", "taller", "denser", "fuller", "smaller", "shorter",
    "lower", "thinner", "narrower", "emptier", "higher", "wider", "deeper", "fewer"
}  # fmt: skip

_LINKING = BE | {
    "look", "looks", "looked", "appear", "appears", "seem", "seems", "become", "became",
    "grew", "grown", "got", "gets", "getting"
}  # fmt: skip


def misread(sentence: Sentence, mark: Mark) -> bool:
    """As in "no *longer*", which lengthens nothing; "ships *lay* there" is the past of lie."""
    low = sentence.tokens[mark.first].low
    before = sentence.tokens[mark.first - 1].low if mark.first else ""
    if low == "longer" and before == "no":
        return True
    if mark.term.form == "adjective" and low in _COMPARATIVES and mark.last - mark.first == 1:
        behind = [token.low for token in sentence.tokens[mark.last : mark.last + 2]]
        ahead = {token.low for token in sentence.tokens[max(0, mark.first - 3) : mark.first]}
        return not (ahead & _LINKING or "than" in behind)
    return low == "lay" and mark.term.value == "built" and before not in AUXILIARIES | {"to", "and"}


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
