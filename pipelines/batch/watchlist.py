"""What a watch list says, checked once: sites, rules, how to run, whom to tell."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal, cast

from imagery.errors import InputError
from imagery.model import Period
from pipelines.batch.store import Store
from pipelines.config import Access, Options, nearest

Kind = Literal["latest", "dates", "claims"]
KINDS = ("latest", "dates", "claims")
CHANNELS = ("webhook", "email", "file", "command")
TLS = ("starttls", "tls", "none")
LONGEST_DAYS = 730


@dataclass(frozen=True, slots=True)
class Rule:
    """When a site is due, and what is then compared.

    Attributes:
        kind: ``latest``: the latest clear date against the one before it and the site's history;
            ``dates``: two fixed periods; ``claims``: the statements of an article.
        look_back: Days back from now in which the latest clear date is looked for.
        clear: Least share of the zones that a usable date shows.
        silence_days: Days without a usable scene after which an alarm is raised; 0: never.
        before, after: Of ``dates``: a day or ``A/B``.
        article: Of ``claims``: path of a text or of a claims file.
        date: Of ``claims``: when the article was published.

    Raises:
        InputError: a value is of the wrong type or out of range, or one is missing.
    """

    kind: Kind = "latest"
    look_back: int = 30
    clear: float = 0.5
    silence_days: int = 0
    before: str | None = None
    after: str | None = None
    article: str | None = None
    date: str | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise InputError("rule", self.kind, nearest(self.kind, KINDS))
        check_whole("look_back", self.look_back, 1, LONGEST_DAYS)
        check_whole("silence_days", self.silence_days, 0, LONGEST_DAYS)
        if not is_number(self.clear) or not 0 < self.clear <= 1:
            raise InputError("clear", self.clear, "a share above 0, at most 1")
        wanted = {"dates": ("before", "after"), "claims": ("article",)}.get(self.kind, ())
        for key in wanted:
            if getattr(self, key) is None:
                raise InputError(key, None, f'given, as rule = "{self.kind}" needs it')
        if self.kind == "dates" and not self.periods[0].start < self.periods[1].start:
            raise InputError("after", self.after, f"later than before, {self.before}")
        if self.date is not None:
            Period.parse(f"{self.date}/{self.date}")

    @property
    def periods(self) -> tuple[Period, Period]:
        """Of ``dates``: before and after."""
        return _period("before", str(self.before)), _period("after", str(self.after))


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a site is tried in one batch, where what went wrong may pass.

    Attributes:
        attempts: At most so many.
        wait_s: Seconds before the second; doubled each time, at most five minutes.
    """

    attempts: int = 3
    wait_s: float = 10.0

    def __post_init__(self) -> None:
        check_whole("attempts", self.attempts, 1, 20)
        if not is_number(self.wait_s) or not 0 <= self.wait_s <= 3600:
            raise InputError("wait_s", self.wait_s, "seconds from 0 to 3600")


@dataclass(frozen=True, slots=True)
class Entry:
    """One site of the list, with everything that holds for it.

    Attributes:
        name: Its own in the list, and of its folder in the store.
        line: Where it stands in the file.
        places: Registry ids or paths of site files: one, or for ``claims`` any number.
        notify: Names of the channels that are told of it.
    """

    name: str
    line: int
    places: tuple[str, ...]
    rule: Rule
    options: Options
    access: Access
    patience: Patience
    notify: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Channel:
    """Somebody who is told.

    Attributes:
        name: As the list names it.
        kind: One of ``CHANNELS``.
        to: Address of a webhook; path of a file; words of a command; addresses of an e-mail.
        secret_env: Environment variable of the secret that signs, or of the password.
        server: Of an e-mail: ``host:port``.
        sender, user: Of an e-mail.
        tls: Of an e-mail, one of ``TLS``.
        attempts: Tries in one batch.
        wait_s: Seconds before the second try; doubled each time.
        timeout_s: Seconds that one try may take.
    """

    name: str
    kind: str
    to: tuple[str, ...]
    secret_env: str | None = None
    server: str | None = None
    sender: str | None = None
    user: str | None = None
    tls: str = "starttls"
    attempts: int = 4
    wait_s: float = 1.0
    timeout_s: float = 30.0

    def __post_init__(self) -> None:
        if self.kind not in CHANNELS:
            raise InputError("kind", self.kind, nearest(self.kind, CHANNELS))
        if not self.to or not all(isinstance(each, str) and each for each in self.to):
            raise InputError("to", list(self.to), "a text, or a list of texts")
        if self.kind == "webhook" and not self.to[0].startswith(("https://", "http://")):
            raise InputError("to", self.to[0], "the address of a webhook, https://...")
        if self.kind == "email":
            self._check_email()
        check_whole("attempts", self.attempts, 1, 20)
        for key in ("wait_s", "timeout_s"):
            value = getattr(self, key)
            if not is_number(value) or not 0 <= value <= 3600:
                raise InputError(key, value, "seconds from 0 to 3600")

    def _check_email(self) -> None:
        for key in ("server", "sender"):
            if not isinstance(getattr(self, key), str):
                raise InputError(key, getattr(self, key), "given, as an e-mail needs it")
        host, colon, port = cast("str", self.server).rpartition(":")
        if not (colon and host and port.isdecimal() and 0 < int(port) < 65536):
            raise InputError("server", self.server, "host:port, such as mail.example.org:587")
        if any("\n" in each or "\r" in each for each in (*self.to, cast("str", self.sender))):
            raise InputError("to", list(self.to), "addresses without line ends")
        if self.tls not in TLS:
            raise InputError("tls", self.tls, nearest(self.tls, TLS))
        if (self.user is None) != (self.secret_env is None):
            raise InputError("user", self.user, "given together with secret_env, or neither")


@dataclass(frozen=True, slots=True)
class WatchList:
    """A checked list.

    Attributes:
        path: Of the file.
        store: Of the runs and the ledger.
        metrics: File for the Prometheus textfile collector, or None.
        entries: By their order in the file.
        channels: By name.
        bad: What ``--skip-bad`` left out, a sentence each.
    """

    path: Path
    store: Store
    metrics: Path | None
    entries: tuple[Entry, ...]
    channels: tuple[Channel, ...] = ()
    bad: tuple[str, ...] = ()


def check_whole(name: str, value: object, least: int, most: int) -> None:
    """Refuse what is no whole number from ``least`` to ``most``.

    Raises:
        InputError: it is not.
    """
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise InputError(name, value, f"a whole number from {least} to {most}")


def is_number(value: object) -> bool:
    """True for a finite number; a bool is none."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and abs(cast("float", value)) < float("inf")


def _period(key: str, text: str) -> Period:
    try:
        return Period.parse(text)
    except InputError as error:
        raise InputError(key, text, error.args[2]) from None
