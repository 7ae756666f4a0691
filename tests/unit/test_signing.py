from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import botocore.auth
import pytest

from imagery.errors import FetchError, RefusedAddress
from imagery.web.signing import S3, Bearer, PlanetaryComputer, S3Keys, Unsigned

START = datetime(2026, 1, 1, 12, tzinfo=UTC)
BLOB = "https://sentinel2l2a01.blob.core.windows.net/sentinel2-l2/36/S/B04.tif"


class Tokens:
    """The token service, by its documented shape."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.life = timedelta(hours=1)

    def __call__(self, url: str) -> Any:
        self.asked.append(url)
        expiry = (START + len(self.asked) * self.life).strftime("%Y-%m-%dT%H:%M:%SZ")
        return {"msft:expiry": expiry, "token": f"st=1&sig=token{len(self.asked)}"}


def test_unsigned_changes_nothing() -> None:
    assert Unsigned().sign(BLOB, START).url == BLOB
    assert not Unsigned().renew(BLOB)


def test_a_container_has_one_token_renewed_five_minutes_before_its_end() -> None:
    tokens = Tokens()
    signer = PlanetaryComputer(tokens)
    assert signer.sign(BLOB, START).url == f"{BLOB}?st=1&sig=token1"
    assert signer.sign(f"{BLOB}x", START + timedelta(minutes=54)).url.endswith("token1")
    assert signer.sign(BLOB, START + timedelta(minutes=55)).url.endswith("token2")
    assert (
        tokens.asked
        == ["https://planetarycomputer.microsoft.com/api/sas/v1/token/sentinel2l2a01/sentinel2-l2"]
        * 2
    )
    assert signer.sign(BLOB.replace("sentinel2-l2", "other"), START).url.endswith("token3")


def test_a_refused_token_is_forgotten_once() -> None:
    tokens = Tokens()
    signer = PlanetaryComputer(tokens)
    signer.sign(BLOB, START)
    assert signer.renew(BLOB)
    assert not signer.renew(BLOB)
    assert signer.sign(BLOB, START).url.endswith("token2")


@pytest.mark.parametrize(
    "url",
    [
        "https://a.example/sentinel2-l2/B04.tif",
        "https://x.blob.core.windows.net.evil.example/c/B04.tif",
        "https://x.blob.core.windows.net/",
    ],
)
def test_other_hosts_get_no_token(url: str) -> None:
    tokens = Tokens()
    assert PlanetaryComputer(tokens).sign(url, START).url == url
    assert tokens.asked == []


@pytest.mark.parametrize(
    "said", [{}, [], None, {"token": "x"}, {"token": "x", "msft:expiry": "soon"}, {"token": ""}]
)
def test_an_answer_without_a_token_is_an_error(said: Any) -> None:
    with pytest.raises(FetchError, match="the answer holds no token"):
        PlanetaryComputer(lambda url: said).sign(BLOB, START)


def test_a_bearer_token_goes_to_its_own_hosts_only() -> None:
    signer = Bearer("SECRET", ("catalogue.example", ".data.example"))
    for url, there in [
        ("https://catalogue.example/a", True),
        ("https://x.data.example/a", True),
        ("http://catalogue.example/a", False),
        ("https://evil-data.example/a", False),
        ("https://catalogue.example.evil/a", False),
    ]:
        assert (signer.sign(url, START).headers != {}) is there
    assert not signer.renew("https://catalogue.example/a")


@pytest.fixture
def midday(monkeypatch: pytest.MonkeyPatch) -> Callable[[], datetime]:
    fixed = datetime(2013, 5, 24)
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda: fixed)
    return lambda: fixed


def test_an_s3_address_becomes_a_signed_request(midday: Callable[[], datetime]) -> None:
    """The known answer was computed with the formulas of AWS's Signature Version 4 by hand."""
    import hashlib
    import hmac

    keys = S3Keys("AKIDEXAMPLE", "SECRETKEY")
    signed = S3("https://eodata.example", "default", keys).sign("s3://eodata/a/b c+.jp2", START)
    assert signed.url == "https://eodata.example/eodata/a/b%20c%2B.jp2"
    empty = hashlib.sha256(b"").hexdigest()
    headers = [
        "host:eodata.example",
        f"x-amz-content-sha256:{empty}",
        "x-amz-date:20130524T000000Z",
    ]
    listed = "host;x-amz-content-sha256;x-amz-date"
    request = "\n".join(["GET", "/eodata/a/b%20c%2B.jp2", "", *headers, "", listed, empty])
    scope = "20130524/default/s3/aws4_request"
    text = "\n".join(
        [
            "AWS4-HMAC-SHA256",
            "20130524T000000Z",
            scope,
            hashlib.sha256(request.encode()).hexdigest(),
        ]
    )
    key = b"AWS4SECRETKEY"
    for part in scope.split("/"):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    proof = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    assert signed.headers["Authorization"] == (
        f"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/{scope}, SignedHeaders={listed}, "
        f"Signature={proof}"
    )
    assert "SECRETKEY" not in repr(signed) + repr(keys) + str(dict(signed.headers))


def test_the_reader_pays_where_the_archive_says_so(midday: Callable[[], datetime]) -> None:
    store = S3("https://s3.us-west-2.amazonaws.com", "us-west-2", S3Keys("A", "B", "SESSION"), True)
    headers = store.sign("s3://usgs-landsat/a.TIF", START).headers
    assert headers["x-amz-request-payer"] == "requester"
    assert headers["X-Amz-Security-Token"] == "SESSION"
    assert "x-amz-request-payer;x-amz-security-token" in headers["Authorization"]


def test_an_open_bucket_needs_no_keys() -> None:
    store = S3("https://s3.eu-central-1.amazonaws.com", "eu-central-1", virtual=True)
    signed = store.sign("s3://bucket/a/B04.tif", START)
    assert signed.url == "https://bucket.s3.eu-central-1.amazonaws.com/a/B04.tif"
    assert signed.headers == {}


def test_s3_leaves_other_addresses_alone() -> None:
    store = S3("https://s3.example", keys=S3Keys("A", "B"))
    assert store.sign(BLOB, START) == Unsigned().sign(BLOB, START)
    assert not store.renew(BLOB)


@pytest.mark.parametrize("url", ["s3://bucket", "s3://bucket/", "s3:///key"])
def test_an_s3_address_names_an_object(url: str) -> None:
    with pytest.raises(RefusedAddress, match="names no object"):
        S3("https://s3.example").sign(url, START)
