"""A text or a claims file against dated scenes: comparisons, inquiries, verdicts, one folder."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import shapely

from imagery import threads
from imagery.errors import InputError, TooLarge, UnreadableFile, UntrustedError
from imagery.model import Period, Site
from imagery.run_folder import Draft, fingerprint, run_folder
from imagery.sites import place_id, registry, site_at
from imagery.sources import Source
from imagery.witnessed import Witnessed
from imagery.write import json_text, plain, write_text
from pipelines import claims as reader
from pipelines import compare, exhibit, linked_data, passages, record, verdict_files
from pipelines.asked import Given, of_verify
from pipelines.claims import file as claims_file
from pipelines.claims.claim import Claim
from pipelines.claims.command import extract_with
from pipelines.claims.file import ClaimsFile
from pipelines.claims.routing import watch_entry
from pipelines.config import Options
from pipelines.dossier import Dossier, gather
from pipelines.inquiry import inquire, untested
from pipelines.kept import kept
from pipelines.model import Watch
from pipelines.moments import Interval, claimed
from pipelines.passages import Passage
from pipelines.quarry import Beyond, Quarry, quarry
from pipelines.report import pages
from pipelines.ruling import Changed, routed, ruling, undated, unplaced
from pipelines.sameness import MOST_Q, settled
from pipelines.verdict import Verdict
from pipelines.weighed import Inquiry

SCHEMA = "tilewitness-verify/1"
LARGEST_TEXT = 4 * 2**20
"""Bytes of an article; the longest reports are a tenth of that."""

READERS = ("spacy", "dateparser")
"""Packages that what is read from a text rests on."""

ONE_MATTER_DAYS = 60
"""Claims of a site further apart are held against dates of their own."""

MOST_PAIRS = 3
"""Comparisons of one site that a run writes out."""


@dataclass(frozen=True, slots=True)
class Statements:
    """What is to be tested.

    Attributes:
        file: The claims.
        sites: Places with outlines, by id.
        given: The files that they were read from.
        passages: Of the article, where the statements stand in it.
    """

    file: ClaimsFile
    sites: Mapping[str, Site]
    given: Given
    passages: tuple[Passage, ...] = ()


@dataclass(frozen=True, slots=True)
class Verified:
    """A finished run.

    Attributes:
        folder: Where the products are.
        claims: As tested.
        verdicts: One for each, in the same order.
        record: What ``run.json`` says, less the hashes of the products.
    """

    folder: Path
    claims: tuple[Claim, ...]
    verdicts: tuple[Verdict, ...]
    record: dict[str, Any]


def read_text(path: Path) -> str:
    """An article as it stands in its file, markup included.

    Raises:
        UnreadableFile: it is missing, empty or not UTF-8.
        TooLarge: it is no article.
    """
    try:
        data = path.read_bytes() if path.stat().st_size <= LARGEST_TEXT else None
    except OSError as error:
        raise UnreadableFile(path, (error.strerror or "").lower(), "Check the path.") from None
    if data is None:
        raise TooLarge(path.name, f"larger than {LARGEST_TEXT >> 20} MiB", "one article")
    try:
        text = data.decode("utf-8")
    except UnicodeDecodeError:
        raise UnreadableFile(path, "it is not UTF-8 text", "Save it as UTF-8.") from None
    if not text.strip():
        raise UnreadableFile(path, "it holds no words", "Give the text of an article.")
    return text


def statements(
    path: Path,
    *,
    article_date: date | None,
    sites: Sequence[Site],
    text: Path | None = None,
    extractor: str | None = None,
) -> Statements:
    """Read an article, or claims that a person edited.

    Args:
        path: Text, Markdown or HTML; or a ``.json`` of claims.
        article_date: When the article was published, if it does not say.
        sites: Places beside those of the registry; theirs win where ids are the same.
        text: The article of a claims file, to check its quotes against.
        extractor: A command that reads the text in place of ours; its answer is checked alike.

    Raises:
        ImageryError: a file is wrong.
    """
    known = {site.id: site for site in (*registry(), *sites)}
    if path.suffix.lower() == ".json":
        article = None if text is None else read_text(text)
        found = _placed(claims_file.read(path, article), tuple(known.values()))
        said = article and article.encode("utf-8")
        given = Given(path.name, path.read_bytes(), said or None, article_date, tuple(sites))
        shown = passages.passages(article, found.claims) if article else ()
        return Statements(found, known, given, shown or passages.quoted(found.claims))
    words = read_text(path)
    if extractor is not None:
        extracted = extract_with(shlex.split(extractor), words)
    else:
        extracted = reader.extract(words, article_date=article_date, sites=tuple(known.values()))
    file = claims_file.from_text(extracted, words, article_date=article_date)
    if extractor is None:
        given = Given(path.name, words.encode("utf-8"), None, article_date, tuple(sites))
    else:  # what it answered is kept: it may answer something else the next time
        said = claims_file.dumps(file).encode("utf-8")
        given = Given("claims.json", said, words.encode("utf-8"), article_date, tuple(sites))
    return Statements(file, known, given, passages.passages(words, file.claims))


def _placed(found: ClaimsFile, sites: Sequence[Site]) -> ClaimsFile:
    """Give the id of its place to each statement that names one which is known."""
    claims = []
    for claim in found.claims:
        place = claim.site_id
        if place is None and claim.checkable and claim.site:
            place = place_id(sites, claim.site)
        elif place is not None and site_at(sites, place) is None:
            ids = ", ".join(sorted(site.id for site in sites))
            expected = f"one of {ids}, a zone of theirs, or null; other sites come with --site"
            raise InputError(f"the site_id of {claim.id}", place, expected)
        claims.append(replace(claim, site_id=place))
    return replace(found, claims=tuple(claims))


def verify(
    asked: Statements,
    *,
    source: Source,
    out: Path,
    options: Options,
    watch: Watch,
    custody: Mapping[str, object],
) -> Verified:
    """Test every statement that images could test, and write what was found.

    Args:
        asked: The statements.
        source: Where scenes come from.

    Raises:
        ImageryError: the source cannot be searched, or the folder not be written.
    """
    with (
        run_folder(out, keep=kept(options), overwrite=options.overwrite) as draft,
        threads.at_most(options.workers),
    ):
        source = Witnessed(source, draft.originals)
        verdicts: dict[str, Verdict] = {}
        inquiries: list[Inquiry] = []
        changed: list[Changed] = []
        failed: list[dict[str, str]] = []
        dossiers: list[Dossier] = []
        wanted, beyond = _asked(asked)
        inquiries += beyond
        for matter in _matters(wanted):
            site = matter[0].site
            watch.step(f"Searching {site.id}")
            days = matter[0].span.start, _end(matter)
            dossier = gather(source, site, days, days=options.history, product=options.product)
            dossiers.append(dossier)
            tested = []
            for one in matter:
                watch.step(f"Testing {one.claim.id} at {site.id}")
                tested.append(inquire(one.claim, one.quarry, dossier))
            inquiries += tested
            for pair in _pairs(tested):
                watch.step(f"Comparing {site.id}, {pair[0]} and {pair[1]}")
                try:
                    changed += _compared(dossier, pair, draft, options=options, watch=watch)
                except (InputError, UntrustedError) as error:
                    failed.append({"site": site.id, "days": "/".join(pair), "reason": str(error)})
        inquiries = [settled(found, partial(_found_too, found, changed)) for found in inquiries]
        for found in inquiries:
            verdicts[found.claim.id] = ruling(found, changed)
        for claim in asked.file.claims:
            verdicts.setdefault(claim.id, _untested(claim))
        ordered = tuple(verdicts[claim.id] for claim in asked.file.claims)
        watch.step("Writing")
        said = _record(asked, ordered, inquiries, dossiers, failed, options)
        _write(draft, asked, ordered, inquiries, _unlinked(changed, ordered), said)
        request = of_verify(asked.given, source.answers(), draft.originals, options=options)
        gone = [*_left_out(dossiers), *failed]
        draft.seal(said, custody=custody, asked=request, left_out=gone)
        pages.write(draft.folder)
    return Verified(out, asked.file.claims, ordered, said)


@dataclass(frozen=True, slots=True)
class _Asked:
    """A statement to be tested, with the days on which it may be true."""

    claim: Claim
    site: Site
    quarry: Quarry
    span: Interval


def _asked(asked: Statements) -> tuple[list[_Asked], list[Inquiry]]:
    """Checkable, dated claims of known sites, and those of them that nothing of ours looks for."""
    wanted, beyond = [], []
    for claim in asked.file.claims:
        site = site_at(asked.sites.values(), claim.site_id)
        if not claim.checkable or site is None or claim.date is None:
            continue
        found = quarry(claim, site)
        if isinstance(found, Beyond):
            beyond.append(untested(claim, found))
        elif (span := claimed(claim, found.dwell_days)) is not None:
            wanted.append(_Asked(claim, site, found, span))
    return wanted, beyond


def _matters(wanted: Sequence[_Asked]) -> list[list[_Asked]]:
    """Claims of one site and time: what is said of another year leaves their null dates alone."""
    matters: list[list[_Asked]] = []
    for one in sorted(wanted, key=lambda one: (one.site.id, one.span.start, one.span.end)):
        last = matters[-1] if matters else []
        near = timedelta(days=ONE_MATTER_DAYS)
        if last and last[0].site == one.site and one.span.start <= _end(last) + near:
            last.append(one)
        else:
            matters.append([one])
    return matters


def _end(matter: Sequence[_Asked]) -> date:
    return max(one.span.end for one in matter)


def _untested(claim: Claim) -> Verdict:
    if not claim.checkable:
        return routed(claim)
    return unplaced(claim) if claim.site_id is None else undated(claim)


def _pairs(tested: Sequence[Inquiry]) -> list[tuple[str, str]]:
    """Days of the comparisons that show what was weighed, before and after."""
    found: list[tuple[str, str]] = []
    for one in tested:
        if one.study is None or not one.weighed:
            continue
        first, last = one.days[0], one.days[-1]
        if first == last:
            earlier = [n for n in one.study.usable if n < one.weighed[0].chosen.index]
            first = one.study.dated.days[earlier[-1]] if earlier else last
        if first < last and (first, last) not in found:
            found.append((first, last))
    return found[:MOST_PAIRS]


def _compared(
    dossier: Dossier,
    days: tuple[str, str],
    draft: Draft,
    *,
    options: Options,
    watch: Watch,
) -> list[Changed]:
    site = dossier.site
    name = f"{days[0].replace('-', '')}_{days[1].replace('-', '')}"
    folder = draft.folder / "sites" / site.id / name
    compare.compare(
        site,
        (Period.parse(days[0]), Period.parse(days[1])),
        source=dossier.source,
        out=folder,
        options=replace(options, overwrite=False),
        watch=watch,
        custody={"part_of": "verify"},
    )
    collection = json.loads((folder / "detections.geojson").read_text(encoding="utf-8"))
    return [
        Changed(
            name=f"sites/{site.id}/{name}#{feature['properties']['id']}",
            days=days,
            site_id=site.id,
            outline=shapely.geometry.shape(feature["geometry"]),
            properties=feature["properties"],
        )
        for feature in collection["features"]
    ]


def _found_too(found: Inquiry, changed: Sequence[Changed], lon: float, lat: float) -> bool:
    """Whether the comparison of a statement's own two dates found a change at a place."""
    days = found.days
    return any(
        one.days == (days[0], days[-1])
        and one.properties["q"] is not None
        and one.properties["q"] <= MOST_Q
        and one.near(lon, lat)
        for one in changed
    )


