"""Writes what a run has found: `summary.json`, `scores.csv`, `report.md` and `report.html`.

The HTML page is one file that loads nothing: style, script, plots, pages and data are inside it, and a content
security policy forbids it to ask for more. The state of its error browser is in the address (`#lang=fr&field=name`),
so that a view can be bookmarked or sent.
"""

from __future__ import annotations

import json
import re
from importlib.resources import files
from pathlib import Path
from typing import Any

from eval.report import browser, tables
from eval.report.charts import COLOURS, Mark, Series, axis, plot
from eval.report.tables import RunSummary
from eval.running.records import Results
from eval.running.selection import Selection
from extractor.errors import MissingExtraError, UsageError

SUMMARY_FILE, CSV_FILE, MARKDOWN_FILE, HTML_FILE = "summary.json", "scores.csv", "report.md", "report.html"


def write_report(
    summary: RunSummary, results: Results, selection: Selection, out: Path, *, redact: bool = False
) -> None:
    """Writes all four files into `out`. Raises UsageError when they cannot be written, MissingExtraError."""
    texts = {
        SUMMARY_FILE: as_json(summary),
        CSV_FILE: tables.as_csv(summary),
        MARKDOWN_FILE: tables.as_markdown(summary),
        HTML_FILE: as_html(summary, results, selection, redact=redact),
    }
    for name, text in texts.items():
        try:
            (out / name).write_text(text, encoding="utf-8")
        except OSError as error:
            raise UsageError(f"{out / name} cannot be written: {error.strerror}") from None


def as_json(summary: RunSummary) -> str:
    """The summary as JSON that people and `git diff` can read: what holds nothing else stands on one line."""
    text = json.dumps(summary, ensure_ascii=False, indent=1)
    # JSON writes a line break inside a text as \\n, so real ones stand between values only.
    return _INNERMOST.sub(lambda match: re.sub(r"\n *", " ", match[0]), text) + "\n"


#: An object or array of JSON that holds no other and no text with brackets.
_INNERMOST = re.compile(r"\{[^][{}]*\}|\[[^][{}]*\]")


def as_html(summary: RunSummary, results: Results, selection: Selection, *, redact: bool = False) -> str:
    """The report as one page that needs nothing else."""
    try:
        from jinja2 import Environment, StrictUndefined
    except ImportError:
        raise MissingExtraError("the report", "eval") from None

    folder = files("eval.report")
    style, script, template = (
        folder.joinpath(name).read_text("utf-8") for name in ("report.css", "report.js", "report.html")
    )
    entries = browser.mistakes(results, redact=redact)
    wrong = sum(one.mistake is not None for one in results.fields)
    data = {"documents": browser.documents(selection, entries, redact=redact), "mistakes": entries, "redacted": redact}
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters |= {"percent": tables.percent, "interval": tables.with_interval, "seconds": tables.seconds}
    return environment.from_string(template).render(
        summary=summary,
        style=style,
        script=script,
        data=_embedded_json(data),
        facts=tables.facts(summary),
        plots=plots(summary),
        method=tables.METHOD,
        through=tables.through(summary),
        words=tables.WORDS,
        cells=list(summary["cells"].items()),
        short=tables.short_names(list(summary["cells"])),
        lead=_lead(list(summary["cells"])),
        notices=_notices(summary),
        colours=COLOURS,
        languages=[(name, _most_documents(summary, name)) for name in tables.rows(summary, "languages")],
        fields=tables.rows(summary, "fields"),
        cuts=[(word, *tables.cut_table(summary, cut)) for cut, word in tables.CUTS.items() if cut in _TABLED],
        overall=tables.overall_table(summary),
        wrong=wrong,
        shown=len(entries),
        redacted=redact,
    )


def _lead(names: list[str]) -> str:
    """All readers in a line, what their names share said once: `phi3v nano: int8 · int4`."""
    short = list(tables.short_names(names).values())
    shared = names[0].removesuffix(short[0]).strip()
    return (f"{shared}: " if shared else "") + " · ".join(short)


