"""What is missing or altered is named and not shown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from small_runs import changed

from imagery.errors import UnreadableFile
from pipelines.report.folder import open_run


def test_a_run_as_it_was_left_has_no_damage(run: Path) -> None:
    found = open_run(run)
    assert found.sealed
    assert found.damages == ()
    assert found.parsed("claims.json")["claims"]


def test_what_is_missing_or_altered_is_named_and_not_read(run: Path) -> None:
    picture, table = run / "evidence/A1/plain_after.png", run / "claims.json"
    with changed(picture), changed(table):
        picture.unlink()
        table.write_text(table.read_text() + " ")
        found = open_run(run)
        assert [(one.name, one.what) for one in found.damages] == [
            ("claims.json", "altered"),
            ("evidence/A1/plain_after.png", "missing"),
        ]
        assert found.parsed("claims.json") is None
        assert found.data("evidence/A1/plain_after.png") is None
        assert found.damaged("claims.json") == "altered"


def test_an_altered_record_is_not_sealed(run: Path) -> None:
    with changed(run / "run.json"):
        record = json.loads((run / "run.json").read_text())
        (run / "run.json").write_text(json.dumps(record))
        assert not open_run(run).sealed


def test_products_outside_the_folder_are_missing(run: Path) -> None:
    with changed(run / "run.json"):
        record = json.loads((run / "run.json").read_text())
        record["products"]["../compared"] = {"sha256": "0" * 64, "size": 1}
        (run / "run.json").write_text(json.dumps(record))
        assert [one.name for one in open_run(run).damages] == ["../compared"]


@pytest.mark.parametrize("content", [None, "{", "[]", '{"products": 3}'])
def test_what_is_no_run_is_refused(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "run.json").write_text(content)
    with pytest.raises(UnreadableFile):
        open_run(tmp_path)
