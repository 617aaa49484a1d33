"""`extract-batch` on a cluster of two Ray nodes on this machine: what dies, what is answered, and the pace.

First `extract` and `extract-batch` read the same pages undisturbed, in turns, so that what else the machine does falls
on both. Then a batch reads `--pages` strips (the lowest part of a page, where its machine-readable zone is: quick to
read) while a reader is killed by its process id, and later a whole node; every one must have exactly one row. Last,
Ray's logs are searched for what was read.
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
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from PIL import Image

from eval.bench.command import Bench, Table
from eval.running.machine import cores
from eval.running.measuring import BenchError
from eval.running.selection import select
from extractor.batch import Summary, extract_batch
from extractor.errors import UsageError

_DATASET = Path("datasets/frozen")
_LONGEST_SIDE = 1000
_NODES = 2
_READER = b"ray::MapWorker"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds this bench's arguments."""
    own = parser.add_argument_group("batch")
    own.add_argument("--dataset", type=Path, default=_DATASET, help=f"labelled pictures (default {_DATASET})")
    own.add_argument("--pages", type=int, default=400, metavar="N", help="strips read while things die (default 400)")
    own.add_argument("--undisturbed", type=int, default=24, metavar="N", help="pages in each turn (default 24)")
    own.add_argument("--turns", type=int, default=2, metavar="N", help="turns of each of the two (default 2)")


def bench(options: argparse.Namespace) -> Bench:
    """Measures. Raises BenchError where a page has no row, or two."""
    if min(options.pages, options.undisturbed, options.turns) < 1:
        raise UsageError("--pages, --undisturbed and --turns are numbers from 1")
    with tempfile.TemporaryDirectory(prefix="bench-batch-") as folder, _cluster() as cluster:
        room = Path(folder)
        few = _pages(room / "few", options.dataset, options.undisturbed)
        many = _pages(room / "many", options.dataset, options.pages, lowest=0.25)
        alone, together = [], []
        for turn in range(options.turns):
            alone.append(_command(few))
            together.append(_steady(few, room / f"out-{turn}"))
        died = _with_deaths(many, room / "out", cluster)
        told = _values_in_logs(room / "out")
    figures = {
        "cores": cores(),
        "pages": options.pages,
        "undisturbed": options.undisturbed,
        "command_pages_per_second": [round(one, 3) for one in alone],
        "batch_pages_per_second": [round(one, 3) for one in together],
        "ratio": round(sum(together) / sum(alone), 3),
        **died,
        "values_in_logs": told,
    }
    return Bench([_table(figures)], figures)


def _table(figures: dict[str, Any]) -> Table:
    rows = [
        ["extract --jobs 2, pages a second", ", ".join(map(str, figures["command_pages_per_second"]))],
        ["extract-batch, two readers", ", ".join(map(str, figures["batch_pages_per_second"]))],
        ["ratio of the sums", f"{figures['ratio']}"],
        ["killed", f"a reader after {figures['reader_killed_at']} pages, a node after {figures['node_killed_at']}"],
        ["rows", f"{figures['rows']} of {figures['pages']}; {figures['twice']} twice, {figures['missing']} missing"],
        ["memory of the largest reader, MB", " -> ".join(map(str, figures["memory_mb"]))],
        ["values of the documents in Ray's logs", f"{figures['values_in_logs']}"],
    ]  # fmt: skip
    return Table(f"two nodes of one CPU each, on {figures['cores']} cores", ["", ""], rows)


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


def _command(pages: Path) -> float:
    """Pages a second of `extract --jobs 2`, from its start to its end less what it takes to start."""
    count = len(list(pages.iterdir()))

    def seconds(inputs: list[str]) -> float:
        start = time.monotonic()
        call = [sys.executable, "-m", "extractor", *inputs, "--jobs", str(_NODES), "--format", "jsonl"]
        subprocess.run(
            [*call, "--engine", "embedded"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False
        )
        return time.monotonic() - start

    first = sorted(map(str, pages.iterdir()))[0]
    return (count - 1) / (seconds([str(pages)]) - seconds([first]))


def _steady(pages: Path, output: Path) -> float:
    """Pages a second of a batch from its first part to its last."""
    seen: list[Summary] = []
    extract_batch(pages, output, rows=2, readers=_NODES, on_progress=seen.append)
    done = [one for one in seen if one.now]
    return (done[-1].now - done[0].now) / (done[-1].seconds - done[0].seconds)


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
    marks = [memory[max(1, len(memory) * part // 5)] for part in (0, 1, 2, 3, 4)] + [memory[-1]]
    return {
        "seconds": round(time.monotonic() - start, 1),
        "rows": sum(rows.values()),
        "twice": twice,
        "missing": len(wanted - rows.keys()),
        "reader_killed_at": killed["reader"],
        "node_killed_at": killed["node"],
        "memory_mb": [round(one / 1e6) for one in marks],
        "driver_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3),
    }


def _a_reader() -> int:
    """The process id of one of this cluster's readers."""
    for folder in Path("/proc").iterdir():
        with suppress(OSError, ValueError):
            if (folder / "cmdline").read_bytes().startswith(_READER) and _descends(int(folder.name)):
                return int(folder.name)
    raise BenchError("no reader is running")


def _descends(process: int) -> bool:
    """Whether a process was started by this one, or by one that was."""
    while process > 1 and process != os.getpid():
        status = Path(f"/proc/{process}/stat").read_text()
        process = int(status.rpartition(")")[2].split()[1])
    return process == os.getpid()


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
