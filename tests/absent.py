"""What a test does where something that it needs is not installed."""

import os
from typing import NoReturn

import pytest


def absent(reason: str) -> NoReturn:
    """Skips the test with the line that installs what is missing; where REQUIRE_ALL is set (`.ci/run`), fails it."""
    if os.environ.get("REQUIRE_ALL"):
        pytest.fail(reason)
    pytest.skip(reason)
