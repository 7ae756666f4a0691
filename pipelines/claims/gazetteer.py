"""Names of places: those that are known, and words that point back to one."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from imagery.model import Site
from pipelines.claims.lexicon import terms
from pipelines.claims.tokens import Sentence
from pipelines.claims.wordlists import table, word_set


@dataclass(frozen=True, slots=True)
class Place:
    """A name: tokens ``first`` to ``last`` (exclusive) of its sentence.

    Attributes:
        name: As a reader would write it.
        site_id: Registry id, None where the registry does not know it.
        kind: Of ``places.toml``, or "".
        level: ``fixed`` (it stays and has bounds), ``sea`` or ``region`` (a country, a province).
    """

    first: int
    last: int
    name: str
    site_id: str | None
    kind: str
    level: str


@dataclass(frozen=True, slots=True)
class Gazetteer:
    """Known names, folded, longest first by number of words."""

    names: dict[tuple[str, ...], tuple[Site, ...]]
    longest: int
    starts: frozenset[str]

    @classmethod
    def of(cls, sites: Sequence[Site]) -> Gazetteer:
        """Index the names and aliases of sites."""
        found: dict[tuple[str, ...], tuple[Site, ...]] = {}
        for site in sites:
            for name in (site.id, site.name, *site.aliases):
                key = tuple(fold(name).split())
                if key and site not in found.get(key, ()):
                    found[key] = (*found.get(key, ()), site)
        starts = frozenset(key[0] for key in found)
        return cls(found, max(map(len, found), default=0), starts)


@lru_cache(maxsize=1 << 15)
def fold(name: str) -> str:
    """Spelling that does not matter: case, hyphens, marks over Latin and Arabic letters."""
    plain = "".join(
        each for each in unicodedata.normalize("NFD", name) if not unicodedata.combining(each)
    )
    return " ".join(re.sub(r"[-‐‑–_’'`]", " ", plain.casefold()).split())


REGION_NOUNS = word_set("places", "region_nouns")


FUNCTION = word_set("places", "function")


CALENDAR = word_set("places", "calendar")


def named_alone(text: str, gazetteer: Gazetteer) -> Place | None:
    """Read a heading that is only a name; None where it holds any other word."""
    sites = gazetteer.names.get(tuple(fold(text).split()), ())
    if len(sites) == 1:
        return Place(0, 0, sites[0].name, sites[0].id, kind_of_site(sites[0]), "fixed")
    words = [word.strip(",").lower() for word in text.split()]
    unfit = FUNCTION | CALENDAR | demonyms() | {word.lower() for word in REGION_NOUNS}
    kinds = {noun for nouns in table("places")["kinds"].values() for noun in nouns}
    plain = [word for word in words if word not in kinds]
    if not plain or any(word in unfit or word in common_words() for word in plain):
        return None
    if any(word in HEADINGS or (len(word) < 3 and word.endswith(".")) for word in plain):
        return None
    if is_organisation(text) or any(text in names for names in map(" ".join, regions())):
        return None
    return Place(0, 0, text, None, "", "fixed")


def kind_of_site(site: Site) -> str:
    """Guess the kind of a known site from its zones and its name."""
    kinds = {zone.kind for zone in site.zones}
    if kinds & {"apron", "runway", "helipad"}:
        return "air_base"
    if kinds & {"pier", "basin", "roadstead"}:
        return "port"
    low = site.name.lower()
    for kind, nouns in table("places")["kinds"].items():
        if any(re.search(rf"\b{re.escape(noun)}\b", low) for noun in nouns):
            return str(kind)
    return ""


@lru_cache(maxsize=1)
def regions() -> dict[tuple[str, ...], str]:
    """Names too large to be one place, as words, to ``sea`` or ``region``."""
    found: dict[tuple[str, ...], str] = {}
    data = table("places")["regions"]
    for level, key in (("region", "countries"), ("sea", "seas")):
        for name in data[key]:
            found[tuple(name.replace("-", " - ").split())] = level
    return found


def is_part(name: str) -> bool:
    """Whether a name's last word is a part of a place: a pier, a quarter, a church."""
    return name.split()[-1].lower() in _PARTS


_PARTS = word_set("gazetteer", "parts")


HEADINGS = word_set("gazetteer", "headings")
"""Words that stand alone over a paragraph and are no places: "Limits", "Unproven"."""


@lru_cache(maxsize=1)
def region_starts() -> frozenset[str]:
    """First words of ``regions``, as written and in lower case."""
    return frozenset(each for key in regions() for each in (key[0], key[0].lower()))


@lru_cache(maxsize=1)
def demonyms() -> frozenset[str]:
    """Adjectives of nations and their plurals: capitalised, and no places."""
    data = table("places")["regions"]["demonyms"]
    found = {each.lower() for each in data}
    return frozenset(found | {f"{each.lower()}s" for each in data})


@lru_cache(maxsize=1)
def common_words() -> frozenset[str]:
    """Words of the lexicons, which a capital at the head of a sentence does not make a name."""
    return frozenset(word for phrase in terms() for word in phrase.split())


@lru_cache(maxsize=1)
def organisations() -> frozenset[str]:
    """Names that are no places, lower case."""
    return frozenset(each.lower() for each in table("places")["regions"]["organisations"])


def is_organisation(name: str) -> bool:
    """Whether a name is an outlet, a vendor, an authority."""
    low = name.lower()
    return low in organisations() or low.startswith(_organisation_starts())


@lru_cache(maxsize=1)
def _organisation_starts() -> tuple[str, ...]:
    return tuple(f"{each} " for each in organisations() if len(each) > 3)


def anaphor(sentence: Sentence, first: int, last: int) -> tuple[str, str] | None:
    """("the base", kind) or ("there", "") where tokens point back to a place already named."""
    for position in range(first, last):
        if sentence.tokens[position].low not in _anaphora_starts():
            continue
        for size in (4, 3, 2, 1):
            if position + size > last:
                continue
            words = " ".join(token.low for token in sentence.tokens[position : position + size])
            if words in _anaphora():
                return words, _anaphora()[words]
    return None


@lru_cache(maxsize=1)
def _anaphora_starts() -> frozenset[str]:
    return frozenset(phrase.split()[0] for phrase in _anaphora()) | {"on"}


@lru_cache(maxsize=1)
def _anaphora() -> dict[str, str]:
    data = table("places")
    kinds = {noun: kind for kind, nouns in data["kinds"].items() for noun in nouns}
    found = {}
    for phrase in data["words"]["anaphora"]:
        noun = re.sub(r"^(?:the same|the|this|that|its|main|parking)\s+", "", phrase)
        found[phrase] = kinds.get(noun, "") if noun not in {"base", "facility", "complex"} else ""
    return found | dict.fromkeys(data["words"]["adverbs"], "")
