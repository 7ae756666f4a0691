"""``claimreview.jsonld``: statements, verdicts and where they come from, for other machines.

Three public vocabularies in one graph: a schema.org ClaimReview for each statement that was tested,
a W3C Web Annotation that finds each statement again in its text, and PROV-O for what was made from
what. It is an unsigned draft and says so: author, date and address are left to whoever signs.

The context is part of the file, so that it can be read without a network for as long as JSON-LD is.
What comes from an article stands only in values, and is escaped so that the file can be put into a
web page as it is.

Source:
    schema.org/ClaimReview. W3C Web Annotation Data Model, 2017-02-23. W3C PROV-O, 2013-04-30.
    Names of things with a known hash: RFC 6920.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from imagery.write import json_text, write_text
from pipelines.claims.claim import Claim
from pipelines.claims.file import ClaimsFile, dumps
from pipelines.verdict import Verdict

FILE = "claimreview.jsonld"

RATINGS = {"supported": 5, "inconclusive": 3, "contradicted": 1}
"""Other verdicts have no rating: the imagery could not tell, or there was none."""

NAMES = {
    "supported": "Supported by satellite imagery",
    "contradicted": "Contradicted by satellite imagery",
    "inconclusive": "Inconclusive",
    "not_observable": "Not observable in this imagery",
    "no_imagery": "No imagery",
}

DRAFT = (
    "UNSIGNED DRAFT, made by a program and checked by nobody. Whoever publishes it checks it first,"
    " and adds author, date and the address of the article."
)
SIMULATED = "SIMULATED imagery: these verdicts say nothing of any real place."

CONTEXT: dict[str, Any] = {
    "@version": 1.1,
    "@vocab": "https://schema.org/",
    "oa": "http://www.w3.org/ns/oa#",
    "prov": "http://www.w3.org/ns/prov#",
    "rdf": "http://www.w3.org/1999/02/22-rdf-syntax-ns#",
    "dc": "http://purl.org/dc/elements/1.1/",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "body": {"@id": "oa:hasBody"},
    "target": {"@id": "oa:hasTarget"},
    "source": {"@id": "oa:hasSource", "@type": "@id"},
    "selector": {"@id": "oa:hasSelector"},
    "motivation": {"@id": "oa:motivatedBy", "@type": "@id"},
    "exact": {"@id": "oa:exact"},
    "prefix": {"@id": "oa:prefix"},
    "suffix": {"@id": "oa:suffix"},
    "start": {"@id": "oa:start", "@type": "xsd:nonNegativeInteger"},
    "end": {"@id": "oa:end", "@type": "xsd:nonNegativeInteger"},
    "value": {"@id": "rdf:value"},
    "format": {"@id": "dc:format"},
    "language": {"@id": "dc:language"},
    "outcome": {"@id": "prov:value"},
    "used": {"@id": "prov:used", "@type": "@id"},
    "wasGeneratedBy": {"@id": "prov:wasGeneratedBy", "@type": "@id"},
    "wasDerivedFrom": {"@id": "prov:wasDerivedFrom", "@type": "@id"},
    "wasAssociatedWith": {"@id": "prov:wasAssociatedWith", "@type": "@id"},
    "datePublished": {"@type": "xsd:date"},
}

_DIGEST = re.compile(r"[0-9a-f]{64}")


def write(
    folder: Path, claims: ClaimsFile, verdicts: Sequence[Verdict], record: Mapping[str, Any]
) -> None:
    """Write ``claimreview.jsonld`` into a folder.

    Raises:
        WriteError: the file cannot be written.
    """
    text = json_text(draft(claims, verdicts, record))
    for letter in "<>&\u2028\u2029":  # "</script>" in a quote would end the block it stands in
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    write_text(folder / FILE, text)


def draft(
    claims: ClaimsFile, verdicts: Sequence[Verdict], record: Mapping[str, Any]
) -> dict[str, Any]:
    """The document.

    Args:
        claims: All statements.
        verdicts: One for each that has one, in any order.
        record: What ``run.json`` says, less the hashes of the products: ``config``, ``versions``,
            ``simulated`` and ``sites`` with their scenes.
    """
    run = _Run(claims, record)
    by_id = {verdict.claim_id: verdict for verdict in verdicts}
    graph = [*run.nodes()]
    for claim in claims.claims:
        verdict = by_id.get(claim.id)
        graph.append(_statement(claim, run))
        if verdict is None:
            continue
        graph.append(_outcome(claim, verdict, run))
        graph.append(_annotation(claim, verdict, run))
        if claim.checkable:
            graph.append(_review(claim, verdict, run))
    return {"@context": CONTEXT, "@graph": graph}


def named(digest: str) -> str:
    """The name of a thing whose SHA-256 is known.

    >>> named("0" * 64)
    'ni:///sha-256;AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'
    """
    return f"ni:///sha-256;{base64.urlsafe_b64encode(bytes.fromhex(digest)).decode().rstrip('=')}"


class _Run:
    """What all statements share: names, and the things that were used."""

    def __init__(self, claims: ClaimsFile, record: Mapping[str, Any]) -> None:
        self.record = record
        self.simulated = bool(record["simulated"])
        self.text_sha256, self.article_date = claims.text_sha256, claims.article_date
        self.claims_sha256 = _sha256(dumps(claims))
        self.name = named(_sha256(json_text(record)))
        self.claims = named(self.claims_sha256)
        self.text = None if claims.text_sha256 is None else named(claims.text_sha256)
        self.scenes = {
            str(scene["id"]): scene for site in record["sites"].values() for scene in site["scenes"]
        }

    def part(self, name: str) -> str:
        """The name of something in this document."""
        return f"{self.name}#{quote(name, safe='')}"

    def scene(self, name: str) -> str:
        """The name of a scene."""
        return self.part(f"scene-{name}")

    def told(self, text: str) -> str:
        """A sentence that says so where the imagery is generated."""
        marked = not self.simulated or text.startswith("SIMULATED")
        return text if marked else f"SIMULATED imagery: {text}"

    @property
    def status(self) -> str:
        """Of everything that somebody might publish."""
        return f"{DRAFT} {SIMULATED}" if self.simulated else DRAFT

    def nodes(self) -> Iterator[dict[str, Any]]:
        """The document itself, the run, what it used and who ran."""
        yield {
            "@id": self.name,
            "@type": ["DigitalDocument", "prov:Entity"],
            "name": self.told("Draft of fact-check markup"),
            "creativeWorkStatus": self.status,
            "wasGeneratedBy": self.part("run"),
        }
        yield self._activity()
        yield {
            "@id": self.part("software"),
            "@type": ["SoftwareApplication", "prov:SoftwareAgent"],
            "name": "tilewitness",
            "softwareVersion": str(self.record["versions"]["tilewitness"]),
        }
        yield _file(self.claims, "claims.json", self.claims_sha256) | (
            {} if self.text is None else {"wasDerivedFrom": self.text}
        )
        if self.text is not None and self.text_sha256 is not None:
            published = {"datePublished": self.article_date} if self.article_date else {}
            yield _file(self.text, "The text that was checked", self.text_sha256) | published
        yield {
            "@id": self.part("record"),
            "@type": ["DigitalDocument", "prov:Entity"],
            "name": "run.json",
            "wasGeneratedBy": self.part("run"),
        }
        for name in sorted(self.scenes):
            yield self._scene(self.scenes[name])

    def _activity(self) -> dict[str, Any]:
        used = [self.claims, *(self.scene(name) for name in sorted(self.scenes))]
        return {
            "@id": self.part("run"),
            "@type": "prov:Activity",
            "name": self.told("tilewitness verify"),
            "identifier": {
                "@type": "PropertyValue",
                "propertyID": "SHA-256 of the configuration",
                "value": _sha256(json_text(self.record["config"])),
            },
            "used": used,
            "wasAssociatedWith": self.part("software"),
        }

    def _scene(self, scene: Mapping[str, Any]) -> dict[str, Any]:
        assets = sorted(scene.get("assets", {}).items())
        return {
            "@id": self.scene(str(scene["id"])),
            "@type": ["Dataset", "prov:Entity"],
            "name": self.told(str(scene["id"])),
            **({"temporalCoverage": scene["datetime"]} if scene.get("datetime") else {}),
            "hasPart": [
                _file(named(asset["sha256"]), str(name), asset["sha256"])
                for name, asset in assets
                if _DIGEST.fullmatch(str(asset["sha256"]))
            ],
        }


def _file(name: str, title: str, digest: str) -> dict[str, Any]:
    return {
        "@id": name,
        "@type": ["MediaObject", "prov:Entity"],
        "name": title,
        "sha256": digest,
    }


def _statement(claim: Claim, run: _Run) -> dict[str, Any]:
    speaker = {"author": {"name": claim.source}} if claim.source else {}
    return {
        "@id": run.part(claim.id),
        "@type": ["Claim", "prov:Entity"],
        "identifier": claim.id,
        "text": claim.quote,
        **speaker,
        **({} if run.text is None else {"appearance": {"@id": run.text}}),
        "wasDerivedFrom": run.claims,
    }


def _outcome(claim: Claim, verdict: Verdict, run: _Run) -> dict[str, Any]:
    scenes = sorted({seen.scene for seen in verdict.seen} & set(run.scenes))
    return {
        "@id": run.part(f"{claim.id}-verdict"),
        "@type": "prov:Entity",
        "name": run.told(f"verdict on {claim.id}, as in verdicts.json"),
        "outcome": verdict.verdict,
        "description": run.told(verdict.sentence),
        **({"keywords": verdict.reason} if verdict.reason else {}),
        "wasGeneratedBy": run.part("run"),
        "wasDerivedFrom": [run.part(claim.id), *(run.scene(name) for name in scenes)],
    }


def _annotation(claim: Claim, verdict: Verdict, run: _Run) -> dict[str, Any]:
    selectors: list[dict[str, Any]] = [
        {
            "@type": "oa:TextQuoteSelector",
            "exact": claim.quote,
            "prefix": claim.prefix,
            "suffix": claim.suffix,
        }
    ]
    if run.text is not None:
        place = {"@type": "oa:TextPositionSelector", "start": claim.start, "end": claim.end}
        selectors.append(place)
    return {
        "@id": run.part(f"{claim.id}-annotation"),
        "@type": "oa:Annotation",
        "motivation": "oa:assessing",
        "creativeWorkStatus": run.status,
        "body": {
            "@type": "oa:TextualBody",
            "value": run.told(verdict.sentence),
            "format": "text/plain",
            "language": "en",
        },
        "target": {
            "@type": "oa:SpecificResource",
            "source": run.text or run.claims,
            "selector": selectors,
        },
        "wasDerivedFrom": run.part(f"{claim.id}-verdict"),
    }


def _review(claim: Claim, verdict: Verdict, run: _Run) -> dict[str, Any]:
    words = NAMES[verdict.verdict]
    if verdict.reason:
        words = f"{words} ({verdict.reason.replace('_', ' ')})"
    rating: dict[str, Any] = {
        "@type": "Rating",
        "bestRating": 5,
        "worstRating": 1,
        "alternateName": run.told(words),
        "ratingExplanation": run.told(verdict.sentence),
    }
    if verdict.verdict in RATINGS:
        rating["ratingValue"] = RATINGS[verdict.verdict]
    return {
        "@id": run.part(f"{claim.id}-review"),
        "@type": ["ClaimReview", "prov:Entity"],
        "name": run.told(f"draft of a review of statement {claim.id}"),
        "creativeWorkStatus": run.status,
        "claimReviewed": claim.quote,
        "itemReviewed": {"@id": run.part(claim.id)},
        "reviewBody": run.told(verdict.sentence),
        "reviewRating": rating,
        "wasDerivedFrom": run.part(f"{claim.id}-verdict"),
    }


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
