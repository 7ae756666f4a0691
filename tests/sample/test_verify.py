"""Statements against the SIMULATED tiles: routed, refused and judged as the truth of each world."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from typer.testing import CliRunner

from imagery.run_folder import is_complete
from pipelines import cli
from pipelines.audit import audit
from pipelines.config import Options
from pipelines.kept import kept
from pipelines.verdict_files import SCHEMA_FILE
from sample_tiles.generate import HERE, committed, uncommitted, write_all
from sample_tiles.worlds import WORLDS

DAY = {"start": "2024-12-13", "end": "2024-12-13"}
BASE = {"site_id": "hmeimim", "predicate": "present", "date": DAY}
AN124 = {
    "id": "A1",
    "object_class": "large_aircraft",
    "object_text": "An-124",
    "count": {"op": "ge", "value": 2},
    **BASE,
}
KA52 = {"id": "A2", "object_class": "helicopter", "object_text": "Ka-52", **BASE}
ELSEWHERE = {
    "id": "A3",
    "site": "An invented air base",
    "object_class": "aircraft",
    "predicate": "present",
    "date": DAY,
}
S400 = {
    "id": "S1",
    "site_id": "hmeimim.sam",
    "object_class": "air_defence",
    "object_text": "S-400 unit",
    "predicate": "departed",
    "date": {"end": "2025-01-31"},
}
LONG_AGO = AN124 | {"id": "A4", "date": {"start": "1970-01-01", "end": "1970-01-02"}}


def verified(folder: Path, claims: list[dict[str, Any]], imagery: Path) -> dict[str, Any]:
    (folder / "claims.json").write_text(json.dumps({"claims": claims}))
    words = ["verify", str(folder / "claims.json"), "--imagery", str(imagery)]
    result = CliRunner().invoke(cli.app, [*words, "-o", str(folder / "out")])
    assert result.exit_code == 0, result.output
    document: dict[str, Any] = json.loads((folder / "out" / "verdicts.json").read_text())
    jsonschema.validate(document, json.loads(SCHEMA_FILE.read_text()))
    return {each["claim_id"]: each for each in document["verdicts"]} | {"": document}


@pytest.fixture
def two_dates(tmp_path: Path) -> Path:
    """The committed December tiles alone: no history."""
    for job in committed():
        for path, _ in job.paths(HERE):
            if path.suffix == ".tif" and path.relative_to(HERE).parts[0] == "as-reported":
                link = tmp_path / "tiles" / path.relative_to(HERE)
                link.parent.mkdir(parents=True, exist_ok=True)
                link.symlink_to(path)
    return tmp_path / "tiles"


def test_two_dates_support_nothing_and_say_why(tmp_path: Path, two_dates: Path) -> None:
    found = verified(tmp_path, [AN124, KA52, ELSEWHERE, LONG_AGO], two_dates)
    told = {name: (one["verdict"], one["reason"]) for name, one in found.items() if name}
    assert told == {
        "A1": ("inconclusive", "uncalibrated"),
        "A2": ("not_observable", "sub_resolution"),
        "A3": ("no_imagery", "no_place"),
        "A4": ("no_imagery", "time_gap"),
    }
    assert found[""]["simulated"] is True
    assert found["A1"]["sentence"].startswith("SIMULATED")
    page = (tmp_path / "out" / "report.html").read_text()
    assert all(f'id="c-{name}"' in page for name in told)
    assert (tmp_path / "out" / "sites" / "hmeimim.geojson").exists()
    assert "No object" not in found["A1"]["sentence"]
    out = tmp_path / "out"
    assert is_complete(out)
    assert audit(out, kept(Options())).findings == ()
    run = json.loads((out / "run.json").read_text())
    assert [one["sentence"] for one in run["verdicts"]] == [
        found[name]["sentence"] for name in told
    ]
    assert str(tmp_path) not in (out / "run.json").read_text()


def test_the_same_claims_give_the_same_bytes(tmp_path: Path, two_dates: Path) -> None:
    texts = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        verified(tmp_path / name, [AN124, KA52], two_dates)
        texts.append((tmp_path / name / "out" / "run.json").read_bytes())
    assert texts[0] == texts[1]


@pytest.fixture(scope="module")
def worlds(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Hmeimim with its history in all worlds, simulated anew."""
    root = tmp_path_factory.mktemp("worlds")
    for world in WORLDS:
        shutil.copytree(HERE / world / "hmeimim", root / world / "hmeimim", ignore=others)
    jobs = [job for job in uncommitted() if job.site == "hmeimim" and job.sensor != "S1"]
    write_all(jobs, root)
    return root


def others(folder: str, names: list[str]) -> set[str]:
    """What the repository does not hold."""
    kept = {path for job in committed() for pair in job.paths(HERE) for path in pair}
    folders = {parent for path in kept for parent in path.parents}
    return {name for name in names if Path(folder, name) not in kept | folders}


@pytest.mark.parametrize(
    ("world", "words"),
    [("as-reported", {"supported"}), ("opposite", {"contradicted", "inconclusive"})],
)
def test_two_airlifters_are_judged_as_the_world_has_them(
    tmp_path: Path, worlds: Path, world: str, words: set[str]
) -> None:
    found = verified(tmp_path, [AN124], worlds / world)
    assert found["A1"]["verdict"] in words
    assert found["A1"]["n_null"] >= 20
    exhibit = tmp_path / "out" / "evidence" / "A1"
    assert {path.name for path in exhibit.iterdir()} == {
        "after.png",
        "before.png",
        "implant.png",
        "plain_after.png",
        "plain_before.png",
        "plain_implant.png",
        "trials.json",
    }


@pytest.mark.parametrize(
    ("by", "word"), [("2025-01-31", "supported"), ("2024-12-10", "contradicted")]
)
def test_a_unit_has_left_only_when_its_vehicles_have(
    tmp_path: Path, worlds: Path, by: str, word: str
) -> None:
    found = verified(tmp_path, [S400 | {"date": {"end": by}}], worlds / "departed")
    assert found["S1"]["verdict"] == word


def test_ten_metres_do_not_show_a_unit(tmp_path: Path, worlds: Path) -> None:
    found = verified(tmp_path, [S400], worlds / "as-reported")
    assert (found["S1"]["verdict"], found["S1"]["reason"]) == ("not_observable", "sub_resolution")
