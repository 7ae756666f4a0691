"""The kinds of input: which file is mutated, and which command is then run on it."""

from __future__ import annotations

import importlib
import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from benchmarks.fuzzing import base, mutate, tiffs
from benchmarks.fuzzing.forged import altered, asked_changed
from benchmarks.fuzzing.guard import HOST
from benchmarks.fuzzing.mutate import SECRET, SIGNED, Bait
from benchmarks.fuzzing.tables import OPTIONS, WATCH
from imagery.keep import Keep
from imagery.tiff import is_tiff

SITE, TILES = "hmeimim", "tiles"
YEARS = ("--from", "2010-01-01", "--to", "2026-01-01")
DAYS = ("--from", "2024-12-01", "--to", "2024-12-20")
NOW = ("--now", "2024-03-20T06:00Z")


@dataclass(frozen=True, slots=True)
class Made:
    """A command with its mutated input.

    Attributes:
        words: Of the command line.
        named: What the user's own file says: a path or address that stands there was named.
        codes: Exit codes besides 0 and 2 that are right: 1 is what an audit says of a fault.
        longest: Characters that may be printed of a refusal.
        private: What must not be printed or written.
    """

    words: list[str]
    named: str = ""
    codes: tuple[int, ...] = ()
    longest: int = 3000
    private: tuple[str, ...] = (SECRET,)

    def excuses(self, escape: str) -> bool:
        """Whether the user named the place himself: in a file of options or a watch list."""
        return bool(self.named) and not escape.startswith("write")


@dataclass
class World:
    """What inputs are made of.

    Attributes:
        base: Folder of sound inputs.
        bait: Where nothing may lead.
    """

    base: Path
    bait: Bait

    def __post_init__(self) -> None:
        """Start the server of catalogues."""
        served = importlib.import_module("range_server")
        self._serving = served.serving()
        self.site = self._serving.__enter__()
        self.port = int(self.site.url.rpartition(":")[2])

    def sound(self, kind: str, home: Path) -> list[list[str]]:
        """Commands on an input that nothing was done to, one after the other."""
        first = KINDS[kind](self, home, None).words
        if kind == "geotiff":
            pair = [str(home / TILES / f"S2_L2A_{day}.tif") for day in base.DAYS]
            return [first, ["diff", *pair, "-o", "out"], _compared("again")]
        if kind == "run":
            keep = ("--keep", "kept")
            return [first, *([command, "run", *keep] for command in _readers()[1:])]
        return [first]

    def mutated(self, kind: str, home: Path, random: Random) -> Made:
        """A command on a mutated input, in ``home``."""
        return KINDS[kind](self, home, random)

    def quiet(self) -> None:
        """Forget what the server was asked and is to answer."""
        self.site.requests.clear()
        self.site.files.clear()
        self.site.before = None


def geotiff(world: World, home: Path, random: Random | None) -> Made:
    """A scene whose file was changed, or which is something else than its name says."""
    tiles = home / TILES
    tiles.mkdir()
    first, second = (tiles / f"S2_L2A_{day}.tif" for day in base.DAYS)
    shutil.copy(world.base / "small" / first.name, first)
    forms = sorted((world.base / "forms").iterdir())
    data = forms[0].read_bytes()
    if random is not None:
        form = random.choice(forms)
        data = _raster(form.read_bytes(), random, world.bait)
        if random.random() < (1 / 2 if form.suffix == ".jp2" else 1 / 20):
            second = second.with_suffix(random.choice((".jp2", ".jp2", ".TIF", ".tiff", ".vrt")))
    second.write_bytes(data)
    if random is not None and random.random() < 1 / 12:
        tiffs.beside(second, random, world.bait)
    command = "scenes"
    if random is not None:
        command = random.choices(("scenes", "diff", "compare"), (12, 3, 1))[0]
        command = "diff" if second.suffix == ".jp2" else command
    if command == "diff":
        return Made(["diff", str(first), str(second), "-o", "out", "--workers", "1"])
    if command == "compare":
        return Made([*_compared("out"), "--workers", "1"])
    return Made(["scenes", SITE, *DAYS, "--imagery", TILES, "--json"])


def _compared(out: str) -> list[str]:
    days = ["--before", base.DAYS[0], "--after", base.DAYS[1], "--history", "0"]
    return ["compare", SITE, *days, "--imagery", TILES, "-o", out]


def _raster(data: bytes, random: Random, bait: Bait) -> bytes:
    draw = random.random()
    if draw < 0.04:
        return random.choice(list(tiffs.bombs()))
    if draw < 0.07:
        return tiffs.vrt(bait, random)
    if not is_tiff(data):
        return mutate.bytes_changed(data, random)
    return tiffs.tiff_changed(data, random, bait)


