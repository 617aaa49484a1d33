"""`extract-batch` on a cluster of two Ray nodes on this machine: the pace, the memory, and what is answered when things
die. Each of the three is left out by a count of 0.

Pace: `extract --jobs 2` and `extract-batch` read the same pages in turns, so that what else the machine does falls on
both. Memory: a batch reads `--steady` whole
pages undisturbed. Deaths: a batch reads `--pages` strips (the lowest part of a page, where its machine-readable zone
is: quick to read) while a reader is killed by its process id, and later a whole node; every one must have exactly one
row. Last, Ray's logs are searched for what was read.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
from PIL import Image

from eval.bench.command import Bench, Table, keep
from eval.running.machine import cores, family, load_average
from eval.running.measuring import BenchError
from eval.running.selection import select
from extractor.batch import Summary, extract_batch
from extractor.errors import UsageError

_DATASET = Path("datasets/frozen")
_LONGEST_SIDE = 1000
_NODES = 2
_READER = "ray::MapWorker"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this bench's arguments."""
    own = parser.add_argument_group("batch")
    own.add_argument("--dataset", type=Path, default=_DATASET, help=f"labelled pictures (default {_DATASET})")
    own.add_argument("--pages", type=int, default=400, metavar="N", help="strips read while things die (default 400)")
    own.add_argument("--steady", type=int, default=400, metavar="N", help="pages that memory is measured over (400)")
    own.add_argument("--undisturbed", type=int, default=24, metavar="N", help="pages in each turn (default 24)")
    own.add_argument("--turns", type=int, default=3, metavar="N", help="turns of each of the two (default 3)")


def bench(options: argparse.Namespace) -> Bench:
    """Measures. Raises BenchError where a page has no row, or two."""
    if min(options.pages, options.steady, options.turns) < 0 or options.undisturbed < 2:
        raise UsageError("--pages, --steady and --turns are numbers from 0, --undisturbed from 2")
    figures: dict[str, Any] = {"cores": cores(), "load": [load_average()]}
    with tempfile.TemporaryDirectory(prefix="bench-batch-") as folder, _cluster() as cluster:
        room = Path(folder)
        if options.turns:
            few = _pages(room / "few", options.dataset, options.undisturbed)
            figures["pace"] = _pace(few, room, options.turns)
            keep(options, [_table(figures)], figures)
        if options.steady:
            whole = _pages(room / "whole", options.dataset, options.steady)
            figures["steady"] = _steady(whole, room / "steady") | {"pages": options.steady}
            keep(options, [_table(figures)], figures)
        if options.pages:
            strips = _pages(room / "strips", options.dataset, options.pages, lowest=0.25)
            died = _with_deaths(strips, room / "out", cluster)
            figures["deaths"] = died | {"pages": options.pages, "values_in_logs": _values_in_logs(room / "out")}
    figures["load"].append(load_average())
    return Bench([_table(figures)], figures)


def _table(figures: dict[str, Any]) -> Table:
    rows: list[list[str]] = []
    if pace := figures.get("pace"):
        for name, key in (("extract --jobs 2", "command"), ("extract-batch, two readers", "batch")):
            turns = ", ".join(f"{one['pages_per_second']:.2f}" for one in pace[key])
            rows.append([f"{name}, pages a second in turns", turns])
        rows.append(["extract-batch / extract, pages a second", f"{pace['ratio']:.2f}"])
    if steady := figures.get("steady"):
        rows.append([f"largest reader over {steady['pages']} pages, MB", " -> ".join(map(str, steady["memory_mb"]))])
    if died := figures.get("deaths"):
        killed = f"a reader after {died['reader_killed_at']} pages, a node after {died['node_killed_at']}"
        rows += [
            ["killed", killed],
            ["rows", f"{died['rows']} of {died['pages']}; {died['twice']} twice, {died['missing']} missing"],
            ["largest reader meanwhile, MB", " -> ".join(map(str, died["memory_mb"]))],
            ["values of the documents in Ray's logs", f"{died['values_in_logs']}"],
        ]
    return Table(f"two nodes of one CPU each, on {figures['cores']} cores", ["", ""], rows)


def _pace(pages: Path, room: Path, turns: int) -> dict[str, Any]:
    """Both in turns; the ratio is of the seconds that all turns took."""
    command, batch = [], []
    for _ in range(turns):
        command.append(_command(pages, room))
        batch.append(_batch(pages, room))

    seconds = [sum(one["seconds_a_page"] for one in turns_of) for turns_of in (command, batch)]
    return {
        "pages": len(list(pages.iterdir())),
        "command": command,
        "batch": batch,
        "batch_seconds_a_page": round(seconds[1] / turns, 4),
        "ratio": round(seconds[0] / seconds[1], 3),
    }


def _pages(folder: Path, dataset: Path, count: int, *, lowest: float = 1.0) -> Path:
    """`count` small pictures from a dataset, each as often as it takes; of each its `lowest` part."""
    folder.mkdir()
    paths = [specimen.path for specimen in select(dataset).specimens]
    for number in range(count):
        with Image.open(paths[number % len(paths)]) as picture:
            small = picture.convert("RGB")
        small = small.crop((0, int(small.height * (1 - lowest)), small.width, small.height))
        small.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
        small.save(folder / f"{number:05}.jpg", quality=90)
    return folder


