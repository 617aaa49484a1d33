"""The page in a real browser: drop, paste, read, hover, focus, correct, save; narrow, dark, Chinese."""

import csv
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from extractor.labels import load_dataset

from .browsing import Open, drop, paste, row, shown, value
from .services import Process, Running, wait_for
from .test_guard import key

pytestmark = pytest.mark.slow


def test_a_dropped_picture_is_read_and_every_field_shows_its_place(
    open_page: Open, real_service: Process, passport: bytes, examples: dict[str, dict[str, Any]]
) -> None:
    page = open_page(real_service)
    drop(page, "passport.png", passport, "image/png")
    fields = examples["passport.png"]["fields"]
    for name in ("surname", "given_names", "document_number", "birth_date"):
        assert value(page, name) == fields[name]
    assert page.inner_text("#title") == "Passport"
    assert page.locator("#boxes polygon.box").count() >= 10
    assert page.is_visible("#absent-title")

    # Hovering a field marks its place on the page, and that of the other source.
    page.hover(row("birth_date"))
    assert page.get_attribute("#boxes .active", "data-name") == "birth_date"
    assert page.locator("#boxes .other").count() == 1
    said = page.inner_text("#readout")
    assert "Check digit right" in said
    assert said.count(fields["birth_date"]) == 2, "what each source said, and how sure it is"
    assert "Machine-readable lines" in said
    assert "%" in said
    marked = page.locator("#boxes .active").bounding_box()
    sheet = page.locator("#sheet").bounding_box()
    left, top = examples["passport.png"]["boxes"]["birth_date"][0][0]
    assert marked["x"] - sheet["x"] == pytest.approx(left * sheet["width"] / 800, abs=8)
    assert marked["y"] - sheet["y"] == pytest.approx(top * sheet["width"] / 800, abs=8)

    # A click on a place opens its field; arrows go on from there, and Enter opens.
    page.click('#boxes .box[data-name="given_names"]')
    assert page.get_attribute(row("given_names"), "aria-expanded") == "true"
    assert "Machine-readable lines" in page.inner_text('.field[data-name="given_names"] .sources')
    assert page.is_visible('.field[data-name="given_names"] canvas.crop')
    page.keyboard.press("ArrowUp")
    assert page.get_attribute("#boxes .active", "data-name") == "surname"
    assert fields["surname"] in page.inner_text("#readout"), "focus says the same as hovering"
    page.keyboard.press("Enter")
    assert page.get_attribute(row("surname"), "aria-expanded") == "true"
    assert page.get_attribute(row("given_names"), "aria-expanded") == "false"

    # However much is open, the page itself does not scroll on a large screen.
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
    page.click("#again")
    assert page.is_visible("#choose")


def test_a_conflict_stands_out_is_corrected_and_saved(open_page: Open, real_service: Process, altered: bytes) -> None:
    page = open_page(real_service)
    drop(page, "altered.png", altered, "image/png")
    surname = page.locator('.field[data-name="surname"]')
    assert "conflict" in surname.get_attribute("class")
    assert {"UNDERHILL", "OVERHILL"} <= set(surname.locator(".against b").all_inner_texts())
    assert page.locator('#boxes .conflict[data-name="surname"]').count() == 1
    assert "1 field to check" in page.inner_text("#warnings")

    # The warning leads there; the MRZ's reading is adopted, and then corrected by hand.
    page.click("#warnings .toCheck .link")
    page.click('.field[data-name="surname"] [data-adopt]')
    assert value(page, "surname") == "UNDERHILL"
    assert "to check" not in page.inner_text("#warnings")
    page.fill("#edit-surname", "UNDERHILL-JONES")
    page.keyboard.press("Enter")
    assert value(page, "surname") == "UNDERHILL-JONES"
    assert "edited" in surname.get_attribute("class")

    # What is no date is said at once, stays as it was typed, and nothing is saved.
    page.click(row("birth_date"))
    page.fill("#edit-birth_date", "last summer")
    page.keyboard.press("Tab")
    assert "no date" in page.inner_text("#mistake-birth_date")
    assert page.get_attribute("#edit-birth_date", "aria-invalid") == "true"
    page.click(row("surname"))
    page.click("#save")
    page.wait_for_selector("#toast.bad:not([hidden])")
    assert "wrong" in page.get_attribute('.field[data-name="birth_date"]', "class")
    assert page.input_value("#edit-birth_date") == "last summer"
    page.click('.field[data-name="birth_date"] [data-undo]')

    # A value that the schema refuses is named by the service.
    page.click(row("mrz"))
    page.fill("#edit-mrz", "lower case")
    page.click("#save")
    page.wait_for_selector('.field[data-name="mrz"].wrong')
    page.click('.field[data-name="mrz"] [data-undo]')

    page.click("#save")
    page.wait_for_selector("#toast.well:not([hidden])")
    (saved,) = load_dataset(real_service.folder.parent / "specimens")
    assert dict(saved.fields)["surname"] == "UNDERHILL-JONES"
    assert saved.path.read_bytes() == altered
    assert "surname" not in saved.boxes, "what was corrected was not read there"
    assert "birth_date" in saved.boxes

    with page.expect_download() as download:
        page.click("#json")
    saved = json.loads(Path(download.value.path()).read_text(encoding="utf-8"))
    assert (download.value.suggested_filename, saved["surname"]) == ("passport.json", "UNDERHILL-JONES")
    with page.expect_download() as download:
        page.click("#csv")
    (line,) = csv.DictReader(io.StringIO(Path(download.value.path()).read_text(encoding="utf-8")))
    assert (line["schema"], line["surname"], line["mrz"].count("\n")) == ("passport", "UNDERHILL-JONES", 1)


