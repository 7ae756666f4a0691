from __future__ import annotations

import gzip
import json
import logging
import pickle
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import httpcore
import httpx
import pytest
from range_server import Handler, Site, faults, serving

from imagery.errors import FetchError, ImageryError, OfflineError, RefusedAddress
from imagery.web import Dial, Patience, Trust, Web, checked, shown
from imagery.web.address import Scope, identity, scope_of
from imagery.web.bodies import MAX_JSON_BYTES
from imagery.web.client import _redirected
from imagery.web.exchange import Answer, Request
from imagery.web.patience import retry_after
from imagery.web.signing import S3, Bearer, S3Keys, Signed

NOW = datetime(2026, 1, 1, tzinfo=UTC)
QUICK = Patience(attempts=4, first_wait_s=0.001, longest_wait_s=0.01, silence_s=0.3, connect_s=1)
PUBLIC = "93.184.216.34"


class Detour(httpcore.NetworkBackend):
    """Connects to this machine whatever public address was checked: the tests' internet."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        self.asked.append(host)
        return httpcore.SyncBackend().connect_tcp("127.0.0.1", port, timeout)


def names(**known: str | list[str]) -> Callable[[str, int], list[str]]:
    """A resolver: several answers to one name come one after the other."""
    table = {key.replace("_", "."): value for key, value in known.items()}

    def resolve(host: str, port: int) -> list[str]:
        found = table.get(host, host)
        if isinstance(found, list):
            found = found.pop(0) if len(found) > 1 else found[0]
        return found.split()

    return resolve


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as found:
        found.files["/a.json"] = b'{"a": 1}'
        yield found


@pytest.fixture
def web(site: Site) -> Iterator[Web]:
    with Web(now=lambda: NOW, patience=QUICK) as found:
        found.trust(site.url)
        yield found


def port(site: Site) -> int:
    return httpx.URL(site.url).port or 0


@pytest.mark.parametrize(
    ("address", "scope"),
    [
        (PUBLIC, Scope.PUBLIC),
        ("2606:4700::1111", Scope.PUBLIC),
        ("127.0.0.1", Scope.LOOPBACK),
        ("127.9.9.9", Scope.LOOPBACK),
        ("::1", Scope.LOOPBACK),
        ("::ffff:127.0.0.1", Scope.LOOPBACK),
        ("64:ff9b::7f00:1", Scope.LOOPBACK),
        ("2002:7f00:1::", Scope.LOOPBACK),
        ("10.1.2.3", Scope.PRIVATE),
        ("172.31.0.1", Scope.PRIVATE),
        ("192.168.1.1", Scope.PRIVATE),
        ("::ffff:10.0.0.1", Scope.PRIVATE),
        ("fd12::1", Scope.PRIVATE),
        ("100.64.0.1", Scope.PRIVATE),
        ("0.0.0.0", Scope.SPECIAL),
        ("0.1.2.3", Scope.SPECIAL),
        ("::", Scope.SPECIAL),
        ("169.254.169.254", Scope.SPECIAL),
        ("::ffff:169.254.169.254", Scope.SPECIAL),
        ("fe80::1", Scope.SPECIAL),
        ("fe80::1%eth0", Scope.SPECIAL),
        ("fd00:ec2::254", Scope.SPECIAL),
        ("100.100.100.200", Scope.SPECIAL),
        ("168.63.129.16", Scope.SPECIAL),
        ("224.0.0.1", Scope.SPECIAL),
        ("255.255.255.255", Scope.SPECIAL),
        ("192.0.2.1", Scope.SPECIAL),
        ("198.18.0.1", Scope.SPECIAL),
    ],
)
def test_every_address_has_its_scope(address: str, scope: Scope) -> None:
    assert scope_of(address) is scope


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0"],
)
def test_nothing_on_this_machine_is_read_unless_the_user_named_it(host: str, site: Site) -> None:
    with (
        Web(now=lambda: NOW, patience=QUICK) as web,
        pytest.raises(RefusedAddress, match=r"it leads to a (loopback|reserved) address"),
    ):
        web.json(f"http://{host}:{port(site)}/a.json")
    assert site.requests == []


def test_a_typed_address_opens_its_own_scope_only(site: Site, web: Web) -> None:
    assert web.json(f"{site.url}/a.json") == {"a": 1}
    for host in ("10.0.0.1", "169.254.169.254"):
        with pytest.raises(RefusedAddress):
            web.json(f"http://{host}/a.json")


def test_a_typed_name_opens_itself_and_nothing_beside_it(site: Site) -> None:
    dial = Dial(resolve=names(stac_lan="127.0.0.1", other_lan="127.0.0.1"))
    with Web(now=lambda: NOW, patience=QUICK, dial=dial) as web:
        web.trust(f"http://stac.lan:{port(site)}/")
        assert web.json(f"http://stac.lan:{port(site)}/a.json") == {"a": 1}
        with pytest.raises(RefusedAddress, match=r"other\.lan.*allow the host by name"):
            web.json(f"http://other.lan:{port(site)}/a.json")


def test_an_allowed_host_may_be_anywhere(site: Site) -> None:
    trust = Trust(allowed=frozenset({"127.0.0.1"}))
    with Web(now=lambda: NOW, patience=QUICK, trust=trust) as web:
        assert web.json(f"{site.url}/a.json") == {"a": 1}


def test_a_public_name_is_connected_to_at_the_address_that_was_checked(site: Site) -> None:
    backend = Detour()
    dial = Dial(resolve=names(a_example=PUBLIC), backend=backend)
    with Web(now=lambda: NOW, patience=QUICK, dial=dial) as web:
        assert web.json(f"http://a.example:{port(site)}/a.json") == {"a": 1}
    assert backend.asked == [PUBLIC]


@pytest.mark.parametrize("answer", ["127.0.0.1", f"{PUBLIC} 127.0.0.1", "::ffff:10.0.0.1"])
def test_a_name_that_also_leads_inside_is_refused(answer: str, site: Site) -> None:
    backend = Detour()
    dial = Dial(resolve=names(a_example=answer), backend=backend)
    with Web(now=lambda: NOW, patience=QUICK, dial=dial) as web, pytest.raises(RefusedAddress):
        web.json(f"http://a.example:{port(site)}/a.json")
    assert backend.asked == []


def test_a_name_that_moves_inside_later_gains_nothing(site: Site) -> None:
    """DNS rebinding: public when it is typed and first read, loopback afterwards."""
    dial = Dial(resolve=names(a_example=[PUBLIC, PUBLIC, "127.0.0.1"]), backend=Detour())

    def closing(handler: Handler) -> bool:
        handler.close_connection = True
        return False

    site.before = closing
    with Web(now=lambda: NOW, patience=QUICK, dial=dial) as web:
        web.trust(f"http://a.example:{port(site)}")
        assert web.json(f"http://a.example:{port(site)}/a.json") == {"a": 1}
        with pytest.raises(RefusedAddress, match="loopback"):
            web.json(f"http://a.example:{port(site)}/a.json?again")


def to(where: str, status: int = 302) -> Callable[[Handler], bool]:
    def redirect(handler: Handler) -> bool:
        if not handler.path.startswith("/from"):
            return False
        handler.answer(status, headers={"Location": where})
        return True

    return redirect


@pytest.mark.parametrize("typed", [False, True])
def test_a_redirect_from_a_public_name_to_this_machine_is_refused(typed: bool, site: Site) -> None:
    """Also where the user's own catalogue is on this machine, but another host redirects."""
    dial = Dial(resolve=names(a_example=PUBLIC), backend=Detour())
    site.before = to(f"{site.url}/a.json")
    with Web(now=lambda: NOW, patience=QUICK, dial=dial) as web:
        if typed:
            web.trust("http://[::1]:1/")
        with pytest.raises(RefusedAddress, match=r"127\.0\.0\.1: it leads to a loopback address"):
            web.json(f"http://a.example:{port(site)}/from")


