"""The HTTP service under load: how long callers wait, whether anything but 200 and 429 is answered, memory over time.

The service runs as its users start it, in a process of its own on this machine; `--clients` threads send it the
pictures of a dataset, each the next one as soon as its last is answered. A caller who finds the queue full
comes back when the answer says, as a good client does.
"""

from __future__ import annotations

import argparse
import http.client
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from eval.bench.command import Bench, Table
from eval.running.machine import cores, family, resident_memory
from eval.running.measuring import BenchError, quantile, slope
from eval.running.selection import select
from extractor.ending import above_zero
from extractor.errors import UsageError

_DATASET = Path("datasets/examples")
_START_SECONDS = 120.0
_BOUNDARY = "bench-boundary-of-this-file"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this bench's arguments."""
    own = parser.add_argument_group("server")
    own.add_argument("--dataset", type=Path, default=_DATASET, help=f"labelled pictures (default {_DATASET})")
    own.add_argument("--limit", type=int, metavar="N", help="at most N pictures")
    own.add_argument("--clients", type=int, default=16, metavar="N", help="callers at a time (default 16)")
    own.add_argument(
        "--seconds", type=above_zero, default=60.0, metavar="S", help="for how long they call (default 60)"
    )
    own.add_argument("--queue", type=int, default=16, metavar="N", help="the service's own --queue (default 16)")


@dataclass
class Load:
    """What the callers and the watcher have seen."""

    statuses: Counter[int] = field(default_factory=Counter)
    #: Wall time of each request that was read, seconds.
    taken: list[float] = field(default_factory=list)
    failures: int = 0
    #: Until the last caller had its answer.
    elapsed: float = 0.0
    #: (seconds since the start, MB of the service, MB of its engine)
    memory: list[tuple[float, float, float]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)


def bench(options: argparse.Namespace) -> Bench:
    """Measures. Raises ExtractorError for an invalid dataset, BenchError for a service that does not work."""
    if options.clients < 1 or options.seconds <= 0 or options.queue < 1:
        raise UsageError("--clients, --seconds and --queue must be greater than zero")
    bodies = [_form(specimen.path) for specimen in select(options.dataset, limit=options.limit).specimens]
    with _service(options.queue) as (port, process):
        _ask(port, bodies[0])  # the first document of a process takes longer, and does not count
        load = _loaded(port, process.pid, bodies, options.clients, options.seconds)
    if not load.taken:
        raise BenchError("the service answered nothing within the time")
    figures = _figures(load, options)
    return Bench(_tables(figures), figures)


def _figures(load: Load, options: argparse.Namespace) -> dict[str, Any]:
    settled = [(at, service, engine) for at, service, engine in load.memory if at >= options.seconds / 5]
    growth = {
        name: {
            "settled_mb": round(settled[0][place]),
            "end_mb": round(settled[-1][place]),
            "most_mb": round(max(sample[place] for sample in settled)),
            "mb_per_minute": round(60 * slope([(sample[0], sample[place]) for sample in settled]), 1),
        }
        for place, name in ((1, "service"), (2, "engine"))
        if settled
    }
    return {
        "cores": cores(),
        "clients": options.clients,
        "seconds": options.seconds,
        "queue": options.queue,
        "answers": {str(status): count for status, count in sorted(load.statuses.items())},
        "broken_connections": load.failures,
        "documents_per_second": round(len(load.taken) / load.elapsed, 2),
        "seconds_median": round(quantile(load.taken, 0.5), 2),
        "seconds_p95": round(quantile(load.taken, 0.95), 2),
        "seconds_most": round(max(load.taken), 2),
        "memory": growth,
    }


def _tables(figures: dict[str, Any]) -> list[Table]:
    answers = ", ".join(f"{count} x {status}" for status, count in figures["answers"].items())
    rows = [
        ["answers", f"{answers}; {figures['broken_connections']} connections broken"],
        ["documents per second", f"{figures['documents_per_second']}"],
        ["a caller waits, median / p95 / most", " / ".join(
            f"{figures[name]} s" for name in ("seconds_median", "seconds_p95", "seconds_most"))],
    ]  # fmt: skip
    for name, used in figures["memory"].items():
        then = f"{used['settled_mb']} MB after a fifth of the time, {used['end_mb']} MB at the end"
        rows.append([f"memory of the {name}", f"{then}, most {used['most_mb']} MB"])
    callers = f"{figures['clients']} callers for {figures['seconds']:g} s on {figures['cores']} cores"
    return [Table(f"{callers}, queue of {figures['queue']}", ["service", "measured"], rows)]


def _form(path: Path) -> bytes:
    """A picture as the multipart body of a request."""
    head = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="a{path.suffix}"\r\n\r\n'
    return head.encode() + path.read_bytes() + f"\r\n--{_BOUNDARY}--\r\n".encode()


@contextmanager
def _service(queue: int) -> Iterator[tuple[int, subprocess.Popen[str]]]:
    """A service of its own, with a data folder that is deleted afterwards: its port, its process."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "extractor.server", "--port", "0", "--engine", "embedded"]
        command += ["--data", str(Path(folder) / "data"), "--queue", str(queue)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
            try:
                assert process.stdout is not None
                match = re.search(r":(\d+)$", process.stdout.readline().strip())
                if match is None:
                    raise BenchError("the service did not start; run extract-server to see why")
                port = int(match[1])
                _wait(port)
                yield port, process
            finally:
                process.terminate()


def _wait(port: int) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
        connection.request("GET", "/readyz")
        ready = connection.getresponse().status == http.client.OK
        connection.close()
        if ready:
            return
        time.sleep(0.2)
    raise BenchError("the service's engine was not ready in time")


def _ask(port: int, body: bytes) -> tuple[int, float]:
    """(status, seconds to come back after) of one request on a connection of its own."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=300)
    try:
        headers = {"Content-Type": f"multipart/form-data; boundary={_BOUNDARY}"}
        connection.request("POST", "/v1/extract", body, headers)
        answer = connection.getresponse()
        answer.read()
        return answer.status, float(answer.getheader("Retry-After") or 0)
    finally:
        connection.close()


def _loaded(port: int, pid: int, bodies: Sequence[bytes], clients: int, seconds: float) -> Load:
    load = Load()
    start = time.monotonic()

    def call(number: int) -> None:
        turn = number
        while (now := time.monotonic()) - start < seconds:
            try:
                status, pause = _ask(port, bodies[turn % len(bodies)])
            except (OSError, http.client.HTTPException):
                with load.lock:
                    load.failures += 1
                continue
            turn += 1
            with load.lock:
                load.statuses[status] += 1
                if status == http.client.OK:
                    load.taken.append(time.monotonic() - now)
            time.sleep(max(0.0, min(pause, start + seconds - time.monotonic())))

    callers = [threading.Thread(target=call, args=(number,)) for number in range(clients)]
    for caller in callers:
        caller.start()
    while time.monotonic() - start < seconds:
        with suppress(psutil.NoSuchProcess):  # one that has just ended
            service, *begun = [resident_memory(one.pid) for one in family(pid)]
            load.memory.append((time.monotonic() - start, service, max(begun, default=0.0)))
        time.sleep(1.0)
    for caller in callers:
        caller.join()
    load.elapsed = time.monotonic() - start
    return load
