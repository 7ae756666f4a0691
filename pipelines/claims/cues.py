"""Wording that gives a route away: patterns, and what they find."""

from __future__ import annotations

import re
from functools import lru_cache

from pipelines.claims.wordlists import holds_phrase, phrase_pattern

COULD = re.compile(
    r"\b(?:if|unless|were to|whether|in theory|(?:would|could|might|should)(?:n['’]t)?|(?-i:may)|"
    r"can|cannot|can['’]t|had it not|"
    r"in the event|capable of|able to|as if|as though|suppose|imagine|threaten(?:s|ed) to)\b",
    re.IGNORECASE,
)


_SEE = (
    r"see(?! through)|find|make out|spot|detect|identify|count|locate|discern|distinguish|"
    r"recogni[sz]e"
)
_SEEN = (
    r"seen|made out|identified|counted|distinguished|spotted|established|noted|noticed|observed|"
    r"detected|found|discerned|recogni[sz]ed|picked out"
)
_ADVERBS = r"(?:\s+(?:not|also|still|clearly|now|even|only|no longer))*"
SEEN_COULD = re.compile(
    rf"\b(?:could|can){_ADVERBS}\s+be\s+(?:{_SEEN})\b|"
    r"\b(?-i:may|might|could)\s+have\s+(?:an?|the|two|three|\d+)\b|"
    r"\b(?-i:may|might|could)\s+be\s+(?:an?|the|two|three|four|five|six|some|about|\d+)\b|"
    r"\bwhat\s+(?:may|might|could)\s+be\b|\bcan(?:not)?\s+be\s+seen\b|"
    r"\bwe\s+can\s+confirm\b|"
    rf"\b(?:could|can)(?:n['’]t|not|['’]t)?{_ADVERBS}\s+(?:{_SEE})\b|"
    r"\b(?:unable|impossible)\s+to\s+(?:see|find|make out|spot|detect|locate)\b",
    re.IGNORECASE,
)
"""Not what could be, but what could be seen."""


ABLE = re.compile(r"\b(?:capable of|able to) \w+|\bfor what would\b", re.IGNORECASE)
"""What a thing is made for, beside what is said of it: "a pad able to take helicopters"."""


SUBORDINATE = re.compile(
    r"(?<=.{12})\b(?:how (?:quickly|fast|long|far|many|much|soon)|so that|in order that|"
    r"and that,|(?:that|who) (?:could|can|might|may)|, which (?:could|can|might|may))\b",
    re.IGNORECASE,
)
"""Opens a part whose "can" and "would" do not stand over what was said before it."""


HAD_IF = re.compile(r"^(?:had|were|should)\s+(?:the|it|they|a|this|that)\b", re.IGNORECASE)


IF_FIRST = re.compile(r"\W*(?:if|unless|were|should)\b(?! any)", re.IGNORECASE)
"""A sentence that opens with its condition: all of it hangs on that."""


UNSEEN_EVENT = re.compile(
    r"\b(?:shot down|intercepted|was launched|were launched|launched|fired|opened fire|"
    r"took part|been used in|were used in|warned|complained|hacked|paid|bought|sold|"
    r"sanctioned|negotiat\w+|sign(?:ed|ing)|agree[ds]?|cost)\b",
    re.IGNORECASE,
)


SUM = re.compile(r"(?:in all|all in all|in total|altogether|overall),", re.IGNORECASE)


FORECAST_ASSERTED = re.compile(
    r"\b(?:as expected|than expected|as planned)\b|"
    r"\b(?:of (?:the |its )?(?:\w+ )?|\d+ )(?:planned|scheduled) \w+.{0,30}"
    r"\b(?:is|are|was|were|have|has)\b|"
    r"\bof the \w+ planned \w+|\w+s planned, .{0,20}\b(?:is|are|was|were|have|has)\b",
    re.IGNORECASE,
)


WILL = re.compile(r"\w['’]ll\b|\b(?:is|are) to (?!be (?:seen|found|made))[a-z]")


CREDITS = re.compile(
    r"^(?:additional |further )?(?:reporting|research|editing|writing|photos?) by\b", re.IGNORECASE
)


UNKNOWN = re.compile(
    r"\bit\s+(?:is|was|remains?)\s+(?:not\s+|still\s+)?(?:un)?(?:clear|known|certain|likely|possible)\b|"
    r"\b(?:un(?:clear|known)|not\s+(?:clear|known))\s+(?:who|whether|how|why|if|what|when)\b",
    re.IGNORECASE,
)


DENIED = re.compile(
    r"\b(?:deny|denies|denied|reject(?:s|ed)?|refuse[sd]?|declined to|"
    r"did not (?:respond|comment))\b",
    re.IGNORECASE,
)


ANY_OR_NOT = re.compile(r".*(?:\bnot (?:deny|denied|reject)|\bthat (?:any|there)\b)", re.IGNORECASE)
"""Denials that say how it looks: "denied that any ship had left", "did not deny that"."""


UNVERIFIED = re.compile(
    r"\bcould(?:n['’]t| not)\b[^.;]{0,25}\b(?:confirm|verif|check|establish|corroborat)",
    re.IGNORECASE,
)


MEANT = re.compile(
    r"\b(?:is|are|was|were)\s+(?:\w+ly\s+)?(?:meant|intended|designed|aimed)\s+(?:to|for|at)\b|"
    r"\b(?:wants?|plans?|hopes?|intends?|aims?|seeks?|vow(?:s|ed)?)\s+to\b|"
    r"\b(?:wants?|wanted|demand(?:s|ed)|urge[sd]?)\s+(?:the|a|an|its|their|all|more)\b",
    re.IGNORECASE,
)


UNPROVEN = re.compile(r"\bno\s+(?:proof|confirmation|suggestion|doubt)\b", re.IGNORECASE)


