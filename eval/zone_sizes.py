"""`python -m eval.zone_sizes`: how small a machine-readable zone may be and still be read without an error.

Clean and scanned documents of the frozen set are made so small that a character of the zone is so many pixels wide, and
read whole, as any picture is: with detection, turning and everything else.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from eval.counts import counts_file
from eval.report.tables import markdown_table
from extractor.ending import Parser, Stops, at_least, ended
from extractor.errors import ExtractorError
from extractor.imaging import load_pages
from extractor.labels import load_dataset
from extractor.labels.format import Specimen
from extractor.pipeline import prepare
from extractor.progress import progress

FROZEN = Path(__file__).resolve().parents[1] / "datasets" / "frozen"
SIZES = (5, 6, 7, 8, 9, 11)


@dataclass
class SizeTally:
    """Zones of one size: how many, and how many of them were found and read without an error."""

    zones: int = 0
    found: int = 0
    exact: int = 0


def specimens() -> list[Specimen]:
    """Clean and scanned documents with a zone whose place is labelled."""
    loaded = load_dataset(FROZEN)
    return [
        one for one in loaded if one.capture in ("clean", "scan") and one.fields.get("mrz") and one.boxes.get("mrz")
    ]


def pitch_of(specimen: Specimen) -> float:
    """Pixels between two characters of the zone as it is labelled."""
    corners = np.array(specimen.boxes["mrz"][0])
    return float(np.linalg.norm(corners[1] - corners[0])) / len(specimen.fields["mrz"][0])


def read(specimen: Specimen, size: float, tally: SizeTally) -> None:
    """Counts a specimen whose zone's characters are made `size` pixels wide; one that is smaller as it is, not."""
    scale = size / pitch_of(specimen)
    if scale > 1:
        return
    image = cv2.resize(load_pages(specimen.path)[0], None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    tally.zones += 1
    try:
        zone = prepare(image, specimen.schema).evidence.zone
    except ExtractorError:
        return
    tally.found += zone is not None
    tally.exact += zone is not None and list(zone.lines) == list(specimen.fields["mrz"])


def table(tallies: Mapping[str, SizeTally]) -> str:
    """Sizes in order."""
    rows = [
        [
            size,
            str(one.zones),
            f"{100 * one.found / max(one.zones, 1):.0f} %",
            f"{100 * one.exact / max(one.zones, 1):.0f} %",
        ]
        for size, one in sorted(tallies.items(), key=lambda pair: float(pair[0]))
    ]
    return markdown_table(["pixels a character", "zones", "found", "read without an error"], rows)


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints the table."""
    return ended("eval.zone_sizes", lambda: _run(_options(arguments)), stops=Stops())


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = Parser(prog="python -m eval.zone_sizes", description=__doc__.split("\n\n")[0])
    parser.add_argument(
        "--pixels", type=at_least(1), nargs="+", default=SIZES, metavar="N", help="default: %(default)s"
    )
    parser.add_argument("--limit", type=at_least(1), help="documents at most")
    parser.add_argument("--out", type=Path, help="JSON file of the counts, for docs/accuracy.md")
    return parser.parse_args(arguments)


def _run(options: argparse.Namespace) -> int:
    chosen = specimens()[: options.limit]
    tallies = {str(size): SizeTally() for size in options.pixels}
    with counts_file(options.out) as write, progress(len(chosen) * len(tallies), "reading") as advance:
        for size, tally in tallies.items():
            for specimen in chosen:
                read(specimen, float(size), tally)
                advance()
        write(tallies)
    print(table(tallies))
    return 0


if __name__ == "__main__":
    sys.exit(main())
