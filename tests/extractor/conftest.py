"""Fonts: tests that draw ask for `evaluation_fonts` or `fonts` (both pools')."""

import os

import pytest

from extractor.synthesis.fonts import FontsMissingError, require_fonts
from extractor.synthesis.pools import POOLS


def _need(*pools: str) -> None:
    try:
        for pool in pools:
            require_fonts(pool)
    except FontsMissingError as missing:
        if os.environ.get("REQUIRE_ALL"):
            pytest.fail(str(missing))
        pytest.skip(str(missing))


@pytest.fixture(scope="session")
def evaluation_fonts() -> None:
    _need("evaluation")


@pytest.fixture(scope="session")
def fonts() -> None:
    _need(*POOLS)