@pytest.mark.parametrize(
    "where", ["file:///etc/passwd", "/vsicurl/x", "ftp://a.example/", "http://", "s3://b/k", ""]
)
def test_a_redirect_off_the_web_is_refused_or_stays_on_the_host(
    where: str, site: Site, web: Web
) -> None:
    site.before = to(where)
    with pytest.raises((RefusedAddress, FetchError)):
        web.json(f"{site.url}/from")


def test_redirects_are_followed_and_bounded(site: Site, web: Web) -> None:
    site.before = to("/a.json")
    assert web.json(f"{site.url}/from") == {"a": 1}
    site.before = to("/from")
    with pytest.raises(FetchError, match="redirects more than 5 times"):
        web.json(f"{site.url}/from")
    assert len(site.requests) == 2 + 6


def test_from_https_to_http_is_refused() -> None:
    answer = Answer(302, httpx.Headers({"location": "http://a.example/b"}), iter([]))
    with pytest.raises(RefusedAddress, match="from https to http"):
        _redirected(Request(httpx.URL("https://a.example/a")), answer)


def test_a_question_stays_a_question_after_a_redirect(site: Site, web: Web) -> None:
    site.before = to("/a.json", 301)
    web.json(f"{site.url}/from", body={"limit": 1})
    assert [request[0] for request in site.requests] == ["POST", "POST"]
    assert json.loads(site.requests[1][3]) == {"limit": 1}


