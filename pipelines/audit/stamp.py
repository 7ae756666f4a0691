"""Time stamps (RFC 3161): the word of somebody else that a record was there at a time.

    run.json.tsq   what was asked: the SHA-256 of run.json and a random number; nothing else is sent
    run.json.tsr   what the authority answered and signed

Whether its signature is good, and whether it is to be trusted, ``openssl ts -verify`` says.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx

from imagery import custody
from imagery.errors import FetchError, InputError
from imagery.run_folder import RECORD, TOKENS, plain_bytes
from imagery.web import shown
from imagery.write import utc_text

EVENT = "time stamp"
LARGEST_ANSWER = 1 << 20
"""Bytes; a token with its certificates has some thousand."""

TIMEOUT_S = 30.0
GRANTED = (0, 1)
"""RFC 3161, 2.4.2: granted, and granted with changes to what was asked."""


@dataclass(frozen=True, slots=True)
class Stamp:
    """What an authority said.

    Attributes:
        time: When it signed, UTC.
        sha256: What it signed, in hexadecimal.
        nonce: The random number of the question that it answers.
    """

    time: datetime
    sha256: str
    nonce: int | None


def stamp(run: Path, url: str) -> datetime:
    """Have an authority sign the record of a run; question and answer stay in the folder.

    Args:
        run: A run folder.
        url: Of the authority.

    Returns:
        The time that it says, UTC.

    Raises:
        InputError: the extra ``timestamp`` is not installed, or ``url`` is no web address.
        FetchError: the authority did not answer, or something else than was asked.
        WriteError: the log cannot be written.
    """
    rfc3161 = _package()
    if not url.startswith(("https://", "http://")):
        raise InputError("--timestamp", url, "the address of a time-stamping authority")
    record = (run / RECORD).read_bytes()
    question = (
        rfc3161.TimestampRequestBuilder()
        .data(record)
        .hash_algorithm(rfc3161.HashAlgorithm.SHA256)
        .nonce(nonce=True)
        .cert_request(cert_request=True)
        .build()
    )
    answer = _asked(url, question.as_bytes())
    said = _read(answer)
    wanted = Stamp(said.time, hashlib.sha256(record).hexdigest(), question.nonce) if said else None
    if said is None or said != wanted:
        raise FetchError(shown(url), "it answered no time stamp of what was asked", "Try another.")
    files = dict(zip(TOKENS, (question.as_bytes(), answer), strict=True))
    for name, data in files.items():
        (run / name).write_bytes(data)
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    event = {"event": EVENT, "authority": shown(url), "time": utc_text(said.time), **hashes}
    custody.append(run, event, record=said.sha256)
    return said.time


def wrong(run: Path, events: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """What does not hold of the time stamp of a run, by file.

    Args:
        run: The folder.
        events: Of its custody log.
    """
    none: Mapping[str, Any] = {}
    told = next((event for event in reversed(events) if event.get("event") == EVENT), none)
    found: dict[str, str] = {}
    for name in TOKENS:
        try:
            data = plain_bytes(run / name)
        except OSError:
            data = None
        if data is None and name in told:
            found[name] = "it is missing"
        elif data is not None and told.get(name) != hashlib.sha256(data).hexdigest():
            found[name] = "it is not what the authority was asked or answered"
    return found


def of_record(run: Path) -> bool | None:
    """Whether the time stamp of a run speaks of its record; None where that cannot be told."""
    try:
        said = _read(plain_bytes(run / TOKENS[1]))
        now = hashlib.sha256(plain_bytes(run / RECORD)).hexdigest()
    except (OSError, InputError):  # there is none, or the extra is not installed here
        return None
    return said is not None and said.sha256 == now


def _asked(url: str, question: bytes) -> bytes:
    kind = {"Content-Type": "application/timestamp-query"}
    try:
        with httpx.stream(
            "POST", url, content=question, headers=kind, timeout=TIMEOUT_S, follow_redirects=False
        ) as answer:
            answer.raise_for_status()
            data = b""
            for part in answer.iter_bytes():
                data += part
                if len(data) > LARGEST_ANSWER:
                    raise FetchError(shown(url), "it answered too much", "Try another.")
            return data
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        # Of the error only its kind: its words may hold the address, and that a password.
        status = getattr(getattr(error, "response", None), "status_code", None)
        reason = f"it answered {status}" if status else f"no answer ({type(error).__name__})"
        raise FetchError(shown(url), reason, "Check the address, or try another.") from None


def _read(answer: bytes) -> Stamp | None:
    rfc3161 = _package()
    try:
        said = rfc3161.decode_timestamp_response(answer)
        if int(said.status) not in GRANTED:
            return None
        info = said.tst_info
        return Stamp(info.gen_time, info.message_imprint.message.hex(), info.nonce)
    except ValueError:
        return None


def _package() -> Any:
    try:
        import rfc3161_client
    except ImportError:
        expected = "installed: pip install 'tilewitness[timestamp]'"
        raise InputError("the extra timestamp", "missing", expected) from None
    return rfc3161_client
