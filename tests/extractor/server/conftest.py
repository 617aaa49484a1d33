"""Fixtures of the service's tests; what they start is in `services`."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from extractor.server.sealing import new_data_key
from extractor.server.settings import EngineOptions, Limits, Settings

from .services import FAKE, HERE, Process, Running, run_process, run_service


@pytest.fixture(scope="module")
def make_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[..., Running]]:
    """`make_service(limits={"queue": 2}, keys=...)`: a service with the fake reader, until the module is through."""
    with ExitStack() as stack:

        def make(*, limits: dict[str, Any] | None = None, wait: bool = True, **given: Any) -> Running:
            data = given.pop("data", None) or tmp_path_factory.mktemp("service")
            options = {"engines": EngineOptions(engine="embedded"), "reader": FAKE, **given}
            settings = Settings(data=data, limits=replace(Limits(grace_seconds=5), **(limits or {})), **options)
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
    """`extract-server` as a user starts it, with the embedded engine, what it stores encrypted, specimens beside it.

    Everything that it could write lies in the folder above `output`: its data, its home, its temporary files.
    """
    folder = tmp_path_factory.mktemp("real")
    (folder / "key").write_text(new_data_key(), encoding="ascii")
    (folder / "home").mkdir()
    arguments = ["-m", "extractor.server", "--port", "0", "--engine", "embedded", "--data", str(folder / "data")]
    arguments += ["--data-key-file", str(folder / "key"), "--specimens", str(folder / "specimens")]
    arguments += ["--page-seconds", "300"]  # tests run on busy machines
    environment = dict.fromkeys(("HOME", "TMPDIR", "XDG_STATE_HOME", "XDG_CACHE_HOME"), str(folder / "home"))
    with run_process(arguments, folder / "output", environment) as process:
        yield process
