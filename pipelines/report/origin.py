"""Where a page comes from: scenes, hashes, decisions, versions, and how to run it again."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from typing import Any

from pipelines.report import sites, words
from pipelines.report.folder import Run
from pipelines.report.gathered import Comparison, Gathered

Facts = dict[str, Any]


def of_verify(found: Gathered) -> Facts:
    """The provenance of a verify run."""
    record = found.run.record
    facts = [
        ("Text, SHA-256", record["text_sha256"] or "none: the statements were written by hand"),
        ("Text dated", words.day(record["article_date"])),
        ("Scenes that could not be used", _refused(record["sites"])),
        ("Comparisons that failed", _failed(record["not_compared"])),
        *_shared(found.run),
    ]
    return {
        "facts": facts,
        "command": again(record["config"], "verify claims.json", _own_sites(found)),
        "comparisons": [sites.comparison(one) for one in found.comparisons],
        "scenes": [scene(each) for site in record["sites"].values() for each in site["scenes"]],
        "versions": sorted(record["versions"].items()),
    }


def of_comparison(run: Run, compared: Comparison) -> Facts:
    """The provenance of a comparison."""
    record = run.record
    history = record["history"] or {}
    scenes = record["scenes"]
    null, line = record["null"] or {}, record["threshold"] or {}
    facts = [
        ("Site, SHA-256 of its file", (record["site"] or {}).get("sha256") or "two files, no site"),
        ("Score from which a change counts", words.figure(line.get("score"))),
        ("Source of that score", line.get("source", "not said")),
        ("False discovery rate", words.percent(line.get("fdr"))),
        ("Objects tested", str(line.get("candidates", "not said"))),
        ("Ground that is unchanged", words.percent(null.get("unchanged_share"))),
        ("History", history.get("sentence") or "none"),
        *_shared(run),
    ]
    days = [str(each["datetime"])[:10] for each in scenes]
    command = "diff BEFORE.tif AFTER.tif"
    if compared.site_id is not None:
        outline = f"{compared.site_id}.geojson"
        command = f"compare {shlex.quote(outline)} --before {days[0]} --after {days[1]}"
    return {
        "facts": facts,
        "command": again(record["config"], command, ()),
        "comparisons": [sites.comparison(compared)],
        "scenes": [scene(each) for each in scenes],
        "versions": sorted(record["versions"].items()),
    }


def again(config: Mapping[str, Any], command: str, own: Sequence[str]) -> str:
    """The command that repeats a run, from within its folder.

    >>> again({"method": "rcva", "mask": "product", "history": 730}, "diff A.tif B.tif", ())
    'tilewitness diff A.tif B.tif --method rcva --mask product -o AGAIN'
    """
    words_ = ["tilewitness", command]
    if not command.startswith("diff"):
        words_ += ["--imagery SRC", f"--history {config['history']}"]
    words_ += [f"--site {shlex.quote(name)}" for name in own]
    words_ += [f"--method {shlex.quote(str(config['method']))}"]
    if not command.startswith("verify"):
        words_ += [f"--mask {shlex.quote(str(config['mask']))}"]
    return " ".join([*words_, "-o AGAIN"])


def scene(each: Mapping[str, Any]) -> Facts:
    """One scene in a table."""
    offset = each["offset"]
    return {
        "id": each["id"],
        "datetime": each["datetime"],
        "product": each["product"],
        "offset": f"{offset['status']}: {offset['reason']}",
        "assets": [(name, one["sha256"]) for name, one in sorted(each["assets"].items())],
    }


def _own_sites(found: Gathered) -> list[str]:
    return [f"sites/{name}.geojson" for name in found.outlines]


def _shared(run: Run) -> list[tuple[str, str]]:
    config = ", ".join(f"{name} {value}" for name, value in sorted(run.record["config"].items()))
    return [
        ("Configuration", config),
        ("run.json, SHA-256", run.sha256),
        ("Products", f"{len(run.record['products'])} files, each with its SHA-256 in run.json"),
    ]


def _refused(listed: Mapping[str, Any]) -> str:
    names = [name for site in listed.values() for name in site["refused"]]
    return ", ".join(names) or "none"


def _failed(listed: Sequence[Mapping[str, Any]]) -> str:
    return ", ".join(f"{one['site']} {one['days']}" for one in listed) or "none"
