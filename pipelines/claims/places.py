"""Place names in a sentence: those of the registry, and any other name that is written like one."""

from __future__ import annotations

from collections.abc import Sequence, Set
from functools import lru_cache
from typing import NoReturn

from imagery.errors import InputError
from imagery.model import Site
from pipelines.claims.gazetteer import (
    CALENDAR,
    FUNCTION,
    REGION_NOUNS,
    Gazetteer,
    Place,
    common_words,
    demonyms,
    fold,
    is_organisation,
    kind_of_site,
    region_starts,
    regions,
)
from pipelines.claims.place_kinds import kind_before, kind_inside, with_kind
from pipelines.claims.tokens import Sentence
from pipelines.claims.wordlists import table, word_set

_TITLE_PARTS = word_set("places", "title_parts")


_PREFIXES = word_set("places", "prefixes")


_SEA_NOUNS = {"sea", "ocean", "gulf", "strait", "straits", "channel", "waters"}


_IN_NAMES = word_set("places", "in_names")


_TITLES = word_set("places", "titles")


def places(sentence: Sentence, gazetteer: Gazetteer, heard: Set[str]) -> list[Place]:
    """Find the places of a sentence, left to right, not overlapping.

    Args:
        sentence: With its marks.
        gazetteer: Names of the registry.
        heard: Folded names that the text has already used as places.

    Raises:
        InputError: a name belongs to two sites.
    """
    tokens = sentence.tokens
    found: list[Place] = []
    position = 0
    starts = region_starts()
    while position < len(tokens):
        text = tokens[position].text
        if text.isascii() and not text[:1].isupper() and text not in starts:
            position += 1  # no name begins so
            continue
        place = _known(sentence, position, gazetteer) or _region(sentence, position)
        if place is None or (place.level == "region" and _longer_name(sentence, place)):
            listed = bool(found) and _listed(sentence, found[-1], position)
            place = _written(sentence, position, heard, listed=listed) or place
        if place is None or _first_half(sentence, place):
            position += 1 if place is None else place.last - position + 1
        else:
            found.append(place)
            position = place.last
    return found


def _first_half(sentence: Sentence, place: Place) -> bool:
    """As in "the US-funded school", "a Moscow-based group": half of an adjective."""
    words = sentence.tokens[place.last - 1 : place.last + 2]
    return (
        len(words) == 3
        and words[1].text in {"-", "‐", "‑"}
        and words[0].end == words[1].start
        and words[1].end == words[2].start
        and words[2].text[:1].islower()
    )


def _known(sentence: Sentence, position: int, gazetteer: Gazetteer) -> Place | None:
    tokens = sentence.tokens
    written = tokens[position].text
    if not written[:1].isupper() and written.isascii():
        return None
    if (fold(written).split() or [""])[0] not in gazetteer.starts:
        return None
    words: list[str] = []
    best: tuple[int, tuple[Site, ...]] | None = None
    for last in range(position, min(len(tokens), position + gazetteer.longest + 3)):
        words += fold(tokens[last].text).split()
        if len(words) > gazetteer.longest:
            break
        sites = gazetteer.names.get(tuple(words))
        if sites:
            best = (last + 1, sites)
    if best is None:
        return None
    last, sites = best
    if len(sites) > 1:
        _ambiguous(sentence.cut(position, last), sites)
    last, kind = with_kind(sentence, last)
    site = sites[0]
    return Place(position, last, site.name, site.id, kind or kind_of_site(site), "fixed")


def _ambiguous(name: str, sites: Sequence[Site]) -> NoReturn:
    ids = " and ".join(site.id for site in sites)
    raise InputError("the place", name, f"a name of one site; {ids} both have it: rename one")


def _region(sentence: Sentence, position: int) -> Place | None:
    tokens = sentence.tokens
    if tokens[position].text not in region_starts():
        return None
    names = regions()
    for size in (4, 3, 2, 1):
        part = tokens[position : position + size]
        if len(part) < size:
            continue
        level = names.get(tuple(token.text for token in part))
        if level is None and size > 1:
            level = names.get(tuple(token.low for token in part))
        following = tokens[position + size].low if position + size < len(tokens) else ""
        if level and following in {"fleet", "flotilla"}:
            return None
        if level:
            name = sentence.cut(position, position + size)
            return Place(position, position + size, name, None, "", level)
    return None


def _longer_name(sentence: Sentence, place: Place) -> bool:
    """Whether a country's name is only part of a place's ("Port Sudan", "Georgia Avenue")."""
    tokens = sentence.tokens
    following = tokens[place.last].text if place.last < len(tokens) else ""
    return following[:1].isupper() and following.isalpha()


def _listed(sentence: Sentence, last: Place, position: int) -> bool:
    """Whether only "and" or a comma stands between a place and the next name."""
    between = [token.low for token in sentence.tokens[last.last : position]]
    return last.level == "fixed" and between in (["and"], [","], [",", "and"], ["or"])


def _written(sentence: Sentence, position: int, heard: Set[str], *, listed: bool) -> Place | None:
    tokens = sentence.tokens
    first = position
    if not _name_word(sentence, position, first=True):
        return None
    last = position + 1
    while last < len(tokens):
        if _name_word(sentence, last, first=False):
            last += 1
        elif (
            tokens[last].low in _TITLE_PARTS
            and last + 1 < len(tokens)
            and _name_word(sentence, last + 1, first=False)
            and (tokens[last].low in {"-", "’", "'"} or not tokens[last].text[0].isupper())
            and tokens[last].low not in {"of", "as", "at", "an", "i"}
        ):
            last += 2
        elif (after := _bound_name(sentence, last)) is not None:
            last = after
        else:
            break
    return _judge(sentence, first, last, {fold(sentence.cut(first, last))} if listed else heard)


