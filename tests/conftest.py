"""What tests of all rooms share: no network, a fixed day, the drawn examples and what is read from them.

A test that needs a system package asks for its fixture (`chromium`): without the package it is skipped with the line
that installs it, and where REQUIRE_ALL is set, as in `.ci/run`, it fails. The collection of real specimens is no
package; its tests are skipped wherever the folder is absent.
"""

import gc
import ipaddress
import json
import os
import shutil
import sys
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any, NoReturn

import pytest
from hypothesis import settings

from .absent import absent
from .memory import pages_once, parts_once

# The networks of tests are small, and threads of several workers wait for one another by spinning: tests took four
# times the CPU. Set before anything loads OpenMP, also for the processes that tests start.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# How long an example takes says nothing on a machine that does other work as well. Each run draws other examples, so
# many runs of 30 find what one of the usual 100 would.
settings.register_profile("tests", deadline=None, max_examples=30)
settings.load_profile("tests")

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "datasets" / "examples"
SPECIMENS = ROOT.parent / "shared" / "specimens"


@pytest.fixture(scope="session", autouse=True)
def no_network() -> Iterator[list[str]]:
    """Whatever reaches for another machine is stopped, and fails the run even where the error is swallowed.

    Gives the attempts made so far."""
    attempts: list[str] = []
    armed = True

    def watch(event: str, arguments: tuple[Any, ...]) -> None:
        if not armed or event not in ("socket.connect", "socket.getaddrinfo"):
            return
        host = arguments[0] if event == "socket.getaddrinfo" else _host(arguments[1])
        if not _is_local(host):
            attempts.append(event)
            raise OSError(f"a test reached for the network ({event})")

    # An audit hook sees every way to a socket, also those of extension modules; it can be disarmed, never removed.
    sys.addaudithook(watch)
    yield attempts
    armed = False
    assert not attempts, f"tests reached for the network {len(attempts)} times"


def _host(address: Any) -> Any:
    """The host of a socket's address; a path (of a Unix socket) is this machine's own."""
    return address[0] if isinstance(address, tuple) else "localhost"


def _is_local(host: Any) -> bool:
    if host in (None, "", "localhost", b"localhost"):
        return True
    try:
        return ipaddress.ip_address(host.decode() if isinstance(host, bytes) else host).is_loopback
    except ValueError:
        return False


@pytest.fixture(scope="session")
def today() -> date:
    """The day of reading: two-digit years are resolved by it, so tests never depend on the calendar."""
    return date(2026, 3, 1)


@pytest.fixture(scope="session")
def examples() -> dict[str, dict[str, Any]]:
    """The labels of the drawn examples, by file name."""
    lines = (EXAMPLES / "labels.jsonl").read_text(encoding="utf-8").splitlines()
    return {record["file"]: record for record in map(json.loads, lines)}


@pytest.fixture(scope="session")
def examples_dir() -> Path:
    return EXAMPLES


@pytest.fixture(scope="session")
def page_memory() -> Callable[..., list[Any]]:
    """`extractor.text.page.read_pages` with a memory of the session."""
    return pages_once()


@pytest.fixture(scope="session")
def part_memory() -> Callable[..., list[Any]]:
    """The same of `extractor.text.page.read_part`."""
    return parts_once()


@pytest.fixture
def read_once(monkeypatch: pytest.MonkeyPatch, page_memory: Any, part_memory: Any) -> None:
    """Pictures that a test reads through the pipeline are recognised once in a session; all else is done each time."""
    _remember(monkeypatch, page_memory, part_memory)


def _remember(patch: pytest.MonkeyPatch, pages: Callable[..., list[Any]], parts: Callable[..., list[Any]]) -> None:
    patch.setattr("extractor.pipeline.read_pages", pages)
    patch.setattr("extractor.text.page.read_pages", pages)  # of redaction and /v1/classify
    patch.setattr("extractor.grouping.documents.read_part", parts)


