"""`python -m eval.documents`: are several documents on a picture or in a PDF found, and kept apart?

Two numbers, over drawn cases (`eval.sheets`):

- documents found: an output that lies on all sides of a document and on no other's;
- foreign fields: values whose box lies on another holder's document.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from eval.counts import counts_before, write_counts
from eval.report.tables import markdown_table
from eval.sheets import Case, Side, make_case
from extractor import NoDocumentError, extract_documents
from extractor.ending import Parser, Stops, at_least, ended
from extractor.extraction import Box, Extraction
from extractor.progress import progress


@dataclass(frozen=True)
class DocumentTally:
    """Counts over cases. `documents` were drawn, of which `found`; `outputs` were given, of which `alone` are sides
    whose holder nothing says; `values` were read with a box, of which `foreign` lie on another document."""

    cases: int = 0
    documents: int = 0
    found: int = 0
    outputs: int = 0
    alone: int = 0
    values: int = 0
    foreign: int = 0

    def __add__(self, other: DocumentTally) -> DocumentTally:
        return DocumentTally(*(a + b for a, b in zip(astuple(self), astuple(other), strict=True)))


@dataclass(frozen=True)
class Counted:
    """Counts by form, and the seeds of cases with a document missed or a foreign value."""

    forms: dict[str, DocumentTally]
    missed: list[int]


def judge(case: Case, results: Sequence[Extraction[Any]]) -> DocumentTally:
    """What became of one case."""
    owners = [_sides(case, result.regions) for result in results]
    found = values = foreign = 0
    for number in range(len(case.fields)):
        own = {index for index, side in enumerate(case.sides) if side.document == number}
        found += sum(bool(own & sides) for sides in owners) == 1 and own in owners
    for result, sides in zip(results, owners, strict=True):
        documents = [case.sides[index].document for index in sorted(sides)]
        most = max(set(documents), key=documents.count, default=-1)
        for one in result.fields.values():
            if one.box and one.value is not None:
                values += 1
                foreign += any(case.sides[index].document != most for index in _sides(case, [one.box]))
    alone = sum(any(warning.code == "lone_side" for warning in result.warnings) for result in results)
    return DocumentTally(1, len(case.fields), found, len(results), alone, values, foreign)


def _sides(case: Case, boxes: Sequence[Box]) -> set[int]:
    """The drawn sides that the middles of boxes lie on; of boxes that are whole pages, the sides on those pages."""
    found = set()
    for box in boxes:
        corners = np.array(box.points)
        x, y = corners.mean(axis=0)
        height, width = case.pages[box.page].shape[:2]
        wide, high = np.ptp(corners, axis=0)
        whole = wide >= 0.98 * width and high >= 0.98 * height
        found |= {
            index
            for index, side in enumerate(case.sides)
            if side.page == box.page and (whole or _holds(side, float(x), float(y)))
        }
    return found


def _holds(side: Side, x: float, y: float) -> bool:
    return cv2.pointPolygonTest(side.corners.astype(np.float32), (x, y), False) >= 0


def read(case: Case) -> list[Extraction[Any]]:
    """All documents of a case, read with the embedded engine."""
    try:
        return extract_documents(case.source)
    except NoDocumentError:
        return []


def main(arguments: Sequence[str] | None = None) -> int:
    """Prints a table by form of the cases."""
    return ended("eval.documents", lambda: _run(_options(arguments)), stops=Stops())


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = Parser(prog="python -m eval.documents", description=__doc__.split("\n\n")[0])
    parser.add_argument(
        "--count", type=at_least(1), default=200, help="how many cases, seeds from 0 (default: %(default)s)"
    )
    parser.add_argument(
        "--out", type=Path, help="JSON file of the counts, written after every case; one that is there is continued"
    )
    return parser.parse_args(arguments)


def _run(options: argparse.Namespace) -> int:
    counted = counts_before(options.out, Counted, Counted({}, []))
    by_form, missed = counted.forms, counted.missed
    done = sum(tally.cases for tally in by_form.values())
    with progress(options.count - done, "reading") as advance:
        for seed in range(done, options.count):
            case = make_case(seed)
            made = judge(case, read(case))
            by_form[case.form] = by_form.get(case.form, DocumentTally()) + made
            if made.found < made.documents or made.foreign > 0:
                missed.append(seed)
            write_counts(options.out, Counted(dict(sorted(by_form.items())), missed))
            advance()
    print(table(by_form))
    print(f"cases with a document missed or a foreign value: {', '.join(map(str, missed)) or 'none'}")
    return 0


def table(by_form: Mapping[str, DocumentTally]) -> str:
    """Counts by form and together, with the share of documents found."""
    total = sum(by_form.values(), DocumentTally())
    rows = [
        [name, *(str(count) for count in astuple(one)), f"{100 * one.found / max(one.documents, 1):.1f} %"]
        for name, one in [*sorted(by_form.items()), ("all", total)]
    ]
    return markdown_table(["form", *(field.name for field in fields(DocumentTally)), "found %"], rows)


if __name__ == "__main__":
    sys.exit(main())
