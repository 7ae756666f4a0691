"""The raw file -> pieces of text as a reader sees them, each with its place in the raw file.

Markup is skipped, never rewritten, so that a quote cut between two characters of a block is a slice
of the raw file, markup inside it included.
"""

from __future__ import annotations

import html
import re
from array import array
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from imagery.errors import InputError

LONGEST_TAG = 4000
"""Characters. A tag may not be longer; a stray ``<`` in prose then swallows nothing."""

_TAG = re.compile(rf"</?([A-Za-z][A-Za-z0-9:-]{{0,30}})(?=[\s/>])[^<>]{{0,{LONGEST_TAG}}}>")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_HIDDEN = ("script", "style", "template", "noscript", "head", "svg", "iframe", "textarea", "select")
_ASIDE = ("nav", "footer", "form", "button", "menu", "aside")
_HEADING = ("h1", "h2", "h3", "h4", "h5", "h6", "title")
_BREAKING = {"p", "div", "br", "li", "ul", "ol", "tr", "td", "th", "table", "blockquote", "pre"}
_BREAKING |= {"article", "section", "main", "header", "footer", "nav", "aside", "figure", "hr"}
_BREAKING |= {"figcaption", "dl", "dt", "dd", "form", "button", "body", "html", "caption", "tbody"}
_BREAKING |= {"thead", "menu", "option", "address", *_HEADING, *_HIDDEN}
_LOOKS_HTML = re.compile(
    r"<(?:!doctype|html|body|p|div|br|h[1-6]|li|td|article)\b[^<>]*>", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, heading or list item.

    Attributes:
        kind: ``text``, ``heading``, ``item``, ``aside`` (menus, footers) or ``code``.
        text: What a reader sees.
        starts, ends: Of every character of ``text``, its first and end offset in the raw file.
    """

    kind: str
    text: str
    starts: array[int]
    ends: array[int]

    def raw_span(self, start: int, end: int) -> tuple[int, int]:
        """Offsets in the raw file of ``text[start:end]``."""
        return self.starts[start], self.ends[end - 1]


@dataclass(frozen=True, slots=True)
class Hidden:
    """A stretch of the raw file that no reader sees and that holds words: a script, a comment."""

    start: int
    end: int


Piece = tuple[str, str, int, int]
"""(kind, text, start, end): visible text or a break; start and end in the raw file."""


def check_characters(text: str) -> None:
    """Refuse what no text holds.

    Raises:
        InputError: a NUL character, or half of a surrogate pair, which no encoding can write.
    """
    found = _NO_TEXT.search(text)
    if found is not None:
        name = f"character {found.start()} of the text"
        raise InputError(name, f"U+{ord(found[0]):04X}", "plain text, Markdown or HTML in UTF-8")


_NO_TEXT = re.compile("[\x00\ud800-\udfff]")


def is_page(raw: str) -> bool:
    """Whether the file is HTML with paragraphs of its own, so that line ends mean nothing."""
    return _LOOKS_HTML.search(raw) is not None


def pieces(raw: str, hidden: list[Hidden]) -> Iterator[Piece]:
    """Walk once over the raw file; every step moves forward.

    Args:
        raw: The file.
        hidden: Gets what no reader sees.
    """
    kinds = _Kinds()
    position = last = 0
    end = len(raw)
    while position < end:
        position = _next_mark(raw, position)
        if position >= end:
            break
        tag = _TAG.match(raw, position) if raw[position] == "<" else None
        if raw.startswith("<!--", position) or raw.startswith(("<!", "<?"), position):
            stop = _end_of_comment(raw, position)
            yield kinds.now, raw[last:position], last, position
            if stop > position:
                hidden.append(Hidden(position, stop))
        elif tag is not None:
            name = tag[1].lower()
            yield kinds.now, raw[last:position], last, position
            stop = tag.end()
            opening = raw[position + 1] != "/"
            if name in _HIDDEN and opening and not tag[0].endswith("/>"):
                stop = _end_of_element(raw, name, stop)
                hidden.append(Hidden(tag.end(), stop))
            if name in _BREAKING:
                kinds.enter(name, opening=opening)
                yield "break", name, position, stop
        elif entity := _ENTITY.match(raw, position):
            yield kinds.now, raw[last:position], last, position
            yield "entity", html.unescape(entity[0]), position, entity.end()
            stop = entity.end()
        else:
            position += 1
            continue
        position = last = max(stop, position + 1)
    yield kinds.now, raw[last:], last, end


_MARK = re.compile("[<&]")


def _next_mark(raw: str, position: int) -> int:
    found = _MARK.search(raw, position)
    return len(raw) if found is None else found.start()


def _end_of_comment(raw: str, position: int) -> int:
    closing = "-->" if raw.startswith("<!--", position) else ">"
    found = raw.find(closing, position)
    return len(raw) if found < 0 else found + len(closing)


def _end_of_element(raw: str, name: str, position: int) -> int:
    """Just before the closing tag, or the end of the file where nobody closed it."""
    found = re.compile(rf"</{name}\b", re.IGNORECASE).search(raw, position)
    return len(raw) if found is None else found.start()


class _Kinds:
    """What kinds of element are open; each step takes the same time, however deep they nest."""

    def __init__(self) -> None:
        self._open: list[str] = []
        self._counts: Counter[str] = Counter()

    @property
    def now(self) -> str:
        """The kind of text that stands here."""
        if self._counts["aside"]:
            return "aside"
        return self._open[-1] if self._open else "text"

    def enter(self, name: str, *, opening: bool) -> None:
        """Pass a tag; closing an element closes what is open in it."""
        kind = "heading" if name in _HEADING else "aside" if name in _ASIDE else ""
        kind = "item" if name in {"li", "dt", "dd"} else kind
        kind = "code" if name == "pre" else kind
        if kind and opening:
            self._open.append(kind)
            self._counts[kind] += 1
        elif kind and self._counts[kind]:
            closed = ""
            while closed != kind:
                closed = self._open.pop()
                self._counts[closed] -= 1
