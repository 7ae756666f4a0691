"""One table ``[[site]]`` with the defaults under it, as checked entries of a watch list."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from imagery.archives import known_archives
from imagery.errors import InputError, UnreadableFile
from imagery.sites import load_site
from pipelines.batch.watchlist import Entry, Patience, Rule
from pipelines.config import Access, Options, nearest

RULE = tuple(each.name for each in fields(Rule) if each.name != "kind")
OPTIONS = ("product", "method", "mask", "history", "chunk", "keep")
ACCESS = ("imagery", "cache", "cache_gb", "offline", "allow_hosts")
PATIENCE = ("attempts", "wait_s")
DEFAULTS = ("rule", *RULE, *OPTIONS, *ACCESS, *PATIENCE, "notify")
SITE = ("site", "name", *DEFAULTS)
TEXTS = ("rule", "before", "after", "article", "date", "product", "method", "mask")
OF_KIND = {"before": "dates", "after": "dates", "article": "claims", "date": "claims"}
NAME = re.compile(r"[\w-][\w.-]{0,79}")
SUFFIXES = (".geojson", ".json")


@dataclass(frozen=True, slots=True)
class Around:
    """What stands around a table in its file.

    Attributes:
        folder: That paths count from.
        defaults: Keys that hold where a site says nothing.
        archives: The user's own, by name.
        channels: Names of all.
    """

    folder: Path
    defaults: Mapping[str, Any]
    archives: Mapping[str, Any]
    channels: tuple[str, ...]


def entries(own: Mapping[str, Any], around: Around, *, line: int) -> list[Entry]:
    """The sites that one table names: several where it names a folder or a list.

    Args:
        own: The table; its keys are known ones.
        line: Where it stands.

    Raises:
        InputError: a value is wrong; its first argument is the key.
    """
    said = {key: _plain(value) for key, value in {**around.defaults, **own}.items()}
    for key in TEXTS:
        if key in said and not isinstance(said[key], str):
            raise InputError(key, said[key], "a text")
    rule = _rule(said, around.folder)
    for key, kind in OF_KIND.items():
        if key in own and rule.kind != kind:
            raise InputError(key, own[key], f'left out, or rule = "{kind}"')
    entry = Entry(
        name="",
        line=line,
        places=(),
        rule=rule,
        options=_options(said, around.folder),
        access=_access(said, around),
        patience=Patience(**{key: said[key] for key in PATIENCE if key in said}),
        notify=_told(said.get("notify", list(around.channels)), around.channels),
    )
    places = _places(said.get("site"), around.folder, optional=rule.kind == "claims")
    if rule.kind == "claims":
        return [replace(entry, name=_name(said, Path(str(rule.article)).stem), places=places)]
    named = [(_site_id(place), place) for place in places]
    if "name" in said and len(named) > 1:
        raise InputError("name", said["name"], f"left out, as this names {len(named)} sites")
    return [replace(entry, name=_name(said, site), places=(place,)) for site, place in named]


def check_names(found: Sequence[Entry], known: dict[str, int]) -> None:
    """Refuse a name that another entry has: each has a folder of its own.

    Args:
        found: Entries of one table.
        known: Lines by the names of all before; gets those of ``found``.

    Raises:
        InputError: one is there twice.
    """
    mine: dict[str, int] = {}
    for entry in found:
        key = entry.name.casefold()
        line = known.get(key, mine.get(key))
        if line is not None:
            expected = f"one of its own: line {line} has it; another is given by name ="
            raise InputError("name", entry.name, expected)
        mine[key] = entry.line
    known |= mine


def _name(said: Mapping[str, Any], default: str) -> str:
    name = said.get("name", default)
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise InputError("name", name, "letters, digits, - and _, at most 80")
    return name


def _rule(said: Mapping[str, Any], folder: Path) -> Rule:
    rule = Rule(kind=said.get("rule", "latest"), **{key: said[key] for key in RULE if key in said})
    if rule.kind != "claims" or rule.article is None:
        return rule
    path = folder / rule.article
    if _kind(path) != "file":
        raise InputError("article", rule.article, "the path of a text or a claims file")
    return replace(rule, article=str(path))


def _plain(value: Any) -> Any:
    """A date written without quotes is as good as one with them."""
    day = isinstance(value, date) and not isinstance(value, datetime)
    return value.isoformat() if day else value


def _options(said: Mapping[str, Any], folder: Path) -> Options:
    found = Options(**{key: said[key] for key in OPTIONS if key in said})
    return found if found.keep is None else replace(found, keep=str(folder / found.keep))


def _access(said: Mapping[str, Any], around: Around) -> Access:
    given = {key: said[key] for key in ACCESS if key in said}
    found = Access(**given, archives=dict(around.archives))
    cache = None if found.cache is None else str(around.folder / found.cache)
    return replace(found, imagery=_imagery(found.imagery, around), cache=cache)


def _imagery(text: str, around: Around) -> str:
    archives = known_archives(around.archives)
    if "://" in text or text in archives:
        return text
    path = around.folder / text
    if not _kind(path):
        kinds = "a folder, a catalogue's .json file, a web address or an archive"
        raise InputError("imagery", text, f"{kinds}: {nearest(text, archives)}")
    return str(path)


def _told(value: object, channels: Sequence[str]) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise InputError("notify", value, "a list of names of tables [notify.NAME]")
    for name in value:
        if name not in channels:
            expected = nearest(name, channels) if channels else "a table [notify.NAME] for it"
            raise InputError("notify", name, expected)
    return tuple(value)


def _places(value: object, folder: Path, *, optional: bool) -> tuple[str, ...]:
    """Registry ids as they are, paths from the list's folder, a folder as the files in it."""
    if value is None and optional:
        return ()
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not texts or not all(isinstance(t, str) for t in texts):
        raise InputError("site", value, "an id, a GeoJSON file, a folder of them, or a list")
    found: list[str] = []
    for text in texts:
        path = folder / text
        if _kind(path) == "folder":
            files = _site_files(path, text)
            if not files:
                raise InputError("site", text, "a folder with .geojson files")
            found += [str(file) for file in files]
        else:
            found.append(str(path) if path.suffix.lower() in SUFFIXES or "/" in text else text)
    for place in found:
        _site_id(place)
    return tuple(found)


def _kind(path: Path) -> str:
    """``folder``, ``file``, or nothing: also where no path can have that name."""
    try:
        return "folder" if path.is_dir() else "file" if path.exists() else ""
    except OSError:
        return ""


def _site_files(folder: Path, text: str) -> list[Path]:
    try:
        return sorted(each for each in folder.iterdir() if each.suffix.lower() in SUFFIXES)
    except OSError as error:
        raise InputError("site", text, f"a folder to look into ({error.strerror})") from None


def _site_id(place: str) -> str:
    try:
        return load_site(place).id
    except UnreadableFile as error:
        path, reason, advice = error.args
        raise InputError("site", str(path), f"a site file, but {reason}. {advice}") from None
    except InputError as error:
        raise InputError("site", place, error.args[2]) from None
