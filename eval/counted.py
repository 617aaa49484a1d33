"""Generated blocks of the documents: tables of the counts that the named commands wrote to `eval/results/`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any


def documents(record: Mapping[str, Any]) -> str:
    """The table of `eval.documents`, with the command below."""
    from eval.documents import DocumentTally, table

    tallies = {form: DocumentTally(**counts) for form, counts in record["forms"].items()}
    cases = sum(one.cases for one in tallies.values())
    return f"{table(tallies)}\n`python -m eval.documents --count {cases}`\n"


def zones(record: Mapping[str, Any]) -> str:
    """The table of `eval.zones`, with the command below."""
    from eval.zones import ZoneTally, table

    tallies = {name: ZoneTally(**counts) for name, counts in record.items()}
    return f"{table(tallies)}\n`python -m eval.zones --zones {max(one.zones for one in tallies.values())}`\n"


def pictures(rows: Sequence[Mapping[str, Any]]) -> str:
    """The table of `eval.pictures`, with the command below."""
    from eval.pictures import table

    pages = len(rows[0]["silent"]) + len(rows[0]["warned"])
    return f"{table(rows)}\n`python -m eval.pictures --pages {pages}`\n"


def usermodels(record: Mapping[str, Any]) -> str:
    """The table of `eval.usermodels`, with the command below."""
    from eval.usermodels.__main__ import counts_of, table

    counts = {name: counts_of(one) for name, one in record.items()}
    every = {one.every for one in counts.values()}
    asked = f" --every {every.pop()}" if every != {1} else ""
    return f"{table(counts)}\n`python -m eval.usermodels --dataset {' '.join(counts)}{asked}`\n"


def lines(record: Mapping[str, Any]) -> str:
    """The table of `eval.lines`, with the command below."""
    from eval.lines import LineTally, table

    tallies = {name: LineTally(**counts) for name, counts in record.items()}
    return f"{table(tallies)}\n`python -m eval.lines --dataset ../shared/specimens`\n"


def tesseract(record: Mapping[str, Any]) -> str:
    """The table of `eval.tesseract`, with the command below."""
    from eval.tesseract import LineComparison, table

    found = {name: LineComparison(**counts) for name, counts in record.items()}
    return f"{table(found)}\n`python -m eval.tesseract --dataset ../shared/specimens`\n"


def zone_sizes(record: Mapping[str, Any]) -> str:
    """The table of `eval.zone_sizes`, with the command below."""
    from eval.zone_sizes import SizeTally, table

    return f"{table({size: SizeTally(**counts) for size, counts in record.items()})}\n`python -m eval.zone_sizes`\n"
