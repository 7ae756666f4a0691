"""What the commands ask of the application, and how they print its answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

import pipelines
from imagery.errors import RegistrationError
from pipelines import cli
from pipelines.config import Access, Options

DAYS = ["--before", "2024-12-10", "--after", "2024-12-13"]


@dataclass
class Done:
    folder: Path

    def summary(self) -> list[str]:
        return [f"Wrote {self.folder}", "2 objects appeared"]

    def as_dict(self) -> dict[str, object]:
        return {"folder": str(self.folder), "appeared": 2}


@dataclass
class Application:
    """Stands in for ``pipelines.compare``: writes down what it is asked."""

    rows: list[dict[str, object]] = field(default_factory=list)
    asked: list[tuple[Any, ...]] = field(default_factory=list)
    options: list[Options] = field(default_factory=list)
    custody: list[dict[str, object]] = field(default_factory=list)
    refusal: Exception | None = None

    def _note(self, options: Options, watch: Any, custody: Any) -> None:
        watch.step("read")
        watch.advance(1, 1)
        self.options.append(options)
        self.custody.append(custody)
        if self.refusal:
            raise self.refusal

    def diff(
        self, before: Path, after: Path, out: Path, *, options: Options, watch: Any, custody: Any
    ) -> Done:
        self.asked.append((before, after, out))
        self._note(options, watch, custody)
        return Done(out)

    def compare(
        self,
        site: Any,
        periods: tuple[Any, Any],
        *,
        source: Any,
        out: Path,
        options: Options,
        watch: Any,
        custody: Any,
    ) -> Done:
        days = (period.start.day for period in periods)
        self.asked.append((site.id, *days, source.name, out))
        self._note(options, watch, custody)
        return Done(out)

    def scenes(
        self, site: Any, period: Any, *, source: Any, product: str | None
    ) -> list[dict[str, object]]:
        self.asked.append((site.id, period.start.day, period.end.day, source.name, product))
        return self.rows


@dataclass
class Place:
    """Stands in for a source: a name and no scenes."""

    name: str


class Opened:
    def __init__(self, access: Access) -> None:
        self.source = Place(access.imagery)

    def traffic(self) -> dict[str, object]:
        return {"requests": 3}


@contextmanager
def opened(access: Access) -> Iterator[Opened]:
    yield Opened(access)


@pytest.fixture
def application(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Application:
    monkeypatch.chdir(tmp_path)
    stand_in = Application()
    monkeypatch.setattr(pipelines, "compare", stand_in, raising=False)
    monkeypatch.setattr(cli, "scenery", opened)
    monkeypatch.setattr("imagery.sources.FolderSource", lambda folder: Place(str(folder)))
    return stand_in


def run(*words: str) -> Result:
    return CliRunner().invoke(cli.app, list(words), catch_exceptions=False)


def test_diff_keeps_the_order_of_its_arguments(application: Application) -> None:
    result = run("diff", "new.tif", "old.tif", "-o", "out", "--method", "cva", "--workers", "2")
    assert result.exit_code == 0
    assert application.asked == [(Path("new.tif"), Path("old.tif"), Path("out"))]
    assert application.options == [Options(method="cva", workers=2)]
    assert result.stdout == "Wrote out\n2 objects appeared\n"
    assert result.stderr == ""


def test_the_mask_is_passed_on(application: Application) -> None:
    run("diff", "new.tif", "old.tif", "-o", "out", "--mask", "learned")
    run("compare", "hmeimim", *DAYS, "--imagery", "here", "--mask", "both")
    assert application.options == [Options(mask="learned"), Options(mask="both")]


def test_diff_prints_json_and_nothing_else(application: Application) -> None:
    result = run("diff", "a.tif", "b.tif", "-o", "out", "--json")
    assert json.loads(result.stdout) == {"folder": "out", "appeared": 2}


def test_a_pair_that_cannot_be_trusted_is_exit_2(application: Application) -> None:
    application.refusal = RegistrationError("a.tif and b.tif", "3.1 px apart", "Use another pair.")
    result = run("diff", "a.tif", "b.tif", "-o", "out")
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr == "tilewitness: a.tif and b.tif: 3.1 px apart. Use another pair.\n"


def test_overwrite_is_passed_on(application: Application) -> None:
    run("diff", "a.tif", "b.tif", "-o", "out")
    run("diff", "a.tif", "b.tif", "-o", "out", "--overwrite")
    assert [options.overwrite for options in application.options] == [False, True]


def test_the_clock_and_the_host_come_from_the_command_line(application: Application) -> None:
    earliest = datetime.now(UTC)
    run("diff", "a.tif", "b.tif", "-o", "out", "--chunk", "256")
    (custody,) = application.custody
    started = custody["started"]
    assert isinstance(started, datetime)
    assert earliest <= started <= datetime.now(UTC)
    assert custody["chunk"] == 256
    assert custody["folder"] == str(Path.cwd())


def test_compare_names_its_folder_after_site_and_days(application: Application) -> None:
    result = run("compare", "tartus", *DAYS, "--imagery", "tiles")
    assert result.exit_code == 0
    out = Path("tartus_20241210_20241213")
    assert application.asked == [("tartus", 10, 13, "tiles", out)]


def test_imagery_comes_from_earth_search_unless_something_else_is_named(
    application: Application,
) -> None:
    run("compare", "tartus", *DAYS)
    run("compare", "tartus", *DAYS, "--imagery", "planetary-computer")
    assert [asked[3] for asked in application.asked] == ["earth-search", "planetary-computer"]
    assert application.custody[0]["imagery"] == "earth-search"


def test_json_of_compare_says_what_was_fetched(application: Application) -> None:
    said = json.loads(run("compare", "tartus", *DAYS, "--json").stdout)
    assert said["fetched"] == {"requests": 3}


def test_compare_takes_another_folder(application: Application) -> None:
    run("compare", "tartus", *DAYS, "--imagery", "tiles", "--out", "elsewhere")
    assert application.asked[0][-1] == Path("elsewhere")


def test_scenes_are_a_table(application: Application) -> None:
    application.rows = [
        {
            "datetime": "2024-12-10T08:21:43Z",
            "local_date": "2024-12-10",
            "product": "sentinel-2-l2a",
            "relative_orbit": 121,
            "notes": ["Replaces another."],
            "id": "first",
            "clear": 0.974,
            "state": "chosen",
            "reason": "clearest",
        },
        {
            "datetime": None,
            "local_date": None,
            "product": None,
            "relative_orbit": None,
            "notes": [],
            "id": "second",
            "clear": None,
            "state": "refused",
            "reason": "does not cover the site",
        },
    ]
    words = ["scenes", "tartus", "--from", "2024-12-10", "--to", "2024-12-13", "--imagery", "tiles"]
    header, first, second, note = run(*words).stdout.splitlines()
    names = ["datetime", "local_date", "product", "orbit", "clear", "state", "reason", "id"]
    assert header.split() == names
    assert note == "first: Replaces another."
    assert "97 %   chosen" in first
    assert "-      refused" in second
    assert application.asked == [("tartus", 10, 14, "tiles", None)]
    assert json.loads(run(*words, "--json").stdout) == application.rows


def test_no_scenes_is_said(application: Application) -> None:
    words = ["scenes", "tartus", "--from", "2024-12-10", "--to", "2024-12-13", "--imagery", "tiles"]
    result = run(*words)
    assert result.exit_code == 0
    assert result.stdout == "No scene of tartus in tiles from 2024-12-10 to 2024-12-13.\n"
    assert json.loads(run(*words, "--json").stdout) == []
