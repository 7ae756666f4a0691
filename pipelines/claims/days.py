"""Printed times -> days: absolute ones through ``dateparser``, relative ones by the calendar."""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache

from pipelines.claims.wordlists import table

WEEKDAYS = "monday|tuesday|wednesday|thursday|friday|saturday|sunday"


@dataclass(frozen=True, slots=True)
class Now:
    """What relative words count from: the article's date, and the day spoken of last."""

    article: date | None
    spoken: date | None = None


def read_days(match: re.Match[str], now: Now) -> tuple[date, date, str | None] | None:
    """First and last day of a printed time and how they were inferred; None where unresolvable."""
    groups = match.groupdict()
    for name, reader in _READERS.items():
        if groups[name] is not None:
            try:
                return reader(match, now)
            except (ValueError, OverflowError):
                return None
    return None


def _absolute(match: re.Match[str], now: Now) -> tuple[date, date, str | None] | None:
    year = match["y"] or match["y2"]
    if match["iso"]:
        day: date | None = date.fromisoformat(match["iso"])
        return None if day is None else (day, day, None)
    number = re.match(r"\d+", match["d"] or match["d2"])
    name = match["m"] or match["m2"]
    if number is None:
        return None
    return _single(int(number[0]), name, year, now)


def _single(
    number: int, name: str, year: str | None, now: Now
) -> tuple[date, date, str | None] | None:
    if year is not None:
        day = _read(f"{number} {_month_name(name)} {year}")
        return None if day is None else (day, day, None)
    guess = _year_for(_month(name), number, now)
    if guess is None:
        return None
    day = _read(f"{number} {_month_name(name)} {guess}")
    return None if day is None else (day, day, "year from the article's date")


@lru_cache(maxsize=4096)
def _read(span: str) -> date | None:
    """Let ``dateparser`` read a span that names day, month and year."""
    import dateparser

    settings = {"RELATIVE_BASE": datetime(2000, 1, 1), "STRICT_PARSING": True}
    found = dateparser.parse(span, ["%d %B %Y"], languages=["en"], settings=settings)
    return None if found is None else found.date()


def _numeric(match: re.Match[str], now: Now) -> tuple[date, date, str | None] | None:
    numbers = [int(each) for each in re.split(r"[./]", match["numeric"])]
    year = numbers[2] + (2000 if numbers[2] < 100 else 0)
    options = []
    for month, day in ((numbers[1], numbers[0]), (numbers[0], numbers[1])):
        if 1 <= month <= 12 and 1 <= day <= calendar.monthrange(year, month)[1]:
            options.append(date(year, month, day))
    if not options:
        return None
    if now.article is None or "." in match["numeric"] or len(set(options)) == 1:
        return options[0], options[0], None
    article = now.article
    past = [day for day in options if day <= article] or options
    chosen = min(past, key=lambda day: abs((article - day).days))
    return chosen, chosen, "day and month by the article's date"


def _slash(match: re.Match[str], now: Now) -> tuple[date, date, str | None] | None:
    if now.article is None:
        return None
    first, second = (int(each) for each in match["slash"].split("/"))
    month, day = (first, second) if second > 12 or first <= 12 < second else (second, first)
    year = _year_for(month, day, now)
    found = date(year or 0, month, day)
    return found, found, "year from the article's date"


def _range(match: re.Match[str], now: Now) -> tuple[date, date, str | None] | None:
    inner = match["rangemd"] is not None
    name, year = (match["rm"], match["ry"]) if inner else (match["sm"], match["sy"])
    one, two = (match["rd1"], match["rd2"]) if inner else (match["sd1"], match["sd2"])
    days = [_single(int(re.sub(r"\D", "", each)), name, year, now) for each in (one, two)]
    if days[0] is None or days[1] is None or days[1][0] < days[0][0]:
        return None
    return days[0][0], days[1][0], days[0][2]


def _month_span(match: re.Match[str], now: Now) -> tuple[date, date, str | None] | None:
    name = match["mo"] or match["mm"] or match["pm"]
    printed = match["yy"] or match["py"]
    number = _month(name)
    year = int(printed) if printed else _year_for(number, 1, now)
    if year is not None and _said_last(match) and now.article is not None:
        year -= date(year, number, 1) > now.article
    if year is None or (match["mo"] and match["mo"][0].islower() and number == 5):
        return None
    last = calendar.monthrange(year, number)[1]
    part = (match["third"] or "").lower()
    first, final = 1, last
    if part.startswith("early") or "start" in part or "beginning" in part:
        final = 10
    elif part.startswith("mid"):
        first, final = 11, 20
    elif part.startswith("late") or "end" in part:
        first = 21
    how = None if printed else "year from the article's date"
    return date(year, number, first), date(year, number, final), how


def _said_last(match: re.Match[str]) -> bool:
    """As in "last May": before the article, however soon the next one comes."""
    return match.string[: match.start()].rstrip().lower().endswith("last")


def _year_span(match: re.Match[str], _: Now) -> tuple[date, date, str | None]:
    year = int(match["yr"])
    return date(year, 1, 1), date(year, 12, 31), None


def _season_span(match: re.Match[str], _: Now) -> tuple[date, date, str | None]:
    year = int(match["sy2"])
    starts = {"spring": 3, "summer": 6, "autumn": 9, "winter": 12}
    first = date(year, starts[match["ss"].lower()], 1)
    return first, first + timedelta(days=90), "season of the northern hemisphere"


def _base(now: Now, match: str) -> date | None:
    relative = re.search(r"\b(?:earlier|later|before|following|previous|next|same|after)\b", match)
    return now.spoken if relative and now.spoken else now.article


