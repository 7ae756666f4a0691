"""Run folders, and Debian's Chromium without a network; tests skip, and say what is absent."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from lacking import lacking
from small_runs import write_run
from typer.testing import CliRunner

from pipelines import cli
from sample_tiles.generate import HERE, committed

CHROMIUM = Path(os.environ.get("TILEWITNESS_CHROMIUM", "/usr/bin/chromium"))

collect_ignore = ["qgis_opened.py"]  # a program for the Python that QGIS brings


@pytest.fixture(scope="session")
def compared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A comparison of the committed December tiles, which are SIMULATED."""
    folder = tmp_path_factory.mktemp("compared")
    for job in committed():
        for path, _ in job.paths(HERE):
            if path.suffix == ".tif" and path.relative_to(HERE).parts[0] == "as-reported":
                link = folder / "tiles" / path.relative_to(HERE)
                link.parent.mkdir(parents=True, exist_ok=True)
                link.symlink_to(path)
    days = ["--before", "2024-12-10", "--after", "2024-12-13"]
    words = ["compare", "hmeimim", *days, "--imagery", str(folder / "tiles")]
    result = CliRunner().invoke(cli.app, [*words, "-o", str(folder / "out")])
    assert result.exit_code == 0, result.output
    return folder / "out"


@pytest.fixture(scope="session")
def run(tmp_path_factory: pytest.TempPathFactory, compared: Path) -> Path:
    return write_run(tmp_path_factory.mktemp("run") / "run", compared)


@pytest.fixture(scope="session")
def hostile(tmp_path_factory: pytest.TempPathFactory, compared: Path) -> Path:
    return write_run(tmp_path_factory.mktemp("hostile") / "run", compared, hostile=True)


@pytest.fixture(scope="session")
def heavy(tmp_path_factory: pytest.TempPathFactory, compared: Path) -> Path:
    """Thirty-one statements and two hundred objects."""
    folder = tmp_path_factory.mktemp("heavy") / "run"
    return write_run(folder, compared, extra=29, objects=200)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    try:
        from playwright.sync_api import sync_playwright
    except ImportError:
        lacking("the package playwright")
    if not CHROMIUM.exists():
        lacking(f"Chromium at {CHROMIUM}: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def axe() -> str:
    """The source of axe-core: of npm where ``TILEWITNESS_AXE`` names it, else as PyPI has it."""
    if named := os.environ.get("TILEWITNESS_AXE"):
        return Path(named).read_text()
    try:
        import axe_playwright_python
    except ImportError:
        lacking("axe-core: the package axe-playwright-python")
    source: str = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text()
    return source


class Watched:
    """A page with what it asked for and complained of."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.requests: list[str] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("console", lambda message: self.complaints.append(message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def foreign(self, own: Path) -> list[str]:
        """Requests for anything but the page and what it holds itself."""
        kept = (own.as_uri(), "data:")
        return [url for url in self.requests if not url.startswith(kept)]


@pytest.fixture
def opened(chromium: Any) -> Iterator[Callable[..., Watched]]:
    """Open a page of a folder from ``file://``, without a network."""
    contexts = []

    def open_(
        folder: Path,
        *,
        width: int = 1440,
        fragment: str = "",
        name: str = "report.html",
        **how: Any,
    ) -> Watched:
        size = {"width": width, "height": 900}
        context = chromium.new_context(viewport=size, offline=True, **how)
        contexts.append(context)
        watched = Watched(context.new_page())
        watched.page.goto((folder / name).as_uri() + fragment)
        return watched

    yield open_
    for context in contexts:
        context.close()
