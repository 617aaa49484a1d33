"""Blocks of the documents that are generated: tables of runs by language, cell, type, precision and kind, tables of
counts that other commands of `eval` wrote, and what ten million pages cost."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

from pydantic import TypeAdapter

from eval.report import tables
from eval.running.machine import busy

#: Headings of the rates, as the metrics are named.
_RATES = ("hallucination rate", "miss rate", "document accuracy")


def scores_by_language(summary: Mapping[str, Any]) -> str:
    """The table of a run by language, and by cell where there are several, with what ran below it."""
    header, body = tables.cut_table(summary, "languages")
    body = [*body, _bold(_totals(summary))]
    return tables.markdown_table(header, body) + "\n" + _comparisons(summary) + _origin(summary)


def scores_by_cell(summary: Mapping[str, Any]) -> str:
    """The table of a run of several cells by cell, with their paired comparisons and what ran below it."""
    header = ["read by", "documents", "values", "exact", "folded", *_RATES, "s/page"]
    rows = []
    for name, cell in summary["cells"].items():
        record = cell["overall"]
        rates = (tables.percent(record[key]) for key in ("folded", "hallucination_rate", "miss_rate", "all_right"))
        counts = [str(record["documents"]), str(record["values"]), tables.with_interval(record["exact"])]
        rows.append([name, *counts, *rates, tables.seconds(record["seconds"]["median"])])
    return tables.markdown_table(header, rows) + "\n" + _comparisons(summary) + _origin(summary)


def scores_by_type(summary: Mapping[str, Any]) -> str:
    """The table of a run with one cell by type of document: documents and pictures counted apart."""
    (cell,) = summary["cells"].values()
    header = [
        "document",
        "documents (pictures)",
        "fields",
        "field exact match",
        "CER",
        "MRZ exact",
        "hallucination rate",
        "s/page",
    ]
    rows = []
    for name, scores in cell["schemas"].items():
        rows.append(_type_row(name, scores))
        own = {key: scores for key, scores in cell["scripts"].items() if key.startswith(f"{name}, ")}
        rows += [_type_row(f"– {key.partition(', ')[2]}", scores) for key, scores in own.items() if len(own) > 1]
    body = [*rows, _bold(_type_row("all", cell["overall"]))]
    overall = cell["overall"]
    by_picture = (
        f"By picture instead of by document: field exact match {tables.percent(overall['exact_by_picture'])}, "
        f"MRZ exact {tables.percent(overall['mrz_exact_by_picture'])}; folded (diacritics and spaces aside) "
        f"{tables.percent(overall['folded'])} by document.\n\n"
    )
    return tables.markdown_table(header, body) + "\n" + by_picture + _origin(summary)


def scores_by_precision(summary: Mapping[str, Any]) -> str:
    """The tables by language of the cells without hints and of those with them, and then the table by cell."""
    parts = []
    for hints in sorted({bool(cell["hints"]) for cell in summary["cells"].values()}):
        own = {name: cell for name, cell in summary["cells"].items() if bool(cell["hints"]) == hints}
        some = {**summary, "cells": own}
        header, body = tables.cut_table(some, "languages")
        said = "With hints" if hints else "Without hints"
        parts.append(f"{said}:\n\n{tables.markdown_table(header, [*body, _bold(_totals(some))])}")
    return "\n".join([*parts, scores_by_cell(summary)])


def scores_by_kind(summary: Mapping[str, Any]) -> str:
    """The tables of a model's card: every cell by type of document, and by language and capture mode."""
    cells = summary["cells"]
    names = tables.short_names(list(cells)).values()
    rates = [f"{rate}, {name}" for rate in ("exact", "hallucination rate") for name in names]
    header = ["document", "documents", "values", *rates]
    first = next(iter(cells.values()))
    body = [_bold(_kind_row("all", [cell["overall"] for cell in cells.values()]))]
    for name in first["schemas"]:
        body.append(_kind_row(name.replace("_", " "), [cell["schemas"][name] for cell in cells.values()]))
        own = [key for key in first["scripts"] if key.startswith(f"{name}, ")]
        own = own if len(own) > 1 else []
        scripts = ((key.partition(", ")[2], [cell["scripts"][key] for cell in cells.values()]) for key in own)
        body += [_kind_row(f"– {script}", scores) for script, scores in scripts]
    parts = [tables.markdown_table(header, body)]
    parts += [tables.markdown_table(*tables.cut_table(summary, cut)) for cut in ("languages", "captures")]
    return "\n".join([*parts, _origin(summary)])


def _kind_row(name: str, cells: Sequence[Mapping[str, Any]]) -> list[str]:
    rates = [tables.with_interval(one["exact"]) for one in cells]
    hallucinated = [tables.percent(one["hallucination_rate"]) if one["blanks"] else "–" for one in cells]
    return [name, str(cells[0]["documents"]), str(cells[0]["values"]), *rates, *hallucinated]


def _type_row(name: str, scores: Mapping[str, Any]) -> list[str]:
    blanks = scores["blanks"]
    return [
        name.replace("_", " "),
        f"{scores['documents']} ({scores['pictures']})",
        str(scores["values"]),
        tables.with_interval(scores["exact"]),
        tables.percent(scores["cer"], 2),
        f"{tables.percent(scores['mrz_exact'])} of {scores['mrz_documents']}" if scores["mrz"] else "–",
        tables.with_interval(scores["hallucination_rate"]) if blanks else "no blanks labelled",
        tables.seconds(scores["seconds"]["median"]),
    ]


