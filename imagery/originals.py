"""What one run has read: its originals kept by hash, and the working copies that it reads instead.

A run never reads a file of the user's own: it reads the kept one, so what is hashed is what was
compared, whatever happens to the file meanwhile.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pystac

from imagery.catalogs import KEPT, PIECES, SOURCE
from imagery.errors import UnreadableFile
from imagery.keep import Keep, Piece, read_piece
from imagery.parts import parts

TOLD = "from"
"""Where an original was, in its field ``KEPT``: for the custody log, and for nothing else."""


class Originals:
    """The originals of a run; safe for threads."""

    def __init__(self, keep: Keep, copies: Path) -> None:
        """Name the folder of kept bytes, and that of the working copies."""
        self.keep = keep
        self._copies = copies
        self._read: dict[tuple[str, str, str], dict[str, Any]] = {}
        self._names: dict[str, str] = {}
        self._lock = threading.Lock()

    @property
    def read(self) -> list[dict[str, Any]]:
        """What was read, an entry for each file: scene, asset, from where, SHA-256."""
        with self._lock:
            return [self._read[key] for key in sorted(self._read)]

    def told(self, text: str) -> str:
        """A sentence that names originals where it named working copies."""
        for copy, original in self._names.items():
            text = text.replace(copy, original)
        return text

    def file(self, path: Path, *, scene: str = "", asset: str = "") -> Path:
        """Keep a file of the user's; its working copy, under the same name.

        Args:
            path: The file.
            scene, asset: What it is to the run.

        Raises:
            UnreadableFile: it cannot be read.
            WriteError: it cannot be kept.
        """
        if not path.is_file():  # a folder, or nothing: the reader says what it is
            return path
        copy, _ = self._copied(path)
        note = {"path": str(path.absolute()), "sha256": copy.parent.name}
        self._note(scene or path.stem, asset or path.name, note)
        return copy

    def scene(self, item: pystac.Item) -> pystac.Item:
        """The Item with working copies in place of its files; each says its original by ``KEPT``.

        Raises:
            UnreadableFile: a file cannot be read.
            WriteError: it cannot be kept.
        """
        for part in parts(item):
            for key, asset in part.assets.items():
                self._asset(part.id, key, asset)
        return item

    def _asset(self, scene: str, key: str, asset: pystac.Asset) -> None:
        fields = asset.extra_fields
        if SOURCE in fields:
            if KEPT not in fields:
                fields[KEPT] = self._fetched(Path(asset.href), fields)
            self._note(scene, key, fields[SOURCE])
            return
        if KEPT not in fields:
            path = Path(asset.href)
            if not path.is_file():
                raise UnreadableFile(path, "there is no such file", "Check the path.")
            copy, size = self._copied(path)
            digest = copy.parent.name
            whole = {"name": path.name, "size": size, "sha256": digest}
            fields[KEPT] = {**whole, "pieces": [[0, size, digest]], TOLD: str(path.absolute())}
            asset.href = str(copy)
        kept = fields[KEPT]
        self._note(scene, key, {"path": kept.get(TOLD), "sha256": kept["sha256"]})

    def _copied(self, path: Path) -> tuple[Path, int]:
        digest = self.keep.put(path)
        size = self.keep.path_of(digest).stat().st_size
        copy = self._copies / digest / path.name
        self.keep.lay([(0, size, digest)], copy, size=size, name=path.name)
        with self._lock:
            self._names[str(copy)] = str(path)
        return copy, size

    def _fetched(self, copy: Path, fields: Mapping[str, Any]) -> dict[str, Any]:
        """Keep what was fetched of a remote file; the store has put it in its places."""
        size = int(fields[SOURCE]["size"])
        pieces: list[Piece] = []
        for offset, length, digest in fields.get(PIECES, []):
            if self.keep.put_bytes(read_piece(copy, offset, length)) != digest:
                raise UnreadableFile(copy, "it was altered since it was fetched", "Run again.")
            pieces.append((offset, length, digest))
        whole = {"name": copy.name, "size": size, "sha256": fields[SOURCE]["sha256"]}
        return {**whole, "pieces": [list(piece) for piece in pieces]}

    def _note(self, scene: str, asset: str, where: Mapping[str, Any]) -> None:
        entry = {"scene": scene, "asset": asset, **where}
        with self._lock:
            self._read.setdefault((scene, asset, str(where["sha256"])), entry)
