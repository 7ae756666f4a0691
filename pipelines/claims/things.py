"""Things: noun phrases around a word of the object lexicons, with their number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipelines.claims.claim import NO_COUNT, Count
from pipelines.claims.counts import SEVERAL, UNITS, read_count, whole_number
from pipelines.claims.grammar import (
    AUXILIARIES,
    COLLECTIVES,
    CONJUNCTIONS,
    DETERMINERS,
    PREPOSITIONS,
)
from pipelines.claims.heads import heads
from pipelines.claims.hulls import NAMED, hulls
from pipelines.claims.phrases import LEADING, in_name, left, number_at
from pipelines.claims.tokens import Mark, Sentence
from pipelines.claims.wordlists import word_set

_LOOSE = {"out", "up", "including", "alongside", "like", "except"}


"""Words in front of a thing that do not make it a mere place: "made out two ships"."""


MASS = word_set("things", "mass")


MOST = 24
"""Things read from one sentence. Prose holds fewer; a list of thousands would cost their square."""


@dataclass(frozen=True, slots=True)
class Thing:
    """A noun phrase: tokens ``first`` to ``last`` (exclusive), its head word from ``head`` on.

    Attributes:
        object_class: From ``claim.OBJECT_CLASSES``.
        text: The head in words, without its number.
        count: As printed in front of it.
        oblique: The preposition in front ("along a road"), or "".
        plural: Of the head.
        named: It is a named type or hull.
    """

    first: int
    head: int
    last: int
    object_class: str
    text: str
    count: Count
    oblique: str
    plural: bool
    named: bool


def things(
    sentence: Sentence,
    blocked: Sequence[tuple[int, int]],
    named: Sequence[tuple[int, int]] = (),
) -> list[Thing]:
    """Find the things of a sentence, left to right.

    Args:
        sentence: With its marks.
        blocked: Token spans that are dates or names of speakers, never things.
        named: Token spans of place names: a phrase does not reach over them.
    """
    found: list[Thing] = []
    limits = [last for _, last in (*blocked, *named)]
    chain: list[Mark] = []
    marks = heads(sentence, blocked, named)
    marks = sorted([*marks, *hulls(sentence, marks, blocked, named)], key=lambda mark: mark.first)
    for index, mark in enumerate(marks):
        chain.append(mark)
        following = marks[index + 1] if index + 1 < len(marks) else None
        if following is not None and _compound(sentence, mark, following):
            continue
        floor = max([last for last in limits if last <= chain[0].first], default=0)
        floor = max(floor, found[-1].last if found else 0)
        if floor and chain[0].first > floor and sentence.tokens[floor].low in _DAY_PARTS:
            floor += 1
        first = left(sentence, chain[0].first, floor)
        if len(found) == MOST:
            break
        thing = _thing(sentence, _merged(sentence, chain), first, named)
        thing = _joined(sentence, found, thing)
        found.append(thing)
        chain = []
    return found


def _joined(sentence: Sentence, found: list[Thing], thing: Thing) -> Thing:
    """Make one of a thing and its owner, of work and what is worked on, of names in a roll call."""
    if found and _owned(sentence, found[-1], thing):
        owner = found.pop()
        one = Count("eq", 1) if not thing.plural and not _mass(thing) else thing.count
        if thing.plural and owner.count.value not in {None, 1}:
            one = owner.count
        thing = replace(thing, first=owner.first, oblique=owner.oblique, count=one)
    if found and _worked_on(sentence, found[-1], thing):
        work = found.pop()
        thing = replace(thing, first=work.first, oblique=work.oblique)
    if found and _roll_call(sentence, found[-1], thing):
        roll = found.pop()
        number = 2 if roll.count.value is None else roll.count.value + 1
        thing = replace(
            thing,
            first=roll.first,
            head=roll.head,
            oblique=roll.oblique,
            plural=True,
            text=f"{roll.text} and {thing.text}",
            count=Count("eq", number),
        )
    return thing


def _owned(sentence: Sentence, owner: Thing, thing: Thing) -> bool:
    """As in "the bridge's central span": one thing, not two."""
    between = [token.low for token in sentence.tokens[owner.last : thing.head]]
    return between[:1] in (["'s"], ["’s"], ["'"], ["’"]) and len(between) <= 4


def _roll_call(sentence: Sentence, one: Thing, other: Thing) -> bool:
    """As in "the ships Ivan Gren and Alexander Otrakovsky": names behind one plural noun."""
    between = [token.low for token in sentence.tokens[one.last : other.first]]
    return (
        one.named
        and other.named
        and one.plural
        and one.object_class == other.object_class == "vessel"
        and between in (["and"], [","], [",", "and"])
    )


def _worked_on(sentence: Sentence, work: Thing, thing: Thing) -> bool:
    """As in "construction of a new hall": the hall is what is being built."""
    between = [token.low for token in sentence.tokens[work.last : thing.first]]
    return work.object_class == "construction" and between in (["of"], ["on"]) and not work.plural


def _mass(thing: Thing) -> bool:
    return thing.text.lower().split()[-1] in MASS


_DAY_PARTS = {"afternoon", "morning", "evening", "night", "noon", "midday", "'s", "’s"}


def _merged(sentence: Sentence, chain: Sequence[Mark]) -> Mark:
    """One head of several words; a named type decides the class, else the last word."""
    housed = sentence.tokens[chain[-1].last - 1].low in _HOUSING
    named = [mark for mark in chain if mark.term.type >= 0]
    term = named[0].term if named and not housed else chain[-1].term
    plural = any(mark.term.form == "plural" for mark in chain)
    term = replace(term, form="plural" if plural else chain[-1].term.form)
    return Mark(chain[0].first, chain[-1].last, term)


_HOUSING = word_set("things", "housing")
"""Behind a named type these are the thing: "F-35 *shelters*"."""


def _compound(sentence: Sentence, mark: Mark, following: Mark) -> bool:
    """Whether the next head follows at once: "Ka-52 attack helicopter", "cargo ship Sparta"."""
    gap = sentence.tokens[mark.last : following.first]
    words = [token.low for token in gap]
    if len(words) > 2 or any(
        word in PREPOSITIONS | CONJUNCTIONS | AUXILIARIES | DETERMINERS or not word.isalpha()
        for word in words
    ):
        return False
    if any(sentence.at("predicate", mark.last + i) for i in range(len(words))):
        return False
    if words and mark.term.form == "plural":
        return False  # "two batteries protecting Assab airport"
    if any(whole_number(word) is not None for word in words):
        return False
    return following.term.type < 0 or mark.term.value == following.term.value


def _thing(sentence: Sentence, mark: Mark, first: int, named: Sequence[tuple[int, int]]) -> Thing:
    tokens = sentence.tokens
    last = mark.last
    plural = mark.term.form == "plural"
    words = [
        token.low
        for index, token in enumerate(tokens[first : mark.first], first)
        if not (index > first and in_name(sentence, index))
    ]
    head = " ".join(token.low for token in tokens[mark.first : mark.last])
    count = _count(words, head, plural=plural, form=mark.term.form)
    alone = mark.term.type == NAMED or _labelled(sentence, mark.last)
    if mark.term.form == "singular" and count == NO_COUNT and alone:
        count = Count("eq", 1)
    before = tokens[first - 1].low if first else ""
    for opening, closing in named:
        own = tokens[first].low in DETERMINERS or number_at(sentence, first)
        if closing == first and opening > 0 and not own:
            before = tokens[opening - 1].low
            before = tokens[opening - 2].low if before == "the" and opening > 1 else before
    next_to = first > 1 and before == "to" and tokens[first - 2].low in {"next", "close"}
    if next_to and tokens[first].low in {"the", "its", "their"}:
        before = "beside"
    if before == "with" and first > 1 and tokens[first - 2].low in {"together", "along"}:
        before = ""
    if before == "and" and "between" in [t.low for t in tokens[max(0, first - 7) : first - 1]]:
        before = "between"
    if before == "between" and count.min is not None:
        first, before = first - 1, ""
    return Thing(
        first=first,
        head=mark.first,
        last=last,
        object_class=mark.term.value,
        text=_object_text(sentence, first, mark),
        count=count,
        oblique=before if before in PREPOSITIONS - _LOOSE or _beside(before, mark) else "",
        plural=plural or (mark.term.form == "either" and count.value != 1),
        named=mark.term.type >= 0,
    )


def _beside(before: str, mark: Mark) -> bool:
    """As in "alongside the pier": where something lies; "alongside two frigates" names more."""
    return before == "alongside" and mark.term.value in {"building", "construction"}


def _count(words: Sequence[str], head: str, *, plural: bool, form: str) -> Count:
    if any(
        word in UNITS and index and (words[index - 1] == "-" or words[index - 1].isdigit())
        for index, word in enumerate(words)
    ):
        words = _without_measures(words)
    count = read_count(words, plural=plural or (form == "either" and not _one(words)))
    if head.split()[-1] in MASS and count.op == "eq" and count.value == 1:
        return NO_COUNT
    collective = {"convoy", "column", "row", "line", "fleet", "group", "number", "series", "pile"}
    collective |= {"elements", "presence", "handful", "cluster", "stack", "remains", "part", "rows"}
    collective |= {"squadron", "flotilla", "concentration", "batch", "array", "mass", "formation"}
    if "of" in words and set(words) & collective and count.value == 1:
        return NO_COUNT
    return count


def _labelled(sentence: Sentence, position: int) -> bool:
    """As in "quay 1", "shelter no. 4", "hangar B": one thing with its number."""
    if position >= len(sentence.tokens):
        return False
    token = sentence.tokens[position]
    following = sentence.tokens[position + 1].low if position + 1 < len(sentence.tokens) else ""
    return (
        (token.low.isdigit() and len(token.low) < 4)
        or token.low in {"no", "no.", "#"}
        or (token.low in {"number", "nr"} and following.isdigit())
        or (len(token.text) == 1 and token.text.isupper())
    )


def _one(words: Sequence[str]) -> bool:
    return bool(words) and words[0] in {"a", "an", "another", "one", "this", "that", "single"}


def _without_measures(words: Sequence[str]) -> list[str]:
    kept: list[str] = []
    for word in words:
        if word in UNITS and kept[-1:] == ["-"]:
            kept.pop()
        if word in UNITS and kept and whole_number(kept[-1]) is not None:
            kept.pop()
        else:
            kept.append(word)
    return kept


def _object_text(sentence: Sentence, first: int, mark: Mark) -> str:
    """The phrase without determiner and number."""
    position = first
    while position < mark.first:
        low = sentence.tokens[position].low
        drop = low in DETERMINERS | SEVERAL | LEADING | {
            "than",
            "of",
            "over",
            "about",
            "to",
            "and",
        }
        drop = drop or low in COLLECTIVES or number_at(sentence, position) or low in {"-", "around"}
        if not drop:
            break
        position += 1
    return sentence.cut(position, mark.last)
