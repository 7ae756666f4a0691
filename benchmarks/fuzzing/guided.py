"""Coverage-guided fuzzing of one parser: ``python -m benchmarks.fuzzing.guided TARGET [CORPUS]``.

Further arguments are libFuzzer's. An error of ours is right; anything else ends the run, and the
input is kept by libFuzzer.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from pathlib import Path

import atheris

with atheris.instrument_imports(include=["imagery", "pipelines"]):
    from imagery.archives import known_archives
    from imagery.catalogs.foreign import Origin, canonical_item
    from imagery.errors import ImageryError
    from imagery.geotiff import read_geotiff, read_header
    from imagery.sites import read_geojson
    from imagery.tiff import Damaged, layout
    from pipelines.claims import extract
    from pipelines.claims import file as claims_file
    from pipelines.toml import toml_table


def _file(read: Callable[[Path], object], name: str) -> Callable[[bytes], object]:
    """A target that reads a file."""
    path = Path(tempfile.mkdtemp()) / name

    def target(data: bytes) -> object:
        path.write_bytes(data)
        return read(path)

    return target


def _geotiff(path: Path) -> object:
    read_header(path)
    return read_geotiff(path, lambda dataset: dataset.read())


def _tiff(data: bytes) -> None:
    with suppress(Damaged):
        layout(lambda start, stop: data[start:stop], len(data))


def _item(data: bytes) -> object:
    try:
        said = json.loads(data)
    except (ValueError, RecursionError):
        return None
    return canonical_item(said, Origin("https://stac.example/v1", None, known_archives()["cdse"]))


TARGETS: dict[str, Callable[[bytes], object]] = {
    "geotiff": _file(_geotiff, "a.tif"),
    "tiff": _tiff,
    "site": _file(read_geojson, "a.geojson"),
    "toml": lambda data: toml_table(Path("a.toml"), data.decode("utf-8", "replace")),
    "article": lambda data: extract(
        data.decode("utf-8", "replace"), article_date=date(2024, 12, 14)
    ),
    "claims": _file(claims_file.read, "claims.json"),
    "stac": _item,
}


def main() -> None:
    """Fuzz the target that is named."""
    target = TARGETS[sys.argv.pop(1)]

    def once(data: bytes) -> None:
        with suppress(ImageryError):
            target(data)

    atheris.Setup(sys.argv, once)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