def _bound_name(sentence: Sentence, position: int) -> int | None:
    """The end of "ez-Zor", "al-Sarra" behind a name: an article, a hyphen, a name."""
    words = sentence.tokens[position : position + 3]
    if len(words) < 3 or words[0].low not in _TITLE_PARTS or words[1].text not in {"-", "‑"}:
        return None
    bound = words[0].end == words[1].start and words[1].end == words[2].start
    return position + 3 if bound and words[2].text[:1].isupper() else None


def _name_word(sentence: Sentence, position: int, *, first: bool) -> bool:
    token = sentence.tokens[position]
    if not token.text[0].isupper() or token.low in CALENDAR:
        return False
    if token.low in demonyms() or not any(map(str.isalpha, token.text)):
        return False
    if token.low in _PREFIXES:
        following = sentence.tokens[position + 1 : position + 2]
        return bool(following) and (
            following[0].text[0].isupper() or following[0].low in _TITLE_PARTS - {"of", "-"}
        )
    if token.low in FUNCTION:
        following = sentence.tokens[position + 1 : position + 2]
        inner = position > 0 and token.low in _IN_NAMES and bool(following)
        return inner and following[0].text[:1].isupper() and following[0].text.isalpha()
    sentence_initial = position == 0 or sentence.tokens[position - 1].text in "\"“”'‘:•"
    if sentence_initial and first and token.low in common_words():
        return False
    if any(mark.term.type >= 0 for mark in sentence.at("object", position)):
        return False
    return not any(mark.last - mark.first for mark in sentence.at("kind", position)) or not first


def _judge(sentence: Sentence, first: int, last: int, heard: Set[str]) -> Place | None:
    tokens = sentence.tokens
    name = sentence.cut(first, last)
    before = tokens[first - 1].low if first else ""
    if before in _TITLES:
        return None
    if is_organisation(name) and not (last < len(tokens) and sentence.at("kind", last)):
        return None
    end, kind = with_kind(sentence, last)
    if not kind:
        kind = kind_inside(sentence, first, last)
    following = tokens[last].low if last < len(tokens) else ""
    if following in REGION_NOUNS:
        level = "sea" if following in _SEA_NOUNS else "region"
        return Place(first, last + 1, sentence.cut(first, last + 1), None, "", level)
    if kind:
        return Place(first, end, _canonical(sentence, first, end), None, kind, "fixed")
    kind = kind_before(sentence, first)
    if first == 0 and (_labels(name, following) or _appositive_place(sentence, last)) and last < 5:
        return Place(first, last, name, None, "", "fixed")
    if following in {"'s", "’s"} and _owns_ground(sentence, last + 1):
        return Place(first, last, name, None, "", "fixed")
    if kind or _placed(sentence, first, before) or fold(name) in heard:
        return Place(first, last, name, None, kind, "fixed")
    return None


def _owns_ground(sentence: Sentence, position: int) -> bool:
    """As in "Sanya's coast guard jetty": what belongs to a name is built on the ground."""
    for mark in sentence.of("object"):
        if position <= mark.first <= position + 3 and mark.term.value in {
            "building",
            "construction",
        }:
            between = sentence.tokens[position : mark.first]
            return all(token.low.isalpha() and token.text.islower() for token in between)
    return False


_LOOSE_GROUND = {
    "position",
    "home",
    "house",
    "office",
    "deck",
    "block",
    "work",
    "works",
    "platform",
}


def _labels(name: str, following: str) -> bool:
    """As in "Maaten al-Sarra: the runway ..." names a place; "Correction: ..." does not."""
    first = name.split()[0].lower()
    return following == ":" and len(first) > 3 and first not in _LABELS and not name.isupper()


_LABELS = word_set("places", "labels")


def _appositive_place(sentence: Sentence, last: int) -> bool:
    """As in "Ostrov, in the Pskov region," or "Derna, north of ...": a name and where it lies."""
    words = [token.low for token in sentence.tokens[last : last + 2]]
    return len(words) == 2 and words[0] == "," and words[1] in _LYING


_LYING = word_set("places", "lying")


def _canonical(sentence: Sentence, first: int, last: int) -> str:
    return sentence.cut(first, last).replace("’s", "").replace("'s", "")


@lru_cache(maxsize=1)
def _strong() -> frozenset[str]:
    return frozenset(table("places")["words"]["strong"])


_MOVING = word_set("places", "moving")


def _placed(sentence: Sentence, first: int, before: str) -> bool:
    if first == 0:
        return False
    if before == "at" and first > 1 and sentence.tokens[first - 2].low in _STAFF:
        return False  # "an analyst at Nordlys"
    if before in _strong():
        return True
    if before == "about" and first > 1 and sentence.tokens[first - 2].low in {"what", "how"}:
        return True
    if before not in _MOVING:
        return before == "of" and first > 1 and sentence.tokens[first - 2].low in _OF
    earlier = sentence.tokens[first - 2].low if first > 1 else ""
    return earlier not in {"according", "due", "thanks", "compared", "told", "quote"}


_OF = word_set("places", "of")


_STAFF = word_set("places", "staff")
