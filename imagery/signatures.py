"""Which signature the files of a scene are read with: what its archive asks for, and our keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from imagery.catalogs.fields import REQUESTER_PAYS, S3, SIGNING
from imagery.web import Web, signing
from imagery.web.signing import AWS_ENDPOINT, Bearer, PlanetaryComputer, S3Keys, Signer, Unsigned

AWS_REGION = "us-east-1"
S3_VARIABLES = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")


@dataclass(frozen=True, slots=True)
class Credentials:
    """What proves who reads; from the caller, and never written anywhere.

    Attributes:
        s3: Keys of an S3 store, or None.
        bearer: A bearer token, or None.
    """

    s3: S3Keys | None = field(default=None, repr=False)
    bearer: str | None = field(default=None, repr=False)


class Signatures:
    """Signers by what an asset says of itself; tokens are kept while they are valid."""

    def __init__(self, web: Web, credentials: Credentials) -> None:
        """Sign with these credentials; tokens that anybody may have are fetched through ``web``."""
        self._credentials = credentials
        self._planetary = PlanetaryComputer(lambda url: web.json(url, keep=False))

    def missing(self, fields: Mapping[str, Any]) -> str | None:
        """What an asset cannot be read without and was not given; None where nothing is missing."""
        kind = fields.get(SIGNING)
        if kind == "bearer" and self._credentials.bearer is None:
            return "needs a bearer token: set TILEWITNESS_TOKEN"
        if kind == "s3" and self._credentials.s3 is None:
            return f"needs S3 keys: set {' and '.join(S3_VARIABLES)}"
        return None

    def of(self, fields: Mapping[str, Any], *, home: str) -> Signer:
        """The signer for an asset of which nothing is missing.

        Args:
            fields: Of the asset, as ``catalogs`` made it.
            home: Address of the archive: hosts beside it may see its bearer token.
        """
        kind = fields.get(SIGNING)
        if kind == "planetary-computer":
            return self._planetary
        if kind == "bearer" and self._credentials.bearer is not None:
            host = urlsplit(home).hostname or ""
            return Bearer(self._credentials.bearer, (host, f".{host.partition('.')[2]}"))
        if kind == "s3":
            place = fields.get(S3, {})
            region = place.get("region") or AWS_REGION
            endpoint = place.get("endpoint") or AWS_ENDPOINT.format(region=region)
            pays = bool(fields.get(REQUESTER_PAYS))
            return signing.S3(endpoint, region, self._credentials.s3, requester_pays=pays)
        return Unsigned()
