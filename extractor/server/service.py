"""Shared by the routes: the running service, and the way from a request's body to an engine's answer."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from extractor.server.answers import pages_of
from extractor.server.hosts import EngineHost, Hosts
from extractor.server.intake import Intake, check_declared
from extractor.server.jobs import Jobs
from extractor.server.logs import get_logger
from extractor.server.metrics import Metrics
from extractor.server.problems import Problem
from extractor.server.settings import Settings
from extractor.server.uploads import File, RequestBody, check_picture, read_form

if TYPE_CHECKING:
    from starlette.requests import Request


@dataclass
class Service:
    """Everything that runs. One an application; `request.app.state.service`."""

    settings: Settings
    metrics: Metrics
    hosts: Hosts
    jobs: Jobs
    intake: Intake
    #: Files of specimens are written one at a time.
    saving: asyncio.Lock = field(default_factory=asyncio.Lock)
    stopping: bool = False


def service_of(request: Request) -> Service:
    found: Service = request.app.state.service
    return found


@asynccontextmanager
async def received(request: Request, limit: int) -> AsyncIterator[AsyncGenerator[bytes, None]]:
    """A request's body in pieces, and its share of the memory of all bodies while it is taken apart.

    A caller who would have to be sent away anyway need not send anything.
    """
    service = service_of(request)
    check_declared(request, limit)
    service.hosts.default.check_room()
    with service.intake.arrival() as arrival:
        yield service.intake.chunks(request, arrival, limit, service.settings.limits.upload_seconds)


async def uploaded(request: Request) -> RequestBody:
    """A request's files, each seen to begin like a picture, and its other fields."""
    limits = service_of(request).settings.limits
    async with received(request, limits.body_bytes) as chunks:
        form = await read_form(request, chunks, files=limits.files)
    for file in form.files:
        check_picture(file)
    return form


async def ask(request: Request, asked: Mapping[str, Any], files: Sequence[File]) -> tuple[Any, EngineHost]:
    """An engine's answer, and which engine. Raises queue-full. Nothing is read for a caller who has disconnected."""
    service = service_of(request)
    with service.hosts.default.place():
        host = await service.hosts.get(asked["engine"])
        return await _answer(request, host, asked, files), host


async def _answer(request: Request, host: EngineHost, asked: Mapping[str, Any], files: Sequence[File]) -> Any:
    gone = False

    async def watch() -> None:
        nonlocal gone
        while not await request.is_disconnected():
            await asyncio.sleep(0.5)
        gone = True

    watcher = asyncio.create_task(watch())
    try:
        return await host.ask(asked, [file.data for file in files], is_wanted=lambda: not gone)
    except asyncio.CancelledError:
        if gone:
            raise Problem("invalid-request", "the connection was closed before the answer was ready") from None
        raise
    finally:
        watcher.cancel()
        with suppress(asyncio.CancelledError):
            await watcher


async def extracted(request: Request, asked: Mapping[str, Any], files: Sequence[File]) -> dict[str, Any]:
    """What the engine read (see `answers`); counted, and noted in the log without any value."""
    answer, host = await ask(request, {**asked, "op": "extract"}, files)
    service_of(request).metrics.answered(host.name, answer)
    get_logger().info("read", engine=host.name, pages=pages_of(answer), count=len(files))
    return dict(answer)
