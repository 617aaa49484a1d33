"""What happens when power, disk or processes go: nothing is lost, nothing is answered twice, and it is said clearly."""

import json
import os
import signal
import sqlite3
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from extractor.server.sealing import new_data_key

from .fake_reader import number_of, picture
from .services import Process, Running, client_of, wait_for
from .test_routes import kind_of

PAGES = 100


def jobs_of(service: Process | Running, files: list[bytes]) -> str:
    parts = [("file", (f"{number}.png", data)) for number, data in enumerate(files)]
    answer = service.client.post("/v1/jobs", files=parts)
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


def state(service: Process | Running, job: str) -> dict[str, Any]:
    return dict(service.client.get(f"/v1/jobs/{job}").json())


def test_killed_twice_in_a_job_every_page_is_answered_once(
    fake_process: Callable[..., Process], tmp_path: Path
) -> None:
    files = [picture("sleep 0.02", number) for number in range(PAGES)]
    service = fake_process(data_key=new_data_key())
    job = jobs_of(service, files)
    seen: dict[int, Any] = {}
    for share in (0.2, 0.6):
        wait_for(lambda least=PAGES * share: state(service, job)["done"] >= least)
        for line in results(service, job):
            assert seen.setdefault(line["seq"], line) == line
        service.kill()
        assert len(seen) < PAGES, "it was killed in the middle"
        service.start()
        assert state(service, job)["done"] >= len(seen), "what was answered stays answered"
    wait_for(lambda: state(service, job)["state"] == "done")
    lines = results(service, job)
    assert [line["seq"] for line in lines] == list(range(1, PAGES + 1))
    assert [line["result"]["document_number"] for line in lines] == [number_of(file) for file in files]
    assert all(seen[line["seq"]] == line for line in lines if line["seq"] in seen), "no answer has changed"
    assert service.stop() == 0
    database = sqlite3.connect(tmp_path / "data" / "jobs.sqlite3")
    assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert database.execute("SELECT COUNT(*), COUNT(picture) FROM files").fetchone() == (PAGES, 0)
    database.close()


def results(service: Process, job: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in service.client.get(f"/v1/jobs/{job}/results").text.splitlines()]


def test_a_killed_engine_costs_one_request(fake_process: Callable[..., Process]) -> None:
    service = fake_process()
    pid = service.engine_pid()
    killer = threading.Timer(0.4, os.kill, (pid, signal.SIGKILL))
    killer.start()
    answer = service.client.post("/v1/extract", files={"file": picture("sleep 5")})
    killer.join()
    assert (answer.status_code, kind_of(answer)) == (500, "worker-crashed")
    assert service.client.post("/v1/extract", files={"file": picture()}).status_code == 200
    assert service.engine_pid() != pid
    text = service.client.get("/metrics").text
    assert 'extractor_worker_starts_total{engine="embedded",reason="replace"} 1.0' in text


def test_an_operator_stops_it_and_whoever_waits_is_answered(fake_process: Callable[..., Process]) -> None:
    service = fake_process()
    answers: list[httpx.Response] = []
    ask = threading.Thread(
        target=lambda: answers.append(service.client.post("/v1/extract", files={"file": picture("sleep 1")}))
    )
    ask.start()
    with client_of(service.port) as other:
        wait_for(lambda: other.get("/v1/engines").json()["engines"][0]["waiting"])
    # A service manager tells every process of the service, and the engine's as well.
    os.kill(service.engine_pid(), signal.SIGTERM)
    service.process.send_signal(signal.SIGTERM)
    ask.join()
    assert answers[0].status_code == 200
    assert service.stop() == 0
    with pytest.raises(ProcessLookupError):
        os.kill(service.engine_pid(), 0)


def test_a_key_that_does_not_fit_stops_the_start(fake_process: Callable[..., Process], tmp_path: Path) -> None:
    service = fake_process(data_key=new_data_key())
    service.stop()
    with pytest.raises(AssertionError, match="data key"):
        fake_process(data_key=new_data_key())


