"""From a checkpoint on disk to the first answer, in a process of its own: what a user of the command waits for.

    python -m eval.bench.cold FOLDER --dtype int4

prints one line of JSON with the seconds of each part. Kernels that were compiled once lie in Triton's cache; a first
start ever compiles them, and reads the checkpoint from the disk: the system's cache drops it before. Later starts
find it there.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from eval.running.measuring import BenchError

#: Started twice, with and without what the first start compiled; then once each.
_TWICE, _ONCE = ("bfloat16", "int4"), ("int8", "float16", "float32")


def cold_starts(
    make: Any, device: str, *, small: bool, folder: Path | None = None
) -> Iterator[tuple[str, dict[str, Any]]]:
    """What a start was, and the seconds of each part (or {"error": why} of one that failed), as soon as they are known.

    `make("bfloat16")` gives the network; it is saved to a temporary folder unless `folder` holds a checkpoint.
    """
    with tempfile.TemporaryDirectory() as place:
        if folder is None:
            folder = Path(place) / "checkpoint"
            save(make("bfloat16"), make.tokenizer, folder)
        for dtype in (*_TWICE, *_ONCE):
            cache = Path(place) / f"kernels-{dtype}"
            for name in ("first start", "kernels compiled before") if dtype in _TWICE else ("nothing compiled",):
                if name == "first start":
                    _forget(folder)
                try:
                    yield f"{dtype}, {name}", _start(folder, dtype, device, cache, small=small)
                except BenchError as error:
                    yield f"{dtype}, {name}", {"error": str(error)}


def save(model: Any, tokenizer: Any, folder: Path) -> None:
    """Writes a network as a checkpoint's folder."""
    from extractor.phi3v import Phi3VImageProcessor

    model.generation_config.eos_token_id = 2
    model.save_pretrained(folder, max_shard_size="5GB")
    tokenizer.save_pretrained(folder)
    Phi3VImageProcessor(num_crops=16).save_pretrained(folder)


def _forget(folder: Path) -> None:
    """Has the system write a checkpoint to the disk and keep nothing of it in memory, where it can."""
    for file in folder.iterdir():
        with file.open("rb") as opened:
            os.fsync(opened.fileno())
            if hasattr(os, "posix_fadvise"):
                os.posix_fadvise(opened.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)


def _start(folder: Path, dtype: str, device: str, cache: Path, *, small: bool) -> dict[str, float]:
    command = [sys.executable, "-m", "eval.bench.cold", str(folder), "--dtype", dtype, "--device", device]
    # A user's Python keeps what it compiled of the packages; without, importing them takes thrice as long every time.
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(
        command + ["--small"] * small,
        capture_output=True,
        text=True,
        check=False,
        env={**kept, "TRITON_CACHE_DIR": str(cache), "PYTHONWARNINGS": "ignore"},
    )
    if done.returncode:
        reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise BenchError(f"a cold start ended with exit code {done.returncode}: {reason[:200]}")
    record: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return record


def main() -> int:
    """Starts once and says how long each part took."""
    parser = argparse.ArgumentParser(prog="python -m eval.bench.cold", description="Seconds of one cold start.")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--dtype", default="bfloat16")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--small", action="store_true")
    options = parser.parse_args()
    start = time.perf_counter()
    from eval.bench.workload import Scripted, make_workload
    from extractor.decoding.grammar import Vocabulary
    from extractor.decoding.graphs import make_runner
    from extractor.decoding.loop import write
    from extractor.phi3v.loading import load, peak_memory

    imported = time.perf_counter()
    loaded = load(options.folder, dtype=options.dtype, device=options.device)
    ready = time.perf_counter()
    loading = peak_memory(loaded.plan.device)

    tokenizer = loaded.processor.tokenizer
    workload = make_workload(Vocabulary.of(tokenizer, loaded.model.config.vocab_size), tokenizer, small=options.small)
    prompt = int(workload.inputs()["input_ids"].shape[1])
    runner = make_runner(loaded.model, 1, prompt + 1024, prompt + 384)

    def read() -> None:
        written = write(runner, workload.inputs(), [workload.grammar], chooser=Scripted(workload.script))
        if list(written[0].tokens) != workload.script:
            raise BenchError("the answer is not the one it was to be")

    read()
    first = time.perf_counter()
    read()
    second = time.perf_counter()
    parts = {
        "imports": imported - start,
        "loading": ready - imported,
        "first_answer": first - ready,
        "in_all": first - start,
        "second_answer": second - first,
        "loading_gb": loading / 1e9,
        "peak_gb": peak_memory(loaded.plan.device) / 1e9,
    }
    print(json.dumps({name: round(value, 3) for name, value in parts.items()}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
