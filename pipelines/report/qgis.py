"""``run.qgs``: a QGIS project that opens a run folder as it is meant to be seen.

Paths are relative, so that the folder can be moved or mailed. Of each comparison, from the top:
zones, changed objects, classes, the two bands of ``diff.tif``, which are switched off, the later
picture and the earlier one. The same run gives the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from affine import Affine

from imagery.captions import Colour
from imagery.codes import CHANGED, GAIN, LOSS
from imagery.cog import CLASS_CODES
from pipelines.report import qgis_styles as styles
from pipelines.report.folder import Run
from pipelines.said import clean

VERSION = "3.22.0"
"""Of QGIS whose form this is; later ones read it."""

SEVERAL_CRS = "EPSG:3857"
WGS84 = "EPSG:4326"
WARNING = "SIMULATED: not satellite imagery"
COLOURS = {code.value: code.colour for code in CLASS_CODES}
DIRECTIONS = {"appeared": GAIN, "disappeared": LOSS, "changed": CHANGED}
EDGE: Colour = (20, 20, 20)
MARGIN = 0.05
"""Around the first comparison, of its size."""

KIND = '"class" || \', \' || "direction"'
SIZE = "coalesce(\"class\", '') || coalesce(' ' || round(\"length_m\") || ' m', '')"
NAMED = 'coalesce("name", "id")'

Bounds = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Comparison:
    """One comparison of a run.

    Attributes:
        prefix: Of its files, in the run folder: empty, or a folder and a slash.
        record: What its ``run.json`` says.
    """

    prefix: str
    record: Mapping[str, Any]

    @property
    def name(self) -> str:
        """Of its group of layers."""
        site = self.record["site"]
        days = [(scene["datetime"] or "undated")[:10] for scene in self.record["scenes"]]
        place = clean(str(site["id"])) if site else "Two images"
        return f"{place}, {days[0]} to {days[1]}"

    @property
    def bounds(self) -> Bounds:
        """(left, bottom, right, top) in its CRS."""
        grid = self.record["grid"]
        step = Affine(*grid["transform"])
        rows, cols = grid["shape"]
        (left, top), (right, bottom) = step @ (0, 0), step @ (cols, rows)
        return left, bottom, right, top


def project(run: Run) -> str:
    """The text of the project; layers of damaged files say so in their names."""
    found = comparisons(run)
    simulated = bool(run.record.get("simulated"))
    title = "tilewitness: " + (found[0].name if len(found) == 1 else f"{len(found)} comparisons")
    root = Element("qgis", version=VERSION, projectname=title)
    SubElement(root, "title").text = f"SIMULATED: {title}" if simulated else title
    systems = {str(one.record["grid"]["crs"]) for one in found}
    crs = systems.pop() if len(systems) == 1 else SEVERAL_CRS
    _crs(SubElement(root, "projectCrs"), crs)
    tree, layers = SubElement(root, "layer-tree-group"), Element("projectlayers")
    for number, one in enumerate(found):
        _group(run, one, f"comparison_{number}", tree=tree, layers=layers)
    root.append(layers)
    _properties(root, simulated)
    _views(root, found)
    indent(root)
    return f"<!DOCTYPE qgis>\n{tostring(root, encoding='unicode')}\n"


def comparisons(run: Run) -> list[Comparison]:
    """Those of a run: the run itself, or each below ``sites``."""
    if "grid" in run.record:
        return [Comparison("", run.record)]
    found = []
    for name in run.names("/diff.tif"):
        prefix = name.removesuffix("diff.tif")
        record = run.parsed(f"{prefix}run.json")
        if record is not None:
            found.append(Comparison(prefix, record))
    return found


@dataclass(frozen=True, slots=True)
class _Layer:
    """A layer: its name, its file, whether it is switched on."""

    name: str
    file: str
    shown: bool


def _group(run: Run, one: Comparison, key: str, *, tree: Element, layers: Element) -> None:
    mark = "SIMULATED: " if one.record["simulated"] else ""
    # QGIS throws away ids of ten characters or fewer.
    branch = SubElement(
        tree, "layer-tree-group", name=f"{mark}{one.name}", checked="Qt::Checked", expanded="1"
    )
    for number, layer in enumerate(_layers(run, one)):
        raster = layer.file.endswith(".tif")
        damage = run.damaged(layer.file)
        name = f"{mark}{layer.name}" + (f" ({damage.upper()})" if damage else "")
        known = {
            "id": f"{key}_layer_{number}",
            "name": name,
            "providerKey": "gdal" if raster else "ogr",
            "source": f"./{layer.file}",
        }
        checked = "Qt::Checked" if layer.shown else "Qt::Unchecked"
        SubElement(branch, "layer-tree-layer", known, checked=checked, expanded="0")
        crs = str(one.record["grid"]["crs"]) if raster else WGS84
        element = _described(layers, known, crs, raster=raster)
        _styled(element, run, layer)


def _layers(run: Run, one: Comparison) -> Iterator[_Layer]:
    """From the top; of what the run left."""
    site = one.record["site"]
    days = [(scene["datetime"] or "undated")[:10] for scene in one.record["scenes"]]
    for name, file, shown in (
        ("Zones", f"{site['id']}.geojson" if site else "", True),
        ("Changed objects", "detections.geojson", True),
        ("Classes", "classes.tif", True),
        ("Change score, robust z", "diff.tif", False),
        ("Signed difference, positive = brighter after", "diff.tif", False),
        (f"After, {days[1]}", "after.tif", True),
        (f"Before, {days[0]}", "before.tif", False),
    ):
        if file and f"{one.prefix}{file}" in run.record["products"]:
            yield _Layer(name, f"{one.prefix}{file}", shown)


def _described(layers: Element, known: Mapping[str, str], crs: str, *, raster: bool) -> Element:
    kind = {"type": "raster"} if raster else {"type": "vector", "geometry": "Polygon"}
    labels = {} if raster else {"labelsEnabled": "1"}
    layer = SubElement(layers, "maplayer", kind | labels)
    SubElement(layer, "id").text = known["id"]
    SubElement(layer, "datasource").text = known["source"]
    SubElement(layer, "layername").text = known["name"]
    _crs(SubElement(layer, "srs"), crs)
    SubElement(layer, "provider").text = known["providerKey"]
    return layer


def _styled(element: Element, run: Run, layer: _Layer) -> None:
    file = PurePath(layer.file).name
    if file == "classes.tif":
        styles.coded(element, CLASS_CODES)
    elif file == "diff.tif" and layer.name.startswith("Signed"):
        styles.ramped(element, 2, styles.DIFFERENCES)
    elif file == "diff.tif":
        styles.ramped(element, 1, styles.SCORES)
    elif file.endswith(".tif"):
        styles.pictured(element, 3)
    elif file == "detections.geojson":
        styles.outlined(element, _kinds(run.parsed(layer.file)), KIND)
        styles.labelled(element, SIZE, styles.BESIDE)
    else:
        styles.dashed(element, EDGE)
        styles.labelled(element, NAMED, styles.INSIDE)


def _kinds(detections: Any) -> dict[str, tuple[Colour, str]]:
    """Class and direction of what was found: named classes have a solid line."""
    found = {
        (str(each["properties"]["class"]), str(each["properties"]["direction"]))
        for each in (detections or {}).get("features", ())
    } | {("change", direction) for direction in DIRECTIONS}
    return {
        f"{kind}, {direction}": (
            COLOURS[DIRECTIONS.get(direction, CHANGED)],
            "dot" if kind == "change" else "solid",
        )
        for kind, direction in sorted(found, key=lambda each: (each[0] == "change", each))
    }


def _crs(parent: Element, crs: str) -> None:
    system = SubElement(parent, "spatialrefsys")
    if re.fullmatch(r"[A-Z]+:\d+", crs):
        # QGIS reads the one only beside the other, whatever number that is.
        SubElement(system, "srsid").text = "1"
        SubElement(system, "authid").text = crs
    else:
        SubElement(system, "wkt").text = crs


def _properties(root: Element, simulated: bool) -> None:
    """Relative paths, the project's CRS, and over simulated imagery a title that says so."""
    properties = SubElement(root, "properties")
    _property(properties, "SpatialRefSys/ProjectionsEnabled", "int", "1")
    _property(properties, "Paths/Absolute", "bool", "false")
    if simulated:
        _property(properties, "TitleLabel/Enabled", "bool", "true")
        _property(properties, "TitleLabel/Label", "QString", WARNING)
        _property(properties, "TitleLabel/Placement", "int", "2")
        _property(properties, "TitleLabel/BackgroundColor", "QString", "176,0,32,255")


