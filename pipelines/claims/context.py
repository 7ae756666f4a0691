"""What a reader carries from one sentence to the next: place, day of the images, thing, speaker."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from pipelines.claims.attribution import Frame
from pipelines.claims.clauses import Clause
from pipelines.claims.dates import Moment
from pipelines.claims.days import Now
from pipelines.claims.gazetteer import Gazetteer, Place, common_words, fold, is_part, named_alone
from pipelines.claims.things import Thing
from pipelines.claims.tokens import Sentence
from pipelines.claims.wordlists import word_set

SINCE = {"since", "compared with", "compared to"}
"""Words before the earlier of two dates."""


@dataclass(frozen=True, slots=True)
class View:
    """A sentence with all that was found in it."""

    sentence: Sentence
    frames: Sequence[Frame]
    dates: Sequence[Moment]
    places: Sequence[Place]
    things: Sequence[Thing]

    def characters(self, first: int, last: int) -> tuple[int, int]:
        """Characters of the block from tokens."""
        tokens = self.sentence.tokens
        return tokens[first].start, tokens[last - 1].end

    def dates_in(self, first: int, last: int) -> list[Moment]:
        """Dates that begin inside tokens."""
        if first >= last:
            return []
        start, end = self.characters(first, last)
        return [each for each in self.dates if start <= each.start < end]

    def places_in(self, first: int, last: int) -> list[Place]:
        """Places that begin inside tokens."""
        return [each for each in self.places if first <= each.first < last]


class Context:
    """The running memory of one text."""

    def __init__(self, article: date | None, how: str | None) -> None:
        self.article = article
        self.how = how
        self.block = -1
        self.place: Place | None = None
        self.by_kind: dict[str, Place] = {}
        self.heard: set[str] = set()
        self.image: Moment | None = None
        self.image_block = -1
        self.spoken: Moment | None = None
        self.spoken_block = -1
        self.since: Moment | None = None
        self.since_block = -1
        self.thing: Thing | None = None
        self.thing_sentence: Sentence | None = None
        self.ship: Thing | None = None
        self.speakers: tuple[str, ...] = ()
        self.heard_from: tuple[str, ...] = ()
        self.reported: Moment | None = None
        self.seen: dict[str, Place] = {}
        self.known: dict[str, Place] = {}

    def enter(self, block: int) -> None:
        """A new paragraph: dates no longer carry over unless they are the images'."""
        self.block = block
        self.reported = None
        self.speakers = ()

    def name_alone(self, text: str, gazetteer: Gazetteer) -> bool:
        """Take a heading's name for the place of what follows; True if it says nothing else."""
        parts = [part.strip(' .*#"“”') for part in _PARTS.split(_ASIDE.sub(" ", text))]
        for part in reversed(parts):
            words = part.split()
            if not 1 <= len(words) <= 4 or not all(word[:1].isupper() for word in words):
                continue
            place = named_alone(part, gazetteer)
            if place is not None:
                self.turn_to(place)
                return len(parts) == 1
        return False

    def headed(self, text: str, gazetteer: Gazetteer, *, marked: bool) -> None:
        """Let a short line without a full stop that holds a name settle the place.

        Args:
            text: Of a block.
            gazetteer: Names of the registry.
            marked: The block is marked as a heading.
        """
        words = text.strip(_HEADING_MARKS).split()
        if not 1 <= len(words) <= _HEADING_WORDS or (text.rstrip()[-1:] in ".!?;," and not marked):
            return
        place = self._named_in(f" {fold(text)} ") or _named_last(text, gazetteer)
        if place is None and marked:
            place = _named_first(text, gazetteer)
        if place is not None:
            self.turn_to(place)

    def led(self, text: str, gazetteer: Gazetteer) -> int:
        """Settle the place by the name that opens a paragraph: "Gwadar, Pakistan. ...".

        Returns:
            Characters of the name with its marks; 0 where no name opens the paragraph.
        """
        found = _LEAD.match(text)
        if found is None:
            return 0
        place = self._named_in(f" {fold(found['name'])} ") or named_alone(found["name"], gazetteer)
        if place is None:
            return 0
        self.turn_to(place)
        return found.end() if found.end() < len(text) else 0

    def caption(self, dates: Sequence[Moment]) -> None:
        """The day beside a leading name ("Severodvinsk, 29 September.") is that of its image."""
        if dates:
            self.image, self.image_block = dates[-1], self.block

    def turn_to(self, place: Place) -> None:
        """A heading or a leading name opens a part of its own: "the port" is no older one's."""
        self.by_kind = {}
        self.settle(place)
        self.heard.add(fold(place.name))

    def _named_in(self, folded: str) -> Place | None:
        """The first name of the text's own places that a line holds, whole or by its first word."""
        best: tuple[int, Place] | None = None
        for name, place in self.known.items():
            first = name.split()[0]
            at = folded.find(f" {name} ")
            if at < 0 and first != name and len(first) > 3 and first not in _COMMON_FIRST:
                at = folded.find(f" {first} ")
            if at >= 0 and (best is None or at < best[0]):
                best = at, place
        return None if best is None else best[1]

    def now(self) -> Now:
        """What relative dates count from."""
        spoken = self.spoken or self.image
        return Now(self.article, spoken.last if spoken else None)

    def hear(self, found: Sequence[Place]) -> None:
        """Remember names, so that they are known again without a preposition."""
        names = {fold(place.name) for place in found if place.level == "fixed"}
        for place in found:
            if place.level == "fixed":
                self.seen.setdefault(fold(place.name), place)
        first = {name.split()[0] for name in names if len(name.split()[0]) > 3}
        self.heard |= names | {each for each in first if each not in _COMMON_FIRST}

    def frame(self, view: View) -> None:
        """Take over the date of the images or of the report from the frames of a sentence."""
        for moment in view.dates:
            if moment.before in SINCE:
                self.since, self.since_block = moment, self.block
        for frame in view.frames:
            dates = view.dates_in(frame.first, frame.last)
            if frame.speakers:
                self.speakers = self.heard_from = frame.speakers
            elif frame.kind == "speech" and _PRONOUN.search(
                view.sentence.cut(frame.first, frame.last)
            ):
                self.speakers = self.heard_from  # "At Tartus, it says, ..."
            if frame.kind == "image" and dates:
                self.image, self.image_block = dates[-1], self.block
                self.spoken, self.spoken_block = dates[-1], self.block
            elif frame.kind == "speech" and dates:
                self.reported = dates[-1]
            places = view.places_in(frame.first, frame.last)
            for place in places:
                self.settle(place)

    def leave_clause(self, view: View, clause: Clause) -> None:
        """Take over places, dates and things of a clause."""
        tokens = view.sentence.tokens
        found = [
            each
            for each in view.places_in(clause.first, clause.last)
            if each.level == "fixed"
            and not (self.place is not None and is_part(each.name))
            and not (each.first and tokens[each.first - 1].low in _AWAY)
        ]
        if found and self.place not in found:
            self.settle(found[0])
        dates = [
            each
            for each in view.dates_in(clause.first, clause.last)
            if not each.before and (each.last - each.first).days < _SEASON
        ]
        if dates:
            self.spoken, self.spoken_block = dates[-1], self.block
        inside = [
            thing
            for thing in view.things
            if clause.first <= thing.head < clause.last and not thing.oblique
        ]
        if inside:
            self.thing, self.thing_sentence = inside[0], view.sentence
            ships = [thing for thing in inside if thing.object_class == "vessel"]
            self.ship = ships[0] if ships else self.ship

    def settle(self, place: Place) -> None:
        """Make a place the one that "the base" and "there" mean from now on."""
        if place.level == "fixed":
            self.place = place
            self.by_kind[place.kind] = place

    def place_for(self, kind: str) -> Place | None:
        """The last place that "the base" (a kind) can mean."""
        unknown = self.place is not None and not self.place.kind
        if kind and kind in self.by_kind and not unknown:
            return self.by_kind[kind]
        return self.place


