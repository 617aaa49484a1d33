"""The page at a desk, in real Chromium: sides joined and taken apart, the keyboard alone, what is taken away."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from .browsing import Open, drop, row, shown, value
from .services import Process, Running, wait_for

pytestmark = pytest.mark.slow

FAMILY = ("passport.png", "chinese_id_card_front.png", "chinese_id_card_back.png")


def names(page: Any) -> list[str]:
    return [text.split(". ", 1)[1] for text in page.locator("[data-record]").all_inner_texts()]


def read_family(page: Any, examples_dir: Path) -> None:
    page.wait_for_selector("#choose")
    page.set_input_files("#file", [str(examples_dir / name) for name in FAMILY])
    shown(page)
    page.wait_for_selector("#offer:not([hidden])")


def downloaded(page: Any, button: str) -> tuple[str, str]:
    with page.expect_download() as download:
        page.click(button)
    return download.value.suggested_filename, Path(download.value.path()).read_bytes().decode()


def tab_to(page: Any, selector: str) -> None:
    """Presses the tabulator until something has the focus."""
    for _ in range(80):
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"the keyboard does not reach {selector}")


def test_two_sides_are_offered_joined_and_taken_apart(
    open_page: Open, real_service: Process, examples_dir: Path, examples: dict[str, dict[str, Any]]
) -> None:
    page = open_page(real_service)
    read_family(page, examples_dir)
    holder = examples["chinese_id_card_front.png"]["fields"]["name"]
    assert names(page) == ["UNDERHILL, JOSHUA", holder, "Chinese ID card"]
    said = page.inner_text("#offer-text").replace("\u2068", "").replace("\u2069", "")
    assert said == f"2. {holder} and 3. Chinese ID card look like two sides of one document."

    # A correction on one side goes with it into the joined document, and back.
    page.click('[data-record="2"]')
    page.click(row("authority"))
    page.fill("#edit-authority", "公安局")
    page.keyboard.press("Enter")
    page.click("#offer-yes")
    wait_for(lambda: len(names(page)) == 2, seconds=60)
    shown(page)
    assert names(page) == ["UNDERHILL, JOSHUA", holder]
    assert page.locator("#pages .tab").count() == 2
    assert (value(page, "name"), value(page, "authority")) == (holder, "公安局")
    assert page.is_hidden("#offer")

    page.click("#apart")
    assert names(page) == ["UNDERHILL, JOSHUA", holder, "Chinese ID card"]
    assert page.locator("#pages .tab").count() == 0
    assert page.is_hidden("#offer"), "what a person has taken apart is not offered again"
    page.click('[data-record="2"]')
    assert value(page, "authority") == "公安局"


def test_two_documents_on_one_picture_are_two_records(
    open_page: Open, real_service: Process, examples_dir: Path
) -> None:
    pictures = [Image.open(examples_dir / name).convert("RGB") for name in ("passport.png", "driving_licence.png")]
    scan = Image.new(
        "RGB", (max(one.width for one in pictures) + 200, sum(one.height for one in pictures) + 300), "white"
    )
    top = 100
    for one in pictures:
        scan.paste(one, (100, top))
        top += one.height + 100
    buffer = io.BytesIO()
    scan.save(buffer, "PNG")
    page = open_page(real_service)
    drop(page, "scan.png", buffer.getvalue(), "image/png")
    assert len(names(page)) == 2
    assert names(page)[0] == "UNDERHILL, JOSHUA"
    page.click('[data-record="1"]')
    assert page.inner_text("#title") == "Driving licence"
    assert "several documents" not in page.inner_text("#warnings")


def test_an_offer_that_is_refused_does_not_come_back(
    open_page: Open, real_service: Process, examples_dir: Path
) -> None:
    page = open_page(real_service)
    read_family(page, examples_dir)
    page.click("#offer-no")
    page.wait_for_selector("#offer", state="hidden")
    assert len(names(page)) == 3
    page.set_input_files("#file", str(examples_dir / "visa.png"))
    wait_for(lambda: "COELHO" in " ".join(names(page)), seconds=60, pause=0.2)
    page.wait_for_timeout(500)
    assert page.is_hidden("#offer")


def test_a_side_added_by_hand_can_be_taken_off_again(
    open_page: Open, real_service: Process, examples_dir: Path
) -> None:
    page = open_page(real_service)
    drop(page, "front.png", (examples_dir / FAMILY[1]).read_bytes(), "image/png")
    with page.expect_file_chooser() as chooser:
        page.click("#side")
    chooser.value.set_files(str(examples_dir / FAMILY[2]))
    page.wait_for_selector("#pages .tab")
    shown(page)
    page.click("#apart")
    assert page.locator("#pages .tab").count() == 0
    wait_for(lambda: len(names(page)) == 2 and "Chinese ID card" in names(page), seconds=60, pause=0.2)


def test_nothing_reassures_over_an_expired_document(open_page: Open, real_service: Process, examples_dir: Path) -> None:
    page = open_page(real_service)
    drop(page, "back.png", (examples_dir / FAMILY[2]).read_bytes(), "image/png")
    first = page.locator("#warnings li").first
    assert first.inner_text() == "The document has expired. Ask for a valid one."
    assert "do not contradict" not in page.inner_text("#warnings")

    # A later date that the clerk types is judged as well, and so is one that is past again.
    for typed, expired in (("27.8.2043", False), ("27.8.2021", True)):
        if page.get_attribute(row("expiry_date"), "aria-expanded") != "true":
            page.click(row("expiry_date"))
        page.fill("#edit-expiry_date", typed)
        page.keyboard.press("Enter")
        assert ("has expired" in page.inner_text("#warnings")) == expired, typed


def test_one_source_is_read_once_and_reassures_nobody(
    open_page: Open, real_service: Process, examples_dir: Path
) -> None:
    page = open_page(real_service)
    drop(page, "licence.png", (examples_dir / "driving_licence.png").read_bytes(), "image/png")
    assert set(page.locator("#fields .verdict").all_inner_texts()) == {"Read once"}
    count = page.locator("#fields .field").count()
    assert page.inner_text("#warnings") == f"{count} values were read only once. Compare them with the document."


def test_the_keyboard_is_enough(open_page: Open, real_service: Process) -> None:
    page = open_page(real_service, permissions=["clipboard-read", "clipboard-write"])
    page.wait_for_selector(".specimen img[src]")
    tab_to(page, "#choose")
    tab_to(page, '.specimen[data-file="passport.png"]')
    page.keyboard.press("Enter")
    shown(page)
    tab_to(page, row("document_type"))
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    assert page.evaluate("document.activeElement.closest('.field').dataset.name") == "surname"
    page.keyboard.press("Enter")
    tab_to(page, "#edit-surname")
    page.keyboard.press("Control+A")
    page.keyboard.type("UNDERHILL-JONES")
    page.keyboard.press("Enter")
    assert value(page, "surname") == "UNDERHILL-JONES"

    # Escape gives up what was typed, and nothing else.
    page.keyboard.press("Enter")
    tab_to(page, "#edit-surname")
    page.keyboard.type("X")
    page.keyboard.press("Escape")
    assert value(page, "surname") == "UNDERHILL-JONES"

    tab_to(page, '[data-copy="surname"]')
    page.keyboard.press("Enter")
    wait_for(lambda: page.evaluate("navigator.clipboard.readText()") == "UNDERHILL-JONES")
    tab_to(page, "#copy")
    page.keyboard.press("Enter")
    wait_for(lambda: "Surname: UNDERHILL-JONES\n" in page.evaluate("navigator.clipboard.readText()"))
    page.keyboard.press("Shift+Tab")
    assert page.evaluate("document.activeElement.id") == "vcf"
    tab_to(page, "#again")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "choose"
    tab_to(page, '[data-record="0"]')
    page.keyboard.press("Enter")
    assert value(page, "surname") == "UNDERHILL-JONES", "corrections are kept"


def test_corrections_are_not_lost_by_leaving_the_page(open_page: Open, real_service: Process, passport: bytes) -> None:
    page = open_page(real_service, permissions=["clipboard-read", "clipboard-write"])
    asked: list[str] = []
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.dismiss()))
    drop(page, "passport.png", passport, "image/png")
    page.click(row("surname"))
    page.fill("#edit-surname", "UNDERHILL-JONES")
    page.keyboard.press("Enter")
    page.click(".brand", no_wait_after=True)
    wait_for(lambda: asked == ["beforeunload"])
    assert value(page, "surname") == "UNDERHILL-JONES"
    page.click("#copy")  # what is copied may go
    wait_for(lambda: "UNDERHILL-JONES" in page.evaluate("navigator.clipboard.readText()"))
    page.click(".brand")
    page.wait_for_selector("#choose")
    assert asked == ["beforeunload"]


def test_a_state_is_typed_by_its_name(open_page: Open, real_service: Process, passport: bytes) -> None:
    page = open_page(real_service, locale="de-DE")
    drop(page, "passport.png", passport, "image/png")
    assert value(page, "nationality") == "Vereinigtes Königreich"
    page.click(row("nationality"))
    page.fill("#edit-nationality", "osterreich")
    page.keyboard.press("Enter")
    assert value(page, "nationality") == "Österreich"
    page.click(row("nationality"))
    page.fill("#edit-nationality", "Narnia")
    page.keyboard.press("Enter")
    assert "gibt es nicht" in page.inner_text("#mistake-nationality")
    assert json.loads(downloaded(page, "#json")[1])["nationality"] == "AUT"


def test_all_documents_leave_in_one_file(open_page: Open, real_service: Process, examples_dir: Path) -> None:
    page = open_page(real_service)
    page.wait_for_selector("#choose")
    page.set_input_files("#file", [str(examples_dir / name) for name in ("passport.png", "visa.png")])
    shown(page)
    name, card = downloaded(page, "#vcf")
    assert name == "passport.vcf"
    lines = card.replace("\r\n ", "").split("\r\n")
    assert lines[:4] == ["BEGIN:VCARD", "VERSION:4.0", "FN:JOSHUA UNDERHILL", "N:UNDERHILL;JOSHUA;;;"]
    assert {"BDAY:20200330", "GENDER:M", "BIRTHPLACE:REGINA", "END:VCARD"} <= set(lines)
    assert "Document number: 359970521\\n" in next(line for line in lines if line.startswith("NOTE:"))
    assert max(len(line.encode()) for line in card.split("\r\n")) <= 75

    wait_for(lambda: "COELHO" in " ".join(names(page)), seconds=90, pause=0.2)
    page.click("#all")
    name, table = downloaded(page, "#csv")
    rows = list(csv.DictReader(io.StringIO(table)))
    assert (name, [one["schema"] for one in rows]) == ("documents.csv", ["passport", "visa"])
    assert [one["surname"] for one in rows] == ["UNDERHILL", "COELHO REZENDE"]
    whole = json.loads(downloaded(page, "#json")[1])
    assert [one["surname"] for one in whole] == ["UNDERHILL", "COELHO REZENDE"]
    assert downloaded(page, "#vcf")[1].count("BEGIN:VCARD") == 2


def test_the_labelling_mode_says_where_it_keeps_what(open_page: Open, real_service: Process) -> None:
    page = open_page(real_service)
    page.wait_for_selector(".specimen img[src]")
    page.click(".specimen")
    shown(page)
    note = page.inner_text("#labelling").replace("\u2068", "").replace("\u2069", "")
    folder = real_service.folder.parent / "specimens"
    assert note.startswith("Labelling mode.")
    assert str(folder) in note
    assert "deletes the files" in note
    assert page.get_attribute("#save", "class") == "secondary", "it is not the main button"


def test_a_file_that_was_not_read_is_tried_again_or_taken_away(
    open_page: Open, real_service: Process, passport: bytes
) -> None:
    page = open_page(real_service)
    page.wait_for_selector("#choose")
    empty = io.BytesIO()
    Image.new("RGB", (400, 300), "white").save(empty, "PNG")
    page.set_input_files(
        "#file",
        [
            {"name": "a.png", "mimeType": "image/png", "buffer": passport},
            {"name": "b.png", "mimeType": "image/png", "buffer": empty.getvalue()},
        ],
    )
    shown(page)
    page.wait_for_selector('[data-away="1"]')
    assert names(page) == ["UNDERHILL, JOSHUA", "not read"]
    page.click('[data-record="1"]')
    page.wait_for_selector("#toast.bad:not([hidden])")
    assert "No document was found" in page.inner_text("#toast")
    assert names(page) == ["UNDERHILL, JOSHUA", "not read"]
    page.click('[data-away="1"]')
    page.wait_for_selector("#queue", state="hidden")
    assert value(page, "surname") == "UNDERHILL"


@pytest.mark.parametrize("locale", ["en", "ar"])
def test_the_document_shown_is_in_sight_of_the_row(
    open_page: Open, real_service: Process, examples_dir: Path, locale: str
) -> None:
    page = open_page(real_service, width=320, locale=locale)
    read_family(page, examples_dir)
    page.click("#offer-yes")
    wait_for(lambda: page.locator("[data-record]").count() == 2, seconds=60)
    shown(page)
    box = page.locator('[data-record][aria-pressed="true"]').bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 320
    assert page.evaluate("scrollY") == 0


@pytest.fixture
def failing(open_page: Open, service: Running) -> Any:
    """`failing(kind)`: the page of a service that answers every reading with one kind of problem."""

    def opened(kind: str, language: str) -> Any:
        page = open_page(service, locale=language)
        page.route(
            "**/v1/extract",
            lambda route: route.fulfill(
                status=422,
                content_type="application/problem+json",
                body=json.dumps({"type": f"/problems/{kind}", "title": "", "status": 422, "detail": "A DETAIL"}),
            ),
        )
        page.wait_for_selector("#choose")
        page.set_input_files("#file", {"name": "a.png", "mimeType": "image/png", "buffer": b"\x89PNG"})
        page.wait_for_selector("#toast.bad:not([hidden])")
        return page

    return opened


@pytest.mark.parametrize(("language", "said"), [("de", "zu viele Seiten"), ("ar", "صفحات الملف كثيرة")])
def test_a_problem_is_said_in_the_language_of_the_page(failing: Any, language: str, said: str) -> None:
    page = failing("too-many-pages", language)
    assert said in page.inner_text("#toast")
    assert "A DETAIL" not in page.inner_text("#toast")


def test_a_problem_that_the_page_does_not_know_is_said_too(failing: Any) -> None:
    assert "made a mistake" in failing("new-in-another-version", "en").inner_text("#toast")
