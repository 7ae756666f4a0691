"""Which addresses of a catalogue are followed: http, https and s3, or a file inside its folder."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from imagery.errors import UntrustedError

SCHEMES = ("https", "http", "s3")

_ODD = re.compile(r"[\x00-\x20\x7f\\]")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_VIRTUAL = re.compile(r"/*vsi", re.IGNORECASE)
_LONGEST = 4096
_REMEDY = "Nothing of it was read."


def checked_href(href: object, *, base: str, root: Path | None, what: str) -> str:
    """An absolute address, or a path inside the catalogue's own folder.

    Args:
        href: As the catalogue says it.
        base: URL or path of the document that says it.
        root: Folder of a local catalogue; None for one on the network, which can never name a
            local path.
        what: Who says it, for messages.

    Raises:
        UntrustedError: another scheme, a virtual file of GDAL's, a VRT, or outside the folder.
    """
    text = href.strip() if isinstance(href, str) else ""
    # A space in the name of a local file is no trick; in an address it is none.
    odd = _ODD.search(text.replace(" ", "") if root is not None else text)
    if not text or odd or len(text) > _LONGEST:
        raise UntrustedError(
            what, "its address is empty, too long or holds odd characters", _REMEDY
        )
    if _VIRTUAL.match(text):
        raise UntrustedError(what, "its address is a virtual file (/vsi...)", _REMEDY)
    if root is not None and not _SCHEME.match(text) and not text.startswith("//"):
        return _inside(text, base=Path(base), root=root, what=what)
    joined = text if root is not None else urljoin(base, text)
    _check_url(joined, what)
    return joined


def same_place(url: str, origin: str) -> bool:
    """Whether two URLs are on one host and port; ``http`` to ``https`` of one host is no move."""
    try:
        one, other = urlsplit(url), urlsplit(origin)
        ports = (one.port, other.port)
    except ValueError:
        return False
    if one.hostname is None or one.hostname != other.hostname:
        return False
    return ports[0] == ports[1] if one.scheme == other.scheme else ports == (None, None)


def _check_url(url: str, what: str) -> None:
    try:
        said = urlsplit(url)
        host, _ = said.hostname, said.port
    except ValueError:
        raise UntrustedError(what, "its address is unreadable", _REMEDY) from None
    if said.scheme.lower() not in SCHEMES:
        problem = f"its address is {said.scheme[:20] or 'no'}:, not http, https or s3"
        raise UntrustedError(what, problem, _REMEDY)
    if not host or said.username or said.password:
        raise UntrustedError(what, "its address names no host, or a user", _REMEDY)
    if said.path.lower().endswith(".vrt"):
        raise UntrustedError(what, "it is a virtual raster (VRT)", _REMEDY)


def _inside(text: str, *, base: Path, root: Path, what: str) -> str:
    if text.lower().endswith(".vrt"):
        raise UntrustedError(what, "it is a virtual raster (VRT)", _REMEDY)
    try:
        path = (base.parent / text).resolve()
    except (OSError, RuntimeError):  # links in a circle
        path = None
    if path is None or not path.is_relative_to(root.resolve()):
        raise UntrustedError(what, "its path leads out of the catalogue's folder", _REMEDY)
    return str(path)
