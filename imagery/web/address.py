"""Where the network may lead: which addresses are read from, and how they are shown.

A catalogue is written by strangers. What it points at is checked where it cannot lie: at the
IP address that a connection is made to, so a name that resolves differently the second time
gains nothing.
"""

from __future__ import annotations

import hashlib
import ipaddress
import re
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from enum import Enum

import httpcore
import httpx

from imagery.errors import RefusedAddress

Resolver = Callable[[str, int], list[str]]
"""(host, port) to the IP addresses of the host, as text. Raises OSError where there is none."""

_REMEDY = "If you trust it, allow the host by name."

# Cloud metadata services that stand at addresses which are otherwise public or private.
_METADATA = frozenset({"169.254.169.254", "fd00:ec2::254", "100.100.100.200", "168.63.129.16"})
_PRIVATE = tuple(
    ipaddress.ip_network(text)
    for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")
)
_NAT64 = ipaddress.ip_network("64:ff9b::/96")
# Parameters of a query that grant access; they and what they say are never written down.
_SECRET = re.compile(
    r"x-amz-.*|x-goog-.*|awsaccesskeyid|signature|expires|key-pair-id|policy|.*token.*|.*secret.*"
    r"|.*api[-_]?key.*|subscription-key|key|auth.*|password|sig|sas"
    r"|se|st|sp|sv|sr|ske|skt|sks|skv|skoid|sktid|spr|sip",
    re.IGNORECASE,
)


class Scope(Enum):
    """How far an IP address reaches."""

    PUBLIC = "public"
    PRIVATE = "private"
    LOOPBACK = "loopback"
    SPECIAL = "special"  # link-local, metadata service, multicast, unspecified, reserved


def shown(url: str) -> str:
    """A URL without its query, fragment, user and password: what may be printed and kept.

    >>> shown("https://me:pw@a.example/b.tif?sig=secret#x")
    'https://a.example/b.tif'
    """
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, UnicodeError):
        return "an address that is not a URL"
    return str(parsed.copy_with(query=None, fragment=None, userinfo=b""))


def identity(url: str) -> str:
    """SHA-256 of a URL without what only grants access: the same object, whatever its signature."""
    parsed = httpx.URL(url)
    kept = [
        (key, value) for key, value in parsed.params.multi_items() if not _SECRET.fullmatch(key)
    ]
    plain = parsed.copy_with(params=kept or None, fragment=None, userinfo=b"")
    return hashlib.sha256(str(plain).encode()).hexdigest()


def checked(url: str, *, schemes: Iterable[str] = ("https", "http")) -> httpx.URL:
    """A URL that may be read from, as far as its text tells.

    Raises:
        RefusedAddress: it is not a URL with a host, or of another scheme.
    """
    try:
        parsed = httpx.URL(url)
    except (httpx.InvalidURL, UnicodeError):
        parsed = httpx.URL()
    if parsed.scheme not in schemes or not parsed.host:
        reason = "it is not an address on the web or in an S3 store"
        raise RefusedAddress(_clipped(url), reason, "Nothing else is read from a remote catalogue.")
    return parsed


def _clipped(url: str) -> str:
    """A refused text for a message: without query, one line, short."""
    text = re.sub(r"//[^/@]*@", "//", url.partition("?")[0].partition("#")[0])
    return "".join(each if each.isprintable() else "?" for each in text)[:120] or "an empty address"


def scope_of(address: str) -> Scope:
    """How far an IP address reaches; an IPv4 address inside an IPv6 one is judged itself.

    >>> scope_of("::ffff:127.0.0.1")
    <Scope.LOOPBACK: 'loopback'>
    """
    ip = ipaddress.ip_address(address)
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return scope_of(str(inner))
    if str(ip) in _METADATA or ip.is_link_local or ip.is_multicast or ip.is_unspecified:
        return Scope.SPECIAL
    if ip.is_loopback:
        return Scope.LOOPBACK
    if any(ip in network for network in _PRIVATE):
        return Scope.PRIVATE
    return Scope.PUBLIC if ip.is_global else Scope.SPECIAL


def resolved(host: str, port: int) -> list[str]:
    """The IP addresses of a host, by the system."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@dataclass(slots=True)
class Trust:
    """What may be connected to besides public addresses.

    Attributes:
        allowed: Hosts that the user allowed by name, whatever their address.
        hosts: Hosts that the user typed, each with the scopes that it had then.
        scopes: Scopes that everything in the user's own catalogue may have.
    """

    allowed: frozenset[str] = frozenset()
    hosts: dict[str, frozenset[Scope]] = field(default_factory=dict)
    scopes: frozenset[Scope] = frozenset()

    def add(self, host: str, addresses: Iterable[str]) -> None:
        """Trust a host that the user typed with the addresses that it has now.

        An address or ``localhost`` opens its scope for all that its catalogue names: a
        catalogue on this machine may point at another port of it. A name opens only itself.
        """
        scopes = frozenset(map(scope_of, addresses)) - {Scope.SPECIAL}
        self.hosts = {**self.hosts, host: scopes}
        if host == "localhost" or _is_address(host):
            self.scopes |= scopes

    def check(self, host: str, addresses: Iterable[str], *, home: bool) -> None:
        """Refuse a host that leads where nothing is read.

        Args:
            host: As in the URL.
            addresses: All that it has.
            home: False after a redirect to another host, which opens no scope: not even to a host
                that the user typed may a stranger send us.

        Raises:
            RefusedAddress: one of the addresses is not to be read from.
        """
        if host in self.allowed:
            return
        own = self.hosts.get(host, frozenset()) | self.scopes if home else frozenset()
        fine = {Scope.PUBLIC} | own
        for address in addresses:
            scope = scope_of(address)
            if scope not in fine:
                kind = (
                    "a reserved address" if scope is Scope.SPECIAL else f"a {scope.value} address"
                )
                raise RefusedAddress(host, f"it leads to {kind} ({address})", _REMEDY)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


class GuardedBackend(httpcore.NetworkBackend):
    """Connects only where ``Trust`` lets it: to the very address that was checked."""

    def __init__(
        self, trust: Trust, *, home: bool, resolve: Resolver, inner: httpcore.NetworkBackend
    ) -> None:
        self._trust = trust
        self._home = home
        self._resolve = resolve
        self._inner = inner

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Resolve, check every address, connect to the first that answers."""
        try:
            addresses = self._resolve(host, port)
        except (OSError, UnicodeError):
            addresses = []
        if not addresses:
            raise httpcore.ConnectError("the name has no address")
        self._trust.check(host, addresses, home=self._home)
        for address in addresses[:-1]:
            try:
                return self._inner.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return self._inner.connect_tcp(addresses[-1], port, timeout, local_address, socket_options)
