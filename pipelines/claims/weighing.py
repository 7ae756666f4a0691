"""Whether a statement is one to test: the rules' finding, weighed with all else that is known.

The reason that the rules give is right about four times in five. What they found on the way, the
kind of thing and of verb, the article, the frame, says more together than the first rule that
fits: each finding has a weight (``weights.toml``), and their sum is the log-odds that somebody who
annotates the text calls the statement checkable. ``training.claim_weights`` fits them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from functools import lru_cache

from pipelines.claims.clauses import Clause
from pipelines.claims.context import View
from pipelines.claims.draft import Draft
from pipelines.claims.facts import Facts
from pipelines.claims.predicates import Said
from pipelines.claims.things import Thing
from pipelines.claims.unnamed import verb_first
from pipelines.claims.verbs import verbal
from pipelines.claims.wordlists import table, word_set

EVEN, CLEAR = 0.5, 0.6
"""Shares from which on a statement is called checkable: the first where the rules found nothing
against it but a fallback, the second where a wording spoke for another reason."""

_FALLBACK = "background"
"""What the rules say where nothing tells them more."""
_SOFT = {_FALLBACK, "statement"}
"""Reasons that may be overruled; a forecast, a purpose, a conclusion remains one."""
_PLAIN = {"said change", "own date"}
"""A change with its day is told as a fact: the rules' word stands."""


def weighed(draft: Draft, facts: Facts, found: frozenset[str]) -> Draft:
    """The draft with the reason that remains once all findings are weighed.

    Args:
        draft: As the rules leave it.
        facts: What the rules knew.
        found: From ``findings``.
    """
    draft = replace(draft, findings=found)
    share = checkable_share(found)
    if share is None or draft.withdraws:
        return draft
    needed = EVEN if draft.reason == _FALLBACK else CLEAR
    testable = facts.fixed and draft.date is not None
    if draft.reason in _SOFT and share >= needed and testable:
        return replace(draft, reason=None)
    if draft.reason is None and share < EVEN and not found >= _PLAIN:
        return replace(draft, reason="statement" if facts.spoken else _FALLBACK)
    return draft


def checkable_share(found: frozenset[str]) -> float | None:
    """The share of statements with these findings that are checkable; None without weights."""
    weights = _weights()
    if not weights:
        return None
    odds = weights["always"] + math.fsum(weights.get(name, 0.0) for name in found)
    return 1 / (1 + math.exp(-odds))


@lru_cache(maxsize=1)
def _weights() -> dict[str, float]:
    return dict(table("weights")["weights"])


def findings(
    view: View, clause: Clause, read: tuple[Thing | None, Said | None], draft: Draft, facts: Facts
) -> frozenset[str]:
    """Name all that is known of a statement.

    Args:
        view: Its sentence.
        clause: Its clause.
        read: The thing, and what is said of it.
        draft: As the rules leave it.
        facts: What the rules knew.
    """
    thing, said = read
    found = {f"reason {draft.reason}", f"predicate {draft.predicate}", f"count {draft.count.op}"}
    found |= {f"class {draft.object_class}"}
    counted, carried = bool(draft.count.value), draft.object_text is not None
    found.update(_of_thing(view, thing, counted=counted, carried=carried))
    found.update(_of_verb(view, thing, said))
    found.update(_of_clause(view, clause, facts))
    start, end = view.characters(clause.first, clause.last)
    found.add(f"quoted {4 * (draft.end - draft.start) // max(1, end - start)}")
    return frozenset(found)


def _of_thing(view: View, thing: Thing | None, *, counted: bool, carried: bool) -> Iterator[str]:
    if thing is None:
        yield "thing carried" if carried else "thing none"
        return
    yield f"preposition {thing.oblique}"
    yield "thing plural" if thing.plural else "thing singular"
    if thing.named:
        yield "thing named"
    low = view.sentence.tokens[thing.first].low
    bare = thing.first == thing.head
    other = "number" if counted else "bare" if bare else "other"
    yield f"determiner {low if low in _ARTICLES else other}"


def _of_verb(view: View, thing: Thing | None, said: Said | None) -> Iterator[str]:
    if said is None:
        yield "said none"
        return
    yield "said presence" if said.bare else "said change"
    if said.negated:
        yield "said denied"
    if said.last == said.first:
        return
    for mark in view.sentence.at("predicate", said.first):
        if mark.first == said.first:
            yield f"form {mark.term.form}"
    if thing is not None:
        ahead, inside = said.last <= thing.first, said.first < thing.last
        yield f"order {'ahead' if ahead else 'inside' if inside else 'behind'}"


def _of_clause(view: View, clause: Clause, facts: Facts) -> Iterator[str]:
    tokens = view.sentence.tokens[clause.first : clause.last]
    words = {token.low for token in tokens}
    yield from (f"word {word}" for word in words & _WORDS)
    yield f"first {tokens[0].low if tokens[0].low in _FIRST else 'other'}"
    yield f"opener {clause.opener}"
    yield f"length {min(5, len(tokens) // 5)}"
    if clause.frame is not None:
        yield f"frame {clause.frame.kind}"
    own = view.places_in(clause.first, clause.last)
    given = {
        "own place": any(place.level == "fixed" for place in own),
        "own date": bool(view.dates_in(clause.first, clause.last)),
        "opens a paragraph": view.sentence.start == 0,
        "opens a sentence": clause.first == 0,
        "ends a sentence": clause.last >= len(view.sentence.tokens) - 1,
        "opens with a verb": verb_first(view, clause),
        "without a verb": not verbal(view.sentence, clause.first, clause.last, view.things),
        "with a remark": clause.hole != (0, 0),
        "subject of another kind": facts.subject,
        "verb of another kind": facts.verb,
        "spoken": facts.spoken,
        "digits": any(word.isdigit() for word in words),
        "ending in ing": any(word.endswith("ing") for word in words),
    }
    yield from (name for name, holds in given.items() if holds)


_ARTICLES = word_set("weighing", "articles")
_FIRST = word_set("weighing", "first")
_WORDS = word_set("weighing", "words")