def _unlinked(changed: Sequence[Changed], verdicts: Sequence[Verdict]) -> list[dict[str, Any]]:
    """Changed objects inside zones that no statement speaks of."""
    linked = {link.detection for verdict in verdicts for link in verdict.links}
    wanted = ("zone_id", "class", "direction", "score", "q", "length_m", "area_m2")
    return [
        {
            "detection": one.name,
            "site_id": one.site_id,
            "days": list(one.days),
            **{key: one.properties.get(key) for key in wanted},
        }
        for one in changed
        if one.name not in linked and one.properties.get("zone_id")
    ]


def _record(
    asked: Statements,
    verdicts: Sequence[Verdict],
    inquiries: Sequence[Inquiry],
    dossiers: Sequence[Dossier],
    failed: Sequence[Mapping[str, str]],
    options: Options,
) -> dict[str, Any]:
    """What ``run.json`` says: no clock, host, path, URL or thread count."""
    return {
        "schema": SCHEMA,
        "simulated": any(found.simulated for found in inquiries),
        "config": {"method": options.method, "mask": options.mask, "history": options.history},
        "text_sha256": asked.file.text_sha256,
        "article_date": asked.file.article_date,
        "notes": list(asked.file.notes),
        "sites": _sites(dossiers),
        "not_compared": [{"site": each["site"], "days": each["days"]} for each in failed],
        "verdicts": [plain(asdict(verdict)) for verdict in verdicts],
        "watch": [
            entry for claim in asked.file.claims if (entry := watch_entry(claim)) is not None
        ],
        "versions": {name: version(name) for name in ("tilewitness", *record.LIBRARIES, *READERS)},
    }


