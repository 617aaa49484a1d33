"""Fixtures of the service's tests; what they start is in `services`."""

import io
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw, ImageFont

from extractor.server.sealing import new_data_key
from extractor.server.settings import EngineOptions, ServiceLimits, Settings

from .browsing import MOST_MS, Open
from .services import FAKE, HERE, Process, Running, run_process, run_service

COMMAND = """
import sys
from dataclasses import replace
from extractor.server import __main__ as command

serve = command.serve
command.serve = lambda settings: serve(replace(settings, reader="remembering_reader:make"))
sys.exit(command.main())
"""


@pytest.fixture(scope="module")
def make_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Running]]:
    """`make_service(limits={"queue": 2}, keys=...)`: a service with the fake reader, until the module is through."""
    with ExitStack() as stack:

        def make(*, limits: dict[str, Any] | None = None, wait: bool = True, **given: Any) -> Running:
            data = given.pop("data", None) or tmp_path_factory.mktemp("service")
            options = {"engines": EngineOptions(engine="embedded"), "reader": FAKE, **given}
            settings = Settings(data=data, limits=replace(ServiceLimits(grace_seconds=5), **(limits or {})), **options)
            return stack.enter_context(run_service(settings, wait=wait))

        yield make


@pytest.fixture(scope="module")
def service(make_service: Callable[..., Running]) -> Running:
    """One with the usual limits."""
    return make_service()


@pytest.fixture
def fake_process(tmp_path: Path) -> Iterator[Callable[..., Process]]:
    """`fake_process(data=folder, limits={...})`: a service with the fake reader that can be killed."""
    with ExitStack() as stack:

        def make(*, data: Path | None = None, **given: Any) -> Process:
            settings = json.dumps({"data": str(data or tmp_path / "data"), **given})
            return stack.enter_context(run_process([str(HERE / "run_service.py"), settings], tmp_path / "output"))

        yield make


@pytest.fixture(scope="session")
def real_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """`extract-server` with the embedded engine, what it stores encrypted, specimens beside it. It is as a user starts
    it, but that its reader recognises a picture once (`remembering_reader`), however many tests send it.

    Everything that it could write lies in the folder above `output`: its data, its home, its temporary files.
    """
    folder = tmp_path_factory.mktemp("real")
    (folder / "key").write_text(new_data_key(), encoding="ascii")
    (folder / "home").mkdir()
    arguments = ["-c", COMMAND, "--port", "0", "--engine", "embedded", "--data", str(folder / "data")]
    arguments += ["--data-key-file", str(folder / "key"), "--specimens", str(folder / "specimens")]
    arguments += ["--page-seconds", "300"]  # tests run on busy machines
    environment = dict.fromkeys(("HOME", "TMPDIR", "XDG_STATE_HOME", "XDG_CACHE_HOME"), str(folder / "home"))
    with run_process(arguments, folder / "output", environment) as process:
        yield process


@pytest.fixture
def open_page(browser: Any) -> Iterator[Open]:
    """`open_page(service, width=390, locale="zh-CN")`: the service's page in a browser of its own.

    Every page that a test opens must stay silent: no script error, no message of the security policy, and not one
    request to another address.
    """
    contexts: list[Any] = []
    complaints: list[str] = []

    def opened(
        service: Process | Running, *, width: int = 1280, height: int = 800, path: str = "/", **given: Any
    ) -> Any:
        context = browser.new_context(viewport={"width": width, "height": height}, accept_downloads=True, **given)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(MOST_MS)
        url = f"http://127.0.0.1:{service.port}"
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: said.type == "error" and complaints.append(said.text))
        page.on(
            "request",
            lambda sent: sent.url.startswith((url, "blob:", "data:")) or complaints.append(f"a request to {sent.url}"),
        )
        page.goto(url + path)
        return page

    yield opened
    for context in contexts:
        context.close()
    # A refusal that a test provokes is no error of the page.
    assert [said for said in complaints if "the server responded with a status of 4" not in said] == []


@pytest.fixture(scope="module")
def passport(examples_dir: Path) -> bytes:
    return (examples_dir / "passport.png").read_bytes()


@pytest.fixture(scope="module")
def altered(examples_dir: Path, examples: dict[str, dict[str, Any]]) -> bytes:
    """The passport with another surname printed than the MRZ says."""
    (corner, _, opposite, _) = examples["passport.png"]["boxes"]["surname"][0]
    image = Image.open(examples_dir / "passport.png").convert("RGB")
    drawing = ImageDraw.Draw(image)
    ground = image.getpixel((opposite[0] + 12, opposite[1] - 4))
    drawing.rectangle((corner[0] - 2, corner[1] - 2, opposite[0] + 2, opposite[1] + 3), fill=ground)
    font = ImageFont.load_default(opposite[1] - corner[1])
    drawing.text((corner[0], corner[1] - 3), "OVERHILL", font=font, fill=(40, 40, 60))
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()
