"""Tables of the documents that are generated from runs: by language, cell, type, precision and kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

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
