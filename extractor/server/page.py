"""The page and what it needs: static files of this package, the drawn examples, and saving specimens."""

from __future__ import annotations

import asyncio
import hashlib
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from extractor.server import examples as ex
from extractor.server.problems import Problem
from extractor.server.service import service_of, uploaded
from extractor.server.specimens import count_specimens, examples_in, save_specimens
from extractor.server.uploads import parse_json, sniff

router = APIRouter()

_TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}
#: Everything that is served from the package, by name, so that no path can leave its folder.
_STATIC = {
    path.name: _TYPES[Path(path.name).suffix]
    for path in files("extractor.server").joinpath("static").iterdir()
    if Path(path.name).suffix in _TYPES
}


@cache
def _asset(name: str) -> tuple[bytes, str]:
    """A static file and its ETag."""
    content = files("extractor.server").joinpath("static", name).read_bytes()
    return content, _etag(content)


def _served(request: Request, name: str) -> Response:
    content, etag = _asset(name)
    return _unless_known(request, content, etag, _STATIC[name])


def _unless_known(request: Request, content: bytes, etag: str, media_type: str) -> Response:
    """The content, or 304 where the caller has it (RFC 9110, 13.1.2: a list, compared weakly, or `*`)."""
    headers = {"ETag": etag, "Cache-Control": "no-cache"}
    known = [one.strip().removeprefix("W/") for one in request.headers.get("if-none-match", "").split(",")]
    if etag in known or known == ["*"]:
        return Response(status_code=304, headers=headers)
    return Response(content, media_type=media_type, headers=headers)


def _etag(content: bytes) -> str:
    return f'"{hashlib.sha256(content).hexdigest()[:20]}"'


@router.get("/", include_in_schema=False)
async def index(request: Request) -> Response:
    return _served(request, "index.html")


@router.get("/favicon.ico", include_in_schema=False)
async def icon(request: Request) -> Response:
    return _served(request, "icon.svg")


@router.get("/static/{name}", include_in_schema=False)
async def static(request: Request, name: str) -> Response:
    if name not in _STATIC:
        raise Problem("not-found")
    return _served(request, name)


@router.get("/v1/examples", tags=["specimens"], summary="List the drawn examples", **ex.EXAMPLES)
async def list_examples(request: Request) -> JSONResponse:
    """Specimens that come with the checkout, to try the service with; none in an installed package."""
    found = [
        {"file": name, "schema": schema} for name, schema in _examples(service_of(request).settings.examples).items()
    ]
    return JSONResponse({"examples": found})


@router.get("/v1/examples/{name}", tags=["specimens"], summary="Get a drawn example", **ex.EXAMPLE)
async def get_example(request: Request, name: str) -> Response:
    """One of the pictures that `/v1/examples` lists."""
    folder = service_of(request).settings.examples
    if folder is None or name not in _examples(folder):
        raise Problem("not-found")
    try:
        content = (folder / name).read_bytes()
    except OSError:
        raise Problem("not-found") from None
    kind = sniff(content) or "unknown"
    return _unless_known(request, content, _etag(content), "application/pdf" if kind == "pdf" else f"image/{kind}")


@cache
def _examples(folder: Path | None) -> dict[str, str]:
    return {} if folder is None else examples_in(folder)


@router.get("/v1/specimens", tags=["specimens"], summary="Count the saved specimens", **ex.SPECIMENS)
async def specimens(request: Request) -> JSONResponse:
    """Whether specimens are saved (the labelling mode), in which folder of the server, and how many there are."""
    folder = service_of(request).settings.specimens
    count = await asyncio.to_thread(count_specimens, folder) if folder else 0
    return JSONResponse({"enabled": folder is not None, "folder": folder and str(folder), "count": count})


@router.post(
    "/v1/specimens", status_code=201, tags=["specimens"], summary="Save a labelled specimen", **ex.SAVE_SPECIMEN
)
async def save_specimen(request: Request) -> JSONResponse:
    """Saves pictures with their corrected labels in the evaluation suite's format.

    `label` holds `schema`, `fields` (normalised values; null says that the document does not have the field), and if
    wanted `boxes`, `language` and `capture`; of several files a list, one each.
    """
    service = service_of(request)
    folder = service.settings.specimens
    if folder is None:
        detail = "pictures are not kept; for a labelling mode the operator starts the service with --specimens DIR"
        raise Problem("conflict", detail)
    form = await uploaded(request)
    labels = _labels(form.fields.get("label"), len(form.files))
    async with service.saving:
        lines = await asyncio.to_thread(save_specimens, folder, form.files, labels)
        count = await asyncio.to_thread(count_specimens, folder)
    return JSONResponse({"files": [line["file"] for line in lines], "count": count}, status_code=201)


def _labels(value: Any, files: int) -> list[Any]:
    if isinstance(value, str):
        value = parse_json(value)
    labels = value if isinstance(value, list) else [value]
    if len(labels) != files or not all(isinstance(label, dict) for label in labels):
        raise Problem("invalid-label", "`label` is an object, or of several files a list with one each")
    return labels
