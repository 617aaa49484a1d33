"""Services to test, on a free port of this machine: in a thread of this process, or in a process that can be killed."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import httpx

from extractor.server.__main__ import prepared
from extractor.server.settings import Settings

HERE = Path(__file__).parent
#: A service in a process of its own runs the code beside these tests, whatever is installed.
PATH = os.pathsep.join(map(str, (HERE, HERE.parents[2])))
# A fake engine's process finds the module of its reader as this one does.
sys.path.insert(0, str(HERE))

FAKE = "fake_reader:make"


@dataclass
class Running:
    """A service, and a client for it."""

    settings: Settings
    port: int
    client: httpx.Client
    app: Any = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


def client_of(port: int, **options: Any) -> httpx.Client:
    return httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=60.0, trust_env=False, **options)


def wait_for(condition: Callable[[], Any], seconds: float = 30.0, pause: float = 0.02) -> Any:
    """What `condition` returns once it is true. Fails after `seconds`."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := condition():
            return found
        time.sleep(pause)
    raise AssertionError(f"it did not happen within {seconds} seconds")


@contextmanager
def run_service(settings: Settings, *, wait: bool = True) -> Iterator[Running]:
    """Runs a service in a thread of this process, on a free port."""
    server, listener = prepared(replace(settings, port=0))
    port = listener.getsockname()[1]
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        wait_for(lambda: server.started)
        with client_of(port) as client:
            if wait:
                wait_for(lambda: client.get("/readyz").status_code == 200)
            yield Running(settings, port, client, server.config.app)
    finally:
        server.should_exit = True
        thread.join(30)
        listener.close()
    assert not thread.is_alive(), "the service did not stop"


@dataclass
class Process:
    """A service in a process of its own; everything it says is kept in files."""

    arguments: list[str]
    folder: Path
    environment: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] = field(init=False)
    client: httpx.Client = field(init=False)
    port: int = 0
    starts: int = 0

    def start(self) -> None:
        self.starts += 1
        self.out, self.err = (self.folder / f"{name}-{self.starts}" for name in ("stdout", "stderr"))
        environment = {**os.environ, "PYTHONPATH": PATH, **self.environment}
        with self.out.open("wb") as out, self.err.open("wb") as err:
            self.process = subprocess.Popen([sys.executable, *self.arguments], stdout=out, stderr=err, env=environment)
        address = wait_for(lambda: self._address() or self.process.poll() is not None)
        assert address is not True, f"the service did not start:\n{self.err.read_text()}"
        self.port = int(address)
        self.client = client_of(self.port)
        wait_for(self._is_ready, 60.0)

    def _address(self) -> str | None:
        match = re.search(r"http://127\.0\.0\.1:(\d+)\n", self.out.read_text())
        return match[1] if match else None

    def _is_ready(self) -> bool:
        try:
            return self.client.get("/readyz").status_code == 200
        except httpx.TransportError:
            return False

    def engine_pid(self) -> int:
        """The process that reads, by the service's log."""
        lines = [json.loads(line) for line in self.err.read_text().splitlines()]
        return int(next(line["pid"] for line in reversed(lines) if line["event"] == "engine ready"))

    def kill(self) -> None:
        """As if the power of this one process went."""
        self.client.close()
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def stop(self) -> int:
        """As an operator stops it; its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        self.client.close()
        return self.process.wait(40)

    def output(self) -> bytes:
        """Everything it has written to its standard streams."""
        return b"".join(path.read_bytes() for path in sorted(self.folder.glob("std*")))


@contextmanager
def run_process(arguments: list[str], folder: Path, environment: dict[str, str] | None = None) -> Iterator[Process]:
    """A service in a process of its own, ended however it stands at the end."""
    folder.mkdir(parents=True, exist_ok=True)
    process = Process(arguments, folder, environment or {})
    process.start()
    try:
        yield process
    finally:
        process.client.close()
        if process.process.poll() is None:
            process.process.kill()
        process.process.wait(10)
