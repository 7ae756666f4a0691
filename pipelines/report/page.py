"""Facts -> one HTML file that asks nothing of anybody: no request, no inline handler, no eval.

Every word that comes from an article, a catalogue or a site file is escaped by the templates and
passes through ``told``, which makes marks that turn the direction of text visible. The policy in
the page names the style and the script by their hashes, so that nothing else can run even if a
template were wrong.
"""

from __future__ import annotations

import base64
import hashlib
import unicodedata
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from pipelines.verdict import VERDICTS

TEMPLATES = Path(__file__).with_name("templates")
STYLE, SCRIPT = ("style.css", "report.css"), "page.js"

LONGEST = 400
"""Characters of a name that are shown; how many more there are is said."""

LABEL = 100
"""Where fewer characters than these have room, there is none for how many there are."""

UNSEEN = ("Cc", "Cf", "Cs", "Co", "Zl", "Zp")
JOINERS = "\u00ad\u200c\u200d"
"""Soft hyphens and the joiners that Persian and Hindi are written with."""

WORDS = {word: word.replace("_", " ") for word in VERDICTS}


def render(
    template: str,
    facts: Mapping[str, object],
    *,
    styles: Sequence[str] = STYLE,
    script: str = SCRIPT,
) -> str:
    """A whole page.

    Args:
        template: A file of ``templates`` that extends ``base.html.j2``.
        facts: What the template names; ``title`` and ``simulated`` always.
        styles: Style sheets of ``templates``, in order.
        script: The one script of the page, from ``templates``.
    """
    style = "".join((TEMPLATES / name).read_text(encoding="utf-8") for name in styles)
    code = (TEMPLATES / script).read_text(encoding="utf-8")
    made = {
        "policy": policy(style, code),
        "style": Markup(style),  # noqa: S704 - ours, from a file beside this one
        "script": Markup(code),  # noqa: S704
        "verdict_words": WORDS,
    }
    return _environment().get_template(template).render({**facts, **made})


def policy(style: str, script: str) -> str:
    """The Content-Security-Policy of a page with one style sheet and one script."""
    return (
        f"default-src 'none'; img-src data:; style-src {_source(style)};"
        f" script-src {_source(script)}; base-uri 'none'; form-action 'none'"
    )


def told(text: object, longest: int = LONGEST) -> str:
    r"""Text of others as it can be shown: what has no shape of its own is spelled out.

    Line ends and tabs become spaces. Marks that turn the direction of text, and other characters
    that nobody sees, become ``<U+202E>``: to drop them would hide that somebody put them there.

    >>> told("pier\n\u202e7"), told("a" * 12, 10)
    ('pier <U+202E>7', 'aaaaaaaaaa…')
    """
    words = str(text)
    shown = "".join(_visible(c) for c in words[:longest])
    if len(words) <= longest:
        return shown
    return f"{shown}…" if longest < LABEL else f"{shown}… ({len(words):,} characters)"


def _visible(character: str) -> str:
    if character in "\n\r\t":
        return " "
    hidden = unicodedata.category(character) in UNSEEN and character not in JOINERS
    return f"<U+{ord(character):04X}>" if hidden else character


def _source(content: str) -> str:
    digest = hashlib.sha256(content.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"


@lru_cache(maxsize=1)
def _environment() -> Environment:
    made = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    made.filters["told"] = told
    return made