def geojson(world: World, home: Path, random: Random | None) -> Made:
    """A site file."""
    known = sorted((base.ROOT / "imagery" / "sites").glob("*.geojson"))
    said = json.loads(known[0].read_text())
    data = known[0].read_bytes()
    if random is not None:
        said = json.loads(random.choice(known).read_text())
        form = random.randrange(4)
        feature = said["features"][0]
        said = (said, said, feature, feature["geometry"])[form]
        data = mutate.json_changed(said, random, world.bait)
    (home / "place.geojson").write_bytes(data)
    if random is not None and random.random() < 1 / 4:
        shutil.copytree(world.base / "small", home / TILES)
        return Made(["scenes", "place.geojson", *DAYS, "--imagery", TILES])
    more = ["--json"] if random is None or random.random() < 1 / 2 else []
    return Made(["sites", "place.geojson", *more])


def config(world: World, home: Path, random: Random | None) -> Made:
    """A file of options."""
    shutil.copytree(world.base / "small", home / TILES)
    data = OPTIONS.encode()
    if random is not None:
        data = mutate.toml_changed(OPTIONS, random, world.bait)
    (home / "options.toml").write_bytes(data)
    words = ["scenes", SITE, *DAYS, "--config", "options.toml"]
    return Made(words, named=data.decode("utf-8", "replace"))


def watchlist(world: World, home: Path, random: Random | None) -> Made:
    """A watch list."""
    for name in ("tiles", "places"):
        shutil.copytree(world.base / "batch" / name, home / name)
    shutil.copy(base.ROOT / "sample_tiles" / "article.txt", home)
    data = WATCH.encode()
    if random is not None:
        data = mutate.toml_changed(WATCH, random, world.bait)
    (home / "watch.toml").write_bytes(data)
    order = [] if random is not None and random.random() < 1 / 4 else ["status"]
    more = [] if order else ["--dry-run", *NOW]
    return Made(["batch", *order, "watch.toml", *more], named=data.decode("utf-8", "replace"))


def article(world: World, home: Path, random: Random | None) -> Made:
    """A text."""
    known = [each for each in sorted((world.base / "texts").iterdir()) if each.suffix != ".json"]
    path = known[0] if random is None else random.choice(known)
    data = path.read_bytes()
    if random is not None:
        data = mutate.text_changed(data, random, world.bait)
    (home / path.name).write_bytes(data)
    more = ["--json"] if random is not None and random.random() < 1 / 2 else []
    day = [] if random is not None and random.random() < 1 / 4 else ["--date", "2024-12-14"]
    return Made(["claims", path.name, *day, *more])


def claims(world: World, home: Path, random: Random | None) -> Made:
    """A file of claims that somebody edited."""
    known = [world.base / "texts" / name for name in ("claims.json", "by_hand.json")]
    path = known[0] if random is None else random.choice(known)
    data = path.read_bytes()
    if random is not None:
        data = mutate.json_changed(json.loads(data), random, world.bait)
    (home / "claims.json").write_bytes(data)
    if random is None or random.random() < 3 / 4:
        return Made(["claims", "claims.json", "--json"])
    text = ["--text", "article.txt"] if random.random() < 1 / 2 else []
    shutil.copy(world.base / "texts" / "article.txt", home)
    shutil.copytree(world.base / "batch" / "tiles", home / TILES)  # of another place
    return Made(["verify", "claims.json", "--imagery", TILES, "-o", "out", *text])


def stac(world: World, home: Path, random: Random | None) -> Made:
    """A catalogue on disk, or what an archive once answered, saved as a file."""
    if random is not None and random.random() < 1 / 3:
        known = sorted((base.TESTS / "unit" / "foreign").glob("*.json"))
        said = json.loads(random.choice(known).read_text())
        (home / "saved.json").write_bytes(mutate.json_changed(said, random, world.bait))
        return Made(
            ["scenes", SITE, *YEARS, "--imagery", "saved.json", "--cache", "cache"],
            private=(SECRET, SIGNED),
        )
    shutil.copytree(world.base / "stac", home / "stac")
    documents = sorted((home / "stac").rglob("*.json"))
    if random is not None:
        for path in random.sample(documents, random.randint(1, 2)):
            said = json.loads(path.read_text())
            path.write_bytes(mutate.json_changed(said, random, world.bait))
        if random.random() < 1 / 20:
            link = next((home / "stac" / TILES).glob("*.tif"))
            link.unlink()
            link.symlink_to(f"{world.bait.folder}/S2_L2A_2024-12-11.tif")
    return Made(
        ["scenes", SITE, *DAYS, "--imagery", "stac/catalog.json", "--cache", "cache"],
        private=(SECRET, SIGNED),
    )


