"""Shared by the training commands: running one."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from extractor.ending import ended


def run(parser: argparse.ArgumentParser, arguments: Sequence[str] | None) -> int:
    """Runs what `parser` chose as `run` and returns the exit code: 0, or that of what went wrong."""

    def chosen() -> int:
        options = parser.parse_args(arguments)
        return int(options.run(options))

    return ended("error", chosen)
