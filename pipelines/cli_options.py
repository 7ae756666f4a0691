"""What several commands share: their options, the clock, the environment, where scenes are."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from pipelines.config import ARCHIVE, MASKS, METHODS, Access, Options

if TYPE_CHECKING:
    from pipelines.access import Opened

DEMO_WORLD = Path("sample_tiles", "as-reported")

Config = Annotated[Path | None, typer.Option("--config", help="TOML file with these options.")]
Method = Annotated[
    str | None, typer.Option("--method", help=f"Change score: {', '.join(METHODS)}.")
]
Mask = Annotated[
    str | None,
    typer.Option("--mask", help=f"Whose clouds: {', '.join(MASKS)} (extra: clouds)."),
]
Chunk = Annotated[int | None, typer.Option("--chunk", help="Side of a chunk, pixels.")]
Workers = Annotated[int | None, typer.Option("--workers", help="Threads or processes to use.")]
Overwrite = Annotated[
    bool | None, typer.Option("--overwrite", help="Replace products that are already in OUT.")
]
Scheduler = Annotated[
    str | None, typer.Option("--scheduler", help="Dask scheduler to use, tcp://host:port.")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
SiteName = Annotated[str, typer.Argument(metavar="SITE", help="Registry id or GeoJSON file.")]
Imagery = Annotated[
    str | None,
    typer.Option(
        "--imagery",
        metavar="SRC",
        help="Folder of dated GeoTIFFs, STAC catalogue (file or address), STAC API, or an archive: "
        f"earth-search, planetary-computer, cdse. Unless given, {ARCHIVE}.",
    ),
]
Product = Annotated[
    str | None, typer.Option("--product", help="Use scenes of this product only: sentinel-2-l2a...")
]
History = Annotated[
    int | None,
    typer.Option(
        "--history", metavar="DAYS", help="Look so far back for a history of the site; 0: none."
    ),
]
Keep = Annotated[
    str | None, typer.Option("--keep", metavar="DIR", help="Folder of the kept originals.")
]
Cache = Annotated[
    Path | None, typer.Option("--cache", help="Folder for what is fetched; reused offline.")
]
Offline = Annotated[
    bool | None, typer.Option("--offline", help="Use what is in the cache, and no network.")
]
AllowHost = Annotated[
    list[str] | None,
    typer.Option("--allow-host", help="A host in a private network that SRC may point at."),
]
DAY = "A day 2024-12-10, or days 2024-12-01/2024-12-10, UTC."


def custody(options: Options) -> dict[str, object]:
    """Say when, where and how this run was made: facts that no result depends on."""
    return {
        "started": datetime.now(UTC),
        "host": platform.node(),
        "system": platform.platform(),
        "python": platform.python_version(),
        "processors": os.cpu_count(),
        "chunk": options.chunk,
        "workers": options.workers,
        "folder": str(Path.cwd()),
        "command": sys.argv,
    }


def sources(
    imagery: str | None, cache: Path | None, *, offline: bool | None, hosts: list[str] | None
) -> dict[str, object]:
    """Collect the options that say where scenes come from; None = not given."""
    return {
        "imagery": imagery,
        "cache": None if cache is None else str(cache),
        "offline": offline,
        "allow_hosts": tuple(hosts) if hosts else None,
    }


@contextmanager
def scenery(access: Access) -> Iterator[Opened]:
    """Open a source with the clock and the environment of this process."""
    from pipelines.access import opened

    with opened(access, environment=os.environ, now=lambda: datetime.now(UTC)) as found:
        yield found


def samples() -> Path | None:
    """Find the simulated tiles from the working folder or beside the package."""
    for parent in (Path(), Path(__file__).parents[1]):
        if (parent / DEMO_WORLD).is_dir():
            return parent / DEMO_WORLD
    return None
