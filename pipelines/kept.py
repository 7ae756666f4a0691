"""Where the originals of what runs read are kept."""

from __future__ import annotations

from pathlib import Path

from platformdirs import user_data_path

from imagery.keep import Keep
from pipelines.config import Options


def kept(options: Options) -> Keep:
    """The folder that the user names, or the user's own for good."""
    return Keep(Path(options.keep) if options.keep else user_data_path("tilewitness") / "originals")
