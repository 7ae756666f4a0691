from __future__ import annotations

import hashlib
import json
import re
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from many_runs import LATER, site_of, write_comparison, write_statements, write_watch_list
from small_runs import HOSTILE, SITE
from typer.testing import CliRunner

from imagery.errors import UnreadableFile, WriteError
from imagery.keep import Keep
from imagery.run_folder import run_folder
from pipelines import cli
from pipelines.report import overview
from pipelines.report.graticule import Net
from pipelines.report.shelf import shelved
from pipelines.report.standing import stand

SITES = 200
LARGEST = 1_000_000
"""Bytes of the page of so many sites."""

SLOWEST_MS = 2000


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory, compared: Path) -> Path:
    folder = write_watch_list(tmp_path_factory.mktemp("many"), compared, SITES)
    overview.write(folder)
    return folder


def page(folder: Path) -> str:
    return overview.write(folder).read_text(encoding="utf-8")


def rows(text: str) -> list[str]:
    return re.findall(r"<tr data-state.*?</tr>", text, re.DOTALL)


def test_two_hundred_sites_are_one_small_page_and_always_the_same(many: Path) -> None:
    first = (many / "index.html").read_bytes()
    assert page(many).encode() == first, "an overview is no run, and the second is as the first"
    assert len(first) < LARGEST
    text = first.decode()
    assert len(rows(text)) == SITES
    assert all(f"Place {n}<" in text for n in range(SITES))
    assert "200 runs of 200 sites, up to 13 December 2024" in text
    said = "Confirmed change: 40, provisional change: 40, changed objects without a history: 80"
    assert said in text
    assert 'data-state="confirmed"' in rows(text)[0], "what matters most stands first"


@pytest.mark.services
def test_the_page_asks_nobody_and_sorts_and_finds(many: Path, opened: Any) -> None:
    watched = opened(many, name="index.html")
    spent = watched.page.evaluate(
        "performance.getEntriesByType('navigation')[0].loadEventEnd"
        " - performance.getEntriesByType('navigation')[0].responseEnd"
    )
    assert spent < SLOWEST_MS
    assert watched.foreign(many / "index.html") == []
    found = watched.page
    found.fill("input[name=words]", "place 19")
    assert found.inner_text("[role=status]") == "11 of 200 sites"
    found.fill("input[name=words]", "")
    found.select_option("select[name=state]", "unseen")
    assert found.inner_text("[role=status]") == "40 of 200 sites"
    found.select_option("select[name=state]", "")
    found.click("button:has-text('Site')")
    found.click("button:has-text('Site')")
    names = [cell.inner_text() for cell in found.query_selector_all("table.sites tbody th a")]
    assert names[:3] == ["Place 199", "Place 198", "Place 197"]
    assert found.get_attribute("table.sites thead th:first-child", "aria-sort") == "descending"
    assert watched.complaints == []


@pytest.mark.services
def test_a_telephone_scrolls_tables_and_not_the_page(many: Path, opened: Any) -> None:
    watched = opened(many, name="index.html", width=390)
    assert watched.page.evaluate("document.documentElement.scrollWidth") == 390


@pytest.mark.services
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1440])
def test_axe_finds_nothing_serious(
    tmp_path: Path, compared: Path, opened: Any, axe: str, scheme: str, width: int
) -> None:
    for n, story in enumerate(("confirmed", "provisional", None)):
        write_comparison(tmp_path / f"r{n}", compared, site_of(n, HOSTILE), story=story)
    write_statements(tmp_path / "old", ["inconclusive", "not_observable"])
    later = LATER + timedelta(days=2)
    write_statements(tmp_path / "new", ["supported", "not_observable"], when=later)
    (tmp_path / "r0" / "history.json").unlink()
    page(tmp_path)
    how = {"color_scheme": scheme, "bypass_csp": True}  # the policy forbids axe itself to run
    watched = opened(tmp_path, name="index.html", width=width, **how)
    watched.page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
    watched.page.evaluate(axe)
    found = watched.page.evaluate("axe.run()")["violations"]
    assert [(one["id"], one["impact"], one["nodes"][0]["html"][:200]) for one in found] == []


