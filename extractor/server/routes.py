"""Documents over HTTP: extract, classify, schemas, engines, and whether the service lives.

Bodies are read by hand (`uploads`), after everything that can refuse a request has had its say; what they look like
stands in the OpenAPI document through `examples`.
"""

from __future__ import annotations

from importlib.util import find_spec
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response

from extractor.schemas import SCHEMAS, field_specs
from extractor.server import examples as ex
from extractor.server.answers import as_body
from extractor.server.parameters import pictures_request, reading_request
from extractor.server.problems import BASE, KINDS, Problem
from extractor.server.service import ask, extracted, service_of, uploaded

router = APIRouter()

_EXTRACT_FIELDS = ("schema", "engine", "documents", "one_document", "evidence", "pages", "today", "age", "previews")
_CLASSIFY_FIELDS = ("engine", "pages")


@router.post("/v1/extract", tags=["documents"], summary="Read one document", **ex.EXTRACT)
async def extract(request: Request) -> JSONResponse:
    """Reads one document: one file, or several that are its pages or sides.

    Answers the document as a flat object whose keys are the schema's fields. With `evidence` two members are added:
    `document`, that object once more, and `evidence` with `fields` (value, verdict, confidence, box and every source),
    `warnings`, `pages`, `schema`, `engine` and `seconds`, as the command `extract --evidence` prints them. The header
    `X-Document-Schema` names the schema in any case.

    Where there are several documents this is the largest, with the warning `several_documents`. With `documents` the
    answer is `{"documents": [...]}`: all of them, each with its `schema` and, in its evidence, the `regions` where it
    lies. Sides find each other by number, MRZ, name and birth date. With `one_document` the files are pages or sides of
    one document, and what contradicts that is the problem `no-document`.
    """
    limits = service_of(request).settings.limits
    form = await uploaded(request)
    asked = reading_request(form.fields, limits, known=_EXTRACT_FIELDS)
    answer = await extracted(request, asked, form.files)
    named = {} if "documents" in answer else {"X-Document-Schema": _header(answer["evidence"]["schema"])}
    return JSONResponse(as_body(asked, answer), headers=named)


@router.post("/v1/classify", tags=["documents"], summary="Say what kind of document it is", **ex.CLASSIFY)
async def classify(request: Request) -> JSONResponse:
    """Says which built-in schema fits, and how much speaks for each; null where nothing does."""
    limits = service_of(request).settings.limits
    form = await uploaded(request)
    asked = reading_request(form.fields, limits, known=_CLASSIFY_FIELDS)
    answer, _ = await ask(request, {**asked, "op": "classify"}, form.files)
    return JSONResponse(answer)


@router.post("/v1/pictures", tags=["documents"], summary="Make pictures of a document", **ex.PICTURES)
async def pictures(request: Request) -> JSONResponse:
    """Reads one document and answers pictures of it, as PNG in base64: `make` is `deskew` (the document cut out and
    laid flat at 300 dpi), `redact` (blacked out; `keep`, `hide` or `preset` say what), or `portrait` (portrait, ghost
    portraits and signature, each with its box).

    Where something to be blacked out cannot be located, the answer is the problem `not-redacted`, which names it.
    """
    limits = service_of(request).settings.limits
    form = await uploaded(request)
    asked = pictures_request(form.fields, limits)
    answer, _ = await ask(request, {**asked, "op": "pictures"}, form.files)
    return JSONResponse(answer)


@router.get("/v1/schemas", tags=["schemas"], summary="List the built-in schemas", **ex.SCHEMA_LIST)
async def list_schemas() -> JSONResponse:
    """The built-in schemas with their fields, each with its kind and its meaning in English and Chinese."""
    return JSONResponse({"schemas": [_described(name) for name in SCHEMAS]})


@router.get("/v1/schemas/{name}", tags=["schemas"], summary="Get a schema as JSON Schema", **ex.SCHEMA)
async def get_schema(name: str) -> JSONResponse:
    """A built-in schema as JSON Schema; it can be changed and sent back as `schema`."""
    if name not in SCHEMAS:
        raise Problem("unknown-schema", f"the built-in ones are {', '.join(SCHEMAS)}")
    return JSONResponse(SCHEMAS[name].model_json_schema(), media_type="application/schema+json")


@router.get("/v1/engines", tags=["service"], summary="List the engines", **ex.ENGINES)
async def list_engines(request: Request) -> JSONResponse:
    """What is installed, what is loaded, and why the default engine was chosen."""
    hosts = service_of(request).hosts
    known: dict[str, dict[str, Any]] = {}
    for host in hosts.all():
        known[host.name] = {
            "name": host.name,
            "default": host is hosts.default,
            "loaded": host.ready,
            "installed": True,
            "waiting": host.admitted,
            "details": dict(host.details),
            **({"problem": str(host.failure)} if host.failure else {}),
        }
    for name, installed in (("embedded", True), ("phi3v", all(map(find_spec, ("torch", "transformers"))))):
        nothing = {"default": False, "loaded": False, "waiting": 0, "details": {}}
        known.setdefault(name, {"name": name, "installed": installed, **nothing})
    return JSONResponse({"engines": list(known.values())})


@router.get("/healthz", tags=["service"], summary="Does the process answer?", **ex.HEALTH)
async def health() -> JSONResponse:
    """Answers as long as the process does; restart it when this fails."""
    return JSONResponse({"status": "ok"})


@router.get("/readyz", tags=["service"], summary="Can documents be sent?", **ex.READY)
async def ready(request: Request) -> JSONResponse:
    """200 once the default engine is loaded; 503 while it is not, and while the service is being stopped.

    A data folder that cannot be used stops jobs, not reading, so it is reported and does not count.
    """
    service = service_of(request)
    host = service.hosts.default
    if service.stopping:
        raise Problem("shutting-down", headers={"Retry-After": "5"})
    if not host.ready:
        raise host.failure or Problem("engine-unavailable", "it is being loaded", headers={"Retry-After": "2"})
    try:
        await service.jobs.call(lambda store: store.check())
        storage = "ok"
    except Problem as problem:
        storage = problem.kind
    return JSONResponse({"status": "ready", "engine": host.name, "storage": storage})


@router.get("/metrics", tags=["service"], summary="Metrics for Prometheus", **ex.METRICS)
async def metrics(request: Request) -> Response:
    """Counts, latencies, queue lengths and verdicts; never a field's value."""
    body, media_type = service_of(request).metrics.render()
    return Response(body, media_type=media_type)


@router.get("/problems/{name}", tags=["service"], summary="What a problem means", **ex.PROBLEM)
async def problem(name: str) -> HTMLResponse:
    """What an error's `type` points to."""
    if name not in KINDS:
        raise Problem("not-found")
    kind = KINDS[name]
    return HTMLResponse(
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{kind.title}</title>'
        f"<h1>{kind.title}</h1><p>{kind.advice}</p><p><code>{BASE}{name}</code>, HTTP status {kind.status}</p></html>"
    )


def _described(name: str) -> dict[str, Any]:
    schema = SCHEMAS[name]
    return {
        "name": name,
        "title": (schema.__doc__ or "").strip().splitlines()[0],
        "fields": [
            {"name": spec.name, "kind": spec.kind.value, "en": spec.en, "zh": spec.zh}
            for spec in field_specs(schema).values()
        ],
    }


def _header(name: str) -> str:
    """A schema's name as a header can carry it; a caller's own may be in any script."""
    return name if name.isascii() and name.isprintable() else "custom"
