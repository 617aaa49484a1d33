"""What a measurement ran on."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from eval.running import machine as module


def test_the_programs_digest_follows_its_sources_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "extractor"
    (folder / "__pycache__").mkdir(parents=True)
    (folder / "a.py").write_text("x = 1", encoding="utf-8")

    def find(name: str) -> SimpleNamespace | None:
        return SimpleNamespace(submodule_search_locations=[str(folder)]) if name == "extractor" else None

    monkeypatch.setattr(module, "find_spec", find)
    before = module.code_digest()
    assert before == hashlib.sha256(b"extractor/a.py\nx = 1").hexdigest()
    (folder / "__pycache__" / "a.py").write_text("junk", encoding="utf-8")
    (folder / "notes.txt").write_text("notes", encoding="utf-8")
    assert module.code_digest() == before
    (folder / "a.py").write_text("x = 2", encoding="utf-8")
    assert module.code_digest() != before


def test_the_machine_is_named_without_its_owner() -> None:
    result = module.machine()
    assert result["processor"]
    assert result["cores"] == str(module.cores())
    assert os.uname().nodename not in " ".join(result.values()).split()


def test_the_gpu_is_told_where_torch_is_in_use(monkeypatch: pytest.MonkeyPatch) -> None:
    cuda = SimpleNamespace(is_available=lambda: True, get_device_name=lambda number: "H100")
    monkeypatch.setitem(module.sys.modules, "torch", SimpleNamespace(cuda=cuda))  # type: ignore[arg-type]
    assert module.machine()["gpu"] == "H100"
    monkeypatch.delitem(module.sys.modules, "torch")
    assert "gpu" not in module.machine()


def test_memory_is_in_megabytes_of_this_process() -> None:
    resident, peak = module.resident_memory(), module.peak_memory()
    assert peak is not None
    assert 10 < resident <= peak * 1.01 < 100_000


def test_the_peak_begins_anew() -> None:
    block = bytearray(150_000_000)
    block[::4096] = b"x" * len(block[::4096])
    high = module.peak_memory()
    del block
    module.reset_peaks()
    low = module.peak_memory()
    assert high is not None
    assert low is not None
    assert low < high - 100


@pytest.mark.parametrize(
    ("load", "expected"),
    [
        (None, None),
        (0.0, None),
        (1.9, None),
        (2.0, "measured on a loaded machine (load 2.0 on 4 cores)"),
    ],
)
def test_a_busy_machine_is_said(monkeypatch: pytest.MonkeyPatch, load: float | None, expected: str | None) -> None:
    monkeypatch.setattr(module, "cores", lambda: 4)
    assert module.busy(load) == expected


def test_load_is_told_or_none(monkeypatch: pytest.MonkeyPatch) -> None:
    assert (module.load_average() or 0.0) >= 0.0
    monkeypatch.delattr(module.os, "getloadavg")
    assert module.load_average() is None


def test_cpu_seconds_are_those_of_a_process_and_what_it_started() -> None:
    before = module.cpu_seconds(os.getpid())
    burn = "import time\nend = time.process_time() + 0.3\nwhile time.process_time() < end: pass"
    subprocess.run([sys.executable, "-c", f"{burn}\nimport time; time.sleep(0)"], check=True)
    ended = module.cpu_seconds(os.getpid())
    assert ended >= before + 0.25
    running = subprocess.Popen([sys.executable, "-c", f"{burn}\nprint()\ninput()"], stdin=-1, stdout=-1)
    try:
        assert running.stdout
        running.stdout.readline()
        assert module.cpu_seconds(os.getpid()) >= ended + 0.25
        assert 0.25 <= module.cpu_seconds(running.pid) < 5
    finally:
        running.communicate(b"\n")
