"""Opens the source that a user named: cache, network, signatures and all."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path

from imagery.archives import known_archives
from imagery.fetch import Store
from imagery.signatures import Credentials
from imagery.sources import Source, folder_source, open_source
from imagery.web import Dial, Trust, Web
from imagery.web.signing import S3Keys
from pipelines.config import Access

KEYS = (
    ("CDSE_S3_ACCESS_KEY", "CDSE_S3_SECRET_KEY", None),
    ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"),
)
"""Environment variables of S3 credentials: access key, secret key, session token."""

TOKEN = "TILEWITNESS_TOKEN"  # noqa: S105 - the name of a variable, not a token
"""Environment variable of a bearer token, for an archive that signs by ``bearer``."""

PROXIES = ("HTTPS_PROXY", "https_proxy")


@dataclass(frozen=True, slots=True)
class Opened:
    """A source, and what was read to serve it.

    Attributes:
        source: Where scenes come from.
        web: None where a folder needs no network.
        store: None where nothing is fetched.
    """

    source: Source
    web: Web | None = None
    store: Store | None = None

    def traffic(self) -> dict[str, Any]:
        """For ``--json``: bytes received, and for each asset what was needed of it."""
        if self.web is None or self.store is None:
            return {"requests": 0, "received_bytes": 0, "assets": []}
        assets = [
            {
                "scene": tally.item,
                "asset": tally.asset,
                "touched_bytes": tally.touched,
                "header_bytes": tally.header,
                "fetched_bytes": tally.fetched,
                "from_cache_bytes": tally.stored,
            }
            for tally in self.store.tallies
        ]
        return {
            "requests": self.web.requests,
            "received_bytes": self.web.received,
            "assets": assets,
        }


@contextmanager
def opened(
    access: Access, *, environment: Mapping[str, str], now: Callable[[], datetime]
) -> Iterator[Opened]:
    """The source that ``access`` names, until the block ends.

    Args:
        access: As the user chose.
        environment: Credentials and the proxy are in it; they go nowhere but into requests.
        now: The clock, UTC.

    Raises:
        InputError: there is no such source.
        ImageryError: it cannot be read.
    """
    archives = known_archives(access.archives)
    folder = folder_source(access.imagery, archives=archives)
    if folder is not None:
        yield Opened(folder)
        return
    root = Path(access.cache) if access.cache else user_cache_path("tilewitness")
    proxy = next((environment[name] for name in PROXIES if environment.get(name)), None)
    trust = Trust(allowed=frozenset(access.allow_hosts))
    with (
        Store(root, now=now, limit_bytes=int(access.cache_gb * 2**30)) as store,
        Web(now=now, trust=trust, dial=Dial(proxy=proxy), answers=store) as web,
    ):
        line = web.offline_copy() if access.offline else web
        source = open_source(
            access.imagery,
            archives=archives,
            web=line,
            store=store,
            credentials=_credentials(environment, archive=access.imagery),
        )
        yield Opened(source, web, store)


def _credentials(environment: Mapping[str, str], *, archive: str) -> Credentials:
    # Keys of one provider are never offered to another: the first pair is for cdse alone.
    pairs = KEYS if archive == "cdse" else KEYS[1:]
    keys = None
    for access, secret, session in pairs:
        if environment.get(access) and environment.get(secret):
            token = environment.get(session) if session else None
            keys = S3Keys(environment[access], environment[secret], token)
            break
    return Credentials(s3=keys, bearer=environment.get(TOKEN) or None)
