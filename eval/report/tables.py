"""A summary as tables: for the terminal, as Markdown, and as CSV with one row for every cut of every cell."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from eval.running.machine import busy
from extractor.output import as_cell

if TYPE_CHECKING:
    from rich.table import Table

RunSummary = Mapping[str, Any]

#: Cuts of a cell's scores, and what a row of each is called.
CUTS = {
    "languages": "language",
    "fields": "field",
    "schemas": "type",
    "kinds": "kind",
    "captures": "capture",
}
#: With more cells than this, they are rows of the overall table.
MOST_COLUMNS = 4
_COUNTS = ("documents", "pictures", "fields", "values", "blanks")
_RATES = (
    "exact", "folded", "fuzzy", "cer", "similarity", "anls", "precision", "recall", "f1",
    "hallucination_rate", "miss_rate", "all_right", "mrz_exact", "valid",
)  # fmt: skip
_BOUNDED = ("exact", "folded", "cer", "hallucination_rate", "miss_rate", "all_right", "mrz_exact")
_SINGLE = ("exact_by_picture", "all_right_by_picture", "mrz_exact_by_picture", "failed")


def percent(rate: Mapping[str, Any] | float | None, digits: int = 1) -> str:
    """A rate in percent, without the sign; a dash where nothing was labelled."""
    value = rate.get("value") if isinstance(rate, Mapping) else rate
    return "–" if value is None else f"{100 * value:.{digits}f}"


def with_interval(rate: Mapping[str, Any] | None, digits: int = 1) -> str:
    """A rate in percent with its interval: `97.9 (95.8–99.1)`."""
    if not rate or rate.get("value") is None or rate.get("low") is None:
        return percent(rate, digits)
    return f"{percent(rate, digits)} ({percent(rate['low'], digits)}–{percent(rate['high'], digits)})"


def seconds(value: float | None) -> str:
    return "–" if value is None else f"{value:.2f}"


def rows(summary: RunSummary, cut: str) -> list[str]:
    """Names of a cut's rows over all cells, in alphabetical order; fields in their schemas' order."""
    names = {name for cell in summary["cells"].values() for name in cell[cut]}
    if cut == "fields":
        from extractor.schemas import VOCABULARY

        order = {name: place for place, name in enumerate(VOCABULARY)}
        return sorted(names, key=lambda name: (order.get(name, len(order)), name))
    return sorted(names)


def as_csv(summary: RunSummary) -> str:
    """One row for each cell and row of a cut: counts, rates and their bounds, seconds."""
    columns = ["cell", "cut", "name", *_COUNTS]
    for rate in _RATES:
        columns += [rate, f"{rate}_low", f"{rate}_high"] if rate in _BOUNDED else [rate]
    columns += [*_SINGLE, "seconds_median", "seconds_p95"]
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, columns, lineterminator="\n", restval="")
    writer.writeheader()
    for cell, cut, name, scores in _all_scores(summary):
        writer.writerow({"cell": as_cell(cell), "cut": cut, "name": as_cell(name), **_flat(scores)})
    return buffer.getvalue()


def _all_scores(summary: RunSummary) -> Iterator[tuple[str, str, str, Mapping[str, Any]]]:
    for cell, summed in summary["cells"].items():
        yield cell, "overall", "", summed["overall"]
        for cut, word in CUTS.items():
            for name in rows(summary, cut):
                if name in summed[cut]:
                    yield cell, word, name, summed[cut][name]


def _flat(scores: Mapping[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {name: scores[name] for name in (*_COUNTS, *_SINGLE) if name in scores}
    for name in _RATES:
        rate = scores.get(name) or {}
        flat[name] = rate.get("value")
        if name in _BOUNDED:
            flat |= {f"{name}_low": rate.get("low"), f"{name}_high": rate.get("high")}
    if "seconds" in scores:
        flat |= {"seconds_median": scores["seconds"]["median"], "seconds_p95": scores["seconds"]["p95"]}
    return {name: "" if value is None else value for name, value in flat.items()}


def markdown_table(header: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    """A Markdown table; columns after the first are numbers, aligned right."""
    lines = [header, ["---", *["---:"] * (len(header) - 1)], *body]
    return "".join(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |\n" for line in lines)


def escaped(text: str) -> str:
    """`text` as one line of Markdown without markup: names of data sets, languages and kinds come from others."""
    text = " ".join("".join(c if c.isprintable() else " " for c in text).split())
    return _MARKUP.sub(r"\\\g<0>", text)


#: What Markdown (GitHub's too) gives a meaning, but for underscores inside words, and the beginnings of links.
_MARKUP = re.compile(r"[\\`*\[\]<>|~#!&@]|(?<![^\W_])_|_(?![^\W_])|:(?=//)|(?<=www)\.|^(?:[-+=]|\d+(?=[.)]))", re.I)


def _escaped_table(header: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    # markdown_table escapes the bars.
    (head,), rows = (
        [[escaped(cell).replace(r"\|", "|") for cell in line] for line in lines] for lines in ([header], body)
    )
    return markdown_table(head, rows)


def as_markdown(summary: RunSummary) -> str:
    """The whole summary as a Markdown page."""
    what_ran = "".join(f"- {escaped(key)}: {escaped(value)}\n" for key, value in facts(summary))
    parts = [f"# Evaluation on {escaped(summary['run']['dataset']['name'])}\n", what_ran, "## Overall\n"]
    parts.append(_escaped_table(*overall_table(summary)))
    parts.append(f"\nPercent, with 95 % intervals counted by document. {METHOD} {through(summary)}\n")
    for cut, word in CUTS.items():
        parts.append(f"\n## By {word}\n")
        parts.append(_escaped_table(*cut_table(summary, cut)))
    for one in summary["comparisons"]:
        parts += [f"\n## {escaped(one['second'])} against {escaped(one['first'])}\n", _comparison(one)]
    return "\n".join(part.rstrip("\n") + "\n" for part in parts)


def short_names(names: Sequence[str]) -> dict[str, str]:
    """Names of cells without the words that all of them begin with: of `phi3v nano int8` and `... int4` the last."""
    words = [name.split(" ") for name in names]
    common = 0
    while len(names) > 1 and all(len(one) > common + 1 and one[common] == words[0][common] for one in words):
        common += 1
    return {name: " ".join(one[common:]) for name, one in zip(names, words, strict=True)}


#: What rates are called where there is room for words.
WORDS = {
    "exact": "exact match",
    "folded": "folded match",
    "cer": "CER",
    "hallucination_rate": "hallucination rate",
    "miss_rate": "miss rate",
}
METHOD = (
    "Exact match is over labelled values after normalisation; folded also forgives diacritics and spaces. "
    "Hallucination rate: values given where the label says there is none. Miss rate: nulls where there is a value. "
    "Document accuracy: documents with every labelled field right."
)


def through(summary: RunSummary) -> str:
    """What the rates of passing without a person mean."""
    budget = f"{summary['settings']['error_budget']:.0%}".replace("%", " %")
    return f"Through: passing a confidence above which {budget} at most are wrong; of documents, in any field."


def overall_table(summary: RunSummary) -> tuple[list[str], list[list[str]]]:
    """(header, rows) of the headline rates: a column a cell, or a row a cell where there are many."""
    names = list(summary["cells"])
    columns = [_overall(cell, bounds=len(names) <= MOST_COLUMNS) for cell in summary["cells"].values()]
    if len(names) > MOST_COLUMNS:
        names = list(short_names(names).values())
        return ["cell", *columns[0]], [[name, *column.values()] for name, column in zip(names, columns, strict=True)]
    return ["", *names], [[rate, *(column[rate] for column in columns)] for rate in columns[0]]


def _overall(cell: Mapping[str, Any], *, bounds: bool) -> dict[str, str]:
    """The headline rates of a cell; without `bounds` only exact match has its interval, for want of room."""
    summed, passing = cell["overall"], cell["calibration"]["straight_through"]
    chosen = cell["calibration"]["values"]["threshold"]
    form = with_interval if bounds else percent
    return {
        "documents": _counted(summed),
        "values": str(summed["values"]),
        "exact": _both(summed, "exact") if bounds else with_interval(summed["exact"]),
        "folded": form(summed["folded"]),
        "CER": form(summed["cer"], 2),
        "hallucination rate": form(summed["hallucination_rate"]),
        "miss rate": form(summed["miss_rate"]),
        "document accuracy": _both(summed, "all_right") if bounds else percent(summed["all_right"]),
        "MRZ exact": _both(summed, "mrz_exact") if bounds else percent(summed["mrz_exact"]),
        "valid": percent(summed["valid"]),
        "values through": percent(chosen["coverage"] if chosen else 0.0),
        "documents through": percent(passing["rate"]),
        "s/page": seconds(summed["seconds"]["median"]),
        "s/page p95": seconds(summed["seconds"]["p95"]),
    }


def _counted(summed: Mapping[str, Any]) -> str:
    """Documents, and how many pictures of them if that is another number."""
    documents, pictures = summed["documents"], summed["pictures"]
    return str(documents) if documents == pictures else f"{documents} ({pictures} pictures)"


def _both(summed: Mapping[str, Any], name: str) -> str:
    """A rate by document, and by picture where documents have several."""
    by_document = with_interval(summed[name])
    if summed["documents"] == summed["pictures"]:
        return by_document
    return f"{by_document}; by picture {percent(summed[f'{name}_by_picture'])}"


def cut_table(summary: RunSummary, cut: str) -> tuple[list[str], list[list[str]]]:
    """(header, rows): exact match, a column a cell, with its interval where there is room; with one cell, more of its
    rates."""
    cells = summary["cells"]
    names = rows(summary, cut)
    if len(cells) > 1:
        form = with_interval if len(cells) <= MOST_COLUMNS else percent
        body = []
        for name in names:
            row = [cell[cut].get(name) for cell in cells.values()]
            counts = max((one["documents"] for one in row if one), default=0)
            body.append([name, str(counts), *(form(one["exact"]) if one else "–" for one in row)])
        return [CUTS[cut], "documents", *short_names(list(cells)).values()], body
    (cell,) = cells.values()
    header = [CUTS[cut], "documents", "values", "exact", "folded", "CER", "hallucination rate", "miss rate"]
    body = [[name, *cut_row(cell[cut][name], cut)] for name in names]
    return header + (["document accuracy", "MRZ exact", "s/page"] if cut != "fields" else []), body


def cut_row(summed: Mapping[str, Any], cut: str) -> list[str]:
    """What stands behind the name in a row of `cut_table` with one cell."""
    rates = [
        _counted(summed),
        str(summed["values"]),
        with_interval(summed["exact"]),
        percent(summed["folded"]),
        percent(summed["cer"], 2),
        percent(summed["hallucination_rate"]),
        percent(summed["miss_rate"]),
    ]
    return rates + (_whole(summed) if cut != "fields" else [])


def _whole(summed: Mapping[str, Any]) -> list[str]:
    return [percent(summed["all_right"]), percent(summed["mrz_exact"]), seconds(summed["seconds"]["median"])]


def facts(summary: RunSummary) -> list[tuple[str, str]]:
    """What ran, as (word, text) pairs: dataset, engines with their checkpoints, machine, versions."""
    run = summary["run"]
    dataset = run["dataset"]
    facts = [
        (
            "dataset",
            f"{dataset['name']}, {dataset['documents']} documents, {dataset['pictures']} pictures, "
            f"digest {dataset['digest'][:16]}",
        )
    ]
    for name, cell in run["cells"].items():
        parts = []
        if checkpoint := cell.get("checkpoint"):
            revision = f", revision {checkpoint['revision'][:12]}" if checkpoint["revision"] else ""
            parts.append(f"checkpoint {checkpoint['name']}{revision}, digest {checkpoint['digest'][:16]}")
        engine = run.get("engines", {}).get(name, {})
        parts += [f"{key} {value}" for key, value in engine.items() if key in ("dtype", "quantizer", "device")]
        parts += [cell["note"]] if cell.get("note") else []
        parts = parts or ["no checkpoint: what the packages ship"]
        facts.append((name, "; ".join([*parts, *filter(None, [pace(run, name)])])))
    facts += [(f"{name} did not run", reason) for name, reason in run.get("skipped", {}).items()]
    read = run["reading"]
    scored = "" if read["scored"] == "result" else f", scored: the {read['scored']} alone"
    facts.append(("reading", f"schema {read['schema']}, device {read['device']}, day {read['day']}{scored}"))
    machine = (f"{value} cores" if key == "cores" else value for key, value in run["machine"].items())
    facts.append(("machine", "; ".join([", ".join(machine), *filter(None, [busy(run.get("load"))])])))
    facts.append(("versions", ", ".join(f"{name} {number}" for name, number in run["versions"].items())))
    facts.append(("program", f"digest {run['code'][:16]}"))
    settings = summary["settings"]
    facts.append(
        (
            "settings",
            f"fuzzy match from a similarity of {settings['fuzzy_threshold']}, error budget "
            f"{settings['error_budget']:.0%}, intervals at {settings['level']:.0%}, "
            f"{settings['resamples']} resamples, seed 0",
        )
    )
    return facts


def pace(run: Mapping[str, Any], cell: str) -> str:
    """How fast a cell's pictures were read, all in all; empty where nobody took the time."""
    pace_of = run.get("pace", {}).get(cell)
    if not pace_of or not pace_of["seconds"]:
        return ""
    at_once = f", {pace_of['at_once']} at a time" if pace_of["at_once"] > 1 else ""
    if pace_of.get("prepared"):
        return f"{pace_of['seconds'] / pace_of['documents']:.1f} s a document after OCR{at_once}"
    return f"{pace_of['documents'] / pace_of['seconds']:.2f} pictures a second{at_once}"