def _property(parent: Element, path: str, kind: str, value: str) -> None:
    first, last = path.split("/")
    group = parent.find(first)
    element = SubElement(parent, first) if group is None else group
    SubElement(element, last, type=kind).text = value


def _views(root: Element, found: Sequence[Comparison]) -> None:
    """A bookmark for each comparison, and the first one as what is seen at the start."""
    marks = SubElement(root, "Bookmarks")
    for number, one in enumerate(found):
        left, bottom, right, top = one.bounds
        ring = ((left, bottom), (right, bottom), (right, top), (left, top), (left, bottom))
        corners = ", ".join(f"{x!r} {y!r}" for x, y in ring)
        mark = SubElement(
            marks, "Bookmark", id=f"b{number}", name=one.name, extent=f"POLYGON(({corners}))"
        )
        _crs(mark, str(one.record["grid"]["crs"]))
    if found:
        left, bottom, right, top = found[0].bounds
        dx, dy = MARGIN * (right - left), MARGIN * (top - bottom)
        sides = {"xmin": left - dx, "ymin": bottom - dy, "xmax": right + dx, "ymax": top + dy}
        view = SubElement(
            SubElement(root, "ProjectViewSettings"),
            "DefaultViewExtent",
            {name: repr(value) for name, value in sides.items()},
        )
        _crs(view, str(found[0].record["grid"]["crs"]))