def test_another_host_gets_no_credentials(site: Site) -> None:
    dial = Dial(resolve=names(a_example=PUBLIC, b_example=PUBLIC), backend=Detour())
    site.before = to(f"http://b.example:{port(site)}/a.json")
    signer = Bearer("SECRET", ("127.0.0.1",))
    with Web(now=lambda: NOW, patience=QUICK, dial=dial) as web:
        web.trust(site.url)
        web.signed(signer).json(f"{site.url}/from")
        web.json(f"http://me:PASSWORD@a.example:{port(site)}/from")
    sent = [request[2].get("Authorization") for request in site.requests]
    assert sent == ["Bearer SECRET", None, "Basic bWU6UEFTU1dPUkQ=", None]


@pytest.mark.parametrize("packed", [False, True])
def test_an_endless_answer_is_cut(packed: bool, site: Site, web: Web) -> None:
    """A gigabyte of JSON, or less than a megabyte that unpacks to more than is taken."""
    bomb = gzip.compress(b"[" + b" " * (80 << 20) + b"]", 1) if packed else b""

    def flood(handler: Handler) -> bool:
        if packed:
            handler.answer(200, bomb, {"Content-Encoding": "gzip"})
            return True
        handler.send_response(200)
        handler.send_header("Content-Length", str(1 << 30))
        handler.end_headers()
        try:
            for _ in range(1 << 10):
                handler.wfile.write(b" " * (1 << 20))
        except OSError:
            handler.close_connection = True
        return True

    site.before = flood
    with pytest.raises(FetchError, match="the answer is larger than 33,554,432 bytes"):
        web.json(f"{site.url}/a.json")
    assert web.received <= MAX_JSON_BYTES + (1 << 20)
    assert web.requests == 1


@pytest.mark.parametrize(
    "data", [b"<html>", b"[" * 200_000, b"\xff\xfe\x00", b"", b"1" * 9000, b'{"a": 1'], ids=range(6)
)
def test_what_is_no_json_is_one_sentence(data: bytes, site: Site, web: Web) -> None:
    site.files["/a.json"] = data
    with pytest.raises(FetchError, match=r"/a\.json: the answer is not JSON"):
        web.json(f"{site.url}/a.json")


