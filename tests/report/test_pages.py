"""The page of a run: the same bytes each time, complete, and nothing of others runs in it."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from small_runs import HOSTILE, TEXT, changed
from typer.testing import CliRunner

from imagery.errors import UnreadableFile
from pipelines import cli
from pipelines.report import pages
from pipelines.report.folder import open_run
from pipelines.report.page import policy, render, told

QUESTIONS = [
    "What was claimed?",
    "What was seen?",
    "Could it have been seen?",
    "How sure is this?",
    "What would change it?",
]


class Reader(HTMLParser):
    """Elements and attributes of a page, and its words outside of scripts and styles."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.words: list[str] = []
        self.silent = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        self.silent = tag if tag in ("script", "style") else ""

    def handle_endtag(self, tag: str) -> None:
        self.silent = ""

    def handle_data(self, data: str) -> None:
        if not self.silent:
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join("".join(self.words).split())


def page(folder: Path) -> str:
    return (folder / "report.html").read_text()


def test_the_same_run_gives_the_same_bytes_wherever_it_lies(run: Path, tmp_path: Path) -> None:
    shutil.copytree(run, tmp_path / "moved")
    (tmp_path / "moved" / "report.html").unlink()
    pages.write(tmp_path / "moved")
    assert page(tmp_path / "moved") == page(run)
    said = (run / "report.html.sha256").read_text()
    assert said == f"{hashlib.sha256(page(run).encode()).hexdigest()}  report.html\n"


def test_the_page_is_hashed_beside_the_record_and_not_in_it(run: Path, compared: Path) -> None:
    for folder in (run, compared):
        listed = json.loads((folder / "run.json").read_text())["products"]
        assert (folder / "report.html").exists()
        assert not [name for name in listed if "report.html" in name]


def test_every_statement_answers_five_questions(run: Path) -> None:
    text = Reader(page(run)).text
    for question in QUESTIONS:
        assert text.count(question) == 2, question


def test_statements_stand_in_their_text_and_the_rest_is_not_kept(run: Path) -> None:
    found = page(run)
    assert 'href="#c-A1">Two large aircraft stood' in found
    assert "A spokesman denied it." in Reader(found).text
    assert "Nothing of this paragraph" not in found


def test_the_figures_of_the_verdict_are_printed(run: Path) -> None:
    text = Reader(page(run)).text
    told_ = json.loads((run / "evidence/A1/trials.json").read_text())
    share = told_["dates"][0]["power_sure"]
    assert f"{share['groups']} times over" in text
    assert f"found it {share['found']} times" in text
    assert f"of {told_['dates'][0]['false_sure']['nulls']} earlier clear dates" in text
    assert "89\xa0%" in page(run)
    assert "13 December 2024, 08:21 UTC; 13 December 2024, 10:44 local solar time" in text
    assert "both images have the same stretch" in text
    assert "S2_07" in text


def test_pictures_are_the_bytes_of_the_run(run: Path) -> None:
    import base64

    held = re.findall(r'href="data:image/png;base64,([^"]+)"', page(run))
    digests = {hashlib.sha256(base64.b64decode(each)).hexdigest() for each in held}
    listed = json.loads((run / "run.json").read_text())["products"]
    wanted = {listed[f"evidence/A1/plain_{name}.png"]["sha256"] for name in ("before", "after")}
    assert wanted <= digests


@pytest.mark.parametrize("name", ["claims.json", "passages.json", "evidence/A1/trials.json"])
def test_a_damaged_product_is_named_first_and_the_page_still_tells_the_rest(
    run: Path, name: str
) -> None:
    with changed(run / name), changed(run / "report.html"), changed(run / "report.html.sha256"):
        (run / name).write_text("{}")
        pages.write(run)
        text = Reader(page(run)).text
        assert f"{name} : altered" in text or f"{name}: altered" in text
        assert text.index("not as the run left it") < text.index("The text")
        assert "One object of large-airlifter size was there." in text
        assert "planted into the very image of 13 December 2024" in text


def test_a_missing_picture_is_named_where_it_would_stand(run: Path) -> None:
    name = "evidence/A1/plain_before.png"
    with changed(run / name), changed(run / "report.html"), changed(run / "report.html.sha256"):
        (run / name).unlink()
        pages.write(run)
        found = page(run)
        assert f"{name}</bdi></span> (missing)" in found
        assert "There is no image of the other date to show." in found