def _command(pages: Path, _room: Path) -> dict[str, Any]:
    """The pace of `extract --jobs 2`."""

    def run(inputs: list[str]) -> None:
        call = [sys.executable, "-m", "extractor", *inputs, "--jobs", str(_NODES), "--format", "jsonl"]
        subprocess.run(
            [*call, "--engine", "embedded"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False
        )

    return _paced(pages, run)


def _batch(pages: Path, room: Path) -> dict[str, Any]:
    """The pace of `extract-batch`."""

    def run(inputs: list[str]) -> None:
        with tempfile.TemporaryDirectory(dir=room) as output:
            extract_batch(inputs, output, rows=2, readers=_NODES)

    return _paced(pages, run)


def _paced(pages: Path, run: Callable[[list[str]], None]) -> dict[str, Any]:
    """Seconds a page of a run over all pages, less those of a run over one, which are what it takes to start."""
    count = len(list(pages.iterdir()))
    clocks = []
    for inputs in ([str(pages)], [str(min(pages.iterdir()))]):
        start = time.monotonic()
        run(inputs)
        clocks.append(time.monotonic() - start)
    clock = clocks[0] - clocks[1]
    return {"seconds_a_page": round(clock / (count - 1), 4), "pages_per_second": round((count - 1) / clock, 3)}


def _steady(pages: Path, output: Path) -> dict[str, Any]:
    """The memory of a batch's largest reader."""
    seen: list[int] = []
    extract_batch(pages, output, readers=_NODES, on_progress=lambda one: seen.append(one.memory) if one.now else None)
    return {"memory_mb": _marks(seen)}


def _marks(memory: list[int]) -> list[int]:
    """MB at the beginning, after each fifth and at the end."""
    return [round(memory[min(len(memory) - 1, len(memory) * part // 5)] / 1e6) for part in range(6)]


def _with_deaths(pages: Path, output: Path, cluster: Any) -> dict[str, Any]:
    """A batch during which a reader and a node are killed."""
    total = len(list(pages.iterdir()))
    killed: dict[str, int] = {}
    memory: list[int] = []

    def look(summary: Summary) -> None:
        memory.append(summary.memory)
        if "reader" not in killed and summary.now >= total / 4:
            os.kill(_a_reader(), signal.SIGKILL)
            killed["reader"] = summary.now
        if "node" not in killed and summary.now >= total / 2:
            cluster.remove_node(cluster.worker_nodes.copy().pop(), allow_graceful=False)
            killed["node"] = summary.now

    start = time.monotonic()
    extract_batch(pages, output, readers=_NODES, evidence=True, on_progress=look)
    rows = Counter(
        json.loads(line)["file"] for part in output.glob("part-*.jsonl") for line in part.read_text().splitlines()
    )
    wanted = {str(path) for path in pages.iterdir()}
    twice = sum(count > 1 for count in rows.values())
    if twice or rows.keys() != wanted or killed.keys() != {"reader", "node"}:
        raise BenchError(f"{total} pages, {len(rows)} rows, {twice} of them twice; killed: {', '.join(killed)}")
    return {
        "seconds": round(time.monotonic() - start, 1),
        "rows": sum(rows.values()),
        "twice": twice,
        "missing": len(wanted - rows.keys()),
        "reader_killed_at": killed["reader"],
        "node_killed_at": killed["node"],
        "memory_mb": _marks(memory[1:]),
        "driver_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3),
    }


def _a_reader() -> int:
    """The process id of one of this cluster's readers."""
    for process in family(os.getpid()):
        with suppress(psutil.Error):
            if "".join(process.cmdline()).startswith(_READER):
                return process.pid
    raise BenchError("no reader is running")


def _values_in_logs(output: Path) -> int:
    """Texts of the documents that Ray's logs of this session hold."""
    import ray

    values: set[bytes] = set()
    for part in output.glob("part-*.jsonl"):
        for line in part.read_text().splitlines():
            document = json.loads(line)["document"] or {}
            fields = ("surname", "given_names", "document_number", "name", "mrz", "address")
            texts = (document.get(field) for field in fields)
            values |= {text.encode() for text in texts if isinstance(text, str) and len(text) > 5}
    node: Any = ray._private.worker._global_node
    logs = Path(node.get_session_dir_path())
    content = b"".join(path.read_bytes() for path in logs.rglob("*") if path.is_file())
    return sum(value in content for value in values)


@contextmanager
def _cluster() -> Iterator[Any]:
    """Two nodes of one CPU each, and a connection to them."""
    import ray
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    try:
        cluster.add_node(num_cpus=1)
        ray.init(address=cluster.address, log_to_driver=False, logging_level=logging.ERROR)
        yield cluster
    finally:
        ray.shutdown()
        cluster.shutdown()
