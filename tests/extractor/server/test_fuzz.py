"""Damaged files and mutated schemas through the service: no 500, no process that dies, and a flat memory curve.

FUZZ=1 python -m pytest tests/extractor/server/test_fuzz.py -s     # all of them; else every hundredth

File n is `hostile.bad_file(n)`, schema n is `mutants.mutant(n)`: the seed is the number, the same on every machine.
"""

import base64
import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.extractor.schemas.mutants import mutant

from .hostile import CRAFTED, bad_file
from .services import HERE, Process, run_process, wait_for

pytestmark = pytest.mark.slow

FILES, SCHEMAS = 20_000, 2_000
STEP = 1 if os.environ.get("FUZZ") else 100

#: What may be answered; 504 is a file that was stopped by its limit of time.
ALLOWED = {200, 202, 400, 413, 415, 422, 504}
#: Events of the log that are faults of the service.
FAULTS = {"engine died", "engine failed", "reading failed", "internal error", "asking failed", "jobs wait"}


def memory(pid: int) -> int:
    """Resident memory of a process in MB."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) // 1024
    raise AssertionError("a process has memory")


@contextmanager
def started(folder: Path, reader: str) -> Iterator[Process]:
    given = json.dumps({"data": str(folder / "data"), "reader": reader})
    with run_process([str(HERE / "run_service.py"), given], folder / "output", {"MALLOC_ARENA_MAX": "2"}) as process:
        yield process


def sent(service: Process, numbers: range, send: Callable[[int], int]) -> tuple[Counter[int], list[dict[str, int]]]:
    """How often each status was answered, and the memory of both processes at each tenth of the way."""
    statuses: Counter[int] = Counter()
    curve: list[dict[str, int]] = []
    for done, number in enumerate(numbers):
        statuses[send(number)] += 1
        if done % max(1, len(numbers) // 10) == 0:
            curve.append({"service": memory(service.process.pid), "engine": memory(service.engine_pid())})
    return statuses, curve


def check(service: Process, name: str, statuses: Counter[int], curve: list[dict[str, int]], report: Any) -> None:
    lines = [json.loads(line) for line in service.err.read_text(encoding="utf-8").splitlines()]
    events = Counter(line["event"] for line in lines)
    starts = events["engine ready"] - 1
    with report.disabled():
        summary = f"{statuses.total()} {name}: {dict(statuses)}; engine restarted by its limits: {starts}; MB: {curve}"
        sys.stdout.write(f"\n{summary}\n")
    assert set(statuses) <= ALLOWED
    assert not FAULTS & set(events)
    assert starts == events["engine too slow"] == statuses[504], "only a limit of time ends an engine"
    for process, most in (("service", 60), ("engine", 150)):
        # The first fifth loads what is left to be loaded once.
        assert curve[-1][process] - curve[len(curve) // 5][process] < most
    assert {path.name for path in service.folder.parent.iterdir()} == {"data", "output"}, "nothing else was written"


def test_damaged_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with started(tmp_path, "loading_reader:make") as service:

        def send(number: int) -> int:
            answer = service.client.post("/v1/extract", files={"file": ("a.png", bad_file(number))}, timeout=120)
            assert answer.status_code in ALLOWED, f"file {number}: {answer.status_code} {answer.text[:300]}"
            return answer.status_code

        numbers = range(len(CRAFTED), len(CRAFTED) + FILES, STEP)
        check(service, "damaged files", *sent(service, numbers, send), capsys)


def test_mutated_schemas(tmp_path: Path, examples_dir: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """By every road that takes a schema."""
    picture = base64.b64encode((examples_dir / "passport.png").read_bytes()).decode()
    url = {"type": "image_url", "image_url": {"url": f"data:image/png;base64,{picture}"}}
    messages = [{"role": "user", "content": [url]}]
    roads: list[tuple[str, Callable[[Any], dict[str, Any]]]] = [
        ("/v1/extract", lambda schema: {"file": picture, "schema": schema, "evidence": True}),
        ("/v1/jobs", lambda schema: {"file": picture, "schema": schema, "evidence": True}),
        ("/v1/chat/completions", lambda schema: {"messages": messages, "response_format": {
            "type": "json_schema", "json_schema": {"name": "x", "schema": schema}}}),
        ("/v1/chat/completions", lambda schema: {"messages": messages, "tools": [
            {"type": "function", "function": {"name": "f", "parameters": schema}}]}),
    ]  # fmt: skip
    with started(tmp_path, "remembering_reader:make") as service:

        def send(number: int) -> int:
            path, body = roads[number % len(roads)]
            # A lone surrogate is an escape in JSON, and nothing that UTF-8 could write.
            written = json.dumps(body(mutant(number))).encode("ascii")
            headers = {"content-type": "application/json"}
            answer = service.client.post(path, content=written, headers=headers, timeout=120)
            assert answer.status_code in ALLOWED, f"schema {number}: {answer.status_code} {answer.text[:300]}"
            if answer.status_code == 202:
                follow(answer.json())
            return answer.status_code

        def follow(job: dict[str, Any]) -> None:
            location = f"/v1/jobs/{job['id']}"
            wait_for(lambda: service.client.get(location).json()["state"] == "done", 60)
            line = json.loads(service.client.get(job["results"]).text)
            assert "result" in line or line["problem"]["status"] in ALLOWED, line
            service.client.delete(location)

        # The networks, too, are loaded before memory is compared.
        assert service.client.post("/v1/extract", json={"file": picture}, timeout=120).status_code == 200
        # A step of 101 takes all roads in turn.
        numbers = range(0, SCHEMAS, STEP + (STEP > 1))
        check(service, "mutated schemas", *sent(service, numbers, send), capsys)
