"""Verbs that name no state of ours."""

from __future__ import annotations

from pipelines.claims.clauses import Clause
from pipelines.claims.context import View
from pipelines.claims.things import Thing
from pipelines.claims.unnamed import POINTERS
from pipelines.claims.verbs import verbs
from pipelines.claims.wordlists import word_set


def other_verb(view: View, clause: Clause, thing: Thing | None) -> bool:
    """Whether a verb that names no state says something of the thing, or "is" makes it a fact."""
    tokens = view.sentence.tokens
    for mark in verbs(view.sentence, clause.first, clause.last, view.things):
        showing = mark.term.role == "show" and thing is not None
        trailing = thing is not None and mark.first == thing.last and mark.term.form == "ing"
        if not (showing and thing is not None and mark.first < thing.first) and not trailing:
            return True
    for index in range(clause.first, clause.last):
        if tokens[index].low in {"is", "are", "was", "were"}:
            before = tokens[index - 1].low if index else ""
            after = tokens[index + 1].low if index + 1 < clause.last else ""
            if _is_one(view, clause, index):
                continue
            if before == "there" or after in _PLACING or after in POINTERS or after.isdigit():
                continue
            return True
        if tokens[index].low in {"has", "have", "had"}:
            return not _holding(view, clause, thing, index)
    return False


def _is_one(view: View, clause: Clause, verb: int) -> bool:
    """As in "the third is a water tower"; "it is theatre" means no thing."""
    meant = [each for each in view.things if each.first == verb + 1 and not each.oblique]
    pronoun = view.sentence.tokens[clause.first].low in {"it", "this", "that", "what"}
    if not meant:
        return False
    named = view.sentence.tokens[verb + 1].low in {"the", "its", "their", "our"}
    return not named and not (pronoun and meant[0].first == meant[0].head)


def _holding(view: View, clause: Clause, thing: Thing | None, index: int) -> bool:
    """As in "Ostrov had twenty helicopters", "the base now has two runways": the place holds it."""
    tokens = view.sentence.tokens
    if thing is None or not 0 < thing.first - index <= 2:
        return False
    words = {token.low for token in tokens[clause.first : clause.last]}
    return (
        tokens[index].low == "had"
        or thing.object_class == "crater/damage"
        or bool(words & {"now", "still", "currently", "again"})
    )


_PLACING = word_set("reading", "placing")
