"""The environment of a measurement: machine, versions, memory."""

from __future__ import annotations

import hashlib
import os
import platform
import sys
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

import psutil

#: Packages whose versions decide an answer or its speed.
_PACKAGES = (
    "id-document-extractor numpy onnxruntime opencv-python opencv-python-headless pillow pydantic rapidocr torch"
    " transformers outlines llguidance bitsandbytes torchao accelerate"
).split()


def versions() -> dict[str, str]:
    """Versions of python and of the packages in use that are installed."""
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def code_digest() -> str:
    """SHA-256 over the reader's own sources: results with the same one were made by the same program."""
    state = hashlib.sha256()
    for package in ("extractor", "schemas"):
        spec = find_spec(package)
        for root in (spec.submodule_search_locations or []) if spec else []:
            for file in sorted(Path(root).rglob("*")):
                if file.suffix in (".py", ".json") and "__pycache__" not in file.parts:
                    state.update(f"{package}/{file.relative_to(root).as_posix()}\n".encode() + file.read_bytes())
    return state.hexdigest()


def cores() -> int:
    """Cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def load_average() -> float | None:
    """1-minute load average; None if unavailable."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else None


def busy(load: float | None) -> str | None:
    """A note that the machine was loaded when a measurement began, which makes its seconds too long; else None."""
    if load is None or load < cores() / 2:
        return None
    return f"measured on a loaded machine (load {load:.1f} on {cores()} cores)"


def machine() -> dict[str, str]:
    """The processor, its cores for us, the operating system, and the GPU where torch is in use and sees one."""
    found = {"processor": _processor(), "cores": str(cores()), "system": f"{platform.system()} {platform.machine()}"}
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        found["gpu"] = str(torch.cuda.get_device_name(0))
    return found


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    named = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return named[0] if named else platform.processor() or platform.machine()


def reset_peaks() -> None:
    """Lets the next `peak_memory` tell the peak from now on, where the system can."""
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
    except OSError:
        return
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        torch.cuda.reset_peak_memory_stats()


def peak_memory() -> float | None:
    """Peak resident memory of this process in MB (10^6 bytes); None where the system does not say."""
    try:
        for line in Path("/proc/self/status").read_text(encoding="ascii").splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024 / 1e6
    except OSError:
        pass
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / 1e6 if sys.platform == "darwin" else peak * 1024 / 1e6


def resident_memory(process: int | None = None) -> float:
    """Resident memory of a process (this one) now, in MB."""
    return float(psutil.Process(process).memory_info().rss / 1e6)


def cpu_seconds(process: int) -> float:
    """CPU seconds of a process, of all that descend from it and of those of them that have ended."""
    spent = 0.0
    for one in family(process):
        with suppress(psutil.NoSuchProcess):  # it ended meanwhile
            spent += sum(one.cpu_times()[:4])  # user, system, and both of ended children
    return spent


def family(process: int) -> list[psutil.Process]:
    """A process and all that descend from it."""
    first = psutil.Process(process)
    return [first, *first.children(recursive=True)]