def test_the_latest_run_of_a_site_counts(tmp_path: Path, compared: Path) -> None:
    site = site_of(1, "North base")
    write_comparison(tmp_path / "a", compared, site, later=LATER, story="confirmed")
    newer = LATER + timedelta(days=5)
    write_comparison(tmp_path / "b", compared, site, later=newer, story="provisional")
    text = page(tmp_path)
    assert len(rows(text)) == 1
    assert "provisional change" in rows(text)[0]
    assert "2 runs" in rows(text)[0]
    assert 'data-value="2024-12-18T08:23:00Z"' in rows(text)[0]


def test_silence_is_counted_from_the_last_image_that_shows_a_zone(
    tmp_path: Path, compared: Path
) -> None:
    clouded, seen = site_of(1, "Under cloud"), site_of(2, "In the sun")
    later = LATER + timedelta(days=40)
    write_comparison(tmp_path / "a", compared, clouded, later=later, hidden=1.0)
    write_comparison(tmp_path / "b", compared, seen, later=later + timedelta(days=1))
    looks = stand(shelved(tmp_path)).looks
    assert looks[clouded.id][0].usable == "2025-01-19T08:23:00Z", "the earlier image of the pair"
    sunny, cloudy = rows(page(tmp_path))
    assert "no clear view" in cloudy
    assert 'data-value="4">4<' in cloudy
    assert 'data-value="0">0<' in sunny


def test_a_changed_verdict_is_told_and_an_equal_one_is_not(tmp_path: Path) -> None:
    write_statements(tmp_path / "old", ["inconclusive", "not_observable"])
    write_statements(
        tmp_path / "new", ["supported", "not_observable"], when=LATER + timedelta(days=2)
    )
    found = stand(shelved(tmp_path))
    ((before, after),) = found.changed()
    assert (before.verdict, after.verdict) == ("inconclusive", "supported")
    text = page(tmp_path)
    assert "1 verdict changed since the run before" in text
    assert "Two large aircraft stood" in text
    assert "More flights" not in text
    assert 'href="./old/"' in text
    assert 'href="./new/"' in text


def test_what_is_damaged_is_named_and_not_believed(tmp_path: Path, compared: Path) -> None:
    for n, name in enumerate(("whole", "altered", "broken", "lost")):
        write_comparison(tmp_path / name, compared, site_of(n, name.title()), story="confirmed")
    altered = tmp_path / "altered" / "run.json"
    altered.write_text(altered.read_text().replace('"rcva"', '"other"'))
    (tmp_path / "broken" / "run.json").write_text("{")
    (tmp_path / "lost" / "history.json").unlink()
    text = page(tmp_path)
    assert "3 runs are damaged" in text
    named = text[text.index("damaged-title") : text.index("<figure")]
    assert "run.json does not match its seal" in named
    assert "run.json cannot be read" in named
    assert "history.json is missing" in named
    assert len(rows(text)) == 2
    lost = next(row for row in rows(text) if "Lost" in row)
    assert "not known, files are damaged" in lost
    assert "confirmed change" not in lost
    assert "no change found" not in lost


def test_an_altered_product_is_not_read(tmp_path: Path, compared: Path) -> None:
    write_comparison(tmp_path / "a", compared, site_of(1), story="provisional")
    story = tmp_path / "a" / "history.json"
    story.write_text(story.read_text().replace("2024-12-13", "2023-12-13"))
    assert "2023" not in page(tmp_path)


def test_names_of_others_are_text(tmp_path: Path, compared: Path) -> None:
    name = HOSTILE + "x" * 10_000
    write_comparison(tmp_path / "a'b <i>", compared, site_of(1, name), story="confirmed")
    text = page(tmp_path)
    assert "<script>window" not in text
    assert "<img" not in text
    assert "\u202e" not in text
    assert "x" * 1000 not in text
    assert 'href="./a%27b%20%3Ci%3E/"' in text


