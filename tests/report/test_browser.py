"""The page in Debian's Chromium, from ``file://`` and without a network."""

from __future__ import annotations

import io
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lacking import lacking
from PIL import Image

pytestmark = pytest.mark.services

SCRIPT_MS = 2000
LARGEST = 8_000_000
WIDTHS = [390, 1440]

Open = Callable[..., Any]


def pixels(element: Any) -> np.ndarray:
    with Image.open(io.BytesIO(element.screenshot())) as image:
        return np.asarray(image.convert("RGB")).astype(int)


def moved(one: np.ndarray, other: np.ndarray) -> float:
    """Share of pixels that differ."""
    return float((np.abs(one - other).max(axis=-1) > 8).mean())


@pytest.mark.parametrize("name", ["run", "compared", "hostile", "heavy"])
def test_nothing_is_asked_for_and_nothing_complained_of(
    request: pytest.FixtureRequest, opened: Open, name: str
) -> None:
    folder = request.getfixturevalue(name)
    found = opened(folder)
    for summary in found.page.query_selector_all("summary")[:60]:
        summary.evaluate("one => one.parentElement.open = true")
    found.page.wait_for_timeout(300)
    assert found.foreign(folder / "report.html") == []
    assert found.complaints == []
    assert found.page.evaluate("window.hacked") is None


def test_hostile_words_are_shown_as_words(hostile: Path, opened: Open) -> None:
    found = opened(hostile, fragment="#c-H3")
    assert "<script>window.hacked = 1</script>" in found.page.inner_text("#c-H3")
    assert "<U+202E>" in found.page.inner_text("#text")


@pytest.mark.parametrize("name", ["run", "compared"])
def test_swipe_and_blink_move_pixels(
    request: pytest.FixtureRequest, opened: Open, name: str
) -> None:
    found = opened(request.getfixturevalue(name), fragment="#c-A1")
    stage = found.page.query_selector("[data-stage]")
    swipe = found.page.query_selector("[data-swipe]")
    swipe.focus()
    found.page.keyboard.press("Home")
    after = pixels(stage)
    found.page.keyboard.press("End")
    before = pixels(stage)
    assert moved(before, after) > 0.02
    found.page.keyboard.press("Home")
    for _ in range(10):
        found.page.keyboard.press("PageUp")
    assert moved(pixels(stage), after) > 0.0

    blink = found.page.query_selector("[data-blink]")
    blink.focus()
    found.page.keyboard.press("Enter")
    assert blink.get_attribute("aria-pressed") == "true"
    seen = []
    for _ in range(6):
        seen.append(pixels(stage))
        found.page.wait_for_timeout(350)
    assert max(moved(seen[0], each) for each in seen) > 0.02
    found.page.keyboard.press("Enter")
    assert blink.get_attribute("aria-pressed") == "false"


def test_a_finger_or_mouse_swipes(run: Path, opened: Open) -> None:
    found = opened(run, fragment="#c-A1")
    stage = found.page.query_selector("[data-stage]")
    stage.scroll_into_view_if_needed()
    box = stage.bounding_box()
    found.page.mouse.move(box["x"] + 0.9 * box["width"], box["y"] + 60)
    found.page.mouse.down()
    found.page.mouse.move(box["x"] + 0.1 * box["width"], box["y"] + 60, steps=4)
    found.page.mouse.up()
    assert float(found.page.input_value("[data-swipe]")) == pytest.approx(10, abs=1)


def test_every_statement_is_reached_and_opened_by_keyboard(run: Path, opened: Open) -> None:
    page = opened(run).page
    focused = "document.activeElement.getAttribute('href')"
    reached = []
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.append(page.evaluate(focused))
    assert {where for where in reached if where and where.startswith("#c-")} == {"#c-A1", "#c-B2"}
    for where in ("#c-A1", "#c-B2"):
        page.focus(f"a[href='{where}']")
        page.keyboard.press("Enter")
        page.wait_for_selector(f"{where}[open]")
        assert page.evaluate("document.activeElement.parentElement.id") == where[1:]
        page.keyboard.press("Enter")
        page.wait_for_selector(f"{where}:not([open])")
    page.focus("#c-A1 > summary")
    page.keyboard.press("Enter")
    assert page.evaluate("document.getElementById('c-A1').open")


@pytest.mark.parametrize("name", ["run", "compared", "hostile"])
@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_is_wider_than_the_window(
    request: pytest.FixtureRequest, opened: Open, name: str, width: int
) -> None:
    page = opened(request.getfixturevalue(name), width=width).page
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("name", ["run", "compared", "hostile"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing_serious(
    request: pytest.FixtureRequest, opened: Open, axe: str, name: str, scheme: str, width: int
) -> None:
    how = {"color_scheme": scheme, "bypass_csp": True}  # the policy forbids axe itself to run
    page = opened(request.getfixturevalue(name), width=width, **how).page
    page.evaluate("document.querySelectorAll('details').forEach(one => { one.open = true; })")
    page.evaluate(axe)
    found = page.evaluate("axe.run()")["violations"]
    assert [(one["id"], one["impact"], one["nodes"][0]["html"][:200]) for one in found] == []


def test_paper_holds_everything(run: Path, opened: Open, tmp_path: Path) -> None:
    page = opened(run).page
    page.pdf(path=tmp_path / "page.pdf", prefer_css_page_size=True)
    try:
        words = subprocess.run(
            ["pdftotext", tmp_path / "page.pdf", "-"], capture_output=True, text=True, check=True
        ).stdout
    except FileNotFoundError:
        lacking("pdftotext: apt-get install poppler-utils")
    text = " ".join(words.split())
    assert text.count("What would change it?") == 2
    for said in ("SIMULATED imagery", "Repeat this run", "How to read this page", "S2_07"):
        assert said in text, said
    # Nothing is folded away on paper, and what was folded on the screen is so again.
    assert "drawn from published coordinates" in text
    assert page.evaluate("document.querySelectorAll('[data-statement][open]').length") == 0


def test_without_a_script_both_dates_stand_side_by_side(run: Path, opened: Open) -> None:
    page = opened(run, fragment="#c-A1", java_script_enabled=False).page
    page.click("#c-A1 > summary")
    before, after = (page.query_selector(f".shot.{when}").bounding_box() for when in WHEN)
    assert before["width"] > 100
    assert after["x"] >= before["x"] + before["width"]


WHEN = ("before", "after")


def test_thirty_statements_and_two_hundred_objects_open_quickly(heavy: Path, opened: Open) -> None:
    assert (heavy / "report.html").stat().st_size < LARGEST
    found = opened(heavy)
    client = found.page.context.new_cdp_session(found.page)
    client.send("Performance.enable")
    found.page.reload()
    told = {one["name"]: one["value"] for one in client.send("Performance.getMetrics")["metrics"]}
    assert 1000 * told["ScriptDuration"] < SCRIPT_MS
    loaded = found.page.evaluate("performance.getEntriesByType('navigation')[0].loadEventEnd")
    assert found.page.evaluate("document.querySelectorAll('[data-statement]').length") == 31
    assert "(200)" in found.page.inner_text("#sites")
    print(f"script {1000 * told['ScriptDuration']:.0f} ms, loaded after {loaded:.0f} ms")


def test_simulated_stays_in_sight(run: Path, opened: Open) -> None:
    page = opened(run, width=390).page
    page.evaluate("window.scrollTo(0, 3000)")
    page.wait_for_timeout(100)
    box = page.query_selector(".simulated").bounding_box()
    assert 0 <= box["y"] < 5
    assert "SIMULATED" in page.title()
