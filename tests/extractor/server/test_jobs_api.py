"""Many files over HTTP: taken at once, read in order, fetched, deleted."""

import base64
import io
import json
import threading
import zipfile
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from .fake_reader import number_of, picture
from .services import Running, wait_for
from .test_routes import kind_of


def create(service: Running, *files: bytes, **fields: str) -> dict[str, Any]:
    parts = [("file", (f"{number}.png", data)) for number, data in enumerate(files)]
    answer = service.client.post("/v1/jobs", files=parts, data=fields)
    assert answer.status_code == 202, answer.text
    assert answer.headers["location"] == f"/v1/jobs/{answer.json()['id']}"
    return dict(answer.json())


def finished(service: Running, job: dict[str, Any]) -> dict[str, Any]:
    def state() -> dict[str, Any] | None:
        found = service.client.get(f"/v1/jobs/{job['id']}").json()
        return found if found["state"] == "done" else None

    return dict(wait_for(state))


def results(service: Running, job: dict[str, Any], **query: Any) -> list[dict[str, Any]]:
    answer = service.client.get(job["results"], params=query)
    assert answer.headers["content-type"] == "application/jsonl"
    return [json.loads(line) for line in answer.text.splitlines()]


def test_a_job_goes_from_queued_to_done(service: Running) -> None:
    files = [picture(number=n) for n in range(70)]
    job = create(service, *files)
    assert (job["total"], job["finished"], job["deleted_at"]) == (70, None, None)
    done = finished(service, job)
    assert done["done"] == 70
    assert done["deleted_at"] > done["finished"] >= done["created"]
    lines = results(service, job)
    assert [line["seq"] for line in lines] == list(range(1, 71))
    assert [line["result"]["document_number"] for line in lines] == [number_of(file) for file in files]
    assert [line["file"] for line in lines] == [f"{n}.png" for n in range(70)]
    assert [line["seq"] for line in results(service, job, after=68)] == [69, 70]


def test_results_come_as_json_lines_where_they_are_asked_for(service: Running) -> None:
    job = create(service, picture(), evidence="true")
    finished(service, job)
    answer = service.client.get(f"/v1/jobs/{job['id']}", headers={"Accept": "application/jsonl"})
    (line,) = answer.text.splitlines()
    assert "fields" in json.loads(line)["result"]["evidence"]


def test_an_archive_is_as_many_documents_as_it_has_files(service: Running) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a.png", picture(number=1))
        archive.writestr("b.png", picture(number=2))
    job = create(service, buffer.getvalue(), picture(number=3))
    assert finished(service, job)["total"] == 3
    assert [line["file"] for line in results(service, job)] == ["a.png", "b.png", "1.png"]


def test_json_bodies_are_taken_too(service: Running) -> None:
    encoded = base64.b64encode(picture()).decode()
    job = service.client.post("/v1/jobs", json={"files": [encoded, {"name": "b.png", "data": encoded}]}).json()
    finished(service, job)
    assert [line["file"] for line in results(service, job)] == ["file 1", "b.png"]


def test_one_bad_file_costs_itself_only(service: Running) -> None:
    job = create(service, picture("nothing"), picture("crash"), b"no picture", picture("secret"), picture())
    finished(service, job)
    lines = results(service, job)
    kinds = [line["problem"]["type"].removeprefix("/problems/") if "problem" in line else "" for line in lines]
    assert kinds[:2] + kinds[3:] == ["no-document", "worker-crashed", "internal-error", ""]
    assert "result" in lines[4]


def test_a_deleted_job_is_gone_even_while_it_is_read(service: Running) -> None:
    job = create(service, *[picture("sleep 0.2", n) for n in range(20)])
    wait_for(lambda: service.client.get(f"/v1/jobs/{job['id']}").json()["state"] == "running")
    assert service.client.delete(f"/v1/jobs/{job['id']}").status_code == 204
    path = f"/v1/jobs/{job['id']}"
    for method, asked in (("GET", job["results"]), ("GET", path), ("DELETE", path)):
        answer = service.client.request(method, asked)
        assert (answer.status_code, kind_of(answer)) == (404, "unknown-job")
    after = create(service, picture())
    finished(service, after)


def test_whoever_waits_goes_before_jobs(service: Running) -> None:
    job = create(service, *[picture("sleep 0.2", n) for n in range(10)])
    answer = service.client.post("/v1/extract", files={"file": picture()})
    assert answer.status_code == 200
    assert service.client.get(f"/v1/jobs/{job['id']}").json()["done"] < 5
    service.client.delete(f"/v1/jobs/{job['id']}")


def test_an_engine_that_is_not_here_holds_up_nobody(service: Running) -> None:
    job = create(service, picture(), picture(), engine="phi3v")
    behind = create(service, picture())
    finished(service, behind)
    kinds = {line["problem"]["type"] for line in results(service, job)}
    assert (len(results(service, job)), kinds) == (2, {"/problems/engine-unavailable"})
    # Once it is known not to be there, a job for it is not taken any more.
    answer = service.client.post("/v1/jobs", files={"file": picture()}, data={"engine": "phi3v"})
    assert (answer.status_code, kind_of(answer)) == (503, "engine-unavailable")


@pytest.mark.parametrize(
    ("status", "kind", "sent"),
    [
        (422, "unreadable-file", {"files": {"file": b"PK\x03\x04broken"}}),
        (422, "invalid-parameter", {"files": {"file": picture()}, "data": {"previews": "true"}}),
        (422, "invalid-schema", {"files": {"file": picture()}, "data": {"schema": "x"}}),
        (422, "invalid-schema", {"files": {"file": picture()}, "data": {"schema": '{"type": "object"}'}}),
    ],
)
def test_refused_jobs(service: Running, status: int, kind: str, sent: dict[str, Any]) -> None:
    answer = service.client.post("/v1/jobs", **sent)
    assert (answer.status_code, kind_of(answer)) == (status, kind)


@pytest.mark.parametrize("after", ["-1", "x", "99999999999999999999"])
def test_after_is_a_number_of_a_result(service: Running, after: str) -> None:
    job = create(service, picture())
    answer = service.client.get(job["results"], params={"after": after})
    assert (answer.status_code, kind_of(answer)) == (422, "invalid-parameter")


def test_results_are_deleted_after_their_time(make_service: Callable[..., Running]) -> None:
    hasty = make_service(limits={"keep_seconds": 0.5})
    job = create(hasty, picture())
    wait_for(lambda: hasty.client.get(f"/v1/jobs/{job['id']}").status_code == 404)


def test_an_upload_that_stalls_keeps_no_other_job_out(make_service: Callable[..., Running]) -> None:
    service = make_service()
    resume = threading.Event()
    body = json.dumps({"file": base64.b64encode(picture()).decode()}).encode()

    def slowly() -> Any:
        yield body[:10]
        resume.wait(20)
        yield body[10:]

    answers: list[httpx.Response] = []

    def upload() -> None:
        headers = {"content-type": "application/json"}
        answers.append(httpx.post(f"{service.url}/v1/jobs", content=slowly(), headers=headers, trust_env=False))

    thread = threading.Thread(target=upload)
    thread.start()
    wait_for(lambda: service.app.state.service.intake.size == 10)
    finished(service, create(service, picture()))
    resume.set()
    thread.join()
    assert answers[0].status_code == 202
    assert service.app.state.service.intake.size == 0


def test_what_is_queued_is_counted(service: Running) -> None:
    job = create(service, picture())
    finished(service, job)
    wait_for(lambda: 'extractor_job_files{state="queued"} 0.0' in service.client.get("/metrics").text)
