"""Signed stores and static catalogues: the same pixels, and no secret in what is kept.

All imagery is SIMULATED.
"""

from __future__ import annotations

import gzip
import json
import shutil
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from archive import EARTH_SEARCH, collection
from commands import arguments, invoke, refused, run, same
from faults import fault_proxy
from publishing import Services, altered, days, serve

pytestmark = pytest.mark.services

SECRET = "a-secret-that-must-never-be-written"


def holding(word: str, folder: Path) -> list[Path]:
    """Files below a folder, hidden ones too, that hold a word."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path for path in files if word.encode() in path.read_bytes()]


def ask_for_keys(s3_url: str, *, after: str) -> None:
    """From so many requests on, the store refuses what is not signed."""
    kind = {"Content-Type": "text/plain"}
    asked = urllib.request.Request(f"{s3_url}/moto-api/reset-auth", after.encode(), kind)
    urllib.request.urlopen(asked).close()


@pytest.fixture
def keys(s3_url: str) -> Iterator[dict[str, str]]:
    """Credentials of a user that may read; whoever else asks from now on is refused."""

    ask_for_keys(s3_url, after="inf")
    iam = client("iam", s3_url)
    iam.create_user(UserName="reader")
    rule = {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [rule]})
    iam.put_user_policy(UserName="reader", PolicyName="reads", PolicyDocument=policy)
    key = iam.create_access_key(UserName="reader")["AccessKey"]
    yield {
        "AWS_ACCESS_KEY_ID": key["AccessKeyId"],
        "AWS_SECRET_ACCESS_KEY": key["SecretAccessKey"],
    }
    ask_for_keys(s3_url, after="inf")


def client(kind: str, url: str) -> Any:
    """Of the store's owner; the package is of the dependency group services."""
    import boto3
    from botocore.config import Config

    return boto3.client(
        kind,
        endpoint_url=url,
        region_name="us-east-1",
        config=Config(s3={"addressing_style": "path"}),
        aws_access_key_id="owner",
        aws_secret_access_key="owner",
    )


def stored(s3_url: str, services: Services, name: str) -> list[dict[str, Any]]:
    """The files of both days in a bucket that asks for signatures; their Items."""
    items = serve(services, name, days(EARTH_SEARCH))
    bucket = client("s3", s3_url)
    bucket.create_bucket(Bucket="tiles")
    for path in sorted((services.root / name).iterdir()):
        bucket.upload_file(str(path), "tiles", f"{name}/{path.name}")
    ask_for_keys(s3_url, after="0")
    return altered(items, services.files, "s3://tiles")


def test_an_archive_of_ones_own_on_s3(
    services: Services,
    s3_url: str,
    keys: dict[str, str],
    truth: Callable[..., Path],
    tmp_path: Path,
) -> None:
    services.load([collection("on-s3")], stored(s3_url, services, "on-s3"))
    shutil.rmtree(services.root / "on-s3")
    config = tmp_path / "own.toml"
    config.write_text(
        f'[archives.local]\nurl = "{services.api}"\nsigning = "s3"\ns3_endpoint = "{s3_url}"\n'
        's3_region = "us-east-1"\n[archives.local.collections.on-s3]\n'
        'product = "sentinel-2-l2a"\noffset = "flag"\n'
    )
    cache = tmp_path / "cache"
    more = ("--config", config, "--cache", cache)
    out = tmp_path / "out"

    wrong = {**keys, "AWS_SECRET_ACCESS_KEY": SECRET}
    result = invoke(*arguments("local", out, *more), env=wrong)
    refused(result, "access was refused (HTTP 403). Check the credentials.", out)
    assert SECRET not in result.output

    none = invoke(*arguments("local", out, *more), env=dict.fromkeys(keys, ""))
    refused(none, "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY", out)

    said = run(*arguments("local", out, *more), env=keys)
    same(truth(taken_off=True), out)
    for word in (*keys.values(), SECRET):
        assert word not in said
        assert holding(word, tmp_path) == []


def test_signatures_in_addresses_are_written_nowhere(
    services: Services, truth: Callable[..., Path], tmp_path: Path
) -> None:
    items = serve(services, "sas", days(EARTH_SEARCH))
    services.load([collection("sas")], altered(items, ".tif", f".tif?se=2030&sig={SECRET}"))
    url = f"{services.api}/collections/sas"
    out = tmp_path / "out"
    originals = ("--keep", tmp_path / "originals")
    said = run(*arguments(url, out, "--cache", tmp_path / "cache", *originals))
    same(truth(taken_off=True), out)
    assert SECRET not in said
    assert holding(SECRET, out) == []
    first = json.loads((out / "custody.jsonl").read_text().splitlines()[0])
    (asked,) = (tmp_path / "originals").rglob(first["asked"])
    assert SECRET.encode() not in gzip.decompress(asked.read_bytes())
    assert holding(SECRET, tmp_path / "originals") == []
    services.load([collection("sas")], altered(items, ".tif", ".tif?se=2031&sig=another"))
    assert json.loads(run("replay", out, *originals, "--json"))["differ"] == {}
    # What the catalogue said is kept as it was said: a signature in it is the catalogue's own.
    kept = {path.parent.parent.name for path in holding(SECRET, tmp_path / "cache")}
    assert kept <= {"blobs"}


def test_expired_signatures_are_a_clear_failure(services: Services, tmp_path: Path) -> None:
    items = serve(services, "expired", days(EARTH_SEARCH))
    out = tmp_path / "out"
    with fault_proxy(services.files, share=1, kinds=("expired",)) as proxy:
        hurt = altered(items, services.files, proxy.url)
        services.load([collection("expired")], altered(hurt, ".tif", f".tif?sig={SECRET}"))
        url = f"{services.api}/collections/expired"
        result = invoke(*arguments(url, out, "--cache", tmp_path / "cache"))
    refused(result, "access was refused (HTTP 403). Check the credentials.", out)
    assert SECRET not in result.output


@pytest.mark.parametrize("where", ["web", "path", "file"])
def test_a_static_catalogue(
    services: Services, truth: Callable[..., Path], tmp_path: Path, where: str
) -> None:
    name = f"static-{where}"
    folder = services.root / name
    items = serve(services, name, days(EARTH_SEARCH))
    write_catalogue(folder, altered(items, f"{services.files}/{name}/", "../"))
    source = {
        "web": f"{services.files}/{name}/catalog.json",
        "path": str(folder),
        "file": str(folder / "catalog.json"),
    }[where]
    run(*arguments(source, tmp_path / "out", "--cache", tmp_path / "cache"))
    same(truth(taken_off=True), tmp_path / "out")


def write_catalogue(folder: Path, items: list[dict[str, Any]]) -> None:
    """A root, a collection and its items, each in its own file."""
    root = {
        "type": "Catalog",
        "id": "root",
        "stac_version": "1.0.0",
        "description": "SIMULATED",
        "links": [{"rel": "child", "href": "./items/collection.json"}],
    }
    links = [{"rel": "item", "href": f"./{item['id']}.json"} for item in items]
    documents = {
        "catalog.json": root,
        "items/collection.json": {**collection("items"), "links": links},
        **{f"items/{item['id']}.json": item for item in items},
    }
    (folder / "items").mkdir()
    for path, document in documents.items():
        (folder / path).write_text(json.dumps(document))