def api(world: World, _home: Path, random: Random | None) -> Made:
    """What a STAC API answers, and the files that it serves."""
    url = f"http://{HOST}:{world.port}"
    items = [
        json.loads(path.read_text())
        for path in sorted((world.base / "stac" / "tiles").rglob("*.json"))
        if '"Feature"' in path.read_text()
    ]
    for item in items:
        item["links"] = []
        for asset in item["assets"].values():
            asset["href"] = f"{url}/{Path(asset['href']).name}"
    landing: Any = {
        "type": "Catalog",
        "stac_version": "1.0.0",
        "id": "api",
        "description": "made for the fuzzer",
        "links": [{"rel": "search", "href": f"{url}/search", "method": "POST"}],
    }
    page: Any = {"type": "FeatureCollection", "features": items, "links": []}
    answers = {"/": landing, "/search": page}
    files = {name: json.dumps(said).encode() for name, said in answers.items()}
    for path in sorted((world.base / "small").iterdir()):
        files[f"/{path.name}"] = path.read_bytes()
    if random is not None:
        _disturb(world, files, answers, random)
    world.site.files.update(files)
    words = ["scenes", SITE, *DAYS, "--imagery", url, "--cache", "cache"]
    return Made(words, private=(SECRET, SIGNED))


def _disturb(
    world: World, files: dict[str, bytes], answers: dict[str, Any], random: Random
) -> None:
    how = random.randrange(10)
    name = random.choice(list(answers))
    if how < 6:
        files[name] = mutate.json_changed(answers[name], random, world.bait)
    elif how < 9:
        name = random.choice([each for each in files if each.endswith(".tif")])
        forms = [*sorted((world.base / "forms").iterdir())]
        data = _raster(random.choice(forms).read_bytes(), random, world.bait)
        # Of a larger file only the directories and the touched tiles are fetched.
        files[name] = data + bytes(random.choice((0, 1 << 20)))
    else:
        there = random.choice([each for each in world.bait.texts() if "://" in each])
        status = random.choice((301, 302, 303, 307, 308, 204, 206, 401, 418))
        headers = {"Location": there, "Content-Range": "bytes 0-1/9999999999999"}

        def answer(handler: Any) -> bool:
            if handler.path != name:
                return False
            handler.answer(status, b"[" * 999, headers)
            return True

        world.site.before = answer


def run(world: World, home: Path, random: Random | None) -> Made:
    """A run folder, or a folder of such."""
    known = ("compare", "diff", "verify")
    keep = Path(shutil.copytree(world.base / "kept", home / "kept", copy_function=os.link))
    if random is None:
        shutil.copytree(world.base / "runs" / "compare", home / "run")
        return Made(["report", "run"])
    if random.random() < 1 / 8:
        for name in known:
            shutil.copytree(world.base / "runs" / name, home / "shelf" / name)
            altered(home / "shelf" / name, world.bait, random)
        return Made(["report", "shelf"])
    name, command = random.choice(known), random.choice(_readers())
    shutil.copytree(world.base / "runs" / name, home / "run")
    if command != "report" and name != "verify" and random.random() < 2 / 3:
        asked_changed(home / "run", Keep(keep), world.bait, random)
    else:
        altered(home / "run", world.bait, random)
    if command == "report":
        return Made([command, "run"])
    return Made([command, "run", "--keep", "kept"], codes=(1,))


def _readers() -> tuple[str, ...]:
    """Commands that read a run folder."""
    from pipelines import cli

    there = {each.name or each.callback.__name__ for each in cli.app.registered_commands}
    return tuple(name for name in ("report", "audit", "replay") if name in there)


def store(world: World, home: Path, random: Random | None) -> Made:
    """The store of a batch: its runs, its ledger, its journal."""
    shutil.copytree(world.base / "batch", home / "batch")
    path = home / "batch" / "watch.toml"
    if random is None:
        return Made(["batch", "status", str(path)])
    runs = home / "batch" / "runs"
    folders = sorted(each.parent for each in runs.glob("*/*/run.json"))
    if random.random() < 1 / 3:
        ledger = runs / "ledger.sqlite"
        ledger.write_bytes(mutate.bytes_changed(ledger.read_bytes(), random))
    else:
        altered(random.choice(folders), world.bait, random)
    return Made(["batch", random.choice(("status", "rebuild")), str(path)])


Kind = Callable[[World, Path, Random | None], Made]
KINDS: dict[str, Kind] = {
    each.__name__: each
    for each in (geotiff, geojson, config, watchlist, article, claims, stac, api, run, store)
}
SHARES = {"geotiff": 5, "article": 3, "stac": 3, "run": 3, "api": 2}
"""How many times as many inputs a kind gets as others."""
