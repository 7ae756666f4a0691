"""One remote object, seen through the store: what is kept is not asked for again."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field

from imagery.errors import FetchError
from imagery.fetch.record import Piece, Record
from imagery.fetch.store import Store
from imagery.tiff import Span
from imagery.web import Part, Web, shown

FIRST_BYTES = 32 << 10
"""Read at once from the beginning: the directories of most COGs."""

PAGE_BYTES = 16 << 10
"""Directories elsewhere are read in pages, at multiples of it."""

MAX_REQUEST_BYTES = 8 << 20
"""A longer range is asked for in parts, so that a broken connection costs one of them."""

MAX_BATCH_BYTES = 64 << 20
"""Held in memory at once, before it is written to the store."""

GAP_SHARE = 0.1
"""Two ranges become one request where the gap is less than this share of the first."""


class Changed(Exception):
    """The object is not what it was when its first bytes were read."""


class Unranged(Exception):
    """The server gives the whole object only."""


@dataclass(slots=True)
class Remote:
    """An object at ``url``; used by one thread, which shares ``lines`` for its requests.

    Attributes:
        url: Its address in the catalogue.
        key: Of its record.
        web: The network.
        store: What is kept.
        lines: Where requests run at the same time.
        record: What is known; None before the first answer.
        fetched: Bytes that came over the network.
        stored: Bytes that were in the store.
    """

    url: str
    key: str
    web: Web
    store: Store
    lines: Executor
    record: Record | None = None
    fetched: int = 0
    stored: int = 0
    _pages: dict[int, bytes] = field(default_factory=dict)
    _used: dict[Span, Piece] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        self.record = self.store.record(self.key)

    @property
    def size(self) -> int:
        """Bytes of the object; known after the first ``read``."""
        return 0 if self.record is None else self.record.size

    @property
    def pieces(self) -> tuple[Piece, ...]:
        """Everything that was read, sorted."""
        return tuple(sorted(self._used.values()))

    def has_whole(self) -> bool:
        """Whether all of the object is kept as one piece."""
        return self.record is not None and self.record.find(0, self.size) is not None

    def beginning(self) -> bytes:
        """The first bytes; the size is known from here on.

        Raises:
            Unranged: the server serves no ranges.
        """
        known = self.record is not None
        length = min(FIRST_BYTES, self.size) if known else FIRST_BYTES
        data = self._kept((0, length)) if known else None
        if data is None:
            part = self.web.read(self.url, 0, length)
            self._check(part)
            data = part.data
            self._keep({(0, len(data)): data})
            if not part.ranged and len(data) < part.size:
                raise Unranged
        for start in range(0, len(data), PAGE_BYTES):
            self._pages[start] = data[start : start + PAGE_BYTES]
        return data

    def read(self, start: int, stop: int) -> bytes:
        """Bytes of the directories, by pages; ``start`` to ``stop`` lie in the object."""
        first = start // PAGE_BYTES * PAGE_BYTES
        wanted = range(first, stop, PAGE_BYTES)
        spans = [(at, min(PAGE_BYTES, self.size - at)) for at in wanted if at not in self._pages]
        self.fetch(spans)
        for at, length in spans:
            data = self._kept((at, length))
            if data is None:
                raise Changed
            self._pages[at] = data
        whole = b"".join(self._pages[at] for at in wanted)
        return whole[start - first : stop - first]

    def fetch(self, spans: Iterable[Span]) -> None:
        """Make sure that these ranges, (offset, length), are kept."""
        wanted = sorted(set(spans))
        missing = [span for span in wanted if not self._holds(span)]
        if not missing:
            return
        self.store.make_room(sum(length for _, length in missing))
        for batch in _batches(_runs(missing)):
            requests = [part for run in batch for part in _cut(run)]
            answers = dict(zip(requests, self.lines.map(self._ask, requests), strict=True))
            for start, length in batch:
                data = b"".join(answers[part] for part in _cut((start, length)))
                self._keep(
                    {
                        span: data[span[0] - start : span[0] - start + span[1]]
                        for span in missing
                        if start <= span[0] < start + length
                    }
                )

    def whole(self, *, limit: int) -> Piece:
        """The complete object as one piece.

        Raises:
            FetchError: it is larger than ``limit`` bytes.
        """
        if self.record is not None and self._holds((0, self.size)):
            return self._used[0, self.size]
        if self.size > limit:
            reason = f"it has {self.size:,} bytes, more than {limit:,}"
            raise FetchError(shown(self.url), reason, "Raise the limit of the store.")
        self.store.make_room(self.size)
        with self.store.scratch() as scratch:
            got = self.web.download(self.url, scratch, limit=self.size or limit)
            self._check(Part(b"", got.size, got.etag))
            self.fetched += got.size
            self.store.adopt(scratch, got.sha256)
        piece = Piece(0, got.size, got.sha256, self.store.stamp)
        self._note([piece])
        self._use((0, got.size), piece, came=True)
        return piece

    def _ask(self, span: Span) -> bytes:
        part = self.web.read(self.url, span[0], span[0] + span[1])
        self._check(part)
        if len(part.data) != span[1]:
            raise Changed
        return part.data

    def _check(self, part: Part) -> None:
        """Every answer is about one and the same object."""
        with self._lock:
            self.fetched += len(part.data)
        if self.record is None:
            self.record = Record(shown(self.url), part.size, part.etag)
        elif (self.record.size, self.record.etag) != (part.size, part.etag):
            raise Changed

    def _holds(self, span: Span) -> bool:
        piece = self.record.find(*span) if self.record else None
        if piece is None or not self.store.holds(piece.sha256, piece.length):
            return False
        self._use(span, piece)
        return True

    def _kept(self, span: Span) -> bytes | None:
        piece = self.record.find(*span) if self.record else None
        data = None if piece is None else self.store.get(piece.sha256)
        if piece is not None and data is not None:
            self._use(span, piece)
        return data

    def _use(self, span: Span, piece: Piece, *, came: bool = False) -> None:
        if span not in self._used:
            self._used[span] = piece
            self.stored += 0 if came else piece.length

    def _keep(self, found: dict[Span, bytes]) -> None:
        stamp = self.store.stamp
        pieces = [
            Piece(offset, length, self.store.put(data), stamp)
            for (offset, length), data in found.items()
        ]
        for piece in pieces:
            self._use((piece.offset, piece.length), piece, came=True)
        self._note(pieces)

    def _note(self, pieces: Sequence[Piece]) -> None:
        if self.record is not None:
            self.record = self.record.plus(pieces)
            self.store.save(self.key, self.record)


def _runs(spans: Sequence[Span]) -> list[Span]:
    """Ranges near to one another as one, (offset, length), of bounded length."""
    runs = [spans[0]]
    for offset, length in spans[1:]:
        start, sofar = runs[-1]
        grown = max(sofar, offset + length - start)
        near = offset - (start + sofar) <= GAP_SHARE * sofar
        if near and (grown <= MAX_BATCH_BYTES or grown == sofar):
            runs[-1] = start, grown
        else:
            runs.append((offset, length))
    return runs


def _batches(runs: Sequence[Span]) -> Iterator[list[Span]]:
    """Ranges that are held in memory together."""
    batch: list[Span] = []
    for run in runs:
        if batch and sum(length for _, length in (*batch, run)) > MAX_BATCH_BYTES:
            yield batch
            batch = []
        batch.append(run)
    yield batch


def _cut(run: Span) -> list[Span]:
    """A range in requests of bounded length."""
    start, length = run
    return [
        (at, min(MAX_REQUEST_BYTES, start + length - at))
        for at in range(start, start + length, MAX_REQUEST_BYTES)
    ]