def test_an_altered_record_is_said_to_be_worth_nothing(run: Path, tmp_path: Path) -> None:
    shutil.copytree(run, tmp_path / "run")
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    (tmp_path / "run" / "run.json").write_text(json.dumps(record))
    pages.write(tmp_path / "run")
    assert "Nothing on this page can be relied on" in page(tmp_path / "run")
    record["verdicts"] = [{"claim_id": 3}]
    (tmp_path / "run" / "run.json").write_text(json.dumps(record))
    with pytest.raises(UnreadableFile, match="not what this version writes"):
        pages.write(tmp_path / "run")


def test_nothing_of_others_becomes_markup(hostile: Path) -> None:
    found = Reader(page(hostile))
    assert found.tags.count("script") == found.tags.count("style") == 1
    assert not {"img", "iframe", "object", "embed", "form", "base"} & set(found.tags)
    assert not [name for name, _ in found.attributes if name.startswith("on")]
    assert not [name for name, _ in found.attributes if name == "style"]
    assert "\u202e" not in page(hostile)
    assert "<U+202E>" in found.text
    assert "<script>window.hacked = 1</script>" in found.text
    assert "characters)" in found.text  # what is too long to show is said to be


def test_a_page_links_to_nothing_but_itself(run: Path, compared: Path) -> None:
    for folder in (run, compared):
        links = [value for name, value in Reader(page(folder)).attributes if name == "href"]
        assert links
        assert all(str(link).startswith(("#", "data:")) for link in links)
        assert "http" not in re.sub(r"base64,[^\"]+", "", page(folder)).replace("http-equiv", "")


def test_the_policy_names_the_style_and_the_script_that_are_there(run: Path) -> None:
    found = page(run)
    style = re.search(r"<style>(.*?)</style>", found, re.DOTALL)
    script = re.search(r"<script>(.*?)</script>", found, re.DOTALL)
    assert style is not None
    assert script is not None
    assert policy(style[1], script[1]).replace("'", "&#39;") in found
    assert "unsafe" not in policy(style[1], script[1])


def test_simulated_is_said_in_title_band_and_tags_and_only_then(run: Path) -> None:
    found = page(run)
    assert "<title>SIMULATED: " in found
    assert 'class="simulated"' in found
    made: dict[str, Any] = {"title": "T", "simulated": False}
    assert "SIMULATED" not in render("base.html.j2", made).split("</style>")[1].split("<script>")[0]


def test_a_comparison_has_a_page_of_its_own(compared: Path) -> None:
    text = Reader(page(compared)).text
    assert "Hmeimim air base" in text
    assert "tilewitness compare hmeimim.geojson --before 2024-12-10 --after 2024-12-13" in text
    assert "2 appeared" in text


def test_the_command_makes_the_page_again_and_names_damage(run: Path, tmp_path: Path) -> None:
    with changed(run / "report.html"):
        (run / "report.html").write_text("")
        result = CliRunner().invoke(cli.app, ["report", str(run)])
        assert result.exit_code == 0, result.output
        assert "report.html" in result.output
        assert "</html>" in page(run)
    name = "claims.json"
    with changed(run / name), changed(run / "report.html"), changed(run / "report.html.sha256"):
        (run / name).unlink()
        told_ = json.loads(CliRunner().invoke(cli.app, ["report", str(run), "--json"]).stdout)
        assert told_["damages"] == [{"name": name, "what": "missing"}]
    assert CliRunner().invoke(cli.app, ["report", str(tmp_path)]).exit_code == 2


def test_the_browser_is_opened_when_asked(run: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    monkeypatch.setattr("webbrowser.open", asked.append)
    CliRunner().invoke(cli.app, ["report", str(run)])
    CliRunner().invoke(cli.app, ["report", str(run), "--open"])
    assert asked == [(run / "report.html").resolve().as_uri()]


def test_text_that_nobody_sees_is_spelled_out() -> None:
    assert told("a\x00b\u200bc\u202ed\ne") == "a<U+0000>b<U+200B>c<U+202E>d e"
    assert told("می\u200cروم") == "می\u200cروم"
    assert len(told("x" * 10_000)) < 500


def test_an_unknown_kind_of_run_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run.json").write_text('{"schema": "other/9", "products": {}}')
    with pytest.raises(UnreadableFile, match="other/9"):
        pages.page_of(open_run(tmp_path))


def test_the_article_of_the_tests_has_what_they_look_for() -> None:
    assert "Nothing of this paragraph" in TEXT
    assert "\u202e" in HOSTILE
