"""Many files over HTTP: taken at once, read in order, fetched when they are ready, deleted when asked."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import AsyncIterator
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response, StreamingResponse

from extractor.server import job_examples as ex
from extractor.server.intake import check_declared
from extractor.server.jobs import unpack
from extractor.server.logs import get_logger
from extractor.server.parameters import check_schema, reading_request
from extractor.server.problems import Problem
from extractor.server.service import Service, service_of
from extractor.server.uploads import read_form
from extractor.server.webhooks.hosts import hook_of
from extractor.server.webhooks.kept import shown

router = APIRouter(tags=["jobs"])

JSON_LINES = "application/jsonl"
_FIELDS = ("schema", "engine", "documents", "one_document", "evidence", "pages", "today", "age")


@router.post("/v1/jobs", status_code=202, summary="Read many documents", **ex.CREATE_JOB)
async def create_job(request: Request) -> JSONResponse:
    """Takes many files, or zip archives of them; each file is one document, or with
    `documents` all that are in it.

    They are stored before the answer is given, and read in order even if the service is stopped and started again.
    When all have been read, `webhook` is called, a signed POST; see `webhooks` in this document.
    """
    service = service_of(request)
    limits = service.settings.limits
    check_declared(request, limits.job_bytes)
    with service.intake.arrival() as arrival:
        chunks = service.intake.chunks(request, arrival, limits.job_bytes, limits.upload_seconds * 4)
        form = await read_form(request, chunks, files=limits.job_files)
        fields, hook = hook_of(form.fields, service.settings.webhooks.hosts)
        asked = reading_request(fields, limits, known=_FIELDS)
        await asyncio.to_thread(check_schema, asked["schema"])
        host = await service.hosts.get(asked["engine"])
        if host is not service.hosts.default and host.failure is not None:
            raise host.failure
        async with service.jobs.unpacking:
            files = await asyncio.to_thread(unpack, form.files, limits)
            owner = _owner(request)
            job_id = await service.jobs.call(lambda store: store.create(owner, asked, files, hook))
    service.jobs.wake()
    get_logger().info("job taken", job_id=job_id, count=len(files))
    described = await _described(service, job_id, owner)
    return JSONResponse(described, status_code=202, headers={"Location": f"/v1/jobs/{job_id}"})


@router.get("/v1/jobs/{job_id}", summary="See how far a job is, or fetch its results", **ex.GET_JOB)
async def get_job(request: Request, job_id: str) -> Response:
    """How far a job is, as JSON; or with `Accept: application/jsonl` its results so far, as `/results` gives them."""
    service = service_of(request)
    if _wants_lines(request.headers.get("accept", "")):
        return await _results(service, job_id, _owner(request), 0)
    return JSONResponse(await _described(service, job_id, _owner(request)))


@router.get("/v1/jobs/{job_id}/results", summary="Fetch a job's results", **ex.GET_RESULTS)
async def get_results(request: Request, job_id: str, after: int = 0) -> Response:
    """The results that are there, as JSON Lines in the order of the files: `seq` (from 1), `file`, and either `result`
    (what `/v1/extract` answers) or `problem`. With `after` only those behind that `seq`."""
    if not 0 <= after < 2**31:
        raise Problem("invalid-parameter", "`after` is the `seq` of a result")
    return await _results(service_of(request), job_id, _owner(request), after)


@router.delete("/v1/jobs/{job_id}", status_code=204, summary="Delete a job", **ex.DELETE_JOB)
async def delete_job(request: Request, job_id: str) -> Response:
    """Stops a job and deletes its files and results at once, from the disk as well."""
    owner = _owner(request)
    jobs = service_of(request).jobs
    await jobs.call(lambda store: store.delete(job_id, owner))
    jobs.tidy()
    get_logger().info("job deleted", job_id=job_id)
    return Response(status_code=204)


def _wants_lines(accept: str) -> bool:
    """Whether a header Accept names JSON Lines, and not to refuse them (RFC 9110, 12.5.1)."""
    for one in accept.lower().split(","):
        name, _, rest = one.partition(";")
        if name.strip() == JSON_LINES and not re.search(r"(?:^|;)\s*q=0(?:\.0*)?\s*(?:;|$)", rest):
            return True
    return False


async def _results(service: Service, job_id: str, owner: str, after: int) -> Response:
    async def fetch(behind: int) -> list[tuple[int, dict[str, Any]]]:
        return await service.jobs.call(lambda store: store.answers(job_id, owner, behind))

    first = await fetch(after)

    async def lines() -> AsyncIterator[bytes]:
        batch = first
        while batch:
            for _, line in batch:
                yield (json.dumps(line, ensure_ascii=False) + "\n").encode()
            batch = await fetch(batch[-1][0])

    return StreamingResponse(lines(), media_type=JSON_LINES)


def _owner(request: Request) -> str:
    """Jobs belong to the key that made them; without keys there is one owner."""
    return str(request.scope["state"].get("key") or "")


async def _described(service: Service, job_id: str, owner: str) -> dict[str, Any]:
    state, hook = await service.jobs.call(lambda store: (store.state(job_id, owner), shown(store, job_id)))
    keep = service.settings.limits.keep_seconds
    return {
        "id": state.id,
        "state": "done" if state.finished is not None else "running" if state.done else "queued",
        "total": state.total,
        "done": state.done,
        "created": round(state.created, 3),
        "finished": round(state.finished, 3) if state.finished is not None else None,
        "deleted_at": round(state.finished + keep, 3) if state.finished is not None else None,
        "results": f"/v1/jobs/{state.id}/results",
        "webhook": hook,
    }
