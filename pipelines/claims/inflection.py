"""English forms by rule, so that the lexicons hold base forms only."""

from __future__ import annotations

from pipelines.claims.wordlists import word_set

_VOWELS = "aeiou"
_NO_DOUBLING = word_set("inflection", "no_doubling")


def plural(noun: str) -> str:
    """Form the plural of a noun or of the last word of a compound.

    >>> plural("landing ship"), plural("battery"), plural("trench")
    ('landing ships', 'batteries', 'trenches')
    """
    if noun.endswith(("s", "x", "z", "ch", "sh")):
        return noun + "es"
    if noun.endswith("y") and noun[-2:-1].lower() not in _VOWELS:
        return noun[:-1] + "ies"
    return noun + "s"


def verb_forms(entry: str) -> dict[str, set[str]]:
    """Inflect "base particle..." or "base past participle particle..." of an irregular verb.

    Returns:
        The written forms by name: ``base``, ``s``, ``past``, ``participle``, ``ing``.

    >>> sorted(verb_forms("set set set sail")["ing"])
    ['setting sail']
    """
    words = entry.split()
    base, past, participle, rest = words[0], "", "", words[1:]
    if len(words) >= 3 and _is_past_of(base, words[1]):
        past, participle, rest = words[1], words[2], words[3:]
    past = past or _regular_past(base)
    participle = participle or past
    forms = {
        "base": base,
        "s": _third_person(base),
        "past": past,
        "participle": participle,
        "ing": _ing(base),
    }
    found = {name: {" ".join([form, *rest])} for name, form in forms.items()}
    if base.endswith("el") and _doubles(base):  # travelled, traveled
        for name, form in (
            ("past", base + "ed"),
            ("participle", base + "ed"),
            ("ing", base + "ing"),
        ):
            found[name].add(" ".join([form, *rest]))
    return found


def _is_past_of(base: str, word: str) -> bool:
    same = word == base and base in _INVARIANT
    return same or ((word != base and (base, word) in _IRREGULAR_START) or _alike(base, word))


_INVARIANT = word_set("inflection", "invariant")
_IRREGULAR_START = {
    ("go", "went"),
    ("flee", "fled"),
    ("be", "was"),
    ("buy", "bought"),
    ("eat", "ate"),
    ("fly", "flew"),
    ("seek", "sought"),
    ("think", "thought"),
    ("catch", "caught"),
    ("bring", "brought"),
    ("fight", "fought"),
}


def _alike(base: str, word: str) -> bool:
    """Tell "sink sank" from "prepare to": a past form shares its first letter, a particle not."""
    particles = {"back", "behind", "by", "down", "for", "from", "in", "into", "off", "on", "onto"}
    particles |= {"out", "over", "past", "through", "to", "towards", "toward", "up", "away", "the"}
    particles |= {"same", "as", "largely", "change", "sign", "no", "apart", "at", "along"}
    return word not in particles and word[0] == base[0] and word != base


def _regular_past(base: str) -> str:
    if base.endswith("e"):
        return base + "d"
    if base.endswith("y") and base[-2] not in _VOWELS:
        return base[:-1] + "ied"
    return (base + base[-1] if _doubles(base) else base) + "ed"


def _ing(base: str) -> str:
    if base.endswith("ie"):
        return base[:-2] + "ying"
    if base.endswith("e") and not base.endswith(("ee", "oe", "ye")):
        return base[:-1] + "ing"
    return (base + base[-1] if _doubles(base) else base) + "ing"


def _third_person(base: str) -> str:
    if base in {"go", "do"}:
        return base + "es"
    return plural(base) if base != "have" else "has"


def _doubles(base: str) -> bool:
    if base in _NO_DOUBLING or len(base) < 3:
        return False
    first, middle, last = base[-3], base[-2], base[-1]
    if last in "wxy" or last in _VOWELS or middle not in _VOWELS or first in _VOWELS:
        return base == "quit"
    return True