def _totals(summary: Mapping[str, Any]) -> list[str]:
    """The last row of a table by language: everything."""
    cells = list(summary["cells"].values())
    record = cells[0]["overall"]
    if len(cells) > 1:
        return ["all", str(record["documents"]), *(tables.with_interval(cell["overall"]["exact"]) for cell in cells)]
    return ["all", *tables.cut_row(record, "languages")]


def _bold(row: Sequence[str]) -> list[str]:
    return [f"**{cell}**" for cell in row]


def _comparisons(summary: Mapping[str, Any]) -> str:
    lines = []
    for one in summary["comparisons"]:
        record = one["overall"]["exact"]
        significant = [name for name, test in one["fields"].items() if test["p_holm"] <= 0.05]
        named = f"fields that differ (McNemar, Holm): {', '.join(significant)}" if significant else "no field differs"
        lines.append(
            f"- {one['second']} against {one['first']}: exact match {100 * record['difference']:+.1f} points "
            f"({100 * record['low']:+.1f} to {100 * record['high']:+.1f}), {named}\n"
        )
    return "".join(lines) + ("\n" if lines else "")


def _origin(summary: Mapping[str, Any]) -> str:
    run = summary["run"]
    parts = [
        f"Percent, 95 % intervals by document. {tables.METHOD} Measured {run['reading']['day']}",
        f"{run['machine']['cores']} cores of {run['machine']['processor']}",
        f"dataset {run['dataset']['name']} {run['dataset']['digest'][:12]}, program {run['code'][:12]}.",
    ]
    checkpoints = {
        f"{cell['checkpoint']['name']} {cell['checkpoint']['digest'][:12]}"
        for cell in run["cells"].values()
        if "checkpoint" in cell
    }
    text = ", ".join(parts) + (f" Checkpoint: {', '.join(sorted(checkpoints))}." if checkpoints else "")
    paces = {name: tables.pace(run, name) for name in run["cells"]}
    if any(paces.values()):
        several = len(paces) > 1
        said = (f"{name}, {text}" if several else text for name, text in paces.items() if text)
        text += f" Read: {'; '.join(said)}."
    note = busy(run.get("load"))
    return text + (f" {note[:1].upper()}{note[1:]}." if note else "") + "\n"


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
    from eval.usermodels.__main__ import Counts, table

    counts = TypeAdapter(dict[str, Counts]).validate_python(record)
    every = {one.every for one in counts.values()}
    asked = f" --every {every.pop()}" if every != {1} else ""
    return f"{table(counts)}\n`python -m eval.usermodels --dataset {' '.join(counts)}{asked}`\n"


def _tallied(module: str, kind: str, command: str) -> Callable[[Mapping[str, Any]], str]:
    """The table of a module's counts, which are a dataclass of that kind by name, with the command below."""

    def block(record: Mapping[str, Any]) -> str:
        found = import_module(module)
        tallies = {name: getattr(found, kind)(**counts) for name, counts in record.items()}
        return f"{found.table(tallies)}\n`{command}`\n"

    return block


_SPECIMENS = "--dataset ../shared/specimens"
#: Blocks of counts, each from the file of the same name.
COUNTED: Mapping[str, Callable[[Any], str]] = {
    "documents": documents,
    "zones": zones,
    "zone-sizes": _tallied("eval.zone_sizes", "SizeTally", "python -m eval.zone_sizes"),
    "pictures": pictures,
    "lines": _tallied("eval.lines", "LineTally", f"python -m eval.lines {_SPECIMENS}"),
    "tesseract": _tallied("eval.tesseract", "LineComparison", f"python -m eval.tesseract {_SPECIMENS}"),
    "usermodels": usermodels,
}


PAGES = 10_000_000
#: Machines that the hours are divided by, for a feeling of the size.
_MACHINES, _CORES, _GPUS = 64, 16, 16


def ten_million(embedded: Mapping[str, Any], gpu: Mapping[str, Any], batch: Mapping[str, Any]) -> str:
    """The cost of ten million pages, from `bench-embedded.json`, `bench-gpu.json` and `bench-batch.json`."""
    core = embedded["figures"]["cores"] / embedded["figures"]["pages_per_second"]
    pages = gpu["figures"]["cells"]["bfloat16"]["batches"]["32"]
    fast, slow = 1 / pages["drafted_per_second"], 1 / pages["plain_per_second"]
    spent = batch["figures"]["cores"] * batch["figures"]["pace"]["batch_seconds_a_page"]
    within = round(PAGES * spent / 3600)
    hours, quick, long = (round(PAGES * seconds / 3600) for seconds in (core, fast, slow))
    rows = [
        [
            "without a model",
            f"{core:.2f} core s",
            f"{hours:,} core hours",
            f"{_MACHINES} machines of {_CORES} cores: {hours / _MACHINES / _CORES:.1f} hours",
        ],
        [
            "without a model, by `extract-batch`",
            f"{spent:.2f} core s",
            f"{within:,} core hours",
            f"{_MACHINES} machines of {_CORES} cores: {within / _MACHINES / _CORES:.1f} hours",
        ],
        [
            "full-size model, bfloat16, GPU",
            f"{fast:.3f} (with drafts) to {slow:.3f} s",
            f"{quick:,} to {long:,} GPU hours",
            f"{_GPUS} GPUs: {quick / _GPUS:.0f} to {long / _GPUS:.0f} hours",
        ],
        [
            "and what is read before it asks",
            f"{core:.2f} core s",
            f"{hours:,} core hours",
            f"{core / fast:.0f} cores beside each GPU, or it waits",
        ],
    ]
    machine = f"{embedded['machine']['processor']}; {gpu['machine']['gpu']}"
    return tables.markdown_table(["", "a page", "ten million", "on"], rows) + f"\nMultiplied, not run: {machine}.\n"