def _number(word: str) -> int:
    names = {"a": 1, "several": 4, "few": 3, "a few": 3, "a couple of": 2, "couple of": 2}
    word = " ".join(word.lower().split())
    if word.isdigit():
        return int(word)
    return names[word] if word in names else int(table("language")["numbers"][word])


_UNITS = {"hour": 0, "day": 1, "fortnight": 14, "week": 7, "month": 30, "year": 365}


def _offset(match: re.Match[str], now: Now) -> tuple[date, date, str | None] | None:
    printed = match[0].lower()
    back = match["ago"] is not None
    number = _number(match["an"] if back else match["ln"])
    unit = (match["au"] if back else match["lu"]).lower()
    base = now.article if "ago" in printed else _base(now, printed)
    if base is None:
        return None
    vague = {"day": 0, "fortnight": 3, "week": 3, "month": 15, "year": 183}[unit]
    shift = timedelta(days=number * _UNITS[unit])
    middle = base - shift if back else base + shift
    half = timedelta(days=vague)
    return middle - half, middle + half, f"{' '.join(printed.split())}, counted from {base}"


def _past(match: re.Match[str], now: Now) -> tuple[date, date, str | None] | None:
    if now.article is None:
        return None
    days = max(1, _number(match["pn"]) * _UNITS[match["pu"].lower()])
    return now.article - timedelta(days=days), now.article, "counted back from the article's date"


def _unit(match: re.Match[str], now: Now) -> tuple[date, date, str | None] | None:
    if now.article is None:
        return None
    words = " ".join(match["rel"].lower().split())
    if "past" in words:
        days = {"week": 7, "month": 30, "year": 365, "weekend": 2}[match["ru"].lower()]
        return now.article - timedelta(days=days), now.article, "counted back from the article"
    step = -1 if "last" in words or "previous" in words or "past" in words else 0
    step = 1 if "next" in words or "following" in words else step
    first, last = _period(now.article, match["ru"].lower(), step)
    if step == 0 and "later" not in words:
        last = min(last, max(first, now.article))
    return first, last, f"{words} {match['ru'].lower()}, counted from the article's date"


def _period(base: date, unit: str, step: int) -> tuple[date, date]:
    if unit == "week":
        monday = base - timedelta(days=base.weekday()) + timedelta(days=7 * step)
        return monday, monday + timedelta(days=6)
    if unit == "weekend":
        saturday = base - timedelta(days=(base.weekday() - 5) % 7)
        saturday += timedelta(days=7 * max(step, 0))
        return saturday, saturday + timedelta(days=1)
    if unit == "month":
        index = base.year * 12 + base.month - 1 + step
        year, month = divmod(index, 12)
        return date(year, month + 1, 1), date(
            year, month + 1, calendar.monthrange(year, month + 1)[1]
        )
    return date(base.year + step, 1, 1), date(base.year + step, 12, 31)


def _nth(match: re.Match[str], now: Now) -> tuple[date, date, str | None] | None:
    base = now.spoken or now.article
    if base is None:
        return None
    number = int(match["nd"])
    day = base.replace(day=number)
    if now.article is not None and day > now.article:
        month = base.replace(day=1) - timedelta(days=1)
        day = month.replace(day=number)
    return day, day, "day of the month spoken of"


def _weekend(_: re.Match[str], now: Now) -> tuple[date, date, str | None] | None:
    if now.article is None:
        return None
    first, last = _period(now.article, "weekend", 0)
    return first, min(last, max(first, now.article)), "weekend before the article's date"


def _weekday(match: re.Match[str], now: Now) -> tuple[date, date, str | None] | None:
    if now.article is None:
        return None
    index = WEEKDAYS.split("|").index(match["wd"].lower())
    words = " ".join((match["wrel"] or "").lower().split())
    if "next" in words or "following" in words:
        base = now.article
        day = base + timedelta(days=(index - base.weekday() - 1) % 7 + 1)
        return day, day, "weekday after the article's date"
    day = now.article - timedelta(days=(now.article.weekday() - index) % 7)
    if "last" in words and day == now.article:
        day -= timedelta(days=7)
    return day, day, "weekday before the article's date"


def _word(match: re.Match[str], now: Now) -> tuple[date, date, str | None] | None:
    words = " ".join(match["word"].lower().split())
    base = _base(now, words)
    if base is None:
        return None
    for key, (low, high) in _WORDS.items():
        if key in words:
            first, last = base + timedelta(days=low), base + timedelta(days=high)
            return first, last, f"{words}, counted from {base}"
    return base, base, f"{words}, counted from {base}"


_WORDS: dict[str, tuple[int, int]] = {
    words: (low, high) for words, (low, high) in table("grammar")["days"].items()
}


_READERS = {
    "iso": _absolute,
    "rangemd": _range,
    "rangedm": _range,
    "dm": _absolute,
    "md": _absolute,
    "numeric": _numeric,
    "slash": _slash,
    "part": _month_span,
    "my": _month_span,
    "season": _season_span,
    "month": _month_span,
    "year": _year_span,
    "ago": _offset,
    "later": _offset,
    "past": _past,
    "unit": _unit,
    "weekend": _weekend,
    "nth": _nth,
    "weekday": _weekday,
    "word": _word,
}


def _month(name: str) -> int:
    return _MONTH_KEYS.index(name.lower()[:3]) + 1


_MONTH_KEYS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"]


def _month_name(name: str) -> str:
    return calendar.month_name[_month(name)]


def _year_for(month: int, day: int, now: Now) -> int | None:
    """The year that puts a day nearest before the article, or a little after it."""
    if now.article is None:
        return None
    for year in (now.article.year + 1, now.article.year, now.article.year - 1):
        last = calendar.monthrange(year, month)[1]
        if date(year, month, min(day, last)) <= now.article + timedelta(days=60):
            return year
    return None
