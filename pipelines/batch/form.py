"""Reads a watch list and checks all of it before anything runs: every fault with line and key."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from imagery.archives import known_archives
from imagery.errors import ImageryError, InputError
from pipelines.batch.entries import DEFAULTS, SITE, Around, check_names, entries
from pipelines.batch.lines import Address, lines_of
from pipelines.batch.store import Store
from pipelines.batch.watchlist import Channel, Entry, WatchList
from pipelines.config import nearest
from pipelines.toml import toml_table, toml_text

if TYPE_CHECKING:
    from pipelines.batch.remote import Remote

LARGEST_FILE = 16 * 2**20
"""Bytes: a hundred thousand sites."""

MOST_TOLD = 20
"""Faults that are listed; the rest are counted."""

_S3 = re.compile(r"s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[\w./-]*)?")

TOP = ("store", "metrics", "defaults", "site", "notify", "archives")
CHANNEL = tuple(each.name for each in fields(Channel) if each.name != "name")
SECRETS = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


@dataclass(slots=True)
class _Reading:
    """One file being checked, and the faults found so far: of the whole, or of one site."""

    path: Path
    lines: Mapping[Address, int]
    whole: list[str] = field(default_factory=list)
    sites: list[str] = field(default_factory=list)

    def line(self, *address: str | int) -> int:
        """Of a key, or of the table that holds it."""
        while address and address not in self.lines:
            address = address[:-1]
        return self.lines.get(address, 1)

    @contextmanager
    def told(self, *table: str | int, elsewhere: Sequence[Address] = ()) -> Iterator[None]:
        """Note what is wrong in the block, with the line of the key that it names."""
        try:
            yield
        except ImageryError as error:
            words = str(error.args[0])
            places = [(*each, words) for each in (table, *elsewhere)]
            at = next((self.lines[each] for each in places if each in self.lines), None)
            of_site = bool(table) and table[0] == "site"
            faults = self.sites if of_site else self.whole
            number = self.line(*table) if at is None else at
            faults.append(f"{self.path.name}, line {number}: {error}")

    def keys(self, table: Mapping[str, Any], known: Sequence[str], *address: str | int) -> None:
        """Note every key of a table that is not known, with the nearest right name."""
        faults = self.sites if address and address[0] == "site" else self.whole
        for key in table:
            if key not in known:
                said = InputError("a key", key, nearest(key, known))
                faults.append(f"{self.path.name}, line {self.line(*address, key)}: {said}")


def read(
    path: Path, *, skip_bad: bool = False, environment: Mapping[str, str] | None = None
) -> WatchList:
    """Read and check a watch list: its keys, values, sites, folders, articles and secrets.

    Args:
        path: A TOML file; paths in it count from its folder.
        skip_bad: Leave out sites with faults instead of refusing the list.
        environment: To see that every secret is there; None where nobody will be told anything.

    Raises:
        UnreadableFile: the file cannot be read or is not TOML.
        InputError: something in it is wrong; further faults are notes of the error.
    """
    text = toml_text(path, what="a watch list", largest=LARGEST_FILE)
    path = path.absolute()  # workers stand in folders of their own
    table = toml_table(path, text)
    reading = _Reading(path, lines_of(text))
    reading.keys(table, TOP)
    listed = _entries(reading, table)
    found = WatchList(
        path=path,
        store=_store(reading, table),
        metrics=_metrics(reading, table),
        entries=listed,
        channels=_channels(reading, table, environment),
        bad=tuple(reading.sites) if skip_bad else (),
    )
    faults = reading.whole if skip_bad else [*reading.whole, *reading.sites]
    if not faults and not listed:
        faults = [f"{path.name}: no site is left; give at least one table [[site]]."]
    if faults:
        raise _refusal(faults)
    return found


def _refusal(faults: Sequence[str]) -> ImageryError:
    refusal = ImageryError(faults[0])
    for each in faults[1:MOST_TOLD]:
        refusal.add_note(f"\n{each}")
    if len(faults) > MOST_TOLD:
        refusal.add_note(f"\nAnd {len(faults) - MOST_TOLD} more.")
    return refusal


def _store(reading: _Reading, table: Mapping[str, Any]) -> Store:
    """Where the runs are: a folder, or a working copy beside the list of a store in S3."""
    beside = f"{reading.path.stem}-runs"
    said = _path(reading, table, "store", default=beside)
    if "://" not in said:
        return Store(reading.path.parent / said)
    with reading.told():
        return Store(reading.path.parent / beside, _remote(said))
    return Store(reading.path.parent / beside)


def _remote(url: str) -> Remote:
    if not _S3.fullmatch(url) or ".." in url:
        raise InputError("store", url, "a folder, s3://BUCKET or s3://BUCKET/PREFIX")
    try:
        from pipelines.batch.remote import Remote
    except ImportError:
        wanted = "the extra that speaks to it: pip install 'tilewitness[s3]'"
        raise InputError("store", url, wanted) from None
    return Remote(url.rstrip("/"))


def _path(reading: _Reading, table: Mapping[str, Any], key: str, *, default: str) -> str:
    value = table.get(key, default)
    if isinstance(value, str) and value and "\0" not in value:
        return value
    with reading.told():
        raise InputError(key, value, "a path")
    return default


def _metrics(reading: _Reading, table: Mapping[str, Any]) -> Path | None:
    if "metrics" not in table:
        return None
    return reading.path.parent / _path(reading, table, "metrics", default="batch.prom")


def _entries(reading: _Reading, table: Mapping[str, Any]) -> tuple[Entry, ...]:
    around = _around(reading, table)
    sites = table.get("site", [])
    if not isinstance(sites, list) or not all(isinstance(each, dict) for each in sites):
        with reading.told():
            raise InputError("site", "no list of tables", "tables [[site]], one for each")
        return ()
    found: list[Entry] = []
    known: dict[str, int] = {}
    for number, own in enumerate(sites):
        before = len(reading.sites)
        reading.keys(own, SITE, "site", number)
        if len(reading.sites) == before:
            with reading.told("site", number, elsewhere=[("defaults",)]):
                named = entries(own, around, line=reading.line("site", number))
                check_names(named, known)
                found += named
    return tuple(found)


def _around(reading: _Reading, table: Mapping[str, Any]) -> Around:
    """What holds for all sites; what is no table there is a fault, and then holds nothing."""
    said: dict[str, Mapping[str, Any]] = {}
    for key in ("defaults", "archives", "notify"):
        value = table.get(key, {})
        with reading.told():
            if not isinstance(value, dict):
                raise InputError(key, value, "a table")
        said[key] = value if isinstance(value, dict) else {}
    archives = said["archives"]
    with reading.told("archives"):
        known_archives(archives)
    reading.keys(said["defaults"], DEFAULTS, "defaults")
    defaults = {key: value for key, value in said["defaults"].items() if key in DEFAULTS}
    return Around(
        reading.path.parent, defaults, {} if reading.whole else archives, tuple(said["notify"])
    )


def _channels(
    reading: _Reading, table: Mapping[str, Any], environment: Mapping[str, str] | None
) -> tuple[Channel, ...]:
    channels = table.get("notify", {})
    found = []
    for name, said in channels.items() if isinstance(channels, dict) else ():
        with reading.told("notify", name):
            if not isinstance(said, dict):
                raise InputError(name, said, f"a table [notify.{name}]")
            reading.keys(said, CHANNEL, "notify", name)
            given = {key: value for key, value in said.items() if key in CHANNEL}
            words = given.get("to", [])
            given["to"] = tuple(words) if isinstance(words, list) else (words,)
            if "kind" not in given:
                raise InputError("kind", None, "given: webhook, email, file or command")
            channel = Channel(name=name, **given)
            _check_secret(channel, environment)
            found.append(_placed(channel, reading.path.parent))
    return tuple(found)


def _check_secret(channel: Channel, environment: Mapping[str, str] | None) -> None:
    name = channel.secret_env
    if name is None:
        return
    if not isinstance(name, str) or not SECRETS.fullmatch(name):
        raise InputError("secret_env", "no such name", "the name of an environment variable")
    if environment is not None and not environment.get(name):
        raise InputError("secret_env", name, "an environment variable that is set")


def _placed(channel: Channel, base: Path) -> Channel:
    if channel.kind != "file":
        return channel
    return replace(channel, to=(str(base / channel.to[0]),))
