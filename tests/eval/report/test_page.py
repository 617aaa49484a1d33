"""The report: four files, of which one is a page that loads nothing, filters its mistakes, and fits a phone."""

import json
import sys
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from eval.report import browser
from eval.report import page as report
from eval.run import main
from eval.running.records import read_results
from eval.running.selection import select
from extractor.errors import MissingExtraError, UsageError

from ..conftest import FakeReader

Open = Callable[..., Any]


@pytest.fixture
def show(browser: Any) -> Iterator[Open]:
    """`show(path, width=390, fragment="lang=fr")`: the page, which must neither complain nor ask for anything."""
    contexts: list[Any] = []
    complaints: list[str] = []
    asked: list[str] = []

    def opened(path: Path, *, width: int = 1280, dark: bool = False, fragment: str = "") -> Any:
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light"
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_navigation_timeout(90_000)  # of a machine whose cores are all taken
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{path.as_uri()}#{fragment}" if fragment else path.as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []


def shown(page: Any) -> list[str]:
    """The fields of the mistakes that are listed, in order."""
    found: list[str] = page.locator("#list tbody td.field").all_text_contents()
    return found


class Loads(HTMLParser):
    """Collects whatever a page would load or run from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found += [(tag, value or "") for name, value in attrs if name in ("src", "srcset", "action", "data")]
        self.found += [
            (tag, value or "") for name, value in attrs if name == "href" and not (value or "").startswith("#")
        ]


def test_the_page_asks_for_nothing(finished: Path) -> None:
    text = (finished / "report.html").read_text(encoding="utf-8")
    loads = Loads()
    loads.feed(text)
    assert loads.found == []
    assert "default-src 'none'" in text
    assert "@import" not in text
    assert "url(" not in text


def test_every_mistake_is_listed_and_the_failure_is_announced(finished: Path, show: Open) -> None:
    page = show(finished / "report.html")
    assert page.title() == "Evaluation on specimens"
    assert page.locator("#count").text_content() == "7 of 7 mistakes"
    assert shown(page)[0] == "surname"  # the surest first
    assert "1 of 5 pictures could not be read (NoDocumentError 1)" in page.locator(".notice").text_content()
    assert page.locator("#languages tbody tr").count() == 3
    assert page.locator("svg.plot").count() == 3


def test_filters_narrow_and_a_reset_widens(finished: Path, show: Open) -> None:
    page = show(finished / "report.html")
    page.select_option("select[name=lang]", "de")
    assert page.locator("#count").text_content() == "4 of 7 mistakes"
    page.select_option("select[name=mistake]", "document failed")
    assert sorted(shown(page)) == ["document_number", "surname"]
    assert page.evaluate("location.hash") == "#lang=de&mistake=document+failed"
    page.click("button[type=reset]")
    page.locator("#count", has_text="7 of 7 mistakes").wait_for()
    page.fill("input[name=q]", "teststrasse")
    assert shown(page) == ["address"]
    page.fill("input[name=q]", "zh-1.PNG")
    assert shown(page) == ["name"]


def test_columns_sort_both_ways(finished: Path, show: Open) -> None:
    page = show(finished / "report.html")
    page.click("button[data-sort=field]")
    ascending = shown(page)
    assert ascending == sorted(ascending)
    assert page.locator("th:has(button[data-sort=field])").get_attribute("aria-sort") == "ascending"
    page.click("button[data-sort=field]")
    assert shown(page) == sorted(ascending, reverse=True)
    page.click("button[data-sort=confidence]")
    numbers = [float(result) for result in page.locator("td[data-name=confidence]").all_text_contents()]
    assert numbers == sorted(numbers)


def test_a_mistake_shows_its_page_its_boxes_and_what_differs(finished: Path, show: Open) -> None:
    page = show(finished / "report.html", fragment="mistake=diacritics")
    page.locator("#list tbody tr").click()
    assert page.locator("#detail h3").text_content() == "surname: diacritics"
    marks = page.locator("#detail .pair mark").all_text_contents()
    assert marks == ["È", "E"]
    image = page.locator("#detail .page img")
    assert image.evaluate("image => [image.complete, image.naturalWidth, image.naturalHeight]") == [True, 80, 40]
    assert page.locator("#detail polygon.label").count() == 1
    assert page.locator("#detail polygon.prediction").count() == 1
    assert "caption 'x'" in page.locator("#detail li").text_content()
    assert "show=" in page.evaluate("location.hash")


def test_a_view_can_be_sent(finished: Path, show: Open) -> None:
    page = show(finished / "report.html")
    page.select_option("select[name=field]", "document_number")
    page.locator("#list tbody tr").first.click()
    fragment = page.evaluate("location.hash.slice(1)")
    again = show(finished / "report.html", fragment=fragment)
    assert set(shown(again)) == {"document_number"}
    assert again.locator("#detail h3").text_content() == page.locator("#detail h3").text_content()


def test_the_list_goes_by_keyboard(finished: Path, show: Open) -> None:
    page = show(finished / "report.html")
    page.locator("#list tbody tr").first.focus()
    page.keyboard.press("ArrowDown")
    assert page.locator("#list tbody tr[aria-selected=true] td.field").text_content() == shown(page)[1]
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    assert page.locator("#detail h3").text_content().startswith(shown(page)[0])


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width", [390, 1280])
def test_it_fits_its_width_in_the_dark_and_in_the_light(finished: Path, show: Open, width: int, dark: bool) -> None:
    page = show(finished / "report.html", width=width, dark=dark)
    assert page.evaluate("document.documentElement.scrollWidth") == width
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    light = sum(int(part) for part in paper.strip("rgb()").split(",")) > 3 * 128
    assert light is not dark
    page.click("#theme")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != paper
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_on_a_phone_the_page_opens_over_the_list_and_closes(finished: Path, show: Open) -> None:
    page = show(finished / "report.html", width=390)
    assert not page.locator("#detail").is_visible()
    page.locator("#list tbody tr").first.click()
    assert page.locator("#detail").is_visible()
    page.click("#detail .close")
    assert not page.locator("#detail").is_visible()
    assert "show=" not in page.evaluate("location.hash")


def test_long_lists_come_in_pieces(finished: Path, show: Open, dataset: Path, summary: dict[str, Any]) -> None:
    results = read_results(finished / "results.jsonl")
    one = next(record for record in results.fields if record.mistake)
    many = type(results)(results.documents, (one,) * 150)
    path = finished / "many.html"
    path.write_text(report.as_html(summary, many, select(dataset)), encoding="utf-8")
    page = show(path)
    assert page.locator("#list tbody tr").count() == 60
    assert page.locator("#more").text_content() == "Show 60 more"
    page.click("#more")
    assert page.locator("#more").text_content() == "Show 30 more"
    page.click("#more")
    assert page.locator("#list tbody tr").count() == 150
    assert not page.locator("#more").is_visible()


def test_what_a_document_says_is_text_and_nothing_else(
    dataset: Path, reader: FakeReader, tmp_path: Path, show: Open
) -> None:
    reader.said = {"de-1.png": {"surname": "</script><script>document.title='broken'</script><img src=x onerror=1>"}}
    assert main(["--dataset", str(dataset), "--out", str(tmp_path / "run")]) == 0
    page = show(tmp_path / "run" / "report.html")
    assert page.title() == "Evaluation on specimens"
    assert page.locator("#list tbody img").count() == 0
    assert "</script><script>" in page.locator("#list tbody").text_content()


def test_redacted_it_still_filters_but_shows_no_page_and_no_value(
    dataset: Path, slips: FakeReader, tmp_path: Path, show: Open
) -> None:
    assert main(["--dataset", str(dataset), "--out", str(tmp_path / "run"), "--redact"]) == 0
    page = show(tmp_path / "run" / "report.html", fragment="mistake=diacritics")
    assert page.locator("#count").text_content() == "1 of 7 mistakes"
    page.locator("#list tbody tr").click()
    assert page.locator("#detail img, #detail .pair, #list .value").count() == 0
    assert "Redacted" in page.locator(".lead").text_content()


def test_readers_stand_side_by_side_with_their_comparison(
    dataset: Path, slips: FakeReader, tmp_path: Path, show: Open
) -> None:
    assert main(["--dataset", str(dataset), "--out", str(tmp_path / "before")]) == 0
    slips.said, slips.fails = {}, {}
    assert main(["--dataset", str(dataset), "--out", str(tmp_path / "a"), "--compare", str(tmp_path / "before")]) == 0
    page = show(tmp_path / "a" / "report.html", width=390)
    assert page.locator("#comparisons h3").text_content() == "embedded against embedded (before)"
    assert page.locator("#count").text_content() == "0 of 0 mistakes"
    assert page.evaluate("document.documentElement.scrollWidth") == 390


def test_the_summary_stays_what_it_is_on_fewer_lines() -> None:
    summary = {"a": {"value": 0.5, "note": "two  spaces, [brackets]"}, "b": [[1.0, 2.0], []], "c": [{"x": "y  z"}]}
    text = report.as_json(summary)
    assert json.loads(text) == summary
    assert '"b": [\n  [ 1.0, 2.0 ],\n  []\n ]' in text


@pytest.fixture
def parts(finished: Path, dataset: Path, summary: dict[str, Any]) -> tuple[dict[str, Any], Any, Any]:
    return summary, read_results(finished / "results.jsonl"), select(dataset)


def test_several_cells_have_columns_colours_and_a_legend(
    parts: tuple[dict[str, Any], Any, Any], tmp_path: Path, show: Open
) -> None:
    summary, results, selection = parts
    cell = summary["cells"]["embedded"]
    named = {f"phi3v nano {dtype}": cell | {"note": "the small model"} for dtype in ("bfloat16", "int8", "int4")}
    path = tmp_path / "cells.html"
    path.write_text(report.as_html(summary | {"cells": named}, results, selection), encoding="utf-8")
    for width in (390, 1280):
        page = show(path, width=width)
        assert page.locator("#confidence .legend li").all_text_contents() == ["bfloat16", "int8", "int4"]
        assert page.locator("#languages th.score").all_text_contents() == ["bfloat16", "int8", "int4"]
        notices = page.locator(".notice").all_text_contents()
        assert notices[0] == "phi3v nano bfloat16, phi3v nano int8, phi3v nano int4: the small model"
        assert page.evaluate("document.documentElement.scrollWidth") == width


def test_a_cell_that_did_not_run_is_announced(parts: tuple[dict[str, Any], Any, Any]) -> None:
    summary, results, selection = parts
    run = summary["run"] | {"skipped": {"phi3v nano int4": "bitsandbytes needs CUDA"}}
    text = report.as_html(summary | {"run": run}, results, selection)
    assert "phi3v nano int4: did not run: bitsandbytes needs CUDA" in text


def test_a_report_that_shows_only_some_mistakes_says_so(
    parts: tuple[dict[str, Any], Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(browser, "MOST_MISTAKES", 2)
    assert "7 fields are not what their labels say, the 2 surest are shown" in report.as_html(*parts)


def test_a_folder_that_cannot_be_written_is_named(parts: tuple[dict[str, Any], Any, Any], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"summary\.json cannot be written"):
        report.write_report(*parts, tmp_path / "nowhere")


def test_without_its_extra_the_report_names_it(
    parts: tuple[dict[str, Any], Any, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(MissingExtraError, match="eval"):
        report.as_html(*parts)