def test_generated_imagery_is_told_from_real(tmp_path: Path, compared: Path) -> None:
    write_comparison(tmp_path / "a", compared, site_of(1))
    assert 'class="simulated"' in page(tmp_path)
    write_comparison(tmp_path / "b", compared, site_of(2), simulated=False)
    text = page(tmp_path)
    assert 'class="simulated"' not in text
    assert "Some of these runs rest on generated imagery" in text
    made_up, real = rows(text)
    assert "SIMULATED" in made_up
    assert "SIMULATED" not in real


def test_parts_of_a_run_and_drafts_are_no_runs(tmp_path: Path, run: Path, compared: Path) -> None:
    shutil.copytree(run, tmp_path / "store" / "whole")
    shutil.copytree(compared, tmp_path / "store" / ".whole.abc.part")
    assert [each.name for each in shelved(tmp_path)] == ["store/whole"]
    text = page(tmp_path)
    assert 'href="./store/whole/report.html"' in text
    assert "Hmeimim air base" in text


def test_a_run_of_two_files_is_listed(tmp_path: Path, compared: Path) -> None:
    write_comparison(tmp_path / "pair", compared, site_of(1))
    content = json.loads((tmp_path / "pair" / "run.json").read_text())
    content.pop("products")
    with run_folder(tmp_path / "files", keep=Keep(tmp_path / "kept")) as draft:
        draft.seal(content | {"site": None}, custody={})
    assert "Runs that name no site" in page(tmp_path)


def test_the_command_writes_it(tmp_path: Path, compared: Path) -> None:
    write_comparison(tmp_path / "a", compared, replace(SITE))
    said = CliRunner().invoke(cli.app, ["report", str(tmp_path)])
    assert said.exit_code == 0, said.output
    assert (tmp_path / "index.html").is_file()
    (tmp_path / "empty").mkdir()
    assert CliRunner().invoke(cli.app, ["report", str(tmp_path / "empty")]).exit_code == 2
    with pytest.raises(UnreadableFile, match="no run is in it"):
        overview.write(tmp_path / "empty")


def test_a_page_of_somebody_else_is_not_overwritten(tmp_path: Path, compared: Path) -> None:
    write_comparison(tmp_path / "a", compared, site_of(1))
    (tmp_path / "index.html").write_text("<p>My home page")
    with pytest.raises(WriteError, match="somebody else"):
        overview.write(tmp_path)
    assert (tmp_path / "index.html").read_text() == "<p>My home page"


@pytest.mark.parametrize(
    "places",
    [[(36.0, 35.4)], [(-179.0, -80.0), (179.0, 80.0)], [(35.9, 35.4), (35.9, 34.9)]],
)
def test_every_place_lies_on_the_map(places: list[tuple[float, float]]) -> None:
    net = Net.around(places)
    for place in places:
        x, y = net.at(*place)
        assert 0 < x < 1000
        assert 0 < y < net.height
    (west, south), (east, north) = net.at(-1, -1), net.at(1, 1)
    assert west < east
    assert north < south, "north is up"
    lines = net.lines()
    assert 1 <= len(lines["meridians"]) <= 9
    assert 1 <= len(lines["parallels"]) <= 9


@pytest.mark.parametrize("word", [["supported"], "proven", None])
def test_a_sealed_run_with_a_word_that_is_no_verdict_is_named(tmp_path: Path, word: Any) -> None:
    write_statements(tmp_path / "forged", ["inconclusive", "not_observable"])
    record = tmp_path / "forged" / "run.json"
    said = json.loads(record.read_text())
    for verdict in said["verdicts"]:
        verdict["verdict"] = word
    record.write_text(json.dumps(said))
    sealed = hashlib.sha256(record.read_bytes()).hexdigest()
    (tmp_path / "forged" / "run.json.sha256").write_text(f"{sealed}  run.json\n")
    assert "its record is of a form not known here" in page(tmp_path)
