"""What a test needs and a machine has not."""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def lacking(what: str) -> NoReturn:
    """Skip, or fail where somebody relies on these tests."""
    if os.environ.get("TILEWITNESS_SERVICES") == "required":
        pytest.fail(f"needs {what}")
    pytest.skip(f"needs {what}")
