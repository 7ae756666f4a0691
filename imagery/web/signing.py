"""How requests prove that they may read: tokens in the address, or headers.

A signer sees every request of its archive and touches only those to hosts that it is for: what
a catalogue points at elsewhere never gets a credential.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol
from urllib.parse import quote

import httpx

from imagery.errors import FetchError, RefusedAddress
from imagery.web.address import shown

RENEW_BEFORE = timedelta(minutes=5)
PLANETARY_COMPUTER_TOKENS = "https://planetarycomputer.microsoft.com/api/sas/v1/token"
AWS_ENDPOINT = "https://s3.{region}.amazonaws.com"
"""For buckets of AWS itself, with the bucket's own region."""

_BLOBS = ".blob.core.windows.net"


@dataclass(frozen=True, slots=True)
class Signed:
    """What is really sent: an http(s) address and headers, both possibly secret."""

    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)


class Signer(Protocol):
    """Makes a request one that the archive answers."""

    def sign(self, url: str, now: datetime) -> Signed:
        """The request to send for a URL of a catalogue."""

    def renew(self, url: str) -> bool:
        """Forget what was refused; True where signing again may help."""


@dataclass(frozen=True, slots=True)
class Unsigned:
    """For archives that anybody may read."""

    def sign(self, url: str, now: datetime) -> Signed:  # noqa: ARG002
        """The URL itself."""
        return Signed(url)

    def renew(self, url: str) -> bool:  # noqa: ARG002
        """Nothing to renew."""
        return False


@dataclass(frozen=True, slots=True)
class Bearer:
    """A token in a header, for the archive's own hosts only.

    Attributes:
        token: As the archive issued it.
        hosts: Hosts that may see it, exact, or with a leading dot for all below.
    """

    token: str = field(repr=False)
    hosts: tuple[str, ...]

    def sign(self, url: str, now: datetime) -> Signed:  # noqa: ARG002
        """The URL with the token, over TLS to one of the hosts (or to this machine)."""
        parsed = httpx.URL(url)
        ours = any(
            parsed.host == host or (host.startswith(".") and parsed.host.endswith(host))
            for host in self.hosts
        )
        safe = parsed.scheme == "https" or parsed.host in ("localhost", "127.0.0.1", "::1")
        return Signed(url, {"Authorization": f"Bearer {self.token}"} if ours and safe else {})

    def renew(self, url: str) -> bool:  # noqa: ARG002
        """It was given to us; we cannot make another."""
        return False


class PlanetaryComputer:
    """Shared access signatures of the Planetary Computer, one token per account and container.

    Source:
        https://planetarycomputer.microsoft.com/docs/concepts/sas/ : ``GET
        /api/sas/v1/token/{account}/{container}`` gives ``msft:expiry`` and ``token``.
    """

    def __init__(
        self,
        fetch: Callable[[str], Any],
        *,
        endpoint: str = PLANETARY_COMPUTER_TOKENS,
        blobs: str = _BLOBS,
    ) -> None:
        """Use ``fetch`` (URL to parsed JSON, never kept) to get tokens for hosts on ``blobs``."""
        self._fetch = fetch
        self._endpoint = endpoint
        self._blobs = blobs
        self._tokens: dict[tuple[str, str], tuple[str, datetime]] = {}
        self._lock = threading.Lock()

    def sign(self, url: str, now: datetime) -> Signed:
        """The URL with the token of its container; other hosts' as they are.

        Raises:
            FetchError: the token service gave no token.
        """
        parsed = httpx.URL(url)
        place = self._place(parsed)
        if place is None:
            return Signed(url)
        with self._lock:
            found = self._tokens.get(place)
            if found is None or now + RENEW_BEFORE >= found[1]:
                found = self._tokens[place] = self._new(place)
            token = found[0]
        return Signed(str(parsed.copy_with(query=token.encode(), fragment=None)))

    def renew(self, url: str) -> bool:
        """Forget the token of a container."""
        place = self._place(httpx.URL(url))
        with self._lock:
            return place is not None and self._tokens.pop(place, None) is not None

    def _place(self, url: httpx.URL) -> tuple[str, str] | None:
        container = url.path.strip("/").partition("/")[0]
        if not url.host.endswith(self._blobs) or not container:
            return None
        return url.host.removesuffix(self._blobs), container

    def _new(self, place: tuple[str, str]) -> tuple[str, datetime]:
        address = "/".join([self._endpoint, *(quote(part, safe="") for part in place)])
        said = self._fetch(address)
        try:
            expiry = datetime.fromisoformat(said["msft:expiry"])
            token = str(said["token"])
        except (KeyError, TypeError, ValueError):
            token, expiry = "", None
        if not token or expiry is None:
            raise FetchError(shown(address), "the answer holds no token", "Try again later.")
        return token, expiry if expiry.tzinfo else expiry.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class S3Keys:
    """Credentials of an S3 store."""

    access: str = field(repr=False)
    secret: str = field(repr=False)
    session: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class S3:
    """An S3 store: ``s3://bucket/key`` becomes a signed https request.

    Attributes:
        endpoint: ``https://host``; buckets are taken from its path unless ``virtual``.
        region: That the signature names.
        keys: None for a store that anybody may read.
        requester_pays: True where the reader pays for the traffic.
        virtual: True for ``https://bucket.host/key``.
    """

    endpoint: str
    region: str = "us-east-1"
    keys: S3Keys | None = None
    requester_pays: bool = False
    virtual: bool = False

    def sign(self, url: str, now: datetime) -> Signed:  # noqa: ARG002
        """The request for an object of the store; URLs of other schemes as they are.

        Raises:
            RefusedAddress: the URL names no bucket and key.
        """
        parsed = httpx.URL(url)
        if parsed.scheme != "s3":
            return Signed(url)
        # The text itself: a key may hold characters that a URL parser would take for a query.
        bucket, _, key = url.removeprefix("s3://").partition("/")
        if not bucket or not key:
            raise RefusedAddress(shown(url), "it names no object", "Check the catalogue.")
        address = self._address(bucket, key)
        headers = {"x-amz-request-payer": "requester"} if self.requester_pays else {}
        return Signed(address, headers if self.keys is None else self._proof(address, headers))

    def renew(self, url: str) -> bool:  # noqa: ARG002
        """A signature is made anew for every request: a refusal is final."""
        return False

    def _address(self, bucket: str, key: str) -> str:
        path = quote(key, safe="/-_.~")
        base = httpx.URL(self.endpoint)
        if self.virtual:
            host = f"{bucket}.{base.host}"
            return f"{base.copy_with(host=host)}".rstrip("/") + f"/{path}"
        return f"{self.endpoint.rstrip('/')}/{quote(bucket, safe='')}/{path}"

    def _proof(self, address: str, headers: Mapping[str, str]) -> dict[str, str]:
        try:
            from botocore.auth import S3SigV4Auth
            from botocore.awsrequest import AWSRequest
            from botocore.credentials import Credentials
        except ImportError as error:
            reason = "reading from S3 needs the extra `s3`"
            remedy = "Install it: pip install 'tilewitness[s3]'."
            raise FetchError(shown(address), reason, remedy) from error
        keys = self.keys or S3Keys("", "")
        request = AWSRequest(method="GET", url=address, headers=dict(headers))
        # It reads the clock itself; a signature holds for minutes and leaves no trace in a result.
        S3SigV4Auth(
            Credentials(keys.access, keys.secret, keys.session), "s3", self.region
        ).add_auth(request)
        return dict(request.headers.items())
