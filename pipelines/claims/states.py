"""What a predicate means for this thing: its state and its number."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from pipelines.claims.claim import NO_COUNT, Count
from pipelines.claims.clauses import Clause
from pipelines.claims.comparing import comparison
from pipelines.claims.context import Context, View
from pipelines.claims.counts import UNITS, read_count, whole_number
from pipelines.claims.elliptic import ORDINALS, dated_number, number_alone
from pipelines.claims.fitting import fitting, hurt
from pipelines.claims.grammar import AUXILIARIES
from pipelines.claims.predicates import Read, Said
from pipelines.claims.things import Thing
from pipelines.claims.unnamed import POINTERS, verb_first


def unnamed_count(view: View, clause: Clause, said: Said) -> Count:
    """The number in front of a noun that no list knows."""
    tokens = view.sentence.tokens[clause.first : said.first]
    words = [token.low for token in tokens]
    if "," in words:
        words = words[len(words) - words[::-1].index(",") :]
    number = next(
        (
            index
            for index, word in enumerate(words[:6])
            if whole_number(word) is not None and word not in {"one", "zero"}
        ),
        None,
    )
    if number is None or len(words) < number + 2 or words[number + 1] in UNITS | {"-", "of"}:
        return NO_COUNT
    return read_count(words[: number + 1], plural=True)


def _tallied(word: str) -> Count | None:
    if word in {"none", "nil", "zero"}:
        return Count("eq", 0)
    number = whole_number(word)
    return None if number is None else Count("eq", number)


def front_count(view: View, clause: Clause, thing: Thing) -> Count | None:
    """The number of "of the eight tanks, *five* are gone": it stands after the comma."""
    tokens = view.sentence.tokens
    after = [token.low for token in tokens[thing.last : min(clause.last, thing.last + 6)]]
    if ":" in after and len(after) > after.index(":") + 1:
        return _tallied(after[after.index(":") + 1])
    if after[:1] and after[0] in {"numbering", "totalling", "totaling"}:
        number = next((i for i, word in enumerate(after) if whole_number(word) is not None), None)
        return None if number is None else read_count(after[1 : number + 1], plural=True)
    if tokens[clause.first].low != "of" or thing.first > clause.first + 2:
        return None
    words = [token.low for token in tokens[thing.last : clause.last]]
    words = words[words.index(",") + 1 :] if "," in words else words[:2]
    if set(words[:2]) & {"none", "neither"} or words[:2] == ["not", "one"]:
        return Count("eq", 0)
    size = next((i for i, word in enumerate(words[:5]) if whole_number(word) is not None), None)
    return None if size is None else read_count(words[: size + 1], plural=True)


def carried_thing(view: View, clause: Clause, context: Context) -> Thing | None:
    """The thing that "they" or "both" means, from an earlier clause, with its own number."""
    dated = {place for moment in view.dates for place in range(moment.start, moment.end)}
    words = [
        token.low
        for token in view.sentence.tokens[clause.first : clause.last][:8]
        if token.start not in dated
    ][:6]
    if context.thing is None:
        return None
    if words[:1] == ["she"] and context.ship is not None:
        return replace(context.ship, count=Count("eq", 1), plural=False)
    if clause.first and comparison(view.sentence.cut(clause.first, clause.last)) is not None:
        return replace(context.thing, count=NO_COUNT)
    number = dated_number(view, clause) or number_alone(view, clause)
    if number is not None:
        return replace(context.thing, count=number)
    if verb_first(view, clause):
        # A verb without a subject shares the one of its own sentence, and of no other.
        return context.thing if context.thing_sentence is view.sentence else None
    counted = words[:1] == ["a"] and bool(set(words[1:2]) & ORDINALS)
    counted = counted or (words[:1] == ["the"] and words[1:2] != [] and _picks_one(words))
    counted = counted or any(
        whole_number(word) is not None or word == "dozen" for word in _before_verb(words)
    )
    if not counted and not set(words) & (POINTERS - {"there"} | {"rest", "remainder", "latter"}):
        return None
    head: list[str] = []
    for word in words:
        if word in AUXILIARIES or (len(head) > 1 and word in {"of", "in", "at"}):
            break
        head.append(word)
    count = _pronoun_count(head, context.thing.count)
    return None if count is None else replace(context.thing, count=count)


def _before_verb(words: Sequence[str]) -> Sequence[str]:
    """The word right before an auxiliary: "only a *dozen* were left"."""
    return [word for word, after in pairwise(words) if after in AUXILIARIES]


def _pronoun_count(head: Sequence[str], before: Count) -> Count | None:
    """The number in "five of them", "most", "neither"; None where they point at nothing."""
    said = set(head)
    if {"of", "it"} <= said or ({"of", "them"} <= said and len(head) < 3):
        return NO_COUNT
    if set(head[:2]) & {"they", "it", "she", "which", "that", "these", "those"}:
        return before
    if head[:1] == ["the"]:
        if head[1:2] and len(head) == 2 and head[1].endswith(("est", "st", "nd", "rd", "th")):
            return Count("eq", 1)
        if set(head[1:2]) & {"others", "rest", "remainder", "remaining", "other", "latter"}:
            return read_count(head[2:], plural=True)
        return None
    if head[:1] == ["another"] or (head[:1] == ["a"] and set(head[1:2]) & ORDINALS):
        return Count("eq", 1)
    if said & {"most", "their", "half"} or ("some" in said and not _numbers(head)):
        return NO_COUNT
    if said & {"none", "nothing", "neither"}:
        return Count("eq", 0)
    return read_count(head, plural=True)


def _picks_one(words: Sequence[str]) -> bool:
    """As in "the newest lies broken": which one of those named before."""
    picked = words[1].endswith("est") or words[1] in {"first", "second", "third", "last"}
    return picked and (words[2:3] == [","] or bool(set(words[2:3]) & AUXILIARIES))


def _numbers(words: Sequence[str]) -> bool:
    return any(whole_number(word) is not None for word in words)


_FROM_TO = re.compile(
    r"\bfrom\s+(?:(?:about|around|some|approximately|roughly|nearly|over|just)\s+)?[\w,]+\s+"
    r"(?:(?:in|on|at)\s+(?:\w+\s+){1,3})?to\s+(\d[\d,]*|[a-z]+)\b(?![.,]\d|\s*%)\s*(\w*)",
    re.IGNORECASE,
)


def reached(text: str) -> Count | None:
    """The number that "grew from 12 to 38" ends with, unless it is a size."""
    found = _FROM_TO.search(text)
    number = whole_number(found[1].rstrip(",")) if found else None
    if found is None or number is None or found[2].lower() in UNITS:
        return None
    return Count("eq", number)


def state(quote: str, thing: Thing | None, said: Said | None, own: bool) -> tuple[str, Count]:
    """Predicate and number, after negation."""
    count = thing.count if thing is not None else NO_COUNT
    predicate = said.predicate if said is not None else "present"
    none = count == Count("eq", 0)
    negated = said is not None and said.negated
    if thing is not None and own:
        predicate = fitting(predicate, thing, quote)
    if none and thing is not None and _NO_CHANGE.search(thing.text):
        return "unchanged", NO_COUNT
    if (negated or none) and predicate in {"other", "departed"} and _MOVES.search(quote):
        return "unchanged", NO_COUNT if none else count
    if _denies(quote, predicate, own=own):
        return "absent", Count("eq", 0)
    if negated:
        damage = thing is not None and own and hurt(thing)
        if predicate == "built" and _MENDED.search(quote):
            return "unchanged", count
        predicate, count = _negated(predicate, count, damage=damage)
    if predicate == "absent" or (none and predicate != "unchanged"):
        return "absent", Count("eq", 0)
    return predicate, NO_COUNT if none else count


def _denies(quote: str, predicate: str, *, own: bool) -> bool:
    """As in "there is no longer any oil", "no explosion": the wording itself denies it."""
    if predicate in {"present", "damaged"} and _NONE_THERE.search(quote):
        return True
    if not own and predicate == "present" and _NO_SUCH.match(quote):
        return True
    return not own and predicate == "damaged" and _NO_EVENT.search(quote) is not None


def _negated(predicate: str, count: Count, *, damage: bool) -> tuple[str, Count]:
    """What is left of a predicate that is denied."""
    if damage or predicate in {"present", "arrived", "built"}:
        return "absent", Count("eq", 0)
    if predicate == "departed":
        return "present", count
    if predicate in {"increased", "decreased", "damaged"}:
        return "unchanged", count
    return predicate, count


_MENDED = re.compile(r"\b(?:repaired|cleared|restored|filled|touched|reopened)\b", re.IGNORECASE)
_MOVES = re.compile(r"\b(?:move[ds]?|moving|budged?|shift(?:ed)?|stirred)\b", re.IGNORECASE)
_NONE_THERE = re.compile(
    r"\bthere (?:is|are|was|were)(?:n['’]t| not| no longer| never)\b", re.IGNORECASE
)
_NO_SUCH = re.compile(r"(?:so far,? )?no (?!longer|fewer|less|more|one)\w+", re.IGNORECASE)
_NO_EVENT = re.compile(
    r"\b(?:no|without(?: any)?) (?:\w+ )?(?:explosions?|fires?|damage|destruction|flooding|"
    r"collapse|"
    r"blasts?|smoke|craters?|debris|leaks?|impacts?|strikes?|attacks?)\b",
    re.IGNORECASE,
)
_NO_CHANGE = re.compile(r"\b(?:changes?|differences?|alterations?)$", re.IGNORECASE)


GROUND = re.compile(
    r"\b(?:runway|taxiway|apron|road|railway|rail line|line|fence|wall|plant|canal|pipeline|"
    r"complex|extension|causeway|highway|facility|airstrip|settlement|berm|outpost|embankment|farm)s?\b",
    re.IGNORECASE,
)


"""Works rather than houses: building one is "construction"."""


def outcome(view: View, clause: Clause, read: Read, quote: str) -> tuple[str, Count]:
    """Predicate and number, wherever the number stands."""
    thing, said, carried = read
    predicate, count = state(quote, carried, said, thing is not None)
    if thing is not None:
        count = front_count(view, clause, thing) or count
        if predicate == "present" and count == Count("eq", 0):
            predicate = "absent"
    if predicate in {"increased", "decreased"}:
        count = reached(view.sentence.cut(clause.first, clause.last)) or count
    if carried is None and said is not None and count == NO_COUNT:
        count = unnamed_count(view, clause, said)
    return predicate, count


def class_of(thing: Thing | None, predicate: str) -> str:
    """The coarse class; a road that is built is a construction."""
    if thing is None:
        return "any"
    works = predicate == "built" and thing.object_class == "building"
    return "construction" if works and GROUND.search(thing.text) else thing.object_class
