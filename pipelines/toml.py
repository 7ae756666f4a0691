"""Reads a TOML file that anybody may have written: bounded, and refused in one sentence."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

from imagery.errors import InputError, UnreadableFile

DEEPEST = 32
"""Tables and lists in one another: a watch list has five."""

_WHOLE = 2**63
_QUOTED = re.compile(
    "|".join(
        (r'"""(?s:.)*?"""', r"'''(?s:.)*?'''", r'"(?:[^"\\\n]|\\.)*"', r"'[^'\n]*'", r"#[^\n]*")
    )
)
# tomllib notes every beginning of a dotted key: of n names it takes n * n / 2 places.
_DOTTED = re.compile(rf"(?<![\w-])(?:[\w-]+\s*\.\s*){{{DEEPEST}}}")


def toml_text(path: Path, *, what: str, largest: int) -> str:
    """The text of a file.

    Args:
        path: Of the file.
        what: It should be, for messages: "a watch list".
        largest: Bytes that are read.

    Raises:
        UnreadableFile: it cannot be read, is larger, or is not UTF-8.
    """
    try:
        with path.open("rb") as file:
            data = file.read(largest + 1)
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or "the path is not usable").lower()
        raise UnreadableFile(path, reason, f"Give the path of {what}.") from None
    if len(data) > largest:
        reason = f"it is larger than {largest >> 20} MiB"
        raise UnreadableFile(path, reason, f"Give the path of {what}; split a long one.")
    try:
        # With a mark of byte order first, or with Windows' line ends, it is the same text.
        return data.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError:
        raise UnreadableFile(path, "it is not UTF-8 text", "Save it as UTF-8.") from None


def toml_table(path: Path, text: str) -> dict[str, Any]:
    """The table that a text of TOML holds.

    Raises:
        UnreadableFile: it is not TOML, or is nested too deeply.
        InputError: a whole number has more than 64 bits, which TOML does not have.
    """
    if _DOTTED.search(_QUOTED.sub("q", text)):
        raise UnreadableFile(path, f"a key has more than {DEEPEST} names", "Mend that line.")
    try:
        table = tomllib.loads(text)
    except RecursionError:
        raise UnreadableFile(path, "it is nested too deeply", "Mend that line.") from None
    except ValueError as error:
        # Not only TOMLDecodeError: Python refuses to read a number of thousands of digits.
        said = str(error).partition(";")[0]
        raise UnreadableFile(path, f"it is not TOML ({said})", "Mend that line.") from None
    _check(path, table)
    return table


def _check(path: Path, table: dict[str, Any]) -> None:
    """Refuse what no message could print."""
    waiting: list[tuple[str, Any, int]] = [(key, value, 1) for key, value in table.items()]
    while waiting:
        key, value, depth = waiting.pop()
        if depth > DEEPEST:
            raise UnreadableFile(path, "it is nested too deeply", "Mend that line.")
        if isinstance(value, dict):
            waiting += ((name, each, depth + 1) for name, each in value.items())
        elif isinstance(value, list):
            waiting += ((key, each, depth + 1) for each in value)
        elif isinstance(value, int) and not -_WHOLE <= value < _WHOLE:
            said = f"a number of {value.bit_length()} bits"
            raise InputError(f"{key} in {path.name}", said, "one of at most 64 bits")
