from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from PIL import Image
from small_runs import changed

from imagery.cog import CLASS_CODES
from imagery.keep import Keep
from imagery.run_folder import run_folder
from pipelines.report import pages
from pipelines.report.folder import open_run
from pipelines.report.qgis import WARNING, project

OPENER = Path(__file__).with_name("qgis_opened.py")
PYTHON = Path("/usr/bin/python3")
"""Debian's: QGIS comes for no other."""

LAYERS = [
    "Zones",
    "Changed objects",
    "Classes",
    "Change score, robust z",
    "Signed difference, positive = brighter after",
    "After, 2024-12-13",
    "Before, 2024-12-10",
]


def parsed(folder: Path) -> ET.Element:
    return ET.fromstring(project(open_run(folder)))


@pytest.fixture(scope="module")
def qgis(tmp_path_factory: pytest.TempPathFactory) -> Any:
    def opened(folder: Path, *shown: str) -> tuple[dict[str, Any], Path]:
        drawn = tmp_path_factory.mktemp("drawn") / "map.png"
        words = [str(PYTHON), str(OPENER), str(folder / "run.qgs"), str(drawn), *shown]
        done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout), drawn

    asked = [str(PYTHON), "-c", "import qgis.core"]
    if not PYTHON.exists() or subprocess.run(asked, capture_output=True, check=False).returncode:
        pytest.skip("needs QGIS: apt-get install --no-install-recommends python3-qgis")
    return opened


def pixels(path: Path) -> np.ndarray[Any, Any]:
    with Image.open(path) as image:
        return np.asarray(image.convert("RGB")).astype(int)


def close_to(picture: np.ndarray[Any, Any], colour: tuple[int, int, int]) -> int:
    return int((np.abs(picture - colour).max(axis=-1) < 12).sum())


def test_layers_stand_in_order_and_say_simulated(compared: Path) -> None:
    root = parsed(compared)
    tree = root.find("layer-tree-group")
    (group,) = tree.findall("layer-tree-group")
    assert group.get("name") == "SIMULATED: hmeimim, 2024-12-10 to 2024-12-13"
    assert [each.get("name") for each in group] == [f"SIMULATED: {name}" for name in LAYERS]
    ids = [each.get("id") for each in group]
    assert ids == [each.findtext("id") for each in root.iter("maplayer")]
    assert len(set(ids)) == len(LAYERS)
    assert min(map(len, ids)) > 10, "QGIS throws away shorter ones"
    assert root.findtext("title").startswith("SIMULATED: ")
    assert root.findtext("properties/TitleLabel/Label") == WARNING


def test_paths_are_relative_and_there(run: Path) -> None:
    root = parsed(run)
    sources = [each.text for each in root.iter("datasource")]
    assert len(sources) == len(LAYERS)
    for source in sources:
        assert source.startswith("./sites/hmeimim/20241210_20241213/")
        assert (run / source).is_file()
    assert str(run) not in ET.tostring(root, encoding="unicode")


def test_the_same_run_gives_the_same_bytes(compared: Path, tmp_path: Path) -> None:
    shutil.copytree(compared, tmp_path / "elsewhere")
    assert project(open_run(compared)) == project(open_run(tmp_path / "elsewhere"))


def test_classes_have_their_colours_and_names(compared: Path) -> None:
    entries = parsed(compared).findall(".//paletteEntry")
    assert [(e.get("value"), e.get("color"), e.get("label")) for e in entries] == [
        (str(code.value), f"#{code.hex.lower()}", code.name) for code in CLASS_CODES
    ]
    assert [e.get("alpha") == "0" for e in entries] == [True, True, False, False, False, False]


def test_every_kind_of_object_has_a_symbol(compared: Path) -> None:
    listed = json.loads((compared / "detections.geojson").read_text())["features"]
    kinds = {f"{p['class']}, {p['direction']}" for p in (each["properties"] for each in listed)}
    values = {each.get("value") for each in parsed(compared).findall(".//category")}
    assert kinds <= values


def test_a_damaged_layer_says_so(compared: Path) -> None:
    with changed(compared / "classes.tif"):
        (compared / "classes.tif").write_bytes(b"x")
        names = [each.text for each in parsed(compared).iter("layername")]
    assert "SIMULATED: Classes (ALTERED)" in names


def test_real_imagery_is_not_called_simulated(compared: Path, tmp_path: Path) -> None:
    record = json.loads((compared / "run.json").read_text())
    record.pop("products")
    with run_folder(tmp_path / "real", keep=Keep(tmp_path / "kept")) as draft:
        shutil.copy(compared / "diff.tif", draft.folder)
        draft.seal(record | {"simulated": False}, custody={})
    assert "SIMULATED" not in project(open_run(tmp_path / "real"))


def test_names_of_others_are_text(hostile: Path) -> None:
    record = json.loads((hostile / "run.json").read_text())
    assert record["sites"]
    root = parsed(hostile)
    assert len(list(root.iter("maplayer"))) == len(LAYERS)
    for style in root.iter("text-style"):
        assert style.get("allowHtml") == "0"
    assert "script" not in ET.tostring(root, encoding="unicode")


@pytest.mark.services
def test_qgis_opens_it_whole(compared: Path, qgis: Any) -> None:
    pages.write(compared)
    said, drawn = qgis(compared)
    record = json.loads((compared / "run.json").read_text())
    assert said["crs"] == record["grid"]["crs"]
    assert [each["name"].removeprefix("SIMULATED: ") for each in said["layers"]] == LAYERS
    assert all(each["valid"] for each in said["layers"])
    assert [each["renderer"] for each in said["layers"]] == [
        "singleSymbol",
        "categorizedSymbol",
        "paletted",
        "singlebandpseudocolor",
        "singlebandpseudocolor",
        "multibandcolor",
        "multibandcolor",
    ]
    assert [each["shown"] for each in said["layers"]] == [True] * 3 + [False] * 2 + [True, False]
    assert said["warning"] == WARNING
    assert said["bookmarks"] == ["hmeimim, 2024-12-10 to 2024-12-13"]
    west, south, east, north = said["view"]
    left, top = record["grid"]["transform"][2], record["grid"]["transform"][5]
    assert west < left < east
    assert south < top < north
    picture = pixels(drawn)
    appeared = next(code.colour for code in CLASS_CODES if code.name == "gain")
    assert close_to(picture, appeared) > 50, "outlines in the colour of what appeared"
    middle = picture[300:800, 250:650]
    assert middle.std() > 20, "ground, not an empty canvas"


@pytest.mark.services
def test_qgis_draws_the_score_where_something_changed(compared: Path, qgis: Any) -> None:
    pages.write(compared)
    plain, scored = (pixels(qgis(compared, *shown)[1]) for shown in ((), ("Change score",)))
    share = (plain != scored).any(axis=-1).mean()
    assert 0.0005 < share < 0.3


@pytest.mark.services
def test_qgis_opens_the_run_of_a_text(run: Path, qgis: Any) -> None:
    said, _ = qgis(run)
    assert all(each["valid"] for each in said["layers"])
    assert said["groups"] == ["SIMULATED: hmeimim, 2024-12-10 to 2024-12-13"]
