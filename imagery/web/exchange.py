"""One request and its answer: no redirect, no retry, no cookie, no log line."""

from __future__ import annotations

import re
import ssl
import threading
import time
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpcore
import httpx

from imagery.web.address import GuardedBackend, Resolver, Trust, resolved, scope_of
from imagery.web.patience import Patience, Trouble

_CONNECTIONS = 16
_CONTENT_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Dial:
    """How names become connections; a test gives its own.

    Attributes:
        resolve: Name to addresses.
        backend: Makes the connection to an address that was checked.
        proxy: URL of a proxy that makes all connections to public hosts, or None.
        certificates: Whom to believe; None = the authorities that httpx brings or that
            ``SSL_CERT_FILE`` names.
    """

    resolve: Resolver = resolved
    backend: httpcore.NetworkBackend = field(default_factory=httpcore.SyncBackend)
    proxy: str | None = None
    certificates: ssl.SSLContext | None = None


@dataclass(slots=True)
class Traffic:
    """Counts of what really crossed the network; safe for threads."""

    requests: int = 0
    received: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, *, requests: int = 0, received: int = 0) -> None:
        """Add to the counts."""
        with self._lock:
            self.requests += requests
            self.received += received


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked: ``home`` is False after a redirect to another host."""

    url: httpx.URL
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    home: bool = True


@dataclass(frozen=True, slots=True)
class Answer:
    """Status, headers, and the body as it comes; valid inside ``Line.ask`` only."""

    status: int
    headers: httpx.Headers
    chunks: Iterator[bytes]

    @property
    def length(self) -> int | None:
        """Bytes of the body as announced, None where nothing or nonsense is."""
        text = self.headers.get("content-length", "")
        return int(text) if text.isdecimal() and len(text) < 20 else None

    @property
    def version(self) -> str | None:
        """What tells one state of the object from another: its ETag, else its date."""
        found = self.headers.get("etag") or self.headers.get("last-modified")
        return found[:200] if found else None

    @property
    def span(self) -> tuple[int, int, int] | None:
        """(start, stop, size of the whole) of a partial answer; None where it does not say."""
        found = _CONTENT_RANGE.fullmatch(self.headers.get("content-range", "").strip())
        if found is None:
            return None
        first, last, size = (int(text) for text in found.groups())
        return first, last + 1, size

    def read(self, limit: int) -> bytes:
        """The body as sent, no more than ``limit`` bytes of it.

        Raises:
            Trouble: it is longer than ``limit``, or not as long as announced.
        """
        parts = []
        total = 0
        for chunk in self.chunks:
            total += len(chunk)
            if total > limit:
                raise Trouble(f"the answer is larger than {limit:,} bytes", again=False)
            parts.append(chunk)
        if self.length is not None and total != self.length:
            raise Trouble(f"the answer ended after {total:,} of {self.length:,} bytes")
        return b"".join(parts)

    def decoded(self, limit: int) -> bytes:
        """The body after its content coding, bounded before memory is taken.

        Raises:
            Trouble: it is larger than ``limit``, damaged, or in an unknown coding.
        """
        coding = self.headers.get("content-encoding", "identity").strip().lower()
        if coding == "identity":
            return self.read(limit)
        if coding not in ("gzip", "x-gzip", "deflate"):
            raise Trouble("the answer is in a coding that was not asked for", again=False)
        sent = self.read(limit)
        unpack = zlib.decompressobj(wbits=47)
        try:
            data = unpack.decompress(sent, limit + 1)
        except zlib.error:
            raise Trouble("the answer is damaged") from None
        if len(data) > limit:
            raise Trouble(f"the answer is larger than {limit:,} bytes unpacked", again=False)
        if not unpack.eof or unpack.unused_data:
            raise Trouble("the answer is cut off")
        return data


class Line:
    """Connections that lead only where ``Trust`` allows; shared by threads."""

    def __init__(self, trust: Trust, dial: Dial, patience: Patience) -> None:
        self.trust = trust
        self.traffic = Traffic()
        self.dial = dial
        self.patience = patience
        self._pools: dict[str, httpcore.ConnectionPool] = {}
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close every connection."""
        with self._lock:
            for pool in self._pools.values():
                pool.close()
            self._pools.clear()

    @contextmanager
    def ask(self, request: Request, *, expected: int = 0) -> Iterator[Answer]:
        """Send a request; the answer is closed on the way out, read or not.

        Args:
            request: What is asked.
            expected: Bytes that the body may have, from which the time it gets follows.

        Raises:
            Trouble: no answer, or it broke off or took too long.
            RefusedAddress: the host leads where nothing is read.
        """
        url = request.url
        patience = self.patience
        timeout = {
            "connect": patience.connect_s,
            "read": patience.silence_s,
            "write": patience.silence_s,
            "pool": patience.deadline_s(expected),
        }
        self.traffic.count(requests=1)
        try:
            with self._pool(request).stream(
                request.method,
                _address(url),
                headers=list(request.headers.items()),
                content=request.body,
                extensions={"timeout": timeout},
            ) as response:
                chunks = self._counted(response, time.monotonic() + patience.deadline_s(expected))
                yield Answer(response.status, httpx.Headers(response.headers), chunks)
        except httpcore.TimeoutException:
            raise Trouble("it did not answer in time") from None
        except httpcore.ConnectError:
            raise Trouble("no connection could be made") from None
        except (httpcore.NetworkError, httpcore.ProtocolError, httpcore.ProxyError):
            raise Trouble("the connection broke off") from None

    def _counted(self, response: httpcore.Response, deadline: float) -> Iterator[bytes]:
        for chunk in response.iter_stream():
            self.traffic.count(received=len(chunk))
            yield chunk
            if time.monotonic() > deadline:
                raise Trouble("it answers too slowly")

    def _pool(self, request: Request) -> httpcore.ConnectionPool:
        """Connections of one kind: to the user's own scope, to public hosts, or by the proxy."""
        kind = "home" if request.home else "away"
        if self.dial.proxy is not None and not self._is_near(request):
            kind = "proxy"
        with self._lock:
            if kind not in self._pools:
                self._pools[kind] = self._new_pool(kind)
            return self._pools[kind]

    def _new_pool(self, kind: str) -> httpcore.ConnectionPool:
        context = self.dial.certificates or httpx.create_ssl_context()
        if kind == "proxy" and self.dial.proxy is not None:
            proxy = httpx.Proxy(self.dial.proxy)
            return httpcore.HTTPProxy(
                _address(proxy.url),
                proxy_auth=proxy.raw_auth,
                ssl_context=context,
                max_connections=_CONNECTIONS,
            )
        guard = GuardedBackend(
            self.trust, home=kind == "home", resolve=self.dial.resolve, inner=self.dial.backend
        )
        return httpcore.ConnectionPool(
            ssl_context=context, max_connections=_CONNECTIONS, network_backend=guard
        )

    def _is_near(self, request: Request) -> bool:
        """Whether a host is the user's own and is reached without the proxy.

        Behind a proxy this machine often cannot resolve public names: a name without an
        address here is left to the proxy, which makes the connection. A name that has one is
        checked as it would be without a proxy.
        """
        host = request.url.host
        port = request.url.port or 443
        try:
            addresses = self.dial.resolve(host, port)
        except (OSError, UnicodeError):
            return False
        self.trust.check(host, addresses, home=request.home)
        return any(scope_of(address).value != "public" for address in addresses)


def _address(url: httpx.URL) -> httpcore.URL:
    return httpcore.URL(
        scheme=url.raw_scheme, host=url.raw_host, port=url.port, target=url.raw_path
    )
