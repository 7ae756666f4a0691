"""How QGIS draws the layers of a run: the parts of its project file that hold symbols and colours.

Only what differs from QGIS's own defaults is written. Colours are those of ``classes.tif`` and two
ramps that stay apart for colour-blind readers.

Source: the form of QGIS 3 project files, as QGIS 3.22 writes and reads them. Ramps: cividis (Nunez
et al. 2018, doi:10.1371/journal.pone.0199239), PuOr (Brewer 2003, doi:10.1559/152304003100010929).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from xml.etree.ElementTree import Element, SubElement

from imagery.captions import Colour
from imagery.cog import ClassCode

INVISIBLE, SEEN_THROUGH = ("no data", "unchanged"), 130
"""Class codes without colour, and the opacity of the others, of 255."""

SCORES: tuple[tuple[float, Colour, int], ...] = (
    (3, (0, 34, 78), 0),
    (4, (0, 34, 78), 255),
    (6, (87, 92, 109), 255),
    (9, (165, 156, 116), 255),
    (12, (254, 232, 56), 255),
)
"""Of ``score``: value, colour, opacity."""

DIFFERENCES: tuple[tuple[float, Colour, int], ...] = (
    (-8, (84, 39, 136), 255),
    (-4, (153, 142, 195), 255),
    (-2, (216, 218, 235), 0),
    (2, (254, 224, 182), 0),
    (4, (241, 163, 64), 255),
    (8, (179, 88, 6), 255),
)
"""Of ``signed``: darker after is purple, brighter after is orange."""

LABEL = {"fontSize": "8", "fontSizeUnit": "Point", "textColor": "20,20,20,255", "allowHtml": "0"}
BUFFER = {
    "bufferDraw": "1",
    "bufferSize": "1",
    "bufferSizeUnits": "MM",
    "bufferColor": "255,255,255,255",
    "bufferOpacity": "1",
}
BESIDE, INSIDE = ("8", "9"), ("1", "2")
"""Placement of labels, outside a polygon or over its middle, and their priority."""

HALO = (255, 255, 255)


def pictured(parent: Element, bands: int) -> None:
    """A picture as it is: the first three bands are red, green and blue, and never stretched."""
    red, green, blue = ("1", "2", "3") if bands >= 3 else ("1", "1", "1")
    SubElement(
        _pipe(parent),
        "rasterrenderer",
        type="multibandcolor",
        opacity="1",
        alphaBand="-1",
        redBand=red,
        greenBand=green,
        blueBand=blue,
    )


def coded(parent: Element, codes: Sequence[ClassCode]) -> None:
    """Codes with their names and colours; what is unchanged lets the picture below be seen."""
    renderer = SubElement(
        _pipe(parent), "rasterrenderer", type="paletted", band="1", opacity="1", alphaBand="-1"
    )
    palette = SubElement(renderer, "colorPalette")
    for code in codes:
        shown = 0 if code.name in INVISIBLE else SEEN_THROUGH
        SubElement(
            palette,
            "paletteEntry",
            value=str(code.value),
            color=f"#{code.hex.lower()}",
            alpha=str(shown),
            label=code.name,
        )


def ramped(parent: Element, band: int, ramp: Sequence[tuple[float, Colour, int]]) -> None:
    """Values of a band by a ramp of colours between fixed values, so that all runs look alike."""
    low, high = f"{ramp[0][0]:g}", f"{ramp[-1][0]:g}"
    renderer = SubElement(
        _pipe(parent),
        "rasterrenderer",
        type="singlebandpseudocolor",
        band=str(band),
        opacity="1",
        alphaBand="-1",
        classificationMin=low,
        classificationMax=high,
    )
    shader = SubElement(
        SubElement(renderer, "rastershader"),
        "colorrampshader",
        colorRampType="INTERPOLATED",
        classificationMode="1",
        clip="0",
        minimumValue=low,
        maximumValue=high,
    )
    for value, colour, opacity in ramp:
        SubElement(
            shader,
            "item",
            value=f"{value:g}",
            color="#{:02x}{:02x}{:02x}".format(*colour),
            alpha=str(opacity),
            label=f"{value:g}",
        )


def outlined(parent: Element, kinds: Mapping[str, tuple[Colour, str]], expression: str) -> None:
    """Outlines without filling, in a colour and a line for each kind.

    Args:
        parent: The layer.
        kinds: By value of the expression: colour, and ``solid`` or ``dash``.
        expression: In QGIS's language; holds no words of others.
    """
    renderer = SubElement(parent, "renderer-v2", type="categorizedSymbol", attr=expression)
    categories, symbols = (SubElement(renderer, name) for name in ("categories", "symbols"))
    for number, (kind, (colour, line)) in enumerate(kinds.items()):
        SubElement(
            categories, "category", value=kind, label=kind, symbol=str(number), render="true"
        )
        symbols.append(_outline(str(number), colour, line))


def dashed(parent: Element, colour: Colour) -> None:
    """All outlines alike."""
    renderer = SubElement(parent, "renderer-v2", type="singleSymbol")
    SubElement(renderer, "symbols").append(_outline("0", colour, "dash"))


def labelled(parent: Element, expression: str, placed: tuple[str, str]) -> None:
    """Labels with a pale rim; text is shown as it is and never read as HTML."""
    settings = SubElement(SubElement(parent, "labeling", type="simple"), "settings")
    style = SubElement(
        settings, "text-style", LABEL | {"fieldName": expression, "isExpression": "1"}
    )
    SubElement(style, "text-buffer", BUFFER)
    placement, priority = placed
    SubElement(
        settings, "placement", placement=placement, priority=priority, dist="1", distUnits="MM"
    )
    SubElement(settings, "rendering", obstacle="1", drawLabels="1")


def _pipe(parent: Element) -> Element:
    return SubElement(parent, "pipe")


def _outline(name: str, colour: Colour, line: str) -> Element:
    """A line with a pale one below it, so that it is seen on dark and on bright ground."""
    symbol = Element("symbol", name=name, type="fill", alpha="1")
    for paint, width, pattern in ((HALO, "1.1", "solid"), (colour, "0.6", line)):
        layer = SubElement(symbol, "layer", {"class": "SimpleFill", "enabled": "1", "pass": "0"})
        red, green, blue = paint
        for key, value in (
            ("color", "0,0,0,0"),
            ("style", "no"),
            ("outline_color", f"{red},{green},{blue},255"),
            ("outline_style", pattern),
            ("outline_width", width),
            ("outline_width_unit", "MM"),
            ("joinstyle", "miter"),
        ):
            SubElement(layer, "prop", k=key, v=value)
    return symbol
