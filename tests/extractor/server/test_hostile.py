"""Bad files against the real engine: each gets a clean answer, nothing dies, memory stays bounded."""

import base64
import json
from collections import Counter
from pathlib import Path

import pytest

from .fake_reader import picture
from .hostile import CRAFTED, NAMES, bad_file
from .services import Process, Running, wait_for

pytestmark = pytest.mark.slow

CLEAN = {200, 413, 415, 422}


def memory(pid: int) -> dict[str, float]:
    """Resident memory of a process in MB, now and at most."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    numbers = {line.split(":")[0]: line.split() for line in lines}
    return {name: int(numbers[key][1]) / 1024 for name, key in (("now", "VmRSS"), ("most", "VmHWM"))}


def send(service: Process, number: int) -> int:
    answer = service.client.post("/v1/extract", files={"file": ("a.png", bad_file(number))}, timeout=120)
    assert answer.status_code in CLEAN, f"file {number}: {answer.status_code} {answer.text[:300]}"
    if answer.status_code != 200:
        assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code


def unharmed(service: Process, pid: int) -> None:
    lines = [json.loads(line) for line in service.err.read_text(encoding="utf-8").splitlines()]
    events = Counter(line["event"] for line in lines)
    assert not {"engine died", "engine too slow", "reading failed", "internal error", "asking failed"} & set(events)
    assert service.engine_pid() == pid, "it is the same process that reads"


@pytest.mark.parametrize("number", range(len(CRAFTED)), ids=list(CRAFTED))
def test_crafted_files(real_service: Process, number: int) -> None:
    pid = real_service.engine_pid()
    send(real_service, number)
    unharmed(real_service, pid)
    assert memory(real_service.process.pid)["now"] < 400
    assert memory(pid)["most"] < 3000


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_names_are_words_and_never_paths(service: Running, name: str) -> None:
    """Whatever a file is called, it is read or refused, shown again as one harmless line, and used for nothing."""
    answer = service.client.post("/v1/extract", files={"file": (name, picture())})
    # A name without a letter makes a field of it, and one of five thousand is longer than a header may be.
    assert answer.status_code == (200 if 0 < len(name) < 5000 else 400)
    encoded = base64.b64encode(picture()).decode()
    job = service.client.post("/v1/jobs", json={"file": {"name": name, "data": encoded}}).json()
    wait_for(lambda: service.client.get(f"/v1/jobs/{job['id']}").json()["state"] == "done")
    line = json.loads(service.client.get(job["results"]).text)
    assert line["file"].isprintable()
    assert 0 < len(line["file"]) <= 200
    held = {path.name for path in service.settings.data.iterdir()}
    assert held <= {"jobs.sqlite3", "jobs.sqlite3-wal", "jobs.sqlite3-shm", "jobs.keys"}
