"""The name of a run: a hash of all that determines it, and of nothing else."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pystac

from imagery.catalogs import PRODUCT
from imagery.catalogs.fields import BASELINE, PROCESSED
from imagery.model import Site
from imagery.passes import moment
from imagery.write import utc_text
from pipelines.batch.store import Digests
from pipelines.config import Options

FORM = 1
"""Of what is hashed; a change of it makes every run a new one."""

DIGITS = 16
"""Of a name: 64 bits. Among a million runs of a site two share one with a chance of 3e-8."""


def scene_facts(item: pystac.Item, digests: Digests) -> dict[str, Any]:
    """What tells a scene from every other, and from itself after it was processed again.

    Of local files their SHA-256; of remote ones what the catalogue declares of their content.
    """
    files = {}
    for key, asset in sorted(item.assets.items()):
        if "://" not in asset.href:
            path = Path(asset.href)
            files[path.name] = digests.of(path)
        else:
            files[key] = str(asset.extra_fields.get("file:checksum", ""))
    said = item.properties
    return {
        "id": item.id,
        "datetime": utc_text(moment(item)),
        "product": said[PRODUCT],
        "processed": said.get(PROCESSED),
        "baseline": said.get(BASELINE),
        "files": files,
    }


def run_name(
    last: str,
    *,
    sites: Sequence[Site],
    asked: Mapping[str, Any],
    scenes: Iterable[Mapping[str, Any]],
    options: Options,
) -> str:
    """Name a run after its last day and the hash of what determines it.

    Args:
        last: ``YYYYMMDD``, so that names sort by time.
        sites: Their files decide the zones.
        asked: Rule and days; of claims the text.
        scenes: See ``scene_facts``; their order says nothing.
        options: Those that a result depends on.
    """
    facts = {
        "form": FORM,
        "version": version("tilewitness"),
        "sites": sorted([site.id, site.sha256] for site in sites),
        "asked": asked,
        "scenes": sorted(json.dumps(scene, sort_keys=True) for scene in scenes),
        "config": [options.method, options.mask, options.history, options.product],
    }
    text = json.dumps(facts, sort_keys=True, ensure_ascii=False)
    return f"{last}_{hashlib.sha256(text.encode()).hexdigest()[:DIGITS]}"
