"""What the error browser shows, and what it does not where it is redacted."""

import base64
import io
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from eval.report import browser
from eval.running.records import Results
from eval.running.selection import select

from ..made import field, results, subject


@pytest.mark.parametrize(
    ("label", "prediction", "left", "right"),
    [
        (
            "MÜLLER",
            "MULLER",
            [("M", False), ("Ü", True), ("LLER", False)],
            [("M", False), ("U", True), ("LLER", False)],
        ),
        ("AB", "A", [("A", False), ("B", True)], [("A", False)]),
        ("A", "AB", [("A", False)], [("A", False), ("B", True)]),
        ("A", None, [("A", False)], []),
        (None, "A", [], [("A", False)]),
        (["B", "C1"], ["B"], [("B", False), ("\nC1", True)], [("B", False)]),
    ],
)
def test_characters_that_differ_are_marked(label: Any, prediction: Any, left: Any, right: Any) -> None:
    assert browser.marked(label, prediction) == (left, right)


def test_the_surest_mistakes_stand_first_and_what_is_right_is_none() -> None:
    found = results(
        field(subject("a"), "surname", "A", "X", confidence=0.5),
        field(subject("b"), "surname", "A", "Y", confidence=0.9),
        field(subject("c"), "surname", "A", "A", confidence=1.0),
    )
    entries = browser.mistakes(found)
    assert [(one["id"], one["confidence"]) for one in entries] == [("b", 0.9), ("a", 0.5)]
    assert entries[0]["prediction"] == [("Y", True)]


def test_a_report_of_very_many_mistakes_holds_the_surest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browser, "MOST_MISTAKES", 3)
    found = results(*(field(subject(str(n)), "surname", "A", "B", confidence=n / 10) for n in range(9)))
    assert [one["confidence"] for one in browser.mistakes(found)] == [0.8, 0.7, 0.6]


def sourced() -> Results:
    source = {"kind": "visual", "value": ["A", "B"], "confidence": 0.5, "proven": False, "basis": "caption 'x'"}
    return results(field(subject("a"), "surname", "A", "B", sources=(source,)))


def test_sources_are_told_as_text() -> None:
    (entry,) = browser.mistakes(sourced())
    assert entry["sources"] == [
        {"kind": "visual", "confidence": 0.5, "proven": False, "basis": "caption 'x'", "value": "A\nB"}
    ]


def test_redacted_it_says_what_went_wrong_but_no_value() -> None:
    (entry,) = browser.mistakes(sourced(), redact=True)
    assert (entry["label"], entry["prediction"], entry["sources"][0]["value"]) == ([], [], None)
    assert (entry["field"], entry["mistake"], entry["confidence"]) == ("surname", "other value", 0.9)


def wrong(*files: str) -> list[dict[str, Any]]:
    from eval.running.records import digest_of

    return [{"id": digest_of(name), "page": 0} for name in files]


def test_pages_are_inside_with_the_size_that_boxes_refer_to(dataset: Path) -> None:
    Image.new("RGB", (2400, 1200), "white").save(dataset / "fr-1.png")
    found = browser.documents(select(dataset), wrong("fr-1.png", "de-1.png"))
    about = next(one for one in found.values() if one["file"] == "fr-1.png")
    page = about["pages"][0]
    assert (page["width"], page["height"]) == (2400, 1200)
    kind, _, data = page["source"].partition(",")
    assert kind == "data:image/webp;base64"
    with Image.open(io.BytesIO(base64.b64decode(data))) as image:
        assert image.size == (1000, 500)
    assert about["boxes"]["surname"] == (((10.0, 10.0), (60.0, 10.0), (60.0, 24.0), (10.0, 24.0)),)
    assert {one["file"] for one in found.values()} == {"fr-1.png", "de-1.png"}


def test_redacted_documents_have_neither_page_nor_name(dataset: Path) -> None:
    (about,) = browser.documents(select(dataset), wrong("fr-1.png"), redact=True).values()
    assert about == {"kind": "td3_passport", "pages": {}, "boxes": {}, "file": None}


def test_only_so_many_documents_have_their_pages(dataset: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(browser, "MOST_PAGES", 1)
    found = browser.documents(select(dataset), wrong("fr-1.png", "de-1.png"))
    assert [bool(one["pages"]) for one in found.values()] == [True, False]


def test_a_picture_that_cannot_be_read_has_no_page(dataset: Path) -> None:
    (dataset / "fr-1.png").write_bytes(b"no picture")
    (about,) = browser.documents(select(dataset), wrong("fr-1.png")).values()
    assert about["pages"] == {}
