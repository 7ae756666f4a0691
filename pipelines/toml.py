"""Reads a TOML file that anybody may have written: bounded, and refused in one sentence."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

from imagery.errors import InputError, UnreadableFile

LARGEST_FILE = 16 * 2**20
"""Bytes: a watch list of a hundred thousand sites."""

_WHOLE = 2**63


def toml_text(path: Path, *, what: str) -> str:
    """The text of a file.

    Args:
        path: Of the file.
        what: It should be, for messages: "a watch list".

    Raises:
        UnreadableFile: it cannot be read, is larger than ``LARGEST_FILE``, or is not UTF-8.
    """
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST_FILE + 1)
    except (OSError, ValueError) as error:
        reason = (getattr(error, "strerror", None) or "the path is not usable").lower()
        raise UnreadableFile(path, reason, f"Give the path of {what}.") from None
    if len(data) > LARGEST_FILE:
        reason = f"it is larger than {LARGEST_FILE >> 20} MiB"
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
    try:
        table = tomllib.loads(text)
    except RecursionError:
        raise UnreadableFile(path, "it is nested too deeply", "Mend that line.") from None
    except ValueError as error:
        # Not only TOMLDecodeError: Python refuses to read a number of thousands of digits.
        said = str(error).partition(";")[0]
        raise UnreadableFile(path, f"it is not TOML ({said})", "Mend that line.") from None
    _check_numbers(path, table)
    return table


def _check_numbers(path: Path, table: dict[str, Any]) -> None:
    waiting: list[tuple[str, Any]] = [*table.items()]
    while waiting:
        key, value = waiting.pop()
        if isinstance(value, dict):
            waiting += value.items()
        elif isinstance(value, list):
            waiting += [(key, each) for each in value]
        elif isinstance(value, int) and not -_WHOLE <= value < _WHOLE:
            said = f"a number of {value.bit_length()} bits"
            raise InputError(f"{key} in {path.name}", said, "one of at most 64 bits")
