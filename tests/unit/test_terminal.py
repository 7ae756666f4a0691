from __future__ import annotations

import io

import pytest
from rich.console import Console
from rich.progress import Progress

from pipelines.terminal import Bars, Silent, cell, columns, shown, tell_json


def test_columns_line_up() -> None:
    text = columns(("id", "zones"), [("hmeimim", "6"), ("x", "12")])
    assert text.splitlines() == ["id       zones", "hmeimim  6", "x        12"]


@pytest.mark.parametrize(
    ("value", "text"), [(0.974, "97 %"), (None, "-"), ("chosen", "chosen"), (3, "3")]
)
def test_cells(value: object, text: str) -> None:
    assert cell(value) == text


def test_json_is_strict(capsys: pytest.CaptureFixture[str]) -> None:
    tell_json({"name": "Хмеймим"})
    assert "Хмеймим" in capsys.readouterr().out
    with pytest.raises(ValueError, match="not JSON compliant"):
        tell_json({"score": float("nan")})


def test_a_pipe_sees_no_progress(capsys: pytest.CaptureFixture[str]) -> None:
    with shown() as watch:
        assert isinstance(watch, Silent)
        watch.step("read")
        watch.advance(1, 2)
    captured = capsys.readouterr()
    assert captured.out == captured.err == ""


def test_a_step_ends_when_the_next_begins() -> None:
    with Progress(console=Console(file=io.StringIO())) as progress:
        bars = Bars(progress)
        bars.advance(1, 2)
        bars.step("read")
        bars.advance(1, 4)
        bars.step("score")
        bars.finish()
        first, second = progress.tasks
    assert (first.description, first.completed, first.total) == ("read", 4, 4)
    assert (second.description, second.finished) == ("score", True)
