"""Whether every locked package may be used by, and shipped beside, a project under Apache-2.0.

``python -m requirements.licences`` in an environment that holds what ``test.txt`` lists; exit 1
where one may not, or says nothing.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from email.message import Message
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

LOCK = Path(__file__).with_name("test.txt")

ALLOWED = re.compile(
    r"0BSD|Apache.*|BSD.*|CC0.*|CNRI.*|ISC.*|LGPL.*|.*Lesser General Public.*|MIT.*|MPL.*"
    r"|Mozilla Public.*|PSF.*|Python Software Foundation.*|The Unlicense.*|Unlicense|Zlib.*|ZPL.*",
    re.IGNORECASE,
)
"""Permissive licences, and those that only ask for changes to their own files: we make none."""

READ_BY_HAND = {"odc-stac": "Apache-2.0"}
"""Packages whose metadata say nothing, by the licence file of their source."""

_PIN = re.compile(r"^([A-Za-z0-9][\w.-]*)==([^\s;\\]+)", re.MULTILINE)
_CLASSIFIER = "License :: "


def pins(text: str) -> dict[str, str]:
    r"""Versions by name, of a lock file.

    >>> pins("numpy==2.4.6 ; python_version < '4' \\\n    --hash=sha256:00")
    {'numpy': '2.4.6'}
    """
    return dict(_PIN.findall(text))


def stated(said: Message) -> str:
    """The licence that the metadata of a package state: the expression, classifiers, or text."""
    if expression := said.get("License-Expression"):
        return str(expression)
    found = [str(each) for each in said.get_all("Classifier", []) if each.startswith(_CLASSIFIER)]
    if names := [each.rpartition(" :: ")[2] for each in found]:
        return " AND ".join(names)
    return str(said.get("License") or "").strip().partition("\n")[0]


def allowed(licence: str) -> bool:
    """Whether each part of an expression, or one of its alternatives, is on the list.

    >>> allowed("Apache-2.0 AND (GPL-3.0-only OR MIT)"), allowed("MIT AND GPL-2.0"), allowed("")
    (True, False, False)
    """
    parts = re.split(r"\s+AND\s+|;", re.sub(r"[()]", "", licence))
    return all(
        any(ALLOWED.fullmatch(each.strip()) for each in re.split(r"\s+OR\s+", part))
        for part in parts
    )


def faults(text: str) -> Iterator[str]:
    """A line for each installed package of a lock that may not be used."""
    for name in sorted(pins(text)):
        try:
            licence = READ_BY_HAND.get(name) or stated(metadata(name))
        except PackageNotFoundError:
            continue  # of another system or Python
        if not allowed(licence):
            yield f"{name}: {licence or 'no licence stated'}"


def main() -> None:
    """Print what was found."""
    text = LOCK.read_text(encoding="utf-8")
    found = list(faults(text))
    sys.stdout.write("\n".join([*found, f"{len(pins(text))} licences: {len(found)} refused.\n"]))
    raise SystemExit(1 if found else 0)


if __name__ == "__main__":
    main()
