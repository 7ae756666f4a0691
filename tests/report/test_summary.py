from __future__ import annotations

import hashlib
import json
import re
from pathlib import Path

import pytest
from many_runs import write_statements
from markdown_it import MarkdownIt
from small_runs import HOSTILE, changed

from pipelines.report import pages
from pipelines.report.folder import open_run
from pipelines.report.markdown import code, inline
from pipelines.report.summary import SIMULATED, summary

NASTY = [
    "<script>alert(1)</script>",
    "<!-- x -->",
    "[click](https://evil.example)",
    "![x](https://evil.example/x.png)",
    "[x][1]\n\n[1]: https://evil.example",
    "https://evil.example and www.evil.example and mailto:a@evil.example",
    "<https://evil.example>",
    "**bold** __bold__ *i* _i_ ~~gone~~ `code` ||spoiler||",
    "a | b\n--|--\n1 | 2",
    "# title\n- item\n> quote\n1. one\n---\n```\nblock\n```",
    "&lt;script&gt; &#60;b&#62;",
    "\\[x\\](y) \\`x\\`",
    "@channel @here @everyone <!channel> <@U123>",
    "$\\href{javascript:x}{y}$ :smile:",
    HOSTILE,
]


def text_of(run: Path) -> str:
    return summary(open_run(run))


@pytest.mark.parametrize("nasty", NASTY)
def test_text_of_others_stays_text(nasty: str) -> None:
    line = inline(nasty)
    assert "\n" not in line
    assert "@" not in line
    assert "\u202e" not in line
    html = MarkdownIt("commonmark", {"linkify": True}).enable(["table", "strikethrough"])
    made = html.render(f"- **SUPPORTED**: “{line}” end.")
    tags = set(re.findall(r"<(/?\w+)", made))
    assert tags == {"ul", "/ul", "li", "/li", "strong", "/strong"}, made
    assert "://" not in made
    assert not re.search(r"(?<!\\)[*_`~|\[\]]", line), "no mark without a stroke before it"


def test_what_is_plain_stays_as_it_is() -> None:
    said = "At least 2 aircraft (69 x 73 m), 97 % clear; 10 Dec. at Хмеймим, حميميم."
    assert inline(said) == said
    assert inline("x" * 1000).startswith("x" * 300 + "…")
    assert code("a`b\n@c") == "`a'b \uff20c`"


def test_simulated_stands_first_and_last(run: Path) -> None:
    lines = text_of(run).splitlines()
    assert lines[0] == lines[-1] == SIMULATED
    assert lines[2].startswith("# SIMULATED: ")


def test_every_statement_has_a_line_with_verdict_probability_and_sentence(run: Path) -> None:
    told = text_of(run)
    (seen,) = [line for line in told.splitlines() if "A1:" in line and "evidence" not in line]
    assert seen.startswith("- **INCONCLUSIVE: uncalibrated**, probability 89 %. A1: “Two large")
    assert seen.endswith("One object of large-airlifter size was there.")
    (routed,) = [line for line in told.splitlines() if "B2:" in line]
    assert routed.startswith("- **NOT OBSERVABLE: forecast**. B2: “More flights are expected”.")
    beyond = told.index("## Not tested on images")
    assert told.index(seen) < beyond < told.index(routed)
    assert "- A1: `evidence/A1/`" in told
    assert "`sites/hmeimim/20241210_20241213/change.png`" in told
    assert f"`{hashlib.sha256((run / 'run.json').read_bytes()).hexdigest()}`" in told


def test_a_comparison_lists_what_changed(compared: Path) -> None:
    told = text_of(compared)
    listed = json.loads((compared / "detections.geojson").read_text())["features"]
    assert "# SIMULATED: Hmeimim air base: 10 December 2024, 08:13 UTC, and 13 December" in told
    assert f"{len(listed)} changed objects (" in told
    assert "1. " in told
    assert "appeared in `hmeimim." in told


def test_hostile_words_run_nowhere(hostile: Path) -> None:
    told = text_of(hostile)
    made = MarkdownIt("commonmark", {"linkify": True}).render(told)
    assert set(re.findall(r"<(\w+)", made)) <= {"p", "strong", "h1", "h2", "ul", "ol", "li", "code"}
    assert "&lt;script&gt;" in told
    assert len(told.encode()) < 20_000


def test_damage_stands_before_what_rests_on_it(run: Path) -> None:
    with changed(run / "claims.json"):
        (run / "claims.json").write_text("{}")
        told = text_of(run)
    at = told.index("**DAMAGED:** `claims.json` is altered.")
    assert at < told.index("## ")
    assert "Two large aircraft" not in told
    assert "its words are damaged" in told
    with changed(run / "run.json.sha256"):
        (run / "run.json.sha256").write_text("x")
        assert "run.json does not match its seal" in text_of(run)


def test_without_an_article_date_or_images(tmp_path: Path) -> None:
    told = text_of(write_statements(tmp_path / "r", ["no_imagery", "not_observable"]))
    assert "- **NO IMAGERY**. A1" in told
    assert "Held against images" not in told


def test_the_same_run_gives_the_same_bytes_hashed_beside(run: Path) -> None:
    assert text_of(run) == text_of(run)
    pages.write(run)
    for name in ("summary.md", "run.qgs", "report.html"):
        digest = hashlib.sha256((run / name).read_bytes()).hexdigest()
        assert (run / f"{name}.sha256").read_text() == f"{digest}  {name}\n"
        assert name not in json.loads((run / "run.json").read_text())["products"]
    assert (run / "summary.md").read_text(encoding="utf-8") == text_of(run)