FIELD_TEST_HEADER = (
    "field", "documents", "only first right", "only second right", "difference, %", "p (Holm)", "detectable, %"
)  # fmt: skip


def _comparison(one: Mapping[str, Any]) -> str:
    right = one["all_right"]
    overall = [
        [
            WORDS[name],
            percent(rate["first"], 2),
            percent(rate["second"], 2),
            f"{100 * rate['difference']:+.2f} ({100 * rate['low']:+.2f} to {100 * rate['high']:+.2f})",
            percent(rate["detectable"], 2),
        ]
        for name, rate in one["overall"].items()
    ]
    fields = [
        [
            name,
            str(rate["documents"]),
            str(rate["only_first"]),
            str(rate["only_second"]),
            f"{100 * rate['difference']:+.1f}",
            f"{rate['p_holm']:.3f}",
            percent(rate["detectable"]),
        ]
        for name, rate in one["fields"].items()
    ]
    return "\n".join(
        [
            f"{one['documents']} documents, {one['fields_compared']} fields that both have read. All fields right only "
            f"in the first: {right['only_first']} documents, only in the second: {right['only_second']}, p = "
            f"{right['p']:.3f} (McNemar's exact test).\n",
            _escaped_table(["rate, %", one["first"], one["second"], "difference", "detectable"], overall),
            _escaped_table(FIELD_TEST_HEADER, fields),
        ]
    )


#: A terminal narrower than this shows the first columns of wide tables; the files of the run hold them all.
_WIDE = 110
_NARROW_COLUMNS = 6


def terminal_tables(summary: RunSummary, width: int = _WIDE) -> list[Table]:
    """Rich tables for a terminal of this width: overall, and by language."""
    from rich import box
    from rich.markup import escape
    from rich.table import Table

    tables = []
    for title, (header, body) in (
        ("overall", overall_table(summary)),
        ("by language", cut_table(summary, "languages")),
    ):
        shown = len(header) if width >= _WIDE else _NARROW_COLUMNS
        table = Table(
            title=f"{summary['run']['dataset']['name']}, {title} (percent)", title_justify="left", box=box.SIMPLE_HEAD
        )
        for place, heading in enumerate(header[:shown]):
            # Headings may wrap between words; numbers and names never.
            least = max(map(len, [*heading.split(), *(row[place] for row in body)]), default=1)
            table.add_column(escape(heading), justify="right" if place else "left", min_width=least)
        for row in body:
            table.add_row(*map(escape, row[:shown]))
        tables.append(table)
    return tables