def _sites(dossiers: Sequence[Dossier]) -> dict[str, Any]:
    """By site id: the days that claims speak of, the scenes that were read for them."""
    sites: dict[str, Any] = {}
    for dossier in dossiers:
        empty = {"sha256": dossier.site.sha256, "claimed": [], "scenes": {}, "refused": set()}
        said = sites.setdefault(dossier.site.id, empty)
        said["claimed"].append([day.isoformat() for day in dossier.claimed])
        said["scenes"] |= {item.id: record.scene(item) for item in _used(dossier)}
        said["refused"] |= {each.id for each in dossier.refused}
    for said in sites.values():
        said["scenes"] = [said["scenes"][name] for name in sorted(said["scenes"])]
        said["refused"] = sorted(said["refused"])
    return sites


def _used(dossier: Dossier) -> Iterator[Any]:
    for product, _ in dossier.products():
        if dossier.was_read(product):
            yield from dossier.dated(product).items


def _left_out(dossiers: Sequence[Dossier]) -> list[dict[str, str]]:
    gone = [each for dossier in dossiers for each in dossier.refused]
    return [{"scene": each.id, "reason": each.reason} for each in gone]


def _write(
    draft: Draft,
    asked: Statements,
    verdicts: Sequence[Verdict],
    inquiries: Sequence[Inquiry],
    unlinked: Sequence[Mapping[str, Any]],
    said: Mapping[str, Any],
) -> None:
    folder = draft.folder
    claims_file.write(asked.file, folder / "claims.json")
    passages.write(asked.passages, folder, text_sha256=asked.file.text_sha256)
    for site_id in said["sites"]:
        record.write_outlines(asked.sites[site_id], folder / "sites")
    digest = fingerprint(folder / "claims.json").sha256
    document = verdict_files.verdicts_document(
        verdicts,
        claims=asked.file,
        claims_sha256=digest,
        simulated=bool(said["simulated"]),
        unlinked=unlinked,
    )
    write_text(folder / "verdicts.json", json_text(document))
    linked_data.write(folder, asked.file, verdicts, said)
    for found in inquiries:
        if found.study is not None and found.weighed:
            exhibit.write(found, folder / "evidence" / found.claim.id)
