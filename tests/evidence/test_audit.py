"""Whatever is altered in a run folder is found and named."""

from __future__ import annotations

import hashlib
import json
import os
import random
from pathlib import Path
from typing import Any

import pytest
from conftest import KINDS, edited, invoke, run

from imagery import custody
from imagery.keep import Keep
from pipelines.audit import audit
from pipelines.config import Options
from pipelines.kept import kept


@pytest.fixture(scope="module")
def keep() -> Keep:
    return kept(Options())


@pytest.mark.parametrize("name", KINDS)
def test_a_run_holds_as_it_is_left(runs: dict[str, Path], name: str, keep: Keep) -> None:
    found = audit(runs[name], keep)
    assert found.findings == found.missing == ()
    assert found.originals >= 3
    assert "as the run left them" in run("audit", runs[name])


@pytest.mark.parametrize("name", ["diff", "verify"])
def test_one_flipped_bit_anywhere_is_found_and_named(copy, name: str, keep: Keep) -> None:
    folder, rng = copy(name), random.Random(7)
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    for path in files:
        data = path.read_bytes()
        if not data:
            continue
        place = rng.randrange(len(data))
        altered = bytearray(data)
        altered[place] ^= 1 << rng.randrange(8)
        path.write_bytes(altered)
        named = {each.name for each in audit(folder, keep).findings}
        assert path.relative_to(folder).as_posix() in named, place
        path.write_bytes(data)


def test_a_file_that_is_gone_and_one_that_came_are_named(copy, keep: Keep) -> None:
    folder = copy("verify")
    (inner,) = (path.parent for path in folder.glob("sites/*/*/run.json"))
    (inner / "custody.jsonl").unlink()
    (folder / "summary.md").unlink()
    (inner / "added.txt").write_text("")
    (folder / "link").symlink_to("/etc/hostname")
    named = {each.name for each in audit(folder, keep).findings}
    place = inner.relative_to(folder).as_posix()
    assert {f"{place}/custody.jsonl", "summary.md", f"{place}/added.txt", "link"} <= named


@pytest.mark.parametrize("name", ["run.json", "custody.jsonl", "run.json.sha256", "diff.tif"])
@pytest.mark.parametrize("kind", ["link", "pipe"])
def test_what_is_no_plain_file_is_named_and_not_read(
    copy, keep: Keep, name: str, kind: str
) -> None:
    folder = copy("diff")
    (folder / name).unlink()
    if kind == "pipe":
        os.mkfifo(folder / name)
    else:
        (folder / name).symlink_to("/etc/hostname")
    assert name in {each.name for each in audit(folder, keep).findings}


def reseal(folder: Path) -> None:
    """What somebody does who alters a record and knows of the hashes."""
    record = json.loads((folder / "run.json").read_bytes())
    for name, said in record["products"].items():
        data = (folder / name).read_bytes()
        said |= {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
    text = json.dumps(record, sort_keys=True, indent=2, ensure_ascii=False) + "\n"
    (folder / "run.json").write_text(text)
    sealed = hashlib.sha256(text.encode()).hexdigest()
    (folder / "run.json.sha256").write_text(f"{sealed}  run.json\n")
    said = [json.loads(line) for line in (folder / "custody.jsonl").read_bytes().splitlines()]
    events = [{key: each[key] for key in each if key != "prev"} for each in said]
    for event in events:
        if event["event"] == "product":
            event["sha256"] = record["products"][event["name"]]["sha256"]
    (folder / "custody.jsonl").unlink()
    custody.append(folder, *events[:-1], record=sealed)
    invoke("report", folder)


def first_said(record: Any) -> Any:
    return next(each for each in record["verdicts"] if each["said"])


def unlisted(record: Any) -> None:
    first_said(record)["sentence"] += " All 937 of them."


def other_power(record: Any) -> None:
    said = first_said(record)
    said["said"] |= {"power_times": 99, "power_of": 100}
    said["power"] = 0.5


def other_form(record: Any) -> None:
    first_said(record)["verdict"] = "proven"


@pytest.mark.parametrize(
    ("change", "words"),
    [(unlisted, "says 937"), (other_power, "power_times"), (other_form, "proven")],
)
def test_a_record_that_was_sealed_anew_must_still_follow(
    copy, keep: Keep, change: Any, words: str
) -> None:
    folder = copy("verify")
    edited(folder / "run.json", change)
    reseal(folder)
    found = [each.problem for each in audit(folder, keep).findings if each.name == "run.json"]
    assert any(words in each for each in found), found


def test_a_page_that_says_more_than_its_run_is_named(copy, keep: Keep) -> None:
    folder = copy("compare")
    page = folder / "report.html"
    page.write_text(page.read_text().replace("</main>", "<p>Proven.</p></main>"))
    digest = hashlib.sha256(page.read_bytes()).hexdigest()
    (folder / "report.html.sha256").write_text(f"{digest}  report.html\n")
    (finding,) = audit(folder, keep).findings
    assert finding.name == "report.html"
    assert "something else" in finding.problem


def test_it_prints_what_it_found(copy) -> None:
    folder = copy("diff")
    (folder / "item.json").write_text("{}")
    result = invoke("audit", folder)
    assert result.exit_code == 1
    assert "item.json: it was altered." in result.output
    result = invoke("audit", folder, "--json")
    said = json.loads(result.output)
    assert not said["holds"]
    assert [each["name"] for each in said["findings"]] == ["item.json"]


def test_what_is_no_run_is_refused(tmp_path: Path) -> None:
    result = invoke("audit", tmp_path)
    assert result.exit_code == 2
    assert "holds no run.json" in result.output


@pytest.mark.parametrize("text", ["[]", "{", '{"products": {"../x": {}}}', "\xff" * 9, "9" * 5000])
def test_a_record_of_rubbish_is_named(copy, keep: Keep, text: str) -> None:
    folder = copy("diff")
    (folder / "run.json").write_text(text, encoding="latin-1")
    named = {each.name for each in audit(folder, keep).findings}
    assert "run.json" in named
    assert ("../x" in named) == ("../x" in text)
