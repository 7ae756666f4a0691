"""Pieces of visible text -> blocks: paragraphs by tags in a page, by lines in plain text."""

from __future__ import annotations

import re
import statistics
from array import array
from collections.abc import Iterator, Sequence

from pipelines.claims.markup import Block, Hidden, Piece, is_page, pieces

WRAP_COLUMNS = (40, 130)
"""Characters. Lines between these, one after the other, may be one wrapped paragraph."""

_MARKDOWN = re.compile(
    r"(?P<image>!\[[^\]\n]{0,200}\]\([^)\n]{0,500}\))"
    r"|(?P<open>\[)(?=[^\]\n]{1,200}\]\([^)\n]{0,500}\))"
    r"|(?P<close>\]\([^)\n]{0,500}\))"
    r"|(?P<strong>\*\*|__)(?=\S)|(?<=\S)(?P<strong_end>\*\*|__)"
    r"|(?<![\w*])(?P<em>[*])(?=[^\s*])|(?<=[^\s*])(?P<em_end>[*])(?![\w*])"
    r"|(?<![\w_])(?P<under>_)(?=[^\s_])|(?<=[^\s_])(?P<under_end>_)(?![\w_])"
    r"|(?P<tick>`{1,3})"
    r"|(?P<escape>\\)(?=[\\`*_{}\[\]()#+.!-])"
)
_PREFIX = re.compile(
    r"[ \t]*(?:>[ \t]?)*(?:(?P<heading>#{1,6})[ \t]+"
    r"|(?P<item>[-*+•‣▪–—·][ \t]+|\(?\d{1,2}[.)][ \t]+))?"
)
_UNSEEN = {"\u200b", "\u200c", "\u200d", "\ufeff", "\u00ad", "\u2060", "\u200e", "\u200f"}
_FENCE = re.compile(r"[ \t]*(?:```|~~~)")
_RULE = re.compile(r"[ \t]*(?:[-=*_|:+ ]{3,})[ \t]*$")


def blocks(raw: str) -> tuple[list[Block], list[Hidden]]:
    """Split a raw file into what a reader sees and what is hidden.

    Args:
        raw: Plain text, Markdown or HTML; told apart by its tags.
    """
    hidden: list[Hidden] = []
    found = list(pieces(raw, hidden))
    return (runs_to_blocks if is_page(raw) else lines_to_blocks)(found), hidden


class _Run:
    """Visible characters being gathered, with their places."""

    def __init__(self) -> None:
        self.text: list[str] = []
        self.starts: array[int] = array("q")
        self.ends: array[int] = array("q")

    def add(self, character: str, start: int, end: int) -> None:
        if character in _UNSEEN:
            return
        if character.isspace():
            if not self.text or self.text[-1] == " ":
                return
            character = " "
        self.text.append(character)
        self.starts.append(start)
        self.ends.append(end)

    def block(self, kind: str) -> Block | None:
        text = "".join(self.text).rstrip()
        if not text:
            return None
        size = len(text)
        return Block(kind, text, self.starts[:size], self.ends[:size])


def runs_to_blocks(pieces: Sequence[Piece]) -> list[Block]:
    """Blocks of a page: a new one at every tag that breaks."""
    found: list[Block] = []
    run, kind = _Run(), "text"
    for piece_kind, text, start, end in pieces:
        if piece_kind == "break":
            _close(found, run, kind)
            run, kind = _Run(), "text"
        elif piece_kind == "entity":
            for character in text:
                run.add(character, start, end)
        elif text:
            kind = piece_kind
            for offset, character in enumerate(text):
                run.add(character, start + offset, start + offset + 1)
    _close(found, run, kind)
    return found


def _close(found: list[Block], run: _Run, kind: str) -> None:
    block = run.block(kind)
    if block is not None:
        found.append(block)


def lines_to_blocks(pieces: Sequence[Piece]) -> list[Block]:
    """Blocks of plain text or Markdown: by blank lines, bullets, headings and unwrapped lines."""
    characters = "".join(text for kind, text, _, _ in pieces if kind != "break")
    starts: array[int] = array("q")
    ends: array[int] = array("q")
    for kind, text, start, end in pieces:
        if kind == "entity":
            starts.extend([start] * len(text))
            ends.extend([end] * len(text))
        elif kind != "break":
            starts.extend(range(start, start + len(text)))
            ends.extend(range(start + 1, start + len(text) + 1))
    skipped = _markdown_marks(characters)
    found: list[Block] = []
    for kind, first, last in _paragraphs(characters):
        run = _Run()
        for place in range(first, last):
            if not skipped[place]:
                run.add(characters[place], starts[place], ends[place])
        _close(found, run, kind)
    return found


def _markdown_marks(text: str) -> bytearray:
    """1 where a character is Markdown and not text; also the prefixes of lines."""
    skipped = bytearray(len(text))
    for found in _MARKDOWN.finditer(text):
        skipped[found.start() : found.end()] = b"\x01" * (found.end() - found.start())
    position = 0
    for line in text.splitlines(keepends=True):
        prefix = _PREFIX.match(line)
        if prefix is not None and prefix.end() and not line.isspace():
            skipped[position : position + prefix.end()] = b"\x01" * prefix.end()
        if line.lstrip().startswith("|"):
            for offset, character in enumerate(line):
                if character == "|":
                    skipped[position + offset] = 1
        position += len(line)
    return skipped


def _paragraphs(text: str) -> Iterator[tuple[str, int, int]]:
    """(kind, start, end) of every block, in order."""
    group: list[tuple[str, int, int]] = []
    fenced = False
    position = 0
    for line in text.splitlines(keepends=True):
        start, position = position, position + len(line)
        if _FENCE.match(line):
            yield from _group(text, group)
            group, fenced = [], not fenced
        elif fenced:
            yield "code", start, position
        elif not line.strip() or _RULE.match(line):
            yield from _group(text, group)
            group = []
        else:
            prefix = _PREFIX.match(line)
            kind = "text"
            if prefix is not None:
                kind = "heading" if prefix["heading"] else "item" if prefix["item"] else "text"
            if kind != "text" or line.lstrip().startswith("|"):
                yield from _group(text, group)
                group = []
            group.append((kind, start, position))
            if kind == "heading":
                yield from _group(text, group)
                group = []
    yield from _group(text, group)


def _group(text: str, lines: list[tuple[str, int, int]]) -> Iterator[tuple[str, int, int]]:
    """Lines without a blank one between them: one wrapped paragraph, or a paragraph a line."""
    if not lines:
        return
    if len(lines) == 1 or _wrapped([text[first:last].strip() for _, first, last in lines]):
        yield lines[0][0], lines[0][1], lines[-1][2]
    else:
        yield from lines


def _wrapped(lines: Sequence[str]) -> bool:
    shortest, longest = WRAP_COLUMNS
    whole = lines[:-1]
    if max(map(len, lines)) > longest or statistics.median(map(len, whole)) < shortest:
        return False
    ended = sum(line.endswith((".", "!", "?", ".”", '."', ":")) for line in whole)
    return ended <= len(whole) / 2
