"""JSON of a run folder against its published form."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from imagery.errors import ImageryError
from imagery.run_folder import plain_bytes
from pipelines.claims import file as claims_file
from pipelines.json_form import faults

_HERE = Path(__file__).parents[1]
RUN_SCHEMA = _HERE / "run.schema.json"
VERDICTS_SCHEMA = _HERE / "verdicts.schema.json"
MOST = 5
"""Faults that are told of one file; a wrong form has as many as it has fields."""


def of_record(record: Any) -> Iterator[str]:
    """What of ``run.json`` has another form than ``run.schema.json``."""
    return _first(record, RUN_SCHEMA)


def of_verdicts(path: Path) -> Iterator[str]:
    """What of ``verdicts.json`` has another form than ``verdicts.schema.json``."""
    try:
        said = json.loads(plain_bytes(path))
    except (OSError, ValueError, RecursionError):
        yield "it is no JSON"
        return
    yield from _first(said, VERDICTS_SCHEMA)


def of_claims(path: Path) -> Iterator[str]:
    """What is wrong with ``claims.json``, by the reader of such files."""
    try:
        claims_file.read(path)
    except ImageryError as error:
        yield str(error)


def _first(said: Any, form: Path) -> Iterator[str]:
    return islice(faults(said, form), MOST)
