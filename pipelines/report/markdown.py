"""Text of others inside Markdown that people paste into chats: shown as text, nothing else.

Chats disagree on Markdown, so what all of them might read is taken away: marks of emphasis, code,
tables and links, HTML, addresses that would become links, and signs that would call somebody.
"""

from __future__ import annotations

import re

from pipelines.report.page import told

LONGEST = 300
"""Characters of a quote or name that are shown."""

MARKS = re.compile(r"([\\`*_\[\]|~$#^])")
ENTITIES = {"&": "&amp;", "<": "&lt;", ">": "&gt;"}
CALL = "\N{FULLWIDTH COMMERCIAL AT}"
"""Looks like the sign that calls a person or a channel, and calls nobody."""

SCHEME = re.compile(r"(?<=\w):(?=//)|(?<=mailto):|(?<=javascript):|(?<=data):", re.IGNORECASE)
DOMAIN = re.compile(r"(?<=\w)\.(?=[^\W\d_]{2,})")
EMOJI = re.compile(r":(?=[a-z][a-z0-9_+-]*:)")


def inline(text: object, longest: int = LONGEST) -> str:
    r"""Text of others on one line of Markdown.

    Addresses are broken as investigators do it, ``example[.]org``.

    >>> print(inline("a *b* <script> https://evil.example [x](y)"))
    a \*b\* &lt;script&gt; https\[:\]//evil\[.\]example \[x\](y)
    >>> print(inline("pier\u202e7\n# title"))
    pier&lt;U+202E&gt;7 \# title
    """
    shown = told(text, longest)
    for pattern, broken in ((SCHEME, "[:]"), (DOMAIN, "[.]"), (EMOJI, "[:]")):
        shown = pattern.sub(broken, shown)
    for mark, entity in ENTITIES.items():
        shown = shown.replace(mark, entity)
    return MARKS.sub(r"\\\1", shown).replace("@", CALL)


def code(name: str) -> str:
    """The name of a file in a run folder, as code; nothing in it can end the code.

    >>> print(code("sites/a`b/diff.tif"))
    `sites/a'b/diff.tif`
    """
    return f"`{told(name).replace('`', chr(39)).replace('@', CALL)}`"