@pytest.fixture(scope="session")
def read_example(
    examples: dict[str, dict[str, Any]],
    today: date,
    page_memory: Callable[..., list[Any]],
    part_memory: Callable[..., list[Any]],
) -> Callable[[str], Any]:
    """`read_example("visa.png")`: the Extraction of one example under its own schema, read once in a session."""
    from extractor import extract

    @cache
    def read(file: str) -> Any:
        with pytest.MonkeyPatch.context() as patch:
            _remember(patch, page_memory, part_memory)
            return extract(EXAMPLES / file, examples[file]["schema"], today=today)

    return read


@pytest.fixture(scope="session")
def example_page(page_memory: Callable[..., list[Any]]) -> Callable[[str], Any]:
    """`example_page("visa.png")`: the upright page with its lines, read once in a session."""
    from extractor.imaging import load_pages

    return lambda file: page_memory(load_pages(EXAMPLES / file)[0])[0]


@pytest.fixture(scope="session")
def two_people() -> Any:
    """A passport and, under it, the card of somebody else, as a scanner sees them: (h, w, 3) RGB."""
    import numpy as np
    from PIL import Image

    pictures = [np.asarray(Image.open(EXAMPLES / name).convert("RGB")) for name in ("passport.png", "id_card.png")]
    width = max(picture.shape[1] for picture in pictures) + 80
    sheet = np.full((sum(picture.shape[0] for picture in pictures) + 120, width, 3), 235, np.uint8)
    top = 40
    for picture in pictures:
        sheet[top : top + picture.shape[0], 40 : 40 + picture.shape[1]] = picture
        top += picture.shape[0] + 40
    return sheet


@pytest.fixture(scope="session")
def specimens_dir() -> Path:
    """The collection of real specimens; its pictures are not ours to pass on, so it lies beside the checkout."""
    if not (SPECIMENS / "labels.jsonl").is_file():
        pytest.skip("the folder shared/specimens is not beside the checkout")
    return SPECIMENS


@pytest.fixture(scope="session", name="absent")
def _absent() -> Callable[[str], NoReturn]:
    """`tests.absent` for packages of tests that cannot import it."""
    return absent


@pytest.fixture
def cuda() -> Any:
    """A CUDA device; CI has none, whatever is installed there."""
    import torch

    if not torch.cuda.is_available():
        pytest.skip("needs a CUDA device; run on a machine that has one: pytest -m gpu")
    return torch.device("cuda")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Callable[..., Any]]:
    """`chromium("--more")`: Debian's Chromium, driven by Playwright, with a camera that films a test pattern.

    Of a module, not of the session: as long as Playwright runs, its loop is the thread's, and no other can be.
    """
    path = shutil.which("chromium")
    if path is None:
        absent("needs a browser; run: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    arguments += ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
    with sync_playwright() as playwright, ExitStack() as stack:

        def launch(*more: str) -> Any:
            running = playwright.chromium.launch(executable_path=path, args=[*arguments, *more])
            stack.callback(running.close)
            return running

        yield launch


@pytest.fixture(scope="module")
def browser(chromium: Callable[..., Any]) -> Any:
    """One that all tests of a module share."""
    return chromium()


@pytest.fixture(scope="session")
def evaluation_fonts() -> None:
    """The fonts that evaluation specimens are drawn in."""
    _need_fonts("evaluation")


@pytest.fixture(scope="session")
def fonts() -> None:
    """Those of both pools."""
    _need_fonts("evaluation", "training")


def _need_fonts(*pools: str) -> None:
    from extractor.synthesis.fonts import FontsMissingError, require_fonts

    try:
        for pool in pools:
            require_fonts(pool)
    except FontsMissingError as missing:
        absent(str(missing))


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is imported and collected stays to the end: 800,000 objects that no search for garbage need look through."""
    gc.disable()
    collected = yield
    gc.freeze()
    gc.enable()
    return collected


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is long is slow too: `-m "not slow"` leaves both out."""
    for item in items:
        if item.get_closest_marker("long"):
            item.add_marker("slow")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Each worker takes the files in one stretch and, when it is done, half of what another has left: what a module
    starts, and pages that a session has read, are then made by one worker and not by each."""
    from xdist.scheduler import WorkStealingScheduling

    return WorkStealingScheduling(config, log)
