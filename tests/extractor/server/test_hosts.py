"""An engine's process: restarted when it dies, ended when it hangs, never started in vain too often."""

import asyncio
import multiprocessing
import os
import signal
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from extractor.server import hosts
from extractor.server.hosts import EngineHost
from extractor.server.metrics import Metrics
from extractor.server.problems import Problem
from extractor.server.settings import EngineOptions, ServiceLimits, Settings

from .fake_reader import number_of, picture
from .services import FAKE

REQUEST = {"op": "extract", "schema": "passport"}


@asynccontextmanager
async def started(tmp_path: Path, model: str | None = None, **limits: Any) -> AsyncIterator[EngineHost]:
    options = EngineOptions(engine="embedded", model=model)
    settings = Settings(data=tmp_path, engines=options, reader=FAKE, limits=replace(ServiceLimits(), **limits))
    host = EngineHost(options, settings, Metrics())
    try:
        yield host
    finally:
        await host.stop()


def run(
    tmp_path: Path, story: Callable[[EngineHost], Awaitable[None]], model: str | None = None, **limits: Any
) -> None:
    async def whole() -> None:
        async with started(tmp_path, model, **limits) as host:
            await story(host)

    asyncio.run(whole())


async def ask(host: EngineHost, file: bytes, **options: Any) -> str:
    return str((await host.ask(REQUEST, [file], **options))["document"]["document_number"])


def starts(host: EngineHost, reason: str) -> float:
    value = host.metrics.registry.get_sample_value(
        "extractor_worker_starts_total", {"engine": "embedded", "reason": reason}
    )
    return value or 0.0


def test_killed_while_it_reads_costs_that_request_only(tmp_path: Path) -> None:
    async def story(host: EngineHost) -> None:
        await host.started()
        first = host.pid
        assert first is not None
        reading = asyncio.create_task(ask(host, picture("hang")))
        waiting = asyncio.create_task(ask(host, picture()))
        await asyncio.sleep(0.2)
        os.kill(first, signal.SIGKILL)
        with pytest.raises(Problem) as caught:
            await reading
        assert caught.value.kind == "worker-crashed"
        assert await waiting == number_of(picture()), "whoever waited is read by the next process"
        assert host.pid != first
        assert starts(host, "replace") == 1

    run(tmp_path, story)


def test_killed_while_it_waits_costs_nobody_anything(tmp_path: Path) -> None:
    async def story(host: EngineHost) -> None:
        await ask(host, picture())
        assert host.pid is not None
        os.kill(host.pid, signal.SIGKILL)
        await asyncio.sleep(0.1)
        assert await ask(host, picture(number=2)) == number_of(picture(number=2))
        assert starts(host, "died-idle") == 1

    run(tmp_path, story)


def test_a_page_that_takes_too_long_is_given_up(tmp_path: Path) -> None:
    async def story(host: EngineHost) -> None:
        with pytest.raises(Problem) as caught:
            await ask(host, picture("hang"))
        assert caught.value.kind == "page-timeout"
        assert await ask(host, picture()) == number_of(picture())

    run(tmp_path, story, page_seconds=0.3)


def test_jobs_wait_behind_requests(tmp_path: Path) -> None:
    async def story(host: EngineHost) -> None:
        await host.started()
        order: list[int] = []

        async def one(number: int, urgent: bool) -> None:
            await ask(host, picture("sleep 0.05", number), urgent=urgent)
            order.append(number)

        patient = [asyncio.create_task(one(number, False)) for number in (1, 2, 3)]
        await asyncio.sleep(0.02)
        urgent = [asyncio.create_task(one(number, True)) for number in (4, 5)]
        await asyncio.gather(*patient, *urgent)
        assert order == [1, 4, 5, 2, 3]

    run(tmp_path, story)


def test_what_nobody_wants_any_more_is_not_read(tmp_path: Path) -> None:
    async def story(host: EngineHost) -> None:
        with pytest.raises(asyncio.CancelledError):
            await ask(host, picture("hang"), is_wanted=lambda: False)
        assert await ask(host, picture()) == number_of(picture())

    run(tmp_path, story)


def test_a_process_that_does_not_start_is_not_tried_all_the_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hosts, "_PAUSES", (0.0, 60.0))

    async def story(host: EngineHost) -> None:
        for _ in range(3):
            with pytest.raises(Problem, match="before it was ready") as caught:
                await ask(host, picture())
            assert caught.value.kind == "engine-unavailable"
        assert host._failures == 1, "the second and third request met the pause"
        assert not host.ready

    run(tmp_path, story, model="dies")


def test_a_system_without_processes_left_is_a_problem(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hosts, "_PAUSES", (0.0, 0.0))
    spawned = multiprocessing.get_context("spawn").Process

    def refuse(_self: Any) -> None:
        raise BlockingIOError("Resource temporarily unavailable")

    async def story(host: EngineHost) -> None:
        with monkeypatch.context() as patch:
            patch.setattr(spawned, "start", refuse)
            with pytest.raises(Problem, match="no process left"):
                await ask(host, picture())
        assert await ask(host, picture()) == number_of(picture()), "it starts as soon as it can"

    run(tmp_path, story)


def test_a_process_that_is_ended_while_it_is_idle_costs_nobody_an_answer(tmp_path: Path) -> None:
    async def story(host: EngineHost) -> None:
        await host.started()
        for number in range(5):
            while (pid := host.pid) is None:  # the last one is being replaced
                await asyncio.sleep(0.01)
            os.kill(pid, signal.SIGTERM)
            await asyncio.sleep(number / 500)
            assert await ask(host, picture(number=number)) == number_of(picture(number=number))

    run(tmp_path, story)


def test_the_queue_is_bounded_and_names_a_time(tmp_path: Path) -> None:
    async def story(host: EngineHost) -> None:
        with host.place():
            with host.place(), pytest.raises(Problem) as caught, host.place():
                raise AssertionError("there are two places")
            assert caught.value.kind == "queue-full"
            assert int(caught.value.headers["Retry-After"]) >= 1
            with host.place():
                assert host.admitted == 2
        assert host.admitted == 0

    run(tmp_path, story, queue=2)


def test_stopping_tells_everybody_and_leaves_no_process(tmp_path: Path) -> None:
    async def whole() -> None:
        options = EngineOptions(engine="embedded")
        host = EngineHost(options, Settings(data=tmp_path, engines=options, reader=FAKE), Metrics())
        await host.started()
        pid = host.pid
        assert pid is not None
        asked = [asyncio.create_task(ask(host, picture("hang", number))) for number in range(3)]
        await asyncio.sleep(0.2)
        await host.stop()
        answers = await asyncio.gather(*asked, return_exceptions=True)
        assert [found.kind for found in answers if isinstance(found, Problem)] == ["shutting-down"] * 3
        with pytest.raises(Problem, match="being stopped"):
            host.check_room()
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)

    asyncio.run(whole())