def test_null_is_json(site: Site, web: Web) -> None:
    site.files["/a.json"] = gzip.compress(b"null")
    site.before = lambda handler: (
        handler.answer(200, site.files["/a.json"], {"Content-Encoding": "gzip"}) or True
    )
    assert web.json(f"{site.url}/a.json") is None


@pytest.mark.parametrize("status", [400, 404, 410, 416])
def test_what_is_not_there_is_asked_for_once(status: int, site: Site, web: Web) -> None:
    site.before = lambda handler: handler.answer(status) or True
    with pytest.raises(FetchError, match=f"HTTP {status}"):
        web.json(f"{site.url}/a.json")
    assert web.requests == 1


@pytest.mark.parametrize("status", [408, 429, 500, 503, 504])
def test_what_may_pass_is_asked_again(status: int, site: Site, web: Web) -> None:
    left = [1, 1, 1]
    site.before = lambda handler: bool(left) and (left.pop(), handler.answer(status)) is not None
    assert web.json(f"{site.url}/a.json") == {"a": 1}
    assert web.requests == 4


def test_a_server_sets_the_pause_within_bounds(site: Site) -> None:
    patience = Patience(attempts=2, first_wait_s=0.001, longest_wait_s=0.2)
    left = [1]
    site.before = lambda handler: (
        bool(left) and (left.pop(), handler.answer(429, headers={"Retry-After": "86400"})) != ()
    )
    with Web(now=lambda: NOW, patience=patience) as web:
        web.trust(site.url)
        began = time.monotonic()
        web.json(f"{site.url}/a.json")
    assert 0.2 <= time.monotonic() - began < 2


def test_a_pause_may_be_a_date() -> None:
    later = datetime(2026, 1, 1, 0, 0, 9, tzinfo=UTC)
    assert retry_after(format_datetime(later, usegmt=True), NOW) == 9
    assert retry_after("soon", NOW) is None
    assert retry_after(None, NOW) is None


def test_a_slow_drip_is_given_up(site: Site) -> None:
    patience = Patience(attempts=2, first_wait_s=0.001, base_s=0.2, slowest=1e12, silence_s=5)

    def drip(handler: Handler) -> bool:
        handler.send_response(206)
        handler.send_header("Content-Range", "bytes 0-99/100")
        handler.send_header("Content-Length", "100")
        handler.end_headers()
        try:
            for _ in range(100):
                handler.wfile.write(b".")
                time.sleep(0.03)
        except OSError:
            handler.close_connection = True
        return True

    site.before = drip
    with Web(now=lambda: NOW, patience=patience) as web:
        web.trust(site.url)
        with pytest.raises(FetchError, match="too slowly, 2 times"):
            web.read(f"{site.url}/a.tif", 0, 100)


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Range": "bytes 1-4/8"},
        {"Content-Range": "bytes 0-3/*"},
        {"Content-Range": "bytes 0-2/8"},
        {"Content-Range": "0-3"},
        {"Content-Range": "bytes 0-3/8", "Content-Encoding": "gzip"},
        {},
    ],
)
def test_a_range_that_was_not_asked_for_is_no_answer(
    headers: dict[str, str], site: Site, web: Web
) -> None:
    site.before = lambda handler: handler.answer(206, b"abcd", headers) or True
    with pytest.raises(FetchError):
        web.read(f"{site.url}/a.tif", 0, 4)


def test_ranges_and_their_ends(site: Site, web: Web) -> None:
    site.files["/a.tif"] = b"0123456789"
    part = web.read(f"{site.url}/a.tif", 2, 5)
    assert (part.data, part.size, part.etag, part.ranged) == (b"234", 10, '"10"', True)
    assert web.read(f"{site.url}/a.tif", 8, 50).data == b"89"
    site.ranges = False
    part = web.read(f"{site.url}/a.tif", 0, 4)
    assert (part.data, part.size, part.ranged) == (b"0123", 10, False)
    with pytest.raises(FetchError, match="the server ignored the byte range"):
        web.read(f"{site.url}/a.tif", 2, 4)


