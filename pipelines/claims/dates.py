"""Dates of a text: where they are printed, and which days they mean.

Spans are found by patterns; ``dateparser`` reads only spans that name a day and a month, relative
words are counted from the article's date. A year that is not printed is the one that puts the day
at or before the article's date; what announces the future may lie after it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from pipelines.claims.days import WEEKDAYS, Now, read_days

_MONTHS = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?"
    "|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?"
)


_DAY = r"(?:[12]\d|3[01]|0?[1-9])(?:st|nd|rd|th)?"


_YEAR = r"(?:19|20)\d\d"


_M = rf"(?:{_MONTHS})\b\.?"


_SMALL = (
    "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|a|several|a few|a couple of"
)


_DASH = r"\s*(?:-|–|—|to|and|through|until|till|or)\s*"


_DATE = re.compile(
    rf"(?P<iso>\b{_YEAR}-\d\d-\d\d\b)"
    rf"|(?P<rangemd>\b(?P<rm>{_M})\s+(?P<rd1>{_DAY}){_DASH}(?P<rd2>{_DAY})\b(?!\s*(?:{_MONTHS})\b)"
    rf"(?:,?\s+(?P<ry>{_YEAR})\b)?)"
    rf"|(?P<rangedm>\b(?P<sd1>{_DAY}){_DASH}(?P<sd2>{_DAY})\s+(?:of\s+)?(?P<sm>{_M})"
    rf"(?:,?\s+(?P<sy>{_YEAR})\b)?)"
    rf"|(?P<dm>\b(?P<d>{_DAY})\s+(?:of\s+)?(?P<m>{_M})(?:,?\s+(?P<y>{_YEAR})\b)?)"
    rf"|(?P<md>\b(?P<m2>{_M})\s+(?P<d2>{_DAY})\b(?!\s*(?:%|km|met))(?:,?\s+(?P<y2>{_YEAR})\b)?)"
    rf"|(?P<numeric>\b\d{{1,2}}[./]\d{{1,2}}[./](?:{_YEAR}|\d\d)\b)"
    rf"|(?P<slash>(?<=on )\b\d{{1,2}}/\d{{1,2}}\b)"
    rf"|(?P<part>\b(?:(?P<third>early|mid|late|the\s+(?:start|beginning|middle|end)\s+of)[\s-]+)"
    rf"(?P<pm>{_M})(?:,?\s+(?:of\s+)?(?P<py>{_YEAR})\b)?)"
    rf"|(?P<my>\b(?P<mm>{_M}),?\s+(?:of\s+)?(?P<yy>{_YEAR})\b)"
    rf"|(?P<season>\b(?P<ss>spring|summer|autumn|winter)\s+(?:of\s+)?(?P<sy2>{_YEAR})\b)"
    rf"|(?P<month>(?:(?<=\bin )|(?<=\bby )|(?<=\bsince )|(?<=\bof )|(?<=\blast )|(?<=\bafter )"
    rf"|(?<=\buntil )|(?<=\bbefore )|(?<=\bbetween )|(?<=\bfrom )|(?<=\bto )|(?<=\band )"
    rf"|(?<=\bduring )|(?<=\bthis ))(?P<mo>{_M})(?=\W|$))"
    rf"|(?P<year>(?:(?<=\byear )|(?<=\bin )"
    rf"|(?<=\bby )|(?<=\bsince )|(?<=\bof )|(?<=\buntil )|(?<=\bafter )"
    rf"|(?<=\bbefore )|(?<=\bduring )|(?<=\blate )|(?<=\bearly ))(?P<yr>{_YEAR})\b"
    rf"(?!\s*(?:-|m\b|km)))"
    rf"|(?P<ago>\b(?P<an>\d{{1,3}}|{_SMALL})\s+(?P<au>day|fortnight|week|month|year)s?\s+"
    rf"(?:ago|earlier|before(?=\s*(?:[,.;)]|$))))"
    rf"|(?P<later>\b(?P<ln>\d{{1,3}}|{_SMALL})\s+(?P<lu>day|fortnight|week|month)s?\s+"
    rf"(?:later|after(?=\s*(?:[,.;)]|$))))"
    rf"|(?P<past>\b(?:the\s+)?(?:past|last|previous)\s+(?P<pn>\d{{1,3}}|{_SMALL}|few|couple\s+of)\s+"
    rf"(?P<pu>hour|day|fortnight|week|month|year)s?\b)"
    rf"|(?P<unit>\b(?P<rel>last|this|previous|past|next|earlier\s+this|earlier\s+last|the\s+previous"
    rf"|the\s+past|the\s+following|later\s+this)\s+(?P<ru>week|month|year|weekend)\b)"
    r"|(?P<nth>\b(?:(?<=on )|(?<=since )|(?<=by )|(?<=and )|(?<=until )|(?<=of )|(?<=from )"
    r"|(?<=to )|(?<=before )|(?<=after ))the\s+"
    r"(?P<nd>\d{1,2})(?:st|nd|rd|th)\b"
    rf"(?!\s+(?:of\s+)?(?:{_MONTHS})\b)(?!\s+(?-i:[A-Z])|\s+(?:floor|century|time|\w+est)\b))"
    rf"|(?P<weekend>\bover\s+the\s+weekend\b)"
    rf"|(?P<weekday>\b(?:(?P<wrel>last|this|next|the\s+previous|the\s+following)\s+)?"
    rf"(?P<wd>{WEEKDAYS})\b)"
    r"|(?P<word>\b(?:the\s+day\s+before\s+yesterday|yesterday|today|tonight|overnight|last\s+night"
    r"|this\s+morning|this\s+afternoon|this\s+evening|tomorrow|the\s+(?:week|month|year)\s+(?:before|after)|the\s+same\s+day|the\s+day\s+before"
    r"|the\s+previous\s+day|the\s+following\s+day|the\s+next\s+day|a\s+day\s+earlier|a\s+day\s+later"
    r"|in\s+recent\s+days|in\s+recent\s+weeks|recent\s+days|recent\s+weeks|the\s+coming\s+days"
    r"|the\s+coming\s+weeks|earlier\s+today|early\s+today|the\s+day\s+after)\b)",
    re.IGNORECASE,
)


_HINT = re.compile(
    rf"\d|\b(?:{_MONTHS}|{WEEKDAYS})\b|day|night|week|month|year|morning|evening|afternoon|spring"
    r"|summer|autumn|winter",
    re.IGNORECASE,
)
"""Some word that every date holds: most sentences have none, and are spared the long pattern."""
_OPENING = re.compile(
    rf"\b(?:\d|{_MONTHS}|{WEEKDAYS}|yesterday|today|tonight|overnight|tomorrow|recent|in\s+recent"
    r"|spring|summer|autumn|winter|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve"
    r"|several|early|earlier|mid|late|later|last|this|next|past|previous|over\s+the\s+weekend"
    r"|a\s+(?:few|couple|day|fortnight|week|month|year)"
    r"|the\s+(?:\d|start|beginning|middle|end|past|last|previous|following|day|week|month|year|same"
    r"|next|coming))",
    re.IGNORECASE,
)
"""Words that a date begins with."""
_BEFORE = re.compile(
    r"\b(?P<p>no\s+later\s+than|as\s+late\s+as|as\s+recently\s+as|as\s+early\s+as|not\s+before"
    r"|at\s+some\s+point\s+(?:between|after|before)|some\s?time\s+(?:between|after|before)"
    r"|as\s+of|as\s+at|by|before|prior\s+to|until|till|up\s+to|since|after|from|between|following"
    r"|through|on\s+or\s+before|on\s+or\s+after|starting|beginning|compared\s+with|compared\s+to)"
    r"\s+(?:(?:the|our|its|their|his|last|previous|earlier)\s+){0,2}"
    r"(?:(?:images?|imagery|photos?|photographs?|pictures?|pass|coverage)\s+(?:of|from|on)\s+)?$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Moment:
    """A printed time.

    Attributes:
        start, end: Characters of the block.
        first, last: Days that it covers, both included.
        before: The word in front that turns it ("by", "since", "between"...), lower case.
        how: How it was inferred, None where it is printed whole.
    """

    start: int
    end: int
    first: date
    last: date
    before: str
    how: str | None


def moments(text: str, start: int, end: int, now: Now) -> list[Moment]:
    """Find the dates in ``text[start:end]``; those that cannot be resolved are left out."""
    found: list[Moment] = []
    if _HINT.search(text, start, end) is None:
        return found
    spoken = now.spoken
    for match in _printed(text, start, end):
        days = read_days(match, Now(now.article, spoken))
        if days is None:
            continue
        first, last, how = days
        ahead = _BEFORE.search(text, max(start, match.start() - 40), match.start())
        before = " ".join(ahead["p"].lower().split()) if ahead else ""
        opened = ahead.start() if ahead else match.start()
        found.append(Moment(opened, match.end(), first, last, before, how))
        spoken = last if match.lastgroup != "past" else spoken
    return _joined(text, found)


def _printed(text: str, start: int, end: int) -> Iterator[re.Match[str]]:
    """Matches of the long pattern, asked only where some date can begin."""
    position = start
    while (opening := _OPENING.search(text, position, end)) is not None:
        match = _DATE.match(text, opening.start(), end)
        if match is not None:
            yield match
        position = match.end() if match is not None else opening.start() + 1


def _joined(text: str, found: list[Moment]) -> list[Moment]:
    """Make "between A and B" and "from A to B" one interval; a weekday beside its date one day."""
    kept: list[Moment] = []
    for moment in found:
        last = kept[-1] if kept else None
        gap = text[last.end : moment.start].strip().lower() if last else ""
        inner = text[last.end : moment.end].lower() if last else ""
        if (
            last
            and gap in {",", "", "(", "–"}
            and last.first <= moment.last
            and _same(last, moment)
        ):
            chosen = last if last.how is None else moment
            kept[-1] = Moment(
                last.start, moment.end, moment.first, moment.last, last.before, chosen.how
            )
        elif last and _range_between(last.before, gap, inner) and last.first <= moment.last:
            how = last.how or moment.how
            kept[-1] = Moment(last.start, moment.end, last.first, moment.last, "between", how)
        else:
            kept.append(moment)
    return kept


def _same(one: Moment, other: Moment) -> bool:
    return "weekday" in (one.how or "") or (
        one.first <= other.first and other.last <= one.last and one != other
    )


def _range_between(before: str, gap: str, inner: str) -> bool:
    opens = before.endswith(("between", "from"))
    joins = gap in {"and", "to", "-", "–", "—", "until", "till", "through", "and the"}
    joins = joins or bool(re.match(r"\s*(?:and|to|until|till|through|-|–)\s", inner))
    return (opens and joins) or gap in {"-", "–", "—", "to"}
