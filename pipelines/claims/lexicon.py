"""What a phrase can be: the word lists inflected, and the sizes of things."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from pipelines.claims.inflection import plural, verb_forms
from pipelines.claims.wordlists import table


@dataclass(frozen=True, slots=True)
class Term:
    """What a phrase can be.

    Attributes:
        role: ``object``, ``predicate``, ``verb``, ``report``, ``show``, ``see``, ``image``,
            ``taken``, ``kind`` (of a place)...
        value: Class, predicate or place kind.
        form: ``singular`` or ``plural`` of an object; of a verb ``base``, ``s``, ``past``,
            ``participle``, ``ing``; ``adjective`` or ``noun`` of a predicate.
        voice: Of a verb, ``subject`` or ``object``: which of the two changes.
        type: Index of the named type in ``equipment``, -1 for common words.
    """

    role: str
    value: str
    form: str = ""
    voice: str = ""
    type: int = -1


@dataclass(frozen=True, slots=True)
class Size:
    """Interval of sizes in metres, smallest and largest; ``span_m`` is wing span, rotor or beam."""

    length_m: tuple[float, float]
    span_m: tuple[float, float] | None


def size(object_class: str, object_text: str | None) -> Size | None:
    """Look up how large such an object is.

    Args:
        object_class: From ``claim.OBJECT_CLASSES``.
        object_text: As in the claim; a named type in it outranks the class.

    Returns:
        None where the class has no typical size (``any``).
    """
    text = designation(object_text or "")
    types = table("equipment")["type"]
    found = [(len(key), index) for key, index in _designations() if f" {key} " in f" {text} "]
    if found:
        entry = types[max(found)[1]]
        return Size(tuple(entry["length"]), tuple(entry["span"]))
    for kind in table("objects")["kind"]:
        if kind["class"] == object_class and object_class != "any":
            return Size(tuple(kind["length"]), None)
    return None


def designation(text: str) -> str:
    """Fold the spellings of a type name: "AN 124", "An-124s" and "an124" become one.

    >>> designation("two AN-124s") == designation("two An 124")
    True
    """
    folded = re.sub(r"[-‐‑‒–/.]", " ", text.casefold().translate(_HOMOGLYPHS))
    folded = re.sub(r"(?<=\d)s\b", "", folded)
    folded = re.sub(r"\b([a-z]{1,4})\s?(\d+)", r"\1 \2", folded)
    return " ".join(folded.split())


_HOMOGLYPHS = str.maketrans("асткмоевнх", "actkmoevhx")


@cache
def _designations() -> tuple[tuple[str, int], ...]:
    types = table("equipment")["type"]
    return tuple(
        (designation(name), index) for index, entry in enumerate(types) for name in entry["names"]
    )


@cache
def terms() -> dict[str, tuple[Term, ...]]:
    """Every phrase, in lower case, with all that it can be."""
    found: dict[str, list[Term]] = {}
    for phrase, term in _all_terms():
        entry = found.setdefault(phrase.lower(), [])
        if term not in entry:
            entry.append(term)
    return {phrase: tuple(entry) for phrase, entry in found.items()}


def _all_terms() -> Iterator[tuple[str, Term]]:
    yield from _object_terms()
    yield from _predicate_terms()
    language = table("language")
    for role, key in (("report", "reporting"), ("show", "showing"), ("see", "seeing")):
        for entry in language[key]:
            yield from _verbs(entry, role, "", "object")
    for entry in language["verbs"]["other"]:
        yield from _verbs(entry, "verb", "", "")
    for word in language["images"]:
        yield word, Term("image", "")
    for word in language["taken"]:
        yield word, Term("taken", "")
    for kind, nouns in table("places")["kinds"].items():
        for noun in nouns:
            yield noun, Term("kind", kind)


def _object_terms() -> Iterator[tuple[str, Term]]:
    for kind in table("objects")["kind"]:
        for word in kind["words"]:
            single, bar, several = word.partition("|")
            several = several if bar else plural(single)
            for text, form in ((single, "singular"), (several, "plural")):
                both = "either" if single == several and form == "singular" else form
                if single == several and form == "plural":
                    continue
                for variant in _spellings(text):
                    yield variant, Term("object", kind["class"], both)
    for index, entry in enumerate(table("equipment")["type"]):
        for name in entry["names"]:
            for variant in _spellings(name):
                yield variant, Term("object", entry["class"], "singular", "", index)
                if variant[-1].isalnum():
                    yield variant + "s", Term("object", entry["class"], "plural", "", index)


def _spellings(text: str) -> set[str]:
    spaced = text.replace("-", " ")
    return {text, spaced, text.replace(" ", "-", 1), text.replace("-", "")}


def _predicate_terms() -> Iterator[tuple[str, Term]]:
    for predicate, entry in table("predicates").items():
        for voice in ("subject", "object"):
            for verb in entry.get(voice, ()):
                yield from _verbs(verb, "predicate", predicate, voice)
        for word in entry.get("adjectives", ()):
            for variant in {word, word.replace("-", " ")}:
                yield variant, Term("predicate", predicate, "adjective")
        for word in entry.get("holding", ()):
            yield word, Term("predicate", predicate, "adjective", "holding")
        for word in entry.get("nouns", ()):
            for variant in {word, word.replace("-", " ")}:
                yield variant, Term("predicate", predicate, "noun")


def _verbs(entry: str, role: str, value: str, voice: str) -> Iterator[tuple[str, Term]]:
    for form, spellings in verb_forms(entry).items():
        for text in spellings:
            yield text, Term(role, value, form, voice)
