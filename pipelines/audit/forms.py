"""JSON of a run folder against its published form."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

from imagery.errors import ImageryError
from imagery.run_folder import plain_bytes
from pipelines.claims import file as claims_file

_HERE = Path(__file__).parents[1]
RUN_SCHEMA = _HERE / "run.schema.json"
VERDICTS_SCHEMA = _HERE / "verdicts.schema.json"
MOST = 5
"""Faults that are told of one file; a wrong form has as many as it has fields."""


def of_record(record: Any) -> Iterator[str]:
    """What of ``run.json`` has another form than ``run.schema.json``."""
    return _faults(record, RUN_SCHEMA)


def of_verdicts(path: Path) -> Iterator[str]:
    """What of ``verdicts.json`` has another form than ``verdicts.schema.json``."""
    try:
        said = json.loads(plain_bytes(path))
    except (OSError, ValueError, RecursionError):
        yield "it is no JSON"
        return
    yield from _faults(said, VERDICTS_SCHEMA)


def of_claims(path: Path) -> Iterator[str]:
    """What is wrong with ``claims.json``, by the reader of such files."""
    try:
        claims_file.read(path)
    except ImageryError as error:
        yield str(error)


def _faults(said: Any, schema: Path) -> Iterator[str]:
    found = sorted(_validator(schema).iter_errors(said), key=lambda error: error.json_path)
    for error in found[:MOST]:
        yield f"{error.json_path} {error.message[:200]}"


@lru_cache(maxsize=2)
def _validator(schema: Path) -> Draft202012Validator:
    return Draft202012Validator(json.loads(schema.read_bytes()))