def test_a_body_that_ends_early_is_never_a_file(site: Site, web: Web, tmp_path: Path) -> None:
    site.before = lambda handler: handler.answer(200, b"half", length=8) or True
    with pytest.raises(FetchError, match="4 times"):
        web.download(f"{site.url}/a.tif", tmp_path / "a", limit=100)
    with pytest.raises(FetchError):
        web.json(f"{site.url}/a.tif")


def test_a_download_is_hashed_and_bounded(site: Site, web: Web, tmp_path: Path) -> None:
    site.files["/a.tif"] = b"abc"
    site.before = faults(0.5, 3)
    with Web(now=lambda: NOW, patience=Patience(attempts=30, first_wait_s=0.001)) as patient:
        patient.trust(site.url)
        got = patient.download(f"{site.url}/a.tif", tmp_path / "a", limit=3)
    assert got.size == 3
    assert got.sha256.startswith("ba7816bf")
    assert (tmp_path / "a").read_bytes() == b"abc"
    site.before = None
    with pytest.raises(FetchError, match="it has 3 bytes, more than 2"):
        web.download(f"{site.url}/a.tif", tmp_path / "a", limit=2)


class Renewing:
    """Its first signature is expired."""

    def __init__(self) -> None:
        self.valid = False
        self.renewed = 0

    def sign(self, url: str, now: datetime) -> Signed:
        return Signed(f"{url}?sig={'good' if self.valid else 'SECRET'}")

    def renew(self, url: str) -> bool:
        self.valid, self.renewed = True, self.renewed + 1
        return True


@pytest.mark.parametrize("status", [401, 403])
def test_an_expired_signature_is_renewed_once(status: int, site: Site, web: Web) -> None:
    site.before = lambda handler: "good" not in handler.path and handler.answer(status) is None
    signer = Renewing()
    assert web.signed(signer).json(f"{site.url}/a.json") == {"a": 1}
    assert signer.renewed == 1
    site.before = lambda handler: handler.answer(status) is None
    with pytest.raises(FetchError, match="access was refused"):
        web.signed(signer).json(f"{site.url}/a.json")
    assert signer.renewed == 2


