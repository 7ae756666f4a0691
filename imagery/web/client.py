"""The one way to the network: bounded, guarded, patient, and silent about secrets."""

from __future__ import annotations

import base64
import copy
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

import httpx

from imagery.errors import FetchError, OfflineError, RefusedAddress
from imagery.web.address import Trust, checked, identity, shown
from imagery.web.bodies import MAX_JSON_BYTES, Part, Received, json_body, part_of, saved
from imagery.web.exchange import Answer, Dial, Line, Request
from imagery.web.patience import Patience, Trouble, persistently, retry_after
from imagery.web.signing import Signer, Unsigned

MAX_REDIRECTS = 5
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PASSING = frozenset({408, 425, 429})
_AGAIN = "Try again later."
_SCHEMES = ("https", "http", "s3")

T = TypeVar("T")


class Answers(Protocol):
    """Where answers of a catalogue are kept, so that a search can be repeated offline."""

    def remember(self, key: str, address: str, data: bytes) -> None:
        """Keep an answer."""

    def recall(self, key: str) -> bytes | None:
        """The answer kept last."""


class Web:
    """Reads from http(s) and, with a signer for it, s3. Safe for threads; a context manager."""

    def __init__(
        self,
        *,
        now: Callable[[], datetime],
        trust: Trust | None = None,
        patience: Patience | None = None,
        answers: Answers | None = None,
        dial: Dial | None = None,
    ) -> None:
        """Connect to nothing yet.

        Args:
            now: The time, UTC-aware.
            trust: What may be read besides public addresses.
            patience: How long and how often to try.
            answers: Keeps what catalogues say; None = nothing is kept.
            dial: How names become connections, and the proxy.
        """
        self._line = Line(trust or Trust(), dial or Dial(), patience or Patience())
        self._now = now
        self._answers = answers
        self._signer: Signer = Unsigned()
        self.offline = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection."""
        self._line.close()

    @property
    def now(self) -> datetime:
        """The time, UTC."""
        return self._now()

    @property
    def requests(self) -> int:
        """Requests sent, repetitions and redirects counted."""
        return self._line.traffic.requests

    @property
    def received(self) -> int:
        """Bytes of bodies that came, whether they were of use or not."""
        return self._line.traffic.received

    def offline_copy(self) -> Web:
        """The same without a network: it answers from what is kept."""
        other = copy.copy(self)
        other.offline = True
        return other

    def signed(self, signer: Signer) -> Web:
        """The same connections and counts, with the signatures of one archive."""
        other = copy.copy(self)
        other._signer = signer
        return other

    def trust(self, url: str) -> None:
        """Let a host that the user typed, and its own scope, be private (see ``Trust.add``)."""
        host = checked(url, schemes=_SCHEMES).host
        if self.offline:
            return
        try:
            addresses = self._line.dial.resolve(host, 443)
        except (OSError, UnicodeError):
            addresses = []
        self._line.trust.add(host, addresses)

    def json(self, url: str, *, body: Mapping[str, object] | None = None, keep: bool = True) -> Any:
        """A JSON document, by GET or, with a body, by POST.

        Args:
            url: Where it is.
            body: What is sent as JSON.
            keep: False where the answer is a secret, which is never kept.

        Raises:
            FetchError: no answer after all tries, or it is no JSON or too large.
            RefusedAddress: see ``address``.
            OfflineError: offline, and this was not asked before.
        """
        sent = None if body is None else json.dumps(body, sort_keys=True).encode()
        checked(url, schemes=_SCHEMES)
        key = hashlib.sha256(identity(url).encode() + (sent or b"")).hexdigest()
        if self.offline:
            data = self._recalled(url, key)
        else:
            headers = {
                "Accept": "application/geo+json, application/json",
                "Accept-Encoding": "gzip",
            }
            if sent is not None:
                headers["Content-Type"] = "application/json"
            data = self._asked(
                url, headers, json_body, method="GET" if sent is None else "POST", body=sent
            )
        try:
            found = json.loads(data)
        except (ValueError, RecursionError):
            found = _Nothing
        if found is _Nothing:
            raise FetchError(shown(url), "the answer is not JSON", "Check the address.")
        if keep and self._answers is not None and not self.offline:
            self._answers.remember(key, shown(url), data)
        return found

    def read(self, url: str, start: int, stop: int) -> Part:
        """The bytes ``start`` to ``stop`` of an object, fewer where it ends before.

        Raises:
            FetchError: they did not come after all tries.
            RefusedAddress: see ``address``.
            OfflineError: offline.
        """
        self._check_online(url)
        headers = {"Range": f"bytes={start}-{stop - 1}", "Accept-Encoding": "identity"}
        return self._asked(
            url, headers, lambda answer: part_of(answer, start, stop), expected=stop - start
        )

    def download(self, url: str, path: Path, *, limit: int) -> Received:
        """A whole object into a file, replaced at each try; hashed as it comes.

        Raises:
            FetchError: it did not come after all tries, or is larger than ``limit`` bytes.
            RefusedAddress: see ``address``.
            OfflineError: offline.
        """
        self._check_online(url)
        headers = {"Accept-Encoding": "identity"}
        return self._asked(url, headers, lambda answer: saved(answer, path, limit), expected=limit)

    def _check_online(self, url: str) -> None:
        if self.offline:
            raise OfflineError(shown(url), "is not in the store", "Run it once with the network.")

    def _recalled(self, url: str, key: str) -> bytes:
        data = None if self._answers is None else self._answers.recall(key)
        if data is None:
            raise OfflineError(
                f"the answer of {shown(url)}",
                "is not in the store",
                "Run it once with the network.",
            )
        return data

    def _asked(
        self,
        url: str,
        headers: Mapping[str, str],
        take: Callable[[Answer], T],
        *,
        method: str = "GET",
        body: bytes | None = None,
        expected: int = MAX_JSON_BYTES,
    ) -> T:
        """What ``take`` makes of the answer, asked for as long as patience lasts."""
        renewed = False

        def attempt() -> T:
            nonlocal renewed
            signed = self._signer.sign(url, self._now())
            if signed.url.startswith("s3:"):
                remedy = "Name its archive, which says where the store is."
                raise RefusedAddress(shown(url), "no S3 store is known for it", remedy)
            target = checked(signed.url, schemes=("https", "http"))
            every = {"User-Agent": "tilewitness", **headers, **signed.headers}
            try:
                with self._followed(Request(target, method, every, body), expected) as answer:
                    return take(answer)
            except Trouble as trouble:
                if trouble.signature and not renewed and self._signer.renew(url):
                    renewed = True
                    raise Trouble(trouble.reason, wait=0.0) from None
                raise

        trouble: Trouble | None = None
        try:
            return persistently(self._line.patience, attempt)
        except Trouble as last:
            trouble = last
        # Raised outside the handler: an error that travels carries no request behind it.
        remedy = "Check the credentials." if trouble.signature else _AGAIN
        tries = f", {self._line.patience.attempts} times" if trouble.again else ""
        raise FetchError(shown(url), trouble.reason + tries, remedy)

    @contextmanager
    def _followed(self, request: Request, expected: int) -> Iterator[Answer]:
        """The answer at the end of the redirects."""
        for _ in range(MAX_REDIRECTS + 1):
            with self._line.ask(_with_login(request), expected=expected) as answer:
                if answer.status not in _REDIRECTS:
                    self._check_status(answer)
                    yield answer
                    return
                request = _redirected(request, answer)
        raise Trouble(f"it redirects more than {MAX_REDIRECTS} times", again=False)

    def _check_status(self, answer: Answer) -> None:
        status = answer.status
        if status in (200, 206):
            return
        if status in (401, 403):
            raise Trouble(f"access was refused (HTTP {status})", again=False, signature=True)
        again = status in _PASSING or status >= 500
        wait = retry_after(answer.headers.get("retry-after"), self._now())
        raise Trouble(f"the server said HTTP {status}", again=again, wait=wait)


class _Nothing:
    """Stands for an answer that could not be parsed; ``null`` could."""


def _with_login(request: Request) -> Request:
    """User and password of a URL as a header; they are not part of the request line."""
    url = request.url
    if not url.userinfo:
        return request
    login = base64.b64encode(f"{url.username}:{url.password}".encode()).decode()
    headers = {"Authorization": f"Basic {login}", **request.headers}
    plain = url.copy_with(userinfo=b"")
    return Request(plain, request.method, headers, request.body, request.home)


def _redirected(request: Request, answer: Answer) -> Request:
    """The next request; to another host without what proves who asks, and to public hosts only.

    A POST stays one: as a GET it would lose its question and be answered with everything.
    """
    try:
        url = checked(
            str(request.url.join(answer.headers.get("location", ""))), schemes=("https", "http")
        )
    except httpx.InvalidURL:
        raise Trouble("it redirects to no address", again=False) from None
    if request.url.scheme == "https" and url.scheme != "https":
        reason = "it redirects from https to http"
        raise RefusedAddress(shown(str(url)), reason, "Ask the archive's operator.")
    method, body = request.method, request.body
    if answer.status == 303:
        method, body = "GET", None
    same = (url.scheme, url.host, url.port) == (
        request.url.scheme,
        request.url.host,
        request.url.port,
    )
    secret = ("authorization", "x-amz-security-token")
    headers = {
        key: value for key, value in request.headers.items() if same or key.lower() not in secret
    }
    return Request(url, method, headers, body, request.home and url.host == request.url.host)
