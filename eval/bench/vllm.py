"""vLLM as docs/engines.md starts it, with this package's plugin; `.ci/vllm` makes the environment."""

from __future__ import annotations

import os
import re
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from eval.running.measuring import BenchError

#: Probabilities are those of the grammar's tokens, as the native engine's are; the grammar is the native engine's too.
OPTIONS = (
    "--dtype float32 --max-model-len 4096 --max-num-seqs 16 --enforce-eager --logprobs-mode processed_logprobs"
    ' --structured-outputs-config {"backend":"guidance"}'
)
_ENVIRONMENT = {"VLLM_CPU_KVCACHE_SPACE": "1", "HF_HUB_OFFLINE": "1", "VLLM_NO_USAGE_STATS": "1"}
_READY = 900.0
#: Lines that it prints when it is ready, without what is this machine's or this moment's own.
_TOLD = re.compile(r"((?:CPU KV cache size|Maximum concurrency|Resolved architecture|Using \S+ backend).*)")


@dataclass(frozen=True)
class Served:
    """A running server: its address, its first process, and where it prints to."""

    url: str
    process: int
    log: Path

    @property
    def printed(self) -> list[str]:
        """What it said of itself while it started."""
        lines = self.log.read_text(encoding="utf-8", errors="replace").splitlines()
        return list(dict.fromkeys(found[1].strip() for line in lines if (found := _TOLD.search(line))))


@contextmanager
def served(python: Path, folder: Path, name: str) -> Iterator[Served]:
    """Serves a checkpoint's folder as `name` while the block runs. Raises BenchError where it does not start."""
    if not python.is_file():
        raise BenchError(f"{python} is no interpreter with vLLM; .ci/vllm makes one")
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = str(taken.getsockname()[1])
    command = [str(python.absolute()), "-m", "vllm.entrypoints.openai.api_server", *OPTIONS.split(), "--port", port]
    command += ["--model", str(folder), "--served-model-name", name, "--host", "127.0.0.1"]
    with tempfile.TemporaryDirectory(prefix="bench-vllm-") as room:
        log = Path(room) / "log"
        with log.open("wb") as out:
            running = subprocess.Popen(command, stdout=out, stderr=out, cwd=room, env={**os.environ, **_ENVIRONMENT})
        try:
            _wait(running, f"http://127.0.0.1:{port}/health", log)
            yield Served(f"http://127.0.0.1:{port}/v1", running.pid, log)
        finally:
            running.terminate()
            try:
                running.wait(60)
            except subprocess.TimeoutExpired:
                running.kill()
                running.wait()


def _wait(running: subprocess.Popen[bytes], health: str, log: Path) -> None:
    end = time.monotonic() + _READY
    while time.monotonic() < end:
        if running.poll() is not None:
            last = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
            raise BenchError(f"vLLM ended while it started: {''.join(last)[:300]}")
        try:
            with urllib.request.urlopen(health, timeout=2) as response:
                if response.status == 200:
                    return
        except OSError:
            time.sleep(1)
    raise BenchError(f"vLLM was not ready after {_READY:.0f} seconds")
