"""axe-core finds no barrier on any state of the page: 320 and 1280 pixels, dark and light, all six languages.

A state is brought about once, by the page's own controls; then the page is looked at in every width, theme and
language, which change nothing of the state. The long run takes all of them, the ordinary one those that differ most,
and one look at a dialog, a message or an offer over what it has seen.
"""

from importlib.resources import files
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from .browsing import Open, drop, row, shown
from .services import Process

pytestmark = pytest.mark.slow

LANGUAGES = ("en", "zh", "es", "fr", "de", "ar")
#: Both widths, themes and directions; German has the longest words.
SOME = [(320, "dark", "de"), (1280, "light", "ar")]
AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text(encoding="utf-8")


def barriers(page: Any, looks: list[tuple[int, str, str]]) -> list[str]:
    """What axe finds in a state, in each look; and whether anything hangs over the side."""
    page.evaluate(AXE)
    found: list[str] = []
    for width, scheme, language in looks:
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        page.evaluate(
            """language => {
                const choice = document.getElementById("language");
                choice.value = language;
                choice.dispatchEvent(new Event("change", { bubbles: true }));
            }""",
            language,
        )
        page.wait_for_function("scheme => document.documentElement.dataset.theme === scheme", arg=scheme)
        look = f"{width} {scheme} {language}"
        for one in page.evaluate("axe.run({ resultTypes: ['violations'] })")["violations"]:
            found += [f"{look}: {one['id']}: {node['target']}" for node in one["nodes"]]
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append(f"{look}: something hangs over the side")
    return found


def hide_message(page: Any) -> None:
    """As time hides it, some seconds later."""
    page.evaluate("document.getElementById('toast').hidden = true")


def look_at_everything(page: Any, altered: bytes, examples_dir: Path, looks: list[tuple[int, str, str]]) -> None:
    over = looks[:1] if looks is SOME else looks
    page.wait_for_selector(".specimen img[src]")
    assert barriers(page, looks) == [], "the start page"

    page.click("#camera")
    page.wait_for_selector('#camera-dialog[open] #finder:not([data-hint="starting"])')
    assert barriers(page, over) == [], "the camera"
    page.keyboard.press("Escape")

    page.set_input_files("#file", {"name": "a.png", "mimeType": "image/png", "buffer": b"MZ no picture"})
    page.wait_for_selector("#toast.bad:not([hidden])")
    assert barriers(page, over) == [], "a problem"
    hide_message(page)

    drop(page, "altered.png", altered, "image/png")
    hide_message(page)
    assert barriers(page, over) == [], "a document with a contradiction"
    page.click("#warnings .toCheck .link")
    assert page.get_attribute(row("surname"), "aria-expanded") == "true"
    assert barriers(page, looks) == [], "a field that is open"
    page.click('.field[data-name="surname"] [data-adopt]')
    page.click(row("birth_date"))
    page.fill("#edit-birth_date", "last summer")
    page.keyboard.press("Tab")
    page.wait_for_selector("#mistake-birth_date")
    page.evaluate("document.getElementById('absent').open = true")
    assert barriers(page, looks) == [], "a value that does not fit, and fields that are absent"

    sides = [str(examples_dir / f"chinese_id_card_{side}.png") for side in ("front", "back")]
    looking, held = True, []

    def wait(route: Any) -> None:
        held.append(route) if looking else route.continue_()

    page.route("**/v1/extract", wait)
    page.set_input_files("#file", sides)
    page.wait_for_selector("#busy:not([hidden])")
    assert barriers(page, looks[:1]) == [], "while it reads"
    looking = False
    for route in held:
        route.continue_()
    page.wait_for_selector("#offer:not([hidden])")
    hide_message(page)
    assert barriers(page, over) == [], "an offer to join two sides"
    page.click("#offer-yes")
    page.wait_for_selector("#offer", state="hidden")
    shown(page)
    page.wait_for_selector("#apart:not([hidden])")
    hide_message(page)
    assert barriers(page, looks) == [], "an expired document of two sides"

    page.evaluate("document.getElementById('key').hidden = false")
    page.click("#key")
    page.wait_for_selector("#key-dialog[open]")
    assert barriers(page, over) == [], "the key"


def test_axe_finds_no_barrier_where_looks_differ_most(
    open_page: Open, real_service: Process, altered: bytes, examples_dir: Path
) -> None:
    page = open_page(real_service, bypass_csp=True)
    look_at_everything(page, altered, examples_dir, SOME)


@pytest.mark.long
@pytest.mark.parametrize("language", LANGUAGES)
def test_axe_finds_no_barrier_in_any_look(
    open_page: Open, real_service: Process, altered: bytes, examples_dir: Path, language: str
) -> None:
    page = open_page(real_service, bypass_csp=True)
    looks = [(width, scheme, language) for width, scheme in product((320, 1280), ("light", "dark"))]
    look_at_everything(page, altered, examples_dir, looks)
