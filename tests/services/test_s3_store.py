"""A run store in S3: real requests to a real S3 API, and comparisons that cost nothing."""

from __future__ import annotations

import importlib
import shutil
import sqlite3
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import servers
from conftest import lacking
from typer.testing import CliRunner

from pipelines import cli, compare
from pipelines.batch.remote import Remote

sys.path.append(str(Path(__file__).parents[1] / "batch"))
quick = importlib.import_module("quick")

pytestmark = pytest.mark.services

BUCKET, PREFIX = "runs", "newsroom/watch"
KEYS = {
    "AWS_ACCESS_KEY_ID": "owner",
    "AWS_SECRET_ACCESS_KEY": "hidden-key",
    "AWS_REGION": "us-east-1",
    "AWS_ALLOW_HTTP": "true",
}


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    try:
        servers.package("obstore")
        with servers.s3(tmp_path_factory.mktemp("s3") / "log") as url:
            yield url
    except servers.Absent as absent:
        lacking(absent)


@pytest.fixture
def bucket(address: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    import boto3

    for name, value in {**KEYS, "AWS_ENDPOINT_URL": address}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(compare, "compare", quick.compare)
    found = boto3.resource("s3", endpoint_url=address).Bucket(BUCKET)
    found.create()
    yield found
    found.objects.all().delete()
    found.delete()


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    path: Path = quick.world(tmp_path, sites=2, more='notify = ["log"]\n')
    text = path.read_text().replace('store = "runs"', f'store = "s3://{BUCKET}/{PREFIX}"')
    path.write_text(f'{text}[notify.log]\nkind = "file"\nto = "alerts.jsonl"\n')
    return path


def batch(path: Path, *words: str) -> str:
    result = CliRunner().invoke(cli.app, ["batch", *words, str(path), "--now", quick.NOW])
    assert result.exit_code == 0, result.output
    assert KEYS["AWS_SECRET_ACCESS_KEY"] not in result.output
    return result.output


def keys(bucket: Any) -> dict[str, bytes]:
    """What the bucket holds, without what tells of one batch only."""
    return {
        each.key.removeprefix(f"{PREFIX}/"): each.get()["Body"].read()
        for each in bucket.objects.all()
        if not each.key.endswith(("custody.jsonl", "ledger.sqlite"))
    }


def test_workers_put_whole_runs_there(bucket: Any, listed: Path) -> None:
    batch(listed)
    store = listed.parent / "watch-runs"
    there = keys(bucket)
    assert {**quick.bytes_of(store)} == {n: d for n, d in there.items() if n.count("/") > 1}
    assert sum(name.endswith("run.json.sha256") for name in there) == 2
    before = {each.key: each.last_modified for each in bucket.objects.all()}
    assert "kept" in batch(listed)
    again = {each.key: each.last_modified for each in bucket.objects.all()}
    assert {k for k in again if again[k] != before[k]} <= {
        f"{PREFIX}/ledger.sqlite",
        f"{PREFIX}/delivered.jsonl",
    }


def test_a_new_machine_goes_on(bucket: Any, listed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    batch(listed)
    told = (listed.parent / "alerts.jsonl").read_text()
    shutil.rmtree(listed.parent / "watch-runs")
    monkeypatch.setattr(compare, "compare", None)  # nothing is run again
    assert "kept" in batch(listed)
    assert (listed.parent / "alerts.jsonl").read_text() == told
    shutil.rmtree(listed.parent / "watch-runs")
    assert "2 runs" in CliRunner().invoke(cli.app, ["batch", "rebuild", str(listed)]).output


def test_a_run_without_its_seal_is_none(bucket: Any, listed: Path) -> None:
    batch(listed)
    whole = keys(bucket)
    for each in bucket.objects.all():
        if "site00" in each.key and each.key.endswith(("run.json.sha256", "0.txt")):
            each.delete()
    shutil.rmtree(listed.parent / "watch-runs")
    assert "done" in batch(listed)
    assert keys(bucket) == whole


def test_what_was_not_put_is_put_by_the_next_batch(
    bucket: Any, listed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(self: Remote, folder: Path, entry: str, run: str) -> None:
        raise ConnectionError("the cable")

    with monkeypatch.context() as patched:
        patched.setattr(Remote, "put_run", cut)
        result = CliRunner().invoke(cli.app, ["batch", str(listed), "--now", quick.NOW])
    assert result.exit_code == 1
    assert not [name for name in keys(bucket) if name.endswith("run.json.sha256")]
    batch(listed)
    assert sum(name.endswith("run.json.sha256") for name in keys(bucket)) == 2
    with sqlite3.connect(listed.parent / "watch-runs" / "ledger.sqlite") as ledger:
        assert ledger.execute("SELECT count(*) FROM runs").fetchone() == (2,)


@pytest.mark.parametrize(("name", "value"), [("AWS_ENDPOINT_URL", "http://127.0.0.1:9"), ("", "")])
def test_a_store_that_does_not_answer_is_one_sentence(
    bucket: Any, listed: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    if name:
        monkeypatch.setenv(name, value)
    else:
        listed.write_text(listed.read_text().replace(f"s3://{BUCKET}", "s3://other-bucket"))
    result = CliRunner().invoke(cli.app, ["batch", str(listed), "--now", quick.NOW])
    assert result.exit_code == 2
    assert "Could not write s3://" in result.output
    assert "Traceback" not in result.output
    assert KEYS["AWS_SECRET_ACCESS_KEY"] not in result.output


@pytest.mark.parametrize("store", ["s3://", "s3://A", "s3://b/../c", "gs://abc", "s3://abc/a b"])
def test_an_address_that_is_none_is_refused_with_its_line(listed: Path, store: str) -> None:
    listed.write_text(listed.read_text().replace(f"s3://{BUCKET}/{PREFIX}", store))
    result = CliRunner().invoke(cli.app, ["batch", str(listed)])
    assert result.exit_code == 2
    assert "line 1" in result.output
    assert "s3://BUCKET" in result.output
