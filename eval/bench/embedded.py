"""Reading without a model: seconds a page and where they go, the start of a one-page run, memory over many pages.

Pages are the pictures of a dataset, scaled so that the longer side has `--width` pixels and stored as JPEG, so that
the figures are those of the page size the README states, and decoding is in them.
"""

from __future__ import annotations

import argparse
import io
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from PIL import Image

from eval.bench.command import Bench, Table
from eval.running.cells import Cell, engine_of
from eval.running.machine import cores, peak_memory, reset_peaks
from eval.running.measuring import Growth, Probe, command_seconds, memory_growth, quantile
from eval.running.selection import select
from extractor.errors import NoDocumentError, UsageError
from extractor.imaging import load_pages
from extractor.reading import extract
from extractor.stages import observed

_DATASET = Path("datasets/examples")
_JPEG_QUALITY = 92
#: Fewer pages than this say nothing about what a thousand would add.
_ENOUGH_PAGES = 100
#: Runs of each command that is started; the median is reported.
_STARTS = 5


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this bench's arguments."""
    own = parser.add_argument_group("embedded")
    own.add_argument("--dataset", type=Path, default=_DATASET, help=f"labelled pictures (default {_DATASET})")
    own.add_argument("--limit", type=int, metavar="N", help="at most N pictures")
    own.add_argument("--width", type=int, default=1000, help="longer side of a page in pixels (default 1000)")
    own.add_argument("--repeat", type=int, default=3, metavar="N", help="times each page is read (default 3)")
    own.add_argument("--pages", type=int, default=0, metavar="N", help="read N pages more, and watch memory")
    own.add_argument("--no-start", action="store_true", help="leave the start of commands out")


def bench(options: argparse.Namespace) -> Bench:
    """Measures. Raises ExtractorError for an invalid dataset."""
    if options.repeat < 1 or options.width < 64 or options.pages < 0:
        raise UsageError("--repeat must be at least 1, --width at least 64, --pages at least 0")
    pages = _pages(options)
    reset_peaks()
    probe, taken = _read_all(pages, options.repeat)
    # Memory over many pages comes last: what is beside it then does no harm.
    starts = {} if options.no_start else _starts(select(options.dataset, limit=1).specimens[0].path)
    growth = memory_growth(_reader(pages), options.pages) if options.pages else None
    peak = peak_memory()
    stages = {name: round(share, 4) for name, share in probe.shares().items()}
    figures = {
        "cores": cores(),
        "pages": len(pages),
        "repeat": options.repeat,
        "width": options.width,
        "seconds_median": round(quantile(taken, 0.5), 3),
        "seconds_p95": round(quantile(taken, 0.95), 3),
        "pages_per_second": round(len(taken) / sum(taken), 2),
        "stages": stages,
        "peak_memory_mb": round(peak) if peak is not None else None,
        "growth": _growth_figures(growth),
        **starts,
    }
    return Bench(_tables(figures, growth), figures)


def _pages(options: argparse.Namespace) -> list[tuple[bytes, Any]]:
    """(JPEG, schema) of every page, at the size that was asked for."""
    selection = select(options.dataset, limit=options.limit)
    found = []
    for specimen in selection.specimens:
        image = Image.fromarray(load_pages(specimen.path)[0])
        scale = options.width / max(image.size)
        image = image.resize((max(1, round(image.width * scale)), max(1, round(image.height * scale))))
        buffer = io.BytesIO()
        image.save(buffer, "JPEG", quality=_JPEG_QUALITY)
        found.append((buffer.getvalue(), selection.schema_for(specimen)))
    return found


def _read_all(pages: list[tuple[bytes, Any]], repeat: int) -> tuple[Probe, list[float]]:
    """Reads every page `repeat` times, after a first time that does not count."""
    read = _reader(pages)
    for number in range(len(pages)):
        read(number)
    probe = Probe(
        within={("mrz", "recognition"): "second looks", ("mrz", "detection"): "second looks"},
        whole=frozenset({"orientation", "scripts"}),
    )
    taken = []
    with observed(probe.stage):
        for _ in range(repeat):
            for number in range(len(pages)):
                start = time.perf_counter()
                with probe.stage("rest"):
                    read(number)
                taken.append(time.perf_counter() - start)
    return probe, taken


def _reader(pages: list[tuple[bytes, Any]]) -> Callable[[int], None]:
    engine = engine_of(Cell("embedded"))

    def read(number: int) -> None:
        data, schema = pages[number % len(pages)]
        try:
            extract(data, schema, engine=engine)
        except NoDocumentError:
            return  # its time counts as any other's

    return read


def _growth_figures(growth: Growth | None) -> dict[str, float] | None:
    if growth is None:
        return None
    return {
        "pages": growth.pages,
        "settled_mb": round(growth.settled),
        "end_mb": round(growth.end),
        "most_mb": round(growth.most),
        "mb_per_thousand_pages": round(growth.per_thousand, 1),
    }


def _starts(picture: Path) -> dict[str, float]:
    """What a user of the command waits for: its help, one page from a cold process, and how much of that is the start:
    the same on a picture with nothing on it, which needs every import and the models as well."""
    module = ["-m", "extractor.cli"]
    helps = command_seconds([*module, "--help"], _STARTS)
    pages = command_seconds([*module, str(picture)], _STARTS)
    with tempfile.TemporaryDirectory() as folder:
        blank = Path(folder) / "blank.png"
        Image.new("RGB", (64, 64), "white").save(blank)
        starts = command_seconds([*module, str(blank)], _STARTS, ends_with={NoDocumentError.exit_code})
    return {
        "start_seconds": round(quantile(starts, 0.5), 3),
        "help_seconds": round(quantile(helps, 0.5), 3),
        "one_page_seconds": round(quantile(pages, 0.5), 3),
    }


def _tables(figures: dict[str, Any], growth: Growth | None) -> list[Table]:
    rows = [
        ["seconds a page, median", f"{figures['seconds_median']:.2f}"],
        ["seconds a page, 95 % within", f"{figures['seconds_p95']:.2f}"],
        ["pages a second", f"{figures['pages_per_second']:.2f}"],
    ]
    if "help_seconds" in figures:
        rows += [
            ["extract --help, seconds", f"{figures['help_seconds']:.2f}"],
            ["start of a one-page run, seconds", f"{figures['start_seconds']:.2f}"],
            ["one page from a cold start, all in all, seconds", f"{figures['one_page_seconds']:.2f}"],
        ]
    if figures["peak_memory_mb"] is not None:
        rows.append(["peak memory, MB", f"{figures['peak_memory_mb']}"])
    if growth is not None:
        rows.append(
            [f"memory over {growth.pages} pages, MB", f"{growth.settled:.0f} at first, {growth.end:.0f} at the end"]
        )
        if growth.pages >= _ENOUGH_PAGES:
            rows.append(["memory a thousand pages add, MB", f"{growth.per_thousand:+.1f}"])
    title = f"without a model, {figures['cores']} cores, pages {figures['width']} pixels wide, warm"
    shares = [[name, f"{100 * share:.1f}"] for name, share in figures["stages"].items()]
    return [Table(title, ("", "measured"), rows), Table("where the time goes", ("stage", "%"), shares)]
