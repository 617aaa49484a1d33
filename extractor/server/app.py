"""The application: what is started, how a request finds its way, in which order things are stopped."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from starlette.exceptions import HTTPException
from starlette.routing import Match

from extractor import __version__
from extractor.server import examples, jobs_api, openai_api, openapi, page, pairs, routes
from extractor.server.guard import Guard, openai_error
from extractor.server.hosts import Hosts
from extractor.server.intake import Intake
from extractor.server.jobs import Jobs
from extractor.server.logs import get_logger
from extractor.server.metrics import Metrics
from extractor.server.problems import MEDIA_TYPE, Problem, details
from extractor.server.sealing import Sealer
from extractor.server.service import Service
from extractor.server.settings import Settings
from extractor.server.store import JobStore
from extractor.server.webhooks.deliver import Webhooks

_MODULES = (routes, pairs, jobs_api, openai_api, page)


def create_app(settings: Settings) -> FastAPI:
    """The service as an ASGI application; everything starts with its lifespan and ends with it."""
    metrics = Metrics()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        hosts = Hosts(settings, metrics)
        store = JobStore(settings.data, Sealer(settings.data_key), settings.limits.stored_bytes)
        jobs = Jobs(store, hosts, settings, metrics)
        try:
            await jobs.call(JobStore.check)
        except Problem as problem:
            get_logger().warning("data folder cannot be used", problem=problem.kind)
        service = app.state.service = Service(settings, metrics, hosts, jobs, Intake(settings.limits))
        hosts.default.start()
        jobs.start()
        webhooks = Webhooks(jobs, settings.webhooks, settings.limits.keep_seconds, metrics)
        webhooks.start()
        yield
        service.stopping = True
        await webhooks.stop()
        await jobs.stop()
        await hosts.stop()
        get_logger().info("stopped")

    app = FastAPI(
        title="Identity document extractor",
        summary="Reads identity documents into validated fields, with the evidence for every one, on this machine.",
        version=__version__,
        lifespan=lifespan,
        # Their pages load scripts from elsewhere; this service's pages load nothing.
        docs_url=None,
        redoc_url=None,
    )
    app.openapi_version = "3.1.0"
    app.openapi_tags = examples.TAGS
    for module in _MODULES:
        app.include_router(module.router)
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    _complete_openapi(app, settings)
    if settings.cors_origins:
        from starlette.middleware.cors import CORSMiddleware

        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["Authorization", "X-API-Key", "Content-Type"],
            expose_headers=["X-Request-Id", "X-Document-Schema", "Location", "Retry-After"],
        )
    app.add_middleware(Guard, settings=settings, metrics=metrics)
    return app


def _complete_openapi(app: FastAPI, settings: Settings) -> None:
    """Adds to the OpenAPI document what holds for every route: problems, and keys where there are any."""
    made = app.openapi

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            openapi.complete(made(), with_keys=bool(settings.keys))
        return app.openapi_schema or {}

    app.openapi = document  # type: ignore[method-assign]


async def _problem(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, Problem)
    members = details(error, request.scope["state"].get("request_id"))
    if request.url.path.startswith("/v1/chat/"):
        members |= openai_error(error, members["detail"])
    if error.kind in ("storage-unavailable", "storage-full"):
        get_logger().warning("storage failed", problem=error.kind)
    return JSONResponse(members, error.status, headers=dict(error.headers), media_type=MEDIA_TYPE)


async def _invalid(request: Request, error: Exception) -> JSONResponse:
    """FastAPI's own checks of paths and queries; its texts quote what was sent, so only the names are given."""
    assert isinstance(error, RequestValidationError)
    names = sorted({str(issue["loc"][-1]) for issue in error.errors() if issue["loc"]})
    return await _problem(request, Problem("invalid-parameter", f"look at {', '.join(names)}"))


async def _http(request: Request, error: Exception) -> Response:
    """What the router itself refuses; and OPTIONS, which asks what it takes (RFC 9110, 9.3.7)."""
    assert isinstance(error, HTTPException)
    if request.method == "OPTIONS" and request.scope["path"] == "*":
        return Response(status_code=204, headers={"Allow": "GET, HEAD, POST, DELETE, OPTIONS"})
    if error.status_code == 405:
        # The router names the methods of the first route of that path only.
        allowed = {"Allow": ", ".join(_methods_of(request))}
        if request.method == "OPTIONS":
            return Response(status_code=204, headers=allowed)
        return await _problem(request, Problem("method-not-allowed", headers=allowed))
    kinds = {404: "not-found", 400: "invalid-request", 413: "body-too-large"}
    return await _problem(
        request, Problem(kinds.get(error.status_code, "invalid-request"), headers=error.headers or {})
    )


def _methods_of(request: Request) -> list[str]:
    """The methods that the path of a request takes."""
    found: set[str] = set()
    for route in (*request.app.routes, *(one for module in _MODULES for one in module.router.routes)):
        if route.matches(request.scope)[0] is not Match.NONE:
            found |= getattr(route, "methods", None) or set()
    return sorted(found | {"OPTIONS"} | ({"HEAD"} if "GET" in found else set()))