# A disk that is full


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of four megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m,mode=700", "tmpfs", str(folder)], capture_output=True, check=False
    )
    if mounted.returncode:
        pytest.skip("needs the right to mount a tmpfs: run the tests as root, or in a container with CAP_SYS_ADMIN")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path) -> Path:
    ballast = folder / "ballast"
    with ballast.open("wb", buffering=0) as file:
        for size in (65536, 4096, 1):
            try:
                while file.write(b"\x00" * size) == size:
                    pass
            except OSError:
                continue
    return ballast


def test_a_full_disk_is_said_and_what_was_taken_is_kept(
    make_service: Callable[..., Running], small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("extractor.server.jobs._PAUSE", 0.2)
    service = make_service(data=small_disk / "data", specimens=small_disk / "specimens")
    kept = jobs_of(service, [picture("sleep 0.3", number) for number in range(8)])
    ballast = fill(small_disk)
    answer = service.client.post("/v1/jobs", files={"file": picture() + b"x" * 500_000})
    assert (answer.status_code, kind_of(answer)) == (507, "storage-full")
    assert int(answer.headers["retry-after"]) > 0
    assert service.client.post("/v1/extract", files={"file": picture()}).status_code == 200, "reading needs no disk"
    saved = service.client.post(
        "/v1/specimens",
        files={"file": picture() + b"x" * 500_000},
        data={"label": json.dumps({"schema": "passport", "fields": {"surname": "A"}})},
    )
    assert (saved.status_code, kind_of(saved)) == (507, "storage-full")
    ballast.unlink()
    wait_for(lambda: state(service, kept)["state"] == "done")
    lines = [json.loads(line) for line in service.client.get(f"/v1/jobs/{kept}/results").text.splitlines()]
    assert [line["seq"] for line in lines] == list(range(1, 9))
    assert all("result" in line for line in lines)
    database = sqlite3.connect(small_disk / "data" / "jobs.sqlite3")
    assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    database.close()


# A folder that cannot be written to


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[Path]:
    """A data folder that nobody can write to, with a job in it from better days; root needs a mount for that."""
    folder = tmp_path / "data"
    folder.mkdir()
    folder.chmod(0o500)
    if os.access(folder, os.W_OK):
        mounted = subprocess.run(["mount", "--bind", folder, folder], capture_output=True, check=False)
        if mounted.returncode:
            pytest.skip("run as root without the right to mount, nothing is read-only: run the tests as another user")
        subprocess.run(["mount", "-o", "remount,ro,bind", folder, folder], check=True)
        yield folder
        subprocess.run(["umount", "-l", folder], check=True)
    else:
        yield folder
    folder.chmod(0o700)


def test_a_read_only_folder_stops_jobs_and_not_reading(make_service: Callable[..., Running], read_only: Path) -> None:
    service = make_service(data=read_only, specimens=read_only / "specimens")
    answer = service.client.post("/v1/jobs", files={"file": picture()})
    assert (answer.status_code, kind_of(answer)) == (503, "storage-unavailable")
    assert "written to" in answer.json()["detail"]
    unknown = service.client.get("/v1/jobs/none")
    assert (unknown.status_code, kind_of(unknown)) == (503, "storage-unavailable")
    label = json.dumps({"schema": "passport", "fields": {"surname": "A"}})
    saved = service.client.post("/v1/specimens", files={"file": picture()}, data={"label": label})
    assert (saved.status_code, kind_of(saved)) == (503, "storage-unavailable")
    assert service.client.post("/v1/extract", files={"file": picture()}).status_code == 200
    assert service.client.get("/readyz").json() == {
        "status": "ready",
        "engine": "embedded",
        "storage": "storage-unavailable",
    }


def test_a_folder_that_comes_back_is_used_again(make_service: Callable[..., Running], tmp_path: Path) -> None:
    (tmp_path / "data").write_text("a file where the folder should be", encoding="utf-8")
    service = make_service(data=tmp_path / "data")
    answer = service.client.post("/v1/jobs", files={"file": picture()})
    assert (answer.status_code, kind_of(answer)) == (503, "storage-unavailable")
    (tmp_path / "data").unlink()
    assert state(service, jobs_of(service, [picture()]))["total"] == 1
