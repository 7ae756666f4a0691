"""The locks hold everything that pyproject.toml asks for, each file by its SHA-256."""

from __future__ import annotations

import re
import tomllib
from email.message import Message
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from requirements.licences import allowed, pins, stated

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
EXTRAS = ("distributed", "parquet", "s3", "timestamp")
LOCKS = ("build", "demo", "test", "supply")


def locked(name: str) -> dict[str, str]:
    return pins((ROOT / "requirements" / f"{name}.txt").read_text())


def group(name: str) -> list[str]:
    found: list[str] = []
    for each in PROJECT["dependency-groups"][name]:
        found += [each] if isinstance(each, str) else group(each["include-group"])
    return found


def asked(lock: str) -> list[str]:
    own: list[str] = PROJECT["project"]["dependencies"]
    extras: dict[str, Any] = PROJECT["project"]["optional-dependencies"]
    return {
        "build": group("build"),
        "supply": group("supply"),
        "demo": own,
        "test": [*own, *(each for name in EXTRAS for each in extras[name]), *group("dev")],
    }[lock]


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_what_is_asked_for(lock: str) -> None:
    known = locked(lock)
    for text in asked(lock):
        wanted = Requirement(text)
        version = known.get(canonicalize_name(wanted.name))
        assert version is not None, f"{wanted.name} is not locked: make lock"
        assert wanted.specifier.contains(version), f"{text} is locked to {version}: make lock"


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_is_hashed(lock: str) -> None:
    text = (ROOT / "requirements" / f"{lock}.txt").read_text()
    lines = [line for line in text.splitlines() if not line.lstrip().startswith("#")]
    entries = re.split(r"\n(?=\S)", "\n".join(lines).strip())
    assert len(entries) == len(pins(text)) > 5
    for entry in entries:
        assert re.search(r"--hash=sha256:[0-9a-f]{64}\b", entry), entry[:60]
        assert "://" not in entry, "a lock names no index"


def test_the_demo_is_tested_with_what_it_installs() -> None:
    tested = locked("test")
    assert {name: tested.get(name) for name in locked("demo")} == locked("demo")


@pytest.mark.parametrize(
    ("fields", "fine"),
    [
        ([("License-Expression", "BSD-3-Clause AND 0BSD AND MIT AND Zlib AND CC0-1.0")], True),
        ([("License-Expression", "GPL-3.0-or-later")], False),
        ([("License-Expression", "MIT AND AGPL-3.0-only")], False),
        ([("Classifier", "License :: OSI Approved :: MIT License")], True),
        (
            [("Classifier", "License :: OSI Approved :: GNU General Public License (GPL)")],
            False,
        ),
        ([("Classifier", "License :: Other/Proprietary License")], False),
        ([("License", "BSD\nRedistribution and use ...")], True),
        ([], False),
    ],
)
def test_licences(fields: list[tuple[str, str]], fine: bool) -> None:
    said = Message()
    for key, value in fields:
        said[key] = value
    assert allowed(stated(said)) is fine
