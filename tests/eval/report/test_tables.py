"""A summary as tables: for the terminal, as Markdown, as CSV."""

import csv
import io
from typing import Any

import pytest
from rich.console import Console

from eval.report import tables


@pytest.fixture
def many(summary: dict[str, Any]) -> dict[str, Any]:
    """The same cell six times, as six precisions."""
    cell = summary["cells"]["embedded"]
    return summary | {"cells": {f"phi3v nano int{number}": cell for number in range(6)}}


@pytest.mark.parametrize(
    ("rate", "expected"),
    [
        (None, "–"),
        ({"value": None}, "–"),
        ({"value": 0.0}, "0.0"),
        ({"value": 0.98765}, "98.8"),
        (0.5, "50.0"),
    ],
)
def test_rates_are_percent(rate: Any, expected: str) -> None:
    assert tables.percent(rate) == expected


def test_intervals_stand_behind_their_rates() -> None:
    assert tables.with_interval({"value": 0.979, "low": 0.958, "high": 0.991}) == "97.9 (95.8–99.1)"
    assert tables.with_interval({"value": 0.00979, "low": 0.00958, "high": 0.00991}, 2) == "0.98 (0.96–0.99)"
    assert tables.with_interval({"value": 0.979}) == "97.9"
    assert tables.with_interval(None) == "–"
    assert (tables.seconds(1.239), tables.seconds(None)) == ("1.24", "–")


def test_fields_stand_in_the_order_of_documents(summary: dict[str, Any]) -> None:
    names = tables.rows(summary, "fields")
    assert names.index("surname") < names.index("given_names") < names.index("mrz")
    assert tables.rows(summary, "languages") == ["de", "fr", "zh-Hant"]


def test_csv_has_a_row_for_every_cut_of_every_cell(summary: dict[str, Any]) -> None:
    rows = list(csv.DictReader(io.StringIO(tables.as_csv(summary))))
    overall = rows[0]
    assert (overall["cell"], overall["cut"], overall["name"], overall["pictures"]) == ("embedded", "overall", "", "5")
    assert float(overall["exact"]) == summary["cells"]["embedded"]["overall"]["exact"]["value"]
    assert float(overall["exact_low"]) <= float(overall["exact"]) <= float(overall["exact_high"])
    result = {(row["cut"], row["name"]) for row in rows}
    assert {("language", "fr"), ("field", "surname"), ("type", "passport"), ("capture", "scan")} <= result
    (address,) = [row for row in rows if row["name"] == "address"]
    assert (address["exact"], address["values"], address["blanks"], address["seconds_median"]) == ("", "0", "4", "")


def test_markdown_escapes_what_would_end_a_cell() -> None:
    assert tables.markdown_table(["a", "b"], [["x|y", "1"]]) == "| a | b |\n| --- | ---: |\n| x\\|y | 1 |\n"


def test_the_markdown_page_has_every_cut_and_what_ran(summary: dict[str, Any]) -> None:
    page = tables.as_markdown(summary)
    assert page.startswith("# Evaluation on specimens\n")
    for heading in ("## Overall", "## By language", "## By field", "## By type", "## By kind", "## By capture"):
        assert heading in page
    assert "- dataset: specimens, 4 documents, 5 pictures, digest " in page
    assert "| documents | 4 (5 pictures) |" in page
    assert "by picture" in page


def test_few_cells_are_columns_and_many_are_rows(summary: dict[str, Any], many: dict[str, Any]) -> None:
    header, body = tables.overall_table(summary)
    assert header == ["", "embedded"]
    assert [row[0] for row in body][:3] == ["documents", "values", "exact"]
    header, body = tables.overall_table(many)
    assert header[:3] == ["cell", "documents", "values"]
    assert [row[0] for row in body] == [f"int{number}" for number in range(6)]
    header, body = tables.cut_table(many, "languages")
    assert header == ["language", "documents", *(f"int{number}" for number in range(6))]
    assert body[0] == ["de", "2", *["25.0"] * 6]


def test_with_many_cells_only_exact_match_has_room_for_its_interval(many: dict[str, Any]) -> None:
    header, body = tables.overall_table(many)
    result = dict(zip(header, body[0], strict=True))
    assert "(" in result["exact"]
    assert not [
        result[name]
        for name in ("folded", "CER", "hallucination rate", "miss rate", "document accuracy")
        if "(" in result[name]
    ]
    console = Console(width=160, file=io.StringIO(), record=True)
    for table in tables.terminal_tables(many, 160):
        console.print(table)
    shown = console.export_text()
    assert "…" not in shown
    assert result["exact"] in shown