_SEASON = 200
"""Days. A longer time ("in 2019") is history beside what is told, and not carried on."""
_LEAD = re.compile(
    r"[\W_]*(?:(?:fig(?:ure)?|image|photo|map|panel|slide|site|location|finding)\.?\s*\d{0,2}[.:]?\s+)?(?:\d{1,2}(?:[/.):]\d{0,2}|\s?[-–])\s*)?(?:also\s+|now\s+|next,?\s+|and\s+|(?:what|how)\s+about\s+)?(?:at\s+|in\s+|on\s+to\s+)?"
    r"(?P<name>(?-i:[A-Z])[\w'’]+"
    r"(?:[ -](?:(?:al|el|an|as|ad|ash|ar|de|of|la|le|sur|am)[ -])?(?-i:[A-Z])[\w'’]+){0,3}"
    r"(?:\s+(?:air ?base|airfield|airport|port|harbou?r|shipyard|naval base|base|camp))?)"
    r"(?:\s+(?:first|next|again|too|now|then|finally))?"
    r"(?:,\s+(?-i:[A-Z0-9])[^.:,;?!]{1,40})?(?:\s+\([^)]{0,40}\))?"
    r"(?:[.:?]\s+|\s[-–—]\s+)(?=\S)",
    re.IGNORECASE,
)
"""A name at the head of a paragraph, with nothing else before a full stop, colon or dash."""
_PRONOUN = re.compile(r"\b(?:it|he|she|they)\b(?!\s+(?:is|was|were|has been)\b)", re.IGNORECASE)
_AWAY = {"between", "towards", "toward", "for", "than"}
"""Before a name: where something goes, or what it is compared with, is not where the text is."""
_PARTS = re.compile(r"\s+[–—-]\s+|[:;|]\s*")
_ASIDE = re.compile(r"\([^)]{0,80}\)")
_HEADING_MARKS = " :.-–—*#"
_HEADING_WORDS = 10
_HEADING_TAILS = {
    "governorate",
    "province",
    "region",
    "district",
    "county",
    "oblast",
    "sector",
    "line",
    "front",
    "axis",
    "yard",
    "area",
    "zone",
}


def _named_last(text: str, gazetteer: Gazetteer) -> Place | None:
    """As in "Finding 2: Morozovsk (48.3, 41.8)", "The Donghae line": the last part is a name."""
    plain = re.sub(r"\([^)]*\)", "", text).strip(_HEADING_MARKS)
    words = re.split(r"\s[–—-]\s|:\s", plain)[-1].split()
    words = words[1:] if words[:1] == ["The"] else words
    if words and words[-1] in _HEADING_TAILS:
        while len(words) > 1 and words[-1].islower():
            words = words[:-1]
    if not 1 <= len(words) <= 3:
        return None
    if any(not word[:1].isupper() or word.isupper() for word in words):
        return None
    return named_alone(" ".join(words), gazetteer)


def _named_first(text: str, gazetteer: Gazetteer) -> Place | None:
    """As in "Sohae launch centre": a name, then what it is in small letters."""
    words = text.strip(_HEADING_MARKS).split()
    size = next((i for i, word in enumerate(words) if not word[:1].isupper()), 0)
    tail = words[size:]
    if not 1 <= size <= 3 or len(tail) > 3 or not all(word in common_words() for word in tail):
        return None
    return named_alone(" ".join(words[:size]), gazetteer)


_COMMON_FIRST = word_set("context", "common_first")
