"""How strongly ground and craft return C-band, as simulated: round values, not measurements."""

from __future__ import annotations

from sample_tiles.ground import Ground

BACKSCATTER_DB: dict[Ground, tuple[float, float]] = {
    Ground.SOIL: (-12.0, -20.0),
    Ground.DRY_GRASS: (-13.0, -20.5),
    Ground.WHEAT: (-12.0, -19.5),
    Ground.IRRIGATED: (-11.0, -18.0),
    Ground.CITRUS: (-8.5, -14.5),
    Ground.OLIVE: (-9.5, -15.5),
    Ground.GREENHOUSE: (-6.0, -15.0),
    Ground.ASPHALT: (-18.0, -26.0),
    Ground.CONCRETE: (-17.0, -25.0),
    Ground.OLD_CONCRETE: (-15.5, -23.5),
    Ground.GRAVEL: (-12.5, -20.5),
    Ground.ROOF_LIGHT: (-7.0, -16.0),
    Ground.ROOF_DARK: (-7.0, -16.0),
    Ground.ROOF_TILE: (-8.0, -17.0),
    Ground.TOWN: (-9.0, -17.0),
    Ground.ROCK: (-8.0, -16.0),
    Ground.BEACH: (-15.0, -24.0),
    Ground.SEA: (-17.0, -25.5),
    Ground.HARBOUR: (-17.0, -25.5),
    Ground.BERM: (-11.0, -19.0),
}
"""Gamma nought in VV and VH when dry, dB."""

WETS_DB = {
    Ground.SOIL: 3.5,
    Ground.DRY_GRASS: 2.0,
    Ground.WHEAT: 2.5,
    Ground.IRRIGATED: 2.0,
    Ground.OLIVE: 1.0,
    Ground.GRAVEL: 1.5,
    Ground.BERM: 2.5,
}
"""What rain adds to VV and VH, dB."""

CROSS_SECTION_M2 = {
    "An-124": 700.0,
    "Il-76": 350.0,
    "An-26": 90.0,
    "An-72": 90.0,
    "Su-24": 35.0,
    "Mi-8": 25.0,
    "Ka-52": 20.0,
    "frigate": 6000.0,
    "landing ship": 6000.0,
    "corvette": 1200.0,
    "patrol boat": 300.0,
    "freighter": 6000.0,
    "coaster": 2000.0,
    "fishing boat": 15.0,
    "S-400 launcher": 110.0,
    "S-400 radar": 160.0,
    "truck": 25.0,
}
"""Mean radar cross-section in VV, square metres."""

POINTS = {"large_aircraft": 7, "aircraft": 3, "helicopter": 2, "vessel": 8, "air_defence": 2}
"""Corners of a craft by its kind; two where none is given."""