def test_pasted_on_a_phone_in_chinese_and_dark(open_page: Open, real_service: Process, examples_dir: Path) -> None:
    page = open_page(real_service, width=390, height=844, locale="zh-CN", color_scheme="dark", has_touch=True)
    paste(page, (examples_dir / "chinese_id_card_front.png").read_bytes())
    shown(page)
    assert page.inner_text("#title") == "居民身份证"
    assert page.inner_text(f"{row('name')} .name") == "姓名"
    assert page.get_attribute("html", "lang") == "zh-Hans"
    assert page.get_attribute("html", "data-theme") == "dark"
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(16, 22, 28)"
    assert page.evaluate("document.documentElement.scrollWidth") == 390, "nothing hangs over the side"
    page.tap(row("sex"))
    assert page.get_attribute("#boxes .active", "data-name") == "sex"
    assert page.evaluate("document.getElementById('viewer').getBoundingClientRect().top") >= 0, (
        "the page stays in sight"
    )
    for button in page.locator(".foot button:visible").all():
        assert button.bounding_box()["height"] >= 40

    # The other language and the other theme, kept for the next visit.
    page.select_option("#language", "en")
    page.click("#theme")
    assert page.inner_text("#title") == "Chinese ID card"
    page.reload()
    assert page.inner_text("#start-title") == "Read identity documents"
    assert page.get_attribute("html", "data-theme") == "light"


def test_a_pdf_is_shown_as_the_service_drew_it(open_page: Open, real_service: Process, passport: bytes) -> None:
    buffer = io.BytesIO()
    pages = [Image.open(io.BytesIO(passport)).convert("RGB"), Image.new("RGB", (800, 560), "white")]
    pages[0].save(buffer, "PDF", save_all=True, append_images=pages[1:])
    page = open_page(real_service)
    page.wait_for_selector("#choose")
    page.set_input_files("#file", {"name": "a.pdf", "mimeType": "application/pdf", "buffer": buffer.getvalue()})
    shown(page)
    assert page.get_attribute("#picture", "src").startswith("data:image/jpeg")
    assert page.locator("#pages .tab").count() == 2
    page.click('#pages .tab[data-page="1"]')
    assert page.locator("#boxes .box").count() == 0
    page.hover(row("surname"))
    assert page.get_attribute('#pages .tab[data-page="0"]', "aria-pressed") == "true", "a field leads to its page"


def test_what_is_no_picture_is_said(open_page: Open, service: Running) -> None:
    page = open_page(service)
    page.wait_for_selector("#choose")
    page.set_input_files("#file", {"name": "a.png", "mimeType": "image/png", "buffer": b"MZ no picture"})
    page.wait_for_selector("#toast.bad:not([hidden])")
    assert "JPEG" in page.inner_text("#toast")


