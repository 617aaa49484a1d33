"""Shared by the training commands: running one, and showing its progress."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from extractor.ending import ended

if TYPE_CHECKING:
    from rich.progress import TaskID


def run(parser: argparse.ArgumentParser, arguments: Sequence[str] | None) -> int:
    """Runs what `parser` chose as `run` and returns the exit code: 0, or that of what went wrong."""

    def chosen() -> int:
        options = parser.parse_args(arguments)
        return int(options.run(options))

    return ended("error", chosen)


@contextmanager
def progress_bar() -> Iterator[Callable[[str, int, int], None]]:
    """A progress bar on stderr where it is a terminal."""
    if not sys.stderr.isatty():
        yield lambda _what, _done, _of: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as progress:
        tasks: dict[str, TaskID] = {}

        def tell(what: str, done: int, of: int) -> None:
            if what not in tasks:
                tasks[what] = progress.add_task(what, total=of)
            progress.update(tasks[what], completed=done)

        yield tell
