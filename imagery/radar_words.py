"""What the words around a radar band say: its polarisation, its unit, how its pass was taken.

Every provider has its own words; nothing here looks at a pixel.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal

VERSIONS = ("processing:version", "s1:ipf_version", "processing:software")
"""Properties of an Item that may state the version of the processor."""

Unit = Literal["power", "db", "amplitude"]

_DB = re.compile(r"(?<![a-z])d(eci)?b(els?)?(?![a-z])|log10", re.IGNORECASE)
_POWER = re.compile(r"(?<![a-z])(linear|power|intensity)(?![a-z])", re.IGNORECASE)
_AMPLITUDE = re.compile(r"(?<![a-z])(amplitude|amp)(?![a-z])", re.IGNORECASE)
_POLARISATION = re.compile(r"(?<![a-z])([vh][vh])(?![a-z])", re.IGNORECASE)
_HYP3 = re.compile(r"_RTC\d\d_[A-Z]_[GS]([PAD])[UW][NF][EC][DM]", re.IGNORECASE)
_LETTERS: Mapping[str, Unit] = {"P": "power", "A": "amplitude", "D": "db"}
_UNIT_TAGS = ("UNIT", "UNITS", "DATA_UNIT", "SCALE_TYPE", "RADIOMETRIC_SCALE", "BACKSCATTER_UNIT")

_PLATFORM_TAGS = ("PLATFORM", "SATELLITE", "MISSION", "SPACECRAFT")
_ORBIT_TAGS = ("RELATIVE_ORBIT", "RELATIVE_ORBIT_NUMBER", "REL_ORBIT", "SAT:RELATIVE_ORBIT")
_PASS_TAGS = ("ORBIT_STATE", "ORBIT_DIRECTION", "PASS", "PASS_DIRECTION", "SAT:ORBIT_STATE")
_VERSION_TAGS = ("PROCESSING_VERSION", "IPF_VERSION", "PROCESSOR_VERSION", "PROCESSING:VERSION")
_ANGLE_TAGS = ("INCIDENCE_ANGLE", "VIEW:INCIDENCE_ANGLE")
_UNITS_OF = re.compile(r"(?:sentinel[-_ ]?1|s1)[-_ ]?([abcd])", re.IGNORECASE)
_ORBIT = re.compile(r"\d{1,3}(?:\.0)?")
_PASSES = {"A": "ascending", "D": "descending"}
_TURNS = 175


def polarisation(name: str) -> str | None:
    """VV, VH, HH or HV of a band's name; None where it says none, or more than one.

    >>> polarisation("Gamma0_VH_db"), polarisation("angle")
    ('VH', None)
    """
    found = {each.upper() for each in _POLARISATION.findall(name)}
    return found.pop() if len(found) == 1 else None


def declared_unit(texts: Iterable[str]) -> Unit | None:
    """The unit that names, descriptions and tags of a band speak of; None where they say none.

    >>> declared_unit(["VV_dB"]), declared_unit(["Gamma0 VV"])
    ('db', None)
    """
    words = [text.replace("_", " ") for text in texts]
    rules: tuple[tuple[Unit, re.Pattern[str]], ...] = (
        ("db", _DB),
        ("power", _POWER),
        ("amplitude", _AMPLITUDE),
    )
    found = [unit for unit, rule in rules if any(rule.search(text) for text in words)]
    return found[0] if len(found) == 1 else None


def file_unit(name: str, tags: Mapping[str, str], texts: Iterable[str]) -> Unit | None:
    """The unit that a file says one of its bands is in; None where it does not.

    Args:
        name: Of the file. Only the letters of ASF's own names are read, not words in others.
        tags: Dataset tags.
        texts: Description and unit of the band.

    >>> file_unit("S1A_IW_20241210T034345_DVP_RTC10_G_gdunem_1A2B_VV.tif", {}, [])
    'db'
    """
    said = declared_unit([*texts, *(tags[key] for key in _UNIT_TAGS if tags.get(key))])
    letters = _HYP3.search(name)
    return said or (_LETTERS[letters[1].upper()] if letters else None)


def pass_facts(tags: Mapping[str, str]) -> dict[str, Any]:
    """Platform, orbit, direction, version and angle that the tags of a file tell, as properties.

    >>> pass_facts({"PLATFORM": "S1A", "RELATIVE_ORBIT": "21", "PASS": "DESCENDING"})
    {'platform': 'sentinel-1a', 'sat:relative_orbit': 21, 'sat:orbit_state': 'descending'}
    """
    upper = {key.upper(): str(value).strip() for key, value in tags.items()}
    platform = _UNITS_OF.search(_first(upper, _PLATFORM_TAGS))
    orbit = _first(upper, _ORBIT_TAGS)
    known = _ORBIT.fullmatch(orbit) is not None and 1 <= float(orbit) <= _TURNS
    found: dict[str, Any] = {
        "platform": f"sentinel-1{platform[1].lower()}" if platform else None,
        "sat:relative_orbit": int(float(orbit)) if known else None,
        "sat:orbit_state": _PASSES.get(_first(upper, _PASS_TAGS)[:1].upper()),
        "processing:version": _first(upper, _VERSION_TAGS)[:40] or None,
        "view:incidence_angle": _angle(_first(upper, _ANGLE_TAGS)),
    }
    return {key: value for key, value in found.items() if value is not None}


def _first(tags: Mapping[str, str], names: Iterable[str]) -> str:
    return next((tags[name] for name in names if tags.get(name)), "")


def _angle(text: str) -> float | None:
    try:
        angle = float(text)
    except ValueError:
        return None
    return angle if 0 < angle < 90 else None
