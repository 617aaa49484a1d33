"""Bad files against the real engine: each gets a clean answer, nothing dies, memory stays bounded.

HOSTILE_FILES=10000 python -m pytest tests/extractor/server/test_hostile.py -s
"""

import base64
import json
import os
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from .fake_reader import picture
from .hostile import CRAFTED, NAMES, bad_file
from .services import HERE, Process, Running, run_process, wait_for

pytestmark = pytest.mark.slow

FILES = int(os.environ.get("HOSTILE_FILES", "300"))
CLEAN = {200, 413, 415, 422}


def memory(pid: int) -> dict[str, float]:
    """Resident memory of a process in MB, now and at most."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    told = {line.split(":")[0]: line.split() for line in lines}
    return {name: int(told[key][1]) / 1024 for name, key in (("now", "VmRSS"), ("most", "VmHWM"))}


def send(service: Process, number: int) -> int:
    answer = service.client.post("/v1/extract", files={"file": ("a.png", bad_file(number))}, timeout=120)
    assert answer.status_code in CLEAN, f"file {number}: {answer.status_code} {answer.text[:300]}"
    if answer.status_code != 200:
        assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code


def unharmed(service: Process, pid: int) -> None:
    lines = [json.loads(line) for line in service.err.read_text(encoding="utf-8").splitlines()]
    told = Counter(line["event"] for line in lines)
    assert not {"engine died", "engine too slow", "reading failed", "internal error", "asking failed"} & set(told)
    assert service.engine_pid() == pid, "it is the same process that reads"


@pytest.mark.parametrize("number", range(len(CRAFTED)), ids=list(CRAFTED))
def test_crafted_files(real_service: Process, number: int) -> None:
    pid = real_service.engine_pid()
    send(real_service, number)
    unharmed(real_service, pid)
    assert memory(real_service.process.pid)["now"] < 400
    assert memory(pid)["most"] < 3000


def test_damaged_files_are_read_or_refused(real_service: Process) -> None:
    pid = real_service.engine_pid()
    assert {send(real_service, number) for number in range(len(CRAFTED), len(CRAFTED) + 25)} <= CLEAN
    unharmed(real_service, pid)


@pytest.fixture(scope="module")
def decoding(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Process]:
    """The service with a reader that opens and decodes as the real one does, and reads nothing."""
    folder = tmp_path_factory.mktemp("decoding")
    told = json.dumps({"data": str(folder / "data"), "reader": "loading_reader:make"})
    with run_process([str(HERE / "run_service.py"), told], folder / "told") as process:
        yield process


def test_damaged_files_are_decoded_or_refused(decoding: Process, capsys: pytest.CaptureFixture[str]) -> None:
    numbers = range(len(CRAFTED), FILES)
    pids = {"service": decoding.process.pid, "engine": decoding.engine_pid()}
    statuses: Counter[int] = Counter()
    settled: dict[str, float] = {}
    for done, number in enumerate(numbers):
        statuses[send(decoding, number)] += 1
        if done == len(numbers) // 5:
            settled = {name: memory(pid)["now"] for name, pid in pids.items()}
    unharmed(decoding, pids["engine"])
    end = {name: memory(pid)["now"] for name, pid in pids.items()}
    if FILES > 1000:
        with capsys.disabled():
            told = (
                f"{dict(statuses)}; MB after a fifth {settled}, at the end {end}, most {memory(pids['engine'])['most']}"
            )
            sys.stdout.write(f"\n{len(numbers)} files: {told}\n")
    assert end["service"] - settled["service"] < 50
    assert end["engine"] - settled["engine"] < 150
    assert statuses.total() == len(numbers)
    assert {path.name for path in decoding.folder.parent.iterdir()} == {"data", "told"}, "nothing else was written"


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


def test_the_files_are_the_same_for_everybody() -> None:
    assert [bad_file(number) for number in range(100, 130)] == [bad_file(number) for number in range(100, 130)]
    assert len({bad_file(number) for number in range(100, 200)}) > 95