def test_secrets_are_in_no_message_log_or_pickle(
    site: Site, web: Web, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    site.before = lambda handler: handler.answer(503) is None
    url = f"{site.url.replace('//', '//me:PASSWORD@')}/a.json?sig=SECRET&token=SECRET#SECRET"
    with pytest.raises(FetchError) as caught:
        web.signed(Bearer("SECRET", ("127.0.0.1",))).json(url)
    for text in (str(caught.value), repr(caught.value), caplog.text):
        assert "SECRET" not in text
        assert "PASSWORD" not in text
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert str(pickle.loads(pickle.dumps(caught.value))) == str(caught.value)
    assert "SECRET" not in repr(Bearer("SECRET", ("a.example",)))


def test_a_refused_address_shows_no_secret() -> None:
    for text in ("ftp://me:PASSWORD@a.example/b?sig=SECRET", "x\n" * 99, "file:///a?SECRET"):
        with pytest.raises(RefusedAddress) as caught:
            checked(text)
        said = str(caught.value)
        assert "PASSWORD" not in said
        assert "SECRET" not in said
        assert "\n" not in said
    assert shown("http://a:x/?SECRET") == "an address that is not a URL"


def test_one_object_has_one_identity() -> None:
    plain = identity("https://a.example/b.tif?id=3")
    for url in (
        "https://me:pw@a.example/b.tif?id=3&sig=x&se=2026&sp=r#f",
        "https://a.example/b.tif?X-Amz-Signature=1&id=3&X-Amz-Date=2",
        "https://a.example/b.tif?token=1&id=3",
    ):
        assert identity(url) == plain
    assert identity("https://a.example/b.tif?id=4") != plain
    assert identity("https://a.example/c.tif?id=3") != plain


def test_an_s3_object_is_read_from_its_store_and_from_nowhere_else(site: Site, web: Web) -> None:
    site.files["/eodata/a/b.jp2"] = b"0123456789"
    store = web.signed(S3(site.url, keys=S3Keys("ACCESS", "SECRET"), requester_pays=True))
    assert store.read("s3://eodata/a/b.jp2", 2, 5).data == b"234"
    headers = site.requests[0][2]
    assert headers["Authorization"].startswith("AWS4-HMAC-SHA256 Credential=ACCESS/")
    assert headers["x-amz-request-payer"] == "requester"
    assert headers["Range"] == "bytes=2-4"
    with pytest.raises(RefusedAddress, match="no S3 store is known for it"):
        web.read("s3://eodata/a/b.jp2", 2, 5)


class Kept:
    def __init__(self) -> None:
        self.found: dict[str, bytes] = {}

    def remember(self, key: str, address: str, data: bytes) -> None:
        assert "SECRET" not in address
        self.found[key] = data

    def recall(self, key: str) -> bytes | None:
        return self.found.get(key)


def test_answers_are_repeated_offline_and_nothing_else_is_said(site: Site) -> None:
    kept = Kept()
    with Web(now=lambda: NOW, patience=QUICK, answers=kept) as web:
        web.trust(site.url)
        web.json(f"{site.url}/a.json?token=SECRET", body={"page": 1})
        web.json(f"{site.url}/a.json?secret=1", keep=False)
        offline = web.offline_copy()
        asked = web.requests
        assert offline.json(f"{site.url}/a.json?token=OTHER", body={"page": 1}) == {"a": 1}
        for call in (
            lambda: offline.json(f"{site.url}/a.json", body={"page": 2}),
            lambda: offline.json(f"{site.url}/a.json"),
            lambda: offline.read(f"{site.url}/a.json", 0, 1),
        ):
            with pytest.raises(OfflineError, match=r"/a\.json is not in the store"):
                call()
        assert web.requests == asked == 2
    assert len(kept.found) == 1


def test_a_proxy_connects_to_public_names_only(site: Site) -> None:
    """The proxy gets the full address; what has a private one here does not reach it."""
    dial = Dial(resolve=names(inside_example="10.0.0.1", a_example=PUBLIC), proxy=site.url)
    with serving() as own, Web(now=lambda: NOW, patience=QUICK, dial=dial) as web:
        site.before = lambda handler: handler.answer(200, b"[1]") is None
        assert web.json("http://a.example/x.json") == [1]
        assert [request[1] for request in site.requests] == ["http://a.example/x.json"]
        with pytest.raises(RefusedAddress, match="private"):
            web.json("http://inside.example/x.json")
        with pytest.raises(RefusedAddress, match="reserved"):
            web.json("http://169.254.169.254/latest")
        own.files["/a.json"] = b"2"
        web.trust(own.url)
        assert web.json(f"{own.url}/a.json") == 2
    assert len(site.requests) == 1


def test_threads_share_counts(site: Site, web: Web) -> None:
    site.files["/a.tif"] = bytes(1000)
    with ThreadPoolExecutor(8) as pool:
        parts = pool.map(lambda at: web.read(f"{site.url}/a.tif", at, at + 10), range(0, 1000, 10))
        assert b"".join(part.data for part in parts) == bytes(1000)
    assert (web.requests, web.received) == (100, 1000)


def test_no_address_is_a_failure_to_connect() -> None:
    def nowhere(host: str, port: int) -> list[str]:
        raise OSError

    dial = Dial(resolve=nowhere)
    with (
        Web(now=lambda: NOW, patience=QUICK, dial=dial) as web,
        pytest.raises(FetchError, match="no connection could be made, 4 times") as caught,
    ):
        web.json("https://nowhere.example/")
    assert isinstance(caught.value, ImageryError)
    assert threading.active_count() < 50
