"""On which line of a TOML file a table or a key stands, which ``tomllib`` does not tell."""

from __future__ import annotations

import re
from collections import Counter

Address = tuple[str | int, ...]
"""Of a table or key: names, and for a table of a list its number from 0: ("site", 3, "rule")."""

DEEPEST = 8
"""Names of an address: a key that goes deeper has no line of its own."""

_HEADER = re.compile(r"^\s*(\[\[?)([^\]]+)\]\]?\s*(#.*)?$")
_KEY = re.compile(
    r"""^\s*((?:[\w-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[\w-]+|"[^"]*"|'[^']*'))*)\s*="""
)
_PART = re.compile(r"""[\w-]+|"[^"]*"|'[^']*'""")
_LONG = re.compile(r"\"\"\"|\'\'\'")


def lines_of(text: str) -> dict[Address, int]:
    r"""Line, from 1, of each table and key of a TOML document that was read without an error.

    What is written inside one value, such as an inline table, has no line of its own.

    >>> lines_of('store = "runs"\n[[site]]\nrule = "latest"')[("site", 0, "rule")]
    3
    """
    found: dict[Address, int] = {}
    counts: Counter[Address] = Counter()
    table: Address = ()
    quoted: str | None = None
    for number, line in enumerate(text.splitlines(), start=1):
        inside, quoted = quoted, _still_open(line, quoted)
        if inside is not None:
            continue
        header, key = _HEADER.match(line), _KEY.match(line)
        if header and not key:
            table = _parts(header[2])[:DEEPEST]
            if header[1] == "[[":
                counts[table] += 1
                table = (*table, counts[table] - 1)
            else:
                table = _in_last(table, counts)
            found.setdefault(table, number)
        elif key:
            at = table
            for part in _parts(key[1])[:DEEPEST]:
                at = (*at, part)
                found.setdefault(at, number)
    return found


def _parts(dotted: str) -> Address:
    return tuple(part.strip("\"'") for part in _PART.findall(dotted))


def _in_last(table: Address, counts: Counter[Address]) -> Address:
    """``[site.more]`` speaks of the last ``[[site]]``."""
    out: Address = ()
    for part in table:
        out = (*out, part)
        if counts[out]:
            out = (*out, counts[out] - 1)
    return out


def _still_open(line: str, quoted: str | None) -> str | None:
    """The quotes of a text of several lines that is open at the end of this line, if one is."""
    for match in _LONG.finditer(line):
        if quoted is None:
            quoted = match[0]
        elif quoted == match[0]:
            quoted = None
    return quoted
