"""JSON that somebody else may have written: strictly read, and held against a published form."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import UndefinedError
from jsonschema import Draft202012Validator
from pyproj.exceptions import ProjError
from pystac import STACError
from shapely.errors import ShapelyError

ODD = (
    ArithmeticError,
    AttributeError,
    LookupError,
    ProjError,
    RecursionError,
    ShapelyError,
    STACError,
    TypeError,
    UndefinedError,
    ValueError,
)
"""How reading ends of a record that has another form than ours: whoever can write a file can seal
it, so that a seal that fits does not promise the form."""


def strict_json(data: bytes) -> Any:
    """What a JSON text holds; one of ours has no infinite number, and null where none was measured.

    Raises:
        ValueError: it is no JSON, or holds a number that is none.
        RecursionError: it is nested too deeply.
    """
    return json.loads(data, parse_float=_finite, parse_constant=_finite)


def faults(said: Any, form: Path) -> Iterator[str]:
    """What of a value has another form, by its place in the value.

    Args:
        said: As JSON holds it.
        form: A file with a JSON Schema.
    """
    found = sorted(_validator(form).iter_errors(said), key=lambda error: error.json_path)
    for error in found:
        yield f"{error.json_path} {error.message[:200]}"


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text[:20]} is no number")
    return value


@lru_cache(maxsize=4)
def _validator(form: Path) -> Draft202012Validator:
    return Draft202012Validator(json.loads(form.read_bytes()))
