"""How long, and how often, the network is asked again."""

from __future__ import annotations

import email.utils
import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

import stamina

T = TypeVar("T")

# It reports each retry as a warning; a retry that helped is no news for a reader.
logging.getLogger("stamina").addHandler(logging.NullHandler())


@dataclass(frozen=True, slots=True)
class Patience:
    """Limits of one request and its repetitions.

    Attributes:
        attempts: Tries in all.
        first_wait_s: Pause after the first failure, seconds; it doubles each time.
        longest_wait_s: No pause is longer, whatever the server asks for.
        connect_s: Longest wait for a connection.
        silence_s: Longest wait for the next bytes.
        base_s: Longest time for a whole answer, before its size counts.
        slowest: Bytes per second, below which an answer is given up.
    """

    attempts: int = 8
    first_wait_s: float = 0.5
    longest_wait_s: float = 30.0
    connect_s: float = 15.0
    silence_s: float = 30.0
    base_s: float = 60.0
    slowest: float = 20_000.0

    def deadline_s(self, size: int) -> float:
        """Longest time for an answer of ``size`` bytes, seconds."""
        return self.base_s + size / self.slowest


class Trouble(Exception):
    """One failed try. ``Trouble(reason, again, wait)``.

    Attributes:
        reason: What happened, without addresses or secrets.
        again: Whether another try may help.
        wait: Seconds that the server asks for, or None.
        signature: True where the signature was refused.
    """

    def __init__(
        self,
        reason: str,
        *,
        again: bool = True,
        wait: float | None = None,
        signature: bool = False,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.again = again
        self.wait = wait
        self.signature = signature


def persistently(patience: Patience, attempt: Callable[[], T]) -> T:
    """The result of ``attempt``, tried again after each ``Trouble`` that may pass.

    Raises:
        Trouble: the last one.
    """

    def again(error: Exception) -> bool | float:
        if not isinstance(error, Trouble) or not error.again:
            return False
        return True if error.wait is None else min(error.wait, patience.longest_wait_s)

    for context in stamina.retry_context(
        on=again,
        attempts=patience.attempts,
        timeout=None,
        wait_initial=patience.first_wait_s,
        wait_max=patience.longest_wait_s,
        wait_jitter=patience.first_wait_s,
    ):
        with context:
            return attempt()
    raise AssertionError


def retry_after(text: str | None, now: datetime) -> float | None:
    """Seconds that a ``Retry-After`` header asks for, None where it says nothing usable.

    >>> retry_after("3", datetime(2024, 12, 13))
    3.0
    """
    if not text:
        return None
    if text.strip().isdecimal():
        return float(text.strip()[:9])
    try:
        moment = email.utils.parsedate_to_datetime(text)
        return max(0.0, (moment - now).total_seconds())
    except (TypeError, ValueError):
        return None