def test_what_is_no_file_any_more_keeps_no_other_file_waiting(open_page: Open, service: Running) -> None:
    """A folder that is dropped, or a file that was moved away, cannot be looked into."""
    page = open_page(service)
    page.wait_for_selector("#choose")
    page.evaluate("""() => {
        const slice = File.prototype.slice;
        const gone = { arrayBuffer: () => Promise.reject(new DOMException("", "NotFoundError")) };
        File.prototype.slice = function (...range) { return this.name === "gone" ? gone : slice.apply(this, range); };
    }""")
    files = [{"name": name, "mimeType": "image/png", "buffer": b"MZ no picture"} for name in ("gone", "a.png")]
    page.set_input_files("#file", files)
    page.locator("#queue [data-away]").nth(1).wait_for()


def test_a_key_is_asked_for_and_kept_in_the_tab(open_page: Open, make_service: Callable[..., Running]) -> None:
    secret, line = key("desk")
    page = open_page(make_service(keys=(line,)))
    page.wait_for_selector("#key-dialog[open]")
    page.fill("#key-value", "wrong")
    page.click("#key-dialog .primary")
    page.wait_for_selector("#key-dialog[open]")
    page.fill("#key-value", secret)
    page.click("#key-dialog .primary")
    page.wait_for_selector(".specimen img[src]")
    assert page.evaluate("Object.keys(localStorage).length") == 0
    assert page.evaluate("sessionStorage.getItem('key')") == secret
    page.reload()
    page.wait_for_selector(".specimen img[src]")
    assert not page.is_visible("#key-dialog")


def test_several_files_are_records_that_keep_their_corrections(
    open_page: Open, real_service: Process, examples_dir: Path
) -> None:
    page = open_page(real_service, permissions=["clipboard-read", "clipboard-write"])
    page.wait_for_selector("#choose")
    page.set_input_files("#file", [str(examples_dir / name) for name in ("passport.png", "visa.png")])
    shown(page)
    assert value(page, "surname") == "UNDERHILL"
    assert value(page, "issuing_country") == "United Kingdom"
    assert value(page, "sex") == "Male"
    assert page.inner_text(f"{row('place_of_birth')} .verdict") == "Read once"
    page.click(row("issue_date"))
    page.fill("#edit-issue_date", "11.1.2023")
    page.keyboard.press("Enter")
    assert value(page, "issue_date") == "2023-01-11"

    # The next document, and back: what was corrected is still there, after "New document" too.
    wait_for(lambda: "COELHO" in page.inner_text('[data-record="1"]'), seconds=90, pause=0.2)
    page.click('[data-record="1"]')
    assert value(page, "surname") == "COELHO REZENDE"
    page.click("#again")
    page.click('[data-record="0"]')
    assert value(page, "issue_date") == "2023-01-11"

    page.hover(row("surname"))
    page.click('[data-copy="surname"]')
    assert page.evaluate("navigator.clipboard.readText()") == "UNDERHILL"
    page.click("#copy")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert "Surname: UNDERHILL\n" in copied
    assert "Date of issue: 2023-01-11" in copied

    # Two documents of two holders are not joined, whoever asks; and one that is done with.
    page.click('[data-record="1"]')
    page.click("#join")
    page.wait_for_selector("#toast.bad:not([hidden])")
    assert "contradict each other" in page.inner_text("#toast")
    assert [value(page, "surname"), page.locator("[data-record]").count()] == ["UNDERHILL", 2]
    assert value(page, "issue_date") == "2023-01-11"
    for _ in range(2):
        page.click("#remove")
    assert page.is_visible("#choose")
    assert page.locator("[data-record]").count() == 0


def test_nothing_is_saved_and_nothing_offers_it_without_a_labelling_mode(open_page: Open, service: Running) -> None:
    page = open_page(service)
    page.wait_for_selector(".specimen img[src]")
    assert page.locator("#save").evaluate("node => node.hidden")


def test_arabic_runs_from_the_right(open_page: Open, service: Running) -> None:
    page = open_page(service, width=320, locale="ar")
    page.wait_for_selector("#choose")
    assert page.get_attribute("html", "dir") == "rtl"
    assert page.inner_text("#start-title") == "قراءة وثائق الهوية"
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    page.select_option("#language", "de")
    assert (page.get_attribute("html", "dir"), page.get_attribute("html", "lang")) == ("ltr", "de")
