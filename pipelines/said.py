"""Words for numbers, and a list of every number that was put into words.

A sentence is written through ``Said``, so that no number can be printed without being listed.
"""

from __future__ import annotations

import math
import unicodedata
from datetime import date

WORDS = (
    *("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve"),
)
MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August", "September"),
    *("October", "November", "December"),
)
LONGEST_NAME = 80
"""Characters of a name that a sentence repeats."""

LEAST_MISS = 1e-6
"""Smaller chances rest on the independence of looks and are not spelled out."""


class Said:
    """Turns numbers into words and keeps them.

    Attributes:
        numbers: What was said, by name, as it was printed.
    """

    def __init__(self) -> None:
        self.numbers: dict[str, float | int | str] = {}

    def count(self, name: str, number: int) -> str:
        """A number of things: a word up to twelve, figures beyond.

        >>> Said().count("seen", 2), Said().count("seen", 24)
        ('two', '24')
        """
        self.numbers[name] = number
        return WORDS[number] if number < len(WORDS) else str(number)

    def figure(self, name: str, value: float) -> str:
        """A measure, to three significant digits.

        >>> Said().figure("pixel_m", 10.0), Said().figure("ratio", 0.04567)
        ('10', '0.0457')
        """
        rounded = round(float(f"{value:.3g}"), 9)
        kept = int(rounded) if rounded.is_integer() else rounded
        self.numbers[name] = kept
        return f"{kept:.10f}".rstrip("0").rstrip(".") if isinstance(kept, float) else str(kept)

    def percent(self, name: str, share: float) -> str:
        """A share in per cent, rounded down, so that 100 says all.

        >>> Said().percent("clear", 0.978)
        '97 %'
        """
        whole = hundredths(share)
        self.numbers[f"{name}_percent"] = whole
        return f"{whole} %"

    def times(self, name: str, share: float) -> str:
        """A share as so many times in a hundred, rounded down.

        >>> Said().times("power", 0.949)
        '94 times in 100'
        """
        whole = hundredths(share)
        self.numbers |= {f"{name}_times": whole, f"{name}_of": 100}
        return f"{whole} {'time' if whole == 1 else 'times'} in 100"

    def once_in(self, name: str, chance: float) -> str:
        """A small chance, rounded up to one in a number of two digits and zeros.

        >>> Said().once_in("miss", 0.0038)
        '1 in 260'
        """
        many = 1 / max(chance, LEAST_MISS)
        step = 10 ** max(0, math.floor(math.log10(many)) - 1)
        whole = max(1, math.floor(many / step) * step)
        self.numbers |= {f"{name}_one": 1, f"{name}_in": whole}
        return f"1 in {whole}"

    def day(self, name: str, day: date) -> str:
        """A day, listed in ISO form.

        >>> Said().day("day", date(2024, 12, 13))
        '13 December 2024'
        """
        self.numbers[name] = day.isoformat()
        return f"{day.day} {MONTHS[day.month - 1]} {day.year:04d}"

    def name(self, name: str, text: str) -> str:
        """A name of a zone or sensor: one line, no control or direction marks, not too long."""
        shown = clean(text)
        self.numbers[name] = shown
        return shown


def hundredths(share: float) -> int:
    """Hundredths of a share, rounded down but for the last bits of a float."""
    return math.floor(100 * min(max(share, 0.0), 1.0) + 1e-9)


def clean(text: str, longest: int = LONGEST_NAME) -> str:
    r"""Text of others in one line: no control characters, no marks that turn the direction.

    >>> clean("pier\n\u202e7" + "!" * 100, 10)
    'pier 7!!!…'
    """
    # Beyond this many the line is cut anyway: a megabyte is not walked through.
    kept = (" " if c.isspace() else c for c in text[: 8 * longest])
    shown = " ".join("".join(c for c in kept if unicodedata.category(c)[0] != "C").split())
    return shown if len(shown) <= longest else shown[: longest - 1] + "…"


def several(number: int, one: str, many: str) -> str:
    """The form of a word that goes with a number."""
    return one if number == 1 else many


def opened(text: str) -> str:
    """Text with a capital first letter, the rest as it is."""
    return text[:1].upper() + text[1:]
