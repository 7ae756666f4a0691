"""Imports point one way. A new module gets its place in ``LAYERS`` first."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
LAYERS = [
    {"imagery"},
    {"imagery.errors", "imagery.threads", "imagery.tiff"},
    {
        "imagery.model",
        "imagery.dates",
        "imagery.geotiff",
        "imagery.keep",
        "imagery.offset",
        "imagery.scratch",
        "imagery.codes",
        "imagery.radar_words",
        "imagery.reduce",
    },
    {"imagery.sensors", "imagery.masks", "imagery.sites.outline"},
    {"imagery.web.address", "imagery.web.patience"},
    {"imagery.web.exchange", "imagery.web.signing"},
    {"imagery.web.bodies"},
    {"imagery.web.client"},
    {"imagery.web"},
    {
        "imagery.archives",
        "imagery.catalogs.fields",
        "imagery.catalogs.found",
        "imagery.catalogs.names",
    },
    {
        "imagery.catalogs.footprint",
        "imagery.catalogs.hrefs",
        "imagery.catalogs.moments",
        "imagery.catalogs.bands",
    },
    {"imagery.catalogs.assets", "imagery.catalogs.facts"},
    {"imagery.catalogs.folder", "imagery.catalogs.kinds"},
    {"imagery.sites", "imagery.catalogs"},
    {"imagery.catalogs.foreign"},
    {"imagery.catalogs.api"},
    {"imagery.catalogs.crawl"},
    {"imagery.catalogs.search"},
    {"imagery.parts"},
    {"imagery.passes", "imagery.decode", "imagery.grid", "imagery.regrid", "imagery.overlay"},
    {"imagery.darkness", "imagery.backscatter", "imagery.place_check"},
    {"imagery.calibration"},
    {"imagery.fetch.record", "imagery.fetch.evict"},
    {"imagery.fetch.store"},
    {"imagery.fetch.remote", "imagery.fetch.copies"},
    {"imagery.fetch.localize"},
    {"imagery.fetch"},
    {"imagery.signatures"},
    {"imagery.sources", "imagery.originals"},
    {"imagery.witnessed"},
    {"imagery.reader"},
    {"imagery.plan"},
    {"imagery.stack"},
    {"imagery.defects", "imagery.kernels"},
    {"imagery.mask_check"},
    {
        "imagery.agreement",
        "imagery.learned_mask",
        "imagery.offset_check",
        "imagery.structures",
        "imagery.views",
    },
    {"imagery.choice"},
    {"imagery.match", "imagery.consensus", "imagery.warp"},
    {"imagery.order_kernels", "imagery.series_kernels"},
    {"imagery.forecast_kernels"},
    {"imagery.looks", "imagery.sar_kernels", "imagery.sar_planes"},
    {"imagery.sar", "imagery.speckle"},
    {"imagery.sar_series", "imagery.sar_intervals", "imagery.sar_regions"},
    {"imagery.missed"},
    {"imagery.forecast"},
    {"imagery.anomaly"},
    {"imagery.alarms"},
    {"imagery.history"},
    {"imagery.past"},
    {"imagery.register", "imagery.normalize", "imagery.appearance"},
    {"imagery.change", "imagery.null", "imagery.sar_change", "imagery.sar_tracks"},
    {"imagery.pairs"},
    {"imagery.masking", "imagery.dated"},
    {"imagery.scenes", "imagery.layers"},
    {"imagery.lookalikes"},
    {"imagery.explained"},
    {"imagery.objects"},
    {"imagery.held"},
    {"imagery.detectors"},
    {"imagery.detectors.network"},
    {"imagery.detectors.shapes", "imagery.detectors.ground"},
    {"imagery.detectors.planform", "imagery.implant"},
    {"imagery.detectors.arrivals"},
    {"imagery.detectors.silhouettes"},
    {"imagery.detectors.likeness", "imagery.detectors.finds"},
    {"imagery.detectors.stands", "imagery.detectors.vehicles"},
    {"imagery.detectors.apron"},
    {"imagery.detectors.unusual"},
    {"imagery.detectors.large"},
    {"imagery.detectors.named"},
    {"imagery.detectors.chips", "imagery.detectors.cfar"},
    {"imagery.detectors.scatterers", "imagery.detectors.radar_ships", "imagery.sar_targets"},
    {"imagery.sar_past", "imagery.detectors.radar_sea"},
    {"imagery.detectors.radar_changes", "imagery.detectors.radar_trials"},
    {"imagery.detectors.parked"},
    {"imagery.detectors.rings"},
    {"imagery.detectors.hulls", "imagery.detectors.water"},
    {"imagery.detectors.hull_ends"},
    {"imagery.detectors.outlines"},
    {"imagery.detectors.vessels"},
    {"imagery.detectors.berths"},
    {"imagery.detectors.sightings", "imagery.detectors.rows"},
    {
        "imagery.detectors.backdrop",
        "imagery.detectors.trials",
        "imagery.detectors.vehicle_park",
    },
    {"imagery.detectors.leavers"},
    {"imagery.detectors.study"},
    {"imagery.detectors.occupancy"},
    {"imagery.detectors.timeline"},
    {"imagery.write", "imagery.cog", "imagery.captions"},
    {"imagery.custody"},
    {"imagery.run_folder"},
    {"imagery.quicklook", "imagery.sheet"},
    {"imagery.geopicture"},
    {"imagery.stac_item"},
    {"pipelines", "pipelines.heap", "pipelines.json_form"},
    {"pipelines.joining"},
    {"pipelines.radar_told", "pipelines.toml"},
    {
        "pipelines.model",
        "pipelines.credits",
        "pipelines.said",
        "pipelines.verdict",
        "pipelines.evidence",
        "pipelines.closeups",
    },
    {"pipelines.config", "pipelines.retrospect", "pipelines.radar_waters"},
    {"pipelines.asked", "pipelines.kept"},
    {"pipelines.radar_past"},
    {"pipelines.radar_files"},
    {
        "pipelines.claims.fields",
        "pipelines.claims.markup",
        "pipelines.claims.vocabulary",
        "pipelines.claims.wordlists",
    },
    {
        "pipelines.claims.claim",
        "pipelines.claims.comparing",
        "pipelines.claims.cues",
        "pipelines.claims.days",
        "pipelines.claims.grammar",
        "pipelines.claims.inflection",
        "pipelines.claims.layout",
        "pipelines.claims.people",
        "pipelines.claims.sentences",
        "pipelines.claims.speakers",
        "pipelines.claims.wordings",
    },
    {
        "pipelines.claims.command",
        "pipelines.claims.conflicts",
        "pipelines.claims.counts",
        "pipelines.claims.dates",
        "pipelines.claims.draft",
        "pipelines.claims.handwritten",
        "pipelines.claims.lexicon",
        "pipelines.claims.routing",
        "pipelines.claims.ways",
    },
    {"pipelines.claims.file", "pipelines.claims.retraction", "pipelines.claims.tokens"},
    {
        "pipelines.claims.frame_spans",
        "pipelines.claims.gazetteer",
        "pipelines.claims.misreadings",
        "pipelines.claims.phrases",
        "pipelines.claims.place_kinds",
    },
    {
        "pipelines.claims.attribution",
        "pipelines.claims.heads",
        "pipelines.claims.hulls",
        "pipelines.claims.places",
    },
    {"pipelines.claims.things"},
    {"pipelines.claims.fitting", "pipelines.claims.strangers", "pipelines.claims.verbs"},
    {"pipelines.claims.remarks", "pipelines.claims.tallies"},
    {"pipelines.claims.boundaries"},
    {"pipelines.claims.clauses"},
    {"pipelines.claims.context", "pipelines.claims.governing"},
    {"pipelines.claims.predicates"},
    {
        "pipelines.claims.elliptic",
        "pipelines.claims.settings",
        "pipelines.claims.spans",
        "pipelines.claims.withdrawals",
    },
    {"pipelines.claims.unnamed"},
    {"pipelines.claims.subjects"},
    {"pipelines.claims.labels", "pipelines.claims.other_verbs", "pipelines.claims.states"},
    {"pipelines.claims.facts"},
    {"pipelines.claims.reasons", "pipelines.claims.weighing"},
    {"pipelines.claims.reading"},
    {"pipelines.claims.extraction"},
    {"pipelines.claims"},
    {"pipelines.passages", "pipelines.report"},
    {
        "pipelines.report.page",
        "pipelines.report.folder",
        "pipelines.report.pictures",
        "pipelines.report.sheet",
        "pipelines.report.words",
    },
    {"pipelines.report.gathered", "pipelines.report.markdown", "pipelines.report.qgis_styles"},
    {"pipelines.report.qgis", "pipelines.report.summary", "pipelines.report.shelf"},
    {"pipelines.report.graticule", "pipelines.report.standing"},
    {"pipelines.report.overview"},
    {"pipelines.report.charts", "pipelines.report.text", "pipelines.report.viewer"},
    {"pipelines.report.doubts", "pipelines.report.sites"},
    {"pipelines.report.origin", "pipelines.report.statements"},
    {"pipelines.report.pages"},
    {"pipelines.record"},
    {"pipelines.figure"},
    {"pipelines.account"},
    {"pipelines.products"},
    {"pipelines.access", "pipelines.compare"},
    {"pipelines.cluster", "pipelines.doctor", "pipelines.terminal"},
    {"pipelines.moments", "pipelines.quarry"},
    {"pipelines.facts", "pipelines.weighing", "pipelines.weighed", "pipelines.dossier"},
    {"pipelines.places"},
    {"pipelines.sameness"},
    {"pipelines.phrases", "pipelines.verdict_files", "pipelines.linked_data"},
    {"pipelines.clauses", "pipelines.inquiry", "pipelines.verdict_table"},
    {"pipelines.doubts"},
    {"pipelines.sentences"},
    {"pipelines.ruling"},
    {"pipelines.exhibit"},
    {"pipelines.verify", "pipelines.cli_options"},
    {
        "pipelines.replay",
        "pipelines.audit.forms",
        "pipelines.audit.numbers",
        "pipelines.audit.stamp",
    },
    {"pipelines.audit.examine"},
    {"pipelines.audit"},
    {"pipelines.cli_text", "pipelines.cli_report", "pipelines.cli_evidence"},
    {"pipelines.batch", "pipelines.batch.lines", "pipelines.batch.remote", "pipelines.batch.told"},
    {"pipelines.batch.store"},
    {"pipelines.batch.identity", "pipelines.batch.watchlist"},
    {"pipelines.batch.entries", "pipelines.batch.plan", "pipelines.batch.states"},
    {"pipelines.batch.attend", "pipelines.batch.form", "pipelines.batch.ledger"},
    {"pipelines.batch.healing", "pipelines.batch.spread"},
    {"pipelines.batch.channels"},
    {"pipelines.batch.delivery"},
    {"pipelines.batch.rounds"},
    {"pipelines.batch.command"},
    {"pipelines.cli"},
]
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}
LIGHT = [
    "imagery.archives",
    "imagery.errors",
    "imagery.model",
    "imagery.sites",
    "pipelines.batch",
    "pipelines.batch.command",
    "pipelines.claims",
    "pipelines.claims.claim",
    "pipelines.cli",
    "pipelines.cli_evidence",
    "pipelines.cli_options",
    "pipelines.cli_report",
    "pipelines.cli_text",
    "pipelines.cluster",
    "pipelines.config",
    "pipelines.doctor",
    "pipelines.terminal",
    "pipelines.toml",
]
HEAVY = {
    "dask",
    "dateparser",
    "distributed",
    "numba",
    "numpy",
    "odc",
    "rasterio",
    "scipy",
    "skimage",
    "spacy",
    "xarray",
}


def name_of(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {
    name_of(path): path
    for package in ("imagery", "pipelines")
    for path in sorted((ROOT / package).rglob("*.py"))
}


def imports(tree: ast.AST) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def module_of(imported: str) -> str | None:
    """The module of ours that an imported dotted name lives in."""
    while imported:
        if imported in MODULES:
            return imported
        imported = imported.rpartition(".")[0]
    return None


@pytest.mark.parametrize("name", MODULES)
def test_imports_point_down(name: str) -> None:
    assert name in LEVEL, f"{name} has no layer: add it to LAYERS"
    found = {module_of(each) for each in imports(ast.parse(MODULES[name].read_text()))}
    upward = {other for other in found - {None} if LEVEL[str(other)] >= LEVEL[name]}
    assert not upward, f"{name} imports {upward}"


def test_every_layer_is_a_module() -> None:
    assert set(LEVEL) <= set(MODULES)


@pytest.mark.parametrize("name", LIGHT)
def test_light_modules_import_nothing_heavy_at_the_top(name: str) -> None:
    top = ast.parse(MODULES[name].read_text()).body
    found = {
        each.partition(".")[0]
        for node in top
        if isinstance(node, ast.Import | ast.ImportFrom)
        for each in imports(node)
    }
    assert not found & HEAVY