def test_a_cell_that_has_not_read_a_language_has_a_dash_there(many: dict[str, Any]) -> None:
    first, *_ = many["cells"].values()
    poorer = first | {"languages": {"fr": first["languages"]["fr"]}}
    _, body = tables.cut_table(many | {"cells": {"a": first, "b": poorer}}, "languages")
    assert [row[-1] == "–" for row in body] == [True, False, True]


def test_names_are_shortened_by_what_all_share() -> None:
    assert tables.short_names(["phi3v nano int8", "phi3v nano int4"]) == {
        "phi3v nano int8": "int8", "phi3v nano int4": "int4",
    }  # fmt: skip
    assert tables.short_names(["embedded", "phi3v nano int8"])["embedded"] == "embedded"
    assert tables.short_names(["embedded"]) == {"embedded": "embedded"}
    assert tables.short_names(["phi3v nano", "phi3v nano int8"]) == {
        "phi3v nano": "nano", "phi3v nano int8": "nano int8",
    }  # fmt: skip


def test_what_ran_names_checkpoint_notes_and_what_did_not_run(summary: dict[str, Any]) -> None:
    run = summary["run"] | {
        "cells": {"phi3v nano int8": {
            "checkpoint": {"name": "nano", "revision": "0123456789abcdef", "digest": "f" * 64},
            "note": "the small model",
        }},
        "engines": {"phi3v nano int8": {"dtype": "int8", "device": "cpu", "digest": "x"}},
        "skipped": {"phi3v nano int4": "needs CUDA"},
        "reading": summary["run"]["reading"] | {"scored": "model"},
    }  # fmt: skip
    result = dict(tables.facts(summary | {"run": run}))
    assert result["phi3v nano int8"] == (
        "checkpoint nano, revision 0123456789ab, digest ffffffffffffffff; dtype int8; device cpu; the small model"
    )
    assert result["phi3v nano int4 did not run"] == "needs CUDA"
    assert result["reading"].endswith("scored: the model alone")
    run = summary["run"] | {"pace": {"embedded": {"documents": 30, "seconds": 20.0, "at_once": 2}}}
    embedded = "no checkpoint: what the packages ship; 1.50 pictures a second, 2 at a time"
    assert dict(tables.facts(summary | {"run": run}))["embedded"] == embedded
    alone = run | {"pace": {"embedded": {"documents": 5, "seconds": 2.0, "at_once": 1}}}
    assert tables.pace(alone, "embedded") == "2.50 pictures a second"
    prepared = {"pace": {"embedded": {"documents": 4, "seconds": 8.4, "at_once": 1, "prepared": True}}}
    assert tables.pace(prepared, "embedded") == "2.1 s a document after OCR"
    assert tables.pace(alone, "phi3v nano") == ""
    assert "error budget 1%" in result["settings"]


@pytest.mark.parametrize(("width", "columns"), [(160, 11), (80, 6)])
def test_a_narrow_terminal_gets_the_first_columns(summary: dict[str, Any], width: int, columns: int) -> None:
    overall, languages = tables.terminal_tables(summary, width)
    assert len(overall.columns) == 2
    assert len(languages.columns) == columns
    assert languages.row_count == 3


@pytest.mark.parametrize(
    ("text", "page"),
    [
        ("plain td3_passport 97.9 (95.8–99.1)", "plain td3_passport 97.9 (95.8–99.1)"),
        ("<img src=x onerror=y>", r"\<img src=x onerror=y\>"),
        ("[a](javascript:x) ![b](//c)", r"\[a\](javascript:x) \!\[b\](//c)"),
        ("a\n\n# b\r\n- c", r"a \# b - c"),
        ("- a", r"\- a"),
        ("1. a", r"\1. a"),
        ("`x` *y* _z_ ~~w~~ a|b \\", r"\`x\` \*y\* \_z\_ \~\~w\~\~ a\|b \\"),
        ("https://a www.b.c @d &lt;", r"https\://a www\.b.c \@d \&lt;"),
        ("a\u202eb\x1b[2J", r"a b \[2J"),
    ],
)
def test_what_others_named_is_no_markup(text: str, page: str) -> None:
    assert tables.escaped(text) == page