MONEY = re.compile(
    r"\b(?:shares|prices?|exports?|revenues?|profits?|inflation|votes?|polls?|budget|billion|roubles)\b",
    re.IGNORECASE,
)


OF_THEM = re.compile(
    r"^(?:most|some|many|all|both|half|several|two|three|one) of (?:them|which|these|whom)\b",
    re.IGNORECASE,
)


SOMEWHERE = re.compile(
    r"\b(?:is|are|was|were) (?:\w+ )?"
    r"(?:on|in|at|near|off|beside|under|alongside|outside) (?:the|a|its)\b",
    re.IGNORECASE,
)


PICTURES = re.compile(
    r"\b(?:images?|imagery|pictures?|photos?|photographs?|footage|videos?|scenes?)\b", re.IGNORECASE
)


PURPOSE = re.compile(r"^to\s+[a-z]+", re.IGNORECASE)


@lru_cache(maxsize=1 << 12)
def finds(pattern: re.Pattern[str], text: str) -> bool:
    """Whether a pattern occurs; kept, since every thing of a clause asks the same."""
    return pattern.search(text) is not None


@lru_cache(maxsize=1 << 12)
def has(name: str, text: str) -> bool:
    """Whether any phrase of a list of ``language.toml`` occurs."""
    return holds_phrase(name, text)


def asked(text: str, whole: str) -> bool:
    """Whether a sentence asks: by how it begins, or right behind the clause."""
    if not whole.rstrip('"”’»*_ ').endswith("?"):
        return False
    behind = whole.partition(text)[2].lstrip('"”’»*_ ')
    return _QUESTION.match(whole) is not None or behind[:1] in {"?", ""}


_QUESTION = re.compile(
    r"\W*(?:is|are|was|were|has|have|had|do|does|did|can|could|will|would|should|may|might|why|where|"
    r"what|who|whose|how|when|which|and|but|so|or|then)\b",
    re.IGNORECASE,
)


TIED = {"once", "when", "until", "as", "before", "after"}
"""What opens a condition of the future: "it will land as soon as the runway is repaired"."""


PAST = re.compile(r"\b(?:was|were|had)\b", re.IGNORECASE)


LIKELY = re.compile(r"\b(?:likely|probably|presumably|apparently)\b", re.IGNORECASE)


CONCLUDING = re.compile(
    r"(?:suggest|indicat|imply|mean|point|hint|signal|rais|underscor|highlight)ing\b|"
    r"which (?:suggest|indicate|implie|imply|mean|point|hint|signal|raise|underscore|"
    r"highlight)s?\b",
    re.IGNORECASE,
)


@lru_cache(maxsize=1 << 10)
def repeated(text: str) -> bool:
    """A number of events in a time, and not "a day later"."""
    for found in phrase_pattern("rate").finditer(text):
        behind = _LATER.match(text, found.end()) or found.end() == len(text.rstrip(" ,."))
        if not behind or not found[0].lower().startswith(("a ", "an ")):
            return True
    return _SO_MANY.search(text) is not None


_SO_MANY = re.compile(
    r"\b(?:\d[\d,.]*|two|three|four|five|six|seven|eight|nine|ten|dozens of|hundreds of) "
    r"(?:\w+ ){0,2}\w+s "
    r"(?:a|an) (?:day|night|week|month|year|hour)\W*$",
    re.IGNORECASE,
)
"""As in "handles 20 ships a month"."""


_LATER = re.compile(r"\s+(?:later|earlier|before|ago|after|long|or)\b", re.IGNORECASE)


def aside(text: str) -> str | None:
    """What a clause without a thing of ours only leads up to, remarks or shows."""
    for reason, pattern in _ASIDES:
        if finds(pattern, text):
            return reason
    return None


_ASIDES = (
    (
        "background",
        re.compile(
            r"^(?:[\w-]+ ){1,3}(?:hours?|days?|weeks?|months?|years?) (?:after|before|since)\b|"
            r"^\w+$|^nothing (?:to \w+|unusual|new|special|else)$",
            re.IGNORECASE,
        ),
    ),
    (
        "geo",
        re.compile(
            r"^(?:some |about |around )?[\d.,]+ (?:kilomet|km|mile|met(?:re|er)s?\b)", re.IGNORECASE
        ),
    ),
    (
        "opinion",
        re.compile(
            r"\b(?:call(?:s|ed)|describ(?:es|ed)|brand(?:s|ed)|dubbed|label(?:s|led))\b|"
            r"\b(?:hardest|worst)\b",
            re.IGNORECASE,
        ),
    ),
    (
        "provenance",
        re.compile(
            r"\b(?:acquired|illustrated|mislabell?ed|doctored|geolocated|captioned)\b",
            re.IGNORECASE,
        ),
    ),
)


INDEFINITE = re.compile(r"(?:only |just )?(?:one|an?|another|a single)\b", re.IGNORECASE)


THERE_IS = re.compile(r"\bthere (?:is|are|was|were)\b", re.IGNORECASE)


TAKEN = re.compile(
    r"\b(?:acquired|captured|recorded|tasked|tasking)\s+(?:on|by|over|at)\b|\bcit(?:ed|ing)\b|"
    r"\b(?:it|they|one|images?|photos?|pictures?) (?:was|were) taken\b",
    re.IGNORECASE,
)


JUDGED = re.compile(r"(?:it|that|this)(?:['’]s|\s+(?:is|was))\b", re.IGNORECASE)


OUT = re.compile(
    r"\b(?:miles|kilomet(?:re|er)s|km|nm)\s+(?:offshore|out to sea|off shore|off the coast|"
    r"from (?:the )?(?:shore|coast|land))\b",
    re.IGNORECASE,
)