def _notices(summary: RunSummary) -> list[str]:
    """What a reader must know before any number: stand-ins, cells that did not run, documents that failed."""
    collected: dict[str, list[str]] = {}
    for name, cell in summary["cells"].items():
        if cell.get("note"):
            collected.setdefault(cell["note"], []).append(name)
    for name, reason in summary["run"].get("skipped", {}).items():
        collected.setdefault(f"did not run: {reason}", []).append(name)
    for name, cell in summary["cells"].items():
        if failed := cell["overall"]["failed"]:
            kinds = ", ".join(f"{kind} {count}" for kind, count in cell["failures"].items())
            pictures = f"{failed} of {cell['overall']['pictures']} pictures could not be read ({kinds})"
            collected.setdefault(f"{pictures}; their values count as missed", []).append(name)
    return [f"{', '.join(names)}: {text}" for text, names in collected.items()]


def _most_documents(summary: RunSummary, language: str) -> int:
    """Documents of a language; a cell that stopped early may have read fewer than another."""
    return max(cell["languages"].get(language, {"documents": 0})["documents"] for cell in summary["cells"].values())


#: Cuts that the page shows as plain tables; languages and fields have bars.
_TABLED = ("schemas", "kinds", "captures")


def _embedded_json(data: Any) -> str:
    """JSON that can stand inside a script element: no text in it can end the element or begin a comment."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"), default=str)
    return text.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


def plots(summary: RunSummary) -> dict[str, str]:
    """The page's three plots as SVG, by name."""
    return {"coverage": _coverage(summary), "calibration": _calibration(summary), "cost": _cost(summary)}


def _coverage(summary: RunSummary) -> str:
    budget = summary["settings"]["error_budget"]
    series = []
    for name, cell in summary["cells"].items():
        curve = cell["calibration"]["values"]["curve"]
        marks = [
            Mark(coverage, risk, f"{name}: from a confidence of {threshold:.3f}, {coverage:.1%} pass, {risk:.2%} wrong")
            for threshold, coverage, risk in curve
        ]
        series.append(Series(name, marks, line=True, dots=False))
    risks = [mark.y for one in series for mark in one.marks]
    return plot(
        "Risk and coverage: wrong values among those that pass a threshold, by the share that passes",
        axis("share of values that pass", [0.0, 1.0]),
        axis("wrong among them", [*risks, budget * 2], floor=0.0),
        series,
        level=(budget, f"budget {budget:.0%}"),
    )


def _calibration(summary: RunSummary) -> str:
    series = []
    for name, cell in summary["cells"].items():
        bins = cell["calibration"]["values"]["bins"]
        total = sum(one["count"] for one in bins) or 1
        marks = [
            Mark(
                one["confidence"],
                one["accuracy"],
                f"{name}: {one['count']} values of confidence {one['confidence']:.2f}, {one['accuracy']:.1%} right",
                radius=3 + 7 * (one["count"] / total) ** 0.5,
            )
            for one in bins
        ]
        series.append(Series(name, marks, line=True))
    return plot(
        "Calibration: share of right values by confidence; on the dotted line a confidence means what it says",
        axis("confidence", [0.0, 1.0]),
        axis("right", [0.0, 1.0]),
        series,
        diagonal=True,
    )


def _cost(summary: RunSummary) -> str:
    """Seconds against exact match: a mark a cell, or with one cell a mark for each type of document."""
    if len(summary["cells"]) > 1:
        short = tables.short_names(list(summary["cells"]))
        rows = {short[name]: cell["overall"] for name, cell in summary["cells"].items()}
    else:
        (cell,) = summary["cells"].values()
        rows = cell["schemas"]
    series = []
    for name, scores in rows.items():
        exact, taken = scores["exact"], scores["seconds"]["median"]
        if exact is None or taken is None:
            continue
        title = f"{name}: {taken:.2f} s a page, exact match {tables.with_interval(exact)} %"
        series.append(Series(name, [Mark(taken, exact["value"], title, exact.get("low"), exact.get("high"), 5)]))
    marks = [one.marks[0] for one in series]
    heights = [height for mark in marks for height in (mark.y, mark.low, mark.high) if height is not None]
    return plot(
        "Seconds a page against exact match",
        axis("seconds a page, median", [mark.x for mark in marks], percent=False, floor=0.0),
        axis("exact match", heights or [0.0, 1.0]),
        series,
        labels=True,
    )
