"""Another extractor in place of ours: a command that reads the text and prints the same JSON.

Whatever it is (a language model behind a script, somebody's own rules), its records are checked as
a person's are: every field against its vocabulary, every quote against the text. Nothing is
repaired: a record that does not cut its quote is refused, since a verdict would cite it.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from typing import Any

from imagery.errors import InputError, UnreadableFile
from pipelines.claims.claim import Claim
from pipelines.claims.markup import check_characters

TIMEOUT_S = 600.0
"""Seconds. A large language model on a laptop reads an article in minutes."""
LARGEST_ANSWER = 32 * 2**20
"""Bytes. Records of a text of some MB fit many times over."""


def extract_with(argv: Sequence[str], text: str, *, timeout_s: float = TIMEOUT_S) -> list[Claim]:
    """Run a command with the text on its standard input and read claims from its output.

    Args:
        argv: Program and arguments; no shell is involved.
        text: The raw file, passed as UTF-8.
        timeout_s: Seconds that it may take.

    Returns:
        Its claims, in the order of the text. The output is either a list of records or an object
        whose ``claims`` is one, each as ``Claim.from_dict`` reads it.

    Raises:
        UnreadableFile: it cannot be started, fails, takes too long or prints no JSON.
        InputError: a record is wrong, or its offsets do not cut its quote from the text.
    """
    if not argv:
        raise InputError("the extractor", "", "a program and its arguments")
    check_characters(text)
    return read_answer(_run(argv, text, timeout_s), text, name=argv[0])


def _run(argv: Sequence[str], text: str, timeout_s: float) -> bytes:
    try:
        done = subprocess.run(  # noqa: S603 - the user names the program, and no shell reads it
            list(argv), input=text.encode(), capture_output=True, timeout=timeout_s, check=False
        )
    except subprocess.TimeoutExpired:
        advice = "Allow it more time or give it less text."
        raise UnreadableFile(argv[0], f"it took more than {timeout_s:g} s", advice) from None
    except OSError as error:
        reason = (error.strerror or "it could not be started").lower()
        raise UnreadableFile(argv[0], reason, "Check the program's path.") from None
    if done.returncode:
        last = done.stderr.decode(errors="replace").strip().splitlines()[-1:] or ["it said nothing"]
        reason = f"it ended with status {done.returncode} ({last[0][:200]})"
        raise UnreadableFile(argv[0], reason, "Run it by hand on the same text.")
    if len(done.stdout) > LARGEST_ANSWER:
        reason = f"it printed more than {LARGEST_ANSWER >> 20} MiB"
        raise UnreadableFile(argv[0], reason, "It should print claims and nothing else.")
    return done.stdout


def read_answer(answer: bytes, text: str, *, name: str) -> list[Claim]:
    """Check what an extractor printed against the text that it was given.

    Raises:
        UnreadableFile: it is not JSON, or not a list of records.
        InputError: a record is wrong, doubled, or does not cut its quote.
    """
    advice = 'It should print {"claims": [...]} and nothing else.'
    try:
        content: Any = json.loads(answer.decode("utf-8-sig"))
    except (UnicodeDecodeError, ValueError, RecursionError):
        raise UnreadableFile(name, "what it printed is not JSON", advice) from None
    records = content.get("claims") if isinstance(content, dict) else content
    if not isinstance(records, list):
        raise UnreadableFile(name, "what it printed holds no list of claims", advice)
    claims = [Claim.from_dict(record) for record in records]
    seen: set[str] = set()
    for claim in claims:
        if claim.id in seen:
            raise InputError("the claim id", claim.id, "each id once")
        seen.add(claim.id)
        check_quote(claim, text)
    return sorted(claims, key=lambda claim: (claim.start, -claim.end))


def check_quote(claim: Claim, text: str) -> None:
    """Refuse a claim whose offsets do not cut its quote from the text.

    Raises:
        InputError: they cut something else; the sentence says what.
    """
    cut = text[claim.start : claim.end]
    if cut != claim.quote:
        name = f"the quote of {claim.id}"
        raise InputError(name, claim.quote[:60], f"{cut[:60]!r}, which is what its offsets cut")
